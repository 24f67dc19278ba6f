//! What can go wrong with notices.

/// Why notices could not be written, read or sealed; the transaction is void.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// Rows are not as the code left them.
    #[error("unexpected state of the notifications: {0}")]
    Unexpected(String),
}
