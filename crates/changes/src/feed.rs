//! Written by each transaction, read since a cursor, forgotten after a while.

use std::time::Duration;

use pg::{Connection, Tx};
use uuid::Uuid;

use crate::{Changes, Cursor, Error, Kind};

/// Transactions that one look reads; more, and of every kind others are said to have changed.
const MOST_ROWS: i64 = 1000;

/// The columns of the kinds, in their order.
const COLUMNS: [&str; 6] = ["payouts", "payments", "withdrawals", "bank_events", "approvals", "rates"];

/// Writes down what this transaction changes; once in a transaction, at its end.
///
/// # Errors
/// The database's; `Unique` the second time.
pub async fn record(tx: &Tx<'_>, changes: &Changes) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let [payouts, payments, withdrawals, events, approvals, rates] =
        Kind::ALL.map(|kind| Some(changes.ids(kind)).filter(|ids| !ids.is_empty()));
    tx.execute(
        include_str!("sql/record.sql"),
        &[&payouts, &payments, &withdrawals, &events, &approvals, &rates, &changes.more_bits()],
    )
    .await?;
    Ok(())
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// This, up to the new cursor.
    Known(Changes, Cursor),
    /// It isn't known any more; the new cursor is where it is known from.
    Lost(Cursor),
}

/// Where the feed is now.
///
/// # Errors
/// The database's.
pub async fn now(conn: &Connection) -> Result<Cursor, Error> {
    // The second time finds it, whoever made it.
    for _ in 0..2 {
        if let Some(row) = conn.query_opt(include_str!("sql/now.sql"), &[]).await? {
            return Ok(cursor(&row));
        }
        conn.execute(include_str!("sql/begin_feed.sql"), &[]).await?;
    }
    Err(Error::Unexpected("there is no feed".to_owned()))
}

/// What is visible now and was not at the cursor.
///
/// # Errors
/// The database's.
pub async fn since(conn: &Connection, at: &Cursor) -> Result<Since, Error> {
    let rows = conn.query(include_str!("sql/since.sql"), &[&at.snapshot, &(MOST_ROWS + 1)]).await?;
    let Some(first) = rows.first() else { return Ok(Since::Lost(now(conn).await?)) };
    let here = cursor(first);
    if here.feed != at.feed || !first.get::<_, bool>("kept") {
        return Ok(Since::Lost(here));
    }
    let mut changes = Changes::of_many();
    for row in rows.iter().filter(|row| row.get::<_, bool>("changed")) {
        for (kind, column) in Kind::ALL.into_iter().zip(COLUMNS) {
            let ids: Option<Vec<Uuid>> = row.get(column);
            changes.extend(kind, ids.into_iter().flatten());
        }
        changes.add_more(row.get("more"));
    }
    if rows.len() as i64 > MOST_ROWS {
        Kind::ALL.into_iter().for_each(|kind| changes.add_more(kind.bit()));
    }
    Ok(Since::Known(changes, here))
}

fn cursor(row: &pg::Row) -> Cursor {
    Cursor { feed: row.get("id"), snapshot: row.get("snapshot") }
}

/// Forgets what is older than `keep`; how many rows. What still runs, and what began after it, stays.
///
/// # Errors
/// The database's.
pub async fn prune(conn: &Connection, keep: Duration) -> Result<i64, Error> {
    let row = conn.query_opt(include_str!("sql/prune.sql"), &[&keep.as_secs_f64()]).await?;
    Ok(row.map_or(0, |row| row.get("gone")))
}
