//! What can go wrong with statements.

use crate::state::LineState;

/// A failure, as opposed to a refusal: the transaction is void.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed; the transaction is void.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// Somebody else matched the same entries at the same moment; nothing is wrong, look again later.
    #[error("another gateway is matching the same entries")]
    Contended,
    /// The rows are not as this code left them; nothing goes on until a person has looked.
    #[error("unexpected state of the statements: {0}")]
    Unexpected(String),
}

pub(crate) fn expect_count(what: &str, got: u64, expected: usize) -> Result<(), Error> {
    if got == expected as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{what}: {got} rows instead of {expected}")))
}

/// Why an operator's explanation was not taken; decided, so it is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such line.
    #[error("no such line")]
    NotFound,
    /// The line's state doesn't allow it.
    #[error("the line is {0}")]
    IllegalTransition(LineState),
}
