//! What banks call payouts: every name that one ever told, to find it by.

use pg::{Connection, Tx};
use uuid::Uuid;

use crate::error::Error;
use crate::payout::Payout;
use crate::{PayoutId, rows};

/// At most `limit` payouts that a bank once named so, whichever bank: with its acceptance, its result or a return.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn named(conn: &Connection, reference: &str, limit: i64) -> Result<Vec<Payout>, Error> {
    let found = conn.query(include_str!("sql/named.sql"), &[&reference, &limit]).await?;
    found.iter().map(rows::payout).collect()
}

/// Keeps what a batch was told; what is known already stays.
pub(crate) async fn save(tx: &Tx<'_>, told: &[(PayoutId, &str)]) -> Result<(), Error> {
    if told.is_empty() {
        return Ok(());
    }
    let references: Vec<&str> = told.iter().map(|(_, reference)| *reference).collect();
    let shards: Vec<i16> = told.iter().map(|(id, _)| id.shard().number()).collect();
    let payouts: Vec<Uuid> = told.iter().map(|(id, _)| id.uuid()).collect();
    tx.execute(include_str!("sql/insert_references.sql"), &[&references, &shards, &payouts]).await?;
    Ok(())
}
