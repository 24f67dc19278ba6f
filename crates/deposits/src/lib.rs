#![doc = include_str!("../README.md")]

mod book;
mod claim;
mod decide;
mod details;
mod error;
mod lists;
mod matching;
mod named;
mod notes;
mod payment;
mod reads;
mod receipt;
mod receive;
mod references;
mod remitters;
mod reversals;
mod review;
#[cfg(test)]
mod samples;
pub mod settlements;
mod state;
mod whole_entries;

pub use book::{
    BookedPage, BookedPayment, booked_between, booked_under, taken_back_between, taken_back_under,
    which_are_payments,
};
pub use claim::{Claimed, claim};
pub use decide::Reason;
pub use details::PaymentDetails;
pub use error::{Error, Refusal};
pub use lists::{PaymentFilter, PaymentPlace, PaymentSort, list};
pub use matching::{Matching, MerchantStates, evidence_wanted};
pub use named::{named_by_uetr, reversals_named};
pub use notes::{MAX_NOTE, NewNote, Note, add_note, notes};
pub use payment::{Payment, insert};
pub use reads::{
    RematchCandidate, SuspenseLine, SuspenseSummary, accounts_of, any_of, get, in_review_sums, open_of,
    payments, peek, rematch_candidates, suspense_summary,
};
pub use receipt::{EntryName, PaymentId, Receipt, kind, shard_of};
pub use receive::{Incoming, Received, receive};
pub use remitters::PlatformRemitters;
pub use reversals::{
    HeldReversals, HoldReason, NotBooked, Original, Reversal, ReversalClaim, ReversalEvent, ReversalId,
    ReversalMark, ReversalReport, ReversalState, any_waiting_for, claim_reversals, held_reversals,
    list_reversals, lock_reversals, originals, reversals_of, save_reversals, store_reversals, waiting_for,
    waiting_reversals,
};
pub use review::{Payments, Rematched, lock, save};
pub use state::{PaymentEvent, PaymentState};

/// The tables of payments.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "deposits",
    migrations: &[
        pg::Migration { version: 1, name: "deposits", sql: include_str!("../migrations/0001_deposits.sql") },
        pg::Migration {
            version: 2,
            name: "entry_sums",
            sql: include_str!("../migrations/0002_entry_sums.sql"),
        },
        pg::Migration {
            version: 3,
            name: "reversals",
            sql: include_str!("../migrations/0003_reversals.sql"),
        },
        pg::Migration { version: 4, name: "notes", sql: include_str!("../migrations/0004_notes.sql") },
        pg::Migration { version: 5, name: "lists", sql: include_str!("../migrations/0005_lists.sql") },
        pg::Migration {
            version: 6,
            name: "references",
            sql: include_str!("../migrations/0006_references.sql"),
        },
        pg::Migration {
            version: 7,
            name: "settlements",
            sql: include_str!("../migrations/0007_settlements.sql"),
        },
        pg::Migration {
            version: 8,
            name: "narrow_keys",
            sql: include_str!("../migrations/0008_narrow_keys.sql"),
        },
        pg::Migration {
            version: 9,
            name: "payments_by_time",
            sql: include_str!("../migrations/0009_payments_by_time.sql"),
        },
        pg::Migration {
            version: 10,
            name: "reversals_of_payments",
            sql: include_str!("../migrations/0010_reversals_of_payments.sql"),
        },
    ],
};
