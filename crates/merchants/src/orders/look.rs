//! Which of the stores' open orders a batch reads: some of the oldest of each, then no more than payments may need, and
//! than one transaction can bear.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use money::Currency;
use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Extent, Held, MOST_ORDERS, OpenOrders, Pool};
use crate::StoreId;
use crate::error::Error;

/// What a payment may need of one store, in minor units.
pub type Wanted = (StoreId, Currency, i64);

/// Orders read at first for each payment that wants some: most payments are covered by a few of the oldest, and what is
/// read beyond that is read in vain.
const FIRST: i64 = 4;
/// The most orders read at first of one store and currency.
const MOST_AT_FIRST: i64 = 256;
/// Orders read at a time of a store that lacks some, at least and at most: about as many as it seems to need.
const PAGE: RangeInclusive<i64> = 16..=2_048;
/// Orders read in one transaction beyond the first ones, and so about as many are changed at most: what one payment may take,
/// of as many stores as one account serves.
const ROOM: i64 = 60_000;

/// Reads the oldest uncovered orders of each store and currency until they sum up to what is wanted of it, there are no
/// more, or they are too many. The caller holds the ledger's locks on the stores' evidence accounts.
///
/// # Errors
/// The database's.
pub async fn open_orders(tx: &Tx<'_>, wanted: &[Wanted]) -> Result<OpenOrders, Error> {
    let mut open = oldest_orders(tx, wanted).await?;
    more_orders(tx, &mut open, wanted).await?;
    Ok(open)
}

/// The first part of [`open_orders`]: a few of each store and currency.
///
/// # Errors
/// The database's.
pub async fn oldest_orders(tx: &Tx<'_>, wanted: &[Wanted]) -> Result<OpenOrders, Error> {
    let mut open = OpenOrders::default();
    let first = |lack: &Lack| (lack.pool, MOST_AT_FIRST.min(FIRST.saturating_mul(lack.payments)));
    let pages: Vec<(Pool, i64)> = lacking(&open, wanted).iter().map(first).collect();
    read(tx, &mut open, &pages).await?;
    Ok(open)
}

/// The rest of [`open_orders`]. Where there is no room for all, what stands first in `wanted` is read whole, so that of
/// payments that need many orders some are covered, and not a part of each is read.
///
/// # Errors
/// The database's.
pub async fn more_orders(tx: &Tx<'_>, open: &mut OpenOrders, wanted: &[Wanted]) -> Result<(), Error> {
    let mut room = ROOM;
    loop {
        let pages = pages(&first_that_fit(open, wanted, room), room);
        if pages.is_empty() {
            return Ok(());
        }
        room -= read(tx, open, &pages).await?;
    }
}

/// What the first of `wanted` lack, as many of them as there seems to be room for, at least one.
fn first_that_fit(open: &OpenOrders, wanted: &[Wanted], room: i64) -> Vec<Lack> {
    let of_first = |count: usize| lacking(open, wanted.get(..count).unwrap_or(wanted));
    let fits = |count: &usize| of_first(*count).iter().map(|lack| lack.rows).sum::<i64>() <= room;
    let counts: Vec<usize> = (1..=wanted.len()).collect();
    of_first(counts.partition_point(fits).max(1))
}

/// How many rows to read of each, in this order.
fn pages(lacks: &[Lack], mut room: i64) -> Vec<(Pool, i64)> {
    let mut pages = Vec::with_capacity(lacks.len());
    for lack in lacks {
        // Never less than there was so far: small ones behind large ones seem few.
        let rows = lack.rows.max(lack.read).clamp(*PAGE.start(), *PAGE.end()).min(lack.left).min(room);
        room -= rows;
        pages.push((lack.pool, rows));
    }
    pages.retain(|(_, rows)| *rows > 0);
    pages
}

impl OpenOrders {
    /// Whether [`more_orders`] would read on for these.
    pub fn lacks(&self, wanted: &[Wanted]) -> bool {
        !lacking(self, wanted).is_empty()
    }
}

/// A store and currency of which more is wanted than was read.
#[derive(Debug)]
struct Lack {
    pool: Pool,
    /// How many payments want some.
    payments: i64,
    /// How many orders they may still use.
    left: i64,
    /// How many they seem to need, going by those that were read; never more than `left`.
    rows: i64,
    /// How many were read.
    read: i64,
}

/// In the order in which they are wanted.
fn lacking(open: &OpenOrders, wanted: &[Wanted]) -> Vec<Lack> {
    let mut pools: Vec<Pool> = Vec::new();
    let mut sums: HashMap<Pool, (i64, i64)> = HashMap::new();
    for (store, currency, minor) in wanted {
        let pool = (*store, *currency);
        let (sum, payments) = sums.entry(pool).or_insert_with(|| {
            pools.push(pool);
            (0, 0)
        });
        *sum = sum.saturating_add(*minor);
        *payments += 1;
    }
    let lack = |pool: Pool| {
        let (sum, payments) = sums.get(&pool).copied()?;
        let most = payments.saturating_mul(i64::try_from(MOST_ORDERS).unwrap_or(i64::MAX));
        let extent = open.read.get(&pool);
        let (left, rows) = match extent {
            None => (most, *PAGE.start()),
            Some(read) if read.found < sum && read.end.is_some() => (most - read.rows, read.further(sum)),
            Some(_) => (0, 0),
        };
        let read = extent.map_or(0, |extent| extent.rows);
        (left > 0).then_some(Lack { pool, payments, left, rows: rows.min(left), read })
    };
    pools.into_iter().filter_map(lack).collect()
}

impl Extent {
    /// How many rows more are about worth `sum`, where they are like those that were read; a quarter more than that.
    fn further(&self, sum: i64) -> i64 {
        let missing = i128::from(sum.saturating_sub(self.found));
        let rows = missing * i128::from(self.rows) / i128::from(self.found.max(1));
        i64::try_from(rows + rows / 4 + 1).unwrap_or(i64::MAX)
    }
}

/// One page of each, behind what was read before; how many rows that were.
async fn read(tx: &Tx<'_>, open: &mut OpenOrders, pages: &[(Pool, i64)]) -> Result<i64, Error> {
    if pages.is_empty() {
        return Ok(0);
    }
    let end = |pool: &Pool| match open.read.get(pool).and_then(|read| read.end.clone()) {
        Some(end) => end,
        None => (OffsetDateTime::UNIX_EPOCH, String::new()),
    };
    let (times, ids): (Vec<OffsetDateTime>, Vec<String>) = pages.iter().map(|(pool, _)| end(pool)).unzip();
    let shards: Vec<i16> = pages.iter().map(|((store, _), _)| store.shard().number()).collect();
    let stores: Vec<Uuid> = pages.iter().map(|((store, _), _)| store.uuid()).collect();
    let currencies: Vec<&str> = pages.iter().map(|((_, currency), _)| currency.code()).collect();
    let most: Vec<i64> = pages.iter().map(|(_, rows)| *rows).collect();
    let rows = tx
        .query(include_str!("../sql/open_orders.sql"), &[&shards, &stores, &currencies, &times, &ids, &most])
        .await?;
    let mut counts = vec![0; pages.len()];
    for row in &rows {
        let place = usize::try_from(row.get::<_, i64>("place") - 1).unwrap_or(usize::MAX);
        let (Some((pool, _)), Some(count)) = (pages.get(place), counts.get_mut(place)) else {
            return Err(Error::Unexpected("an order of a store that was not asked for".into()));
        };
        *count += 1;
        let (amount, covered): (i64, i64) = (row.get("amount_minor"), row.get("covered_minor"));
        let (id, ordered_at): (String, OffsetDateTime) = (row.get("order_id"), row.get("ordered_at"));
        let extent = open.read.entry(*pool).or_default();
        extent.found = extent.found.saturating_add(amount - covered);
        extent.rows += 1;
        extent.end = Some((ordered_at, id.clone()));
        open.hold((pool.0, id), Held { currency: pool.1, ordered_at, amount, covered, loaded: covered });
    }
    for ((pool, most), count) in pages.iter().zip(counts) {
        let extent = open.read.entry(*pool).or_default();
        if count < *most {
            extent.end = None;
        }
    }
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use pg::Shard;

    use super::*;

    #[test]
    fn r6_pages_grow_with_what_was_read_and_end_with_the_room() {
        let store = StoreId::new(Shard::new(1).expect("a shard"));
        let lack = |rows, read, left| Lack { pool: (store, Currency::USD), payments: 1, left, rows, read };
        for (rows, read, left, room, expected) in [
            (1, 4, 9_996, 60_000, 16),
            (120, 4, 9_996, 60_000, 120),
            (1, 512, 9_488, 60_000, 512),
            (1, 5_000, 5_000, 60_000, 2_048),
            (9_000, 4, 9_996, 60_000, 2_048),
            (120, 9_990, 10, 60_000, 10),
            (120, 4, 9_996, 7, 7),
        ] {
            let pages = pages(&[lack(rows, read, left)], room);
            assert_eq!(pages, [((store, Currency::USD), expected)], "{rows} {read} {left} {room}");
        }
        assert_eq!(pages(&[lack(120, 4, 9_996)], 0), []);
    }
}
