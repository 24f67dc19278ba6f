//! What went out, for whoever compares it with the banks' statements; nothing here locks.

use std::collections::{BTreeMap, BTreeSet};

use pg::{Connection, Shard};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;
use crate::payout::Payout;
use crate::{PayoutId, rows};

/// What is settled later than this after it was made is in the index `payouts_settled_late`, which knows the same three
/// days: few payouts, since a weekend is over by then.
const SOON: Duration = Duration::days(3);
/// A name that a bank gives to more payouts than so many is none of any.
const BEARERS: i64 = 100;

/// A payout, as far as a bank's statement can agree with it.
#[derive(Debug, Clone)]
pub struct BookedPayout {
    /// As it is now.
    pub payout: Payout,
    /// What its bank ever called it, of the names that were asked about.
    pub names: Vec<String>,
    /// When it became paid or, if it came back, returned. Not known where that was before it was kept.
    pub settled_at: Option<OffsetDateTime>,
}

impl BookedPayout {
    fn from_row(row: &pg::Row) -> Result<BookedPayout, Error> {
        Ok(BookedPayout { payout: rows::payout(row)?, names: Vec::new(), settled_at: row.get("settled_at") })
    }

    /// Its place among those that were settled late.
    pub fn place(&self) -> Option<(OffsetDateTime, PayoutId)> {
        self.settled_at.map(|at| (at, self.payout.id))
    }
}

/// Every payout that one of these names, each a bank and a reference: one of ours, or one that this bank ever gave it.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn booked_under(
    conn: &Connection,
    references: &[(&str, &str)],
) -> Result<Vec<BookedPayout>, Error> {
    let ours = under_our_references(conn, references).await?;
    // Behind the others: who is found by both has the names, too.
    let all = ours.into_iter().chain(under_banks_names(conn, references).await?);
    let found: BTreeMap<PayoutId, BookedPayout> = all.map(|booked| (booked.payout.id, booked)).collect();
    Ok(found.into_values().collect())
}

async fn under_our_references(
    conn: &Connection,
    references: &[(&str, &str)],
) -> Result<Vec<BookedPayout>, Error> {
    let ids: BTreeSet<PayoutId> = references.iter().filter_map(|(_, text)| text.parse().ok()).collect();
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(PayoutId::uuid).collect();
    let found = conn.query(include_str!("sql/of_references.sql"), &[&shards, &uuids]).await?;
    found.iter().map(BookedPayout::from_row).collect()
}

async fn under_banks_names(
    conn: &Connection,
    references: &[(&str, &str)],
) -> Result<Vec<BookedPayout>, Error> {
    let wanted: BTreeSet<&(&str, &str)> = references.iter().collect();
    let (banks, names): (Vec<&str>, Vec<&str>) = wanted.into_iter().copied().unzip();
    let found = conn.query(include_str!("sql/named_by_banks.sql"), &[&banks, &names, &BEARERS]).await?;
    let named = |row: &pg::Row| Ok(BookedPayout { names: row.get("names"), ..BookedPayout::from_row(row)? });
    found.iter().map(named).collect()
}

/// The payouts of one shard that a bank paid (and perhaps returned), made from three days before `from` until before
/// `to`, in the order of their ids, after `after`. They and [`settled_late`] hold all that were settled from `from` until
/// before `to`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn paid_of_those_made(
    conn: &Connection,
    shard: Shard,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<PayoutId>,
    limit: i64,
) -> Result<Vec<BookedPayout>, Error> {
    let slack = Duration::hours(1);
    let (first, last) = (first_id_at(from - SOON - slack), first_id_at(to + slack));
    let after = after.map_or(first, |after| after.uuid());
    let found = conn
        .query(include_str!("sql/paid_of_those_made.sql"), &[&shard.number(), &after, &last, &limit])
        .await?;
    found.iter().map(BookedPayout::from_row).collect()
}

/// The payouts that were paid or returned from `from` until before `to`, more than three days after they were made, in
/// the order of that time, after the [place](BookedPayout::place) `after`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn settled_late(
    conn: &Connection,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<(OffsetDateTime, PayoutId)>,
    limit: i64,
) -> Result<Vec<BookedPayout>, Error> {
    let (at, id) = after.map_or((from, Uuid::nil()), |(at, id)| (at, id.uuid()));
    let found = conn.query(include_str!("sql/settled_late.sql"), &[&at, &id, &to, &limit]).await?;
    found.iter().map(BookedPayout::from_row).collect()
}

/// The smallest UUID of version 7 made at that time: an id carries the time at which it was made.
fn first_id_at(at: OffsetDateTime) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}
