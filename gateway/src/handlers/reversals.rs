//! What banks took back, as operators look at it (R8).

use deposits::{Reversal, ReversalState};
use pg::Place;
use serde_json::{Value, json};

use super::{Answer, reply};
use crate::app::App;
use crate::commands::rfc3339;
use crate::problem::Refusal;
use crate::request::Request;

/// `GET /admin/v1/reversals?status=`: those that are held, unless others are asked for.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["status", "limit", "cursor"])?;
    let page = query.page()?;
    let state = match query.get("status") {
        None => ReversalState::Held,
        Some(name) => ReversalState::parse(name)
            .ok_or_else(|| Refusal::field("status", "must be waiting, applied, held or dismissed"))?,
    };
    let after = query.cursor::<Place>()?.unwrap_or(Place::START);
    let conn = app.pool.get().await?;
    let rows = deposits::list_reversals(&conn, state, after, page.fetch()).await?;
    let place = |row: &Reversal| Place { at: row.received_at, id: row.id.uuid() }.to_string();
    reply::list(&page, rows, place, |row| Ok(reversal_json(row)))
}

pub(super) fn reversal_json(row: &Reversal) -> Value {
    json!({
        "id": row.id.to_string(),
        "status": row.state.as_str(),
        "reason": row.hold.map(deposits::HoldReason::as_str),
        "bank": &*row.bank,
        "reference": row.reference,
        "original_reference": row.original_reference,
        "amount": row.amount.to_string(),
        "currency": row.amount.currency().code(),
        "bank_reason": row.reason,
        "payment_id": row.payment.map(|id| id.to_string()),
        "received_at": rfc3339(row.received_at),
        "applied_at": row.applied_at.map(rfc3339),
    })
}
