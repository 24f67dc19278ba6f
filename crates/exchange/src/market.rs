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
            (direct.ask, Rate::ONE)
        } else if let Some(direct) = self.pair(usd, currency) {
            (Rate::ONE, direct.bid)
        } else {
            (self.pair(currency, cny)?.ask, self.pair(usd, cny)?.bid)
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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn market(rates: &[(&str, &str, &str, &str)]) -> Market {
        Market::new(rates.iter().map(|(base, quote, bid, ask)| CurrentRate {
            base: Currency::parse(base).unwrap(),
            quote: Currency::parse(quote).unwrap(),
            bid: Rate::parse(bid).unwrap(),
            ask: Rate::parse(ask).unwrap(),
            as_of: datetime!(2026-11-23 08:00:00 UTC),
            bank: "hb".into(),
        }))
    }

    /// By hand: 1,000,000 yen × 0.0472 = 47,200 CNY; ÷ 7.1 = 6647.887…; 7.10 CNY ÷ 7.1 is a dollar exactly;
    /// 100 EUR × 1.17 = 117; 780.01 HKD ÷ 7.8 = 100.0012…
    #[test]
    fn r33_limits_compare_in_dollars_rounded_up() {
        let market = market(&[
            ("USD", "CNY", "7.1000", "7.1300"),
            ("JPY", "CNY", "0.047000", "0.047200"),
            ("EUR", "CNY", "8.2000", "8.2400"),
            ("EUR", "USD", "1.15", "1.17"),
            ("USD", "HKD", "7.8", "7.9"),
        ]);
        let table = [
            ("5.00", "USD", Some("5.00")),
            ("1000000", "JPY", Some("6647.89")),
            ("7.10", "CNY", Some("1.00")),
            ("71000.00", "CNY", Some("10000.00")),
            ("71000.01", "CNY", Some("10000.01")),
            ("100.00", "EUR", Some("117.00")),
            ("780.01", "HKD", Some("100.01")),
            ("1.00", "GBP", None),
        ];
        for (amount, currency, expected) in table {
            let amount = Money::parse(amount, Currency::parse(currency).unwrap()).unwrap();
            let worth = market.usd_equivalent(amount).map(|worth| worth.to_string());
            assert_eq!(worth.as_deref(), expected, "{amount} {currency}");
        }
        assert_eq!(Market::default().usd_equivalent(Money::new(1, Currency::CNY).unwrap()), None);
    }
}
