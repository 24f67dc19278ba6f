//! What a decision may look at, and the facts that it finds there.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use merchants::{Directory, Locked, MerchantId, MerchantState, ReceivingAccount};
use money::Money;
use time::OffsetDateTime;

use crate::decide::{AccountFacts, Facts};
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
    /// The state of a merchant; `None` when it isn't locked or doesn't exist.
    fn state(&self, id: MerchantId) -> Option<MerchantState>;
}

impl MerchantStates for Locked {
    fn state(&self, id: MerchantId) -> Option<MerchantState> {
        self.get(id).map(|merchant| merchant.state)
    }
}

impl MerchantStates for HashMap<MerchantId, MerchantState> {
    fn state(&self, id: MerchantId) -> Option<MerchantState> {
        self.get(&id).copied()
    }
}

impl<'a> Matching<'a> {
    pub(crate) fn account(&self, bank: &Arc<str>, index: &[u8; 32]) -> Option<&'a ReceivingAccount> {
        self.accounts.get(&(bank.clone(), *index))
    }

    /// The facts of R6 about money that came into `account`. A merchant that was not locked may not receive.
    pub(crate) fn facts(
        &self,
        account: Option<&ReceivingAccount>,
        amount: Money,
        conflict: bool,
        remitter: Option<&str>,
    ) -> Facts {
        let account = account.map(|account| {
            let mut authorised = account.stores.iter().filter(|store| store.is_authorised(self.now));
            AccountFacts {
                currency_equal: account.currency == amount.currency(),
                merchant_may_receive: self
                    .merchants
                    .state(account.merchant)
                    .is_some_and(merchants::may_receive),
                stores_linked: !account.stores.is_empty(),
                store_authorised: authorised.clone().next().is_some(),
                remitter_is_platform: remitter
                    .is_some_and(|name| authorised.any(|store| self.remitters.is_of(&store.platform, name))),
            }
        });
        Facts { account, conflict }
    }
}
