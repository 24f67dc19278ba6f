//! The audit trail.

use ::audit::TrailFilter;
use admin_api::AuditRow;

use super::Listing;
use crate::app::App;
use crate::commands::rfc3339;
use crate::handlers::Answer;
use crate::request::Request;

const OLDEST: &str = "at";
const NEWEST: &str = "-at";

/// `GET /admin/v1/audit?subject=&actor=&action=&sort=`, newest first.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn list(app: &App, request: &Request) -> Answer {
    let query = request.query(&["subject", "actor", "action", "sort", "limit", "cursor"])?;
    let filter =
        TrailFilter { subject: query.get("subject"), actor: query.get("actor"), action: query.get("action") };
    let listing = Listing::read(&query, &[NEWEST, OLDEST], NEWEST)?;
    let after: Option<i64> = listing.cursor()?;
    let conn = app.pool.get().await?;
    let found = ::audit::list_trail(&conn, filter, listing.sort == OLDEST, after, listing.limit).await?;
    listing.answer(&found, |entry| entry.seq.to_string(), |entry| Ok(row(entry)))
}

fn row(row: &::audit::AuditRow) -> AuditRow {
    let entry = row.entry.clone();
    AuditRow {
        seq: row.seq,
        at: rfc3339(entry.at),
        actor: entry.actor,
        person: entry.person,
        origin: entry.origin,
        action: entry.action,
        subject: entry.subject,
        reason: entry.reason,
        before: entry.before,
        after: entry.after,
    }
}
