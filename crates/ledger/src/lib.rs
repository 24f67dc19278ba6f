#![doc = include_str!("../README.md")]

mod account;
mod accounts;
mod caused;
mod error;
mod exchanged;
mod heads;
mod journal;
mod layout;
mod onward;
mod reads;
mod seal;
mod span;
mod store;
mod templates;
mod verifications;
mod verify;

pub use account::{Account, AccountKey, AccountKind, Floor, Owner};
pub use accounts::{
    AccountRow, AccountSum, AccountTransfer, BadAccountKey, TransfersPage, account, account_transfers,
    account_versions, accounts_in, accounts_of, institution_accounts, institution_sums,
};
pub use caused::{BookedTransfer, booked_for};
pub use error::Error;
pub use exchanged::{Exchanged, exchange_balances, exchanged};
pub use heads::{Head, NotAHead, head_up_to, heads};
pub use journal::{Journal, Transfer};
pub use layout::Layout;
pub use onward::{place_before, statement_after, with_news};
pub use reads::{
    BadCursor, Change, Holding, StatementCursor, StatementFilter, StatementLine, holdings, holds_anything,
    owed_in, statement,
};
pub use span::{StatementSpan, statement_span};
pub use store::{bootstrap, layout};
pub use templates::{Bought, Leg, MerchantRef, Movement, TransferKind};
pub use verifications::{
    MadeBy, NewVerification, Verification, VerificationResult, claim_verification, last_verification,
    record_verification,
};
pub use verify::{Pace, Report, verify};

/// The ledger's tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "ledger",
    migrations: &[
        pg::Migration { version: 1, name: "ledger", sql: include_str!("../migrations/0001_ledger.sql") },
        pg::Migration {
            version: 2,
            name: "account lists",
            sql: include_str!("../migrations/0002_account_lists.sql"),
        },
        pg::Migration {
            version: 3,
            name: "verifications",
            sql: include_str!("../migrations/0003_verifications.sql"),
        },
        pg::Migration {
            version: 4,
            name: "seals by time",
            sql: include_str!("../migrations/0004_seals_by_time.sql"),
        },
    ],
};
