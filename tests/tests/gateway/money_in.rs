//! A bank's event on its way to a balance, and every way in which it does not get there.

use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::json;
use tests::{Sluice, World, funds, unique};

const AMAZON: &str = "AMAZON PAYMENTS INC";

#[tokio::test]
async fn r2_40_concurrent_redeliveries_post_once_and_get_the_first_answer() {
    let (mut sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (event, body) =
        (unique("evt"), funds(&unique("REF"), merchant.account("GBP"), "10.00", "GBP", AMAZON));
    let answers = join_all((0..40).map(|_| world.event(&event, &body))).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text),
        "{answers:?}"
    );
    assert_eq!(answers[0].outcome(), ("credited", ""));
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(world.balance(merchant, "GBP", "available").await, "10.00");

    let first = answers[0].text.clone();
    sluice.stop().await;
    let world = sluice.launch().await;
    let again = world.event(&event, &body).await;
    assert_eq!((again.text, again.replayed), (first, true), "also after a restart");
    assert_eq!(world.balance(world.merchant(0), "GBP", "available").await, "10.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r4_60_concurrent_events_with_6_references_credit_6_times() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let references: Vec<String> = (0..6).map(|_| unique("REF")).collect();
    let send = |index: usize| {
        let body = funds(&references[index % 6], merchant.account("EUR"), "100.00", "EUR", AMAZON);
        let world = &world;
        async move { world.event(&unique("evt"), &body).await }
    };
    let answers = join_all((0..60).map(send)).await;
    let count = |outcome: &str| answers.iter().filter(|answer| answer.outcome().0 == outcome).count();
    assert_eq!((count("credited"), count("duplicate")), (6, 54), "{answers:?}");
    assert_eq!(world.balance(merchant, "EUR", "available").await, "600.00");
    let ids = |outcome: &str| {
        let mut ids: Vec<String> = answers
            .iter()
            .filter(|answer| answer.outcome().0 == outcome)
            .map(|answer| answer.json["outcomes"][0]["payment_id"].to_string())
            .collect();
        ids.sort();
        ids.dedup();
        ids
    };
    assert_eq!(ids("credited"), ids("duplicate"), "a duplicate names the payment that was there before");

    let other = funds(&references[0], merchant.account("EUR"), "100.01", "EUR", AMAZON);
    assert_eq!(world.event(&unique("evt"), &other).await.outcome(), ("in_review", "reference_conflict"));
    assert_eq!(world.event(&unique("evt"), &other).await.outcome().0, "duplicate");
    assert_eq!(world.balance(merchant, "EUR", "in_review").await, "100.01");
    assert_eq!(world.balance(merchant, "EUR", "available").await, "600.00");
    sluice.verify().await;
}

/// How many events of the sandbox bank were refused for this reason.
async fn signature_failures(world: &World, reason: &str) -> u64 {
    let text = world.probe("/metrics").await;
    let begin = format!("sluice_signature_failures_total{{bank=\"sandbox\",reason=\"{reason}\"}} ");
    let figure = text.lines().find_map(|line| line.strip_prefix(&begin));
    figure.expect("it is counted from the start").parse().expect("a number")
}

#[tokio::test]
async fn r1_what_does_not_verify_is_refused_and_never_kept() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let body = funds(&unique("REF"), merchant.account("USD"), "10.00", "USD", AMAZON);
    let event = unique("evt");
    let with = |name: &'static str, change: fn(String) -> String| {
        let mut headers = world.headers(&event, &body);
        for (header, value) in &mut headers {
            if *header == name {
                *value = change(value.clone());
            }
        }
        headers
    };
    let flip = |value: String| value.replace('1', "2");
    for reason in ["bad_signature", "missing_header", "malformed_header", "timestamp"] {
        assert_eq!(signature_failures(&world, reason).await, 0, "{reason}");
    }
    let cases = [
        ("id", with("webhook-id", |id| format!("{id}x")), body.clone()),
        ("time", with("webhook-timestamp", |at| (at.parse::<i64>().unwrap() + 1).to_string()), body.clone()),
        ("signature", with("webhook-signature", |_| "v1,AAAA".into()), body.clone()),
        ("junk", with("webhook-signature", |_| "junk".into()), body.clone()),
        ("body", world.headers(&event, &body), flip(String::from_utf8(body.clone()).unwrap()).into_bytes()),
        ("no headers", Vec::new(), body.clone()),
    ];
    for (case, headers, body) in cases {
        let answer = world.raw_event(&headers, &body).await.expect("an answer");
        assert_eq!(answer.refusal(), (401, "bad-signature"), "{case}: {answer:?}");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    for at in [now - 310, now + 310] {
        let answer = world.event_at(&event, at, &body).await;
        assert_eq!(answer.refusal(), (401, "timestamp-out-of-tolerance"), "{answer:?}");
    }
    let elsewhere = world
        .public()
        .send(
            hyper::Method::POST,
            "/v1/banks/other/events",
            &world.headers(&event, &body),
            body.clone().into(),
        )
        .await;
    assert_eq!(elsewhere.refusal(), (404, "not-found"));
    assert_eq!(
        world.look("/admin/v1/events").await.json["data"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["event_id"] == event.as_str())
            .count(),
        0
    );
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    let counted = [("bad_signature", 5), ("missing_header", 1), ("malformed_header", 0), ("timestamp", 2)];
    for (reason, times) in counted {
        assert_eq!(signature_failures(&world, reason).await, times, "{reason}");
    }

    assert_eq!(
        world.event(&event, &body).await.outcome(),
        ("credited", ""),
        "the same event, signed, counts"
    );
    sluice.verify().await;
}

#[tokio::test]
async fn r3_r5_r6_what_is_not_clearly_someones_waits_in_suspense() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let usd = merchant.account("USD");
    let cases = [
        (funds(&unique("REF"), "9990001", "5.00", "USD", AMAZON), "unknown_account"),
        (funds(&unique("REF"), usd, "6", "JPY", AMAZON), "currency_mismatch"),
        (funds(&unique("REF"), usd, "7.00", "USD", "SOMEBODY LTD"), "remitter_not_platform"),
        // They look like the platform, or read as it, and are not it.
        (funds(&unique("REF"), usd, "8.00", "USD", "\u{202e}AMAZON PAYMENTS INC"), "remitter_not_platform"),
        (funds(&unique("REF"), usd, "9.00", "USD", "AMAZON\u{200b} PAYMENTS INC"), "remitter_not_platform"),
    ];
    for (body, reason) in &cases {
        let answer = world.event(&unique("evt"), body).await;
        assert_eq!((answer.status, answer.outcome()), (200, ("in_review", *reason)), "{answer:?}");
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    assert_eq!(world.balance(merchant, "USD", "in_review").await, "24.00");
    let overview = world.look("/admin/v1/overview").await;
    let suspense = |currency: &str| {
        let rows = overview.json["suspense"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["currency"] == currency).map(|row| row["amount"].to_string())
    };
    assert_eq!(suspense("USD").as_deref(), Some("\"29.00\""), "5.00 + 7.00 + 8.00 + 9.00");
    assert_eq!(suspense("JPY").as_deref(), Some("\"6\""));

    let event = unique("evt");
    assert_eq!(world.event(&event, &cases[0].0).await.outcome().0, "duplicate");
    let reused = world.event(&event, &cases[1].0).await;
    assert_eq!(reused.refusal(), (409, "event-id-reused"), "R3: the same id, other bytes");
    assert_eq!(world.look("/admin/v1/overview").await.json["event_id_conflicts"], 1);
    let conflicts = world.look("/admin/v1/events?verdict=conflict").await;
    assert_eq!(conflicts.json["data"][0]["event_id"], event.as_str(), "operators see it");
    sluice.verify().await;
}

#[tokio::test]
async fn r2_what_verifies_is_always_kept_and_answered_the_same_again() {
    let (sluice, world) = Sluice::start().await;
    let account = world.merchant(0).account("USD").to_owned();
    let data = |amount: serde_json::Value| {
        json!({"type": "funds.received", "data": {"reference": unique("REF"), "account_number": account,
            "amount": amount, "currency": "USD", "remitter": {"name": AMAZON}}})
        .to_string()
    };
    let deep = "[".repeat(100_000);
    let mut cases = vec![
        ("{".to_owned(), 400, "malformed-json"),
        (r#"{"type":"a","type":"b"}"#.to_owned(), 400, "malformed-json"),
        (deep, 400, "malformed-json"),
        (r#"{"type":"funds.received","data":{}}"#.to_owned(), 422, "invalid-request"),
        (r#"{"data":{}}"#.to_owned(), 422, "invalid-request"),
        (r#"{"type":"something.new","data":{"a":1}}"#.to_owned(), 200, ""),
    ];
    for amount in
        [json!("1e3"), json!("-5"), json!("0.001"), json!("12345678901234567890"), json!("0"), json!(5)]
    {
        cases.push((data(amount), 422, "invalid-request"));
    }
    for (body, status, code) in &cases {
        let event = unique("evt");
        let first = world.event(&event, body.as_bytes()).await;
        assert_eq!(first.refusal(), (*status, *code), "{body:.80}: {first:?}");
        if *status == 422 {
            let field = first.json["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
            assert!(field.starts_with("data.") || field == "type", "names the field: {first:?}");
        }
        let again = world.event(&event, body.as_bytes()).await;
        assert_eq!((again.text, again.replayed), (first.text, true), "{body:.80}");
    }
    let ignored = world.look("/admin/v1/events?verdict=ignored").await;
    assert_eq!(ignored.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "0.00");
    sluice.verify().await;
}
