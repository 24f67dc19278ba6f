//! How a merchant ends (R38): let go by two persons, emptied by itself, closed for good.

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, funds, unique};

fn close_of(merchant: &Merchant) -> String {
    format!("/admin/v1/merchants/{}/close", merchant.id)
}

async fn shown(world: &World, merchant: &Merchant) -> Value {
    world.look(&format!("/admin/v1/merchants/{}", merchant.id)).await.json
}

async fn arrives(world: &World, merchant: &Merchant, amount: &str) -> Answer {
    let body = funds(&unique("HB"), merchant.account("USD"), amount, "USD", "AMAZON PAYMENTS INC");
    world.event(&unique("evt"), &body).await
}

#[tokio::test]
async fn r38_a_merchant_withdraws_the_rest_and_is_closed_for_good() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, why) = (world.merchant(0), json!({"reason": "it has told us so in writing"}));
    let operator = world.operator("operator", 0);
    world.pay_in(merchant, "100.00", "USD").await;
    assert_eq!(shown(&world, merchant).await["closing_blocked_by"], Value::Null);
    let viewer = world.operator("viewer", 0);
    assert_eq!(world.act(viewer, &close_of(merchant), &why).await.refusal(), (403, "forbidden"));
    let approved = world.by_two(&close_of(merchant), &why).await;
    assert_eq!(
        (approved.status, &approved.json["result"]["status"]),
        (200, &json!("closing")),
        "{approved:?}"
    );
    let now = shown(&world, merchant).await;
    assert_eq!((&now["status"], &now["closing_blocked_by"]), (&json!("closing"), &json!(["balance"])));
    let refused = world.act(operator, &close_of(merchant), &why).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"));
    assert!(refused.text_of("detail").ends_with(": balance"), "{refused:?}");

    let reviewed = arrives(&world, merchant, "40.00").await;
    assert_eq!(reviewed.outcome(), ("in_review", "merchant_not_active"));
    assert_eq!(shown(&world, merchant).await["closing_blocked_by"], json!(["balance", "payment_in_review"]));
    let payment = reviewed.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    let back = world.act(operator, &format!("/admin/v1/payments/{payment}/return"), &why).await;
    assert_eq!(back.status, 200, "{back:?}");
    let withdrawn = world.withdraw(merchant, merchant.payee("CNY"), "100.00", "USD", "CNY").await;
    assert_eq!(withdrawn.status, 201, "it may empty its balance: {withdrawn:?}");
    let row = format!("/admin/v1/merchants?query={}", merchant.id);
    world.wait_for_row(&row, |row| row["status"] == "closed").await;
    let paid: Vec<_> = world.journal().await;
    let payout = withdrawn.json["payouts"][0]["id"].as_str().unwrap();
    assert_eq!(paid.iter().filter(|reference| *reference == payout).count(), 1, "paid before the end");

    let after = world.public().get(&merchant.api_key, "/v1/balances").await;
    assert_eq!(after.refusal(), (403, "merchant-closed"));
    let users = format!("/admin/v1/merchants/{}/users", merchant.id);
    let user =
        world.act(world.operator("approver", 0), &users, &json!({"label": "till", "reason": "x"})).await;
    assert_eq!(user.refusal(), (403, "merchant-closed"));
    assert_eq!(world.act(operator, &close_of(merchant), &why).await.refusal(), (403, "merchant-closed"));
    let late = arrives(&world, merchant, "50.00").await;
    assert_eq!(late.outcome(), ("in_review", "merchant_not_active"), "and no refusal to the bank");
    let payment = late.json["outcomes"][0]["payment_id"].as_str().unwrap();
    let credit = world.act(operator, &format!("/admin/v1/payments/{payment}/credit"), &why).await;
    assert_eq!(credit.refusal(), (403, "merchant-closed"));
    sluice.verify().await;
}
