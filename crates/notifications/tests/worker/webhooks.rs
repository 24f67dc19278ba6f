use std::time::{Duration, SystemTime};

use bank::signing::standard_webhooks::{Verifier, VerifyingKey};
use notifications::{
    DeliveryId, NoTest, Replay, Schedule, Settings, dead_letters, delete_endpoint, enqueue_test, replay,
    summary, summary_of_reachable,
};
use pg::Place;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::world::{SETTINGS, World};

#[tokio::test]
async fn r9_every_notice_arrives_once_signed_at_each_endpoint() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    let (_, secret) = world.endpoint(merchant, "/ok").await;
    world.endpoint(merchant, "/ok-too").await;
    world.endpoint(Uuid::now_v7(), "/strangers").await;
    world.tell(merchant, 20).await;
    let worker = world.worker(SETTINGS);
    world.wait_for("delivered", 40).await;
    worker.shutdown(Duration::from_secs(5)).await;

    let counts = world.receiver.counts("/ok");
    assert_eq!((counts.len(), counts.values().max()), (20, Some(&1)));
    assert_eq!(world.receiver.counts("/ok-too"), counts, "the same ids at both");
    assert!(world.receiver.arrived("/strangers").is_empty());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
    let key = VerifyingKey::parse("k", secret.reveal()).unwrap();
    let verifier = Verifier::new(vec![key], Duration::from_secs(300));
    for one in world.receiver.arrived("/ok") {
        let verified = verifier.verify(&one.headers, &one.body, now).expect("a right signature");
        assert!(verified.event_id.starts_with("ntf_"));
        let body: Value = serde_json::from_slice(&one.body).unwrap();
        assert_eq!(body["type"], "payment.credited");
        assert_eq!(body["data"]["amount"], "1.00");
        assert!(body["timestamp"].as_str().unwrap().contains('T'));
    }
    for one in world.receiver.arrived("/ok-too") {
        verifier.verify(&one.headers, &one.body, now).expect_err("another endpoint, another secret");
    }
    let conn = world.db.pool.get().await.unwrap();
    let summary = summary(&conn).await.unwrap();
    assert_eq!((summary.overdue, summary.oldest, summary.dead), (0, None, 0));
}

#[tokio::test]
async fn what_fails_is_tried_again_with_the_same_id_and_body() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    world.endpoint(merchant, "/fails-twice").await;
    world.endpoint(merchant, "/closes-once").await;
    world.endpoint(merchant, "/limited").await;
    world.tell(merchant, 1).await;
    let worker = world.worker(SETTINGS);
    world.wait_for("delivered", 3).await;
    worker.shutdown(Duration::from_secs(5)).await;

    for (path, times) in [("/fails-twice", 3), ("/closes-once", 2), ("/limited", 2)] {
        let arrived = world.receiver.arrived(path);
        assert_eq!(arrived.len(), times, "{path}");
        assert!(
            arrived.iter().all(|one| one.id() == arrived[0].id() && one.body == arrived[0].body),
            "{path}"
        );
    }
    let failing = world.receiver.arrived("/fails-twice");
    assert!(failing[2].at - failing[1].at >= Duration::from_millis(300), "the schedule's second wait");
    let limited = world.receiver.arrived("/limited");
    assert!(limited[1].at - limited[0].at >= Duration::from_secs(1), "Retry-After");
}

#[tokio::test]
async fn gone_disables_and_a_redirect_is_not_followed() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    world.endpoint(merchant, "/gone").await;
    world.endpoint(merchant, "/redirects").await;
    world.tell(merchant, 1).await;
    let once = Settings { schedule: Schedule { scale: 0.0 }, ..SETTINGS };
    let worker = world.worker(once);
    world.wait_for("dead", 2).await;
    world.tell(merchant, 1).await;
    world.wait_for("dead", 3).await;
    worker.shutdown(Duration::from_secs(5)).await;

    assert_eq!(world.receiver.arrived("/gone").len(), 1, "nothing more after 410");
    assert_eq!(world.receiver.arrived("/redirects").len(), 20, "ten attempts for each");
    assert!(world.receiver.arrived("/ok").is_empty());
}

#[tokio::test]
async fn one_that_hangs_keeps_nobody_else_waiting() {
    let world = World::new().await;
    let (slow, quick) = (Uuid::now_v7(), Uuid::now_v7());
    world.endpoint(slow, "/hangs").await;
    world.endpoint(quick, "/ok").await;
    world.tell(slow, 200).await;
    world.tell(quick, 50).await;
    let began = Instant::now();
    let worker = world.worker(SETTINGS);
    world.wait_for("delivered", 50).await;
    let took = began.elapsed();
    worker.shutdown(Duration::from_secs(5)).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(world.receiver.arrived("/hangs").len() <= 12, "two at a time, a second each");
}

#[tokio::test]
async fn a_flood_is_not_read_and_counts_as_delivered() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    world.endpoint(merchant, "/floods").await;
    world.tell(merchant, 1).await;
    let worker = world.worker(SETTINGS);
    world.wait_for("delivered", 1).await;
    worker.shutdown(Duration::from_secs(5)).await;
}

/// One merchant's endpoint fails, another one has none.
#[tokio::test]
async fn r9_who_has_no_channel_is_untold_and_left_out_only_where_that_may_be() {
    let world = World::new().await;
    let (failing, without) = (Uuid::now_v7(), Uuid::now_v7());
    world.endpoint(failing, "/fails").await;
    world.tell(failing, 2).await;
    world.tell(without, 4).await;
    let worker = world.worker(Settings { schedule: Schedule { scale: 0.0 }, ..SETTINGS });
    world.wait_for("dead", 2).await;
    worker.shutdown(Duration::from_secs(5)).await;
    let conn = world.db.pool.get().await.unwrap();
    let (all, reachable) = (summary(&conn).await.unwrap(), summary_of_reachable(&conn).await.unwrap());
    assert_eq!((all.overdue, all.dead), (6, 2));
    assert_eq!((reachable.overdue, reachable.dead), (2, 2));
    assert!(all.oldest.is_some() && reachable.oldest.is_some());
}

#[tokio::test]
async fn a_dead_letter_is_listed_and_arrives_when_replayed() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    let (endpoint, _) = world.endpoint(merchant, "/fails").await;
    world.tell(merchant, 3).await;
    let worker = world.worker(Settings { schedule: Schedule { scale: 0.0 }, ..SETTINGS });
    world.wait_for("dead", 3).await;
    let mut conn = world.db.pool.get().await.unwrap();
    let first = dead_letters(&conn, Place::START, 2).await.unwrap();
    let rest = dead_letters(&conn, first[1].place(), 2).await.unwrap();
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert_eq!((first[0].endpoint, first[0].attempts), (Some(endpoint), 10));
    assert_eq!(first[0].last_answer.as_deref(), Some("HTTP 500"));
    assert_eq!(summary(&conn).await.unwrap().dead, 3);
    assert_eq!(summary(&conn).await.unwrap().overdue, 3, "R9: nobody was told");

    // The receiver recovers under the same address.
    let sql = "UPDATE webhook_endpoints SET url = replace(url, '/fails', '/ok')";
    world.db.owner().get().await.unwrap().batch_execute(sql).await.unwrap();
    let tx = conn.begin().await.unwrap();
    assert_eq!(replay(&tx, rest[0].id).await.unwrap(), Replay::Done);
    assert!(matches!(replay(&tx, rest[0].id).await.unwrap(), Replay::Not(_)));
    assert_eq!(replay(&tx, DeliveryId::new(world.shard)).await.unwrap(), Replay::NotFound);
    tx.commit().await.unwrap();
    world.wait_for("delivered", 1).await;
    worker.shutdown(Duration::from_secs(5)).await;
    assert_eq!(world.receiver.arrived("/ok")[0].id(), rest[0].notice.to_string());
    assert_eq!(summary(&conn).await.unwrap().overdue, 2);

    // Whoever replays what stands on a page goes on behind it all the same.
    let tx = conn.begin().await.unwrap();
    assert_eq!(replay(&tx, first[0].id).await.unwrap(), Replay::Done);
    tx.commit().await.unwrap();
    let behind = dead_letters(&conn, first[0].place(), 2).await.unwrap();
    assert_eq!(behind.iter().map(|letter| letter.id).collect::<Vec<_>>(), [first[1].id]);
}

#[tokio::test]
async fn a_killed_worker_loses_nothing() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    world.endpoint(merchant, "/ok").await;
    world.endpoint(merchant, "/hangs").await;
    world.tell(merchant, 30).await;
    // As kill -9 would: in the middle of attempts, nothing recorded.
    let settings = Settings { lease: Duration::from_secs(2), ..SETTINGS };
    let killed = world.worker(settings);
    let arrived = async || !world.receiver.arrived("/hangs").is_empty();
    testkit::until("an attempt that hangs", Duration::from_secs(60), arrived).await;
    killed.shutdown(Duration::ZERO).await;
    let sql = "UPDATE webhook_endpoints SET url = replace(url, '/hangs', '/late')";
    world.db.owner().get().await.unwrap().batch_execute(sql).await.unwrap();

    let worker = world.worker(settings);
    world.wait_for("delivered", 60).await;
    worker.shutdown(Duration::from_secs(5)).await;
    let expected: Vec<String> = world.receiver.counts("/late").into_keys().collect();
    assert_eq!(expected.len(), 30);
    assert!(
        expected.iter().all(|id| world.receiver.counts("/ok").contains_key(id)),
        "the same thirty at both"
    );
}

#[tokio::test]
async fn our_own_network_is_never_reached_by_default() {
    let mut world = World::new().await;
    world.allow_private = false;
    let merchant = Uuid::now_v7();
    world.endpoint(merchant, "/ok").await;
    // By name, as an attacker would have it resolve.
    let (port, shard) = (world.receiver.base.rsplit(':').next().unwrap().to_owned(), world.shard);
    let (id, url) = (notifications::EndpointId::new(shard), format!("https://2130706433:{port}/ok"));
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    notifications::create_endpoint(&tx, &world.keyring, id, merchant, &url).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    world.tell(merchant, 1).await;
    let worker = world.worker(Settings { schedule: Schedule { scale: 0.0 }, ..SETTINGS });
    world.wait_for("dead", 2).await;
    worker.shutdown(Duration::from_secs(5)).await;
    assert!(world.receiver.arrived("/ok").is_empty());
    let mut answers = world.answers().await;
    answers.sort();
    assert_eq!(answers, ["the URL must be on the public internet", "the name leads to no public address"]);
}

#[tokio::test]
async fn endpoints_are_bounded_deleted_and_tested() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    let (id, secret) = world.endpoint(merchant, "/ok").await;
    assert!(secret.reveal().starts_with("whsec_") && format!("{secret:?}") == "…");
    for _ in 1..notifications::MAX_ENDPOINTS {
        world.endpoint(merchant, "/other").await;
    }
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let new = notifications::EndpointId::new(world.shard);
    let none =
        notifications::create_endpoint(&tx, &world.keyring, new, merchant, "https://x/").await.unwrap();
    assert!(none.is_none(), "the seventeenth");
    let foreign = enqueue_test(&tx, Uuid::now_v7(), id).await.unwrap();
    assert_eq!(foreign, Err(NoTest::NoSuchEndpoint), "another merchant's");
    let notice = enqueue_test(&tx, merchant, id).await.unwrap().expect("an active endpoint");
    tx.commit().await.unwrap();
    let worker = world.worker(SETTINGS);
    world.wait_for("delivered", 1).await;
    worker.shutdown(Duration::from_secs(5)).await;
    let arrived = world.receiver.arrived("/ok");
    assert_eq!(arrived[0].id(), notice.to_string());
    let body: Value = serde_json::from_slice(&arrived[0].body).unwrap();
    assert_eq!(
        (&body["type"], &body["data"]),
        (&json!("webhook.test"), &json!({"endpoint": id.to_string()}))
    );
    assert!(world.receiver.arrived("/other").is_empty());

    assert!(!delete_endpoint(&conn, Uuid::now_v7(), id).await.unwrap());
    assert!(delete_endpoint(&conn, merchant, id).await.unwrap());
    assert!(!delete_endpoint(&conn, merchant, id).await.unwrap());
    let list = notifications::list_endpoints(&conn, world.shard, merchant).await.unwrap();
    assert_eq!(list.len() as i64, notifications::MAX_ENDPOINTS - 1);
}

#[tokio::test]
async fn an_endpoint_has_one_test_under_way_however_many_are_asked_for() {
    let world = World::new().await;
    let merchant = Uuid::now_v7();
    let (id, _) = world.endpoint(merchant, "/ok").await;
    let ask = async || {
        let mut conn = world.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let asked = enqueue_test(&tx, merchant, id).await.unwrap();
        tx.commit().await.unwrap();
        asked
    };
    // The second waits for the first, and then for its arrival.
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    enqueue_test(&tx, merchant, id).await.unwrap().expect("the first");
    let first = async {
        testkit::somebody_waits(&world.db).await;
        tx.commit().await.unwrap();
    };
    let (second, ()) = tokio::join!(ask(), first);
    let Err(NoTest::OneUnderWay(wait)) = second else { panic!("the first is under way: {second:?}") };
    assert!((30..=60).contains(&wait.as_secs()), "{wait:?}");
    let worker = world.worker(SETTINGS);
    world.wait_for("delivered", 1).await;
    worker.shutdown(Duration::from_secs(5)).await;
    ask().await.expect("the last one has arrived");
    // One that does not arrive is tried again for days, and stands in the way for a minute.
    assert!(matches!(ask().await, Err(NoTest::OneUnderWay(_))));
    let old = "UPDATE deliveries SET created_at = created_at - interval '61 seconds' WHERE state = 'pending'";
    world.db.owner().get().await.unwrap().batch_execute(old).await.unwrap();
    ask().await.expect("a minute later");
}
