//! What can go wrong with the book.

use money::Money;
use uuid::Uuid;

/// Why a posting or a batch of postings was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed; the transaction is void.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// The posting would take an account below its floor: the caller decides by it (insufficient funds).
    #[error("{account} holds too little for {amount}")]
    BelowFloor {
        /// The account's readable name.
        account: String,
        /// What was to be taken from it.
        amount: Money,
    },
    /// A caller posts to an account that it did not lock first: a bug, never a state of the books.
    #[error("{0} was not opened in this journal")]
    NotOpened(String),
    /// A caller locks an account after others that must come later: a bug, which could deadlock.
    #[error("{0} is locked out of order")]
    OutOfOrder(String),
    /// A counter would leave the range of 64 bits.
    #[error("the counters of {0} overflow")]
    Overflow(String),
    /// The two accounts of a leg have different currencies, or the amount a third: a bug.
    #[error("a leg of {0} mixes currencies")]
    MixedCurrencies(Uuid),
    /// The book is not as the code left it; nothing goes on until a person has looked.
    #[error("unexpected state of the book: {0}")]
    Unexpected(String),
}
