#![doc = include_str!("../README.md")]

mod accounts;
mod amount_freezes;
mod anonymous;
mod closing;
pub mod documents;
mod error;
mod freezes;
mod issue;
mod jurisdiction;
mod keys;
mod listed;
mod lock;
mod marks;
mod numbers;
pub mod orders;
mod payees;
mod registration;
mod registry;
mod state;
mod stores;
mod unseen;
mod users;

pub use accounts::{Directory, LinkedStore, ReceivingAccount, receiving_accounts};
pub use amount_freezes::{
    AmountFreeze, FrozenAmounts, amount_freezes, merchant_of_freeze, which_are_freezes,
};
pub use anonymous::{Leftover, blank, forget, to_forget};
pub use closing::{Obstacle, Remains, closing};
pub use error::Error;
pub use freezes::{Freeze, Freezes, Frozen, freezes};
pub use issue::{
    Issued, MAX_ACCOUNTS, NumberRange, ServeRefusal, StoresRefusal, issue_account, link_account,
    list_accounts, may_serve,
};
pub use jurisdiction::Jurisdiction;
pub use keys::{account_index, email_index, name_index};
pub use listed::{MerchantFilter, search};
pub use lock::{Locked, Merchant, lock, tier};
pub use numbers::{Filled, Numbered, SoughtNumber, accounts_numbered, fill_tails, payees_numbered};
pub use orders::OpenOrders;
pub use payees::{
    FieldError, NewPayee, Payee, PayeeEvent, PayeeRequest, PayeeState, PendingPayees, Scheme, Warning,
    claim_account_checks, create_payee, delete_payee, list_payees, payee, payees, payees_of, pending_payees,
    settle_payee,
};
pub use registration::{Registration, RegistrationRequest};
pub use registry::{
    MerchantKind, MerchantProfile, NewMerchant, NewReceivingAccount, NewStore, accounts_at, currencies_of,
    expired_freezes, insert_merchant, insert_receiving_account, insert_store, merchant,
};
pub use state::{
    MerchantEvent, MerchantState, WithdrawalRefusal, may_receive, queued_payouts_are_sent, withdrawal_refusal,
};
pub use stores::{
    LinkRefusal, Store, authorise, check_authorisation, check_store, create_store, link_ebay_store,
    list_stores, store,
};
pub use unseen::is_unseen;
pub use users::{
    ApiKey, Caller, MAX_USERS, NewUser, NoUser, User, UserEvent, UserState, authenticate, change_user,
    check_label, create_user, insert_user, list_users,
};

/// The merchants' tables.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "merchants",
    migrations: &[
        pg::Migration {
            version: 1,
            name: "merchants",
            sql: include_str!("../migrations/0001_merchants.sql"),
        },
        pg::Migration { version: 2, name: "evidence", sql: include_str!("../migrations/0002_evidence.sql") },
        pg::Migration { version: 3, name: "stores", sql: include_str!("../migrations/0003_stores.sql") },
        pg::Migration {
            version: 4,
            name: "amount_freezes",
            sql: include_str!("../migrations/0004_amount_freezes.sql"),
        },
        pg::Migration {
            version: 5,
            name: "full_verification",
            sql: include_str!("../migrations/0005_full_verification.sql"),
        },
        pg::Migration { version: 6, name: "tier", sql: include_str!("../migrations/0006_tier.sql") },
        pg::Migration {
            version: 7,
            name: "payee_checks",
            sql: include_str!("../migrations/0007_payee_checks.sql"),
        },
        pg::Migration { version: 8, name: "lists", sql: include_str!("../migrations/0008_lists.sql") },
        pg::Migration {
            version: 9,
            name: "account_numbers",
            sql: include_str!("../migrations/0009_account_numbers.sql"),
        },
        pg::Migration {
            version: 10,
            name: "four_of_a_number",
            sql: include_str!("../migrations/0010_four_of_a_number.sql"),
        },
        pg::Migration {
            version: 11,
            name: "documents",
            sql: include_str!("../migrations/0011_documents.sql"),
        },
        pg::Migration { version: 12, name: "leaving", sql: include_str!("../migrations/0012_leaving.sql") },
        pg::Migration { version: 13, name: "freezes", sql: include_str!("../migrations/0013_freezes.sql") },
        pg::Migration {
            version: 15,
            name: "nobody_verified_by_default",
            sql: include_str!("../migrations/0015_nobody_verified_by_default.sql"),
        },
        pg::Migration {
            version: 16,
            name: "firms_of_hong_kong",
            sql: include_str!("../migrations/0016_firms_of_hong_kong.sql"),
        },
        pg::Migration {
            version: 17,
            name: "covers_by_time",
            sql: include_str!("../migrations/0017_covers_by_time.sql"),
        },
    ],
};

/// Marks ids of merchants.
#[derive(Debug)]
pub enum MerchantMark {}
impl pg::Kind for MerchantMark {
    const PREFIX: &'static str = "mer";
}
/// `mer_…`; its shard is where all of the merchant lies.
pub type MerchantId = pg::Id<MerchantMark>;

/// Marks ids of users.
#[derive(Debug)]
pub enum UserMark {}
impl pg::Kind for UserMark {
    const PREFIX: &'static str = "usr";
}
/// `usr_…`
pub type UserId = pg::Id<UserMark>;

/// Marks ids of stores.
#[derive(Debug)]
pub enum StoreMark {}
impl pg::Kind for StoreMark {
    const PREFIX: &'static str = "sto";
}
/// `sto_…`
pub type StoreId = pg::Id<StoreMark>;

/// Marks ids of receiving accounts.
#[derive(Debug)]
pub enum ReceivingAccountMark {}
impl pg::Kind for ReceivingAccountMark {
    const PREFIX: &'static str = "acct";
}
/// `acct_…`; lies in the shard of (bank, number).
pub type ReceivingAccountId = pg::Id<ReceivingAccountMark>;

/// Marks ids of frozen amounts.
#[derive(Debug)]
pub enum FreezeMark {}
impl pg::Kind for FreezeMark {
    const PREFIX: &'static str = "frz";
}
/// `frz_…`, in the merchant's shard.
pub type FreezeId = pg::Id<FreezeMark>;

/// Marks ids of documents.
#[derive(Debug)]
pub enum DocumentMark {}
impl pg::Kind for DocumentMark {
    const PREFIX: &'static str = "doc";
}
/// `doc_…`, in the merchant's shard.
pub type DocumentId = pg::Id<DocumentMark>;

/// Marks ids of payees.
#[derive(Debug)]
pub enum PayeeMark {}
impl pg::Kind for PayeeMark {
    const PREFIX: &'static str = "pye";
}
/// `pye_…`
pub type PayeeId = pg::Id<PayeeMark>;
