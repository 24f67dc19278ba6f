#![doc = include_str!("../README.md")]

mod delivery;
mod detail;
mod key_marks;
pub mod masked;
mod reads;
mod replay;
mod retention;
mod store;

pub use delivery::{Delivery, Verdict};
pub use detail::{Conflict, EventDetail, Later, RawEvent, event, raw};
pub use key_marks::{NotItsKeys, admit_keys};
pub use reads::{EventFilter, EventRow, VERDICTS, conflict_count, list, of_banks_ids};
pub use replay::{LaterAnswer, Standing, Turn, claim_replays, record_replays};
pub use retention::{Kept, keep};
pub use store::{Answer, Claim, Record, claim, record};

/// The vault's tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "vault",
    migrations: &[
        pg::Migration { version: 1, name: "vault", sql: include_str!("../migrations/0001_vault.sql") },
        pg::Migration { version: 2, name: "lookups", sql: include_str!("../migrations/0002_lookups.sql") },
        pg::Migration { version: 3, name: "replays", sql: include_str!("../migrations/0003_replays.sql") },
        pg::Migration { version: 4, name: "lists", sql: include_str!("../migrations/0004_lists.sql") },
        pg::Migration {
            version: 5,
            name: "narrow_keys",
            sql: include_str!("../migrations/0005_narrow_keys.sql"),
        },
        pg::Migration {
            version: 6,
            name: "events_by_time",
            sql: include_str!("../migrations/0006_events_by_time.sql"),
        },
        pg::Migration {
            version: 7,
            name: "key_marks",
            sql: include_str!("../migrations/0007_key_marks.sql"),
        },
    ],
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
    /// What is sealed can't be opened.
    #[error(transparent)]
    Sealed(#[from] privacy::OpenError),
    /// A key without an answer, or a count that is not what was written.
    #[error("unexpected state of the vault: {0}")]
    Unexpected(String),
}
