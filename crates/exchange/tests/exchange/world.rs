//! What both parts need: a database, amounts, and a bank's words.

use exchange::{PublishedRate, RateEvent, RateId, RatePolicy, ReviewRefusal, Sources, Verdict};
use money::{Currency, Money, Rate};
use pg::Tx;
use testkit::{TestDb, database};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub async fn world() -> TestDb {
    database(&[exchange::MIGRATIONS]).await
}

/// The database's time.
pub async fn now(db: &TestDb) -> OffsetDateTime {
    db.pool.get().await.unwrap().now().await.unwrap()
}

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn cny(text: &str) -> Money {
    Money::parse(text, Currency::CNY).unwrap()
}

/// A rate against the yuan.
pub fn rate(base: Currency, bid: &str, ask: &str, as_of: OffsetDateTime) -> PublishedRate {
    PublishedRate {
        base,
        quote: Currency::CNY,
        bid: Rate::parse(bid).unwrap(),
        ask: Rate::parse(ask).unwrap().into(),
        as_of,
    }
}

/// A rate may be used for 15 minutes; one that differs by more than a tenth is held.
pub fn policy() -> RatePolicy {
    RatePolicy::of_age(Duration::minutes(15))
}

/// Publishes in a transaction of its own.
pub async fn tell(db: &TestDb, bank: &str, rates: &[PublishedRate]) -> Vec<Verdict> {
    let now = now(db).await;
    tell_at(db, bank, rates, now).await
}

/// The same, received at this time.
pub async fn tell_at(db: &TestDb, bank: &str, rates: &[PublishedRate], now: OffsetDateTime) -> Vec<Verdict> {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let verdicts = publish(&tx, bank, rates, now).await;
    tx.commit().await.unwrap();
    verdicts
}

/// Publishes, and leaves the end of the transaction to the caller.
pub async fn publish(tx: &Tx<'_>, bank: &str, rates: &[PublishedRate], now: OffsetDateTime) -> Vec<Verdict> {
    let mut sources = Sources::lock(tx, &[(bank, rates)], &[], now).await.unwrap();
    let verdicts = sources.publish(bank, Some(Uuid::now_v7()), rates, &policy(), now).unwrap();
    sources.save(tx).await.unwrap();
    verdicts
}

/// An operator decides about a rate that waits.
pub async fn review(
    db: &TestDb,
    id: RateId,
    event: RateEvent,
    now: OffsetDateTime,
) -> Result<(), ReviewRefusal> {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut sources = Sources::lock(&tx, &[], &[id], now).await.unwrap();
    let done = match event {
        RateEvent::Accept => sources.accept(id, &policy(), now),
        RateEvent::Reject => sources.reject(id, now),
        RateEvent::Supersede => panic!("banks supersede"),
    };
    sources.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    done
}

pub async fn count(db: &TestDb, sql: &'static str) -> i64 {
    db.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

/// What the running program must not do: the SQLSTATE it is refused with.
pub async fn refused(db: &TestDb, sql: &str) -> Option<String> {
    let conn = db.pool.get().await.unwrap();
    conn.batch_execute(sql).await.unwrap_err().code().map(str::to_owned)
}

pub const SECOND: Duration = Duration::SECOND;
/// insufficient_privilege
pub const NOT_ALLOWED: &str = "42501";
