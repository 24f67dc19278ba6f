//! R8 end to end: a bank takes money back, before or after it is in the balance, or has left it.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tests::{Merchant, Sluice, World, funds, unique};

const AMAZON: &str = "AMAZON PAYMENTS INC";
/// How long a sweep may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `funds.returned` event.
fn returned(reference: &str, original: &str, amount: &str, currency: &str) -> Vec<u8> {
    let event = json!({"type": "funds.returned", "data": {"reference": reference, "original_reference": original,
        "amount": amount, "currency": currency, "reason": "AC04"}});
    event.to_string().into_bytes()
}

/// The bank takes `amount` of the payment back; what it is told.
async fn take_back(world: &World, original: &str, amount: &str, currency: &str) -> (String, String) {
    let body = returned(&unique("RET"), original, amount, currency);
    let answer = world.event(&unique("evt"), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (outcome, reason) = answer.outcome();
    (outcome.to_owned(), reason.to_owned())
}

async fn pay_in(world: &World, merchant: &Merchant, amount: &str, currency: &str) -> String {
    let reference = unique("REF");
    let body = funds(&reference, merchant.account(currency), amount, currency, AMAZON);
    assert_eq!(world.event(&unique("evt"), &body).await.outcome(), ("credited", ""));
    reference
}

/// Available, owed and in review.
async fn balances(world: &World, merchant: &Merchant, currency: &str) -> [String; 3] {
    let [available, owed, in_review] = ["available", "receivable", "in_review"];
    [
        world.balance(merchant, currency, available).await,
        world.balance(merchant, currency, owed).await,
        world.balance(merchant, currency, in_review).await,
    ]
}

#[tokio::test]
async fn r8_what_is_taken_back_after_it_was_withdrawn_is_owed_and_repaid_by_the_next_credit() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let reference = pay_in(&world, merchant, "100.00", "USD").await;
    let order = world.withdraw(merchant, merchant.payee("CNY"), "70.00", "USD", "CNY").await;
    assert_eq!(order.status, 201, "{order:?}");
    assert_eq!(take_back(&world, &reference, "100.00", "USD").await.0, "applied");
    assert_eq!(balances(&world, merchant, "USD").await, ["0.00", "70.00", "0.00"]);

    pay_in(&world, merchant, "30.00", "USD").await;
    assert_eq!(balances(&world, merchant, "USD").await, ["0.00", "40.00", "0.00"], "paid off first");
    let refused = world.withdraw(merchant, merchant.payee("CNY"), "1.00", "USD", "CNY").await;
    assert_eq!(refused.refusal(), (422, "insufficient-funds"));
    pay_in(&world, merchant, "50.00", "USD").await;
    assert_eq!(balances(&world, merchant, "USD").await, ["10.00", "0.00", "0.00"]);
    assert_eq!(balances(&world, merchant, "EUR").await, ["0.00", "0.00", "0.00"], "each currency by itself");
    sluice.verify().await;
}

#[tokio::test]
async fn r8_a_return_before_its_payment_waits_for_it() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (early, reviewed) = (unique("REF"), unique("REF"));
    for original in [&early, &reviewed] {
        let told = take_back(&world, original, "40.00", "EUR").await;
        assert_eq!((told.0.as_str(), told.1.as_str()), ("in_review", "waiting_for_payment"));
    }
    assert_eq!(balances(&world, merchant, "EUR").await, ["0.00", "0.00", "0.00"]);
    let body = funds(&early, merchant.account("EUR"), "100.00", "EUR", AMAZON);
    assert_eq!(world.event(&unique("evt"), &body).await.outcome().0, "credited");
    assert_eq!(balances(&world, merchant, "EUR").await, ["60.00", "0.00", "0.00"]);
    let body = funds(&reviewed, merchant.account("EUR"), "40.00", "EUR", "SOMEBODY LTD");
    world.event(&unique("evt"), &body).await;
    assert_eq!(
        balances(&world, merchant, "EUR").await,
        ["60.00", "0.00", "0.00"],
        "nothing is left to review"
    );
    sluice.verify().await;
}

#[tokio::test]
async fn r8_in_parts_never_more_than_came_and_once_however_often_it_is_reported() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(1);
    let reference = pay_in(&world, merchant, "100.00", "GBP").await;
    let body = returned(&unique("RET"), &reference, "30.00", "GBP");
    let answers = join_all((0..20).map(|_| async { world.event(&unique("evt"), &body).await })).await;
    let count = |outcome: &str| answers.iter().filter(|answer| answer.outcome().0 == outcome).count();
    assert_eq!((count("applied"), count("duplicate")), (1, 19), "{answers:?}");
    assert_eq!(balances(&world, merchant, "GBP").await, ["70.00", "0.00", "0.00"]);
    for (amount, currency, told) in [
        ("70.01", "GBP", ("in_review", "exceeds")),
        ("70.00", "EUR", ("in_review", "currency_differs")),
        ("70.00", "GBP", ("applied", "")),
        ("0.01", "GBP", ("in_review", "exceeds")),
    ] {
        let (outcome, reason) = take_back(&world, &reference, amount, currency).await;
        assert_eq!((outcome.as_str(), reason.as_str()), told, "{amount} {currency}");
    }
    assert_eq!(balances(&world, merchant, "GBP").await, ["0.00", "0.00", "0.00"]);
    let overview = world.admin().get(&world.operator("operator", 0).token, "/admin/v1/overview").await;
    assert_eq!(overview.json["reversals_held"], 3, "what a person has to decide about");
    assert!(overview.json["oldest_held_reversal_seconds"].as_f64().is_some_and(|age| age >= 0.0));
    sluice.verify().await;
}

#[tokio::test]
async fn r6_r8_a_return_gives_the_orders_cover_back() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(1);
    // All that the demo's orders cover.
    let whole = pay_in(&world, merchant, "1000000.00", "USD").await;
    let more = funds(&unique("REF"), merchant.account("USD"), "25.00", "USD", AMAZON);
    assert_eq!(world.event(&unique("evt"), &more).await.outcome(), ("in_review", "orders_do_not_cover"));
    assert_eq!(take_back(&world, &whole, "25.00", "USD").await.0, "applied");
    let again = funds(&unique("REF"), merchant.account("USD"), "25.01", "USD", AMAZON);
    assert_eq!(world.event(&unique("evt"), &again).await.outcome(), ("in_review", "orders_do_not_cover"));
    // The payment of 25.00 that waits is credited by itself now that there are orders for it.
    let begun = Instant::now();
    while world.balance(merchant, "USD", "in_review").await != "25.01" {
        assert!(begun.elapsed() < PATIENCE, "{:?}", balances(&world, merchant, "USD").await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(balances(&world, merchant, "USD").await, ["1000000.00", "0.00", "25.01"]);
    sluice.verify().await;
}

#[tokio::test]
async fn r8_what_the_bank_took_back_by_itself_is_not_sent_back_as_well() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let reference = unique("REF");
    let body = funds(&reference, merchant.account("USD"), "100.00", "USD", "SOMEBODY LTD");
    let came = world.event(&unique("evt"), &body).await;
    let payment = came.json["outcomes"][0]["payment_id"].as_str().unwrap();
    assert_eq!(take_back(&world, &reference, "30.00", "USD").await.0, "applied");
    assert_eq!(balances(&world, merchant, "USD").await, ["0.00", "0.00", "70.00"]);

    let path = format!("/admin/v1/payments/{payment}/return");
    let asked = world.act(world.operator("operator", 0), &path, &json!({"reason": "nobody's"})).await;
    assert_eq!((asked.status, asked.text_of("status")), (200, "returning"), "{asked:?}");
    world.wait_for_row("/admin/v1/payments?status=returned", |row| row["id"] == payment).await;
    let executed: Vec<(String, String)> =
        world.executed().await.into_iter().map(|(_, amount, currency)| (amount, currency)).collect();
    assert_eq!(executed, [("70.00".to_owned(), "USD".to_owned())], "what was left of it");
    assert_eq!(balances(&world, merchant, "USD").await, ["0.00", "0.00", "0.00"]);
    for kind in ["payout_clearing", "suspense"] {
        let listed = world.look(&format!("/admin/v1/accounts?kind={kind}&currency=USD&limit=200")).await;
        let open: Vec<_> =
            listed.json["data"].as_array().unwrap().iter().filter(|row| row["balance"] != "0.00").collect();
        assert!(open.is_empty(), "{kind}: {open:?}");
    }
    sluice.verify().await;
}
