//! Payments: those that are on their way to an end first, by status, then those that were credited, by the statement, since
//! no index leads from a merchant to them. A payment that moves on meanwhile may stand twice, and is never missing.

use std::collections::HashMap;

use deposits::{Payment, PaymentFilter, PaymentId, PaymentPlace, PaymentSort, PaymentState, Reversal};
use ledger::MerchantRef;
use merchants::MerchantId;
use money::Money;
use pg::Connection;
use serde_json::{Value, json};

use crate::commands::rfc3339;
use crate::handlers::data::parts::{LIMIT, Page, limit, place};
use crate::handlers::transactions::credited;
use crate::problem::Refusal;

/// In the order in which payments pass through them.
const STATES: [PaymentState; 4] =
    [PaymentState::InReview, PaymentState::Returning, PaymentState::Returned, PaymentState::Credited];

/// Between a status and a place in its list.
const AT: char = '~';

pub async fn payments(conn: &Connection, merchant: MerchantId, after: Option<&str>) -> Result<Page, Refusal> {
    let (state, after) = match after.and_then(|text| text.split_once(AT)) {
        Some((state, after)) => (state, Some(after).filter(|after| !after.is_empty())),
        None => (STATES[0].as_str(), None),
    };
    let at = STATES.iter().position(|known| known.as_str() == state).unwrap_or(STATES.len() - 1);
    let (rows, next) = match STATES[at] {
        PaymentState::Credited => by_statement(conn, merchant, after).await?,
        state => by_status(conn, merchant, state, after).await?,
    };
    let next = match (next, STATES.get(at + 1)) {
        (Some(next), _) => Some(format!("{}{AT}{next}", STATES[at].as_str())),
        (None, Some(state)) => Some(format!("{}{AT}", state.as_str())),
        (None, None) => None,
    };
    Ok(Page { rows: with_reversals(conn, &rows).await?, next })
}

async fn by_status(
    conn: &Connection,
    merchant: MerchantId,
    state: PaymentState,
    after: Option<&str>,
) -> Result<(Vec<Payment>, Option<String>), Refusal> {
    let filter = PaymentFilter { merchant: Some(merchant), ..PaymentFilter::default() };
    let after = place::<PaymentPlace>(after)?;
    let found = deposits::list(conn, state, &filter, PaymentSort::Oldest, after, LIMIT).await?;
    let next = found.last.as_ref().map(|last| PaymentPlace::of(last).to_string());
    Ok((found.rows, next))
}

async fn by_statement(
    conn: &Connection,
    merchant: MerchantId,
    after: Option<&str>,
) -> Result<(Vec<Payment>, Option<String>), Refusal> {
    let owner = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let lines = credited(conn, owner, place(after)?, limit()).await?;
    let next = lines.last().filter(|_| lines.len() >= LIMIT).map(|line| line.cursor.to_string());
    let ids: Vec<PaymentId> = lines.iter().map(|line| PaymentId::from_uuid(line.cause)).collect();
    Ok((deposits::payments(conn, &ids).await?, next))
}

async fn with_reversals(conn: &Connection, rows: &[Payment]) -> Result<Vec<Value>, Refusal> {
    let ids: Vec<PaymentId> = rows.iter().map(|row| row.id).collect();
    let mut taken_back: HashMap<PaymentId, Vec<Value>> = HashMap::new();
    for reversal in deposits::reversals_of(conn, &ids).await? {
        if let Some(payment) = reversal.payment {
            taken_back.entry(payment).or_default().push(reversal_json(&reversal));
        }
    }
    Ok(rows.iter().map(|row| render(row, taken_back.remove(&row.id).unwrap_or_default())).collect())
}

/// What the merchant's notices say of it. Who sent it is somebody else's.
fn render(payment: &Payment, reversals: Vec<Value>) -> Value {
    let currency = payment.amount.currency();
    let reversed = Money::new(payment.reversed_minor, currency).unwrap_or(Money::zero(currency));
    json!({
        "id": payment.id.to_string(),
        "status": payment.status.as_str(),
        "amount": payment.amount.to_string(),
        "currency": currency.code(),
        "bank": &*payment.bank,
        "reference": payment.reference,
        "reason": payment.reason.map(deposits::Reason::as_str),
        "receiving_account_id": payment.account.map(|id| id.to_string()),
        "reversed_amount": reversed.to_string(),
        "reversals": reversals,
        "value_date": payment.value_date.map(|date| date.to_string()),
        "received_at": rfc3339(payment.received_at),
        "decided_at": payment.decided_at.map(rfc3339),
    })
}

fn reversal_json(reversal: &Reversal) -> Value {
    json!({
        "amount": reversal.amount.to_string(),
        "reference": reversal.reference,
        "reason": reversal.reason,
        "applied_at": reversal.applied_at.map(rfc3339),
    })
}
