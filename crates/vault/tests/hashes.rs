//! R36: what is kept of an event to know its bytes by tells nobody what they are who has not got the key file.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use pg::{Connection, KeyHash};
use privacy::Keyring;
use ring::digest::{SHA256, digest};
use uuid::Uuid;
use vault::{Claim, Delivery, EventFilter, EventId, conflict_count, event, list, of_banks_ids};
use world::{BODY, HEADERS, SHARDS, World, answer, run, run_boldly};

fn sha256(body: &[u8]) -> Vec<u8> {
    digest(&SHA256, body).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As a bank's events are named that have no id of their bank's.
fn by_hash(body: &[u8]) -> String {
    format!("sha256-{}", hex(&sha256(body)))
}

/// All that lies in the vault's tables, each value as text; uuids without dashes.
async fn dump(world: &World) -> String {
    let rows = "
        SELECT to_jsonb(t)::text FROM bank_event_keys AS t
        UNION ALL SELECT to_jsonb(t)::text FROM bank_events AS t
        UNION ALL SELECT to_jsonb(t)::text FROM bank_event_bytes AS t
        UNION ALL SELECT to_jsonb(t)::text FROM bank_event_redeliveries AS t
        UNION ALL SELECT to_jsonb(t)::text FROM bank_event_conflicts AS t";
    let rows = world.db.owner().get().await.unwrap().query(rows, &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, &str>(0).replace('-', "")).collect()
}

#[tokio::test]
async fn r36_no_hash_is_kept_that_bytes_could_be_guessed_by() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let other: &[u8] = b"{\"other\":1}";
    for (event_id, body) in [("e1", BODY), ("e1", other), (&by_hash(BODY), BODY), (&by_hash(other), other)] {
        let claims = run(&mut conn, &[&world.delivery("hb", event_id, body)]).await;
        assert_ne!(claims, [Claim::Repeat(answer(event_id))]);
    }
    assert_eq!(
        (conflict_count(&conn).await.unwrap(), world.count("SELECT count(*) FROM bank_events").await),
        (1, 3)
    );
    let kept = dump(&world).await;
    assert!(kept.contains("\"e1\"") && kept.contains("hmac"), "{kept}");
    for body in [BODY, other] {
        let key = KeyHash::of(&[b"hb", by_hash(body).as_bytes()]).uuid();
        for guess in [hex(&sha256(body)), key.simple().to_string()] {
            assert!(!kept.contains(&guess), "{guess} in {kept}");
        }
    }
}

#[tokio::test]
async fn r36_the_same_bytes_have_another_hash_under_another_key() {
    let (one, other) = (World::new().await, World::new().await);
    let hash = |world: &World, body| world.delivery("hb", "e1", body).body_hash;
    assert_eq!(hash(&one, BODY), hash(&one, BODY));
    assert_ne!(hash(&one, BODY), hash(&one, b"{}"));
    assert_ne!(hash(&one, BODY), hash(&other, BODY));
}

#[tokio::test]
async fn r2_an_event_without_an_id_is_known_by_its_bytes() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let first = world.delivery("hb", &by_hash(BODY), BODY);
    assert_eq!(run(&mut conn, &[&first]).await, [Claim::First]);
    let again = world.delivery("hb", &by_hash(BODY), BODY);
    assert_eq!(run(&mut conn, &[&again]).await, [Claim::Repeat(answer(&first.event_id))]);
    assert_eq!(run(&mut conn, &[&world.delivery("hb", &by_hash(b"{}"), b"{}")]).await, [Claim::First]);
    assert_eq!(of_banks_ids(&conn, SHARDS, &[("hb", &first.event_id)]).await.unwrap(), [first.id]);
    assert_eq!(of_banks_ids(&conn, SHARDS, &[("hb", &by_hash(BODY))]).await.unwrap(), []);
    // What only looks like a hash is the bank's own id.
    assert_eq!(world.delivery("hb", &by_hash(b"{}"), BODY).event_id, by_hash(b"{}"));
}

/// An accepted event as it was kept before hashes were keyed.
async fn kept_plain(conn: &Connection, keyring: &Keyring, event_id: &str, body: &[u8]) -> EventId {
    let key = KeyHash::of(&[b"hb", event_id.as_bytes()]);
    let (shard, id) = (key.shard(SHARDS).number(), EventId::new(key.shard(SHARDS)));
    let sql = "INSERT INTO bank_event_keys (shard, key, id, body_hash) VALUES ($1, $2, $3, $4)";
    conn.execute(sql, &[&shard, &key.uuid(), &id.uuid(), &sha256(body)]).await.unwrap();
    let sql = "INSERT INTO bank_events VALUES ($1, $2, 'hb', $3, 'accepted', 200, $4, 'key-1', now())";
    conn.execute(sql, &[&shard, &id.uuid(), &event_id, &event_id.as_bytes()]).await.unwrap();
    let sealed = |text: &[u8], column: &[u8]| {
        let context = [b"bank_event_bytes.", column, b"\0", id.uuid().as_bytes()].concat();
        keyring.seal(text, &context).unwrap()
    };
    let (headers, body) = (sealed(HEADERS.as_bytes(), b"headers"), sealed(body, b"body"));
    let sql =
        "INSERT INTO bank_event_bytes SELECT shard, id, received_at, $2, $3 FROM bank_events WHERE id = $1";
    conn.execute(sql, &[&id.uuid(), &headers, &body]).await.unwrap();
    id
}

#[tokio::test]
async fn r2_r3_events_of_before_the_keyed_hashes_are_recognised() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let old = kept_plain(&conn, &world.keyring, "e1", BODY).await;
    let batch = [
        world.delivery("hb", "e1", b"{}"),
        world.delivery("hb", "e1", BODY),
        world.delivery("hb", "e2", BODY),
    ];
    let repeat = || Claim::Repeat(answer("e1"));
    assert_eq!(run(&mut conn, &batch.each_ref()).await, [Claim::OtherBytes, repeat(), Claim::First]);
    assert_eq!(run_boldly(&mut conn, &[&world.delivery("hb", "e1", BODY)]).await, [repeat()]);
    let detail = event(&conn, old).await.unwrap().unwrap();
    assert_eq!((detail.redeliveries, detail.conflicts.len()), (2, 1));
}

/// Some of each, in one batch and in another order; also where most are new and copied.
#[tokio::test]
async fn r2_events_of_before_without_an_id_are_recognised() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let body = |n: usize| format!("{{\"n\":{n}}}").into_bytes();
    let mut old = Vec::new();
    for n in [3, 7, 11] {
        old.push((n, kept_plain(&conn, &world.keyring, &by_hash(&body(n)), &body(n)).await));
    }
    let delivered = |n: usize| world.delivery("hb", &by_hash(&body(n)), &body(n));
    for (round, count) in [(1, 12), (2, 300)] {
        let all: Vec<Delivery> = (0..count).rev().map(delivered).collect();
        let claims = run_boldly(&mut conn, &all.iter().collect::<Vec<_>>()).await;
        for (n, claim) in (0..count).rev().zip(&claims) {
            let expected = match (old.iter().any(|(known, _)| *known == n), round == 2 && n < 12) {
                (true, _) => Claim::Repeat(answer(&by_hash(&body(n)))),
                (false, true) => Claim::Repeat(answer(&delivered(n).event_id)),
                (false, false) => Claim::First,
            };
            assert_eq!(*claim, expected, "{n} in round {round}");
        }
    }
    for (n, id) in &old {
        assert_eq!(event(&conn, *id).await.unwrap().unwrap().redeliveries, 2, "{n}");
    }
    let rows: Vec<Uuid> = list(&conn, &EventFilter::default(), 1000)
        .await
        .unwrap()
        .rows
        .iter()
        .map(|row| row.id.uuid())
        .collect();
    assert_eq!(rows.len(), 300, "each once");
    assert_eq!(world.count("SELECT count(*) FROM bank_event_keys").await, 300);
}

#[tokio::test]
async fn r2_new_events_without_ids_are_copied_past_those_of_before() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let body = |n: usize| format!("{{\"n\":{n}}}").into_bytes();
    let delivered = |n: usize| world.delivery("hb", &by_hash(&body(n)), &body(n));
    kept_plain(&conn, &world.keyring, &by_hash(&body(5)), &body(5)).await;
    let all: Vec<Delivery> = (0..300).map(delivered).collect();
    let tx = conn.begin().await.unwrap();
    tx.expect_new_keys();
    let claims = vault::claim(&tx, &all.iter().collect::<Vec<_>>()).await.unwrap();
    assert!(tx.has_copied_keys(), "the one of before voids nothing");
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::First).count(), 299);
    assert_eq!(claims[5], Claim::Repeat(answer(&by_hash(&body(5)))));
}
