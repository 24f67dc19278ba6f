#![doc = include_str!("../README.md")]

mod answer_time;
mod book;
mod breaker;
mod claim;
mod decide;
mod due;
mod error;
mod instruments;
mod jobs;
mod judged;
mod lists;
mod named;
mod operate;
mod payout;
mod policy;
mod reads;
mod report;
mod resolve;
mod rows;
#[cfg(test)]
mod samples;
mod state;
mod store;
mod throttle;
mod worker;

pub use book::{BookedPayout, booked_under, paid_of_those_made, settled_late};
pub use breaker::{BreakerPolicy, BreakerState};
pub use decide::{Effect, apply};
pub use error::{Error, Refusal};
pub use instruments::{count_effect, count_given_back, count_stranger, publish};
pub use judged::{Found, Judgement, Truth};
pub use lists::{BadCursor, Cursor, Filter, Sort, list};
pub use named::named;
pub use payout::{HeldBy, Job, JobKind, Lease, Payout};
pub use policy::{Backoff, BadPolicy, BankPolicy};
pub use reads::{Count, Evidence, counts, evidence, get, of_payments, of_withdrawals};
pub use report::{Finding, Report, Source};
pub use state::{PayoutEvent, PayoutState, next};
pub use store::{
    NewPayout, Payouts, Subject, Wanted, any_unsettled, disputed_returns, enqueue, lock,
    lock_queued_of_merchants, lock_wanted, subjects,
};
pub use worker::{BankLink, BankState, NotTaken, Open, Submit, Waker, Worker};

/// The payouts' tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "payouts",
    migrations: &[
        pg::Migration { version: 1, name: "payouts", sql: include_str!("../migrations/0001_payouts.sql") },
        pg::Migration { version: 2, name: "lists", sql: include_str!("../migrations/0002_lists.sql") },
        pg::Migration {
            version: 3,
            name: "references",
            sql: include_str!("../migrations/0003_references.sql"),
        },
        pg::Migration {
            version: 4,
            name: "judgements",
            sql: include_str!("../migrations/0004_judgements.sql"),
        },
        pg::Migration { version: 5, name: "settled", sql: include_str!("../migrations/0005_settled.sql") },
        pg::Migration {
            version: 6,
            name: "disputed_from",
            sql: include_str!("../migrations/0006_disputed_from.sql"),
        },
        pg::Migration {
            version: 7,
            name: "disputed_returns",
            sql: include_str!("../migrations/0007_disputed_returns.sql"),
        },
    ],
};

/// Marks ids of payouts.
#[derive(Debug)]
pub enum PayoutKind {}

impl pg::Kind for PayoutKind {
    const PREFIX: &'static str = "po";
}

/// `po_…`: the reference under which the bank knows it; lies in its withdrawal's or payment's shard.
pub type PayoutId = pg::Id<PayoutKind>;
