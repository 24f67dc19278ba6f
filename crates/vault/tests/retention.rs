//! How long bytes are kept, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use time::OffsetDateTime;
use time::macros::datetime;
use vault::{Claim, Verdict, claim, event, keep, raw};
use world::{BODY, World, kept};

async fn lies_in(world: &World, event_id: &str) -> Option<String> {
    let conn = world.db.owner().get().await.unwrap();
    let sql = "SELECT b.tableoid::regclass::text AS partition FROM bank_event_bytes b
        JOIN bank_events e ON e.shard = b.shard AND e.id = b.id WHERE e.event_id = $1";
    conn.query_opt(sql, &[&event_id]).await.unwrap().map(|row| row.get("partition"))
}

async fn arrived(world: &World, event_id: &str, at: OffsetDateTime) -> vault::Delivery {
    let mut conn = world.db.pool.get().await.unwrap();
    let delivery = world.delivery("hb", event_id, BODY);
    kept(&mut conn, &delivery, Verdict::Accepted, 200, at).await;
    delivery
}

#[tokio::test]
async fn bytes_go_by_the_month_and_what_is_known_of_the_event_stays() {
    let world = World::new().await;
    let old = arrived(&world, "old", datetime!(2026-11-30 23:59:59 UTC)).await;
    let young = arrived(&world, "young", datetime!(2026-12-01 0:00 UTC)).await;
    let stray = arrived(&world, "stray", datetime!(2026-10-05 0:00 UTC)).await;
    let mut owner = world.db.owner().get().await.unwrap();

    // All of November is 30 days old on the last of December, and not an hour earlier.
    let early = keep(&mut owner, datetime!(2026-12-30 23:00 UTC), 30).await.unwrap();
    assert_eq!((early.dropped, early.removed), (vec![], 1), "only what lay outside of the months");
    let conn = world.db.pool.get().await.unwrap();
    assert!(raw(&conn, &world.keyring, old.id).await.unwrap().is_some());
    let round = keep(&mut owner, datetime!(2026-12-31 0:00 UTC), 30).await.unwrap();
    assert_eq!(round.dropped, ["bank_event_bytes_2026_11"]);
    for (delivery, there) in [(&old, false), (&stray, false), (&young, true)] {
        assert_eq!(raw(&conn, &world.keyring, delivery.id).await.unwrap().is_some(), there);
        assert_eq!(event(&conn, delivery.id).await.unwrap().unwrap().answer.body, b"first");
    }

    // R2, R3: for ever.
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let again = [world.delivery("hb", "old", BODY), world.delivery("hb", "old", b"{}")];
    let claims = claim(&tx, &again.each_ref()).await.unwrap();
    assert!(matches!(claims.as_slice(), [Claim::Repeat(_), Claim::OtherBytes]), "{claims:?}");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn months_are_made_in_advance_and_take_in_what_came_before_them() {
    let world = World::new().await;
    let late = arrived(&world, "late", datetime!(2029-12-24 8:00 UTC)).await;
    assert_eq!(lies_in(&world, "late").await.as_deref(), Some("bank_event_bytes_rest"));
    let mut owner = world.db.owner().get().await.unwrap();
    let now = datetime!(2029-09-15 0:00 UTC);
    let made: Vec<String> = (11..=15)
        .map(|m| format!("bank_event_bytes_{}_{:02}", 2029 + (m - 1) / 12, (m - 1) % 12 + 1))
        .collect();
    assert_eq!(keep(&mut owner, now, 36_500).await.unwrap().made, made);
    assert_eq!(lies_in(&world, "late").await.as_deref(), Some("bank_event_bytes_2029_12"));
    let conn = world.db.pool.get().await.unwrap();
    let found = raw(&conn, &world.keyring, late.id).await.unwrap().unwrap();
    assert_eq!(found.body, BODY);
    // The program's role reads and writes there as everywhere.
    arrived(&world, "later", datetime!(2030-03-31 23:00 UTC)).await;
    assert_eq!(lies_in(&world, "later").await.as_deref(), Some("bank_event_bytes_2030_03"));
    assert_eq!(keep(&mut owner, now, 36_500).await.unwrap(), vault::Kept::default(), "nothing more to do");
    // ANALYZE looks at as little of it as of the months that a migration made.
    let sql = "SELECT array_agg(DISTINCT attstattarget::integer) FROM pg_attribute
        WHERE attrelid IN ('bank_event_bytes_2029_12'::regclass, 'bank_event_bytes_2026_12'::regclass) AND attnum > 0";
    assert_eq!(owner.query_one(sql, &[]).await.unwrap().get::<_, Vec<i32>>(0), [10]);
}

#[tokio::test]
async fn several_gateways_may_do_it_at_once() {
    let world = World::new().await;
    let now = datetime!(2031-01-15 0:00 UTC);
    let rounds = (0..4).map(|_| {
        let pool = world.db.owner();
        tokio::spawn(async move { keep(&mut pool.get().await.unwrap(), now, 36_500).await.unwrap().made })
    });
    let mut made = Vec::new();
    for round in rounds.collect::<Vec<_>>() {
        made.extend(round.await.unwrap());
    }
    made.sort();
    let expected: Vec<String> = (1..=7).map(|month| format!("bank_event_bytes_2031_{month:02}")).collect();
    assert_eq!(made, expected, "each once");
}

#[tokio::test]
async fn bytes_of_a_refused_reuse_go_too_and_the_gateway_s_role_can_remove_nothing() {
    let world = World::new().await;
    let now = OffsetDateTime::now_utc();
    arrived(&world, "e1", now).await;
    let mut conn = world.db.pool.get().await.unwrap();
    let reuse = world.delivery("hb", "e1", b"{}");
    let tx = conn.begin().await.unwrap();
    claim(&tx, &[&reuse]).await.unwrap();
    tx.commit().await.unwrap();

    let later = now + time::Duration::days(500);
    let refused = keep(&mut conn, later, 400).await.unwrap_err();
    assert!(matches!(&refused, vault::Error::Database(error) if error.code() == Some("42501")), "{refused}");
    let conn = world.db.pool.get().await.unwrap();
    assert!(raw(&conn, &world.keyring, reuse.id).await.unwrap().is_some());
    let mut owner = world.db.owner().get().await.unwrap();
    assert_eq!(keep(&mut owner, later, 400).await.unwrap().removed, 1);
    assert!(raw(&conn, &world.keyring, reuse.id).await.unwrap().is_none());
    let detail = event(&conn, reuse.id).await.unwrap().unwrap();
    assert_eq!(detail.conflicts[0].id, reuse.id, "that it happened stays");
}
