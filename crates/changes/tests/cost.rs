//! What the write path pays. Printed, not judged: `cargo test --release -p changes --test cost -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Instant;

use changes::{Changes, Kind, MIGRATIONS, record};
use pg::Connection;
use uuid::Uuid;

const ROUNDS: u32 = 2_000;

async fn wal(conn: &Connection) -> i64 {
    let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
    conn.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
#[ignore = "prints figures"]
async fn what_a_transaction_pays() {
    let db = testkit::database(&[MIGRATIONS]).await;
    let mut conn = db.pool.get().await.unwrap();
    db.owner()
        .get()
        .await
        .unwrap()
        .batch_execute("CREATE TABLE other (n bigint); GRANT ALL ON other TO PUBLIC")
        .await
        .unwrap();
    println!(
        "ids of each of two kinds, microseconds for the statement and its round trip, bytes of write-ahead log"
    );
    for ids in [1, 8, 32, 256] {
        let (mut took, before) = (std::time::Duration::ZERO, wal(&conn).await);
        for _ in 0..ROUNDS {
            let mut changes = Changes::of_a_transaction();
            changes.extend(Kind::BankEvent, (0..ids).map(|_| Uuid::now_v7()));
            changes.extend(Kind::Payment, (0..ids).map(|_| Uuid::now_v7()));
            let tx = conn.begin().await.unwrap();
            tx.execute("INSERT INTO other VALUES (1)", &[]).await.unwrap();
            let begun = Instant::now();
            record(&tx, &changes).await.unwrap();
            took += begun.elapsed();
            tx.commit().await.unwrap();
        }
        let with = wal(&conn).await - before;
        let before = wal(&conn).await;
        for _ in 0..ROUNDS {
            let tx = conn.begin().await.unwrap();
            tx.execute("INSERT INTO other VALUES (1)", &[]).await.unwrap();
            tx.commit().await.unwrap();
        }
        let without = wal(&conn).await - before;
        println!(
            "{ids:4}  {:7.1} µs  {:6} bytes",
            took.as_secs_f64() * 1e6 / f64::from(ROUNDS),
            (with - without) / i64::from(ROUNDS)
        );
    }
}
