//! What the database can answer, sorted by what a caller can do about it.

use std::error::Error as _;
use std::fmt;

use tokio_postgres::error::{Severity, SqlState};

/// Why a statement, a transaction or a migration did not go through.
///
/// Nothing in here carries a row's values: PostgreSQL's DETAIL line, which quotes them, is left out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer before the deadline. The transaction is void.
    #[error("the database did not answer in time")]
    Timeout,
    /// The database can't be reached, is not writable, or the connection was lost. The transaction is void.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The server is there and lets nobody in: password, access rules, or a role or database that it has not. Waiting alone mends
    /// nothing. The transaction is void.
    #[error("the database refuses the connection: {0}")]
    Refused(String),
    /// A deadlock, a serialisation failure or a lock not had in time: the same again may well succeed.
    #[error("the database asks to try again: {0}")]
    Retry(DatabaseError),
    /// COMMIT was sent and its answer lost: done or not done. Only the command's own key can tell.
    #[error("the outcome of the commit is unknown")]
    CommitUnknown,
    /// A row with this key is already there.
    #[error("{constraint} is violated: the key exists already")]
    Unique {
        /// The name of the constraint or index.
        constraint: String,
    },
    /// A key that was thought to be new is there already: the same again, looking.
    #[error("{constraint} is violated by a key that was thought to be new")]
    NotNew {
        /// The name of the constraint or index.
        constraint: String,
    },
    /// The database refuses what the code should never have done.
    #[error("{constraint} is violated")]
    Check {
        /// The name of the constraint.
        constraint: String,
    },
    /// A statement of this transaction failed or was given up earlier: it can only be rolled back.
    #[error("a statement of this transaction failed before; it was rolled back")]
    Aborted,
    /// Anything else that the database answered.
    #[error("{0}")]
    Database(DatabaseError),
    /// A parameter or a column does not have the type that the code expects.
    #[error("the statement does not fit the code: {0}")]
    Mismatch(String),
    /// The database is not in the state that the code left it in.
    #[error("unexpected state: {0}")]
    Broken(String),
    /// The connection string or the settings can't be used.
    #[error("cannot be used as a database: {0}")]
    Settings(String),
    /// The private server can't be found, made, started or stopped.
    #[error("private server: {0}")]
    Server(String),
    /// The schema and this program do not fit each other.
    #[error("migration: {0}")]
    Migration(String),
}

/// What PostgreSQL said, without DETAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseError {
    /// The five characters of SQLSTATE.
    pub code: String,
    /// The primary message.
    pub message: String,
    /// The constraint concerned, if any.
    pub constraint: Option<String>,
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl Error {
    /// The same transaction, run again on the same database, may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Retry(_))
    }

    /// Nothing is wrong with the command; the database is away or too slow.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::Refused(_) | Error::Timeout | Error::CommitUnknown)
    }

    /// SQLSTATE, where the error carries one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Retry(error) | Error::Database(error) => Some(&error.code),
            _ => None,
        }
    }
}

/// How an error leaves its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// It can be used again.
    Usable,
    /// It is gone, or must not be used again.
    Gone,
    /// So are its neighbours in the pool: the server restarts or is no longer the primary.
    AllGone,
}

/// Sorts a driver's error.
pub(crate) fn sort(error: &tokio_postgres::Error) -> (Error, After) {
    let Some(db) = error.as_db_error() else { return sort_own(error) };
    let said = DatabaseError {
        code: db.code().code().to_owned(),
        message: db.message().to_owned(),
        constraint: db.constraint().map(str::to_owned),
    };
    let code = db.code();
    if *code == SqlState::T_R_SERIALIZATION_FAILURE
        || *code == SqlState::T_R_DEADLOCK_DETECTED
        || *code == SqlState::LOCK_NOT_AVAILABLE
    {
        return (Error::Retry(said), After::Usable);
    }
    if *code == SqlState::IN_FAILED_SQL_TRANSACTION {
        return (Error::Aborted, After::Usable);
    }
    if *code == SqlState::QUERY_CANCELED {
        return (Error::Timeout, After::Usable);
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION || said.code.starts_with("57P") {
        return (Error::Unavailable(said.to_string()), After::AllGone);
    }
    if said.code.starts_with("28") || *code == SqlState::INVALID_CATALOG_NAME {
        return (Error::Refused(said.to_string()), After::Gone);
    }
    let lost = said.code.starts_with("08") || said.code.starts_with("53");
    if lost || matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) {
        return (Error::Unavailable(said.to_string()), After::Gone);
    }
    let constraint = said.constraint.clone().unwrap_or_default();
    if *code == SqlState::UNIQUE_VIOLATION {
        return (Error::Unique { constraint }, After::Usable);
    }
    if *code == SqlState::CHECK_VIOLATION {
        return (Error::Check { constraint }, After::Usable);
    }
    // "cached plan must not change result type": only a new connection forgets the plan.
    let after = if *code == SqlState::FEATURE_NOT_SUPPORTED { After::Gone } else { After::Usable };
    (Error::Database(said), after)
}

/// Did PostgreSQL itself say that this COMMIT did not happen?
pub(crate) fn is_definite(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| matches!(db.parsed_severity(), Some(Severity::Error)))
}

/// The driver's own errors have no kind that can be asked for, only fixed texts. Whatever is not known to be
/// harmless costs the connection.
fn sort_own(error: &tokio_postgres::Error) -> (Error, After) {
    let text = error.to_string();
    let reason = error.source().map(|source| format!("{text}: {source}"));
    let is = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
    if is(&["error serializing", "error deserializing", "error encoding", "invalid column", "expected "]) {
        (Error::Mismatch(reason.unwrap_or(text)), After::Usable)
    } else if is(&["invalid connection string", "invalid configuration"]) {
        (Error::Settings(reason.unwrap_or(text)), After::Gone)
    } else {
        (Error::Unavailable(reason.unwrap_or(text)), After::Gone)
    }
}
