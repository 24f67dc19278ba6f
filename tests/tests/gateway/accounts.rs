//! The book as operators read it.

use serde_json::Value;
use tests::{Sluice, World};

const ACCOUNTS: &str = "/admin/v1/accounts";

async fn rows(world: &World, path: &str) -> Vec<Value> {
    let answer = world.look(path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn operators_follow_money_from_account_to_account() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let answer = world.pay_in(merchant, "100.00", "USD").await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap();
    let order = world.withdraw(merchant, merchant.payee("USD"), "30.00", "USD", "USD").await;
    let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;

    let own = rows(&world, &format!("{ACCOUNTS}?merchant_id={}", merchant.id)).await;
    let balance = own.iter().find(|row| row["kind"] == "merchant" && row["currency"] == "USD").unwrap();
    assert_eq!((balance["balance"].as_str(), balance["credits"].as_str()), (Some("70.00"), Some("100.00")));
    assert_eq!(balance["name"], format!("merchant:{}", merchant.id));
    let path = |id: &Value| format!("{ACCOUNTS}/{}/transfers", id.as_str().unwrap());
    let transfers = rows(&world, &path(&balance["id"])).await;
    let last = transfers.last().unwrap();
    assert_eq!((last["kind"].as_str(), last["cause"].as_str()), (Some("payment"), Some(payment)));
    assert!(transfers.iter().all(|row| row["cause"] == paid.json["id"] || row["cause"] == payment));
    // Over to the bank's account, which saw the payout, too.
    let nostro = &last["other_account_id"];
    assert_eq!(last["other_account"], format!("nostro:{}", world.bank()));
    let seen = rows(&world, &path(nostro)).await;
    let kinds: Vec<_> = seen.iter().map(|row| (row["kind"].as_str(), row["direction"].as_str())).collect();
    assert_eq!(kinds, [(Some("payout_paid"), Some("credit")), (Some("payment"), Some("debit"))]);
    assert_eq!(seen[0]["cause"], paid.json["payouts"][0]["id"]);
    // Page by page.
    let first = world.look(&format!("{}?limit=1", path(nostro))).await;
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let second = rows(&world, &format!("{}?limit=1&cursor={cursor}", path(nostro))).await;
    assert_eq!((&first.json["data"][0], &second[0]), (&seen[0], &seen[1]));

    let banks = rows(&world, &format!("{ACCOUNTS}?kind=nostro&currency=USD")).await;
    assert!(banks.iter().any(|row| row["id"] == *nostro));
    for wrong in ["kind=x", "currency=usd", "merchant_id=x", "store_id=x", "cursor=x"] {
        assert_eq!(
            world.look(&format!("{ACCOUNTS}?{wrong}")).await.refusal(),
            (422, "invalid-request"),
            "{wrong}"
        );
    }
    for id in ["x", "3.00000000000000000000000000000000"] {
        assert_eq!(world.look(&format!("{ACCOUNTS}/{id}/transfers")).await.refusal(), (404, "not-found"));
    }
    sluice.verify().await;
}
