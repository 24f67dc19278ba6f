//! What merchants, operators and dashboards see. No locks; jobs are not read.

use std::fmt;
use std::str::FromStr;

use pg::{Connection, Shard};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::payout::Payout;
use crate::state::PayoutState;
use crate::{PayoutId, rows};

/// One payout.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn get(conn: &Connection, id: PayoutId) -> Result<Option<Payout>, Error> {
    let row = conn.query_opt(include_str!("sql/get.sql"), &[&id.shard().number(), &id.uuid()]).await?;
    row.as_ref().map(rows::payout).transpose()
}

/// All attempts of these withdrawals, each's first to last.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn of_withdrawals(conn: &Connection, withdrawals: &[(Shard, Uuid)]) -> Result<Vec<Payout>, Error> {
    let (shards, ids): (Vec<i16>, Vec<Uuid>) =
        withdrawals.iter().map(|(shard, id)| (shard.number(), *id)).unzip();
    let found = conn.query(include_str!("sql/of_withdrawals.sql"), &[&shards, &ids]).await?;
    found.iter().map(rows::payout).collect()
}

/// All attempts to return these payments, each's first to last.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn of_payments(conn: &Connection, payments: &[(Shard, Uuid)]) -> Result<Vec<Payout>, Error> {
    let (shards, ids): (Vec<i16>, Vec<Uuid>) =
        payments.iter().map(|(shard, id)| (shard.number(), *id)).unzip();
    let found = conn.query(include_str!("sql/of_payments.sql"), &[&shards, &ids]).await?;
    found.iter().map(rows::payout).collect()
}

/// What operators look at first.
const BY_URGENCY: [PayoutState; 8] = [
    PayoutState::Unknown,
    PayoutState::Disputed,
    PayoutState::Held,
    PayoutState::Queued,
    PayoutState::Sent,
    PayoutState::Failed,
    PayoutState::Returned,
    PayoutState::Paid,
];

/// The last row of a page: the next one begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    state: PayoutState,
    created_at: OffsetDateTime,
    id: PayoutId,
}

impl Cursor {
    /// The place of this payout in the list.
    pub fn after(payout: &Payout) -> Cursor {
        Cursor { state: payout.state, created_at: payout.created_at, id: payout.id }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.state, self.created_at.unix_timestamp_nanos() / 1000, self.id)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Cursor, BadCursor> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(BadCursor);
        let state = PayoutState::parse(part()?).ok_or(BadCursor)?;
        let micros: i64 = part()?.parse().map_err(|_| BadCursor)?;
        let created_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000);
        let id = part()?.parse().map_err(|_| BadCursor)?;
        Ok(Cursor { state, created_at: created_at.map_err(|_| BadCursor)?, id })
    }
}

/// At most `limit` payouts behind `cursor`, of one status or of all: unknown first, then disputed, held, queued,
/// sent, and what is over; the oldest first in each.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list(
    conn: &Connection,
    state: Option<PayoutState>,
    cursor: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Payout>, Error> {
    let from = cursor.map(|cursor| cursor.state).or(state);
    let states = BY_URGENCY
        .into_iter()
        .skip_while(|one| from.is_some_and(|from| from != *one))
        .filter(|one| state.is_none_or(|state| state == *one));
    let mut page = Vec::new();
    for one in states {
        let behind = cursor.filter(|cursor| cursor.state == one);
        let created_at = behind.map(|cursor| cursor.created_at);
        let id = behind.map(|cursor| cursor.id.uuid());
        let left = i64::try_from(limit - page.len()).unwrap_or(i64::MAX);
        let found =
            conn.query(include_str!("sql/list.sql"), &[&one.as_str(), &created_at, &id, &left]).await?;
        for row in &found {
            page.push(rows::payout(row)?);
        }
        if page.len() >= limit {
            break;
        }
    }
    Ok(page)
}

/// One line of what was asked and heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// When it was recorded.
    pub at: OffsetDateTime,
    /// `send`, `query`, `callback`, `worker`, `operator` or `freeze`.
    pub source: String,
    /// In words, without personal data.
    pub text: String,
}

/// Everything that is known about a payout, first to last.
///
/// # Errors
/// The database's.
pub async fn evidence(conn: &Connection, id: PayoutId) -> Result<Vec<Evidence>, Error> {
    let found = conn.query(include_str!("sql/evidence.sql"), &[&id.shard().number(), &id.uuid()]).await?;
    let line =
        |row: &pg::Row| Evidence { at: row.get("at"), source: row.get("source"), text: row.get("text") };
    Ok(found.iter().map(line).collect())
}

/// How many payouts of a bank have a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The bank.
    pub bank: String,
    /// The status; those that are over are not counted.
    pub state: PayoutState,
    /// How many.
    pub payouts: i64,
    /// How many of them wait for a person.
    pub for_operators: i64,
    /// When the oldest of them was enqueued.
    pub oldest: OffsetDateTime,
}

/// What is not over yet, by bank and status.
///
/// # Errors
/// The database's; `Unexpected` for a status that is none.
pub async fn counts(conn: &Connection) -> Result<Vec<Count>, Error> {
    let found = conn.query(include_str!("sql/counts.sql"), &[]).await?;
    let count = |row: &pg::Row| {
        let state = PayoutState::parse(row.get("status"))
            .ok_or_else(|| Error::Unexpected("a status that is none".to_owned()))?;
        Ok(Count {
            bank: row.get("bank"),
            state,
            payouts: row.get("payouts"),
            for_operators: row.get("for_operators"),
            oldest: row.get("oldest"),
        })
    };
    found.iter().map(count).collect()
}
