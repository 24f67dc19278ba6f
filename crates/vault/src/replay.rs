//! Replays: a kept event runs through the gateway again, one replay of an event at a time.

use std::collections::HashMap;

use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::delivery::Verdict;
use crate::store::{Answer, status_of};
use crate::{Error, EventId};

/// What a replay finds when its transaction begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// The event is this replay's until the transaction ends.
    Mine(Standing),
    /// Another replay of the event committed in between, or stands earlier in this batch.
    Busy,
    /// There is no such event.
    Unknown,
}

/// What an event has come to so far: by its first delivery, or by the last replay that made more of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which of the event's replays this one is, from 1.
    pub turn: i32,
    /// What was made of it.
    pub verdict: Verdict,
    /// The answer to that.
    pub answer: Answer,
}

impl Standing {
    /// Applied already: nothing of it is done again.
    pub fn is_settled(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    /// Whether a new verdict is worth an answer of its own: something is understood that was not.
    pub fn improves_to(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Accepted => !self.is_settled(),
            Verdict::Ignored => matches!(self.verdict, Verdict::Malformed | Verdict::Invalid),
            Verdict::Malformed | Verdict::Invalid => false,
        }
    }
}

/// Takes a turn at each event, before anything is locked; waits for whoever is replaying one of them.
///
/// # Errors
/// The database's; `Unexpected` with a verdict that we don't know.
pub async fn claim_replays(tx: &Tx<'_>, events: &[EventId]) -> Result<Vec<Turn>, Error> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut own = events.to_vec();
    own.sort_by_key(|id| (id.shard().number(), id.uuid()));
    own.dedup();
    let shards: Vec<i16> = own.iter().map(|id| id.shard().number()).collect();
    let ids: Vec<Uuid> = own.iter().map(EventId::uuid).collect();
    let rows = tx.query(include_str!("sql/claim_replays.sql"), &[&shards, &ids]).await?;
    let mut turns: HashMap<Uuid, i32> = rows.iter().map(|row| (row.get("id"), row.get("turn"))).collect();
    // After the turn is ours, nobody else changes what is read here.
    let rows = tx.query(include_str!("sql/standings.sql"), &[&shards, &ids]).await?;
    let known: HashMap<Uuid, &pg::Row> = rows.iter().map(|row| (row.get("id"), row)).collect();
    events
        .iter()
        .map(|id| match (known.get(&id.uuid()), turns.remove(&id.uuid())) {
            (None, _) => Ok(Turn::Unknown),
            (Some(_), None) => Ok(Turn::Busy),
            (Some(row), Some(turn)) => Ok(Turn::Mine(standing(row, turn)?)),
        })
        .collect()
}

fn standing(row: &pg::Row, turn: i32) -> Result<Standing, Error> {
    let verdict = Verdict::parse(row.get("verdict"))?;
    let answer = Answer { status: status_of(row, "status")?, body: row.get("answer") };
    Ok(Standing { turn, verdict, answer })
}

/// What a replay made of an event; only where it [improves](Standing::improves_to) on what stood.
#[derive(Debug)]
pub struct LaterAnswer<'a> {
    /// The event.
    pub event: EventId,
    /// The replay's turn.
    pub turn: i32,
    /// What was made of it.
    pub verdict: Verdict,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The answer, verbatim.
    pub answer: &'a [u8],
}

/// Keeps what replays made of events. A redelivery of an event that was refused first gets this answer from now
/// on; of any other, its first one.
///
/// # Errors
/// The database's.
pub async fn record_replays(tx: &Tx<'_>, all: &[LaterAnswer<'_>], now: OffsetDateTime) -> Result<(), Error> {
    if all.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = all.iter().map(|a| a.event.shard().number()).collect();
    let ids: Vec<Uuid> = all.iter().map(|a| a.event.uuid()).collect();
    let turns: Vec<i32> = all.iter().map(|a| a.turn).collect();
    let verdicts: Vec<&str> = all.iter().map(|a| a.verdict.as_str()).collect();
    let statuses: Vec<i16> = all.iter().map(|a| i16::try_from(a.status).unwrap_or(i16::MAX)).collect();
    let answers: Vec<&[u8]> = all.iter().map(|a| a.answer).collect();
    tx.execute(
        include_str!("sql/record_later_answers.sql"),
        &[&shards, &ids, &turns, &verdicts, &statuses, &answers, &now],
    )
    .await?;
    Ok(())
}
