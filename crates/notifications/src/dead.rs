//! Dead letters and what else people look at.

use pg::{Connection, Place, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::state::{DeliveryEvent, DeliveryState};
use crate::{DeliveryId, EndpointId, NoticeId};

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: DeliveryId,
    /// What was to be told: the `webhook-id`.
    pub notice: NoticeId,
    /// Whom.
    pub merchant: Uuid,
    /// `email` or `webhook`.
    pub channel: String,
    /// Of a webhook.
    pub endpoint: Option<EndpointId>,
    /// The webhook's `type`.
    pub event_type: String,
    /// The payment, withdrawal or endpoint it is about.
    pub subject: String,
    /// Attempts since the last replay.
    pub attempts: i32,
    /// How often it was replayed.
    pub replays: i32,
    /// What the last attempt said.
    pub last_answer: Option<String>,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// When it was given up.
    pub died_at: OffsetDateTime,
}

impl DeadLetter {
    /// Its place in the list of dead letters.
    pub fn place(&self) -> Place {
        Place { at: self.died_at, id: self.id.uuid() }
    }
}

/// Dead letters behind `after`, the oldest first.
///
/// # Errors
/// The database's.
pub async fn dead_letters(conn: &Connection, after: Place, limit: i64) -> Result<Vec<DeadLetter>, Error> {
    let rows = conn.query(include_str!("sql/dead_letters.sql"), &[&after.at, &after.id, &limit]).await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &pg::Row) -> DeadLetter {
    let (channel, destination): (String, Uuid) = (row.get("channel"), row.get("destination"));
    DeadLetter {
        id: DeliveryId::from_uuid(row.get("id")),
        notice: NoticeId::from_uuid(row.get("notice")),
        merchant: row.get("merchant"),
        endpoint: (channel == "webhook").then(|| EndpointId::from_uuid(destination)),
        channel,
        event_type: row.get("event_type"),
        subject: row.get("subject"),
        attempts: row.get("attempts"),
        replays: row.get("replays"),
        last_answer: row.get("last_answer"),
        created_at: row.get("created_at"),
        died_at: row.get("updated_at"),
    }
}

/// What became of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// It is tried again at once, with the whole schedule before it.
    Done,
    /// It is no dead letter, but this.
    Not(DeliveryState),
    /// There is no such delivery.
    NotFound,
}

/// Has a dead letter sent again.
///
/// # Errors
/// The database's.
pub async fn replay(tx: &Tx<'_>, id: DeliveryId) -> Result<Replay, Error> {
    let found = tx.query_opt(include_str!("sql/lock_delivery.sql"), &[&id.shard(), &id.uuid()]).await?;
    let Some(row) = found else { return Ok(Replay::NotFound) };
    let state = DeliveryState::parse(row.get("state"))
        .ok_or_else(|| Error::Unexpected(format!("the state of {id}")))?;
    let Some(next) = state.next(DeliveryEvent::Replayed) else { return Ok(Replay::Not(state)) };
    let parameters: [&(dyn pg::ToSql + Sync); 4] = [&id.shard(), &id.uuid(), &state.as_str(), &next.as_str()];
    let replayed = tx.execute(include_str!("sql/replay.sql"), &parameters).await?;
    if replayed != 1 {
        return Err(Error::Unexpected(format!("{id} changed under its lock")));
    }
    Ok(Replay::Done)
}

/// How it goes, for gauges. Counts stop at ten thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Notices that no channel has delivered though the merchant should know by now (R9).
    pub overdue: i64,
    /// When the oldest notice that nobody has yet was written.
    pub oldest: Option<OffsetDateTime>,
    /// Deliveries given up.
    pub dead: i64,
}

/// # Errors
/// The database's.
pub async fn summary(conn: &Connection) -> Result<Summary, Error> {
    let row = conn.query_one(include_str!("sql/summary.sql"), &[]).await?;
    Ok(counted(&row))
}

/// The same without what no channel can carry: notices of merchants without an endpoint, where there is no mail server.
///
/// # Errors
/// The database's.
pub async fn summary_of_reachable(conn: &Connection) -> Result<Summary, Error> {
    let row = conn.query_one(include_str!("sql/summary_of_reachable.sql"), &[]).await?;
    Ok(counted(&row))
}

fn counted(row: &pg::Row) -> Summary {
    Summary { overdue: row.get("overdue"), oldest: row.get("oldest"), dead: row.get("dead") }
}
