//! Any number of gateways on one database: keys and locks keep it right; a gateway that can't keep up says so.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use tests::{Sluice, funds, unique};

const AMAZON: &str = "AMAZON PAYMENTS INC";

#[tokio::test]
async fn r2_r24_r27_two_gateways_post_once_pay_once_and_never_too_much() {
    let (sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "").await;
    let (merchant, gateways) = (world.merchant(0), [&world, &second.world]);
    let (event, body) =
        (unique("evt"), funds(&unique("REF"), merchant.account("USD"), "1000.00", "USD", AMAZON));
    let answers = join_all((0..40).map(|index| gateways[index % 2].event(&event, &body))).await;
    assert!(answers.iter().all(|answer| answer.text == answers[0].text), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(world.balance(merchant, "USD", "available").await, "1000.00");

    let payee = merchant.payee("CNY");
    let order = |index: usize| gateways[index % 2].withdraw(merchant, payee, "100.00", "USD", "CNY");
    let answers = join_all((0..50).map(order)).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    let refused = answers.iter().filter(|answer| answer.refusal() == (422, "insufficient-funds")).count();
    assert_eq!((made.len(), refused), (10, 40), "{answers:?}");
    for answer in made {
        let paid = world.wait_for(merchant, answer.text_of("id"), "paid").await;
        assert_eq!(world.executions(&paid).await, 1, "two workers, one execution");
    }
    assert_eq!(world.journal().await.len(), 10);
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r22_r31_a_full_queue_is_refused_at_once_and_a_lost_answer_is_had_with_the_same_key() {
    let (sluice, world) = Sluice::start().await;
    let small = "[lanes]\ncount = 1\nqueue = 1\nbatch_max = 1\ndeadline_ms = 2000\nretries = 0\n";
    let second = sluice.second(&world, small).await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let mut database = world.database().await;
    let block = database.transaction().await.unwrap();
    block.batch_execute("SELECT 1 FROM merchants FOR UPDATE").await.unwrap();

    let body = json!({"payee_id": merchant.payee("CNY"), "sell_currency": "USD", "sell_amount": "10.00",
        "buy_currency": "CNY"});
    let keys: Vec<String> = (0..8).map(|_| unique("key")).collect();
    let send = |key: &String| {
        let (world, key, body) = (&second.world, key.clone(), body.clone());
        async move {
            let begun = std::time::Instant::now();
            (world.order(merchant, "/v1/withdrawals", &key, &body).await, begun.elapsed())
        }
    };
    let answers = join_all(keys.iter().map(send)).await;
    let full: Vec<_> = answers.iter().filter(|(answer, _)| answer.code() == "overloaded").collect();
    let lost = answers.iter().filter(|(answer, _)| answer.code() == "ledger-unavailable").count();
    assert!(full.len() >= 5 && lost >= 1 && full.len() + lost == 8, "{answers:?}");
    for (answer, took) in &full {
        assert!(
            answer.status == 503 && answer.retry_after.is_some() && *took < Duration::from_millis(1500),
            "{took:?}"
        );
    }
    block.rollback().await.unwrap();

    for key in &keys {
        let mut answer = second.world.order(merchant, "/v1/withdrawals", key, &body).await;
        for _ in 0..100 {
            if answer.status != 503 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            answer = second.world.order(merchant, "/v1/withdrawals", key, &body).await;
        }
        assert_eq!(answer.status, 201, "repeated with the same key: {answer:?}");
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "20.00", "each of eight, once");
    sluice.verify().await;
}

#[tokio::test]
async fn a_bank_that_floods_is_refused_beyond_its_share_and_leaves_the_rest_to_others() {
    let (sluice, world) = Sluice::start().await;
    let few = sluice.configuration().replace("[server]\n", "[server]\nmax_requests = 8\n");
    let second = sluice.second_with(&world, &few).await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let mut database = world.database().await;
    let block = database.transaction().await.unwrap();
    block.batch_execute("SELECT 1 FROM merchants FOR UPDATE").await.unwrap();

    let body = || funds(&unique("REF"), merchant.account("USD"), "10.00", "USD", AMAZON);
    let events: Vec<(String, Vec<u8>)> = (0..7).map(|_| (unique("evt"), body())).collect();
    let mut flood: FuturesUnordered<_> =
        events.iter().map(|(id, body)| second.world.event(id, body)).collect();
    // Four wait for the lock, as many as may; whoever is answered meanwhile is refused.
    for _ in 0..3 {
        let answer = flood.next().await.unwrap();
        assert!(answer.refusal() == (503, "overloaded") && answer.retry_after.is_some(), "{answer:?}");
    }
    let balance = second.world.balance(merchant, "USD", "available").await;
    assert_eq!(balance, "100.00", "a merchant is answered beside the flood");
    // Who gives up and comes again has what it left behind still standing there.
    drop(flood);
    let again = second.world.event(&unique("evt"), &body()).await;
    assert_eq!(again.refusal(), (503, "overloaded"));
    let text = second.world.probe("/metrics").await;
    assert!(text.contains("sluice_bank_events_over_share_total{bank=\"sandbox\"} 4"), "{text}");
    block.rollback().await.unwrap();
    // The four are carried out though nobody waits for them.
    for _ in 0..600 {
        if world.balance(merchant, "USD", "available").await == "140.00" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "140.00");
    for (id, body) in &events {
        assert_eq!(second.world.event(id, body).await.status, 200, "sent again");
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "170.00", "each of seven, once");
    sluice.verify().await;
}
