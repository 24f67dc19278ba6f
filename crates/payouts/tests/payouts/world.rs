//! A database with merchants and payouts in it, a bank that does as told, and a lane of one command at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bank::connector::BoxFuture;
use bank::{Beneficiary, Connector, Hidden, News, PayoutOrder, QueryOutcome, SendOutcome};
use merchants::MerchantId;
use money::{Currency, Money};
use payouts::{
    Backoff, BankLink, BankPolicy, BreakerPolicy, Effect, NewPayout, NotTaken, Open, Payout, PayoutId,
    PayoutState, Report, Submit, Worker,
};
use pg::{Pool, Shard};
use testkit::TestDb;
use tokio::time::Instant;
use uuid::Uuid;

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn policy() -> BankPolicy {
    BankPolicy {
        deduplicates_references: true,
        request_timeout: ms(200),
        // Half of it is what a claim and its commit have on a busy machine before the send is too late.
        lease: ms(2_000),
        settle: ms(2_500),
        max_sends: 3,
        max_queries: 5,
        send_backoff: Backoff { first: ms(20), most: ms(100) },
        query_backoff: Backoff { first: ms(20), most: ms(100) },
        poll: Backoff { first: ms(50), most: ms(100) },
    }
}

/// What the fake bank does with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Executes it; the query says so.
    Pays,
    /// Executes it and never answers the send.
    Silent,
    /// Loses it and never answers the send.
    Loses,
    /// Can't be reached.
    Down,
}

/// A bank at the process boundary.
#[derive(Debug)]
pub struct FakeBank {
    pub mood: Mutex<Mood>,
    pub sends: Mutex<Vec<String>>,
    /// When each send or query began.
    pub calls: Mutex<Vec<Instant>>,
    pub executed: Mutex<HashMap<String, Money>>,
    /// What it tells next without being asked.
    pub news: Mutex<Vec<News>>,
}

impl FakeBank {
    pub fn new(mood: Mood) -> Arc<FakeBank> {
        Arc::new(FakeBank {
            mood: Mutex::new(mood),
            sends: Mutex::default(),
            calls: Mutex::default(),
            executed: Mutex::default(),
            news: Mutex::default(),
        })
    }

    /// It tells this without being asked.
    pub fn tell(&self, id: PayoutId, outcome: QueryOutcome) {
        self.news.lock().unwrap().push(News { reference: id.to_string(), outcome });
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn sends_of(&self, id: PayoutId) -> usize {
        self.sends.lock().unwrap().iter().filter(|reference| **reference == id.to_string()).count()
    }
}

impl Connector for FakeBank {
    fn send<'a>(&'a self, order: &'a PayoutOrder, deadline: Instant) -> BoxFuture<'a, SendOutcome> {
        Box::pin(async move {
            let mood = self.mood();
            self.calls.lock().unwrap().push(Instant::now());
            if mood == Mood::Down {
                return SendOutcome::NotSent { why: "connection refused".into() };
            }
            self.sends.lock().unwrap().push(order.reference.clone());
            if mood != Mood::Loses {
                self.executed.lock().unwrap().insert(order.reference.clone(), order.amount);
            }
            if mood != Mood::Pays {
                tokio::time::sleep_until(deadline).await;
                return SendOutcome::Unknown { why: "no answer".into() };
            }
            SendOutcome::Accepted { bank_reference: "B-1".into() }
        })
    }

    fn query<'a>(&'a self, reference: &'a str, _: Instant) -> BoxFuture<'a, QueryOutcome> {
        Box::pin(async move {
            self.calls.lock().unwrap().push(Instant::now());
            if self.mood() == Mood::Down {
                return QueryOutcome::Unreachable { why: "connection refused".into() };
            }
            match self.executed.lock().unwrap().get(reference) {
                Some(amount) => QueryOutcome::Paid {
                    amount: *amount,
                    amount_received: None,
                    bank_reference: Some("B-1".into()),
                },
                None => QueryOutcome::NeverSeen,
            }
        })
    }

    fn news(&self, _: Instant) -> BoxFuture<'_, Vec<News>> {
        Box::pin(async move { std::mem::take(&mut *self.news.lock().unwrap()) })
    }
}

pub struct World {
    pub db: TestDb,
    pub merchant: MerchantId,
    /// While set, the lane takes nothing.
    pub closed: Arc<AtomicBool>,
}

impl World {
    /// With one active merchant.
    pub async fn start() -> World {
        let db = testkit::database(&[merchants::MIGRATIONS, payouts::MIGRATIONS, changes::MIGRATIONS]).await;
        let merchant = MerchantId::new(Shard::new(5).unwrap());
        let sql = "INSERT INTO merchants (shard, id, kind, state, name_sealed, name_index, email_sealed, email_index)
                   VALUES ($1, $2, 'individual', 'active', '', $3, '', $3)";
        let conn = db.owner().get().await.unwrap();
        let index = [1u8; 32];
        conn.execute(sql, &[&merchant.shard().number(), &merchant.uuid(), &&index[..]]).await.unwrap();
        World { db, merchant, closed: Arc::default() }
    }

    pub fn new_payout(&self, bank: &str) -> NewPayout {
        NewPayout {
            id: PayoutId::new(self.merchant.shard()),
            withdrawal: Some(Uuid::now_v7()),
            payment: None,
            merchant: Some(self.merchant.uuid()),
            bank: Arc::from(bank),
            attempt: 1,
            amount: Money::new(100_000, Currency::CNY).unwrap(),
            beneficiary_sealed: b"sealed".to_vec(),
            held_by: None,
        }
    }

    pub async fn enqueue(&self, new: &[NewPayout]) {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        payouts::enqueue(&tx, new, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn enqueue_at(&self, bank: &str, count: usize) -> Vec<PayoutId> {
        let new: Vec<NewPayout> = (0..count).map(|_| self.new_payout(bank)).collect();
        self.enqueue(&new).await;
        new.iter().map(|new| new.id).collect()
    }

    pub async fn get(&self, id: PayoutId) -> Payout {
        let conn = self.db.pool.get().await.unwrap();
        payouts::get(&conn, id).await.unwrap().unwrap()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.db.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    pub async fn freeze(&self) -> usize {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut locked = merchants::lock(&tx, &[], &[self.merchant]).await.unwrap();
        let freeze = merchants::Freeze { reason: "test".into(), legal_reference: None, until: None };
        let now = tx.now().await.unwrap();
        assert!(locked.freeze(self.merchant, freeze, now));
        let owner = (self.merchant.shard(), self.merchant.uuid());
        let mut payouts = payouts::lock_queued_of_merchants(&tx, &[owner]).await.unwrap();
        let held = payouts.freeze(self.merchant.uuid());
        locked.save(&tx, now).await.unwrap();
        payouts.save(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        held
    }

    pub async fn unfreeze(&self) -> usize {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut locked = merchants::lock(&tx, &[], &[self.merchant]).await.unwrap();
        let now = tx.now().await.unwrap();
        assert!(locked.unfreeze(self.merchant, now));
        let owner = (self.merchant.shard(), self.merchant.uuid());
        let mut payouts = payouts::lock_queued_of_merchants(&tx, &[owner]).await.unwrap();
        let released = payouts.unfreeze(self.merchant.uuid(), now);
        locked.save(&tx, now).await.unwrap();
        payouts.save(&tx, now).await.unwrap();
        tx.commit().await.unwrap();
        released
    }

    pub fn link(&self, name: &str, bank: &Arc<FakeBank>) -> BankLink {
        BankLink {
            bank: Arc::from(name),
            connector: bank.clone(),
            policy: policy(),
            concurrency: 4,
            max_per_second: 0,
            idle: ms(10),
            breaker: BreakerPolicy { failures: 3, pause: Backoff { first: ms(20), most: ms(80) } },
            paused: false,
        }
    }

    pub fn worker(&self, links: Vec<BankLink>) -> Worker {
        Worker::start(self.db.pool.clone(), links, open(), self.submit()).unwrap()
    }

    /// As the gateway's lane records reports, but one by one.
    pub fn submit(&self) -> Submit {
        let (pool, closed) = (self.db.pool.clone(), self.closed.clone());
        Arc::new(move |id, report| {
            let (pool, closed) = (pool.clone(), closed.clone());
            Box::pin(async move {
                if closed.load(Ordering::SeqCst) {
                    return Err(NotTaken("closed".into()));
                }
                record(&pool, id, &report).await.map(|_| ()).map_err(|error| NotTaken(error.to_string()))
            })
        })
    }

    /// Pays what no merchant's freeze stops. A bank's jobs are claimed one after the other, the one that was due first first: so
    /// whatever was due before has been claimed by then, or left.
    pub async fn a_later_one_is_paid(&self, bank: &str) {
        let payment = NewPayout {
            withdrawal: None,
            payment: Some(Uuid::now_v7()),
            merchant: None,
            ..self.new_payout(bank)
        };
        let id = payment.id;
        self.enqueue(&[payment]).await;
        self.wait_for(&[id], PayoutState::Paid).await;
    }

    pub async fn wait_for(&self, ids: &[PayoutId], state: PayoutState) {
        let deadline = Instant::now() + Duration::from_secs(60);
        for id in ids {
            loop {
                let payout = self.get(*id).await;
                if payout.state == state {
                    break;
                }
                assert!(Instant::now() < deadline, "{payout:?}");
                tokio::time::sleep(ms(10)).await;
            }
        }
    }
}

pub async fn record(pool: &Pool, id: PayoutId, report: &Report) -> Result<Option<Effect>, payouts::Error> {
    let mut conn = pool.get().await?;
    let tx = conn.begin().await?;
    let mut locked = payouts::lock(&tx, &[id]).await?;
    let now = tx.now().await?;
    let effect = locked.apply(id, report, &policy(), now);
    locked.save(&tx, now).await?;
    tx.commit().await?;
    Ok(effect)
}

pub fn open() -> Open {
    Arc::new(|sealed, _| {
        assert_eq!(sealed, b"sealed");
        Ok(Beneficiary {
            name: Hidden::new("ZHANG WEI"),
            account_number: Hidden::new("6222000000001234"),
            bank_code: "102100099996".into(),
            country: "CN".into(),
        })
    })
}
