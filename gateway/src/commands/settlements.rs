//! What a merchant is told of a settlement that it announced (R10). It happens outside of batches, since no money moves.

use deposits::settlements::{Finding, Settlement};
use notifications::{Notice, NoticeKind};
use serde_json::{Value, json};

/// The payment that it was is in the balance.
pub fn settlement_arrived(row: &Settlement) -> Notice {
    notice(row, NoticeKind::SettlementArrived)
}

/// The search for it is over.
pub fn settlement_closed(row: &Settlement) -> Notice {
    notice(row, NoticeKind::SettlementClosed)
}

fn notice(row: &Settlement, kind: NoticeKind) -> Notice {
    Notice {
        shard: row.merchant.shard(),
        merchant: row.merchant.uuid(),
        kind,
        subject: row.id.to_string(),
        data: data(row),
        due_at: None,
    }
}

fn data(row: &Settlement) -> Value {
    json!({
        "settlement_id": row.id.to_string(),
        "status": row.state.as_str(),
        "amount": row.amount.to_string(),
        "currency": row.amount.currency().code(),
        "reference": row.reference,
        "payment_id": row.payment.map(|id| id.to_string()),
        "finding": row.finding.map(Finding::as_str),
        "reason": row.finding_reason,
    })
}
