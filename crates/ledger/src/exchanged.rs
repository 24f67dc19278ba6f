//! What went through the exchange position in a span of time, cover deals apart: what declarations are compared with.

use std::collections::BTreeMap;

use pg::Tx;
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};

use crate::error::Error;
use crate::layout::Layout;
use crate::templates::TransferKind;

/// A batch's seal is written later than its transfers say they were posted, and batches don't seal in the order of
/// their times; by less than this, since every transaction has a deadline.
pub(crate) const SKEW: Duration = Duration::minutes(10);

/// Per currency, minor units. A day of many large ones may be beyond 64 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// Sold by merchants, less what was undone.
    pub sold: Decimal,
    /// Bought for merchants, less what was undone.
    pub bought: Decimal,
}

/// What merchants sold and bought from `from` until before `until`, by the currency's code. Run it in a snapshot.
///
/// # Errors
/// The database's.
pub async fn exchanged(
    tx: &Tx<'_>,
    layout: Layout,
    (from, until): (OffsetDateTime, OffsetDateTime),
) -> Result<BTreeMap<String, Exchanged>, Error> {
    let mut sums: BTreeMap<String, Exchanged> = BTreeMap::new();
    for chain in 0..layout.chains {
        let first = first_seal(tx, chain, from - SKEW).await?;
        let last = first_seal(tx, chain, until + SKEW).await?;
        let shards = layout.shards_of(chain);
        let rows =
            tx.query(include_str!("sql/exchanged.sql"), &[&shards, &first, &last, &from, &until]).await?;
        for row in rows {
            let sum = sums.entry(row.get("currency")).or_default();
            let minor: Decimal = row.get("minor");
            match TransferKind::parse(row.get("kind")) {
                Some(TransferKind::ExchangeSold) => sum.sold += minor,
                Some(TransferKind::Refund) => sum.sold -= minor,
                Some(TransferKind::ExchangeBought) => sum.bought += minor,
                Some(TransferKind::ExchangeUndone) => sum.bought -= minor,
                _ => {}
            }
        }
    }
    Ok(sums)
}

/// What the exchange accounts hold over all shards, by the currency's code, minor units of either sign: sold by
/// merchants less bought for them, less what deals have covered. Run it in a snapshot.
///
/// # Errors
/// The database's.
pub async fn exchange_balances(tx: &Tx<'_>) -> Result<BTreeMap<String, Decimal>, Error> {
    let rows = tx.query(include_str!("sql/exchange_balances.sql"), &[]).await?;
    Ok(rows.iter().map(|row| (row.get("currency"), row.get("minor"))).collect())
}

/// The first seal of a chain that was written at `at` or later; one after the last if there is none. Seals have no
/// index by time: a bisection by their numbers reads few of them.
async fn first_seal(tx: &Tx<'_>, chain: i16, at: OffsetDateTime) -> Result<i64, Error> {
    let row = tx.query_one(include_str!("sql/last_seal.sql"), &[&chain]).await?;
    let (mut low, mut high): (i64, i64) = (1, row.get::<_, i64>("seq") + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let earlier =
            tx.query_opt(include_str!("sql/seal_before.sql"), &[&chain, &middle, &at]).await?.is_some();
        if earlier {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
