//! A disputed payout beside another attempt: which of them the withdrawal's money is, and what the merchant then owes.

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World};

use super::{failed, paid_after_all, payout_of, resolve, sum};

async fn to_other_payee(world: &World, merchant: &Merchant, withdrawal: &Answer, number: &str) {
    let payee = world.new_payee(merchant, "CNY", number).await;
    let path = format!("/v1/withdrawals/{}/payee", withdrawal.text_of("id"));
    let again = world.order(merchant, &path, &tests::unique("key"), &json!({"payee_id": payee})).await;
    assert_eq!(again.status, 200, "{again:?}");
}

/// 707.87 CNY fail; sent to another payee they come back five short; 702.87 wait to be sent again. Then the bank says that
/// it paid the 707.87 after all: neither amount is the other, so what waits ends first, and then 707.87 are owed.
#[tokio::test]
async fn r29_while_another_amount_waits_to_be_sent_a_disputed_payout_is_not_taken_for_it() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let withdrawal = failed(&world, merchant, "100.00", "CNY").await;
    let id = withdrawal.text_of("id");
    to_other_payee(&world, merchant, &withdrawal, "6222021234560003").await;
    let returned = world.wait_for(merchant, id, "returned").await;
    let operator = world.operator("operator", 0);
    let freeze = format!("/admin/v1/merchants/{}/freeze", merchant.id);
    assert_eq!(world.act(operator, &freeze, &json!({"reason": "a court asks"})).await.status, 200);
    let retry = format!("/admin/v1/payouts/{}/retry", payout_of(&returned, 1));
    let why = json!({"payee_id": merchant.payee("CNY"), "reason": "again"});
    assert_eq!(world.act(operator, &retry, &why).await.status, 200);
    let held = world.withdrawal(merchant, id).await;
    let waits = payout_of(&held, 2);
    assert_eq!((held.text_of("status"), &held.json["payouts"][2]["status"]), ("processing", &json!("held")));

    let disputed = payout_of(&held, 0);
    let late = paid_after_all(&world, &disputed, "707.87", "CNY").await;
    assert_eq!(late.outcome(), ("applied", "disputed"), "{late:?}");
    let nostro = sum(&world, "kind=nostro&currency=CNY").await;
    let clearing = sum(&world, "kind=payout_clearing&currency=CNY").await;
    assert_eq!(clearing.abs(), 70_287, "what came back lies there");
    let refused = resolve(&world, &disputed, "paid").await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"));
    assert!(refused.text.contains("another amount"), "{refused:?}");
    let after = world.withdrawal(merchant, id).await;
    let statuses = |answer: &Answer| -> Vec<Value> {
        answer.json["payouts"].as_array().unwrap().iter().map(|payout| payout["status"].clone()).collect()
    };
    assert_eq!(statuses(&after), ["disputed", "returned", "held"], "nothing moved");
    assert_eq!(sum(&world, "kind=nostro&currency=CNY").await, nostro);
    assert_eq!(sum(&world, "kind=payout_clearing&currency=CNY").await, clearing);
    assert_eq!(world.executions(&after).await, 1, "the one that came back");
    assert_eq!(world.look("/admin/v1/approvals").await.json["data"], json!([]), "nobody is asked in vain");

    // The dispute's hold outlives the freeze: a person lets it go.
    let unfreeze = format!("/admin/v1/merchants/{}/unfreeze", merchant.id);
    assert_eq!(world.by_two(&unfreeze, &json!({"reason": "over"})).await.status, 200);
    let release = format!("/admin/v1/payouts/{waits}/release");
    let released = world.act(operator, &release, &json!({"reason": "what came back is theirs"})).await;
    assert_eq!(released.status, 200, "{released:?}");
    let paid = world.wait_for(merchant, id, "paid").await;
    assert_eq!(
        (paid.json["payouts"][2]["amount_received"].as_str(), world.executions(&paid).await),
        (Some("702.87"), 2)
    );

    let done = resolve(&world, &disputed, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    let ended = world.withdrawal(merchant, id).await;
    assert_eq!(
        (ended.text_of("status"), statuses(&ended)),
        ("paid", ["paid", "returned", "paid"].map(Value::from).to_vec())
    );
    assert_eq!(world.balance(merchant, "CNY", "receivable").await, "707.87", "it got both");
    assert_eq!(sum(&world, "kind=payout_clearing&currency=CNY").await, 0);
    // The 702.87 that were sent, and the 707.87 that had been taken for failed.
    assert_eq!((nostro - sum(&world, "kind=nostro&currency=CNY").await).abs(), 70_287 + 70_787);
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "0.00");
    sluice.verify().await;
}

/// 99.70 USD fail and are paid by a second attempt; then the first one turns out to have been executed too. 30.00 are in
/// the balance, so 69.70 are owed.
#[tokio::test]
async fn r29_what_two_attempts_paid_is_owed_once_by_the_merchant() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "130.00", "USD").await;
    let withdrawal = failed(&world, merchant, "100.00", "USD").await;
    let id = withdrawal.text_of("id");
    let first = payout_of(&withdrawal, 0);
    let retry = json!({"payee_id": merchant.payee("USD"), "reason": "the right account"});
    let path = format!("/admin/v1/payouts/{first}/retry");
    assert_eq!(world.act(world.operator("operator", 0), &path, &retry).await.status, 200);
    let paid = world.wait_for(merchant, id, "paid").await;
    assert_eq!((paid.json["payouts"].as_array().unwrap().len(), world.executions(&paid).await), (2, 1));
    let nostro = sum(&world, "kind=nostro&currency=USD").await;

    let late = paid_after_all(&world, &first, "99.70", "USD").await;
    assert_eq!(late.outcome(), ("applied", "disputed"), "{late:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "30.00", "a dispute books nothing");
    let done = resolve(&world, &first, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "69.70");
    assert_eq!((nostro - sum(&world, "kind=nostro&currency=USD").await).abs(), 9_970, "it left our account");
    assert_eq!(sum(&world, "kind=payout_clearing&currency=USD").await, 0);
    let ended = world.withdrawal(merchant, id).await;
    assert_eq!((ended.text_of("status"), &ended.json["failure"]), ("paid", &Value::Null));
    assert_eq!(world.executions(&ended).await, 1, "nothing was sent again");
    let once = resolve(&world, &first, "paid").await;
    assert_eq!(once.refusal(), (409, "illegal-transition"), "owed once");
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "69.70");
    sluice.verify().await;
}
