//! What merchants are to be told, written in the transaction of what happened.

use pg::types::Type;
use pg::{NewRows, Shard, Tx};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::NoticeId;
use crate::deliveries::{self, EMAIL, Targets};
use crate::error::Error;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// Money was credited.
    PaymentCredited,
    /// Money arrived and waits in review.
    PaymentInReview,
    /// Money went back to its remitter.
    PaymentReturned,
    /// The bank took money back.
    PaymentReversed,
    /// A withdrawal has a new status: `data.status`.
    WithdrawalChanged,
    /// The merchant may do business: it is identified, or what had expired is renewed.
    MerchantActivated,
    /// One of its documents expires soon.
    DocumentExpiring,
    /// One of its documents has expired.
    MerchantRestricted,
    /// Somebody was given a key of its.
    UserCreated,
    /// It was charged.
    MerchantCharged,
    /// A settlement that it announced has arrived.
    SettlementArrived,
    /// The search for one is over.
    SettlementClosed,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [NoticeKind; 12] = [
        NoticeKind::PaymentCredited,
        NoticeKind::PaymentInReview,
        NoticeKind::PaymentReturned,
        NoticeKind::PaymentReversed,
        NoticeKind::WithdrawalChanged,
        NoticeKind::MerchantActivated,
        NoticeKind::DocumentExpiring,
        NoticeKind::MerchantRestricted,
        NoticeKind::UserCreated,
        NoticeKind::MerchantCharged,
        NoticeKind::SettlementArrived,
        NoticeKind::SettlementClosed,
    ];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::PaymentCredited => "payment_credited",
            NoticeKind::PaymentInReview => "payment_in_review",
            NoticeKind::PaymentReturned => "payment_returned",
            NoticeKind::PaymentReversed => "payment_reversed",
            NoticeKind::WithdrawalChanged => "withdrawal_changed",
            NoticeKind::MerchantActivated => "merchant_activated",
            NoticeKind::DocumentExpiring => "document_expiring",
            NoticeKind::MerchantRestricted => "merchant_restricted",
            NoticeKind::UserCreated => "user_created",
            NoticeKind::MerchantCharged => "merchant_charged",
            NoticeKind::SettlementArrived => "settlement_arrived",
            NoticeKind::SettlementClosed => "settlement_closed",
        }
    }

    /// The reverse of [`NoticeKind::as_str`].
    pub fn parse(text: &str) -> Option<NoticeKind> {
        NoticeKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Something that a merchant is to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The merchant's shard.
    pub shard: Shard,
    /// Whom.
    pub merchant: Uuid,
    /// What about.
    pub kind: NoticeKind,
    /// The id of the payment, the withdrawal, the document, the settlement, the user, the charge or the merchant itself.
    pub subject: String,
    /// What webhooks carry under `data`. Account numbers and names only masked (R35): it leaves the house and is
    /// kept in the clear.
    pub data: Value,
    /// By when the merchant has to know (R9); at once for `None`.
    pub due_at: Option<OffsetDateTime>,
}

impl Notice {
    /// The webhook's `type`: `payment.credited`, `withdrawal.<status>`.
    pub fn event_type(&self) -> String {
        match self.kind {
            NoticeKind::PaymentCredited => "payment.credited".to_owned(),
            NoticeKind::PaymentInReview => "payment.in_review".to_owned(),
            NoticeKind::PaymentReturned => "payment.returned".to_owned(),
            NoticeKind::PaymentReversed => "payment.reversed".to_owned(),
            NoticeKind::MerchantActivated => "merchant.activated".to_owned(),
            NoticeKind::DocumentExpiring => "merchant.document_expiring".to_owned(),
            NoticeKind::MerchantRestricted => "merchant.restricted".to_owned(),
            NoticeKind::UserCreated => "merchant.user_created".to_owned(),
            NoticeKind::MerchantCharged => "merchant.charged".to_owned(),
            NoticeKind::SettlementArrived => "settlement.arrived".to_owned(),
            NoticeKind::SettlementClosed => "settlement.closed".to_owned(),
            NoticeKind::WithdrawalChanged => {
                let status = self.data.get("status").and_then(Value::as_str);
                format!("withdrawal.{}", status.unwrap_or("changed"))
            }
        }
    }
}

/// Writes notices in the money's transaction, each with its deliveries: one for each endpoint that is active now, and one
/// by e-mail where there is a mail server. They are sent if and only if it commits.
///
/// # Errors
/// The database's.
pub async fn enqueue(tx: &Tx<'_>, notices: &[Notice], email: bool, now: OffsetDateTime) -> Result<(), Error> {
    if notices.is_empty() {
        return Ok(());
    }
    let ids: Vec<NoticeId> = notices.iter().map(|n| NoticeId::new(n.shard)).collect();
    insert(tx, notices, &ids, now).await?;
    let endpoints = deliveries::active_endpoints(tx, notices).await?;
    let mut all = Targets::default();
    for (notice, id) in notices.iter().zip(&ids) {
        let own = endpoints.get(&notice.merchant).into_iter().flatten().copied();
        for destination in own.chain(email.then_some(EMAIL)) {
            all.add(notice.shard, id.uuid(), notice.merchant, destination);
        }
    }
    all.insert(tx).await
}

/// Those that `insert_notices.sql` names.
const COLUMNS: &[Type] = &[
    Type::INT2,
    Type::UUID,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
];

async fn insert(tx: &Tx<'_>, notices: &[Notice], ids: &[NoticeId], now: OffsetDateTime) -> Result<(), Error> {
    let mut new = NewRows::new(COLUMNS);
    for (notice, id) in notices.iter().zip(ids) {
        new.row(&[
            &notice.shard.number(),
            &id.uuid(),
            &notice.merchant,
            &notice.kind.as_str(),
            &notice.event_type(),
            &notice.subject,
            &notice.data.to_string(),
            &notice.due_at.unwrap_or(now),
            &now,
        ])?;
    }
    tx.insert(include_str!("sql/insert_notices.sql"), include_str!("sql/copy_notices.sql"), new).await?;
    Ok(())
}
