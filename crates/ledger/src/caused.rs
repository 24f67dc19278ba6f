//! What was booked because of one thing, all legs of it. The book has no index by cause: whoever asks knows when something happened
//! to the thing, and all that a batch writes has that batch's time, transfers and seals among it.

use money::Money;
use pg::{Connection, Shard};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::AccountKey;
use crate::error::Error;
use crate::layout::Layout;
use crate::reads::{StatementCursor, money};
use crate::templates::TransferKind;

/// One transfer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedTransfer {
    /// Where it stands in the shard's order of commits.
    pub cursor: StatementCursor,
    /// What it was.
    pub kind: TransferKind,
    /// From where.
    pub debit: AccountKey,
    /// To where, in the same shard.
    pub credit: AccountKey,
    /// How much.
    pub amount: Money,
    /// The payment, withdrawal or payout behind it; of orders that payments used up, the store.
    pub cause: Uuid,
    /// When it was posted, by the database's clock.
    pub posted_at: OffsetDateTime,
}

/// At most `limit` transfers that the batches of exactly these moments posted in these shards for these causes, first to last. Of each
/// batch it reads what was posted in these shards.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn booked_for(
    conn: &Connection,
    layout: Layout,
    shards: &[Shard],
    moments: &[OffsetDateTime],
    causes: &[Uuid],
    limit: i64,
) -> Result<Vec<BookedTransfer>, Error> {
    let chains: Vec<i16> = shards.iter().map(|shard| layout.chain_of(*shard)).collect();
    let shards: Vec<i16> = shards.iter().map(|shard| shard.number()).collect();
    let sql = include_str!("sql/posted_at.sql");
    let rows = conn.query(sql, &[&shards, &chains, &moments, &causes, &limit]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &pg::Row) -> Result<BookedTransfer, Error> {
    let shard: i16 = row.get("shard");
    let shard = Shard::new(shard).ok_or_else(|| Error::Unexpected(format!("a transfer in shard {shard}")))?;
    let name: &str = row.get("kind");
    let kind =
        TransferKind::parse(name).ok_or_else(|| Error::Unexpected(format!("a transfer of kind {name}")))?;
    Ok(BookedTransfer {
        cursor: StatementCursor { seq: row.get("seq"), position: row.get("position") },
        kind,
        debit: AccountKey { shard, id: row.get("debit_account") },
        credit: AccountKey { shard, id: row.get("credit_account") },
        amount: money(row.get("amount"), row.get("currency"))?,
        cause: row.get("cause"),
        posted_at: row.get("posted_at"),
    })
}
