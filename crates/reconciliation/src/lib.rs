#![doc = include_str!("../README.md")]

mod entry;
mod error;
mod explain;
mod line;
mod matching;
mod missing;
mod reads;
mod settle;
mod state;
mod statement;
mod store;

pub use entry::{BookEntry, Direction, EntryId, EntryKind};
pub use error::{Error, Refusal};
pub use explain::explain;
pub use line::{Line, LineId, Origin, kind};
pub use matching::{Finding, Outcome, find};
pub use missing::{Check, Expected, list_missing, next_check};
pub use reads::{
    BadCursor, Cursor, LineFilter, OpenLines, StatementRow, Unbalanced, get, lines_of, list, open_lines,
    statements, unbalanced,
};
pub use settle::{Settled, due, settle};
pub use state::{LineEvent, LineState};
pub use statement::{Covers, Statement, StatementId, StatementLine, shard_of};
pub use store::{Stored, store};

/// The tables of statements and their lines.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "reconciliation",
    migrations: &[
        pg::Migration {
            version: 1,
            name: "reconciliation",
            sql: include_str!("../migrations/0001_reconciliation.sql"),
        },
        pg::Migration {
            version: 2,
            name: "cover deals",
            sql: include_str!("../migrations/0002_cover_deals.sql"),
        },
    ],
};
