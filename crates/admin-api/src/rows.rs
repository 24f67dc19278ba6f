//! Rows of lists.

use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page starts; opaque.
    pub next_cursor: Option<String>,
    /// Whether there is one.
    pub has_more: bool,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentRow {
    pub id: String,
    pub status: String,
    pub amount: String,
    pub currency: String,
    /// Why it is or was in review.
    pub reason: Option<String>,
    pub bank: String,
    /// The bank's reference.
    pub reference: String,
    pub merchant_id: Option<String>,
    /// Masked.
    pub account_number: String,
    /// Masked.
    pub remitter: Option<String>,
    /// What the bank took back of it.
    pub reversed_amount: String,
    pub value_date: Option<String>,
    pub received_at: String,
    pub decided_at: Option<String>,
}

/// What a bank took back of a payment, or wants to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReversalRow {
    pub id: String,
    pub status: String,
    pub amount: String,
    pub currency: String,
    /// Why it is held.
    pub reason: Option<String>,
    pub bank: String,
    /// The bank's reference.
    pub reference: String,
    /// The bank's reference of the payment.
    pub original_reference: String,
    pub bank_reason: Option<String>,
    pub payment_id: Option<String>,
    pub received_at: String,
    pub applied_at: Option<String>,
}

/// A payout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayoutRow {
    pub id: String,
    pub status: String,
    pub amount: String,
    pub currency: String,
    /// The bank's reason, where it failed or came back.
    pub reason: Option<String>,
    pub bank: String,
    pub bank_reference: Option<String>,
    pub attempt: i32,
    pub withdrawal_id: Option<String>,
    pub payment_id: Option<String>,
    pub merchant_id: Option<String>,
    /// To whom: as the bank is told, masked. None where it can't be opened.
    #[serde(default)]
    pub payee: Option<PayoutPayee>,
    /// `operator` or `freeze`.
    pub held_by: Option<String>,
    pub sends: i32,
    pub queries: i32,
    /// Nothing more happens by itself.
    pub needs_operator: bool,
    pub amount_received: Option<String>,
    pub returned_amount: Option<String>,
    pub created_at: String,
    pub sent_at: Option<String>,
    pub updated_at: String,
}

/// To whom a payout goes: a payee, or the remitter of a payment that is sent back. It stays what it was when the payout was
/// made, whatever becomes of the payee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutPayee {
    /// Masked.
    pub holder_name: String,
    /// Masked.
    pub account_number: String,
    /// Empty for a remitter.
    pub country: String,
    /// Empty where there is none.
    pub bank_code: String,
}

/// `GET /admin/v1/payouts/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayoutDetail {
    /// The payout itself.
    #[serde(flatten)]
    pub payout: PayoutRow,
    /// What was asked and heard about it, first to last.
    pub evidence: Vec<EvidenceLine>,
}

/// One line of what was asked and heard about a payout, in words without personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceLine {
    /// When.
    pub at: String,
    /// `send`, `query`, `callback`, `worker`, `operator` or `freeze`.
    pub source: String,
    /// What.
    pub text: String,
}

/// A merchant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MerchantRow {
    pub id: String,
    pub status: String,
    pub kind: String,
    /// Masked.
    pub name: String,
    /// Masked.
    pub email: String,
    /// Masked; null of a merchant from before there were any.
    #[serde(default)]
    pub mobile: Option<String>,
    /// `mainland`, `hong_kong` or `other`; null of a merchant from before.
    #[serde(default)]
    pub origin: Option<String>,
    /// While it is pending: by when an operator has to have looked at it.
    #[serde(default)]
    pub review_due_at: Option<String>,
    /// Why it is frozen: of several freezes, this and the next two are of the one that ends last.
    pub reason: Option<String>,
    pub legal_reference: Option<String>,
    pub frozen_until: Option<String>,
    /// By which spread its exchanges are priced.
    #[serde(default)]
    pub tier: String,
    /// All that is asked of a merchant was verified.
    #[serde(default)]
    pub fully_verified: bool,
    pub created_at: String,
    pub updated_at: String,
}

/// A request for a second person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalRow {
    pub id: String,
    pub status: String,
    pub action: String,
    pub subject: String,
    /// What it moves, as far as what was shown tells; none where it is not about an amount.
    #[serde(default)]
    pub amount: Option<String>,
    #[serde(default)]
    pub currency: Option<String>,
    pub reason: String,
    /// The subject as the requester saw it.
    pub shown: String,
    pub requested_by: String,
    pub requested_person: String,
    pub decided_by: Option<String>,
    pub decided_reason: Option<String>,
    pub created_at: String,
    pub expires_at: String,
    pub decided_at: Option<String>,
}

/// An entry of the trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    pub seq: i64,
    pub at: String,
    pub actor: String,
    pub person: String,
    pub origin: String,
    pub action: String,
    pub subject: String,
    pub reason: String,
    /// JSON.
    pub before: Option<String>,
    /// JSON.
    pub after: Option<String>,
}

/// A bank event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    pub id: String,
    pub bank: String,
    /// The bank's id of it.
    pub event_id: String,
    pub verdict: String,
    /// The HTTP status that was answered.
    pub status: i16,
    pub key_id: Option<String>,
    pub received_at: String,
    pub redeliveries: i64,
}

/// A bank's last accepted rate of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RateRow {
    pub base: String,
    pub quote: String,
    pub bid: String,
    pub ask: String,
    pub as_of: String,
    pub bank: String,
    #[serde(default)]
    pub id: String,
    /// `fresh`, `stale`, `held` (a newer one waits for an operator) or `rejected` (the newest was).
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub age_seconds: f64,
    /// Since when it is the bank's: when it came, or was accepted.
    #[serde(default)]
    pub counts_since: String,
    /// The bank's place in the configured order, from 1; none where it has none.
    #[serde(default)]
    pub priority: Option<usize>,
    /// Whether it makes the pair's prices.
    #[serde(default)]
    pub prices: bool,
    /// What waits for an operator.
    #[serde(default)]
    pub held: Option<HeldRate>,
}

/// A rate that jumps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldRate {
    pub id: String,
    pub bid: String,
    pub ask: String,
    pub as_of: String,
    pub received_at: String,
}

/// A rate that a bank published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedRateRow {
    pub id: String,
    /// `accepted`, `outdated`, `held`, `rejected` or `superseded`.
    pub status: String,
    pub base: String,
    pub quote: String,
    pub bank: String,
    pub bid: String,
    pub ask: String,
    pub as_of: String,
    pub received_at: String,
    /// When it was decided, where it waited.
    pub decided_at: Option<String>,
    /// The bank event that brought it.
    pub event_id: Option<String>,
}
