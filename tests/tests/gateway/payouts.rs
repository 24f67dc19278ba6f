//! Payouts through a bank that misbehaves on request: by the last four digits of the payee's account number.

use serde_json::json;
use tests::{Answer, Merchant, Sluice, World};

/// A withdrawal of 100.00 USD to a new payee with these last digits.
async fn to(world: &World, merchant: &Merchant, digits: &str, buy: &str) -> Answer {
    let payee = world.new_payee(merchant, buy, &format!("62220000{digits}")).await;
    let answer = world.withdraw(merchant, &payee, "100.00", "USD", buy).await;
    assert_eq!((answer.status, answer.text_of("status")), (201, "processing"), "{answer:?}");
    answer
}

/// By hand: 100.00 less 0.30 is 99.70, at 7.1000 that is 707.87.
#[tokio::test]
async fn r27_r31_whatever_the_bank_does_it_executes_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let mut orders = Vec::new();
    for digits in ["7777", "0002", "0004", "0006"] {
        orders.push((digits, to(&world, merchant, digits, "CNY").await));
    }
    for (digits, order) in &orders {
        let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
        assert_eq!(paid.json["payouts"].as_array().unwrap().len(), 1, "{digits}: one reference");
        assert_eq!(paid.json["payouts"][0]["amount_received"], "707.87", "{digits}");
        assert_eq!(world.executions(&paid).await, 1, "{digits}");
    }
    assert_eq!(world.journal().await.len(), 4);
    assert_eq!(world.balance(merchant, "USD", "available").await, "600.00");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "0.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r27_what_the_bank_never_gets_ends_with_operators() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let order = to(&world, merchant, "0005", "CNY").await;
    let payout = order.json["payouts"][0]["id"].as_str().unwrap().to_owned();
    let row = world
        .wait_for_row("/admin/v1/payouts?status=unknown", |row| {
            row["id"] == payout.as_str() && row["needs_operator"] == true
        })
        .await;
    assert!(row["sends"].as_i64().unwrap() > 1, "the same reference was tried again: {row}");
    assert_eq!(world.withdrawal(merchant, order.text_of("id")).await.text_of("status"), "processing");
    assert_eq!(world.journal().await, Vec::<String>::new());

    let operator = world.operator("operator", 0);
    let retry =
        world.act(operator, &format!("/admin/v1/payouts/{payout}/retry"), &json!({"reason": "stuck"})).await;
    assert_eq!(retry.refusal(), (409, "illegal-transition"), "R28: never while the outcome is unknown");
    let refund = format!("/admin/v1/withdrawals/{}/refund", order.text_of("id"));
    let refund = world.act(operator, &refund, &json!({"reason": "stuck"})).await;
    assert_eq!(refund.refusal(), (409, "illegal-transition"));
    let query =
        world.act(operator, &format!("/admin/v1/payouts/{payout}/query"), &json!({"reason": "ask"})).await;
    assert_eq!(query.status, 200, "{query:?}");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "100.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r28_a_failed_exchange_goes_to_another_payee() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let order = to(&world, merchant, "0001", "CNY").await;
    let id = order.text_of("id");
    let failed = world.wait_for(merchant, id, "payee_action_required").await;
    assert_eq!(failed.json["failure"]["code"], "AC01");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "100.00");

    let refund = format!("/admin/v1/withdrawals/{id}/refund");
    let refused = world.act(world.operator("operator", 0), &refund, &json!({"reason": "asked for"})).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"), "the currency is exchanged already");

    let body = json!({"payee_id": merchant.payee("CNY")});
    let path = format!("/v1/withdrawals/{id}/payee");
    let again = world.order(merchant, &path, "other-payee", &body).await;
    assert_eq!((again.status, again.text_of("status")), (200, "processing"), "{again:?}");
    let replayed = world.order(merchant, &path, "other-payee", &body).await;
    assert_eq!((replayed.text, replayed.replayed), (again.text, true));
    let paid = world.wait_for(merchant, id, "paid").await;
    let statuses: Vec<_> =
        paid.json["payouts"].as_array().unwrap().iter().map(|p| p["status"].clone()).collect();
    assert_eq!(statuses, ["failed", "paid"], "two attempts, two references");
    assert_eq!(world.executions(&paid).await, 1);
    let late = world.order(merchant, &path, "too-late", &body).await;
    assert_eq!(late.refusal(), (409, "illegal-transition"));
    let theirs = world.order(world.merchant(1), &path, "not-mine", &body).await;
    assert_eq!(theirs.refusal(), (404, "not-found"));
    sluice.verify().await;
}

#[tokio::test]
async fn r28_a_failed_same_currency_payout_is_refunded_with_its_fee_or_sent_again() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let operator = world.operator("operator", 0);
    let (first, second) =
        (to(&world, merchant, "0001", "USD").await, to(&world, merchant, "0001", "USD").await);
    for order in [&first, &second] {
        world.wait_for(merchant, order.text_of("id"), "failed").await;
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "800.00");
    let refund = format!("/admin/v1/withdrawals/{}/refund", first.text_of("id"));
    let refunded = world.act(operator, &refund, &json!({"reason": "asked for"})).await;
    assert_eq!((refunded.status, refunded.text_of("status")), (200, "refunded"), "{refunded:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "900.00", "gross, fee included");
    let twice = world.act(operator, &refund, &json!({"reason": "again"})).await;
    assert_eq!(twice.refusal(), (409, "illegal-transition"));

    let payout = second.json["payouts"][0]["id"].as_str().unwrap();
    let body = json!({"reason": "number corrected", "payee_id": merchant.payee("USD")});
    let retry = world.act(operator, &format!("/admin/v1/payouts/{payout}/retry"), &body).await;
    assert_eq!(retry.status, 200, "{retry:?}");
    let paid = world.wait_for(merchant, second.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 1);
    assert_eq!(world.journal().await.len(), 1);
    sluice.verify().await;
}

/// By hand: 99.70 USD are paid, 5.00 less come back: 94.70 can be refunded, the fee stays.
#[tokio::test]
async fn r29_what_comes_back_short_is_booked_as_it_came() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let order = to(&world, merchant, "0003", "USD").await;
    let returned = world.wait_for(merchant, order.text_of("id"), "returned").await;
    assert_eq!(returned.json["payouts"][0]["returned_amount"], "94.70");
    assert_eq!(world.executions(&returned).await, 1);
    let refund = format!("/admin/v1/withdrawals/{}/refund", order.text_of("id"));
    let refunded = world.act(world.operator("operator", 0), &refund, &json!({"reason": "asked for"})).await;
    assert_eq!(refunded.text_of("status"), "refunded", "{refunded:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "994.70");
    let statement = world.public().get(&merchant.api_key, "/v1/transactions?type=payout_return").await;
    let line = &statement.json["data"][0];
    assert_eq!((&line["amount"], &line["direction"]), (&json!("94.70"), &json!("none")), "{statement:?}");
    assert_eq!(line["source_id"], returned.json["payouts"][0]["id"]);
    sluice.verify().await;
}

#[tokio::test]
async fn r1_r29_callbacks_that_contradict_change_nothing_but_are_heard() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let order = to(&world, merchant, "7777", "CNY").await;
    let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
    let reference = paid.json["payouts"][0]["id"].as_str().unwrap();
    let say = async |kind: &str, reference: &str, amount: &str, currency: &str| {
        let data = json!({"reference": reference, "bank_reference": "B1", "amount": amount,
            "currency": currency, "reason": "AC01"});
        let event = json!({"type": kind, "data": data}).to_string();
        let answer = world.event(&tests::unique("evt"), event.as_bytes()).await;
        let (outcome, reason) = answer.outcome();
        (answer.status, outcome.to_owned(), reason.to_owned())
    };
    let told = |outcome: &str, reason: &str| (200, outcome.to_owned(), reason.to_owned());
    assert_eq!(say("payout.paid", reference, "707.87", "CNY").await, told("duplicate", ""));
    assert_eq!(say("payout.failed", reference, "707.87", "CNY").await, told("ignored", "contradiction"));
    assert_eq!(say("payout.paid", reference, "707.88", "CNY").await, told("ignored", "contradiction"));
    assert_eq!(say("payout.paid", reference, "707.87", "USD").await, told("ignored", "contradiction"));
    let unknown = "po_0190b3c1d2e47f00b8a1c2d3e4f50607";
    assert_eq!(say("payout.paid", unknown, "1.00", "CNY").await, told("ignored", "unknown_reference"));
    assert_eq!(say("payout.paid", "nonsense", "1.00", "CNY").await, told("ignored", "unknown_reference"));
    assert_eq!(world.withdrawal(merchant, order.text_of("id")).await.text_of("status"), "paid");

    let order = to(&world, merchant, "0001", "CNY").await;
    let failed = world.wait_for(merchant, order.text_of("id"), "payee_action_required").await;
    let reference = failed.json["payouts"][0]["id"].as_str().unwrap();
    assert_eq!(say("payout.paid", reference, "707.87", "CNY").await, told("applied", "disputed"));
    let disputed = world.withdrawal(merchant, order.text_of("id")).await;
    assert_eq!(disputed.json["payouts"][0]["status"], "disputed");
    let body = json!({"payee_id": merchant.payee("CNY")});
    let path = format!("/v1/withdrawals/{}/payee", order.text_of("id"));
    let refused = world.order(merchant, &path, "disputed", &body).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"), "nothing is sent again while it is disputed");
    sluice.verify().await;
}
