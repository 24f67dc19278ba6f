//! R7: when the cause of a review disappears, the payment is matched again by itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use deposits::{PaymentId, Reason, RematchCandidate};
use ledger::{Account, AccountKey};
use merchants::orders::{Wanted, open_orders};
use merchants::{Directory, LinkedStore, ReceivingAccount, StoreId};
use pg::{Connection, Place, Pool, Shard};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Engine, one_by_one};
use crate::commands::Command;

const PAUSE: Duration = Duration::from_secs(5);
const PAGE: i64 = 200;
const SWEEP: &str = "rematch";
/// Payments in one command: they hold their locks together.
const AT_ONCE: usize = 20;

/// In words, for the log.
type Fault = Box<dyn Error + Send + Sync>;

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
    let mut cursor = Place::START;
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
) -> Result<Vec<PaymentId>, Fault> {
    let numbers: Vec<_> = page.iter().map(|c| (c.bank.clone(), c.account_index)).collect();
    let mut conn = reads.get().await?;
    let tx = conn.begin().await?;
    let shards = engine.facts().layout.shards;
    let directory = merchants::receiving_accounts(&tx, shards, &numbers).await?;
    let owners: Vec<_> = directory.values().map(|account| account.merchant).collect();
    let states = merchants::lock(&tx, &owners, &[]).await?;
    let now = tx.now().await?;
    // Nobody waits for the merchants' rows while orders are read.
    tx.rollback().await?;
    let covered = covered(&mut conn, &directory, page, now).await?;
    let gone = |candidate: &&RematchCandidate| {
        let Some(account) = account_of(&directory, candidate) else { return false };
        match candidate.reason {
            Reason::UnknownAccount => true,
            Reason::MerchantNotActive => states
                .get(account.merchant)
                .is_some_and(|merchant| merchants::may_receive(merchant.state, merchant.before_freeze)),
            Reason::UnlinkedStore => account.stores.iter().any(|store| !store.lacks_ebay_stores()),
            Reason::StoreAuthorizationLapsed => account.stores.iter().any(|store| store.is_authorised(now)),
            Reason::RemitterNotPlatform => configuration_is_new,
            Reason::OrdersDoNotCover => covered.contains(&candidate.id),
            Reason::CurrencyMismatch | Reason::ReferenceConflict | Reason::EntrySumMismatch => false,
        }
    };
    Ok(page.iter().filter(gone).map(|candidate| candidate.id).collect())
}

/// Those that only lack cover and have it now. What stores' orders cover is told by their accounts in the book: orders
/// are read only where that is enough, of one receiving account at a time.
async fn covered(
    conn: &mut Connection,
    directory: &Directory,
    page: &[RematchCandidate],
    now: OffsetDateTime,
) -> Result<HashSet<PaymentId>, Fault> {
    let accounts = lacking_cover(directory, page);
    let uncovered = uncovered(conn, accounts.values().map(|(account, _)| *account)).await?;
    let mut covered = HashSet::new();
    for (account, mut candidates) in accounts.into_values() {
        let stores = covering(account, now);
        let keys = stores.iter().map(|store| evidence(account, *store).key());
        let most =
            keys.filter_map(|key| uncovered.get(&key)).fold(0, |sum: i64, one| sum.saturating_add(*one));
        candidates.retain(|candidate| candidate.amount.minor() <= most);
        if !candidates.is_empty() {
            covered.extend(covered_of(conn, &stores, &candidates).await?);
        }
    }
    Ok(covered)
}

/// By receiving account, the oldest first.
type OfAccounts<'a> = BTreeMap<Uuid, (&'a ReceivingAccount, Vec<&'a RematchCandidate>)>;

fn lacking_cover<'a>(directory: &'a Directory, page: &'a [RematchCandidate]) -> OfAccounts<'a> {
    let mut accounts = OfAccounts::new();
    for candidate in page.iter().filter(|candidate| candidate.reason == Reason::OrdersDoNotCover) {
        let account = account_of(directory, candidate);
        if let Some(account) = account.filter(|account| account.currency == candidate.amount.currency()) {
            accounts.entry(account.id.uuid()).or_insert((account, Vec::new())).1.push(candidate);
        }
    }
    accounts
}

/// Those whom the orders of these stores cover, one after the other.
async fn covered_of(
    conn: &mut Connection,
    stores: &[StoreId],
    candidates: &[&RematchCandidate],
) -> Result<Vec<PaymentId>, Fault> {
    let mut wanted: Vec<Wanted> = Vec::with_capacity(candidates.len() * stores.len());
    for amount in candidates.iter().map(|candidate| candidate.amount) {
        wanted.extend(stores.iter().map(|store| (*store, amount.currency(), amount.minor())));
    }
    let tx = conn.begin().await?;
    let mut orders = open_orders(&tx, &wanted).await?;
    tx.rollback().await?;
    let mut is_covered = |candidate: &&&RematchCandidate| {
        orders.cover(stores, candidate.amount, candidate.id.uuid()).is_some()
    };
    Ok(candidates.iter().filter(|candidate| is_covered(candidate)).map(|candidate| candidate.id).collect())
}

/// The stores whose orders can cover money that comes into the account now. Where none is authorised any more, all that
/// are linked: then the batch finds that reason.
fn covering(account: &ReceivingAccount, now: OffsetDateTime) -> Vec<StoreId> {
    let linked = || account.stores.iter().filter(|store| !store.lacks_ebay_stores());
    let authorised: Vec<StoreId> =
        linked().filter(|store| store.is_authorised(now)).flat_map(LinkedStore::evidence_stores).collect();
    if authorised.is_empty() { linked().flat_map(LinkedStore::evidence_stores).collect() } else { authorised }
}

/// What the orders of all their stores still cover.
async fn uncovered(
    conn: &Connection,
    accounts: impl Iterator<Item = &ReceivingAccount>,
) -> Result<HashMap<AccountKey, i64>, Fault> {
    let mut ids: BTreeMap<Shard, Vec<Uuid>> = BTreeMap::new();
    for account in accounts {
        for store in account.stores.iter().flat_map(LinkedStore::evidence_stores) {
            let key = evidence(account, store).key();
            ids.entry(key.shard).or_default().push(key.id);
        }
    }
    let mut all = HashMap::new();
    for (shard, ids) in ids {
        let rows = ledger::accounts_in(conn, shard, &ids).await?;
        all.extend(rows.iter().map(|row| (row.key, row.balance_minor())));
    }
    Ok(all)
}

fn evidence(account: &ReceivingAccount, store: StoreId) -> Account {
    Account::evidence(store.shard(), store.uuid(), account.currency)
}

fn account_of<'a>(directory: &'a Directory, candidate: &RematchCandidate) -> Option<&'a ReceivingAccount> {
    directory.get(&(candidate.bank.clone(), candidate.account_index))
}
