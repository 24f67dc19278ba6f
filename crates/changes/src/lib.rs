#![doc = include_str!("../README.md")]

mod cursor;
mod feed;
mod named;

pub use cursor::{Cursor, NotACursor};
pub use feed::{Since, now, prune, record, since};
pub use named::{Changes, Kind};

/// The feed's tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "changes",
    migrations: &[pg::Migration {
        version: 1,
        name: "changes",
        sql: include_str!("../migrations/0001_changes.sql"),
    }],
};

/// Why changes could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed; a transaction is void.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// The feed is not as the code left it.
    #[error("unexpected state of the changes: {0}")]
    Unexpected(String),
}
