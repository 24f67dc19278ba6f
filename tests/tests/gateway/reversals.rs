//! R8 end to end: a bank takes money back, before or after it is in the balance, or has left it.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
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

/// Two merchants are paid under one reference in their USD accounts; the ids of the payments.
async fn paid_twice(world: &World, reference: &str, amount: &str) -> [String; 2] {
    let [first, second] = [0, 1].map(|index| {
        let body = funds(reference, world.merchant(index).account("USD"), amount, "USD", AMAZON);
        async move {
            let answer = world.event(&unique("evt"), &body).await;
            assert_eq!(answer.outcome(), ("credited", ""));
            answer.json["outcomes"][0]["payment_id"].as_str().expect("an id").to_owned()
        }
    });
    [first.await, second.await]
}

/// The bank takes this much back and doesn't say of which payment; where an operator books it.
async fn held(world: &World, reference: &str, amount: &str) -> String {
    let told = take_back(world, reference, amount, "USD").await;
    assert_eq!((told.0.as_str(), told.1.as_str()), ("in_review", "several_payments"));
    let of = |row: &Value| row["original_reference"] == reference && row["amount"] == amount;
    let row = world.wait_for_row("/admin/v1/reversals?status=held", of).await;
    format!("/admin/v1/reversals/{}/apply", row["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn r8_an_operator_books_what_was_held_on_the_payment_that_it_is_of() {
    let (sluice, world) = Sluice::start().await;
    let (operator, merchant) = (world.operator("operator", 0), world.merchant(1));
    let reference = unique("REF");
    let [others, payment] = paid_twice(&world, &reference, "60.00").await;
    let order = world.withdraw(merchant, merchant.payee("CNY"), "50.00", "USD", "CNY").await;
    assert_eq!(order.status, 201, "{order:?}");
    let (path, too_much) = (held(&world, &reference, "60.00").await, held(&world, &reference, "60.01").await);

    let says = |payment: &str| json!({"payment_id": payment, "reason": "the bank: the second one"});
    let euros = funds(&unique("REF"), merchant.account("EUR"), "60.00", "EUR", AMAZON);
    let euros = world.event(&unique("evt"), &euros).await;
    let euros = euros.json["outcomes"][0]["payment_id"].as_str().expect("an id");
    let unknown = format!("pay_{}", "0".repeat(32));
    for wrong in [euros, &unknown, "60.00", ""] {
        let refused = world.act(operator, &path, &says(wrong)).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{wrong}: {refused:?}");
    }
    let refused = world.act(operator, &too_much, &says(&payment)).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"), "more than came: {refused:?}");
    let viewer = world.act(world.operator("viewer", 0), &path, &says(&payment)).await;
    assert_eq!(viewer.refusal(), (403, "forbidden"));
    assert_eq!(
        balances(&world, merchant, "USD").await,
        ["10.00", "0.00", "0.00"],
        "nothing is booked so far"
    );

    let booked = world.act(operator, &path, &says(&payment)).await;
    assert_eq!((booked.status, booked.text_of("status")), (200, "applied"), "{booked:?}");
    assert_eq!(booked.json["payment"]["reversed_amount"], "60.00", "{booked:?}");
    assert_eq!(balances(&world, merchant, "USD").await, ["0.00", "50.00", "0.00"], "the rest is owed");
    assert_eq!(
        balances(&world, world.merchant(0), "USD").await,
        ["60.00", "0.00", "0.00"],
        "not the other's"
    );
    let again = world.act(operator, &path, &says(&others)).await;
    assert_eq!(again.refusal(), (409, "illegal-transition"), "once");
    let id = path.split('/').nth(4).expect("an id");
    let row = world.wait_for_row("/admin/v1/reversals?status=applied", |row| row["id"] == id).await;
    assert_eq!((&row["payment_id"], &row["reason"]), (&json!(payment), &json!(null)));
    let told = world.look(&format!("/admin/v1/audit?subject={id}")).await;
    let entries = told.json["data"].as_array().expect("rows");
    assert_eq!(entries.len(), 1, "what was refused is not done: {entries:?}");
    assert_eq!(entries[0]["action"], "reversal.apply");
    let before = entries[0]["before"].as_str().expect("what it was");
    assert!(before.contains("several_payments"), "why it was held is kept: {before}");
    sluice.verify().await;
}

#[tokio::test]
async fn r8_r33_much_that_was_held_is_booked_by_two_persons_on_what_they_were_shown() {
    let (sluice, world) = Sluice::start().await;
    let reference = unique("REF");
    let [_, payment] = paid_twice(&world, &reference, "20000.00").await;
    let path = held(&world, &reference, "15000.00").await;
    let body = json!({"payment_id": payment, "reason": "the bank: the second one"});
    let asked = world.act(world.operator("operator", 0), &path, &body).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    assert_eq!(balances(&world, world.merchant(1), "USD").await, ["20000.00", "0.00", "0.00"]);
    let part = json!({"type": "funds.returned", "data": {"reference": unique("RET"), "original_reference": reference,
        "account_number": world.merchant(1).account("USD"), "amount": "1.00", "currency": "USD", "reason": "AC04"}});
    assert_eq!(world.event(&unique("evt"), part.to_string().as_bytes()).await.outcome().0, "applied");
    let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    let void = world.act(world.operator("approver", 0), &approve, &json!({"reason": "seen"})).await;
    assert_eq!(void.refusal(), (409, "illegal-transition"), "what was shown has changed: {void:?}");

    let done = world.by_two(&path, &body).await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("applied")), "{done:?}");
    assert_eq!(balances(&world, world.merchant(1), "USD").await, ["4999.00", "0.00", "0.00"]);
    assert_eq!(balances(&world, world.merchant(0), "USD").await, ["20000.00", "0.00", "0.00"]);
    sluice.verify().await;
}

#[tokio::test]
async fn r8_what_waits_for_a_payment_that_never_comes_is_booked_or_put_aside_by_a_person() {
    let (sluice, world) = Sluice::start().await;
    let (operator, merchant) = (world.operator("operator", 0), world.merchant(0));
    let answer = funds(&unique("REF"), merchant.account("USD"), "70.00", "USD", AMAZON);
    let answer = world.event(&unique("evt"), &answer).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().expect("an id");
    let mut paths = Vec::new();
    for amount in ["70.00", "7.00"] {
        let elsewhere = unique("NEVER");
        assert_eq!(take_back(&world, &elsewhere, amount, "USD").await.1, "waiting_for_payment");
        let of = |row: &Value| row["original_reference"] == elsewhere.as_str();
        let row = world.wait_for_row("/admin/v1/reversals?status=waiting", of).await;
        paths.push(format!("/admin/v1/reversals/{}", row["id"].as_str().expect("an id")));
    }
    let overview = world.look("/admin/v1/overview").await;
    assert_eq!(overview.json["reversals_overdue"], 0, "its payment may still come");
    let database = world.database().await;
    let aged = "UPDATE reversals SET received_at = received_at - interval '25 hours' WHERE state = 'waiting'";
    assert_eq!(database.execute(aged, &[]).await.expect("changed"), 2);
    let overview = world.look("/admin/v1/overview").await;
    assert_eq!(overview.json["reversals_overdue"], 2, "a person is told after a day");

    let body = json!({"payment_id": payment, "reason": "the bank: it is this one"});
    let booked = world.act(operator, &format!("{}/apply", paths[0]), &body).await;
    assert_eq!((booked.status, booked.text_of("status")), (200, "applied"), "{booked:?}");
    let shown = world.look(&format!("/admin/v1/payments/{payment}")).await;
    assert_eq!(shown.json["reversals"][0]["amount"], "70.00", "beside its payment: {shown:?}");
    let aside = world.act(operator, &format!("{}/dismiss", paths[1]), &json!({"reason": "not ours"})).await;
    assert_eq!((aside.status, aside.text_of("status")), (200, "dismissed"), "{aside:?}");
    assert_eq!(aside.text_of("reason"), "payment_not_found");
    assert_eq!(balances(&world, merchant, "USD").await, ["0.00", "0.00", "0.00"]);
    assert_eq!(world.look("/admin/v1/overview").await.json["reversals_overdue"], 0);
    sluice.verify().await;
}
