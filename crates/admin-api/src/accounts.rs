//! The book, account by account.

use serde::{Deserialize, Serialize};

/// An account of the book; the institution's own exist once per shard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountRow {
    pub id: String,
    /// As the chart of accounts calls it: `nostro:<bank>`, `merchant:<id>`, `suspense`, …
    pub name: String,
    pub kind: String,
    /// A bank's name, or a merchant's or store's id.
    pub owner_id: Option<String>,
    pub shard: i16,
    pub currency: String,
    /// On its normal side; below zero with a minus sign.
    pub balance: String,
    pub debits: String,
    pub credits: String,
    pub created_at: String,
}

/// `GET /admin/v1/ledger/accounts`: one of the institution's accounts, summed over its shards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountSum {
    /// As the chart of accounts calls it: `nostro:<bank>`, `suspense`, …
    pub name: String,
    pub kind: String,
    /// A bank's name, where the kind has one.
    pub owner_id: Option<String>,
    pub currency: String,
    /// On its normal side; below zero with a minus sign.
    pub balance: String,
    pub debits: String,
    pub credits: String,
    /// In how many shards it is.
    pub shards: i64,
}

/// A transfer, as one of its accounts sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransferRow {
    pub id: String,
    pub kind: String,
    /// `debit` or `credit`.
    pub direction: String,
    pub amount: String,
    pub currency: String,
    pub other_account_id: String,
    /// Its name.
    pub other_account: Option<String>,
    /// What is behind it.
    pub cause: String,
    pub created_at: String,
}
