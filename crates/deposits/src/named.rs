//! What is found by a name that is no key: few rows have one, so that a payment on its ordinary way pays nothing for it.

use pg::Connection;
use uuid::Uuid;

use crate::error::Error;
use crate::payment::Payment;
use crate::reversals::Reversal;

/// At most `limit` payments that the networks know under this UETR and that are not credited.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn named_by_uetr(conn: &Connection, uetr: Uuid, limit: i64) -> Result<Vec<Payment>, Error> {
    let rows = conn.query(include_str!("sql/named_by_uetr.sql"), &[&uetr, &limit]).await?;
    rows.iter().map(Payment::from_row).collect()
}

/// At most `limit` reversals that a bank reported under this reference of theirs, whatever their state.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn reversals_named(conn: &Connection, reference: &str, limit: i64) -> Result<Vec<Reversal>, Error> {
    let rows = conn.query(include_str!("sql/reversals_named.sql"), &[&reference, &limit]).await?;
    rows.iter().map(Reversal::from_row).collect()
}
