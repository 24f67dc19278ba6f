//! What a decision may look at, and the facts that it finds there.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use merchants::{
    Directory, LinkedStore, Locked, MerchantId, MerchantState, OpenOrders, ReceivingAccount, StoreId,
};
use money::{Currency, Money};
use time::OffsetDateTime;

use crate::decide::{AccountFacts, Facts, Reason, decide};
use crate::receipt::PaymentId;
use crate::remitters::PlatformRemitters;

/// What is known at the moment of a decision. Cheap to make, so that each command of a batch sees what the
/// commands before it have changed.
#[derive(Debug, Clone, Copy)]
pub struct Matching<'a> {
    /// The accounts that were looked up, each under its own bank's name only (R1).
    pub accounts: &'a Directory,
    /// The merchants whose rows are locked by this transaction.
    pub merchants: &'a dyn MerchantStates,
    /// The names under which platforms remit.
    pub remitters: &'a PlatformRemitters,
    /// The database's time of the batch.
    pub now: OffsetDateTime,
}

/// Where the states of merchants stand: locked rows, or a table in a test.
pub trait MerchantStates: Debug {
    /// The state of a merchant, and of a frozen one the state before; `None` when it isn't locked or doesn't exist.
    fn state(&self, id: MerchantId) -> Option<(MerchantState, Option<MerchantState>)>;
}

impl MerchantStates for Locked {
    fn state(&self, id: MerchantId) -> Option<(MerchantState, Option<MerchantState>)> {
        self.get(id).map(|merchant| (merchant.state, merchant.before_freeze))
    }
}

impl MerchantStates for HashMap<MerchantId, (MerchantState, Option<MerchantState>)> {
    fn state(&self, id: MerchantId) -> Option<(MerchantState, Option<MerchantState>)> {
        self.get(&id).copied()
    }
}

impl<'a> Matching<'a> {
    pub(crate) fn account(&self, bank: &Arc<str>, index: &[u8; 32]) -> Option<&'a ReceivingAccount> {
        self.accounts.get(&(bank.clone(), *index))
    }

    /// R6 about money that came into `account`: credited, with the evidence that it used up, or the first reason
    /// against it. A merchant that was not locked may not receive.
    pub(crate) fn judge(
        &self,
        account: Option<&ReceivingAccount>,
        case: &Case<'_>,
        orders: &mut OpenOrders,
    ) -> Result<Vec<(StoreId, Money)>, Reason> {
        let mut evidence = None;
        let reason = decide(&self.facts(account, case), || {
            let stores = account.map(|account| self.evidence_stores(account, case)).unwrap_or_default();
            evidence = orders.cover(&stores, case.amount, case.payment.uuid());
            evidence.is_some()
        });
        match reason {
            Some(reason) => Err(reason),
            None => Ok(evidence.unwrap_or_default()),
        }
    }

    fn may_receive(&self, merchant: MerchantId) -> bool {
        self.merchants.state(merchant).is_some_and(|(state, before)| merchants::may_receive(state, before))
    }

    fn facts(&self, account: Option<&ReceivingAccount>, case: &Case<'_>) -> Facts {
        let account = account.map(|account| AccountFacts {
            currency_equal: account.currency == case.amount.currency(),
            merchant_may_receive: self.may_receive(account.merchant),
            stores_linked: linked(account).next().is_some(),
            store_authorised: linked(account).any(|store| store.is_authorised(self.now)),
            remitter_is_platform: self.paying(account, case).next().is_some(),
        });
        Facts { account, conflict: case.conflict, sum_mismatch: case.sum_mismatch }
    }

    /// The stores whose money this can be: linked, authorised, and the remitter is their platform.
    fn paying<'s>(
        &'s self,
        account: &'s ReceivingAccount,
        case: &'s Case<'_>,
    ) -> impl Iterator<Item = &'s LinkedStore> {
        linked(account).filter(|store| {
            store.is_authorised(self.now)
                && case.remitter.is_some_and(|name| self.remitters.is_of(&store.platform, name))
        })
    }

    fn evidence_stores(&self, account: &ReceivingAccount, case: &Case<'_>) -> Vec<StoreId> {
        self.paying(account, case).flat_map(LinkedStore::evidence_stores).collect()
    }
}

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub payment: PaymentId,
    /// What of it is still there to be credited.
    pub amount: Money,
    pub conflict: bool,
    pub sum_mismatch: bool,
    pub remitter: Option<&'a str>,
}

/// R15: a PayPal account without the eBay stores that its money comes from is not linked yet.
fn linked(account: &ReceivingAccount) -> impl Iterator<Item = &LinkedStore> {
    account.stores.iter().filter(|store| !store.lacks_ebay_stores())
}

/// The evidence that may be needed to credit `amount` to an account: stores, currency, and how much in minor units.
/// Lock the accounts of it in the ledger, then read the orders.
pub fn evidence_wanted(account: &ReceivingAccount, amount: Money) -> Vec<(StoreId, Currency, i64)> {
    if account.currency != amount.currency() {
        return Vec::new();
    }
    let stores = linked(account).flat_map(LinkedStore::evidence_stores);
    stores.map(|store| (store, amount.currency(), amount.minor())).collect()
}
