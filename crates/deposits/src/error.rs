//! What can go wrong with payments.

/// A failure, as opposed to a refusal: the batch is void.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed; the transaction is void.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// A payment's details can't be sealed or opened.
    #[error("payment details: {0}")]
    Details(String),
    /// The rows are not as this code left them; nothing goes on until a person has looked.
    #[error("unexpected state of the payments: {0}")]
    Unexpected(String),
}

pub(crate) fn expect_count(what: &str, got: u64, expected: usize) -> Result<(), Error> {
    if got == expected as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{what}: {got} rows instead of {expected}")))
}

/// Why a command on a reviewed payment was not carried out; decided, so it is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such payment.
    #[error("no such payment")]
    NotFound,
    /// The payment's state doesn't allow it.
    #[error("the payment is {0}")]
    IllegalTransition(crate::PaymentState),
    /// Nobody knows whose the payment is, and no merchant (or one that doesn't exist) was named.
    #[error("the payment's merchant is not known: name one")]
    MerchantUnknown,
    /// The payment's account belongs to another merchant than the one named.
    #[error("the payment came to another merchant's account")]
    MerchantDiffers,
    /// A closed merchant never comes back (R41) and gets no money.
    #[error("the merchant is closed")]
    MerchantClosed,
}
