//! What went out, for whoever compares it with the banks' statements; nothing here locks.

use pg::{Connection, Shard};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;
use crate::payout::Payout;
use crate::{PayoutId, rows};

/// These payouts, those that exist.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn of_references(conn: &Connection, ids: &[PayoutId]) -> Result<Vec<Payout>, Error> {
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(PayoutId::uuid).collect();
    let found = conn.query(include_str!("sql/of_references.sql"), &[&shards, &uuids]).await?;
    found.iter().map(rows::payout).collect()
}

/// The payouts of one shard that a bank paid (and perhaps returned), made from `from` until before `to`, in the order
/// of their ids, after `after`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn paid_of_those_made(
    conn: &Connection,
    shard: Shard,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<PayoutId>,
    limit: i64,
) -> Result<Vec<Payout>, Error> {
    let slack = Duration::hours(1);
    let (first, last) = (first_id_at(from - slack), first_id_at(to + slack));
    let after = after.map_or(first, |after| after.uuid());
    let found = conn
        .query(include_str!("sql/paid_of_those_made.sql"), &[&shard.number(), &after, &last, &limit])
        .await?;
    found.iter().map(rows::payout).collect()
}

/// The smallest UUID of version 7 made at that time: an id carries the time at which it was made.
fn first_id_at(at: OffsetDateTime) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}
