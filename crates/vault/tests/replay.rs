//! Kept events run through again, on a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use pg::{Connection, Shards};
use vault::{
    Answer, Claim, EventFilter, EventId, LaterAnswer, Standing, Turn, Verdict, claim, claim_replays, event,
    list, record_replays,
};
use world::{BODY, World, kept};

/// A replay that makes this of the event.
async fn replay(conn: &mut Connection, id: EventId, verdict: Verdict, answer: &[u8]) -> Standing {
    let tx = conn.begin().await.unwrap();
    let Some(Turn::Mine(standing)) = claim_replays(&tx, &[id]).await.unwrap().pop() else {
        panic!("the turn is free")
    };
    if standing.improves_to(verdict) {
        let now = tx.now().await.unwrap();
        let later = LaterAnswer { event: id, turn: standing.turn, verdict, status: 200, answer };
        record_replays(&tx, &[later], now).await.unwrap();
    }
    tx.commit().await.unwrap();
    standing
}

async fn redelivered(world: &World, conn: &mut Connection, event_id: &str) -> Answer {
    let tx = conn.begin().await.unwrap();
    let claims = claim(&tx, &[&world.delivery("hb", event_id, BODY)]).await.unwrap();
    tx.commit().await.unwrap();
    match claims.into_iter().next() {
        Some(Claim::Repeat(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

fn said(status: u16, body: &[u8]) -> Answer {
    Answer { status, body: body.to_vec() }
}

#[tokio::test]
async fn r2_a_refused_event_that_is_understood_now_is_answered_so_from_then_on() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let delivery = world.delivery("hb", "e1", BODY);
    let now = conn.now().await.unwrap();
    kept(&mut conn, &delivery, Verdict::Invalid, 422, now).await;

    let found = replay(&mut conn, delivery.id, Verdict::Invalid, b"still not").await;
    assert_eq!((found.turn, found.verdict, found.answer), (1, Verdict::Invalid, said(422, b"first")));
    assert_eq!(redelivered(&world, &mut conn, "e1").await, said(422, b"first"), "nothing has changed");

    replay(&mut conn, delivery.id, Verdict::Ignored, b"kept").await;
    assert_eq!(redelivered(&world, &mut conn, "e1").await, said(200, b"kept"));
    let found = replay(&mut conn, delivery.id, Verdict::Accepted, b"posted").await;
    assert_eq!((found.turn, found.verdict, found.answer), (3, Verdict::Ignored, said(200, b"kept")));
    assert_eq!(redelivered(&world, &mut conn, "e1").await, said(200, b"kept"), "its first success");

    let settled = replay(&mut conn, delivery.id, Verdict::Accepted, b"again").await;
    assert!(settled.is_settled());
    assert_eq!(settled.answer, said(200, b"posted"));
    let detail = event(&conn, delivery.id).await.unwrap().unwrap();
    assert_eq!(
        (detail.verdict, detail.answer),
        (Verdict::Invalid, said(422, b"first")),
        "nothing is overwritten"
    );
    let later = detail.later.unwrap();
    assert_eq!((detail.replays, later.verdict, later.answer), (4, Verdict::Accepted, said(200, b"posted")));
    for (verdict, expected) in [("accepted", 1), ("invalid", 0), ("ignored", 0)] {
        let filter = EventFilter { verdict: Some(verdict.into()), ..EventFilter::default() };
        assert_eq!(list(&conn, &filter, 10).await.unwrap().rows.len(), expected, "{verdict}");
    }
}

#[tokio::test]
async fn r2_what_was_answered_with_success_keeps_its_first_answer() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let now = conn.now().await.unwrap();
    let delivery = world.delivery("hb", "e1", BODY);
    kept(&mut conn, &delivery, Verdict::Ignored, 200, now).await;
    replay(&mut conn, delivery.id, Verdict::Accepted, b"posted").await;
    assert_eq!(redelivered(&world, &mut conn, "e1").await, said(200, b"first"));
    assert_eq!(event(&conn, delivery.id).await.unwrap().unwrap().later.unwrap().verdict, Verdict::Accepted);
}

#[tokio::test]
async fn r2_of_replays_at_once_one_has_the_event() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let now = conn.now().await.unwrap();
    let delivery = world.delivery("hb", "e1", BODY);
    kept(&mut conn, &delivery, Verdict::Invalid, 422, now).await;
    let id = delivery.id;

    let tx = conn.begin().await.unwrap();
    let turns = claim_replays(&tx, &[id, id, EventId::new(Shards::new(16).of(&[b"x"]))]).await.unwrap();
    assert!(matches!(turns.as_slice(), [Turn::Mine(_), Turn::Busy, Turn::Unknown]), "{turns:?}");
    let pool = world.db.pool.clone();
    let second = tokio::spawn(async move {
        let mut conn = pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        claim_replays(&tx, &[id]).await.unwrap()
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!second.is_finished(), "it waits for the first");
    tx.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), [Turn::Busy]);

    // One that is undone was never there.
    let tx = conn.begin().await.unwrap();
    assert!(matches!(claim_replays(&tx, &[id]).await.unwrap().as_slice(), [Turn::Mine(s)] if s.turn == 2));
    tx.rollback().await.unwrap();
    assert_eq!(replay(&mut conn, id, Verdict::Invalid, b"").await.turn, 2);
}
