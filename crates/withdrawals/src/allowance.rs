//! Fees of a batch or of a quote: the tariff, and what of a merchant's monthly free allowance is left, counted under a
//! lock. What an open quote shows as free is kept for it, so that the fee that a quote shows is the fee that is charged.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::QuoteId;
use merchants::MerchantId;
use money::{Currency, FeeSchedule};
use pg::Tx;
use rust_decimal::Decimal;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::error::Error;
use crate::fee_versions;
use crate::tariff::Tariff;
use crate::usage::{Counter, Usage};

/// What decisions about fees need.
#[derive(Debug)]
pub struct Fees {
    /// What it costs.
    pub tariff: Tariff,
    /// What quotes keep of the allowance, minor units; only those that keep something.
    kept: BTreeMap<QuoteId, i64>,
    /// What all open quotes of a merchant keep.
    reserved: BTreeMap<(MerchantId, Currency), i64>,
    used_up: Vec<QuoteId>,
    offset: UtcOffset,
}

impl Fees {
    /// For a batch that prices nothing.
    pub fn none(default: FeeSchedule) -> Fees {
        Fees {
            tariff: Tariff::new(default, Vec::new()),
            kept: BTreeMap::new(),
            reserved: BTreeMap::new(),
            used_up: Vec::new(),
            offset: UtcOffset::UTC,
        }
    }

    /// The tariff in force at `now` for `merchants`, and what `quotes`, locked, keep of the allowance. Days and months
    /// begin at midnight of `offset`.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row can't be understood.
    pub async fn load(
        tx: &Tx<'_>,
        default: FeeSchedule,
        merchants: &[MerchantId],
        quotes: &[QuoteId],
        (now, offset): (OffsetDateTime, UtcOffset),
    ) -> Result<Fees, Error> {
        let (versions, kept) =
            tokio::join!(biased; fee_versions::in_force(tx, merchants, now), kept_by(tx, quotes));
        let tariff = Tariff::new(default, versions?);
        Ok(Fees { tariff, kept: kept?, reserved: BTreeMap::new(), used_up: Vec::new(), offset })
    }

    /// The counter of what a merchant has used of its allowance in the month of `at`.
    pub fn counter(merchant: MerchantId, sell: Currency, at: OffsetDateTime, offset: UtcOffset) -> Counter {
        let day = at.to_offset(offset).date();
        // The first exists in every month.
        let day = day.replace_day(1).unwrap_or(day);
        Counter { merchant, limit: Arc::from(format!("allowance:{}", sell.code())), day }
    }

    /// The counter that an order at the market's price needs; none where nothing is free.
    pub fn counter_at_market(
        &self,
        merchant: MerchantId,
        (sell, buy): (Currency, Currency),
        now: OffsetDateTime,
    ) -> Option<Counter> {
        let schedule = self.tariff.schedule(merchant, (sell, buy), now);
        (schedule.free_minor > 0).then(|| Fees::counter(merchant, sell, now, self.offset))
    }

    /// The counter that an order by this quote needs; none where it keeps nothing.
    pub fn counter_of_quote(
        &self,
        quote: QuoteId,
        merchant: MerchantId,
        sell: Currency,
        now: OffsetDateTime,
    ) -> Option<Counter> {
        self.kept.contains_key(&quote).then(|| Fees::counter(merchant, sell, now, self.offset))
    }

    /// Reads what open quotes keep of these allowances. Their counters are locked, so no quote joins them meanwhile.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row can't be understood.
    pub async fn load_reserved(
        &mut self,
        tx: &Tx<'_>,
        wanted: &[(MerchantId, Currency)],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        if wanted.is_empty() {
            return Ok(());
        }
        let shards: Vec<i16> = wanted.iter().map(|(merchant, _)| merchant.shard().number()).collect();
        let merchants: Vec<Uuid> = wanted.iter().map(|(merchant, _)| merchant.uuid()).collect();
        let currencies: Vec<&str> = wanted.iter().map(|(_, currency)| currency.code()).collect();
        let parameters: [&(dyn pg::ToSql + Sync); 4] = [&shards, &merchants, &currencies, &now];
        for row in tx.query(include_str!("sql/reserved.sql"), &parameters).await? {
            let currency = Currency::parse(row.get("sell_currency"))
                .map_err(|error| Error::Unexpected(format!("a reservation's currency: {error}")))?;
            let merchant = MerchantId::from_uuid(row.get("merchant"));
            // More than 64 bits are more than any allowance: then nothing is left, as with less.
            let reserved = i64::try_from(row.get::<_, Decimal>("reserved_minor")).unwrap_or(i64::MAX);
            self.reserved.insert((merchant, currency), reserved);
        }
        Ok(())
    }

    /// What a withdrawal at the market's price costs, with what is left of the allowance.
    pub fn schedule(
        &self,
        merchant: MerchantId,
        (sell, buy): (Currency, Currency),
        usage: &Usage,
        now: OffsetDateTime,
    ) -> FeeSchedule {
        let schedule = self.tariff.schedule(merchant, (sell, buy), now);
        let used = usage.used(&Fees::counter(merchant, sell, now, self.offset));
        let reserved = self.reserved.get(&(merchant, sell)).copied().unwrap_or(0);
        let left = schedule.free_minor.saturating_sub(used).saturating_sub(reserved);
        FeeSchedule { free_minor: left.max(0), ..schedule }
    }

    /// Counts what a withdrawal had free. What its quote kept is kept no more.
    pub fn count(
        &mut self,
        (merchant, sell): (MerchantId, Currency),
        quote: Option<QuoteId>,
        free_minor: i64,
        usage: &mut Usage,
        now: OffsetDateTime,
    ) {
        if free_minor == 0 {
            return;
        }
        usage.add(&[Fees::counter(merchant, sell, now, self.offset)], free_minor);
        if let Some(quote) = quote {
            self.used_up.push(quote);
            if let Some(reserved) = self.reserved.get_mut(&(merchant, sell)) {
                *reserved = reserved.saturating_sub(free_minor).max(0);
            }
        }
    }

    /// What this quote keeps of the allowance, minor units.
    pub fn kept(&self, quote: QuoteId) -> i64 {
        self.kept.get(&quote).copied().unwrap_or(0)
    }

    /// Writes which quotes keep nothing any more.
    ///
    /// # Errors
    /// The database's; `Unexpected` when one kept nothing before.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        if self.used_up.is_empty() {
            return Ok(());
        }
        let shards: Vec<i16> = self.used_up.iter().map(|id| id.shard().number()).collect();
        let ids: Vec<Uuid> = self.used_up.iter().map(|id| id.uuid()).collect();
        let saved = tx.execute(include_str!("sql/use_reservations.sql"), &[&shards, &ids]).await?;
        if saved == self.used_up.len() as u64 {
            return Ok(());
        }
        Err(Error::Unexpected(format!("{saved} of {} reservations were used", self.used_up.len())))
    }
}

/// What a quote made now would cost, with what is left of the allowance; the counter stays locked until the transaction
/// ends, so that two quotes at once don't both get the rest.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn fee_for_quote(
    tx: &Tx<'_>,
    default: FeeSchedule,
    merchant: MerchantId,
    corridor: (Currency, Currency),
    (now, offset): (OffsetDateTime, UtcOffset),
) -> Result<FeeSchedule, Error> {
    let mut fees = Fees::load(tx, default, &[merchant], &[], (now, offset)).await?;
    let counter = fees.counter_at_market(merchant, corridor, now);
    let wanted: Vec<(MerchantId, Currency)> = counter.iter().map(|_| (merchant, corridor.0)).collect();
    let usage = Usage::lock(tx, counter.into_iter().collect()).await?;
    fees.load_reserved(tx, &wanted, now).await?;
    Ok(fees.schedule(merchant, corridor, &usage, now))
}

/// Keeps for a new quote what it shows as free, minor units of `sell`; the caller's transaction holds the lock of
/// `fee_for_quote`.
///
/// # Errors
/// The database's.
pub async fn reserve(
    tx: &Tx<'_>,
    quote: QuoteId,
    (merchant, sell): (MerchantId, Currency),
    free_minor: i64,
    expires_at: OffsetDateTime,
) -> Result<(), Error> {
    if free_minor > 0 {
        let (shard, id, merchant) = (quote.shard().number(), quote.uuid(), merchant.uuid());
        let parameters: [&(dyn pg::ToSql + Sync); 6] =
            [&shard, &id, &merchant, &sell.code(), &free_minor, &expires_at];
        tx.execute(include_str!("sql/reserve.sql"), &parameters).await?;
    }
    Ok(())
}

/// What quotes, locked, keep of allowances: minor units of the sold currency.
async fn kept_by(tx: &Tx<'_>, quotes: &[QuoteId]) -> Result<BTreeMap<QuoteId, i64>, Error> {
    if quotes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let shards: Vec<i16> = quotes.iter().map(|id| id.shard().number()).collect();
    let ids: Vec<Uuid> = quotes.iter().map(|id| id.uuid()).collect();
    let rows = tx.query(include_str!("sql/reservations.sql"), &[&shards, &ids]).await?;
    Ok(rows.iter().map(|row| (QuoteId::from_uuid(row.get("quote")), row.get("free_minor"))).collect())
}
