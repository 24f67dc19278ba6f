//! What can go wrong with merchants' rows.

/// Why a statement about merchants failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// Sealing failed.
    #[error(transparent)]
    Keys(#[from] privacy::KeyError),
    /// A sealed value can't be opened.
    #[error("a sealed value: {0}")]
    Open(#[from] privacy::OpenError),
    /// Rows are not as the code left them; nothing goes on until a person has looked.
    #[error("unexpected state of the merchants: {0}")]
    Unexpected(String),
}
