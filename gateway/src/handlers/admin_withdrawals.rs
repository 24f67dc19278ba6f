//! Withdrawals as operators look at them: as the merchant sees them, and whose they are (R35: masked).

use ::withdrawals::{Cursor, Sort, Wanted, Withdrawal, WithdrawalId, WithdrawalState};
use hyper::StatusCode;
use ledger::Layout;
use payouts::Payout;
use pg::Connection;
use serde_json::Value;

use super::lists::{self, Listing};
use super::timeline::Timeline;
use super::withdrawals::Around;
use super::{Answer, reply};
use crate::app::App;
use crate::problem::Refusal;
use crate::request::Request;

const KNOWN: [&str; 6] = ["status", "merchant_id", "currency", "sort", "limit", "cursor"];
const URGENCY: &str = "urgency";

/// `GET /admin/v1/withdrawals?status=&merchant_id=&currency=&sort=`. Unsorted, those that need somebody come first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&KNOWN)?;
    let states = WithdrawalState::ALL.map(WithdrawalState::as_str);
    let wanted = Wanted {
        merchant: lists::id(&query, "merchant_id", "a merchant's")?,
        state: lists::one_of(&query, "status", &states, WithdrawalState::parse)?,
        currency: lists::currency(&query)?,
    };
    let listing = Listing::read(&query, &[URGENCY, "created_at", "-created_at"], URGENCY)?;
    let sort = match listing.sort {
        "created_at" => Sort::Oldest,
        "-created_at" => Sort::Newest,
        _ => Sort::Urgency,
    };
    let cursor: Option<Cursor> = listing.cursor()?;
    let mut conn = app.pool.get().await?;
    let found = ::withdrawals::queue(&mut conn, &wanted, sort, cursor, listing.limit).await?;
    let around = Around::read(app, &mut conn, &found.rows).await?;
    listing.answer(&found, |row| Cursor::after(row).to_string(), |row| shown(&around, row))
}

/// `GET /admin/v1/withdrawals/{id}`: with its payouts and everything that happened.
///
/// # Errors
/// `not-found`; the database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    let id: WithdrawalId = request.id_of("withdrawal")?;
    request.query(&[])?;
    let mut conn = app.pool.get().await?;
    let found = ::withdrawals::find(&conn, id).await?;
    let rows = [found.ok_or_else(|| Refusal::not_found("withdrawal"))?];
    let around = Around::read(app, &mut conn, &rows).await?;
    let attempts = payouts::of_withdrawals(&conn, &[(id.shard(), id.uuid())]).await?;
    let layout = app.engine.facts().layout;
    let mut answer = shown(&around, &rows[0])?;
    timeline(&conn, layout, &rows[0], &attempts).await?.tell(&mut answer)?;
    reply::json(StatusCode::OK, &answer)
}

/// What the merchant sees, and what operators' rows have in common.
fn shown(around: &Around, row: &Withdrawal) -> Result<Value, Refusal> {
    let mut shown = around.render(row)?;
    shown["merchant_id"] = row.merchant.to_string().into();
    shown["bank"] = (*row.bank).into();
    shown["amount"] = row.buy.to_string().into();
    shown["currency"] = row.buy.currency().code().into();
    shown["reason"] = row.failure.as_ref().map(|failure| failure.code.as_str()).into();
    Ok(shown)
}

/// Of its status only the last change is known; the others show in what was heard about its payouts.
async fn timeline(
    conn: &Connection,
    layout: Layout,
    row: &Withdrawal,
    attempts: &[Payout],
) -> Result<Timeline, Refusal> {
    let id = row.id.to_string();
    let mut timeline = Timeline::default();
    timeline.add(row.created_at, "submitted", id.clone(), title(row));
    if let Some(quote) = row.quote {
        timeline.add(row.created_at, "quote_used", quote.to_string(), "its price was locked".to_owned());
    }
    for payout in attempts {
        timeline.add_payout(conn, payout).await?;
    }
    timeline.add_audit(conn, &id, &[]).await?;
    if row.updated_at > row.created_at {
        timeline.add(row.updated_at, "status", id.clone(), row.state.as_str().to_owned());
    }
    let attempts = attempts.iter().map(|payout| (payout.id.uuid(), payout.id.to_string()));
    let causes = attempts.chain([(row.id.uuid(), id)]).collect();
    timeline.add_booked(conn, layout, &[row.id.shard()].into(), &causes).await?;
    Ok(timeline)
}

/// What leaves the balance and what is to arrive.
pub(super) fn title(row: &Withdrawal) -> String {
    let (sell, buy) = (row.sell, row.buy);
    format!("{sell} {} for {buy} {}", sell.currency().code(), buy.currency().code())
}
