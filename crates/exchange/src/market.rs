//! The rates of this moment.

use std::collections::BTreeMap;

use money::{Currency, Money, Rate};
use pg::{Connection, Row, Tx};
use rust_decimal::Decimal;
use time::OffsetDateTime;

use crate::error::Error;

/// The newest rate of a pair: units of `quote` for one `base`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentRate {
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
    /// Which bank said so.
    pub bank: String,
}

/// All newest rates, by pair.
#[derive(Debug, Clone, Default)]
pub struct Market {
    rates: BTreeMap<(Currency, Currency), CurrentRate>,
}

impl Market {
    /// A market of these rates.
    pub fn new(rates: impl IntoIterator<Item = CurrentRate>) -> Market {
        Market { rates: rates.into_iter().map(|rate| ((rate.base, rate.quote), rate)).collect() }
    }

    /// The rate of a pair as it is published.
    pub fn pair(&self, base: Currency, quote: Currency) -> Option<&CurrentRate> {
        self.rates.get(&(base, quote))
    }

    /// All of them, by pair.
    pub fn iter(&self) -> impl Iterator<Item = &CurrentRate> {
        self.rates.values()
    }

    /// Roughly what `amount` is worth in US dollars, for limits: through yuan where there is no direct pair.
    /// None where no rate is known. Never used to price anything.
    pub fn usd_equivalent(&self, amount: Money) -> Option<Money> {
        let usd = Currency::USD;
        if amount.currency() == usd {
            return Some(amount);
        }
        if let Some(direct) = self.pair(amount.currency(), usd) {
            return worth(amount, Decimal::from(direct.ask), usd);
        }
        let in_yuan = if amount.currency() == Currency::CNY {
            Decimal::ONE
        } else {
            Decimal::from(self.pair(amount.currency(), Currency::CNY)?.ask)
        };
        let yuan_per_dollar = Decimal::from(self.pair(usd, Currency::CNY)?.bid);
        worth(amount, in_yuan.checked_div(yuan_per_dollar)?, usd)
    }
}

fn worth(amount: Money, rate: Decimal, to: Currency) -> Option<Money> {
    money::convert_floor(amount, Rate::try_from(rate).ok()?, to).ok().map(|conversion| conversion.received)
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
        rates.push(CurrentRate {
            base: Currency::from_db(row.get("base")).map_err(|_| broken("base"))?,
            quote: Currency::from_db(row.get("quote")).map_err(|_| broken("quote"))?,
            bid: Rate::try_from(row.get::<_, Decimal>("bid")).map_err(|_| broken("bid"))?,
            ask: Rate::try_from(row.get::<_, Decimal>("ask")).map_err(|_| broken("ask"))?,
            as_of: row.get("as_of"),
            bank: row.get("bank"),
        });
    }
    Ok(Market::new(rates))
}
