//! Personal data of merchants that have been closed for long enough goes (R38): it is written over, here by values that say nothing
//! and that no search finds. Rows and ids stay: the book, the trail and what banks may ask about refer to them.

use pg::{Connection, Tx};
use privacy::Keyring;
use ring::rand::{SecureRandom, SystemRandom};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::MerchantId;
use crate::error::Error;
use crate::keys::context;

/// Rows that are written over together.
const AT_ONCE: i64 = 500;

/// Of what a merchant leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Whom it was paid to, also those it removed.
    Payees,
    /// What its users were called.
    Users,
    /// What its stores were called.
    Stores,
    /// The numbers of its documents, also of those that were replaced.
    Documents,
}

impl Leftover {
    /// All of it but the merchant's own row, which [`forget`] writes over last.
    pub const ALL: [Leftover; 4] = [Leftover::Payees, Leftover::Users, Leftover::Stores, Leftover::Documents];
}

/// At most `limit` merchants that were closed until then and still have a name.
///
/// # Errors
/// The database's.
pub async fn to_forget(
    conn: &Connection,
    closed_until: OffsetDateTime,
    limit: i64,
) -> Result<Vec<MerchantId>, Error> {
    let rows = conn.query(include_str!("sql/to_forget.sql"), &[&closed_until, &limit]).await?;
    Ok(rows.iter().map(|row| MerchantId::from_uuid(row.get::<_, Uuid>("id"))).collect())
}

/// Writes over some hundred rows of a closed merchant's behind `after`; the last of them, none when there were none. To do it
/// again changes nothing that matters. It needs the rights of the tables' owner.
///
/// # Errors
/// The database's; the keyring's.
pub async fn blank(
    conn: &Connection,
    keyring: &Keyring,
    merchant: MerchantId,
    what: Leftover,
    after: Uuid,
) -> Result<Option<Uuid>, Error> {
    let ids = match what {
        Leftover::Users => behind(conn, include_str!("sql/blank_users.sql"), merchant, after).await?,
        Leftover::Stores => behind(conn, include_str!("sql/blank_stores.sql"), merchant, after).await?,
        Leftover::Payees => blank_payees(conn, keyring, merchant, after).await?,
        Leftover::Documents => blank_documents(conn, keyring, merchant, after).await?,
    };
    Ok(ids.into_iter().max())
}

/// The ids of a step's rows.
async fn behind(
    conn: &Connection,
    sql: &'static str,
    merchant: MerchantId,
    after: Uuid,
) -> Result<Vec<Uuid>, Error> {
    let (shard, id) = (merchant.shard().number(), merchant.uuid());
    let rows = conn.query(sql, &[&shard, &id, &after, &AT_ONCE]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

async fn blank_payees(
    conn: &Connection,
    keyring: &Keyring,
    merchant: MerchantId,
    after: Uuid,
) -> Result<Vec<Uuid>, Error> {
    let shard = merchant.shard().number();
    let ids = behind(conn, include_str!("sql/payees_to_blank.sql"), merchant, after).await?;
    let sealed = |column: &str| -> Result<Vec<Vec<u8>>, Error> {
        ids.iter().map(|id| Ok(keyring.seal(b"", &context(column, *id))?)).collect()
    };
    let indexes = || -> Result<Vec<Vec<u8>>, Error> { ids.iter().map(|_| nobody_s_index()).collect() };
    let (holders, numbers) = (sealed("payees.holder")?, sealed("payees.number")?);
    let (holder_indexes, number_indexes) = (indexes()?, indexes()?);
    let parameters: [&(dyn pg::ToSql + Sync); 6] =
        [&shard, &ids, &holders, &holder_indexes, &numbers, &number_indexes];
    conn.execute(include_str!("sql/blank_payees.sql"), &parameters).await?;
    Ok(ids)
}

async fn blank_documents(
    conn: &Connection,
    keyring: &Keyring,
    merchant: MerchantId,
    after: Uuid,
) -> Result<Vec<Uuid>, Error> {
    let shard = merchant.shard().number();
    let ids = behind(conn, include_str!("sql/documents_to_blank.sql"), merchant, after).await?;
    let numbers = ids.iter().map(|id| Ok(keyring.seal(b"", &context("merchant_documents.number", *id))?));
    let numbers: Vec<Vec<u8>> = numbers.collect::<Result<_, Error>>()?;
    let indexes = ids.iter().map(|_| nobody_s_index()).collect::<Result<Vec<_>, Error>>()?;
    conn.execute(include_str!("sql/blank_documents.sql"), &[&shard, &ids, &numbers, &indexes]).await?;
    Ok(ids)
}

/// Writes over a closed merchant's own row, and lets go of what it alone could have, for ever. False where that was done already,
/// or it is not closed. The merchant is locked before its marks, as everywhere.
///
/// # Errors
/// The database's; the keyring's.
pub async fn forget(tx: &Tx<'_>, keyring: &Keyring, merchant: MerchantId) -> Result<bool, Error> {
    let (shard, id) = (merchant.shard().number(), merchant.uuid());
    let name = keyring.seal(b"", &context("merchants.name", id))?;
    let email = keyring.seal(b"", &context("merchants.email", id))?;
    let (name_index, email_index) = (nobody_s_index()?, nobody_s_index()?);
    let parameters: [&(dyn pg::ToSql + Sync); 6] = [&shard, &id, &name, &name_index, &email, &email_index];
    if tx.execute(include_str!("sql/forget_merchant.sql"), &parameters).await? == 0 {
        return Ok(false);
    }
    tx.execute(include_str!("sql/forget_marks.sql"), &[&id]).await?;
    Ok(true)
}

/// A blind index of nothing: no text has it, and no other row.
fn nobody_s_index() -> Result<Vec<u8>, Error> {
    let mut index = vec![0u8; 32];
    SystemRandom::new().fill(&mut index).map_err(|_| privacy::KeyError::Random)?;
    Ok(index)
}
