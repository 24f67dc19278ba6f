//! Bank events, and refused reuses of their ids.

use admin_api::EventRow;
use vault::{EventFilter, EventId};

use super::Listing;
use crate::app::App;
use crate::commands::rfc3339;
use crate::handlers::Answer;
use crate::request::Request;

const OLDEST: &str = "received_at";
const NEWEST: &str = "-received_at";

/// `GET /admin/v1/events?bank=&verdict=&sort=`, newest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["bank", "verdict", "sort", "limit", "cursor"])?;
    let verdict = super::one_of(&query, "verdict", &vault::VERDICTS, |name| Some(name.to_owned()))?;
    let listing = Listing::read(&query, &[NEWEST, OLDEST], NEWEST)?;
    let after: Option<EventId> = listing.cursor()?;
    let bank = query.get("bank").map(str::to_owned);
    let filter = EventFilter { bank, verdict, after, oldest_first: listing.sort == OLDEST };
    let conn = app.pool.get().await?;
    let found = vault::list(&conn, &filter, listing.limit).await?;
    listing.answer(&found, |event| event.id.to_string(), |event| Ok(row(event)))
}

fn row(event: &vault::EventRow) -> EventRow {
    EventRow {
        id: event.id.to_string(),
        bank: event.bank.clone(),
        event_id: event.event_id.clone(),
        verdict: event.verdict.clone(),
        status: event.status,
        key_id: event.key_id.clone(),
        received_at: rfc3339(event.received_at),
        redeliveries: event.redeliveries,
    }
}
