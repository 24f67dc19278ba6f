//! What can go wrong with payouts, and why an operator is refused.

/// Why payouts could not be locked, saved or read; the transaction is void.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// The merchants' door failed.
    #[error(transparent)]
    Withdrawals(#[from] withdrawals::Error),
    /// Rows are not as the code left them; nothing goes on until a person has looked.
    #[error("unexpected state of the payouts: {0}")]
    Unexpected(String),
}

impl From<changes::Error> for Error {
    fn from(error: changes::Error) -> Error {
        match error {
            changes::Error::Database(error) => Error::Database(error),
            changes::Error::Unexpected(what) => Error::Unexpected(what),
        }
    }
}

/// An operator's action that is not possible now. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such payout.
    #[error("there is no such payout")]
    NotFound,
    /// Not from the status it is in.
    #[error("{0}")]
    IllegalTransition(&'static str),
}
