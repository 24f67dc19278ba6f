//! The only writer of the ledger's tables.

use std::collections::BTreeMap;

use pg::types::Type;
use pg::{NewRows, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::{Account, AccountKey};
use crate::error::Error;
use crate::journal::Transfer;
use crate::layout::Layout;
use crate::seal::{self, Hash};

/// A locked account row.
#[derive(Debug)]
pub(crate) struct AccountRow {
    pub key: AccountKey,
    pub debits: i64,
    pub credits: i64,
}

/// Locks the accounts in (shard, id) order; none of them, and no rows, while one is not there.
pub(crate) async fn lock_accounts(
    tx: &Tx<'_>,
    keys: impl Iterator<Item = AccountKey>,
) -> Result<Vec<AccountRow>, Error> {
    let keys: Vec<AccountKey> = keys.collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let (shards, ids) = columns(keys.iter().copied());
    rows_of(&keys, &tx.query(include_str!("sql/lock_accounts.sql"), &[&shards, &ids]).await?)
}

/// Locks those of the accounts that exist, in (shard, id) order; none while one of the `guards` is not there.
pub(crate) async fn lock_existing(
    tx: &Tx<'_>,
    keys: impl Iterator<Item = AccountKey>,
    guards: impl Iterator<Item = AccountKey>,
) -> Result<Vec<AccountRow>, Error> {
    let keys: Vec<AccountKey> = keys.collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let ((shards, ids), (guard_shards, guards)) = (columns(keys.iter().copied()), columns(guards));
    let parameters: [&(dyn pg::ToSql + Sync); 4] = [&shards, &ids, &guard_shards, &guards];
    rows_of(&keys, &tx.query(include_str!("sql/lock_existing.sql"), &parameters).await?)
}

fn columns(keys: impl Iterator<Item = AccountKey>) -> (Vec<i16>, Vec<Uuid>) {
    keys.map(|key| (key.shard.number(), key.id)).unzip()
}

fn rows_of(keys: &[AccountKey], rows: &[pg::Row]) -> Result<Vec<AccountRow>, Error> {
    let by_id: BTreeMap<Uuid, AccountKey> = keys.iter().map(|key| (key.id, *key)).collect();
    rows.iter()
        .map(|row| {
            let id: Uuid = row.get("id");
            let key =
                by_id.get(&id).ok_or_else(|| Error::Unexpected(format!("account {id} not asked for")))?;
            Ok(AccountRow { key: *key, debits: row.get("debits"), credits: row.get("credits") })
        })
        .collect()
}

pub(crate) async fn create_accounts(
    tx: &Tx<'_>,
    accounts: impl Iterator<Item = &Account>,
) -> Result<(), Error> {
    let accounts: Vec<&Account> = accounts.collect();
    let shards: Vec<i16> = accounts.iter().map(|a| a.key().shard.number()).collect();
    let ids: Vec<Uuid> = accounts.iter().map(|a| a.key().id).collect();
    let kinds: Vec<&str> = accounts.iter().map(|a| a.kind().as_str()).collect();
    let owners: Vec<String> = accounts.iter().map(|a| a.owner().to_string()).collect();
    let currencies: Vec<String> = accounts.iter().map(|a| a.currency().code().to_owned()).collect();
    let floors: Vec<&str> = accounts.iter().map(|a| a.kind().floor().as_str()).collect();
    tx.execute(
        include_str!("sql/create_accounts.sql"),
        &[&shards, &ids, &kinds, &owners, &currencies, &floors],
    )
    .await?;
    Ok(())
}

async fn update_balances(tx: &Tx<'_>, deltas: &[(AccountKey, i64, i64)]) -> Result<(), Error> {
    let shards: Vec<i16> = deltas.iter().map(|(key, _, _)| key.shard.number()).collect();
    let ids: Vec<Uuid> = deltas.iter().map(|(key, _, _)| key.id).collect();
    let debits: Vec<i64> = deltas.iter().map(|(_, debits, _)| *debits).collect();
    let credits: Vec<i64> = deltas.iter().map(|(_, _, credits)| *credits).collect();
    let updated =
        tx.execute(include_str!("sql/update_balances.sql"), &[&shards, &ids, &debits, &credits]).await?;
    expect_count("accounts updated", updated, deltas.len())
}

/// One chain's part of a batch.
struct Sealed {
    chain: i16,
    seq: i64,
    count: i32,
    root: Hash,
    hash: Hash,
}

/// Writes counters (of accounts locked before), transfers and seals. What needs no answer of the statement before it goes
/// beside it.
pub(crate) async fn write(
    tx: &Tx<'_>,
    layout: &Layout,
    deltas: &[(AccountKey, i64, i64)],
    transfers: &[Transfer],
    now: OffsetDateTime,
) -> Result<(), Error> {
    let mut by_chain: BTreeMap<i16, Vec<&Transfer>> = BTreeMap::new();
    for transfer in transfers {
        by_chain.entry(layout.chain_of(transfer.shard)).or_default().push(transfer);
    }
    let chains = by_chain.keys().copied().collect();
    let (updated, heads) = tokio::join!(biased; update_balances(tx, deltas), lock_heads(tx, chains));
    updated?;
    let heads = heads?;
    let mut seals = Vec::with_capacity(heads.len());
    for (chain, transfers) in &by_chain {
        let (seq, previous) =
            heads.get(chain).ok_or_else(|| Error::Unexpected(format!("chain {chain} has no head")))?;
        let seq = seq + 1;
        let mut leaves = Vec::with_capacity(transfers.len());
        for (position, transfer) in (0i32..).zip(transfers) {
            leaves.push(seal::leaf(&transfer.leaf_bytes(seq, position, now)));
        }
        let count =
            i32::try_from(leaves.len()).map_err(|_| Error::Unexpected("a batch beyond 32 bits".into()))?;
        let root = seal::merkle_root(&leaves);
        let hash = seal::chain_hash(previous, *chain, seq, count, &root);
        seals.push(Sealed { chain: *chain, seq, count, root, hash });
    }
    let numbered = by_chain.values().zip(&seals);
    let numbered = numbered.map(|(transfers, seal)| (seal.seq, transfers.as_slice()));
    let (inserted, sealed, advanced) = tokio::join!(
        biased;
        insert_transfers(tx, numbered, now),
        insert_seals(tx, &seals, now),
        advance_heads(tx, &seals),
    );
    inserted?;
    sealed?;
    advanced
}

async fn lock_heads(tx: &Tx<'_>, chains: Vec<i16>) -> Result<BTreeMap<i16, (i64, Hash)>, Error> {
    let rows = tx.query(include_str!("sql/lock_heads.sql"), &[&chains]).await?;
    rows.iter().map(|row| Ok((row.get("chain"), (row.get("seq"), hash_of(row.get("hash"))?)))).collect()
}

pub(crate) fn hash_of(bytes: &[u8]) -> Result<Hash, Error> {
    bytes.try_into().map_err(|_| Error::Unexpected("a hash that has not 32 bytes".into()))
}

/// Those that `insert_transfers.sql` names.
const TRANSFER_COLUMNS: &[Type] = &[
    Type::INT2,
    Type::INT8,
    Type::INT4,
    Type::UUID,
    Type::UUID,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::UUID,
    Type::UUID,
    Type::TIMESTAMPTZ,
];

async fn insert_transfers<'a>(
    tx: &Tx<'_>,
    chains: impl Iterator<Item = (i64, &'a [&'a Transfer])>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let rows: Vec<(i64, i32, &&Transfer)> = chains
        .flat_map(|(seq, transfers)| {
            (0i32..).zip(transfers).map(move |(position, transfer)| (seq, position, transfer))
        })
        .collect();
    let mut new = NewRows::new(TRANSFER_COLUMNS);
    for (seq, position, t) in &rows {
        new.row(&[
            &t.shard.number(),
            seq,
            position,
            &t.debit,
            &t.credit,
            &t.amount,
            &t.currency.code(),
            &t.kind.as_str(),
            &t.cause,
            &t.owner,
            &now,
        ])?;
    }
    let inserted = tx
        .insert(include_str!("sql/insert_transfers.sql"), include_str!("sql/copy_transfers.sql"), new)
        .await?;
    expect_count("transfers inserted", inserted, rows.len())
}

async fn insert_seals(tx: &Tx<'_>, seals: &[Sealed], now: OffsetDateTime) -> Result<(), Error> {
    let chains: Vec<i16> = seals.iter().map(|s| s.chain).collect();
    let seqs: Vec<i64> = seals.iter().map(|s| s.seq).collect();
    let counts: Vec<i32> = seals.iter().map(|s| s.count).collect();
    let roots: Vec<&[u8]> = seals.iter().map(|s| s.root.as_slice()).collect();
    let hashes: Vec<&[u8]> = seals.iter().map(|s| s.hash.as_slice()).collect();
    let inserted = tx
        .execute(include_str!("sql/insert_seals.sql"), &[&chains, &seqs, &counts, &roots, &hashes, &now])
        .await?;
    expect_count("seals inserted", inserted, seals.len())
}

async fn advance_heads(tx: &Tx<'_>, seals: &[Sealed]) -> Result<(), Error> {
    let chains: Vec<i16> = seals.iter().map(|s| s.chain).collect();
    let seqs: Vec<i64> = seals.iter().map(|s| s.seq).collect();
    let hashes: Vec<&[u8]> = seals.iter().map(|s| s.hash.as_slice()).collect();
    let advanced = tx.execute(include_str!("sql/advance_heads.sql"), &[&chains, &seqs, &hashes]).await?;
    expect_count("chain heads advanced", advanced, seals.len())
}

fn expect_count(what: &str, got: u64, expected: usize) -> Result<(), Error> {
    if got == expected as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{what}: {got} rows instead of {expected}")))
}

/// Reads the numbers chosen at bootstrap, choosing them if this is the first time. Needs the owner's rights
/// the first time.
///
/// # Errors
/// The database's; `Unexpected` when the book was made with other numbers.
pub async fn bootstrap(tx: &Tx<'_>, wanted: Layout) -> Result<(), Error> {
    let shards = i16::from(wanted.shards.count());
    tx.execute(include_str!("sql/init_layout.sql"), &[&shards, &wanted.chains]).await?;
    let found = read_layout(tx.query(include_str!("sql/layout.sql"), &[]).await?)?;
    if found != wanted {
        return Err(Error::Unexpected(format!(
            "the book was made with {} shards and {} chains; the configuration says {} and {}",
            found.shards.count(),
            found.chains,
            wanted.shards.count(),
            wanted.chains
        )));
    }
    tx.execute(include_str!("sql/init_heads.sql"), &[&wanted.chains]).await?;
    Ok(())
}

/// The layout of the book.
///
/// # Errors
/// The database's; `Unexpected` when the book was never bootstrapped.
pub async fn layout(conn: &pg::Connection) -> Result<Layout, Error> {
    read_layout(conn.query(include_str!("sql/layout.sql"), &[]).await?)
}

fn read_layout(rows: Vec<pg::Row>) -> Result<Layout, Error> {
    let row = rows.first().ok_or_else(|| Error::Unexpected("the book was never bootstrapped".into()))?;
    let shards: i16 = row.get("shards");
    let count = u8::try_from(shards).map_err(|_| Error::Unexpected(format!("{shards} shards")))?;
    Ok(Layout { shards: pg::Shards::new(count), chains: row.get("chains") })
}
