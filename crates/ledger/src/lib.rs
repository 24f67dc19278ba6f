#![doc = include_str!("../README.md")]

mod account;
mod error;
mod heads;
mod journal;
mod layout;
mod reads;
mod seal;
mod store;
mod templates;
mod verify;

pub use account::{Account, AccountKey, AccountKind, Floor, Owner};
pub use error::Error;
pub use heads::{Head, NotAHead, heads};
pub use journal::{Journal, Transfer};
pub use layout::Layout;
pub use reads::{
    BadCursor, Change, StatementCursor, StatementFilter, StatementLine, merchant_balances, receivables,
    statement,
};
pub use store::{bootstrap, layout};
pub use templates::{Leg, MerchantRef, Movement, TransferKind};
pub use verify::{Report, verify};

/// The ledger's tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "ledger",
    migrations: &[pg::Migration {
        version: 1,
        name: "ledger",
        sql: include_str!("../migrations/0001_ledger.sql"),
    }],
};
