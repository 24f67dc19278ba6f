//! Values for the tests of pure functions.

use std::collections::HashMap;
use std::sync::Arc;

use merchants::orders::Order;
use merchants::{
    Directory, Jurisdiction, LinkedStore, MerchantId, MerchantState, OpenOrders, ReceivingAccount,
    ReceivingAccountId, StoreId,
};
use money::{Currency, Money};
use pg::Shard;
use privacy::Sensitive;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::decide::Reason;
use crate::matching::Matching;
use crate::payment::Payment;
use crate::receipt::{PaymentId, Receipt};
use crate::remitters::PlatformRemitters;
use crate::reversals::{ReversalId, ReversalReport};
use crate::state::PaymentState;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-23 08:00 UTC);
pub(crate) const INDEX: [u8; 32] = [7; 32];
pub(crate) const REMITTER: &str = "AMAZON PAYMENTS INC";

pub(crate) const PAYPAL: &str = "PAYPAL INC";

pub(crate) fn bank() -> Arc<str> {
    Arc::from("harbour")
}

pub(crate) fn shard(number: i16) -> Shard {
    Shard::new(number).unwrap()
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn remitters() -> PlatformRemitters {
    PlatformRemitters::new([("amazon", REMITTER), ("ebay", "EBAY COMMERCE INC"), ("paypal", PAYPAL)])
}

/// A receipt of 25.00 USD in shard 3.
pub(crate) fn receipt() -> Receipt {
    Receipt {
        id: PaymentId::new(shard(3)),
        bank: bank(),
        account_index: INDEX,
        reference: "HB-20261123-000017".to_owned(),
        position: 0,
        amount: usd(2_500),
        sum_mismatch: false,
        entry: None,
        remitter_name: Some(Sensitive::new(REMITTER.to_owned())),
        details_sealed: Arc::from([1, 2, 3].as_slice()),
        uetr: None,
        value_date: None,
        event: Uuid::now_v7(),
    }
}

/// The payment of [`receipt`], in review for an unknown account.
pub(crate) fn payment() -> Payment {
    let receipt = receipt();
    Payment {
        id: receipt.id,
        bank: receipt.bank,
        reference: receipt.reference,
        position: 0,
        account_index: receipt.account_index,
        account: None,
        merchant: None,
        amount: receipt.amount,
        status: PaymentState::InReview,
        reason: Some(Reason::UnknownAccount),
        conflict: false,
        sum_mismatch: false,
        reversed_minor: 0,
        details_sealed: receipt.details_sealed,
        uetr: None,
        value_date: None,
        event: receipt.event,
        received_at: NOW,
        decided_at: None,
    }
}

/// A report that so much of [`receipt`] was taken back, in minor units of USD.
pub(crate) fn reversal_report(minor: i64) -> ReversalReport {
    ReversalReport {
        id: ReversalId::new(shard(3)),
        bank: bank(),
        account_index: None,
        reference: "HB-R-000001".to_owned(),
        original_reference: "HB-20261123-000017".to_owned(),
        position: 0,
        amount: usd(minor),
        reason: Some("AC04".to_owned()),
        event: Uuid::now_v7(),
    }
}

/// A merchant's id in shard 5.
pub(crate) fn merchant() -> MerchantId {
    MerchantId::new(shard(5))
}

pub(crate) fn store(platform: &str, authorised_until: OffsetDateTime) -> LinkedStore {
    LinkedStore {
        id: StoreId::new(shard(5)),
        platform: platform.to_owned(),
        authorised_until: Some(authorised_until),
        ebay_stores: Vec::new(),
    }
}

/// A USD account with one Amazon store whose authorisation ends a day after [`NOW`].
pub(crate) fn account(merchant: MerchantId) -> ReceivingAccount {
    ReceivingAccount {
        id: ReceivingAccountId::new(shard(9)),
        merchant,
        currency: Currency::USD,
        jurisdiction: Jurisdiction::NorthAmerica,
        stores: vec![store("amazon", NOW + time::Duration::DAY)],
    }
}

/// One uncovered order of `minor` US cents for each store of the account.
pub(crate) fn orders(account: &ReceivingAccount, minor: i64) -> OpenOrders {
    let order = Order { id: "A-1".to_owned(), amount: usd(minor), ordered_at: NOW };
    OpenOrders::of(account.stores.iter().map(|store| (store.id, order.clone())))
}

/// One uncovered order of a store.
pub(crate) fn orders_of(store: StoreId, minor: i64) -> OpenOrders {
    OpenOrders::of([(store, Order { id: "A-1".to_owned(), amount: usd(minor), ordered_at: NOW })])
}

/// What a decision looks at, owned.
#[derive(Debug)]
pub(crate) struct Known {
    pub accounts: Directory,
    pub merchants: HashMap<MerchantId, (MerchantState, Option<MerchantState>)>,
    pub remitters: PlatformRemitters,
}

impl Known {
    /// These merchants, and no account.
    pub(crate) fn of(merchants: &[(MerchantId, MerchantState)]) -> Known {
        let merchants = merchants.iter().map(|(id, state)| (*id, (*state, None))).collect();
        Known { accounts: Directory::new(), merchants, remitters: remitters() }
    }

    /// This account too.
    pub(crate) fn with(mut self, account: ReceivingAccount) -> Known {
        self.accounts.insert((bank(), INDEX), account);
        self
    }

    pub(crate) fn matching(&self) -> Matching<'_> {
        let Known { accounts, merchants, remitters } = self;
        Matching { accounts, merchants, remitters, now: NOW }
    }
}
