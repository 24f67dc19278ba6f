//! A database with a vault in it, and deliveries to it.
// Each test file uses its part of it.
#![allow(dead_code)]

use std::sync::Arc;

use pg::{Connection, Shards, Tx};
use privacy::Keyring;
use testkit::TestDb;
use vault::{Answer, Claim, Delivery, Record, Verdict, claim, record};

pub const SHARDS: Shards = Shards::new(16);
pub const BODY: &[u8] = b"{\"type\":\"funds.received\",\"remitter\":\"Zhang San\"}";
pub const HEADERS: &str = "webhook-id: evt-1\nwebhook-timestamp: 1700000000";

pub struct World {
    pub db: TestDb,
    pub keyring: Keyring,
}

impl World {
    pub async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
        World { db: testkit::database(&[vault::MIGRATIONS]).await, keyring }
    }

    pub fn delivery(&self, bank: &str, event_id: &str, body: &[u8]) -> Delivery {
        Delivery::new(&self.keyring, SHARDS, &Arc::from(bank), event_id, "key-1", HEADERS, body).unwrap()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.db.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }
}

pub fn answer(body: &str) -> Answer {
    Answer { status: 200, body: body.into() }
}

/// A batch in a transaction of its own: what is first is accepted, and answered with its event id.
pub async fn run(conn: &mut Connection, deliveries: &[&Delivery]) -> Vec<Claim> {
    let tx = conn.begin().await.unwrap();
    let claims = claim(&tx, deliveries).await.unwrap();
    finish(tx, deliveries, claims).await
}

/// The same of a batch that thinks its events new, and looks for them when they are not.
pub async fn run_boldly(conn: &mut Connection, deliveries: &[&Delivery]) -> Vec<Claim> {
    let tx = conn.begin().await.unwrap();
    tx.expect_new_keys();
    match claim(&tx, deliveries).await {
        Ok(claims) => finish(tx, deliveries, claims).await,
        Err(vault::Error::Database(pg::Error::NotNew { .. })) => {
            tx.rollback().await.unwrap();
            run(conn, deliveries).await
        }
        Err(error) => panic!("{error}"),
    }
}

async fn finish(tx: Tx<'_>, deliveries: &[&Delivery], claims: Vec<Claim>) -> Vec<Claim> {
    let now = tx.now().await.unwrap();
    let firsts = deliveries.iter().zip(&claims).filter(|(_, claim)| **claim == Claim::First);
    let records: Vec<Record<'_>> = firsts
        .map(|(delivery, _)| Record {
            delivery,
            verdict: Verdict::Accepted,
            status: 200,
            answer: delivery.event_id.as_bytes(),
        })
        .collect();
    record(&tx, &records, now).await.unwrap();
    tx.commit().await.unwrap();
    claims
}

/// One delivery in a transaction of its own, with a verdict and a status of one's own, received at `at`.
pub async fn kept(
    conn: &mut Connection,
    delivery: &Delivery,
    verdict: Verdict,
    status: u16,
    at: time::OffsetDateTime,
) {
    let tx = conn.begin().await.unwrap();
    assert_eq!(claim(&tx, &[delivery]).await.unwrap(), [Claim::First]);
    record(&tx, &[Record { delivery, verdict, status, answer: b"first" }], at).await.unwrap();
    tx.commit().await.unwrap();
}
