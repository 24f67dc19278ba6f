//! R6: which orders a batch may need as evidence. Their accounts are locked first of all, then the orders are read.

use deposits::{Claimed, PaymentId, Payments};
use ledger::{Account, Journal, Layout};
use merchants::{Directory, OpenOrders, StoreId};
use money::Currency;
use pg::{Shard, Tx};
use uuid::Uuid;

use super::keys::{Claims, receipts_of};
use super::void::{Void, both};
use super::{Command, imports};

/// What may be needed: of which store, in which currency, how much in minor units.
type Wanted = Vec<(StoreId, Currency, i64)>;

/// Opens the batch's journal with the evidence accounts, and reads the orders behind them.
pub(super) async fn open(
    tx: &Tx<'_>,
    layout: Layout,
    live: &[&Command],
    wanted: &Wanted,
    reversed: &[(Shard, Uuid)],
) -> Result<(Journal, OpenOrders), Void> {
    let mut accounts = imports::accounts(live);
    let covers = merchants::orders::covers_of(tx, reversed).await?;
    let stores = wanted.iter().map(|(store, currency, _)| (*store, *currency));
    for (store, currency) in stores.chain(covers.iter().map(|(_, store, currency)| (*store, *currency))) {
        accounts.push(Account::evidence(store.shard(), store.uuid(), currency));
        accounts.push(Account::evidence_source(store.shard(), currency));
    }
    // Side by side, and still one after the other: what is read is read when the locks are held.
    let (journal, orders) = tokio::join!(
        biased;
        Journal::open(tx, layout, &accounts),
        merchants::orders::open_orders(tx, wanted),
    );
    let (journal, mut orders) = both(journal.map_err(Void::from), orders.map_err(Void::from))?;
    if journal.has_made_accounts() {
        orders = merchants::orders::open_orders(tx, wanted).await?;
    }
    if !covers.is_empty() {
        merchants::orders::load_covers(tx, &mut orders, reversed).await?;
    }
    Ok((journal, orders))
}

/// Of money that arrives, and of reviewed payments that may be matched again.
pub(super) fn wanted(
    batch: &[&Command],
    claims: &Claims,
    directory: &Directory,
    payments: &Payments,
    rematched: &[PaymentId],
) -> Wanted {
    let mut wanted = Wanted::new();
    for ((command, standing), claimed) in batch.iter().zip(&claims.standing).zip(&claims.receipts) {
        for (receipt, claimed) in receipts_of(command, standing).into_iter().zip(claimed) {
            let account = directory.get(&(receipt.bank.clone(), receipt.account_index));
            if let (Claimed::New { .. }, Some(account)) = (claimed, account) {
                wanted.extend(deposits::evidence_wanted(account, receipt.amount));
            }
        }
    }
    for payment in rematched.iter().filter_map(|id| payments.get(*id)) {
        if let Some(account) = directory.get(&(payment.bank.clone(), payment.account_index)) {
            wanted.extend(deposits::evidence_wanted(account, payment.open_amount()));
        }
    }
    wanted
}
