//! A bootstrapped book, and short words for what happens in it.

use std::sync::Arc;

use ledger::{Account, AccountKind, Error, Head, Journal, Layout, MerchantRef, Movement, Owner, Report};
use money::{Currency, Money};
use pg::{Pool, Shard, Shards};
use testkit::TestDb;
use uuid::Uuid;

pub const LAYOUT: Layout = Layout { shards: Shards::new(16), chains: 4 };

pub struct World {
    pub db: TestDb,
    pub owner: Pool,
}

impl World {
    pub async fn new() -> World {
        let db = testkit::database(&[ledger::MIGRATIONS]).await;
        let owner = db.owner();
        let mut conn = owner.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        ledger::bootstrap(&tx, LAYOUT).await.unwrap();
        tx.commit().await.unwrap();
        drop(conn);
        World { db, owner }
    }

    /// One batch with all of these, or nothing.
    pub async fn post(&self, movements: &[Movement]) -> Result<(), Error> {
        let mut conn = self.db.pool.get().await?;
        let tx = conn.begin().await?;
        let accounts: Vec<Account> = movements.iter().flat_map(Movement::accounts).collect();
        let mut journal = Journal::open(&tx, LAYOUT, &accounts).await?;
        let now = tx.now().await?;
        for movement in movements {
            journal.post(movement, Uuid::now_v7())?;
        }
        journal.write(&tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// What the account holds, by its counters.
    pub async fn balance(&self, account: &Account) -> i64 {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut accounts = vec![account.clone()];
        if let (AccountKind::Receivable, Owner::Merchant(id)) = (account.kind(), account.owner()) {
            accounts.push(Account::merchant(account.key().shard, *id, account.currency()));
        }
        let journal = Journal::open(&tx, LAYOUT, &accounts).await.unwrap();
        let balance = journal.balance(account).unwrap();
        tx.rollback().await.unwrap();
        balance
    }

    /// What somebody with all rights could do.
    pub async fn tamper(&self, sql: &str) {
        self.owner.get().await.unwrap().batch_execute(sql).await.unwrap();
    }

    pub async fn heads(&self) -> Vec<Head> {
        ledger::heads(&self.db.pool.get().await.unwrap()).await.unwrap()
    }

    pub async fn verify(&self, known: &[Head]) -> Report {
        let mut conn = self.db.pool.get().await.unwrap();
        ledger::verify(&mut conn, LAYOUT, known, ledger::Pace::Full).await.unwrap()
    }

    /// The proof passes.
    pub async fn check(&self) -> Report {
        let report = self.verify(&[]).await;
        assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
        report
    }
}

pub fn shard(number: i16) -> Shard {
    Shard::new(number).unwrap()
}

pub fn bank() -> Arc<str> {
    Arc::from("hb")
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

pub fn merchant(number: i16) -> MerchantRef {
    MerchantRef { shard: shard(number), id: Uuid::from_u128(1000 + number.unsigned_abs() as u128) }
}

pub fn paid_in(merchant: MerchantRef, minor: i64) -> Movement {
    Movement::PaymentCredited { bank: bank(), merchant, amount: usd(minor) }
}

pub fn withdrawn(merchant: MerchantRef, fee: i64, net: i64) -> Movement {
    Movement::WithdrawalSameCurrency { bank: bank(), merchant, fee: usd(fee), net: usd(net) }
}

pub fn in_suspense(number: i16, minor: i64) -> Movement {
    Movement::PaymentToSuspense { bank: bank(), shard: shard(number), amount: usd(minor) }
}

pub fn store(number: u128) -> Uuid {
    Uuid::from_u128(2000 + number)
}

pub fn ordered(m: MerchantRef, of: Uuid, minor: i64) -> Movement {
    Movement::EvidenceAdded { shard: m.shard, store: of, amount: usd(minor) }
}

pub fn covered(m: MerchantRef, by: Uuid, minor: i64) -> Movement {
    Movement::EvidenceUsed { shard: m.shard, store: by, amount: usd(minor) }
}

pub fn taken_back(m: MerchantRef, covered: i64, owed: i64) -> Movement {
    Movement::PaymentReversed { bank: bank(), merchant: m, covered: usd(covered), owed: usd(owed) }
}
