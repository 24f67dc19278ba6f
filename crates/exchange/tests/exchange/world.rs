//! What both parts need: a database, amounts, and a bank's words.

use exchange::{PublishedRate, Verdict, publish};
use money::{Currency, Money, Rate};
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
        ask: Rate::parse(ask).unwrap(),
        as_of,
    }
}

/// Publishes in a transaction of its own.
pub async fn tell(db: &TestDb, bank: &str, rates: &[PublishedRate]) -> Vec<Verdict> {
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let verdicts = publish(&tx, bank, Some(Uuid::now_v7()), rates, now).await.unwrap();
    tx.commit().await.unwrap();
    verdicts
}

pub async fn count(db: &TestDb, sql: &'static str) -> i64 {
    db.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

/// What the running program must not do: the SQLSTATE it is refused with.
pub async fn refused(db: &TestDb, sql: &str) -> Option<String> {
    let conn = db.pool.get().await.unwrap();
    conn.batch_execute(sql).await.unwrap_err().code().map(str::to_owned)
}

/// Waits until a session of this database waits for another's lock.
pub async fn somebody_waits(db: &TestDb) {
    let conn = db.owner().get().await.unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..200 {
        let waiting: i64 = conn.query_one(sql, &[]).await.unwrap().get(0);
        if waiting > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits for a lock");
}

pub const SECOND: Duration = Duration::SECOND;
/// insufficient_privilege
pub const NOT_ALLOWED: &str = "42501";
