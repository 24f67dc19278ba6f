//! What operators look for (R10), and what came of it.

use deposits::settlements::{Finding, Settlement, SettlementId, investigated, lock, place_of, save};
use merchants::MerchantId;
use pg::Place;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::render;
use crate::app::App;
use crate::body;
use crate::commands::settlement_closed;
use crate::handlers::act::{Act, kept};
use crate::handlers::lists::id;
use crate::handlers::{Answer, admin_actions, reply};
use crate::problem::{Problem, Refusal};
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseBody {
    finding: String,
    reason: String,
}

/// `GET /admin/v1/settlements?merchant_id=`: those under investigation, who has waited longest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn queue(app: &App, request: &Request) -> Answer {
    let query = request.query(&["merchant_id", "limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor::<Place>()?);
    let merchant: Option<MerchantId> = id(&query, "merchant_id", "a merchant's")?;
    let conn = app.pool.get().await?;
    let now = conn.now().await?;
    let rows = investigated(&conn, merchant, after, page.fetch()).await?;
    let place = |row: &Settlement| place_of(row).map(|at| at.to_string()).unwrap_or_default();
    reply::list(&page, rows, place, |row| Ok(for_operators(row, now)))
}

/// `POST /admin/v1/settlements/{id}/close`: what came of the search. What it has cost is a charge of its own (R46).
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn close(app: &App, request: &Request) -> Answer {
    let id: SettlementId = request.id_of("settlement")?;
    let CloseBody { finding, reason } = body::parse(&request.body)?;
    admin_actions::check_reason(&reason)?;
    let finding = Finding::parse(&finding)
        .ok_or_else(|| Refusal::field("finding", "must be one of found, not_found"))?;
    let act = Act::because(app, request, reason)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = act.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let now = tx.now().await?;
    let Some(mut row) = lock(&tx, id.shard(), &[id]).await?.pop() else {
        let answer = act.refused(Problem::NotFound, "no such settlement");
        return act.finish(tx, answer).await;
    };
    let (from, before) = (row.state, audited(&row));
    if !row.close(finding, &act.reason, now) {
        let answer = act.refused(Problem::IllegalTransition, &format!("the settlement is {}", from.as_str()));
        return act.finish(tx, answer).await;
    }
    save(&tx, &row, from).await?;
    let told = [settlement_closed(&row)];
    notifications::enqueue(&tx, &told, app.engine.facts().emails, now).await?;
    act.audit(&tx, now, "settlement.close", id.to_string(), (Some(before), Some(audited(&row)))).await?;
    let answer = act.finish(tx, kept(200, &for_operators(&row, now))?).await?;
    app.engine.wake_notices();
    Ok(answer)
}

fn audited(row: &Settlement) -> Value {
    json!({"status": row.state.as_str(), "finding": row.finding.map(Finding::as_str)})
}

fn for_operators(row: &Settlement, now: OffsetDateTime) -> Value {
    let mut shown = render(row, now);
    shown["merchant_id"] = row.merchant.to_string().into();
    shown
}
