//! One event, whole: what is known of it for ever, and its bytes as long as they are kept.

use pg::Connection;
use privacy::Keyring;
use time::OffsetDateTime;

use crate::delivery::{Verdict, context};
use crate::store::status_of;
use crate::{Answer, Error, EventId};

/// How many refused reuses of an id a detail lists.
const MOST_CONFLICTS: i64 = 100;

/// What is known of an event, for ever; its bytes stay sealed.
#[derive(Debug, Clone)]
pub struct EventDetail {
    /// Our id.
    pub id: EventId,
    /// Who signed it.
    pub bank: String,
    /// The bank's id.
    pub event_id: String,
    /// What we made of it the first time.
    pub verdict: Verdict,
    /// The key that verified it.
    pub key_id: String,
    /// What we answered the first time.
    pub answer: Answer,
    /// How often operators had it replayed.
    pub replays: i64,
    /// What a replay made of it, where that is more than what stood: the last one's.
    pub later: Option<Later>,
    /// When it came first.
    pub received_at: OffsetDateTime,
    /// When it came last.
    pub last_received_at: OffsetDateTime,
    /// How often it came again.
    pub redeliveries: i64,
    /// Other bytes under the same id, oldest first; the first hundred.
    pub conflicts: Vec<Conflict>,
}

/// What a replay made of an event that nobody had understood before.
#[derive(Debug, Clone)]
pub struct Later {
    /// What was made of it.
    pub verdict: Verdict,
    /// The answer to that.
    pub answer: Answer,
    /// When.
    pub at: OffsetDateTime,
}

/// A reuse of an id that was refused (R3).
#[derive(Debug, Clone)]
pub struct Conflict {
    /// Our id of it.
    pub id: EventId,
    /// When it came.
    pub received_at: OffsetDateTime,
}

/// An event's bytes, opened. Personal data: `Debug` shows lengths only.
pub struct RawEvent {
    /// The headers that were kept, a line each.
    pub headers: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl RawEvent {
    /// The headers one by one: names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.lines().filter_map(|line| line.split_once(": "))
    }

    /// Whether it was sent as XML.
    pub fn is_xml(&self) -> bool {
        let kind = self.headers().find(|(name, _)| *name == "content-type").map(|(_, value)| value);
        kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| {
            matches!(kind.trim().to_ascii_lowercase().as_str(), "application/xml" | "text/xml")
        })
    }
}

impl std::fmt::Debug for RawEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (headers, body) = (self.headers.len(), self.body.len());
        f.debug_struct("RawEvent").field("headers_length", &headers).field("body_length", &body).finish()
    }
}

/// One event; the id of a refused reuse finds the event whose id was reused.
///
/// # Errors
/// The database's.
pub async fn event(conn: &Connection, id: EventId) -> Result<Option<EventDetail>, Error> {
    let shard = id.shard().number();
    let rows = conn.query(include_str!("sql/event.sql"), &[&shard, &id.uuid()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (bank, event_id): (String, String) = (row.get("bank"), row.get("event_id"));
    let conflicts =
        conn.query(include_str!("sql/conflicts.sql"), &[&shard, &bank, &event_id, &MOST_CONFLICTS]).await?;
    Ok(Some(EventDetail {
        id: EventId::from_uuid(row.get("id")),
        bank,
        event_id,
        verdict: Verdict::parse(row.get("verdict"))?,
        key_id: row.get("key_id"),
        answer: Answer { status: status_of(row, "status")?, body: row.get("answer") },
        replays: row.get("replays"),
        later: later(row)?,
        received_at: row.get("received_at"),
        last_received_at: row.get("last_received_at"),
        redeliveries: row.get("redeliveries"),
        conflicts: conflicts
            .iter()
            .map(|row| Conflict {
                id: EventId::from_uuid(row.get("id")),
                received_at: row.get("received_at"),
            })
            .collect(),
    }))
}

fn later(row: &pg::Row) -> Result<Option<Later>, Error> {
    let Some(verdict) = row.get::<_, Option<&str>>("later_verdict") else { return Ok(None) };
    let answer = Answer { status: status_of(row, "later_status")?, body: row.get("later_answer") };
    Ok(Some(Later { verdict: Verdict::parse(verdict)?, answer, at: row.get("answered_at") }))
}

/// The bytes of an event, or of a refused reuse (without headers), opened on demand; none once they were dropped.
///
/// # Errors
/// The database's; `Sealed` when they don't open.
pub async fn raw(conn: &Connection, keyring: &Keyring, id: EventId) -> Result<Option<RawEvent>, Error> {
    let rows = conn.query(include_str!("sql/raw.sql"), &[&id.shard().number(), &id.uuid()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let headers = match row.get::<_, Option<&[u8]>>("headers_sealed") {
        Some(sealed) => keyring.open(sealed, &context("headers", id))?,
        None => Vec::new(),
    };
    let body = keyring.open(row.get("body_sealed"), &context("body", id))?;
    Ok(Some(RawEvent { headers: String::from_utf8_lossy(&headers).into_owned(), body }))
}
