//! R23: what a withdrawal costs. Two persons set it, the quote shows it, the book has it. Fees are reckoned by hand.

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, today};

async fn set(world: &World, fee: &Value) -> Answer {
    let asked = world.act(world.operator("operator", 0), "/admin/v1/fees", fee).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    world.act(world.operator("approver", 0), &approve, &json!({"reason": "agreed"})).await
}

async fn quote(world: &World, merchant: &Merchant, sell: &str) -> Answer {
    let body = json!({"sell_currency": "USD", "buy_currency": "CNY", "sell_amount": sell});
    world.public().post(&merchant.api_key, "/v1/quotes", None, &body).await
}

async fn fees_booked(world: &World, merchant: &Merchant) -> Vec<String> {
    let listed = world.public().get(&merchant.api_key, "/v1/transactions?type=fee").await;
    let rows = listed.json["data"].as_array().unwrap();
    rows.iter().map(|row| row["amount"].as_str().unwrap().to_owned()).collect()
}

/// 0.3 % of 200.00 is 0.60 for everyone; for the first merchant 0.25 + 1 %, at most 2.00, from then on.
#[tokio::test]
async fn r23_a_merchant_s_own_fee_needs_two_persons_and_is_what_quotes_show_and_the_book_has() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, other) = (world.merchant(0), world.merchant(1));
    world.pay_in(merchant, "1000.00", "USD").await;
    world.pay_in(other, "1000.00", "USD").await;
    let old = quote(&world, merchant, "200.00").await;
    assert_eq!(old.text_of("fee"), "0.60", "{old:?}");
    let fee = json!({"merchant_id": merchant.id, "sell_currency": "USD", "buy_currency": "CNY", "fixed": "0.25",
        "percent": "1", "maximum": "2.00", "reason": "contract 7"});
    let asked = world.act(world.operator("operator", 0), "/admin/v1/fees", &fee).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    assert_eq!(quote(&world, merchant, "200.00").await.text_of("fee"), "0.60", "not before it is approved");
    let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    let same = world.act(world.operator("operator", 0), &approve, &json!({"reason": "mine"})).await;
    assert_eq!(same.refusal(), (403, "forbidden"));
    let done = world.act(world.operator("approver", 0), &approve, &json!({"reason": "agreed"})).await;
    assert_eq!((done.status, done.json["result"]["percent"].as_str()), (200, Some("1")), "{done:?}");

    // 0.25 + 1.00; 0.25 + 2.00 is more than 2.00.
    assert_eq!(quote(&world, merchant, "100.00").await.text_of("fee"), "1.25");
    let new = quote(&world, merchant, "200.00").await;
    assert_eq!((new.text_of("fee"), new.text_of("net_amount")), ("2.00", "198.00"));
    assert_eq!(quote(&world, other, "200.00").await.text_of("fee"), "0.60", "everyone else's");
    let dollars = world.withdraw(merchant, merchant.payee("USD"), "200.00", "USD", "USD").await;
    assert_eq!(dollars.text_of("fee"), "0.60", "another corridor");

    for (quote, expected) in [(&old, "0.60"), (&new, "2.00")] {
        let body = json!({"payee_id": merchant.payee("CNY"), "quote_id": quote.text_of("id")});
        let key = tests::unique("key");
        let done = world.public().post(&merchant.api_key, "/v1/withdrawals", Some(&key), &body).await;
        assert_eq!(
            (done.status, done.text_of("fee")),
            (201, expected),
            "what was shown is charged: {done:?}"
        );
    }
    assert_eq!(fees_booked(&world, merchant).await, ["2.00", "0.60", "0.60"]);
    assert_eq!(world.balance(merchant, "USD", "available").await, "400.00");
    let own = world.public().get(&merchant.api_key, "/v1/fees").await;
    assert_eq!(
        (own.json["data"].as_array().unwrap().len(), &own.json["data"][0]["fixed"]),
        (1, &json!("0.25"))
    );
    let none = world.public().get(&other.api_key, "/v1/fees").await;
    assert_eq!(none.json["data"], json!([]), "nobody sees another's fees");
    let trail = world.look(&format!("/admin/v1/audit?subject={}", merchant.id)).await;
    assert_eq!(trail.json["data"][0]["action"], "fee.set", "{trail:?}");
    sluice.verify().await;
}

/// 300.00 a month are free, then 1 %: 200.00 free, then 100.00 free and 1.00 of the rest.
#[tokio::test]
async fn r23_what_is_free_in_a_month_is_counted_and_comes_back_with_a_refusal() {
    // A month ends with a day, which is eight hours ahead, as the demo's limits have it.
    today(8).await;
    let (sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "[payouts]\nhold_above_usd = \"50.00\"\n").await;
    let there = &second.world;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let fee =
        json!({"sell_currency": "USD", "percent": "1.0", "free_per_month": "300.00", "reason": "autumn"});
    assert_eq!(set(&world, &fee).await.status, 200);
    let free = there.withdraw(merchant, merchant.payee("CNY"), "200.00", "USD", "CNY").await;
    assert_eq!((free.status, free.text_of("fee")), (201, "0.00"), "{free:?}");
    assert_eq!(quote(&world, merchant, "200.00").await.text_of("fee"), "1.00");
    let market = there.withdraw(merchant, merchant.payee("CNY"), "50.00", "USD", "CNY").await;
    assert_eq!(market.text_of("fee"), "0.50", "the rest is kept for the quote");
    let refuse = format!("/admin/v1/withdrawals/{}/refuse", free.text_of("id"));
    let refused = world.act(world.operator("operator", 0), &refuse, &json!({"reason": "stolen"})).await;
    assert_eq!(refused.status, 200, "{refused:?}");
    let again = quote(&world, merchant, "200.00").await;
    assert_eq!(again.text_of("fee"), "0.00", "200.00 of it came back");
    sluice.verify().await;
}

#[tokio::test]
async fn r23_a_fee_that_makes_no_sense_is_refused() {
    let (sluice, world) = Sluice::start().await;
    let operator = world.operator("operator", 0);
    for (wrong, field) in [
        (json!({"sell_currency": "XXQ", "reason": "x"}), "sell_currency"),
        (json!({"sell_currency": "USD", "percent": "100", "reason": "x"}), "percent"),
        (json!({"sell_currency": "USD", "percent": "-1", "reason": "x"}), "percent"),
        (json!({"sell_currency": "USD", "fixed": "0.001", "reason": "x"}), "fixed"),
        (json!({"sell_currency": "USD", "minimum": "5.00", "maximum": "4.00", "reason": "x"}), "maximum"),
        (json!({"sell_currency": "USD", "valid_from": "soon", "reason": "x"}), "valid_from"),
        (json!({"sell_currency": "USD", "reason": ""}), "reason"),
    ] {
        let refused = world.act(operator, "/admin/v1/fees", &wrong).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{wrong}");
        assert!(refused.text.contains(&format!("\"field\":\"{field}\"")), "{wrong}: {refused:?}");
    }
    for (late, code) in [
        (json!({"sell_currency": "USD", "valid_from": "2026-01-01", "reason": "x"}), "illegal-transition"),
        (json!({"sell_currency": "USD", "valid_until": "2026-01-01", "reason": "x"}), "illegal-transition"),
        (
            json!({"merchant_id": "mer_01a20be626627400acae0e381adfba01", "sell_currency": "USD", "reason": "x"}),
            "not-found",
        ),
    ] {
        assert_eq!(world.act(operator, "/admin/v1/fees", &late).await.refusal().1, code, "{late}");
    }
    let viewer = world.operator("viewer", 0);
    let fee = json!({"sell_currency": "USD", "reason": "x"});
    assert_eq!(world.act(viewer, "/admin/v1/fees", &fee).await.refusal(), (403, "forbidden"));
    assert_eq!(world.look("/admin/v1/fees").await.json["data"], json!([]), "nothing was set");
    sluice.verify().await;
}
