//! The exchange position by pair: what merchants' exchanges left with the institution, and what deals have covered.
//!
//! The ledger's accounts hold the same by currency; only here it is known which currency was sold for which.

use std::collections::BTreeMap;

use money::{Currency, Money};
use pg::{Connection, Row, Shard, Tx};
use rust_decimal::Decimal;

use crate::error::Error;

/// Sold currency, bought currency, as the merchant sees it.
pub type Pair = (Currency, Currency);

/// What a batch does to positions, added up.
#[derive(Debug, Default)]
pub struct Moves {
    by_pair: BTreeMap<(Shard, Pair), (i128, i128)>,
}

impl Moves {
    /// Merchants sold `sold` and bought `bought`.
    pub fn exchanged(&mut self, shard: Shard, sold: Money, bought: Money) {
        self.add(shard, sold, bought, 1);
    }

    /// An exchange was undone as it was, or covered: the institution sold `sold` on and bought `bought`.
    pub fn settled(&mut self, shard: Shard, sold: Money, bought: Money) {
        self.add(shard, sold, bought, -1);
    }

    fn add(&mut self, shard: Shard, sold: Money, bought: Money, sign: i128) {
        let sums = self.by_pair.entry((shard, (sold.currency(), bought.currency()))).or_default();
        sums.0 += sign * i128::from(sold.minor());
        sums.1 += sign * i128::from(bought.minor());
    }

    /// Writes them, in one order everywhere, so that batches wait for each other and never in a circle.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a sum has more than 64 bits.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        if self.by_pair.is_empty() {
            return Ok(());
        }
        let minor = |sum: i128| {
            i64::try_from(sum).map_err(|_| Error::Unexpected("a position with more than 64 bits".into()))
        };
        let mut shards = Vec::new();
        let (mut sold_codes, mut bought_codes) = (Vec::new(), Vec::new());
        let (mut sold, mut bought) = (Vec::new(), Vec::new());
        for ((shard, (sell, buy)), sums) in &self.by_pair {
            shards.push(shard.number());
            sold_codes.push(sell.code());
            bought_codes.push(buy.code());
            sold.push(minor(sums.0)?);
            bought.push(minor(sums.1)?);
        }
        tx.execute(
            include_str!("sql/move_positions.sql"),
            &[&shards, &sold_codes, &bought_codes, &sold, &bought],
        )
        .await?;
        Ok(())
    }
}

/// The position of one pair over all shards, either sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which pair.
    pub pair: Pair,
    /// What the institution holds of the sold currency, minor units.
    pub sold_minor: Decimal,
    /// What it is short of in the bought currency, minor units.
    pub bought_minor: Decimal,
}

/// All positions, in the order of their currencies.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn positions(conn: &Connection) -> Result<Vec<Position>, Error> {
    read(&conn.query(include_str!("sql/positions.sql"), &[]).await?)
}

/// The same in a snapshot, to be compared with the ledger.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn positions_in(tx: &Tx<'_>) -> Result<Vec<Position>, Error> {
    read(&tx.query(include_str!("sql/positions.sql"), &[]).await?)
}

fn read(rows: &[Row]) -> Result<Vec<Position>, Error> {
    rows.iter()
        .map(|row| {
            let currency = |column: &str| {
                Currency::from_db(row.get(column)).map_err(|_| Error::Unexpected("a pair's currency".into()))
            };
            Ok(Position {
                pair: (currency("sold_currency")?, currency("bought_currency")?),
                sold_minor: row.get("sold_minor"),
                bought_minor: row.get("bought_minor"),
            })
        })
        .collect()
}

/// What positions come to by currency: held less short, minor units. The ledger's exchange accounts must say the same.
pub fn by_currency(positions: &[Position]) -> BTreeMap<Currency, Decimal> {
    let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for position in positions {
        *sums.entry(position.pair.0).or_default() += position.sold_minor;
        *sums.entry(position.pair.1).or_default() -= position.bought_minor;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 100.00 USD were sold for 710.00 CNY and 20.00 EUR for 164.00 CNY; then 400.00 CNY for 56.00 USD. Held:
    /// USD 100 − 56, EUR 20, CNY 400 − 710 − 164.
    #[test]
    fn r19_positions_add_up_by_currency() {
        let (usd, eur, cny) = (Currency::USD, Currency::EUR, Currency::CNY);
        let position = |pair, sold: i64, bought: i64| Position {
            pair,
            sold_minor: Decimal::from(sold),
            bought_minor: Decimal::from(bought),
        };
        let sums = by_currency(&[
            position((usd, cny), 10_000, 71_000),
            position((eur, cny), 2_000, 16_400),
            position((cny, usd), 40_000, 5_600),
        ]);
        let shown: Vec<(&str, i64)> =
            sums.iter().map(|(currency, sum)| (currency.code(), i64::try_from(*sum).unwrap())).collect();
        assert_eq!(shown, [("CNY", -47_400), ("EUR", 2_000), ("USD", 4_400)]);
    }

    #[test]
    fn r19_what_a_batch_does_and_undoes_is_nothing() {
        let shard = Shard::new(3).unwrap();
        let (sold, bought) = (Money::new(5, Currency::USD).unwrap(), Money::new(35, Currency::CNY).unwrap());
        let mut moves = Moves::default();
        moves.exchanged(shard, sold, bought);
        moves.exchanged(shard, sold, bought);
        moves.settled(shard, sold, bought);
        let sums: Vec<(i128, i128)> = moves.by_pair.into_values().collect();
        assert_eq!(sums, [(5, 35)]);
    }
}
