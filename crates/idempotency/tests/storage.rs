//! How keys and answers lie: moved as they were, found whatever their age, and nothing that grows with repeats.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use idempotency::{Answer, Claim, MIGRATIONS, Request, claim, record, request_hash};
use pg::{Connection, MigrationSet, Shard};
use testkit::TestDb;
use uuid::Uuid;

fn request(shard: i16, key: &str, id: Uuid) -> Request {
    Request {
        shard: Shard::new(shard).unwrap(),
        scope: Arc::from("mer_0190b3c1d2e47f00b8a1c2d3e4f50607"),
        key: key.into(),
        hash: request_hash("POST", "/v1/withdrawals", b"{}"),
        id,
    }
}

fn answer() -> Answer {
    Answer { status: 201, body: b"{\"id\":\"wd_1\"}".to_vec() }
}

/// An id that was made in this year.
fn made_in(year: u64) -> Uuid {
    // Half a year after the year began, as good as.
    let millis = (year - 1970) * 31_556_952_000 + 15_778_476_000;
    let bytes = (u128::from(millis) << 80) | 0x7000_8000_0000_0000_0000 | u128::from(year);
    Uuid::from_u128(bytes)
}

async fn claimed(conn: &mut Connection, request: &Request) -> Claim {
    let tx = conn.begin().await.unwrap();
    let claim = claim(&tx, &[request]).await.unwrap().remove(0);
    tx.commit().await.unwrap();
    claim
}

async fn count(db: &TestDb, sql: &str) -> i64 {
    db.owner()
        .get()
        .await
        .unwrap()
        .query_one(Box::leak(sql.to_owned().into_boxed_str()), &[])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test]
async fn r22_keys_that_were_used_before_the_partitions_give_their_answers() {
    let first = MigrationSet { owner: MIGRATIONS.owner, migrations: &MIGRATIONS.migrations[..1] };
    let db = testkit::database(&[first]).await;
    let owner = db.owner();
    let conn = owner.get().await.unwrap();
    for (number, key) in ["plain", "a\"b\\c", "8e03978e-40d5-43dd-bc93-6894a57f9324"].iter().enumerate() {
        let shard = i16::try_from(number).unwrap() * 7;
        let old = request(shard, key, made_in(2026));
        conn.execute(
            "INSERT INTO idempotency_keys VALUES ($1, $2, $3, $4, $5)",
            &[&shard, &&*old.scope, key, &old.id, &old.hash.as_slice()],
        )
        .await
        .unwrap();
        conn.execute(
            "INSERT INTO idempotency_answers VALUES ($1, $2, 201, $3)",
            &[&shard, &old.id, &answer().body],
        )
        .await
        .unwrap();
    }
    pg::migrate(&db.url, &pg::Tls::default(), &[MIGRATIONS]).await.expect("the migration");
    let mut conn = db.pool.get().await.unwrap();
    for (number, key) in ["plain", "a\"b\\c", "8e03978e-40d5-43dd-bc93-6894a57f9324"].iter().enumerate() {
        let shard = i16::try_from(number).unwrap() * 7;
        let again = claimed(&mut conn, &request(shard, key, Uuid::now_v7())).await;
        assert_eq!(again, Claim::Repeat(answer()), "{key}");
        let other = Request { hash: [7; 32], ..request(shard, key, Uuid::now_v7()) };
        assert_eq!(claimed(&mut conn, &other).await, Claim::OtherRequest, "{key}");
    }
}

#[tokio::test]
async fn r22_an_answer_is_found_whatever_its_age_and_each_year_lies_by_itself() {
    let db = testkit::database(&[MIGRATIONS]).await;
    let mut conn = db.pool.get().await.unwrap();
    let years = [2025, 2026, 2027, 2033, 2040, 2041, 2100];
    let tx = conn.begin().await.unwrap();
    let made: Vec<Request> =
        years.iter().map(|year| request(3, &format!("key of {year}"), made_in(*year))).collect();
    let all: Vec<&Request> = made.iter().collect();
    assert!(claim(&tx, &all).await.unwrap().iter().all(|claim| *claim == Claim::First));
    let kept = |request| (request, answer());
    record(&tx, &made.iter().map(kept).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    for year in years {
        let again = request(3, &format!("key of {year}"), Uuid::now_v7());
        assert_eq!(claimed(&mut conn, &again).await, Claim::Repeat(answer()), "{year}");
        let lies_in = if (2026..=2040).contains(&year) { year.to_string() } else { "rest".to_owned() };
        let sql =
            format!("SELECT count(*) FROM idempotency_answers_{lies_in} WHERE id = '{}'", made_in(year));
        assert_eq!(count(&db, &sql).await, 1, "{year}");
    }
    // All ages in one batch.
    let again: Vec<Request> =
        years.iter().map(|year| request(3, &format!("key of {year}"), Uuid::now_v7())).collect();
    let tx = conn.begin().await.unwrap();
    let claims = claim(&tx, &again.iter().collect::<Vec<_>>()).await.unwrap();
    assert!(claims.iter().all(|claim| *claim == Claim::Repeat(answer())), "{claims:?}");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn r22_keys_spread_over_all_partitions_and_repeats_leave_no_rows_behind() {
    let db = testkit::database(&[MIGRATIONS]).await;
    let mut conn = db.pool.get().await.unwrap();
    let made: Vec<Request> =
        (0..800).map(|number| request(number % 16, &format!("key {number}"), Uuid::now_v7())).collect();
    let tx = conn.begin().await.unwrap();
    claim(&tx, &made.iter().collect::<Vec<_>>()).await.unwrap();
    record(&tx, &made.iter().map(|request| (request, answer())).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    for partition in 0..8 {
        let rows = count(&db, &format!("SELECT count(*) FROM idempotency_keys_{partition}")).await;
        assert!((50..=150).contains(&rows), "{rows} of 800 keys lie in partition {partition}");
    }
    // More repeats than there are places for them.
    for _ in 0..2_000 {
        let again = Request { id: Uuid::now_v7(), ..made[0].clone() };
        assert_eq!(claimed(&mut conn, &again).await, Claim::Repeat(answer()));
    }
    assert_eq!(count(&db, "SELECT sum(times)::bigint FROM idempotency_repeats").await, 2_000);
    assert!(count(&db, "SELECT count(*) FROM idempotency_repeats").await <= 1_024);
}
