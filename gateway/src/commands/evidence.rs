//! R6: which orders a batch may need as evidence. Their accounts are locked first of all, then the orders are read.

use deposits::{Claimed, PaymentId, Payments};
use ledger::{Account, Journal, Layout};
use merchants::orders::Wanted as Need;
use merchants::{Directory, OpenOrders};
use pg::{Shard, Tx};
use uuid::Uuid;

use super::keys::{Claims, receipts_of};
use super::void::{Void, both};
use super::{Command, imports};

/// What may be needed, of each payment apart: the whole of it, of any of its stores.
type Wanted = Vec<Vec<Need>>;

/// Opens the batch's journal with the evidence accounts, and reads the orders behind them: some of each, and more only
/// for payments that can be covered, which the accounts tell, since they count what orders still cover. A batch that needs too many
/// is void, and carried out in parts; in one command alone the first payments are covered.
pub(super) async fn open(
    tx: &Tx<'_>,
    layout: Layout,
    live: &[&Command],
    wanted: &Wanted,
    reversed: &[(Shard, Uuid)],
) -> Result<(Journal, OpenOrders), Void> {
    let mut accounts = imports::accounts(live);
    let covers = merchants::orders::covers_of(tx, reversed).await?;
    let needs = wanted.concat();
    let stores = needs.iter().map(|(store, currency, _)| (*store, *currency));
    for (store, currency) in stores.chain(covers.iter().map(|(_, store, currency)| (*store, *currency))) {
        accounts.push(Account::evidence(store.shard(), store.uuid(), currency));
        accounts.push(Account::evidence_source(store.shard(), currency));
    }
    // Side by side, and still one after the other: what is read is read when the locks are held.
    let (journal, orders) = tokio::join!(
        biased;
        Journal::open(tx, layout, &accounts),
        merchants::orders::oldest_orders(tx, &needs),
    );
    let (journal, mut orders) = both(journal.map_err(Void::from), orders.map_err(Void::from))?;
    if journal.has_made_accounts() {
        orders = merchants::orders::oldest_orders(tx, &needs).await?;
    }
    if orders.lacks(&needs) {
        let coverable = coverable(&journal, wanted)?;
        merchants::orders::more_orders(tx, &mut orders, &coverable).await?;
        if live.len() > 1 && orders.lacks(&coverable) {
            return Err(Void::unexpected("its payments need more orders than one transaction reads"));
        }
    }
    if !covers.is_empty() {
        merchants::orders::load_covers(tx, &mut orders, reversed).await?;
    }
    Ok((journal, orders))
}

/// Of those whose stores' orders sum up to as much as is needed.
fn coverable(journal: &Journal, wanted: &Wanted) -> Result<Vec<Need>, Void> {
    let mut all = Vec::new();
    for needs in wanted {
        let mut uncovered: i64 = 0;
        for (store, currency, _) in needs {
            let account = Account::evidence(store.shard(), store.uuid(), *currency);
            uncovered = uncovered.saturating_add(journal.balance(&account)?);
        }
        let needed = needs.iter().map(|(_, _, minor)| *minor).max();
        if needed.is_some_and(|minor| minor <= uncovered) {
            all.extend_from_slice(needs);
        }
    }
    Ok(all)
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
                wanted.push(deposits::evidence_wanted(account, receipt.amount));
            }
        }
    }
    for payment in rematched.iter().filter_map(|id| payments.get(*id)) {
        if let Some(account) = directory.get(&(payment.bank.clone(), payment.account_index)) {
            wanted.push(deposits::evidence_wanted(account, payment.open_amount()));
        }
    }
    wanted
}
