//! What operators see of the vault.

use pg::{Connection, Looked, Paged, Shards, ToSql};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::delivery::key_of;
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
    /// Behind this one.
    pub after: Option<EventId>,
    /// Else the newest come first.
    pub oldest_first: bool,
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

/// Rows that one page looks at, where a filter may let few of them through: they lie side by side.
const STRETCH: i64 = 10_000;
/// The same of those that were not accepted, which lie anywhere, and each of which may have come to more by a replay.
const STRETCH_OF_OTHERS: i64 = 1_000;

/// At most `limit` events and refused reuses. A page may hold fewer, even none, and not be the last: one looks at so many and
/// no more.
///
/// # Errors
/// The database's.
pub async fn list(conn: &Connection, filter: &EventFilter, limit: usize) -> Result<Paged<EventRow>, Error> {
    let start = if filter.oldest_first { Uuid::nil() } else { Uuid::max() };
    let place = filter.after.map_or(start, |id| id.uuid());
    let fetch = pg::one_more(limit);
    let picks = filter.bank.is_some() || filter.verdict.is_some();
    let not_accepted = filter.verdict.as_ref().is_some_and(|verdict| verdict != "accepted");
    let stretch = match (picks, not_accepted) {
        (false, _) => fetch,
        (true, false) => STRETCH.max(fetch),
        (true, true) => STRETCH_OF_OTHERS.max(fetch),
    };
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&filter.bank, &filter.verdict, &filter.oldest_first, &place, &stretch, &not_accepted, &fetch];
    let rows = conn.query(include_str!("sql/list.sql"), &parameters).await?;
    let looked =
        |row: &pg::Row| Looked { row: event_row(row), matches: row.get("matches"), stops: row.get("stops") };
    Ok(Paged::cut(rows.iter().map(looked).collect(), limit))
}

fn event_row(row: &pg::Row) -> EventRow {
    EventRow {
        id: EventId::from_uuid(row.get("id")),
        bank: row.get("bank"),
        event_id: row.get("event_id"),
        verdict: row.get("verdict"),
        status: row.get("status"),
        key_id: row.get("key_id"),
        received_at: row.get("received_at"),
        redeliveries: row.get("redeliveries"),
    }
}

/// What we call the events that these banks sent under their own ids, each by (bank, its id); unknown ones are missing.
///
/// # Errors
/// The database's.
pub async fn of_banks_ids(
    conn: &Connection,
    shards: Shards,
    keys: &[(&str, &str)],
) -> Result<Vec<EventId>, Error> {
    let (homes, keys): (Vec<i16>, Vec<Uuid>) = keys
        .iter()
        .map(|(bank, id)| key_of(bank, id))
        .map(|key| (key.shard(shards).number(), key.uuid()))
        .unzip();
    let rows = conn.query(include_str!("sql/of_banks_ids.sql"), &[&homes, &keys]).await?;
    Ok(rows.iter().map(|row| EventId::from_uuid(row.get("id"))).collect())
}

/// How many reuses of an id were refused so far (R3).
///
/// # Errors
/// The database's.
pub async fn conflict_count(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.query_one(include_str!("sql/conflict_count.sql"), &[]).await?.get(0))
}
