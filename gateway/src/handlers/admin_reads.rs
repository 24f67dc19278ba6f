//! What operators look at; personal data masked (R35).

use admin_api::{EvidenceLine, PayoutDetail};
use hyper::StatusCode;
use merchants::{MerchantId, MerchantState, Obstacle};
use pg::Connection;
use serde_json::Value;

use super::{Answer, balances, lists, registration, reply};
use crate::app::App;
use crate::commands::{freeze_json, remains, rfc3339};
use crate::problem::{self, Refusal};
use crate::request::Request;

/// `GET /admin/v1/payouts/{id}`: with everything that was asked and heard about it (R27).
///
/// # Errors
/// `not-found`; the database's.
pub async fn payout(app: &App, request: &Request) -> Answer {
    let id: payouts::PayoutId = request.id_of("payout")?;
    request.query(&[])?;
    let conn = app.pool.get().await?;
    let payout = payouts::get(&conn, id).await?.ok_or_else(|| Refusal::not_found("payout"))?;
    let line = |line: &payouts::Evidence| EvidenceLine {
        at: rfc3339(line.at),
        source: line.source.clone(),
        text: line.text.clone(),
    };
    let evidence = payouts::evidence(&conn, id).await?.iter().map(line).collect();
    reply::json(StatusCode::OK, &PayoutDetail { payout: lists::payouts::row(app, &payout), evidence })
}

/// `GET /admin/v1/merchants/{id}`: with what it has, and every freeze that it is under.
///
/// # Errors
/// `not-found`; the database's.
pub async fn merchant(app: &App, request: &Request) -> Answer {
    let id: MerchantId = request.id_of("merchant")?;
    let mut conn = app.pool.get().await?;
    let found = merchants::merchant(&conn, &app.keyring, id).await?;
    let found = found.ok_or_else(|| Refusal::not_found("merchant"))?;
    let row = lists::merchants::row(&found);
    let mut shown = serde_json::to_value(row).map_err(|error| problem::internal(&error))?;
    shown["balances"] = balances::of_merchant(&conn, id).await?.into();
    let freezes = merchants::freezes(&conn, id).await?;
    shown["freezes"] = freezes.iter().map(freeze_json).collect();
    shown["documents"] = registration::in_effect(app, &conn, id).await?.into();
    shown["closing_blocked_by"] = match found.state {
        MerchantState::Closing => closing_blocked_by(&mut conn, id).await?,
        _ => Value::Null,
    };
    reply::json(StatusCode::OK, &shown)
}

/// R38: what still stands in the way of the end.
async fn closing_blocked_by(conn: &mut Connection, id: MerchantId) -> Result<Value, Refusal> {
    let tx = conn.begin().await?;
    let left = remains::<Refusal>(&tx, id).await?;
    tx.rollback().await?;
    Ok(left.obstacles().into_iter().map(Obstacle::as_str).collect())
}
