//! What a chain is compared with: where it ends, and the counters of its accounts, of one moment.

use pg::{Connection, Tx};
use uuid::Uuid;

use crate::account::AccountKind;
use crate::error::Error;
use crate::heads::Head;
use crate::layout::Layout;
use crate::store::hash_of;

use super::counted::{AccountState, Counted, code};

/// So many accounts are read at a time.
const ACCOUNTS_PER_PAGE: i64 = 10_000;

/// A chain at one moment.
pub(super) struct Moment {
    pub chain: i16,
    /// The shards whose transfers it seals.
    pub shards: Vec<i16>,
    /// Its last seal; 0 before the first. Nothing up to it ever changes.
    pub end: i64,
    /// Where its row says that it ends.
    pub head: Option<Head>,
    /// How many transfers lie behind its last seal.
    pub unsealed: i64,
    pub counted: Counted,
}

impl Moment {
    /// All of it in one snapshot, which is as long as the reading of the accounts and no longer: while a snapshot lasts, PostgreSQL
    /// can take away no version of a row that came after it.
    pub(super) async fn take(conn: &mut Connection, layout: Layout, chain: i16) -> Result<Moment, Error> {
        let shards = layout.shards_of(chain);
        let tx = conn.begin_snapshot().await?;
        let end: i64 = tx.query_one(include_str!("../sql/last_seal.sql"), &[&chain]).await?.get("seq");
        let heads = tx.query(include_str!("../sql/heads.sql"), &[]).await?;
        let head = heads.iter().find(|row| row.get::<_, i16>("chain") == chain);
        let head = head
            .map(|row| Ok::<_, Error>(Head { chain, seq: row.get("seq"), hash: hash_of(row.get("hash"))? }));
        let unsealed =
            tx.query_one(include_str!("../sql/unsealed_transfers.sql"), &[&shards, &end]).await?.get(0);
        let mut counted = Counted::default();
        for shard in &shards {
            take_accounts(&tx, *shard, &mut counted).await?;
        }
        tx.commit().await?;
        Ok(Moment { chain, shards, end, head: head.transpose()?, unsealed, counted })
    }
}

async fn take_accounts(tx: &Tx<'_>, shard: i16, counted: &mut Counted) -> Result<(), Error> {
    let mut last = Uuid::nil();
    loop {
        let rows =
            tx.query(include_str!("../sql/walk_accounts.sql"), &[&shard, &last, &ACCOUNTS_PER_PAGE]).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.get("id");
        let states = rows.iter().map(|row| state(shard, row)).collect::<Result<Vec<_>, _>>()?;
        counted.take(states.into_iter());
    }
}

fn state(shard: i16, row: &pg::Row) -> Result<AccountState, Error> {
    let (id, kind): (Uuid, &str) = (row.get("id"), row.get("kind"));
    let kind = AccountKind::parse(kind)
        .ok_or_else(|| Error::Unexpected(format!("account {id} in shard {shard} is of kind {kind}")))?;
    let currency = code(row.get("currency"));
    Ok(AccountState { shard, id, currency, kind, debits: row.get("debits"), credits: row.get("credits") })
}
