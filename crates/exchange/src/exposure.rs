//! What is promised and not yet ordered: the quotes that can still be used, by pair.

use money::Currency;
use pg::Connection;
use rust_decimal::Decimal;

use crate::error::Error;

/// The open locks of one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposure {
    /// What would be sold.
    pub sell: Currency,
    /// What would be bought.
    pub buy: Currency,
    /// How many quotes.
    pub quotes: i64,
    /// What would be exchanged, fees taken off, minor units of `sell`. A sum of many amounts: it may have more digits
    /// than one.
    pub sell_minor: Decimal,
    /// What would arrive, minor units of `buy`.
    pub buy_minor: Decimal,
}

/// All open locks at this moment, in the order of their currencies; those without an exchange are none.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn exposure(conn: &Connection) -> Result<Vec<Exposure>, Error> {
    let rows = conn.query(include_str!("sql/exposure.sql"), &[]).await?;
    rows.iter()
        .map(|row| {
            let currency = |column: &str| {
                Currency::from_db(row.get(column)).map_err(|_| Error::Unexpected("a quote's currency".into()))
            };
            Ok(Exposure {
                sell: currency("sell_currency")?,
                buy: currency("buy_currency")?,
                quotes: row.get("quotes"),
                sell_minor: row.get("sell_minor"),
                buy_minor: row.get("buy_minor"),
            })
        })
        .collect()
}
