//! Rates as banks publish them: the newest `as_of` wins.

use std::collections::BTreeMap;

use money::{Currency, Rate};
use pg::Tx;
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;

/// How far ahead of our clock a rate may be.
const MAX_AHEAD: Duration = Duration::seconds(60);

/// A rate as a bank published it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRate {
    /// The base currency.
    pub base: Currency,
    /// The quote currency.
    pub quote: Currency,
    /// What the bank pays for one base.
    pub bid: Rate,
    /// What the bank asks for one base.
    pub ask: Rate,
    /// When it held.
    pub as_of: OffsetDateTime,
}

/// What becomes of a published rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the newest: prices are made from it.
    Current,
    /// A newer one, or one of the same time, is known: kept in the history.
    Outdated,
    /// More than a minute ahead of our clock: not believed, not kept.
    InTheFuture,
    /// The bid is above the ask: not believed, not kept.
    Crossed,
}

/// Decides about one published rate. `current` is the time of the newest one known.
pub fn accept(rate: &PublishedRate, current: Option<OffsetDateTime>, now: OffsetDateTime) -> Verdict {
    if Decimal::from(rate.bid) > Decimal::from(rate.ask) {
        return Verdict::Crossed;
    }
    if rate.as_of > now + MAX_AHEAD {
        return Verdict::InTheFuture;
    }
    match current {
        Some(known) if rate.as_of <= known => Verdict::Outdated,
        _ => Verdict::Current,
    }
}

/// Takes in what `bank` published, in order; pairs that are not configured for it were left out before.
///
/// # Errors
/// The database's.
pub async fn publish(
    tx: &Tx<'_>,
    bank: &str,
    event: Option<Uuid>,
    rates: &[PublishedRate],
    now: OffsetDateTime,
) -> Result<Vec<Verdict>, Error> {
    if rates.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = lock_current(tx, rates).await?;
    let mut verdicts = Vec::with_capacity(rates.len());
    let mut newest: BTreeMap<(Currency, Currency), &PublishedRate> = BTreeMap::new();
    for rate in rates {
        let pair = (rate.base, rate.quote);
        let verdict = accept(rate, known.get(&pair).copied(), now);
        if verdict == Verdict::Current {
            known.insert(pair, rate.as_of);
            newest.insert(pair, rate);
        }
        verdicts.push(verdict);
    }
    let kept: Vec<&PublishedRate> = rates
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| matches!(verdict, Verdict::Current | Verdict::Outdated))
        .map(|(rate, _)| rate)
        .collect();
    write(tx, include_str!("sql/insert_rates.sql"), bank, Some(event), &kept, now).await?;
    let newest: Vec<&PublishedRate> = newest.into_values().collect();
    write(tx, include_str!("sql/upsert_current.sql"), bank, None, &newest, now).await?;
    Ok(verdicts)
}

async fn lock_current(
    tx: &Tx<'_>,
    rates: &[PublishedRate],
) -> Result<BTreeMap<(Currency, Currency), OffsetDateTime>, Error> {
    let bases: Vec<&str> = rates.iter().map(|rate| rate.base.code()).collect();
    let quotes: Vec<&str> = rates.iter().map(|rate| rate.quote.code()).collect();
    let rows = tx.query(include_str!("sql/lock_current.sql"), &[&bases, &quotes]).await?;
    rows.iter()
        .map(|row| {
            let code = |column: &str| {
                Currency::from_db(row.get(column)).map_err(|_| Error::Unexpected("a pair's currency".into()))
            };
            Ok(((code("base")?, code("quote")?), row.get("as_of")))
        })
        .collect()
}

async fn write(
    tx: &Tx<'_>,
    sql: &'static str,
    bank: &str,
    event: Option<Option<Uuid>>,
    rates: &[&PublishedRate],
    now: OffsetDateTime,
) -> Result<(), Error> {
    if rates.is_empty() {
        return Ok(());
    }
    let bases: Vec<&str> = rates.iter().map(|rate| rate.base.code()).collect();
    let quotes: Vec<&str> = rates.iter().map(|rate| rate.quote.code()).collect();
    let times: Vec<OffsetDateTime> = rates.iter().map(|rate| rate.as_of).collect();
    let bids: Vec<Decimal> = rates.iter().map(|rate| rate.bid.into()).collect();
    let asks: Vec<Decimal> = rates.iter().map(|rate| rate.ask.into()).collect();
    match event {
        Some(event) => tx.execute(sql, &[&bases, &quotes, &times, &bids, &asks, &bank, &now, &event]).await?,
        None => tx.execute(sql, &[&bases, &quotes, &times, &bids, &asks, &bank, &now]).await?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn r16_the_newest_wins_and_the_impossible_is_not_believed() {
        let now = datetime!(2026-11-23 08:00:00 UTC);
        let rate = |bid, ask, as_of| PublishedRate {
            base: Currency::USD,
            quote: Currency::CNY,
            bid: Rate::parse(bid).unwrap(),
            ask: Rate::parse(ask).unwrap(),
            as_of,
        };
        let second = Duration::SECOND;
        let table = [
            (rate("7.10", "7.13", now), None, Verdict::Current),
            (rate("7.10", "7.10", now), None, Verdict::Current),
            (rate("7.10", "7.13", now), Some(now - second), Verdict::Current),
            (rate("7.10", "7.13", now), Some(now), Verdict::Outdated),
            (rate("7.10", "7.13", now - second), Some(now), Verdict::Outdated),
            (rate("7.10", "7.13", now + second * 60), None, Verdict::Current),
            (rate("7.10", "7.13", now + second * 61), None, Verdict::InTheFuture),
            (rate("7.14", "7.13", now), None, Verdict::Crossed),
        ];
        for (published, current, expected) in table {
            assert_eq!(accept(&published, current, now), expected, "{published:?}");
        }
    }
}
