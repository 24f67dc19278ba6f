//! What can go wrong with withdrawals, and why one is refused.

use std::sync::Arc;

use money::Money;

/// Why a batch of withdrawals could not be carried out; the transaction is void.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// The book refused what it must not refuse.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// Merchants' rows could not be read.
    #[error(transparent)]
    Merchants(#[from] merchants::Error),
    /// Rows are not as the code left them; nothing goes on until a person has looked.
    #[error("unexpected state of the withdrawals: {0}")]
    Unexpected(String),
}

/// A decision against the caller. Nothing moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// R20, R32: the merchant is frozen.
    MerchantFrozen,
    /// R20, R32: the merchant's documents expired.
    MerchantRestricted,
    /// R20, R32: the merchant is closed.
    MerchantClosed,
    /// R20, R32: the merchant is not active yet.
    MerchantNotActive,
    /// No such payee of this merchant.
    PayeeNotFound,
    /// R21: not verified yet.
    PayeeNotVerified,
    /// R21: the holder is not the merchant.
    PayeeHolderMismatch,
    /// No such quote of this merchant.
    QuoteNotFound,
    /// R17: its time is over.
    QuoteExpired,
    /// R17: used before.
    QuoteUsed,
    /// No bank or no rate pair is configured for these currencies.
    UnsupportedCorridor,
    /// R16: no rate that is new enough.
    RateUnavailable,
    /// R24: the balance holds less than `needed`.
    InsufficientFunds {
        /// The gross amount.
        needed: Money,
        /// What the balance holds at this moment.
        available: Money,
    },
    /// R30: more than a limit allows.
    LimitExceeded {
        /// What the limit is called.
        limit: Arc<str>,
        /// The most, US dollars.
        most: Money,
        /// What is used of it already.
        used: Money,
        /// What is left of it.
        left: Money,
        /// What the withdrawal is worth; none where no rate tells.
        worth: Option<Money>,
    },
    /// A field that contradicts another or leaves nothing to pay; not stored under the key.
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// No such withdrawal of this merchant.
    NotFound,
    /// Not possible in the status the withdrawal is in, or while an attempt's outcome is unknown (R28).
    IllegalTransition(String),
}

impl Refusal {
    /// R22: whether the refusal is stored under the idempotency key. Requests that are invalid and answers of
    /// the 5xx kind are not: the caller may mend or repeat them under the same key.
    pub fn is_stored(&self) -> bool {
        !matches!(self, Refusal::Invalid { .. } | Refusal::RateUnavailable)
    }
}
