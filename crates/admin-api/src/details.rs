//! One thing as a whole, and how to find it.

use serde::{Deserialize, Serialize};

use crate::{ApprovalRow, MerchantRow, PaymentRow, ReversalRow};

/// One line of what happened to something, in words without personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When.
    pub at: String,
    /// `event`, `received`, `note`, `reversal`; `submitted`, `quote_used`; `payout`, and of payouts `send`, `query`,
    /// `callback`, `worker`, `operator` and `freeze`; `status`; `audit`.
    pub kind: String,
    /// What it is about or was caused by.
    pub id: String,
    /// What.
    pub text: String,
}

/// `GET /admin/v1/payments/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentDetail {
    /// The payment itself.
    #[serde(flatten)]
    pub payment: PaymentRow,
    /// What operators noted, first to last.
    pub notes: Vec<NoteRow>,
    /// What banks took back of it.
    pub reversals: Vec<ReversalRow>,
    /// What happened, first to last.
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// Whether something is left out of it, since too much happened.
    #[serde(default)]
    pub timeline_truncated: bool,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoteRow {
    pub id: String,
    pub author: String,
    pub text: String,
    pub created_at: String,
}

/// `GET /admin/v1/merchants/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MerchantDetail {
    /// The merchant itself.
    #[serde(flatten)]
    pub merchant: MerchantRow,
    /// What it has, as it sees it itself.
    #[serde(default)]
    pub balances: Vec<BalanceRow>,
    /// Every freeze that it is under, oldest first.
    #[serde(default)]
    pub freezes: Vec<FreezeRow>,
}

/// A freeze of a merchant that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeRow {
    pub reason: String,
    pub legal_reference: Option<String>,
    pub until: Option<String>,
    pub since: String,
}

/// `GET /admin/v1/approvals/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalDetail {
    /// The request itself.
    #[serde(flatten)]
    pub approval: ApprovalRow,
    /// What is to be done, with all that it takes: JSON.
    pub request: String,
    pub decided_person: Option<String>,
    /// Whether the caller may approve it now: its role allows it, it waits, and another person asked.
    pub may_approve: bool,
    /// Whether the caller may reject it now.
    pub may_reject: bool,
    /// What happened to its subject, first to last.
    pub timeline: Vec<TimelineEntry>,
    /// Whether something is left out of it, since too much happened.
    #[serde(default)]
    pub timeline_truncated: bool,
}

/// What a merchant has in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BalanceRow {
    pub currency: String,
    pub available: String,
    pub in_transit: String,
    pub in_review: String,
    pub frozen: String,
    /// What it owes.
    pub receivable: String,
}

/// `GET /admin/v1/search?q=`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchHits {
    /// At most twenty.
    pub data: Vec<SearchHit>,
    /// There are more; or there may be, since account numbers were not looked for beyond the operator's limit.
    #[serde(default)]
    pub more: bool,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    /// `merchant`, `payee`, `receiving_account`, `payment`, `reversal`, `payout`, `withdrawal`, `quote`, `event`, `approval`,
    /// `cover_deal` or `reconciliation_line`. The title of what can't be opened by its id names what can.
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    /// What it is, in words; masked.
    pub title: String,
}
