//! Which of the stores' open orders a batch reads: some of the oldest of each, then no more than payments may need, and
//! than one transaction can bear.

use std::collections::HashMap;

use money::Currency;
use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Held, MOST_ORDERS, OpenOrders, Pool};
use crate::StoreId;
use crate::error::Error;

/// What a payment may need of one store, in minor units.
pub type Wanted = (StoreId, Currency, i64);

/// Orders read at first for each payment that wants some: most payments are covered by a few of the oldest, and what is
/// read beyond that is read in vain.
const FIRST: i64 = 4;
/// The most orders read at first of one store and currency.
const MOST_AT_FIRST: i64 = 256;
/// Orders read then of each store that lacks some, of all at once.
const SIDE_BY_SIDE: [i64; 2] = [64, 256];
/// Orders read at a time of a store that needs more than that.
const PAGE: i64 = 2_048;
/// Orders read in one transaction beyond the first ones, and so about as many are changed at most: several times what one
/// payment may take. A payment that comes too late for them is not covered by this batch; it is matched again by
/// itself (R7).
const ROOM: i64 = 40_000;

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

/// The rest of [`open_orders`]. What stands first in `wanted` is read first where there is no room for all, so that of
/// payments that need many orders some are covered, and not a part of each is read.
///
/// # Errors
/// The database's.
pub async fn more_orders(tx: &Tx<'_>, open: &mut OpenOrders, wanted: &[Wanted]) -> Result<(), Error> {
    let mut room = ROOM;
    for page in SIDE_BY_SIDE {
        let mut pages = Vec::new();
        for lack in lacking(open, wanted) {
            let rows = page.min(lack.left).min(room);
            room -= rows;
            pages.push((lack.pool, rows));
        }
        pages.retain(|(_, rows)| *rows > 0);
        read(tx, open, &pages).await?;
    }
    while room > 0 {
        let Some(first) = lacking(open, wanted).into_iter().next() else { break };
        let rows = PAGE.min(first.left).min(room);
        room -= rows;
        read(tx, open, &[(first.pool, rows)]).await?;
    }
    Ok(())
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
        let left = match open.read.get(&pool) {
            None => most,
            Some(read) if read.found < sum && read.end.is_some() => most - read.rows,
            Some(_) => 0,
        };
        (left > 0).then_some(Lack { pool, payments, left })
    };
    pools.into_iter().filter_map(lack).collect()
}

/// One page of each, behind what was read before.
async fn read(tx: &Tx<'_>, open: &mut OpenOrders, pages: &[(Pool, i64)]) -> Result<(), Error> {
    if pages.is_empty() {
        return Ok(());
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
    Ok(())
}
