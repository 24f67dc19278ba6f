//! R7: when the cause of a review disappears, the payment is matched again by itself.

use std::sync::Arc;
use std::time::Duration;

use deposits::{Cursor, PaymentId, Reason, RematchCandidate};
use merchants::Directory;
use pg::Pool;

use super::{Engine, one_by_one};
use crate::commands::Command;

const PAUSE: Duration = Duration::from_secs(5);
const PAGE: i64 = 200;
const SWEEP: &str = "rematch";
/// Payments in one command: they hold their locks together.
const AT_ONCE: usize = 20;

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    one_by_one::begin(SWEEP);
    // What the configuration says of remitters is new only once: when the gateway starts.
    let mut configuration_is_new = true;
    while engine.pause_until(PAUSE, &engine.rematch).await {
        match walk(&engine, &reads, configuration_is_new).await {
            Ok(()) => configuration_is_new = false,
            Err(error) => tracing::warn!(%error, "matching again did not get through"),
        }
    }
}

async fn walk(engine: &Engine, reads: &Pool, configuration_is_new: bool) -> Result<(), String> {
    let mut cursor = Cursor::START;
    loop {
        let conn = reads.get().await.map_err(|error| error.to_string())?;
        let page =
            deposits::rematch_candidates(&conn, cursor, PAGE).await.map_err(|error| error.to_string())?;
        drop(conn);
        let Some(last) = page.last() else { return Ok(()) };
        cursor = last.cursor;
        let ready = ready(engine, reads, &page, configuration_is_new).await.map_err(|e| e.to_string())?;
        for payments in ready.chunks(AT_ONCE) {
            let rematch = |some| engine.submit(Command::Rematch(some));
            one_by_one::submit(SWEEP, payments, rematch).await?;
        }
    }
}

/// Those whose cause is gone, as far as one look tells: the batch decides again under its locks.
async fn ready(
    engine: &Engine,
    reads: &Pool,
    page: &[RematchCandidate],
    configuration_is_new: bool,
) -> Result<Vec<PaymentId>, merchants::Error> {
    let numbers: Vec<_> = page.iter().map(|c| (c.bank.clone(), c.account_index)).collect();
    let mut conn = reads.get().await?;
    let tx = conn.begin().await?;
    let shards = engine.facts().layout.shards;
    let directory = merchants::receiving_accounts(&tx, shards, &numbers).await?;
    let owners: Vec<_> = directory.values().map(|account| account.merchant).collect();
    let states = merchants::lock(&tx, &owners, &[]).await?;
    let now = tx.now().await?;
    let mut orders = merchants::orders::open_orders(&tx, &wanted(&directory, page)).await?;
    tx.rollback().await?;
    let mut gone = |candidate: &&RematchCandidate| {
        let Some(account) = account_of(&directory, candidate) else { return false };
        match candidate.reason {
            Reason::UnknownAccount => true,
            Reason::MerchantNotActive => states
                .get(account.merchant)
                .is_some_and(|merchant| merchants::may_receive(merchant.state, merchant.before_freeze)),
            Reason::UnlinkedStore => account.stores.iter().any(|store| !store.lacks_ebay_stores()),
            Reason::StoreAuthorizationLapsed => account.stores.iter().any(|store| store.is_authorised(now)),
            Reason::RemitterNotPlatform => configuration_is_new,
            Reason::OrdersDoNotCover => {
                let stores: Vec<_> =
                    account.stores.iter().flat_map(merchants::LinkedStore::evidence_stores).collect();
                orders.cover(&stores, candidate.amount, candidate.id.uuid()).is_some()
            }
            Reason::CurrencyMismatch | Reason::ReferenceConflict | Reason::EntrySumMismatch => false,
        }
    };
    Ok(page.iter().filter(|candidate| gone(candidate)).map(|candidate| candidate.id).collect())
}

/// The orders to look at, for those that only lack cover.
fn wanted(
    directory: &Directory,
    page: &[RematchCandidate],
) -> Vec<(merchants::StoreId, money::Currency, i64)> {
    page.iter()
        .filter(|candidate| candidate.reason == Reason::OrdersDoNotCover)
        .filter_map(|candidate| Some((account_of(directory, candidate)?, candidate.amount)))
        .flat_map(|(account, amount)| deposits::evidence_wanted(account, amount))
        .collect()
}

fn account_of<'a>(
    directory: &'a Directory,
    candidate: &RematchCandidate,
) -> Option<&'a merchants::ReceivingAccount> {
    directory.get(&(candidate.bank.clone(), candidate.account_index))
}
