//! What operators look at; personal data masked (R35).

use admin_api::{EvidenceLine, PayoutDetail};
use hyper::StatusCode;

use super::{Answer, balances, lists, registration, reply};
use crate::app::App;
use crate::commands::{freeze_json, rfc3339};
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
    let id = request.id_of("merchant")?;
    let conn = app.pool.get().await?;
    let found = merchants::merchant(&conn, &app.keyring, id).await?;
    let row = lists::merchants::row(&found.ok_or_else(|| Refusal::not_found("merchant"))?);
    let mut shown = serde_json::to_value(row).map_err(|error| problem::internal(&error))?;
    shown["balances"] = balances::of_merchant(app, &conn, id).await?.into();
    let freezes = merchants::freezes(&conn, id).await?;
    shown["freezes"] = freezes.iter().map(freeze_json).collect();
    shown["documents"] = registration::in_effect(app, &conn, id).await?.into();
    reply::json(StatusCode::OK, &shown)
}
