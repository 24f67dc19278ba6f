//! What operators see of the vault.

use pg::Connection;
use time::OffsetDateTime;

use crate::{Error, EventId};

/// What events can be listed by.
pub const VERDICTS: [&str; 5] = ["accepted", "malformed", "invalid", "ignored", "conflict"];

/// Which events to list.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of this bank only.
    pub bank: Option<String>,
    /// With this verdict only; `conflict` lists refused reuses of an id.
    pub verdict: Option<String>,
    /// Older than this one.
    pub before: Option<EventId>,
}

/// An event as it is listed; its bytes stay sealed.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Our id.
    pub id: EventId,
    /// Who signed it.
    pub bank: String,
    /// The bank's id.
    pub event_id: String,
    /// What we made of it, or `conflict`.
    pub verdict: String,
    /// What we answered.
    pub status: i16,
    /// The key that verified it.
    pub key_id: Option<String>,
    /// When it came first.
    pub received_at: OffsetDateTime,
    /// How often it came again.
    pub redeliveries: i64,
}

/// Events and refused reuses, newest first.
///
/// # Errors
/// The database's.
pub async fn list(conn: &Connection, filter: &EventFilter, limit: i64) -> Result<Vec<EventRow>, Error> {
    let before = filter.before.map(|id| id.uuid());
    let rows =
        conn.query(include_str!("sql/list.sql"), &[&filter.bank, &filter.verdict, &before, &limit]).await?;
    Ok(rows
        .iter()
        .map(|row| EventRow {
            id: EventId::from_uuid(row.get("id")),
            bank: row.get("bank"),
            event_id: row.get("event_id"),
            verdict: row.get("verdict"),
            status: row.get("status"),
            key_id: row.get("key_id"),
            received_at: row.get("received_at"),
            redeliveries: row.get("redeliveries"),
        })
        .collect())
}

/// How many reuses of an id were refused so far (R3).
///
/// # Errors
/// The database's.
pub async fn conflict_count(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.query_one(include_str!("sql/conflict_count.sql"), &[]).await?.get(0))
}
