//! Keys on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use idempotency::{Answer, Claim, Error, Request, claim, record, release, request_hash};
use pg::{Connection, Shard};
use testkit::TestDb;
use testkit::somebody_waits;
use uuid::Uuid;

async fn db() -> TestDb {
    testkit::database(&[idempotency::MIGRATIONS]).await
}

fn request(scope: &str, key: &str, body: &[u8]) -> Request {
    Request {
        shard: Shard::new(3).unwrap(),
        scope: Arc::from(scope),
        key: key.into(),
        hash: request_hash("POST", "/v1/withdrawals", body),
        id: Uuid::now_v7(),
    }
}

fn answer(body: &str) -> Answer {
    Answer { status: 201, body: body.into() }
}

/// A transaction that claims and, where it is the first, answers with `body`.
async fn run(conn: &mut Connection, request: &Request, body: &str) -> Claim {
    let tx = conn.begin().await.unwrap();
    let claims = claim(&tx, &[request]).await.unwrap();
    if claims == [Claim::First] {
        record(&tx, &[(request, answer(body))]).await.unwrap();
    }
    tx.commit().await.unwrap();
    claims.into_iter().next().unwrap()
}

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[idempotency::MIGRATIONS]).await;
}

#[tokio::test]
async fn r22_the_first_goes_on_and_a_repeat_gets_its_answer_byte_for_byte() {
    let db = db().await;
    let mut conn = db.pool.get().await.unwrap();
    let body = "{\"id\":\"wd_1\", \"at\":  \"…\"}";
    assert_eq!(run(&mut conn, &request("mer_1", "k", b"a"), body).await, Claim::First);
    for _ in 0..2 {
        let repeat = run(&mut conn, &request("mer_1", "k", b"a"), "something new").await;
        assert_eq!(repeat, Claim::Repeat(answer(body)));
    }
    // An answer that is given again leaves after a commit of its own.
    let repeats = conn.query_one("SELECT sum(times)::bigint FROM idempotency_repeats", &[]).await.unwrap();
    assert_eq!(repeats.get::<_, i64>(0), 2);
}

#[tokio::test]
async fn r22_the_same_key_with_another_request_is_refused_and_changes_nothing() {
    let db = db().await;
    let mut conn = db.pool.get().await.unwrap();
    run(&mut conn, &request("mer_1", "k", b"a"), "one").await;
    assert_eq!(run(&mut conn, &request("mer_1", "k", b"b"), "two").await, Claim::OtherRequest);
    let elsewhere = Request {
        hash: request_hash("POST", "/v1/withdrawals/wd_1/payee", b"a"),
        ..request("mer_1", "k", b"a")
    };
    assert_eq!(run(&mut conn, &elsewhere, "two").await, Claim::OtherRequest);
    assert_eq!(run(&mut conn, &request("mer_1", "k", b"a"), "").await, Claim::Repeat(answer("one")));
}

#[tokio::test]
async fn r22_a_key_belongs_to_its_scope() {
    let db = db().await;
    let mut conn = db.pool.get().await.unwrap();
    for scope in ["mer_1", "mer_2", "op_1"] {
        assert_eq!(run(&mut conn, &request(scope, "k", scope.as_bytes()), scope).await, Claim::First);
    }
    let repeat = run(&mut conn, &request("mer_2", "k", b"mer_2"), "").await;
    assert_eq!(repeat, Claim::Repeat(answer("mer_2")));
}

#[tokio::test]
async fn r22_in_one_batch_the_earlier_one_is_the_first() {
    let db = db().await;
    let mut conn = db.pool.get().await.unwrap();
    run(&mut conn, &request("mer_1", "old", b"a"), "old").await;
    let batch = [
        request("mer_1", "k", b"a"),
        request("mer_1", "old", b"a"),
        request("mer_1", "k", b"a"),
        request("mer_1", "k", b"b"),
        request("mer_1", "old", b"b"),
        request("mer_2", "k", b"a"),
        request("mer_1", "k", b"a"),
    ];
    let tx = conn.begin().await.unwrap();
    let claims = claim(&tx, &batch.each_ref()).await.unwrap();
    let expected = [
        Claim::First,
        Claim::Repeat(answer("old")),
        Claim::SameAs(0),
        Claim::OtherRequest,
        Claim::OtherRequest,
        Claim::First,
        Claim::SameAs(0),
    ];
    assert_eq!(claims, expected);
    record(&tx, &[(&batch[0], answer("0")), (&batch[5], answer("5"))]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(run(&mut conn, &request("mer_2", "k", b"a"), "").await, Claim::Repeat(answer("5")));
}

#[tokio::test]
async fn r22_what_was_rolled_back_or_released_leaves_no_key() {
    let db = db().await;
    let mut conn = db.pool.get().await.unwrap();
    let first = request("mer_1", "k", b"a");
    let tx = conn.begin().await.unwrap();
    assert_eq!(claim(&tx, &[&first]).await.unwrap(), [Claim::First]);
    tx.rollback().await.unwrap();
    let tx = conn.begin().await.unwrap();
    assert_eq!(claim(&tx, &[&first]).await.unwrap(), [Claim::First]);
    release(&tx, &[&first]).await.unwrap();
    tx.commit().await.unwrap();
    // The caller mends the request and sends it under the same key.
    assert_eq!(run(&mut conn, &request("mer_1", "k", b"mended"), "good").await, Claim::First);
    // A key that was answered is nobody's to give back.
    let tx = conn.begin().await.unwrap();
    let refused = release(&tx, &[&request("mer_1", "k", b"mended")]).await;
    assert!(matches!(refused, Err(Error::Unexpected(_))), "{refused:?}");
}

#[tokio::test]
async fn r22_a_key_without_an_answer_is_an_error_not_an_answer() {
    let db = db().await;
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    claim(&tx, &[&request("mer_1", "k", b"a")]).await.unwrap();
    tx.commit().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let refused = claim(&tx, &[&request("mer_1", "k", b"a")]).await;
    assert!(matches!(refused, Err(Error::Unexpected(_))), "{refused:?}");
}

#[tokio::test]
async fn r22_of_forty_at_once_one_is_the_first_and_all_get_its_answer() {
    let db = Arc::new(db().await);
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut conn = db.pool.get().await.unwrap();
                run(&mut conn, &request("mer_1", "k", b"a"), &format!("task {task}")).await
            })
        })
        .collect();
    let mut claims = Vec::new();
    for task in tasks {
        claims.push(task.await.unwrap());
    }
    let first = claims.iter().filter(|claim| **claim == Claim::First).count();
    assert_eq!(first, 1, "{claims:?}");
    let repeats: Vec<_> = claims.into_iter().filter(|claim| *claim != Claim::First).collect();
    assert_eq!(repeats.len(), 39);
    assert!(matches!(&repeats[0], Claim::Repeat(_)));
    assert!(repeats.iter().all(|repeat| *repeat == repeats[0]), "{repeats:?}");
}

#[tokio::test]
async fn r22_whoever_waits_for_a_key_that_is_released_becomes_the_first() {
    let db = Arc::new(db().await);
    let first = request("mer_1", "k", b"a");
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    claim(&tx, &[&first]).await.unwrap();
    let waiter = tokio::spawn({
        let db = db.clone();
        async move {
            let mut conn = db.pool.get().await.unwrap();
            run(&mut conn, &request("mer_1", "k", b"mended"), "good").await
        }
    });
    somebody_waits(&db).await;
    assert!(!waiter.is_finished());
    release(&tx, &[&first]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waiter.await.unwrap(), Claim::First);
}

#[tokio::test]
async fn r22_batches_that_share_keys_in_other_orders_do_not_deadlock() {
    let db = Arc::new(db().await);
    let tasks: Vec<_> = (0..16usize)
        .map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut batch: Vec<Request> =
                    (0..32).map(|n| request("mer_1", &format!("k{}", (n * 5 + task) % 32), b"a")).collect();
                if task % 2 == 0 {
                    batch.reverse();
                }
                let mut conn = db.pool.get().await.unwrap();
                let tx = conn.begin().await.unwrap();
                let claims = claim(&tx, &batch.iter().collect::<Vec<_>>()).await.unwrap();
                let own: Vec<_> = batch
                    .iter()
                    .zip(&claims)
                    .filter(|(_, claim)| **claim == Claim::First)
                    .map(|(request, _)| (request, answer("once")))
                    .collect();
                record(&tx, &own).await.unwrap();
                tx.commit().await.unwrap();
                own.len()
            })
        })
        .collect();
    let mut firsts = 0;
    for task in tasks {
        firsts += task.await.unwrap();
    }
    assert_eq!(firsts, 32);
}

#[tokio::test]
async fn i5_the_program_s_role_can_t_change_an_answer() {
    let db = db().await;
    let conn = db.pool.get().await.unwrap();
    for sql in [
        "UPDATE idempotency_answers SET status = 200",
        "DELETE FROM idempotency_answers",
        "UPDATE idempotency_keys SET key = 'other'",
        "DELETE FROM idempotency_repeats",
    ] {
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}
