//! The bank partner's self-check: it says what would happen, and nothing happens.

use serde_json::Value;
use tests::{Sluice, World, funds, unique};

const AMAZON: &str = "AMAZON PAYMENTS INC";

async fn check(world: &World, headers: &[(&'static str, String)], body: &[u8]) -> Value {
    let answer = world.event_at_path("events?dry_run=true", headers, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["dry_run"], true, "{}", answer.text);
    answer.json
}

#[tokio::test]
async fn a_self_check_tells_the_outcome_and_changes_nothing() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (event, body) =
        (unique("evt"), funds(&unique("REF"), merchant.account("USD"), "10.00", "USD", AMAZON));

    for _ in 0..2 {
        let told = check(&world, &world.headers(&event, &body), &body).await;
        assert_eq!(told["verified"], true, "{told}");
        assert_eq!(told["event_id"], event, "{told}");
        assert_eq!(told["would_answer"]["status"], 200, "{told}");
        assert_eq!(told["would_answer"]["replayed"], false, "{told}");
        assert_eq!(told["would_answer"]["body"]["outcomes"][0]["outcome"], "credited", "{told}");
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    let kept = world.look("/admin/v1/events?limit=200").await;
    assert!(!kept.text.contains(&event), "nothing is kept");

    // The real thing is as it was foretold; after it, the check foretells the replay.
    let real = world.event(&event, &body).await;
    assert_eq!((real.outcome(), real.replayed), (("credited", ""), false));
    let told = check(&world, &world.headers(&event, &body), &body).await;
    assert_eq!(told["would_answer"]["replayed"], true, "{told}");
    assert_eq!(told["would_answer"]["body"], real.json, "{told}");
    let other = funds(&unique("REF"), merchant.account("USD"), "11.00", "USD", AMAZON);
    let told = check(&world, &world.headers(&event, &other), &other).await;
    assert_eq!(told["would_answer"]["status"], 409, "{told}");
    let nonsense = b"{\"type\":\"funds.received\",\"data\":{}}";
    let told = check(&world, &world.headers(&unique("evt"), nonsense), nonsense).await;
    assert_eq!(told["would_answer"]["status"], 422, "{told}");
    assert_eq!(told["would_answer"]["body"]["errors"][0]["field"], "data.reference", "{told}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "10.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r1_a_self_check_says_at_which_step_a_signature_fails() {
    let (_sluice, world) = Sluice::start().await;
    let body = funds(&unique("REF"), world.merchant(0).account("USD"), "10.00", "USD", AMAZON);
    let right = world.headers(&unique("evt"), &body);
    type Change = fn(&mut Vec<(&'static str, String)>);
    let table: [(&str, Change, &str, &str); 3] = [
        (
            "no signature",
            |h| h.retain(|header| header.0 != "webhook-signature"),
            "missing_header",
            "bad-signature",
        ),
        (
            "another signature",
            |h| h[2].1 = format!("v1,{}=", "A".repeat(43)),
            "bad_signature",
            "bad-signature",
        ),
        ("a timestamp that is none", |h| h[1].1 = "soon".to_owned(), "malformed_header", "bad-signature"),
    ];
    for (case, change, step, code) in table {
        let mut headers = right.clone();
        change(&mut headers);
        let told = check(&world, &headers, &body).await;
        assert_eq!(told["verified"], false, "{case}: {told}");
        assert_eq!(told["would_answer"]["code"], code, "{case}: {told}");
        assert_eq!(told["failed_step"], step, "{case}: {told}");
        assert_eq!(told["expected"]["signed"], "{id}.{timestamp}.{body}", "{case}: {told}");
        assert!(told["expected"]["headers"].to_string().contains("webhook-signature"), "{case}: {told}");
        assert!(!told.to_string().contains("whsec_"), "{case}: {told}");
    }
    let metrics = world.probe("/metrics").await;
    for (_, _, step, _) in table {
        let line = format!("sluice_signature_failures_total{{bank=\"sandbox\",reason=\"{step}\"}} 1");
        assert!(metrics.contains(&line), "who tries signatures here is seen: {line}");
    }
    // Who mistypes must not get the real thing.
    let answer = world.event_at_path("events?dry_run=yes", &right, &body).await;
    assert_eq!(answer.refusal(), (422, "invalid-request"), "{}", answer.text);
    assert_eq!(world.balance(world.merchant(0), "USD", "available").await, "0.00");
}
