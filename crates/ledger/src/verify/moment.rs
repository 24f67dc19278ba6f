//! What a chain is compared with: where it ends, and the counters of its accounts, of one moment.

use pg::{Connection, Tx};
use uuid::Uuid;

use crate::account::{AccountKind, id_of_row};
use crate::error::Error;
use crate::heads::{Head, head_of};
use crate::layout::Layout;

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
    /// How many transfers lie behind its last seal or before its first.
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
        let head = heads.iter().find(|row| row.get::<_, i16>("chain") == chain).map(head_of).transpose()?;
        let unsealed =
            tx.query_one(include_str!("../sql/unsealed_transfers.sql"), &[&shards, &end]).await?.get(0);
        let mut counted = Counted::default();
        for shard in &shards {
            take_accounts(&tx, *shard, &mut counted).await?;
        }
        tx.commit().await?;
        Ok(Moment { chain, shards, end, head, unsealed, counted })
    }
}

async fn take_accounts(tx: &Tx<'_>, shard: i16, counted: &mut Counted) -> Result<(), Error> {
    let mut from = Some(Uuid::nil());
    while let Some(first) = from {
        let rows =
            tx.query(include_str!("../sql/walk_accounts.sql"), &[&shard, &first, &ACCOUNTS_PER_PAGE]).await?;
        // The next id that there can be.
        let next = |row: &pg::Row| row.get::<_, Uuid>("id").as_u128().checked_add(1).map(Uuid::from_u128);
        from = rows.last().and_then(next);
        counted.take(rows.iter().map(|row| state(shard, row)));
    }
    Ok(())
}

fn state(shard: i16, row: &pg::Row) -> AccountState {
    let (id, currency): (Uuid, &str) = (row.get("id"), row.get("currency"));
    let (owner, floor): (&str, &str) = (row.get("owner"), row.get("floor"));
    let kind = AccountKind::parse(row.get("kind"));
    AccountState {
        shard,
        id,
        currency: code(currency),
        kind,
        is_itself: kind.is_none_or(|kind| id_of_row(shard, kind, owner, currency) == Some(id)),
        has_its_floor: kind.is_none_or(|kind| kind.floor().as_str() == floor),
        debits: row.get("debits"),
        credits: row.get("credits"),
    }
}
