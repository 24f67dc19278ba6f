//! Merchants' statements, followed onward from a place, for whoever looks at all that comes: nothing here locks.

use std::collections::HashSet;

use pg::{Connection, Shard, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::layout::Layout;
use crate::reads::{StatementCursor, StatementLine, line};
use crate::templates::MerchantRef;

/// The place in the statements of this shard's merchants behind which all stands that was posted at `at` or later; their end, where
/// nothing was. What commits after this look stands behind it.
///
/// # Errors
/// The database's.
pub async fn place_before(
    tx: &Tx<'_>,
    layout: Layout,
    shard: Shard,
    at: OffsetDateTime,
) -> Result<StatementCursor, Error> {
    let chain = layout.chain_of(shard);
    let row = tx.query_one(include_str!("sql/place_before.sql"), &[&chain, &at]).await?;
    Ok(StatementCursor { seq: row.get("seq"), position: i32::MAX })
}

/// The next `limit` lines of a merchant's statement behind `after`, oldest first, whatever they are: no more is read of it.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn statement_after(
    tx: &Tx<'_>,
    merchant: MerchantRef,
    after: StatementCursor,
    limit: i64,
) -> Result<Vec<StatementLine>, Error> {
    let (shard, sql) = (merchant.shard.number(), include_str!("sql/statement_after.sql"));
    let rows = tx.query(sql, &[&shard, &merchant.id, &after.seq, &after.position, &limit]).await?;
    rows.iter().map(|row| line(row, merchant)).collect()
}

/// Whose statements have lines behind these places, by the merchants' ids.
///
/// # Errors
/// The database's.
pub async fn with_news(
    conn: &Connection,
    places: &[(MerchantRef, StatementCursor)],
) -> Result<HashSet<Uuid>, Error> {
    let shards: Vec<i16> = places.iter().map(|(merchant, _)| merchant.shard.number()).collect();
    let owners: Vec<Uuid> = places.iter().map(|(merchant, _)| merchant.id).collect();
    let seqs: Vec<i64> = places.iter().map(|(_, place)| place.seq).collect();
    let positions: Vec<i32> = places.iter().map(|(_, place)| place.position).collect();
    let rows = conn.query(include_str!("sql/with_news.sql"), &[&shards, &owners, &seqs, &positions]).await?;
    Ok(rows.iter().map(|row| row.get("owner")).collect())
}
