//! The operators' event stream: what changes is heard within a second, whoever changed it, and nothing is missed by those
//! who come back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use admin_api::{Changed, Overview, StreamStart};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use tests::{EventStream, Sluice, StreamEvent, World, funds, unique};

const AMAZON: &str = "AMAZON PAYMENTS INC";
/// What is promised.
const SOON: Duration = Duration::from_secs(1);
/// What must have happened by then, on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

async fn listen(world: &World, last: Option<&str>) -> (EventStream, StreamEvent) {
    let token = &world.operator("viewer", 0).token;
    let mut stream = world.stream(token, last).await.expect("a stream");
    let first = tokio::time::timeout(PATIENCE, stream.next()).await.expect("in time").expect("an event");
    let start: StreamStart = serde_json::from_value(first.data.clone()).expect("a start");
    assert_eq!(Some(start.cursor), first.id);
    (stream, first)
}

/// Hears of `id`, and how long after `since`.
async fn hear(stream: &mut EventStream, kind: &str, id: &str, since: Instant) -> Duration {
    let heard = stream.find(PATIENCE, |event| event.names(kind, id)).await;
    let heard = heard.unwrap_or_else(|| panic!("{kind} {id} is not heard"));
    let read: Changed = serde_json::from_value(heard.data).expect("the wire type");
    assert!(read.more == admin_api::More::default(), "{read:?}");
    since.elapsed()
}

fn in_time(what: &str, took: Duration) {
    println!("{what}: heard after {} ms", took.as_millis());
    assert!(took < SOON, "{what} was heard after {took:?}");
}

#[tokio::test]
async fn each_thing_that_changes_is_heard_within_a_second() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (mut stream, first) = listen(&world, None).await;
    assert_eq!(first.name, "hello");
    let overview = stream.find(PATIENCE, |event| event.name == "overview").await.expect("an overview");
    assert_eq!(overview.id, None);
    serde_json::from_value::<Overview>(overview.data).expect("the whole overview");

    // A bank's event and the payment that it brings.
    let begun = Instant::now();
    let paid = world.pay_in(merchant, "500.00", "USD").await;
    let payment = paid.json["outcomes"][0]["payment_id"].as_str().unwrap();
    in_time("a payment", hear(&mut stream, "payments", payment, begun).await);
    let begun = Instant::now();
    let paid = world.pay_in(merchant, "1.00", "USD").await;
    in_time("a bank event", hear(&mut stream, "bank_events", paid.text_of("event_id"), begun).await);

    // The same id for other bytes: refused, and shown to operators.
    let (event, account) = (unique("evt"), merchant.account("USD"));
    let said = |amount: &str| funds(&unique("REF"), account, amount, "USD", AMAZON);
    assert_eq!(world.event(&event, &said("1.00")).await.status, 200);
    let begun = Instant::now();
    assert_eq!(world.event(&event, &said("2.00")).await.status, 409);
    let refused = world.look("/admin/v1/events?verdict=conflict").await;
    let refused = refused.json["data"][0]["id"].as_str().unwrap();
    in_time("a refused reuse", hear(&mut stream, "bank_events", refused, begun).await);

    // A withdrawal, its payout, and what becomes of them by themselves.
    let begun = Instant::now();
    let order = world.withdraw(merchant, merchant.payee("CNY"), "100.00", "USD", "CNY").await;
    in_time("a withdrawal", hear(&mut stream, "withdrawals", order.text_of("id"), begun).await);
    // Queued, claimed, accepted, paid: whatever falls together is heard once, its end at the latest then, and whoever
    // asks sees it so.
    let payout = order.json["payouts"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/admin/v1/payouts/{payout}");
    let mut heard = OffsetDateTime::now_utc();
    let end = async {
        loop {
            let shown = world.look(&path).await;
            let changed = OffsetDateTime::parse(shown.text_of("updated_at"), &Rfc3339).expect("a time");
            if shown.text_of("status") == "paid" && changed <= heard {
                return Duration::try_from(heard - changed).expect("not before it");
            }
            hear(&mut stream, "payouts", &payout, begun).await;
            heard = OffsetDateTime::now_utc();
        }
    };
    in_time("a payout's end", tokio::time::timeout(PATIENCE, end).await.expect("it is heard"));
    world.wait_for(merchant, order.text_of("id"), "paid").await;

    // Operators: what one does, what one asks another for, what that one says.
    let (operator, ada, bruno) =
        (world.operator("operator", 0), world.operator("approver", 0), world.operator("approver", 1));
    let path = format!("/admin/v1/merchants/{}", merchant.id);
    let begun = Instant::now();
    let frozen = world.act(operator, &format!("{path}/freeze"), &json!({"reason": "a look"})).await;
    assert_eq!(frozen.status, 200);
    stream.find(PATIENCE, |event| event.data["audit"] == true).await.expect("the trail is heard");
    in_time("an operator's act", begun.elapsed());
    let begun = Instant::now();
    let asked = world.act(ada, &format!("{path}/unfreeze"), &json!({"reason": "seen"})).await;
    let approval = asked.text_of("approval_id").to_owned();
    in_time("an approval asked for", hear(&mut stream, "approvals", &approval, begun).await);
    let begun = Instant::now();
    let approve = format!("/admin/v1/approvals/{approval}/approve");
    assert_eq!(world.act(bruno, &approve, &json!({"reason": "right"})).await.status, 200);
    in_time("an approval", hear(&mut stream, "approvals", &approval, begun).await);

    // A note on a payment, and a rate.
    let begun = Instant::now();
    let note =
        world.act(operator, &format!("/admin/v1/payments/{payment}/notes"), &json!({"reason": "x"})).await;
    assert_eq!(note.status, 201, "{note:?}");
    in_time("a note", hear(&mut stream, "payments", payment, begun).await);
    let begun = Instant::now();
    let as_of = OffsetDateTime::now_utc().format(&Rfc3339).unwrap();
    let rates = json!({"type": "rates.published", "data": {"as_of": as_of,
        "rates": [{"base": "USD", "quote": "CNY", "bid": "7.1001", "ask": "7.1301"}]}});
    let answer = world.event(&unique("evt"), rates.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let rate = |event: &StreamEvent| event.data["rates"].as_array().is_some_and(|rates| !rates.is_empty());
    stream.find(PATIENCE, rate).await.expect("a rate is heard");
    in_time("a rate", begun.elapsed());
    sluice.verify().await;
}

#[tokio::test]
async fn the_overview_comes_with_what_happened_and_what_waits_for_each_operator() {
    let (_sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (operator, ada, bruno) =
        (world.operator("operator", 0), world.operator("approver", 0), world.operator("approver", 1));
    let mut streams = Vec::new();
    for listener in [operator, ada, bruno] {
        streams.push(world.stream(&listener.token, None).await.expect("a stream"));
    }
    world.pay_in(merchant, "10.00", "USD").await;
    let path = format!("/admin/v1/merchants/{}", merchant.id);
    world.act(operator, &format!("{path}/freeze"), &json!({"reason": "a look"})).await;
    let asked = world.act(ada, &format!("{path}/unfreeze"), &json!({"reason": "seen"})).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let waiting = |event: &StreamEvent, count: i64| {
        event.data["approvals_waiting_for_me"] == count && event.data["approvals_pending"] == 1
    };
    for (stream, count) in streams.iter_mut().zip([0, 0, 1]) {
        let overview = stream.find(PATIENCE, |event| waiting(event, count)).await.expect("what waits");
        let overview: Overview = serde_json::from_value(overview.data).unwrap();
        let sum =
            |of: fn(&admin_api::ActivitySecond) -> u64| overview.activity.seconds.iter().map(of).sum::<u64>();
        assert_eq!(overview.activity.seconds.len(), 60);
        assert_eq!((sum(|s| s.payments), sum(|s| s.withdrawals)), (1, 0));
        // The sandbox bank's rates are events, too.
        assert!(sum(|s| s.events) >= 2, "{:?}", overview.activity);
    }
    // The same by a request, and after a withdrawal.
    assert_eq!(
        world.admin().get(&bruno.token, "/admin/v1/overview").await.json["approvals_waiting_for_me"],
        1
    );
    assert_eq!(world.admin().get(&ada.token, "/admin/v1/overview").await.json["approvals_waiting_for_me"], 0);
    let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    world.act(bruno, &approve, &json!({"reason": "right"})).await;
    let order = world.withdraw(merchant, merchant.payee("CNY"), "5.00", "USD", "CNY").await;
    world.wait_for(merchant, order.text_of("id"), "paid").await;
    let overview = world.look("/admin/v1/overview").await;
    let overview: Overview = serde_json::from_value(overview.json).unwrap();
    let counted =
        |of: fn(&admin_api::ActivitySecond) -> u64| overview.activity.seconds.iter().map(of).sum::<u64>();
    assert_eq!((counted(|s| s.withdrawals), counted(|s| s.payouts_paid)), (1, 1));
    let bank = overview.banks.first().expect("the sandbox bank");
    assert!(bank.state != "down" && bank.answer_seconds.is_some_and(|time| time > 0.0), "{bank:?}");
}

#[tokio::test]
async fn who_comes_back_hears_what_it_missed_also_after_the_gateway_was_killed() {
    let (mut sluice, mut world) = Sluice::start().await;
    let (stream, first) = listen(&world, None).await;
    drop(stream);
    let mut missed = BTreeSet::new();
    for _ in 0..5 {
        let paid = world.pay_in(world.merchant(0), "10.00", "USD").await;
        missed.insert(paid.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned());
    }
    let hear_all = async |stream: &mut EventStream, missed: &BTreeSet<String>| {
        let mut left = missed.clone();
        stream
            .find(PATIENCE, |event| {
                left.retain(|id| !event.names("payments", id));
                left.is_empty()
            })
            .await
            .is_some()
    };
    let (mut stream, again) = listen(&world, first.id.as_deref()).await;
    assert_eq!((again.name.as_str(), &again.id), ("hello", &first.id));
    assert!(hear_all(&mut stream, &missed).await, "{missed:?}");
    let heard = stream.last_id.clone();
    assert_ne!(heard, first.id);

    // Its gateway is killed; another process changes something before anybody listens.
    let paid = world.pay_in(world.merchant(1), "20.00", "USD").await;
    sluice.kill().await;
    assert!(stream.ends(PATIENCE).await);
    world = sluice.launch().await;
    let after = world.pay_in(world.merchant(1), "30.00", "USD").await;
    let missed: BTreeSet<String> = [paid, after]
        .iter()
        .map(|answer| answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned())
        .collect();
    let (mut stream, again) = listen(&world, heard.as_deref()).await;
    assert_eq!(again.name, "hello");
    assert!(hear_all(&mut stream, &missed).await, "{missed:?}");
    sluice.verify().await;
}

#[tokio::test]
async fn a_place_that_is_not_known_any_more_is_answered_with_a_reset() {
    let (mut sluice, mut world) = Sluice::start().await;
    let (stream, first) = listen(&world, None).await;
    drop(stream);
    let (_, odd) = listen(&world, Some("yesterday")).await;
    assert_eq!(odd.name, "reset");

    // What the cursor lacks has been forgotten.
    let paid = world.pay_in(world.merchant(0), "10.00", "USD").await;
    let database = world.database().await;
    let forgotten = "WITH gone AS (DELETE FROM changes RETURNING xact)
        UPDATE change_feed SET lost = (SELECT xact FROM gone ORDER BY xact DESC LIMIT 1)";
    database.execute(forgotten, &[]).await.unwrap();
    let (mut stream, reset) = listen(&world, first.id.as_deref()).await;
    assert_eq!(reset.name, "reset");
    let payment = paid.json["outcomes"][0]["payment_id"].as_str().unwrap();
    let heard = stream.find(SOON, |event| event.names("payments", payment)).await;
    assert_eq!(heard, None, "it is not known any more");

    // PostgreSQL crashes under an open stream, and keeps no feed: it is said, and goes on from there.
    drop(stream);
    let (_, before) = listen(&world, None).await;
    sluice.kill_postgres();
    sluice.kill().await;
    world = sluice.launch().await;
    let (mut stream, reset) = listen(&world, before.id.as_deref()).await;
    assert_eq!(reset.name, "reset");
    let begun = Instant::now();
    let paid = world.pay_in(world.merchant(0), "10.00", "USD").await;
    let payment = paid.json["outcomes"][0]["payment_id"].as_str().unwrap();
    hear(&mut stream, "payments", payment, begun).await;
    sluice.verify().await;
}

#[tokio::test]
async fn two_gateways_tell_the_same_whichever_of_them_did_it() {
    let (sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "").await;
    let merchant = world.merchant(0);
    let (mut here, _) = listen(&world, None).await;
    let (mut there, start) = listen(&second.world, None).await;
    for gateway in [&world, &second.world] {
        let begun = Instant::now();
        let paid = gateway.pay_in(merchant, "10.00", "USD").await;
        let payment = paid.json["outcomes"][0]["payment_id"].as_str().unwrap();
        for stream in [&mut here, &mut there] {
            in_time("a payment by either gateway", hear(stream, "payments", payment, begun).await);
        }
    }
    // A place of one is a place of the other.
    let paid = world.pay_in(merchant, "10.00", "USD").await;
    let payment = paid.json["outcomes"][0]["payment_id"].as_str().unwrap();
    let (mut moved, hello) = listen(&world, start.id.as_deref()).await;
    assert_eq!(hello.name, "hello");
    hear(&mut moved, "payments", payment, Instant::now()).await;

    // The second one's configuration takes the listener's token away, and only its streams end.
    let text = sluice.configuration();
    let (kept, left) = text.split_once("\n[[operators]]\nid = \"op_viewer\"").expect("the viewer");
    let left = left.split_once("\n[[operators]]").expect("others").1;
    let begun = Instant::now();
    second.reload(&format!("{kept}\n[[operators]]{left}")).await;
    assert!(there.ends(Duration::from_secs(5)).await, "its operator is one no more");
    println!("the stream ended {} ms after the reload began", begun.elapsed().as_millis());
    let refused = second.world.stream(&world.operator("viewer", 0).token, None).await;
    assert_eq!(refused.err().map(|(status, _)| status), Some(401));
    let begun = Instant::now();
    let paid = second.world.pay_in(merchant, "10.00", "USD").await;
    hear(&mut here, "payments", paid.json["outcomes"][0]["payment_id"].as_str().unwrap(), begun).await;
}

#[tokio::test]
async fn streams_are_for_operators_and_bounded_and_end_with_the_gateway() {
    let (mut sluice, world) = Sluice::start_with("[stream]\nmax_streams = 2\n").await;
    let token = &world.operator("viewer", 0).token;
    for stranger in ["test", world.merchant(0).api_key.as_str()] {
        let refused = world.stream(stranger, None).await.err().expect("a refusal");
        assert!(refused.0 == 401 && refused.1.contains("unauthenticated"), "{refused:?}");
    }
    let (mut first, _) = listen(&world, None).await;
    let (second, _) = listen(&world, None).await;
    let refused = world.stream(token, None).await.err().expect("a refusal");
    assert!(refused.0 == 503 && refused.1.contains("overloaded"), "{refused:?}");
    assert!(refused.1.contains("retry-after: "), "{refused:?}");
    assert_eq!(world.metric("sluice_streams").await, 2.0);
    assert_eq!(world.look("/admin/v1/overview").await.status, 200, "lists are answered all the same");
    // A place is free again when somebody leaves.
    drop(second);
    let begun = Instant::now();
    while let Err(refused) = world.stream(token, None).await {
        assert!(begun.elapsed() < PATIENCE, "{refused:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let begun = Instant::now();
    let (ended, ()) = tokio::join!(first.ends(PATIENCE), sluice.stop());
    assert!(ended && begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_of_a_refused_event_is_told_as_an_event() {
    let (_sluice, world) = Sluice::start().await;
    let (mut stream, _) = listen(&world, None).await;
    let begun = Instant::now();
    let id = unique("evt");
    assert_eq!(world.event(&id, b"{").await.status, 400);
    let row = world.wait_for_row("/admin/v1/events?verdict=malformed", |row| row["event_id"] == id).await;
    hear(&mut stream, "bank_events", row["id"].as_str().unwrap(), begun).await;
    // A redelivery makes no event, and a payment that is known already makes no payment.
    let merchant = world.merchant(0);
    let body = funds(&unique("REF"), merchant.account("USD"), "10.00", "USD", AMAZON);
    let (first, second) = (unique("evt"), unique("evt"));
    let paid = world.event(&first, &body).await;
    let payment = paid.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    hear(&mut stream, "payments", &payment, begun).await;
    assert!(world.event(&first, &body).await.replayed);
    let known = world.event(&second, &body).await;
    assert_eq!(known.outcome(), ("duplicate", ""));
    let mut again = false;
    let heard = stream
        .find(PATIENCE, |event| {
            again |= event.names("payments", &payment);
            event.names("bank_events", known.text_of("event_id"))
        })
        .await;
    assert!(heard.is_some() && !again);
}
