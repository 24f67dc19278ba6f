#![doc = include_str!("../README.md")]

mod delivery;
mod reads;
mod store;

pub use delivery::{Delivery, Verdict};
pub use reads::{EventFilter, EventRow, conflict_count, list};
pub use store::{Answer, Claim, Record, claim, record};

/// The vault's tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "vault",
    migrations: &[pg::Migration {
        version: 1,
        name: "vault",
        sql: include_str!("../migrations/0001_vault.sql"),
    }],
};

/// Marks ids of events.
#[derive(Debug)]
pub enum EventMark {}
impl pg::Kind for EventMark {
    const PREFIX: &'static str = "evt";
}
/// `evt_…`; lies in the shard of (bank, event id).
pub type EventId = pg::Id<EventMark>;

/// Why the vault could not take or give an event.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed; the transaction is void.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// Sealing failed.
    #[error(transparent)]
    Keys(#[from] privacy::KeyError),
    /// A key without an answer, or a count that is not what was written.
    #[error("unexpected state of the vault: {0}")]
    Unexpected(String),
}
