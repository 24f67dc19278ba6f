//! Cover deals: what the institution exchanges with a bank to settle its position.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use money::{Currency, Money};
use pg::{Connection, Row, Tx};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;

/// Marks ids of cover deals.
#[derive(Debug)]
pub enum CoverMark {}
impl pg::Kind for CoverMark {
    const PREFIX: &'static str = "cov";
}
/// From when a deal is asked for until it is booked: it waits for a second person for a day at most.
const LONGEST_WAIT: Duration = Duration::days(2);

/// `cov_…`; the cause of its transfers, which lie in its shard.
pub type CoverId = pg::Id<CoverMark>;

/// A deal with a bank, done and confirmed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverDeal {
    /// Its id.
    pub id: CoverId,
    /// With which bank.
    pub bank: Arc<str>,
    /// The bank's own reference of the deal.
    pub bank_reference: String,
    /// What the institution sold.
    pub sold: Money,
    /// What it bought, another currency.
    pub bought: Money,
    /// When it was booked.
    pub booked_at: OffsetDateTime,
}

/// Claims banks' references of deals, each (bank, reference, deal); the deals returned were first.
///
/// # Errors
/// The database's.
pub async fn claim_references(
    tx: &Tx<'_>,
    claims: &[(Arc<str>, String, CoverId)],
) -> Result<HashSet<CoverId>, Error> {
    if claims.is_empty() {
        return Ok(HashSet::new());
    }
    let (banks, references, deals) = columns(claims);
    let rows =
        tx.query(include_str!("sql/claim_cover_references.sql"), &[&banks, &references, &deals]).await?;
    Ok(rows.iter().map(|row| CoverId::from_uuid(row.get("deal"))).collect())
}

/// Gives back references that this transaction claimed, of deals that it did not book.
///
/// # Errors
/// The database's.
pub async fn release_references(tx: &Tx<'_>, claims: &[(Arc<str>, String, CoverId)]) -> Result<(), Error> {
    if claims.is_empty() {
        return Ok(());
    }
    let (banks, references, deals) = columns(claims);
    tx.execute(include_str!("sql/release_cover_references.sql"), &[&banks, &references, &deals]).await?;
    Ok(())
}

fn columns(claims: &[(Arc<str>, String, CoverId)]) -> (Vec<&str>, Vec<&str>, Vec<Uuid>) {
    (
        claims.iter().map(|(bank, _, _)| &**bank).collect(),
        claims.iter().map(|(_, reference, _)| reference.as_str()).collect(),
        claims.iter().map(|(_, _, deal)| deal.uuid()).collect(),
    )
}

/// Keeps deals that were booked.
///
/// # Errors
/// The database's.
pub async fn insert_deals(tx: &Tx<'_>, deals: &[CoverDeal]) -> Result<(), Error> {
    for deal in deals {
        let parameters: [&(dyn pg::ToSql + Sync); 9] = [
            &deal.id.shard().number(),
            &deal.id.uuid(),
            &&*deal.bank,
            &deal.bank_reference,
            &deal.sold.currency().code(),
            &deal.sold.minor(),
            &deal.bought.currency().code(),
            &deal.bought.minor(),
            &deal.booked_at,
        ];
        tx.execute(include_str!("sql/insert_cover_deal.sql"), &parameters).await?;
    }
    Ok(())
}

/// One deal, or none.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn deal(conn: &Connection, id: CoverId) -> Result<Option<CoverDeal>, Error> {
    let sql = include_str!("sql/cover_deal.sql");
    let row = conn.query_opt(sql, &[&id.shard().number(), &id.uuid()]).await?;
    row.as_ref().map(read).transpose()
}

/// Deals, the newest first, at most `limit`, older than `before`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn deals(conn: &Connection, before: Option<CoverId>, limit: i64) -> Result<Vec<CoverDeal>, Error> {
    let before = before.map(|id| id.uuid());
    let rows = conn.query(include_str!("sql/cover_deals.sql"), &[&before, &limit]).await?;
    rows.iter().map(read).collect()
}

/// The deals that one of these banks knows under one of these references, each a bank and a reference.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn booked_under(conn: &Connection, references: &[(&str, &str)]) -> Result<Vec<CoverDeal>, Error> {
    let wanted: BTreeSet<&(&str, &str)> = references.iter().collect();
    let (banks, names): (Vec<&str>, Vec<&str>) = wanted.into_iter().copied().unzip();
    let rows = conn.query(include_str!("sql/cover_deals_under.sql"), &[&banks, &names]).await?;
    rows.iter().map(read).collect()
}

/// The deals that were asked for from two days before `from` until before `to`, in the order of their ids, after `after`, at most
/// `limit`. They hold all that were booked from `from` until before `to`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn booked_between(
    conn: &Connection,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<CoverId>,
    limit: i64,
) -> Result<Vec<CoverDeal>, Error> {
    let slack = Duration::hours(1);
    let (first, last) = (first_id_at(from - LONGEST_WAIT - slack), first_id_at(to + slack));
    let after = after.map_or(first, |after| after.uuid());
    let rows = conn.query(include_str!("sql/cover_deals_made_between.sql"), &[&after, &last, &limit]).await?;
    rows.iter().map(read).collect()
}

/// The smallest UUID of version 7 made at that time: an id carries the time at which it was made.
fn first_id_at(at: OffsetDateTime) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}

fn read(row: &Row) -> Result<CoverDeal, Error> {
    let id = CoverId::from_uuid(row.get("id"));
    let amount = |minor: &str, currency: &str| {
        let currency = Currency::from_db(row.get(currency))
            .map_err(|_| Error::Unexpected(format!("a currency of {id}")))?;
        Money::new(row.get(minor), currency).map_err(|_| Error::Unexpected(format!("an amount of {id}")))
    };
    Ok(CoverDeal {
        id,
        bank: Arc::from(row.get::<_, &str>("bank")),
        bank_reference: row.get("bank_reference"),
        sold: amount("sold_minor", "sold_currency")?,
        bought: amount("bought_minor", "bought_currency")?,
        booked_at: row.get("booked_at"),
    })
}
