//! `loadtests fill`: a book that has been in use for long: transfers by the gateway's own batches, so that every invariant
//! holds, and further merchants and idempotency keys.

use futures_util::future::try_join_all;
use merchants::{MerchantId, MerchantKind, MerchantState, NewMerchant};
use pg::{Connection, Pool, PoolSettings};
use privacy::Keyring;
use tokio_postgres::Client;

use crate::Fault;
use crate::batches::Batches;
use crate::stand::{self, Account, DATABASE, Stand};

/// Keys entered by one statement.
const KEYS_AT_ONCE: i64 = 100_000;
/// Merchants on their way into the database at once.
const AT_ONCE: usize = 64;

/// What the command line says.
#[derive(Debug, Clone, clap::Args)]
pub struct Amounts {
    /// Transfers in the book at the end, at least.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    transfers: i64,
    /// Merchants besides those who are paid.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    idle_merchants: i64,
    /// Idempotency keys of requests that were answered long ago, at the end.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    keys: i64,
}

/// Fills the stand's book and leaves it where `--var` says.
///
/// # Errors
/// In words; also when the book is not right afterwards.
pub async fn run(stand: &stand::Options, amounts: &Amounts) -> Result<(), Fault> {
    if stand.var.is_none() {
        return Err("name with --var where the filled book shall stay".into());
    }
    let stand = Stand::raise(stand).await?;
    fill(&stand, amounts).await?;
    stand.lower().await
}

/// Fills the book of the stand and verifies it.
///
/// # Errors
/// In words.
pub async fn fill(stand: &Stand, amounts: &Amounts) -> Result<(), Fault> {
    let client = stand.client(DATABASE).await?;
    idle_merchants(stand, &client, amounts.idle_merchants).await?;
    keys(&client, amounts.keys).await?;
    let mut batches = Batches::open(stand, DATABASE).await?;
    while transfers(&client).await? < amounts.transfers {
        batches.turn(stand).await?;
    }
    batches.close(stand).await?;
    client.batch_execute("VACUUM (ANALYZE)").await?;
    let size: i64 = client.query_one(include_str!("../sql/size.sql"), &[]).await?.try_get(0)?;
    println!("filled: {} transfers, {} MiB; every invariant holds", transfers(&client).await?, size >> 20);
    Ok(())
}

/// One count for all shards would read every row; the chains know.
async fn transfers(client: &Client) -> Result<i64, Fault> {
    Ok(client.query_one(include_str!("../sql/sealed.sql"), &[]).await?.try_get(0)?)
}

async fn idle_merchants(stand: &Stand, client: &Client, wanted: i64) -> Result<(), Fault> {
    let there: i64 = client.query_one(include_str!("../sql/merchants.sql"), &[]).await?.try_get(0)?;
    let keyring = Keyring::load(&stand.dir().join("keys.toml"))?;
    let pool = Pool::open(&stand.url(DATABASE), PoolSettings::default())?;
    let conn = pool.get().await?;
    // Entered in passing: a crash would only mean to fill again.
    conn.execute("SET synchronous_commit = off", &[]).await?;
    let enter = |number| enter(&conn, &keyring, &stand.handout.accounts, number);
    for first in (there..wanted).step_by(AT_ONCE) {
        let last = wanted.min(first + i64::try_from(AT_ONCE)?);
        try_join_all((first..last).map(enter)).await?;
    }
    Ok(())
}

async fn enter(conn: &Connection, keyring: &Keyring, beside: &[Account], number: i64) -> Result<(), Fault> {
    let beside = &beside[usize::try_from(number)? % beside.len()];
    let (name, email) = (format!("Idle Trading {number}"), format!("idle{number}@example.com"));
    let new = NewMerchant {
        id: MerchantId::new(beside.merchant.shard()),
        kind: MerchantKind::Enterprise,
        state: MerchantState::Active,
        name: &name,
        email: &email,
    };
    merchants::insert_merchant(conn, keyring, &new).await?;
    Ok(())
}

async fn keys(client: &Client, wanted: i64) -> Result<(), Fault> {
    let mut there: i64 =
        client.query_one(include_str!("../sql/count_old_keys.sql"), &[]).await?.try_get(0)?;
    while there < wanted {
        let count = KEYS_AT_ONCE.min(wanted - there);
        client.execute(include_str!("../sql/old_keys.sql"), &[&count]).await?;
        there += count;
    }
    Ok(())
}
