//! The rates of this moment.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use money::{Ask, Currency, Money, Rate};
use pg::{Connection, Row, Tx};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::error::Error;
use crate::policy::RatePolicy;

/// A bank's last accepted rate of a pair: units of `quote` for one `base`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentRate {
    /// The base currency.
    pub base: Currency,
    /// The quote currency.
    pub quote: Currency,
    /// What the bank pays for one base.
    pub bid: Rate,
    /// What the bank asks for one base.
    pub ask: Ask,
    /// When it held.
    pub as_of: OffsetDateTime,
    /// Which bank said so.
    pub bank: String,
}

/// What banks say of all pairs: of each pair each bank's last accepted rate.
#[derive(Debug, Clone, Default)]
pub struct Market {
    words: BTreeMap<(Currency, Currency), Vec<Word>>,
}

/// What one bank says of one pair.
#[derive(Debug, Clone)]
struct Word {
    rate: CurrentRate,
    /// The bank has said something newer that nobody believes yet: this is no price any more.
    out: bool,
}

impl Market {
    /// A market in which all these rates count.
    pub fn new(rates: impl IntoIterator<Item = CurrentRate>) -> Market {
        Market::of(rates.into_iter().map(|rate| (rate, false)))
    }

    /// A market of these rates; those marked are out: their bank has said something newer that is not believed.
    /// Of equally new ones the first goes first.
    pub fn of(rates: impl IntoIterator<Item = (CurrentRate, bool)>) -> Market {
        let mut market = Market::default();
        for (rate, out) in rates {
            market.words.entry((rate.base, rate.quote)).or_default().push(Word { rate, out });
        }
        for words in market.words.values_mut() {
            words.sort_by_key(|word| Reverse(word.rate.as_of));
        }
        market
    }

    /// The newest accepted rate of a pair as it is published, of whatever bank; too old for a price, perhaps.
    pub fn pair(&self, base: Currency, quote: Currency) -> Option<&CurrentRate> {
        self.words.get(&(base, quote))?.first().map(|word| &word.rate)
    }

    /// Every pair's newest accepted rate.
    pub fn iter(&self) -> impl Iterator<Item = &CurrentRate> {
        self.words.values().filter_map(|words| words.first().map(|word| &word.rate))
    }

    /// R16: the rate that makes the prices of a pair as it is published: of the first source in the policy's order whose
    /// rate is new enough and not out; where no order is configured, the newest such.
    pub fn pricing(
        &self,
        base: Currency,
        quote: Currency,
        policy: &RatePolicy,
        now: OffsetDateTime,
    ) -> Option<&CurrentRate> {
        let (words, policy) = (self.words.get(&(base, quote))?, policy.of(base, quote));
        let mut usable = words
            .iter()
            .filter(|word| !word.out && now - word.rate.as_of <= policy.max_age)
            .map(|word| &word.rate);
        if policy.sources.is_empty() {
            return usable.next();
        }
        let place = |rate: &CurrentRate| policy.sources.iter().position(|bank| *bank == rate.bank);
        usable
            .filter_map(|rate| Some((place(rate)?, rate)))
            .min_by_key(|(place, _)| *place)
            .map(|(_, rate)| rate)
    }

    /// R16, R19: units of `buy` for one `sell` at this moment, and the time at which that held: by a rate of the two,
    /// else through the policy's currency, the product of both rates rounded down to 8 significant digits, as old as
    /// the older one.
    pub fn rate_for(
        &self,
        sell: Currency,
        buy: Currency,
        policy: &RatePolicy,
        now: OffsetDateTime,
    ) -> Option<(Rate, OffsetDateTime)> {
        if let Some(direct) = self.direct(sell, buy, policy, now) {
            return Some(direct);
        }
        let through = policy.crosses(sell, buy)?;
        let (first, first_as_of) = self.direct(sell, through, policy, now)?;
        let (second, second_as_of) = self.direct(through, buy, policy, now)?;
        let product = first.product_floor(second).ok()?;
        Some((product, first_as_of.min(second_as_of)))
    }

    /// Selling the base takes the bid, buying it 1 ÷ ask. Should both directions be published, the one in which the
    /// sold currency is the base goes first.
    fn direct(
        &self,
        sell: Currency,
        buy: Currency,
        policy: &RatePolicy,
        now: OffsetDateTime,
    ) -> Option<(Rate, OffsetDateTime)> {
        if let Some(rate) = self.pricing(sell, buy, policy, now) {
            return Some((rate.bid, rate.as_of));
        }
        self.pricing(buy, sell, policy, now).map(|rate| (rate.ask.inverse_floor(), rate.as_of))
    }

    /// What `amount` is worth in US dollars at the dearer side, rounded up, for limits: by a direct pair, else
    /// through yuan. The age of the rates doesn't matter here; it is never used to price anything.
    ///
    /// None where no rate is known or it would be too large: treat it as above any limit.
    pub fn usd_equivalent(&self, amount: Money) -> Option<Money> {
        let (currency, usd, cny) = (amount.currency(), Currency::USD, Currency::CNY);
        if currency == usd {
            return Some(amount);
        }
        let (times, by) = if let Some(direct) = self.pair(currency, usd) {
            (direct.ask.ceil(), Rate::ONE)
        } else if let Some(direct) = self.pair(usd, currency) {
            (Rate::ONE, direct.bid)
        } else {
            (self.pair(currency, cny)?.ask.ceil(), self.pair(usd, cny)?.bid)
        };
        money::worth_ceil(amount, times, by, usd).ok()
    }
}

/// The market as a batch decides by it.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn current_rates(tx: &Tx<'_>) -> Result<Market, Error> {
    read(&tx.query(include_str!("sql/current_rates.sql"), &[]).await?)
}

/// The market for a quote or a screen.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn rates_of(conn: &Connection) -> Result<Market, Error> {
    read(&conn.query(include_str!("sql/current_rates.sql"), &[]).await?)
}

fn read(rows: &[Row]) -> Result<Market, Error> {
    let mut rates = Vec::with_capacity(rows.len());
    for row in rows {
        let broken = |what: &str| Error::Unexpected(format!("a rate's {what} can't be read"));
        let rate = CurrentRate {
            base: Currency::from_db(row.get("base")).map_err(|_| broken("base"))?,
            quote: Currency::from_db(row.get("quote")).map_err(|_| broken("quote"))?,
            bid: Rate::try_from(row.get::<_, Decimal>("bid")).map_err(|_| broken("bid"))?,
            ask: Ask::try_from(row.get::<_, Decimal>("ask")).map_err(|_| broken("ask"))?,
            as_of: row.get("as_of"),
            bank: row.get("bank"),
        };
        rates.push((rate, row.get("out")));
    }
    Ok(Market::of(rates))
}

#[cfg(test)]
mod tests;
