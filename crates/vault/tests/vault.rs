//! Bank events on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use pg::{Connection, Shards};
use privacy::Keyring;
use testkit::TestDb;
use vault::{Answer, Claim, Delivery, EventFilter, Record, Verdict, claim, conflict_count, list, record};

const BODY: &[u8] = b"{\"type\":\"funds.received\",\"remitter\":\"Zhang San\"}";
const HEADERS: &str = "webhook-id: evt-1\nwebhook-timestamp: 1700000000";

struct World {
    db: TestDb,
    keyring: Keyring,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
        World { db: testkit::database(&[vault::MIGRATIONS]).await, keyring }
    }

    fn delivery(&self, bank: &str, event_id: &str, body: &[u8]) -> Delivery {
        Delivery::new(&self.keyring, Shards::new(16), &Arc::from(bank), event_id, "key-1", HEADERS, body)
            .unwrap()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.db.pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn answer(body: &str) -> Answer {
    Answer { status: 200, body: body.into() }
}

/// A batch in a transaction of its own: what is first is accepted, and answered with its event id.
async fn run(conn: &mut Connection, deliveries: &[&Delivery]) -> Vec<Claim> {
    let tx = conn.begin().await.unwrap();
    let claims = claim(&tx, deliveries).await.unwrap();
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

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[vault::MIGRATIONS]).await;
}

#[tokio::test]
async fn r2_a_redelivery_gets_the_first_answer_and_does_nothing_else() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    assert_eq!(run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await, [Claim::First]);
    for _ in 0..3 {
        let claims = run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await;
        assert_eq!(claims, [Claim::Repeat(answer("e1"))]);
    }
    assert_eq!(world.count("SELECT count(*) FROM bank_event_bytes").await, 1);
    let events = list(&conn, &EventFilter::default(), 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event_id.as_str(), events[0].redeliveries, events[0].status), ("e1", 3, 200));
    assert_eq!(conflict_count(&conn).await.unwrap(), 0);
}

#[tokio::test]
async fn r2_of_forty_at_once_one_is_the_first() {
    let world = Arc::new(World::new().await);
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let delivery = world.delivery("hb", "e1", BODY);
                let mut conn = world.db.pool.get().await.unwrap();
                run(&mut conn, &[&delivery]).await
            })
        })
        .collect();
    let (mut firsts, mut repeats) = (0, 0);
    for task in tasks {
        match task.await.unwrap().as_slice() {
            [Claim::First] => firsts += 1,
            [Claim::Repeat(found)] if *found == answer("e1") => repeats += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((firsts, repeats), (1, 39));
    assert_eq!(world.count("SELECT count(*) FROM bank_events").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM bank_event_redeliveries").await, 39);
}

#[tokio::test]
async fn r3_other_bytes_under_a_known_id_are_kept_and_counted() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await;
    for body in [&b"{}"[..], b"{} "] {
        assert_eq!(run(&mut conn, &[&world.delivery("hb", "e1", body)]).await, [Claim::OtherBytes]);
    }
    assert_eq!(conflict_count(&conn).await.unwrap(), 2);
    // The first stays as it was.
    let claims = run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await;
    assert_eq!(claims, [Claim::Repeat(answer("e1"))]);
    let conflicts = EventFilter { verdict: Some("conflict".into()), ..EventFilter::default() };
    let listed = list(&conn, &conflicts, 10).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|event| event.status == 409 && event.event_id == "e1"), "{listed:?}");
}

#[tokio::test]
async fn r2_an_id_is_the_bank_s_own() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    for bank in ["hb", "other"] {
        assert_eq!(run(&mut conn, &[&world.delivery(bank, "e1", bank.as_bytes())]).await, [Claim::First]);
    }
    let of_one = EventFilter { bank: Some("other".into()), ..EventFilter::default() };
    assert_eq!(list(&conn, &of_one, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn r2_r3_in_one_batch_the_earlier_one_is_the_first() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    run(&mut conn, &[&world.delivery("hb", "old", BODY)]).await;
    let batch = [
        world.delivery("hb", "e1", BODY),
        world.delivery("hb", "old", BODY),
        world.delivery("hb", "e1", BODY),
        world.delivery("hb", "e1", b"{}"),
        world.delivery("hb", "old", b"{}"),
        world.delivery("hb", "e2", BODY),
        world.delivery("hb", "e1", BODY),
    ];
    let expected = [
        Claim::First,
        Claim::Repeat(answer("old")),
        Claim::SameAs(0),
        Claim::OtherBytes,
        Claim::OtherBytes,
        Claim::First,
        Claim::SameAs(0),
    ];
    assert_eq!(run(&mut conn, &batch.each_ref()).await, expected);
    assert_eq!(conflict_count(&conn).await.unwrap(), 2);
    assert_eq!(world.count("SELECT count(*) FROM bank_event_bytes").await, 3);
}

#[tokio::test]
async fn r2_what_was_rolled_back_was_never_here() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    assert_eq!(claim(&tx, &[&world.delivery("hb", "e1", b"{}")]).await.unwrap(), [Claim::First]);
    tx.rollback().await.unwrap();
    assert_eq!(run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await, [Claim::First]);
    assert_eq!(conflict_count(&conn).await.unwrap(), 0);
}

#[tokio::test]
async fn r2_an_event_without_an_answer_is_an_error_not_an_answer() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    claim(&tx, &[&world.delivery("hb", "e1", BODY)]).await.unwrap();
    tx.commit().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let refused = claim(&tx, &[&world.delivery("hb", "e1", BODY)]).await;
    assert!(matches!(refused, Err(vault::Error::Unexpected(_))), "{refused:?}");
}

#[tokio::test]
async fn every_verdict_is_kept_with_its_answer() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    for (verdict, status) in [
        (Verdict::Accepted, 200),
        (Verdict::Malformed, 400),
        (Verdict::Invalid, 422),
        (Verdict::Ignored, 200),
    ] {
        let delivery = world.delivery("hb", verdict.as_str(), BODY);
        let tx = conn.begin().await.unwrap();
        claim(&tx, &[&delivery]).await.unwrap();
        let now = tx.now().await.unwrap();
        let kept = Record { delivery: &delivery, verdict, status, answer: b"said" };
        record(&tx, &[kept], now).await.unwrap();
        tx.commit().await.unwrap();
        let repeat = run(&mut conn, &[&world.delivery("hb", verdict.as_str(), BODY)]).await;
        assert_eq!(repeat, [Claim::Repeat(Answer { status, body: b"said".to_vec() })]);
    }
    let invalid = EventFilter { verdict: Some("invalid".into()), ..EventFilter::default() };
    assert_eq!(list(&conn, &invalid, 10).await.unwrap().len(), 1);
    // Newest first, page by page.
    let all = list(&conn, &EventFilter::default(), 2).await.unwrap();
    let older = EventFilter { before: Some(all[1].id), ..EventFilter::default() };
    let rest = list(&conn, &older, 10).await.unwrap();
    assert_eq!((all.len(), rest.len()), (2, 2));
    assert!(rest.iter().all(|event| event.id < all[1].id));
}

#[tokio::test]
async fn nothing_that_a_bank_said_lies_readable_in_the_database() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await;
    run(&mut conn, &[&world.delivery("hb", "e1", b"{\"other\":\"Zhang San\"}")]).await;
    let sql = "
        SELECT headers_sealed AS sealed FROM bank_event_bytes
        UNION ALL SELECT body_sealed FROM bank_event_bytes
        UNION ALL SELECT body_sealed FROM bank_event_conflicts";
    let rows = conn.query(sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let sealed: &[u8] = row.get("sealed");
        for plain in [&b"Zhang"[..], b"funds", b"webhook"] {
            assert!(!sealed.windows(plain.len()).any(|window| window == plain));
        }
    }
}

#[tokio::test]
async fn i7_the_program_s_role_can_t_change_what_a_bank_said() {
    let world = World::new().await;
    let conn = world.db.pool.get().await.unwrap();
    for table in [
        "bank_event_keys",
        "bank_events",
        "bank_event_bytes",
        "bank_event_redeliveries",
        "bank_event_conflicts",
    ] {
        for sql in [format!("UPDATE {table} SET id = id"), format!("DELETE FROM {table}")] {
            let refused = conn.batch_execute(&sql).await.unwrap_err();
            assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
        }
    }
}
