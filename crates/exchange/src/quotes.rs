//! Quotes: a price locked for one merchant, for a short time, used at most once (R17).

use std::collections::BTreeMap;

use money::{Currency, Money, Rate};
use pg::{Connection, Row, Tx};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::QuoteId;
use crate::error::Error;
use crate::price::Price;
use crate::state::{QuoteEvent, QuoteState};

/// A locked price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// For whom.
    pub merchant: Uuid,
    /// Which side the merchant fixed: `sell` or `buy`.
    pub fixed_side: String,
    /// What was promised.
    pub price: Price,
    /// Until when, by the database's clock.
    pub expires_at: OffsetDateTime,
    /// Since when.
    pub created_at: OffsetDateTime,
    /// The withdrawal that used it up.
    pub withdrawal: Option<Uuid>,
}

impl Quote {
    /// Where it stands at `now`.
    pub fn state(&self, now: OffsetDateTime) -> QuoteState {
        QuoteState::at(self.withdrawal.is_some(), self.expires_at, now)
    }
}

/// Why a quote can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteRefusal {
    /// No such quote of this merchant.
    NotFound,
    /// Its time is over.
    Expired,
    /// Used before.
    Used,
}

/// Keeps a new quote.
///
/// # Errors
/// The database's.
pub async fn insert_quote(tx: &Tx<'_>, quote: &Quote) -> Result<(), Error> {
    let price = &quote.price;
    let rate = price.rate.map(Decimal::from);
    tx.execute(
        include_str!("sql/insert_quote.sql"),
        &[
            &quote.id.shard().number(),
            &quote.id.uuid(),
            &quote.merchant,
            &quote.fixed_side,
            &price.sell.currency().code(),
            &price.sell.minor(),
            &price.fee.minor(),
            &price.net.minor(),
            &rate,
            &price.rate_as_of,
            &price.buy.currency().code(),
            &price.buy.minor(),
            &price.exact,
            &price.spread.minor(),
            &price.premium.minor(),
            &quote.expires_at,
            &quote.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// A merchant's own quote with the database's time, or none.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn get_quote(
    conn: &Connection,
    merchant: Uuid,
    id: QuoteId,
) -> Result<Option<(Quote, OffsetDateTime)>, Error> {
    let found = find_quote(conn, id).await?;
    Ok(found.filter(|(quote, _)| quote.merchant == merchant))
}

/// A quote, whoever's it is, with the database's time, or none.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn find_quote(conn: &Connection, id: QuoteId) -> Result<Option<(Quote, OffsetDateTime)>, Error> {
    let rows = conn.query(include_str!("sql/get_quote.sql"), &[&id.shard().number(), &id.uuid()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some((read(row)?, row.get("now"))))
}

/// Marks quotes whose time is over, at most `limit`, so that they leave the open ones; how many.
///
/// Nobody needs the mark to refuse them: the clock does. A minute's grace keeps clear of batches that began before.
///
/// # Errors
/// The database's.
pub async fn expire_quotes(conn: &Connection, limit: i64) -> Result<u64, Error> {
    Ok(conn.execute(include_str!("sql/expire_quotes.sql"), &[&limit]).await?)
}

#[derive(Debug)]
struct Held {
    loaded_open: bool,
    row: Quote,
}

/// The quotes that a batch has locked.
#[derive(Debug, Default)]
pub struct Quotes {
    rows: BTreeMap<QuoteId, Held>,
}

/// Locks quotes in (shard, id) order; ids that are not there are simply missing.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn lock_quotes(tx: &Tx<'_>, ids: &[QuoteId]) -> Result<Quotes, Error> {
    if ids.is_empty() {
        return Ok(Quotes::default());
    }
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut rows = BTreeMap::new();
    for row in tx.query(include_str!("sql/lock_quotes.sql"), &[&shards, &uuids]).await? {
        let row = read(&row)?;
        rows.insert(row.id, Held { loaded_open: row.withdrawal.is_none(), row });
    }
    Ok(Quotes { rows })
}

impl Quotes {
    /// Looks at a quote whatever its state.
    pub fn get(&self, id: QuoteId) -> Option<&Quote> {
        self.rows.get(&id).map(|held| &held.row)
    }

    /// The quote, if `merchant` could use it at `now`. Another merchant's is not found.
    ///
    /// # Errors
    /// Why it can't be used.
    pub fn check(&self, id: QuoteId, merchant: Uuid, now: OffsetDateTime) -> Result<&Quote, QuoteRefusal> {
        let quote = self.get(id).filter(|quote| quote.merchant == merchant).ok_or(QuoteRefusal::NotFound)?;
        match quote.state(now) {
            QuoteState::Open => Ok(quote),
            QuoteState::Used => Err(QuoteRefusal::Used),
            QuoteState::Expired => Err(QuoteRefusal::Expired),
        }
    }

    /// Uses a quote up for `withdrawal`.
    ///
    /// # Errors
    /// Why it can't be used.
    pub fn take(
        &mut self,
        id: QuoteId,
        merchant: Uuid,
        withdrawal: Uuid,
        now: OffsetDateTime,
    ) -> Result<(), QuoteRefusal> {
        let state = self.check(id, merchant, now)?.state(now);
        state.next(QuoteEvent::Use).ok_or(QuoteRefusal::Used)?;
        if let Some(held) = self.rows.get_mut(&id) {
            held.row.withdrawal = Some(withdrawal);
        }
        Ok(())
    }

    /// Writes which quotes were used up, each only where it is still open.
    ///
    /// # Errors
    /// The database's; `Unexpected` when one is no longer open.
    pub async fn save(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let used: Vec<(i16, Uuid, Uuid)> = self
            .rows
            .values()
            .filter(|held| held.loaded_open)
            .filter_map(|held| {
                let withdrawal = held.row.withdrawal?;
                Some((held.row.id.shard().number(), held.row.id.uuid(), withdrawal))
            })
            .collect();
        if used.is_empty() {
            return Ok(());
        }
        let shards: Vec<i16> = used.iter().map(|(shard, _, _)| *shard).collect();
        let ids: Vec<Uuid> = used.iter().map(|(_, id, _)| *id).collect();
        let withdrawals: Vec<Uuid> = used.iter().map(|(_, _, withdrawal)| *withdrawal).collect();
        let saved = tx.execute(include_str!("sql/use_quotes.sql"), &[&shards, &ids, &withdrawals]).await?;
        if saved == used.len() as u64 {
            return Ok(());
        }
        Err(Error::Unexpected(format!("{saved} quotes used instead of {}", used.len())))
    }
}

/// A quote's row.
pub(crate) fn read(row: &Row) -> Result<Quote, Error> {
    let id = QuoteId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("{what} of {id}"));
    let sold = Currency::from_db(row.get("sell_currency")).map_err(|_| broken("sell_currency"))?;
    let bought = Currency::from_db(row.get("buy_currency")).map_err(|_| broken("buy_currency"))?;
    let amount = |column: &str, currency| Money::new(row.get(column), currency).map_err(|_| broken(column));
    let rate: Option<Decimal> = row.get("rate");
    let price = Price {
        sell: amount("sell_minor", sold)?,
        fee: amount("fee_minor", sold)?,
        net: amount("net_minor", sold)?,
        rate: rate.map(Rate::try_from).transpose().map_err(|_| broken("rate"))?,
        rate_as_of: row.get("rate_as_of"),
        buy: amount("buy_minor", bought)?,
        spread: amount("spread_minor", bought)?,
        premium: amount("premium_minor", bought)?,
        exact: row.get("exact"),
    };
    Ok(Quote {
        id,
        merchant: row.get("merchant"),
        fixed_side: row.get("fixed_side"),
        price,
        expires_at: row.get("expires_at"),
        created_at: row.get("created_at"),
        withdrawal: row.get("withdrawal"),
    })
}
