//! What can go wrong with rates and quotes.

/// Why a statement about rates or quotes failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// Rows are not as the code left them; nothing goes on until a person has looked.
    #[error("unexpected state of rates or quotes: {0}")]
    Unexpected(String),
}
