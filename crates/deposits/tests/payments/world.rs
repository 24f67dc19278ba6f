//! A database with the book and the payments in it, and short ways to fill them.

use std::collections::HashMap;
use std::sync::Arc;

use deposits::{
    Claimed, Incoming, Matching, MerchantStates, Payment, PaymentId, PlatformRemitters, Receipt, Received,
    claim, evidence_wanted, insert, receive, shard_of,
};
use ledger::{Account, Journal, Layout, Movement};
use merchants::orders::{OpenOrders, Order, insert_orders, open_orders, save_covers};
use merchants::{
    Directory, Jurisdiction, LinkedStore, MerchantId, MerchantState, ReceivingAccount, ReceivingAccountId,
    StoreId,
};
use money::{Currency, Money};
use pg::{Shard, Shards, Tx};
use privacy::Sensitive;
use testkit::TestDb;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub const REMITTER: &str = "AMAZON PAYMENTS INC";
pub const INDEX: [u8; 32] = [7; 32];

#[derive(Debug)]
pub struct World {
    pub db: TestDb,
    pub layout: Layout,
    pub accounts: Directory,
    pub merchants: HashMap<MerchantId, (MerchantState, Option<MerchantState>)>,
    pub remitters: PlatformRemitters,
    pub merchant: MerchantId,
    pub store: StoreId,
}

impl World {
    /// With one active merchant, whose account number has the index [`INDEX`], and orders that cover 10,000.00 USD.
    pub async fn start() -> World {
        let db = testkit::database(&[ledger::MIGRATIONS, merchants::MIGRATIONS, deposits::MIGRATIONS]).await;
        let layout = Layout { shards: Shards::new(16), chains: 4 };
        let mut conn = db.owner().get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        ledger::bootstrap(&tx, layout).await.unwrap();
        tx.commit().await.unwrap();
        let merchant = MerchantId::new(Shard::new(5).unwrap());
        let store = StoreId::new(merchant.shard());
        let account = ReceivingAccount {
            id: ReceivingAccountId::new(Shard::new(9).unwrap()),
            merchant,
            currency: Currency::USD,
            jurisdiction: Jurisdiction::NorthAmerica,
            stores: vec![LinkedStore {
                id: store,
                platform: "amazon".to_owned(),
                authorised_until: Some(OffsetDateTime::now_utc() + Duration::DAY),
                ebay_stores: Vec::new(),
            }],
        };
        let world = World {
            db,
            layout,
            accounts: Directory::from([((bank(), INDEX), account)]),
            merchants: HashMap::from([(merchant, (MerchantState::Active, None))]),
            remitters: PlatformRemitters::new([("amazon", REMITTER)]),
            merchant,
            store,
        };
        world.import("DEMO", usd(1_000_000)).await;
        world
    }

    /// One more order of the merchant's store.
    pub async fn import(&self, id: &str, amount: Money) {
        let mut conn = self.db.owner().get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let order = Order { id: id.to_owned(), amount, ordered_at: OffsetDateTime::now_utc() };
        insert_orders(&tx, &[(self.store, order)]).await.unwrap();
        let (shard, store) = (self.store.shard(), self.store.uuid());
        let added = Movement::EvidenceAdded { shard, store, amount };
        self.post(&tx, &[(PaymentId::new(shard), added)]).await;
        tx.commit().await.unwrap();
    }

    pub fn matching(&self, now: OffsetDateTime) -> Matching<'_> {
        let merchants: &dyn MerchantStates = &self.merchants;
        Matching { accounts: &self.accounts, merchants, remitters: &self.remitters, now }
    }

    /// One batch, as the gateway runs it: claim, decide, insert, post, commit.
    pub async fn take_in(&self, receipts: &[Receipt]) -> Vec<Received> {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let receipts: Vec<&Receipt> = receipts.iter().collect();
        let claimed: Vec<Claimed> = claim(&tx, &receipts).await.unwrap();
        let now = tx.now().await.unwrap();
        let incoming: Vec<Incoming<'_>> =
            receipts.iter().zip(claimed).map(|(receipt, claimed)| Incoming { receipt, claimed }).collect();
        let (journal, mut orders) = self.evidence(&tx, &receipts, &[]).await;
        let received = receive(&incoming, &self.matching(now), &mut orders);
        let (mut payments, mut all): (Vec<&Payment>, Vec<(PaymentId, Movement)>) = (vec![], vec![]);
        for one in &received {
            if let Received::Payment { payment, movements } = one {
                payments.push(payment);
                all.extend(movements.iter().map(|movement| (payment.id, movement.clone())));
            }
        }
        insert(&tx, &payments).await.unwrap();
        save_covers(&tx, &orders).await.unwrap();
        post(&tx, journal, &all).await;
        tx.commit().await.unwrap();
        received
    }

    /// Locks the evidence that these may need, and other stores' too, and reads their orders.
    pub async fn evidence(
        &self,
        tx: &Tx<'_>,
        receipts: &[&Receipt],
        others: &[(StoreId, Currency)],
    ) -> (Journal, OpenOrders) {
        let account = |receipt: &&Receipt| self.accounts.get(&(receipt.bank.clone(), receipt.account_index));
        let wanted: Vec<(StoreId, Currency, i64)> = receipts
            .iter()
            .filter_map(|receipt| Some(evidence_wanted(account(receipt)?, receipt.amount)))
            .flatten()
            .collect();
        let stores = wanted.iter().map(|(store, currency, _)| (*store, *currency));
        let accounts: Vec<Account> = stores
            .chain(others.iter().copied())
            .flat_map(|(store, currency)| {
                let source = Account::evidence_source(store.shard(), currency);
                [Account::evidence(store.shard(), store.uuid(), currency), source]
            })
            .collect();
        let journal = Journal::open(tx, self.layout, &accounts).await.unwrap();
        (journal, open_orders(tx, &wanted).await.unwrap())
    }

    /// Takes in one receipt that must be a new payment.
    pub async fn take_in_one(&self, receipt: Receipt) -> Payment {
        match self.take_in(&[receipt]).await.pop() {
            Some(Received::Payment { payment, .. }) => *payment,
            other => panic!("{other:?}"),
        }
    }

    pub async fn post(&self, tx: &Tx<'_>, movements: &[(PaymentId, Movement)]) {
        let journal = Journal::open(tx, self.layout, &[]).await.unwrap();
        post(tx, journal, movements).await;
    }

    /// Credits less debits of all accounts of this kind, in all shards.
    pub async fn sum(&self, kind: &str, currency: Currency) -> i64 {
        let conn = self.db.pool.get().await.unwrap();
        let sql = "SELECT coalesce(sum(credits - debits), 0)::bigint FROM accounts WHERE kind = $1 AND currency = $2";
        conn.query_one(sql, &[&kind, &currency.code()]).await.unwrap().get(0)
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.db.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// Adds the accounts that are not open yet, posts and writes.
pub async fn post(tx: &Tx<'_>, mut journal: Journal, movements: &[(PaymentId, Movement)]) {
    let accounts: Vec<Account> = movements.iter().flat_map(|(_, movement)| movement.accounts()).collect();
    journal.add(tx, &accounts).await.unwrap();
    for (payment, movement) in movements {
        journal.post(movement, payment.uuid()).unwrap();
    }
    journal.write(tx, tx.now().await.unwrap()).await.unwrap();
}

pub fn bank() -> Arc<str> {
    Arc::from("harbour")
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

/// A receipt for the merchant's account, from its store's platform.
pub fn receipt(reference: &str, amount: Money) -> Receipt {
    Receipt {
        id: PaymentId::new(shard_of(Shards::new(16), &bank(), reference)),
        bank: bank(),
        account_index: INDEX,
        reference: reference.to_owned(),
        position: 0,
        amount,
        sum_mismatch: false,
        entry: None,
        remitter_name: Some(Sensitive::new(REMITTER.to_owned())),
        details_sealed: Arc::from([1, 2, 3].as_slice()),
        uetr: None,
        value_date: None,
        event: Uuid::now_v7(),
    }
}

/// The same for an account that nobody knows.
pub fn stray(reference: &str, amount: Money) -> Receipt {
    Receipt { account_index: [8; 32], ..receipt(reference, amount) }
}
