//! Bank events on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use std::sync::Arc;

use privacy::Keyring;
use tokio::sync::Barrier;
use vault::{
    Answer, Claim, Delivery, EventFilter, Record, Verdict, claim, conflict_count, event, list, of_banks_ids,
    raw, record,
};
use world::{BODY, HEADERS, SHARDS, World, answer, run, run_boldly};

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
    let events = list(&conn, &EventFilter::default(), 10).await.unwrap().rows;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event_id.as_str(), events[0].redeliveries, events[0].status), ("e1", 3, 200));
    assert_eq!(conflict_count(&conn).await.unwrap(), 0);
}

#[tokio::test]
async fn r2_an_event_is_found_by_its_bank_s_own_id() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let (one, other) = (world.delivery("hb", "e1", BODY), world.delivery("mb", "e1", BODY));
    run(&mut conn, &[&one, &other, &world.delivery("hb", "e2", BODY)]).await;
    // A redelivery and a refused reuse have no name of their own.
    run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await;
    run(&mut conn, &[&world.delivery("hb", "e1", b"{}")]).await;
    let found = async |keys: &[(&str, &str)]| of_banks_ids(&conn, SHARDS, keys).await.unwrap();
    assert_eq!(found(&[("hb", "e1"), ("mb", "e1"), ("nb", "e1")]).await, [one.id, other.id]);
    assert_eq!(found(&[("hb", "E1"), ("hb", "e")]).await, []);
    assert_eq!(found(&[]).await, []);
}

/// A migration makes of the texts what the program looks for.
#[tokio::test]
async fn r2_events_of_before_the_narrow_keys_are_recognised() {
    let before = pg::MigrationSet { owner: "vault", migrations: &vault::MIGRATIONS.migrations[..4] };
    let world = World { db: testkit::database(&[before]).await, ..World::new().await };
    let named = [("hb", "evt-1"), ("hb", "e\u{301}v\u{1f}t \"2\""), ("mb", ""), ("mb", "hbevt-1")];
    let old: Vec<_> = named.iter().map(|(bank, event)| world.delivery(bank, event, BODY)).collect();
    let owner = world.db.owner().get().await.unwrap();
    for delivery in &old {
        let (shard, id) = (delivery.shard.number(), delivery.id.uuid());
        let (bank, event) = (&*delivery.bank, delivery.event_id.as_str());
        let key = "INSERT INTO bank_event_keys VALUES ($1, $2, $3, $4, $5)";
        owner.execute(key, &[&shard, &bank, &event, &id, &delivery.body_hash.as_slice()]).await.unwrap();
        let sql = "INSERT INTO bank_events VALUES ($1, $2, $3, $4, 'accepted', 200, $5, 'key-1', now())";
        owner.execute(sql, &[&shard, &id, &bank, &event, &event.as_bytes()]).await.unwrap();
    }
    pg::migrate(&world.db.url, &pg::Tls::default(), &[vault::MIGRATIONS]).await.expect("the migration");
    let mut conn = world.db.pool.get().await.unwrap();
    for ((bank, event_id), old) in named.iter().zip(&old) {
        let again = run(&mut conn, &[&world.delivery(bank, event_id, BODY)]).await;
        assert_eq!(again, [Claim::Repeat(answer(event_id))], "{event_id}");
        let reused = world.delivery(bank, event_id, b"{}");
        assert_eq!(run(&mut conn, &[&reused]).await, [Claim::OtherBytes], "{event_id}");
        assert_eq!(of_banks_ids(&conn, SHARDS, &[(bank, event_id)]).await.unwrap(), [old.id]);
        let shown = event(&conn, reused.id).await.unwrap().unwrap();
        assert_eq!(shown.id, old.id, "{event_id}");
    }
}

/// The answer to a COMMIT was lost: the batch is carried out again, with the same delivery.
#[tokio::test]
async fn r3_other_bytes_are_noted_once_however_often_their_batch_is_carried_out() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await;
    let (one, other) = (world.delivery("hb", "e1", b"{}"), world.delivery("hb", "e1", b"[]"));
    for _ in 0..3 {
        assert_eq!(run(&mut conn, &[&one]).await, [Claim::OtherBytes]);
        assert_eq!(conflict_count(&conn).await.unwrap(), 1);
    }
    let both = run(&mut conn, &[&one, &other]).await;
    assert_eq!(both, [Claim::OtherBytes, Claim::OtherBytes], "beside a new one");
    assert_eq!(conflict_count(&conn).await.unwrap(), 2);
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

/// Whoever wants the same ones waits in one direction only.
#[tokio::test]
async fn keys_that_are_copied_go_in_their_order() {
    let world = World::new().await;
    let all: Vec<Delivery> = (0..100).map(|n| world.delivery("hb", &format!("e{n}"), BODY)).collect();
    let mut conn = world.db.pool.get().await.unwrap();
    run_boldly(&mut conn, &all.iter().collect::<Vec<_>>()).await;
    let sql = "SELECT k.place = row_number() OVER (ORDER BY k.shard, k.key) AS in_order
               FROM (SELECT shard, key, row_number() OVER (ORDER BY ctid) AS place FROM bank_event_keys) AS k";
    let rows = conn.query(sql, &[]).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.get("in_order")).count(), 100);
}

/// Eight batches of the same two hundred, each in another order, of which some think all of them new.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r2_of_batches_at_once_in_any_order_each_event_is_first_once() {
    let world = Arc::new(World::new().await);
    for (round, bold) in [0, 4, 8, 8].into_iter().enumerate() {
        let together = Arc::new(Barrier::new(8));
        let tasks: Vec<_> = (0..8_usize)
            .map(|n| {
                let (world, together) = (world.clone(), together.clone());
                tokio::spawn(async move {
                    let mut all: Vec<_> =
                        (0..200).map(|e| world.delivery("hb", &format!("{round}-{e}"), BODY)).collect();
                    all.rotate_left(n * 25);
                    if n % 2 == 1 {
                        all.reverse();
                    }
                    let all: Vec<&Delivery> = all.iter().collect();
                    let mut conn = world.db.pool.get().await.unwrap();
                    together.wait().await;
                    if n < bold { run_boldly(&mut conn, &all).await } else { run(&mut conn, &all).await }
                })
            })
            .collect();
        let mut firsts = 0;
        for task in tasks {
            let claims = task.await.unwrap();
            firsts += claims.iter().filter(|claim| **claim == Claim::First).count();
            assert!(
                claims.iter().all(|claim| matches!(claim, Claim::First | Claim::Repeat(_))),
                "{claims:?}"
            );
        }
        assert_eq!(firsts, 200, "{bold} of eight bold");
    }
    assert_eq!(world.count("SELECT count(*) FROM bank_events").await, 4 * 200);
    assert_eq!(world.count("SELECT count(*) FROM bank_event_redeliveries").await, 4 * 7 * 200);
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
    let listed = list(&conn, &conflicts, 10).await.unwrap().rows;
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
    assert_eq!(list(&conn, &of_one, 10).await.unwrap().rows.len(), 1);
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

/// What counts are the bytes that were accepted, not those that stand first in the batch.
#[tokio::test]
async fn r2_r3_in_one_batch_a_redelivery_behind_other_bytes_is_one() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    run(&mut conn, &[&world.delivery("hb", "old", BODY)]).await;
    let batch = [
        world.delivery("hb", "old", b"{}"),
        world.delivery("hb", "old", BODY),
        world.delivery("hb", "old", b"[]"),
        world.delivery("hb", "old", BODY),
        world.delivery("hb", "new", b"{}"),
        world.delivery("hb", "new", BODY),
    ];
    let repeat = || Claim::Repeat(answer("old"));
    let expected =
        [Claim::OtherBytes, repeat(), Claim::OtherBytes, repeat(), Claim::First, Claim::OtherBytes];
    assert_eq!(run(&mut conn, &batch.each_ref()).await, expected);
    assert_eq!(conflict_count(&conn).await.unwrap(), 3, "nobody is called for a true one");
    assert_eq!(world.count("SELECT count(*) FROM bank_event_redeliveries").await, 2);
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
    assert_eq!(list(&conn, &invalid, 10).await.unwrap().rows.len(), 1);
    // Newest first, page by page.
    let page = list(&conn, &EventFilter::default(), 2).await.unwrap();
    assert_eq!(page.last.map(|event| event.id), Some(page.rows[1].id));
    let all = page.rows;
    let older = EventFilter { after: Some(all[1].id), ..EventFilter::default() };
    let page = list(&conn, &older, 10).await.unwrap();
    assert!(page.last.is_none(), "{page:?}");
    let rest = page.rows;
    assert_eq!((all.len(), rest.len()), (2, 2));
    // And the other way round.
    let again = EventFilter { oldest_first: true, ..EventFilter::default() };
    let mut other = list(&conn, &again, 10).await.unwrap().rows;
    other.reverse();
    let ids = |rows: &[vault::EventRow]| rows.iter().map(|event| event.id).collect::<Vec<_>>();
    assert_eq!(ids(&other), [ids(&all), ids(&rest)].concat());
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
        "bank_event_replays",
        "bank_event_later_answers",
    ] {
        for sql in [format!("UPDATE {table} SET id = id"), format!("DELETE FROM {table}")] {
            let refused = conn.batch_execute(&sql).await.unwrap_err();
            assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
        }
    }
}

#[tokio::test]
async fn r2_r3_an_event_s_detail_tells_its_whole_story() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let first = world.delivery("hb", "e1", BODY);
    run(&mut conn, &[&first]).await;
    let fresh = event(&conn, first.id).await.unwrap().unwrap();
    assert_eq!((fresh.redeliveries, fresh.last_received_at), (0, fresh.received_at));
    for _ in 0..2 {
        run(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await;
    }
    let reuse = world.delivery("hb", "e1", b"{}");
    run(&mut conn, &[&reuse]).await;
    run(&mut conn, &[&world.delivery("other", "e1", b"{}")]).await;

    let detail = event(&conn, first.id).await.unwrap().unwrap();
    assert_eq!((detail.bank.as_str(), detail.event_id.as_str()), ("hb", "e1"));
    assert_eq!((detail.verdict, detail.key_id.as_str()), (Verdict::Accepted, "key-1"));
    assert_eq!(detail.answer, answer("e1"));
    assert_eq!((detail.redeliveries, detail.replays), (2, 0));
    assert!(detail.last_received_at > detail.received_at);
    let conflicts: Vec<_> = detail.conflicts.iter().map(|found| found.id).collect();
    assert_eq!(conflicts, [reuse.id]);
    assert!(detail.conflicts[0].received_at >= detail.received_at);
    // The id of the reuse leads to the event; its bytes are its own.
    assert_eq!(event(&conn, reuse.id).await.unwrap().unwrap().id, first.id);
    let other = raw(&conn, &world.keyring, reuse.id).await.unwrap().unwrap();
    assert_eq!((other.headers.as_str(), other.body.as_slice()), ("", b"{}".as_slice()));
    assert!(event(&conn, world.delivery("hb", "e2", BODY).id).await.unwrap().is_none());
}

#[tokio::test]
async fn bytes_open_on_demand_until_they_are_dropped() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let delivery = world.delivery("hb", "e1", BODY);
    run(&mut conn, &[&delivery]).await;
    let found = raw(&conn, &world.keyring, delivery.id).await.unwrap().unwrap();
    assert_eq!((found.headers.as_str(), found.body.as_slice()), (HEADERS, BODY));
    assert!(!format!("{found:?}").contains("Zhang"));

    let folder = tempfile::tempdir().unwrap();
    let other = Keyring::generate(&folder.path().join("keys")).unwrap();
    assert!(raw(&conn, &other, delivery.id).await.is_err());

    let owner = world.db.owner().get().await.unwrap();
    owner.execute("DELETE FROM bank_event_bytes", &[]).await.unwrap();
    assert!(raw(&conn, &world.keyring, delivery.id).await.unwrap().is_none());
    assert!(event(&conn, delivery.id).await.unwrap().is_some());
}
