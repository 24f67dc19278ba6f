//! What merchants, operators and dashboards see. No locks; jobs are not read.

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
