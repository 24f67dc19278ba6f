//! `kill -9` under load: what was acknowledged is there once, and goes on by itself.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, funds, unique};

/// What was acknowledged: to be compared with the rows afterwards.
#[derive(Default)]
struct Acknowledged {
    events: Mutex<Vec<(String, Vec<u8>, Answer)>>,
    withdrawals: Mutex<Vec<(String, Value, Answer)>>,
}

impl Acknowledged {
    fn counts(&self) -> (usize, usize) {
        (self.events.lock().unwrap().len(), self.withdrawals.lock().unwrap().len())
    }

    /// Until the load is in full swing: a hundred events and twenty withdrawals more than now.
    async fn wait_for_more(&self) {
        let (events, withdrawals) = self.counts();
        let enough = || {
            let now = self.counts();
            now.0 >= events + 100 && now.1 >= withdrawals + 20
        };
        let begun = tokio::time::Instant::now();
        while !enough() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the load does not get going: {:?}",
                self.counts()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn pay_in(world: &World, merchant: &Merchant, stop: &AtomicBool, kept: &Acknowledged) {
    let mut last = unique("REF");
    while !stop.load(Ordering::Relaxed) {
        // Every third one repeats the reference of the one before, under a new event id.
        let fresh = unique("REF");
        if !fresh.ends_with(['3', '6', '9']) {
            last = fresh;
        }
        let (event, body) =
            (unique("evt"), funds(&last, merchant.account("USD"), "7.00", "USD", "AMAZON PAYMENTS INC"));
        match world.try_event(&event, &body).await {
            Some(answer) if answer.status == 200 => kept.events.lock().unwrap().push((event, body, answer)),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn withdraw(world: &World, merchant: &Merchant, stop: &AtomicBool, kept: &Acknowledged) {
    while !stop.load(Ordering::Relaxed) {
        let key = unique("key");
        let body = json!({"payee_id": merchant.payee("CNY"), "sell_currency": "USD", "sell_amount": "1.00",
            "buy_currency": "CNY"});
        let headers =
            [("authorization", format!("Bearer {}", merchant.api_key)), ("idempotency-key", key.clone())];
        let sent = world
            .public()
            .try_send(hyper::Method::POST, "/v1/withdrawals", &headers, body.to_string().into())
            .await;
        match sent {
            Some(answer) if answer.status == 201 => {
                kept.withdrawals.lock().unwrap().push((key, body, answer))
            }
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i3_i4_i8_what_was_acknowledged_survives_kill_9_of_gateway_and_database() {
    let (mut sluice, mut world) = Sluice::start().await;
    let kept = Acknowledged::default();
    for kill_postgres in [false, true] {
        let stop = AtomicBool::new(false);
        let merchant = world.merchant(0).clone();
        let load = async {
            let deposits = join_all((0..12).map(|_| pay_in(&world, &merchant, &stop, &kept)));
            let orders = join_all((0..6).map(|_| withdraw(&world, &merchant, &stop, &kept)));
            tokio::join!(deposits, orders);
        };
        let kill = async {
            kept.wait_for_more().await;
            if kill_postgres {
                sluice.kill_postgres();
            }
            sluice.kill().await;
            stop.store(true, Ordering::Relaxed);
        };
        tokio::join!(load, kill);
        world = sluice.launch().await;
    }
    let merchant = world.merchant(0).clone();
    let (events, withdrawals) = (kept.events.into_inner().unwrap(), kept.withdrawals.into_inner().unwrap());
    same_answers(&world, &merchant, &events, &withdrawals).await;
    for (_, _, answer) in &withdrawals {
        world.wait_for(&merchant, answer.text_of("id"), "paid").await;
    }
    everything_once(&world, &merchant, &events).await;
    sluice.verify().await;
    sluice.stop().await;
}

/// I5, R2: redelivered, everything gets its first answer again.
async fn same_answers(
    world: &World,
    merchant: &Merchant,
    events: &[(String, Vec<u8>, Answer)],
    withdrawals: &[(String, Value, Answer)],
) {
    for (event, body, first) in events {
        let again = world.event(event, body).await;
        assert_eq!((&again.text, again.replayed), (&first.text, true));
    }
    for (key, body, first) in withdrawals {
        let again = world.order(merchant, "/v1/withdrawals", key, body).await;
        assert_eq!((&again.text, again.replayed), (&first.text, true));
    }
}

/// What was answered `credited` is in the book exactly once; what was `duplicate` was there before. Requests whose
/// answers were lost may be in the book too: they are found by the statement, and counted.
async fn everything_once(world: &World, merchant: &Merchant, events: &[(String, Vec<u8>, Answer)]) {
    let mut credited: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/transactions?type=credit&limit=200{cursor}");
        let page = world.public().get(&merchant.api_key, &path).await;
        let rows = page.json["data"].as_array().unwrap().clone();
        credited.extend(rows.iter().map(|row| row["source_id"].as_str().unwrap().to_owned()));
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let distinct: std::collections::HashSet<&String> = credited.iter().collect();
    assert_eq!(distinct.len(), credited.len(), "no payment is in the book twice");
    for (_, _, answer) in events {
        let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
        assert!(distinct.contains(&payment), "{answer:?} is in the book");
    }
    let journal = world.journal().await;
    let executed: std::collections::HashSet<&String> = journal.iter().collect();
    assert_eq!(executed.len(), journal.len(), "no payout was executed twice");
    let available: f64 = world.balance(merchant, "USD", "available").await.parse().unwrap();
    let withdrawn = journal.len() as f64;
    let expected = credited.len() as f64 * 7.0 - withdrawn;
    assert!((available - expected).abs() < 0.001, "{available} is not {expected}");
}
