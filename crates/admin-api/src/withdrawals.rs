//! Withdrawals: what the merchant sees, and whose they are.

use serde::{Deserialize, Serialize};

use crate::TimelineEntry;

/// A withdrawal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithdrawalRow {
    pub id: String,
    pub status: String,
    pub merchant_id: String,
    pub bank: String,
    /// What is to arrive, like `buy_amount`.
    pub amount: String,
    /// Its currency, like `buy_currency`.
    pub currency: String,
    /// The bank's code, where the last payout failed or came back.
    pub reason: Option<String>,
    pub sell_currency: String,
    pub sell_amount: String,
    /// Sold currency.
    pub fee: String,
    /// Sold currency.
    pub net_amount: String,
    pub rate: String,
    pub rate_as_of: Option<String>,
    /// Bought currency, already taken off `buy_amount`.
    pub spread: String,
    /// Bought currency, already taken off `buy_amount`.
    pub lock_premium: String,
    pub buy_currency: String,
    pub buy_amount: String,
    pub quote_id: Option<String>,
    pub payee: PayeeRow,
    pub estimated_arrival: String,
    pub client_reference: Option<String>,
    pub failure: Option<FailureRow>,
    /// All attempts, first to last.
    pub payouts: Vec<AttemptRow>,
    pub created_at: String,
    pub updated_at: String,
}

/// `GET /admin/v1/withdrawals/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithdrawalDetail {
    /// The withdrawal itself.
    #[serde(flatten)]
    pub withdrawal: WithdrawalRow,
    /// What happened, first to last.
    pub timeline: Vec<TimelineEntry>,
    /// Whether something is left out of it, since too much happened.
    #[serde(default)]
    pub timeline_truncated: bool,
}

/// To whom it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayeeRow {
    pub id: String,
    /// `verified`, `pending` or `rejected`.
    pub status: String,
    /// Masked.
    pub holder_name: String,
    pub country: String,
    pub currency: String,
    /// Masked.
    pub account_number: String,
    pub bank_code: Option<String>,
    pub bank_name: Option<String>,
}

/// `GET /admin/v1/merchants/{id}/payees`: one that the merchant has not removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MerchantPayeeRow {
    /// The payee itself.
    #[serde(flatten)]
    pub payee: PayeeRow,
    /// How its account is named: `iban`, `swift`, …
    pub scheme: Option<String>,
    /// What looked wrong when it was added.
    pub warnings: Vec<PayeeWarning>,
    /// Why it was rejected.
    pub rejection: Option<String>,
    /// When its bank is asked again, while it is pending.
    pub next_check_at: Option<String>,
    pub created_at: String,
}

/// What looked wrong with a payee, and was no reason to refuse it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeWarning {
    pub field: String,
    pub message: String,
}

/// Why the last payout failed or came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureRow {
    /// The bank's.
    pub code: String,
    /// In words.
    pub reason: String,
}

/// One payout of a withdrawal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRow {
    pub id: String,
    pub status: String,
    pub attempt: i32,
    pub bank: String,
    pub bank_reference: Option<String>,
    pub amount: String,
    pub currency: String,
    pub amount_received: Option<String>,
    pub returned_amount: Option<String>,
    /// The bank's, where it failed or came back.
    pub reason: Option<String>,
}
