//! R27, R29: what a bank leaves open or contradicts ends by what two persons book, and the book follows.

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, unique};

mod amounts;
mod returns;

async fn resolve(world: &World, payout: &str, outcome: &str) -> Answer {
    let body = json!({"outcome": outcome, "bank_reference": "HB-77", "reason": "the bank's desk, by phone"});
    world.by_two(&format!("/admin/v1/payouts/{payout}/resolve"), &body).await
}

fn payout_of(withdrawal: &Answer, attempt: usize) -> String {
    withdrawal.json["payouts"][attempt]["id"].as_str().unwrap().to_owned()
}

async fn detail(world: &World, payout: &str) -> Answer {
    let answer = world.look(&format!("/admin/v1/payouts/{payout}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// The bank says that it executed this payout after all.
async fn paid_after_all(world: &World, payout: &str, amount: &str, currency: &str) -> Answer {
    let event = json!({"type": "payout.paid", "data": {"reference": payout, "bank_reference": "HB-LATE",
        "amount": amount, "currency": currency}});
    world.event(&unique("evt"), event.to_string().as_bytes()).await
}

async fn sum(world: &World, query: &str) -> i64 {
    let listed = world.look(&format!("/admin/v1/accounts?{query}&limit=200")).await;
    let rows = listed.json["data"].as_array().unwrap();
    let minor = |row: &Value| row["balance"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    rows.iter().map(minor).sum()
}

async fn failed(world: &World, merchant: &Merchant, sell: &str, currency: &str) -> Answer {
    let payee = world.new_payee(merchant, currency, "6222021234560001").await;
    let order = world.withdraw(merchant, &payee, sell, "USD", currency).await;
    assert_eq!(order.status, 201, "{order:?}");
    let status = if currency == "CNY" { "payee_action_required" } else { "failed" };
    world.wait_for(merchant, order.text_of("id"), status).await
}

/// 100.00 USD less 0.30 at 7.1 are 707.87 CNY.
#[tokio::test]
async fn r27_an_unknown_payout_ends_by_what_two_persons_found_out() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let never = world.new_payee(merchant, "CNY", "6222021234560005").await;
    let first = world.withdraw(merchant, &never, "100.00", "USD", "CNY").await;
    let second = world.withdraw(merchant, &never, "100.00", "USD", "CNY").await;
    let (one, two) = (payout_of(&first, 0), payout_of(&second, 0));
    for payout in [&one, &two] {
        world
            .wait_for_row("/admin/v1/payouts?status=unknown", |row| {
                row["id"] == payout.as_str() && row["needs_operator"] == true
            })
            .await;
    }
    let evidence = detail(&world, &one).await.json["evidence"].as_array().unwrap().clone();
    let said = |source: &str| evidence.iter().filter(|line| line["source"] == source).count();
    assert!(said("send") >= 1 && said("query") >= 1, "{evidence:?}");
    assert_eq!(evidence.last().unwrap()["text"], "no further send is allowed: operators decide");

    let viewer = world.operator("viewer", 0);
    let path = format!("/admin/v1/payouts/{one}/resolve");
    let body = json!({"outcome": "paid", "reason": "x"});
    assert_eq!(world.act(viewer, &path, &body).await.refusal(), (403, "forbidden"));
    let wrong = json!({"outcome": "perhaps", "reason": "x"});
    assert_eq!(world.act(world.operator("operator", 0), &path, &wrong).await.status, 422);

    let done = resolve(&world, &one, "not_paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("failed")), "{done:?}");
    let open = world.wait_for(merchant, first.text_of("id"), "payee_action_required").await;
    let other = json!({"payee_id": merchant.payee("CNY")});
    let again = format!("/v1/withdrawals/{}/payee", open.text_of("id"));
    assert_eq!(world.order(merchant, &again, &unique("key"), &other).await.status, 200);
    let paid = world.wait_for(merchant, first.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 1);

    let done = resolve(&world, &two, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    let told = world.wait_for(merchant, second.text_of("id"), "paid").await;
    assert_eq!(told.json["payouts"][0]["bank_reference"], "HB-77");
    let once = resolve(&world, &two, "paid").await;
    assert_eq!(once.refusal(), (409, "illegal-transition"), "what is final is final");
    assert_eq!(sum(&world, "kind=payout_clearing&currency=CNY").await, 0);
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "0.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r29_a_disputed_payout_that_was_executed_is_paid_and_not_sent_again() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let failed = failed(&world, merchant, "100.00", "CNY").await;
    let payout = payout_of(&failed, 0);
    let late = paid_after_all(&world, &payout, "707.87", "CNY").await;
    assert_eq!(late.json["outcomes"][0]["reason"], "disputed", "{late:?}");
    let other = json!({"payee_id": merchant.payee("CNY")});
    let again = format!("/v1/withdrawals/{}/payee", failed.text_of("id"));
    let refused = world.order(merchant, &again, &unique("key"), &other).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"), "nothing is sent while it is disputed");
    let done = resolve(&world, &payout, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    let paid = world.withdrawal(merchant, failed.text_of("id")).await;
    assert_eq!((paid.text_of("status"), &paid.json["failure"]), ("paid", &Value::Null), "{paid:?}");
    let refused = world.order(merchant, &again, &unique("key"), &other).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"), "it is paid");
    assert_eq!(sum(&world, "kind=payout_clearing&currency=CNY").await, 0);
    sluice.verify().await;
}

#[tokio::test]
async fn r29_a_dispute_that_was_the_bank_s_error_leaves_the_payout_failed() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let failed = failed(&world, merchant, "100.00", "CNY").await;
    let payout = payout_of(&failed, 0);
    paid_after_all(&world, &payout, "707.87", "CNY").await;
    let done = resolve(&world, &payout, "not_paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("failed")), "{done:?}");
    let other = json!({"payee_id": merchant.payee("CNY")});
    let again = format!("/v1/withdrawals/{}/payee", failed.text_of("id"));
    assert_eq!(world.order(merchant, &again, &unique("key"), &other).await.status, 200);
    let paid = world.wait_for(merchant, failed.text_of("id"), "paid").await;
    assert_eq!(
        (world.executions(&paid).await, sum(&world, "kind=payout_clearing&currency=CNY").await),
        (1, 0)
    );
    sluice.verify().await;
}

/// 100.00 USD are refunded whole; then the bank paid the 99.70 after all. 30.00 are left in the balance, so 69.70 are owed.
#[tokio::test]
async fn r29_what_was_refunded_and_paid_after_all_is_owed_by_the_merchant() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "130.00", "USD").await;
    let failed = failed(&world, merchant, "100.00", "USD").await;
    let refund = format!("/admin/v1/withdrawals/{}/refund", failed.text_of("id"));
    let done = world.act(world.operator("operator", 0), &refund, &json!({"reason": "asked for"})).await;
    assert_eq!(done.status, 200, "{done:?}");
    let away = world.withdraw(merchant, merchant.payee("USD"), "100.00", "USD", "USD").await;
    world.wait_for(merchant, away.text_of("id"), "paid").await;
    let nostro = sum(&world, "kind=nostro&currency=USD").await;
    let payout = payout_of(&failed, 0);
    let late = paid_after_all(&world, &payout, "99.70", "USD").await;
    assert_eq!(late.json["outcomes"][0]["reason"], "disputed", "{late:?}");
    let done = resolve(&world, &payout, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    assert_eq!(
        world.withdrawal(merchant, failed.text_of("id")).await.text_of("status"),
        "refunded",
        "as it was"
    );
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "69.70");
    assert_eq!(nostro - sum(&world, "kind=nostro&currency=USD").await, 9_970, "the money left our account");
    let listed = world.public().get(&merchant.api_key, "/v1/transactions?type=charge").await;
    let amounts: Vec<_> = listed.json["data"].as_array().unwrap().iter().map(|row| &row["amount"]).collect();
    assert_eq!(amounts, ["69.70", "30.00"], "{listed:?}");
    sluice.verify().await;
}
