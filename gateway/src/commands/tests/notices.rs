//! R9: what a merchant is told of a payment or a withdrawal of which a bank took something back, or gave something back.

use deposits::PaymentId;
use money::Currency;
use serde_json::{Value, json};

use super::world::{World, operate, returned, usd};
use crate::commands::Action;

impl World {
    async fn last_told(&self) -> (String, Value) {
        self.told(self.merchant).await.pop().unwrap()
    }

    async fn credit_reviewed(&self, payment: PaymentId) {
        let merchant = Some(self.merchant);
        let (status, done) = self.one(operate(Action::CreditPayment { payment, merchant })).await;
        assert_eq!(status, 200, "{done}");
    }

    async fn taken_back(&self, payment: PaymentId, minor: i64) {
        let (status, told) = self.one(self.takes_back(payment, usd(minor)).await).await;
        assert_eq!((status, told["outcomes"][0]["outcome"].as_str()), (200, Some("applied")), "{told}");
    }
}

fn amounts(data: &Value) -> (&Value, &Value) {
    (&data["amount"], &data["reversed_amount"])
}

/// 300.00 for nobody; the bank takes 100.00 back, then it turns out whose the rest is.
#[tokio::test]
async fn r9_a_credit_of_what_the_bank_left_says_what_it_took_back() {
    let world = World::new().await;
    let payment = world.reviewed(usd(30_000)).await;
    world.taken_back(payment, 10_000).await;
    assert_eq!(world.told(world.merchant).await, [], "nobody's");
    world.credit_reviewed(payment).await;
    assert_eq!(world.money(Currency::USD).await, (20_000, 0));
    let (kind, data) = world.last_told().await;
    assert_eq!((kind.as_str(), amounts(&data)), ("payment.credited", (&json!("300.00"), &json!("100.00"))));

    let untouched = world.reviewed(usd(700)).await;
    world.credit_reviewed(untouched).await;
    assert_eq!(amounts(&world.last_told().await.1), (&json!("7.00"), &json!("0.00")));
}

/// 300.00 go back to their remitter, whose bank gives 295.00 back; these are credited.
#[tokio::test]
async fn r9_r29_a_credit_of_what_came_back_short_says_what_was_lost() {
    let world = World::new().await;
    let payment = world.reviewed(usd(30_000)).await;
    assert_eq!(world.one(operate(Action::ReturnPayment { payment })).await.0, 200);
    let payout = world.returns(payment).await[0].id;
    world.pays(payout).await;
    assert_eq!(world.says(payout, returned(usd(29_500))).await.0, "applied");
    world.credit_reviewed(payment).await;
    assert_eq!(world.money(Currency::USD).await, (29_500, 0));
    assert_eq!(amounts(&world.last_told().await.1), (&json!("300.00"), &json!("5.00")));
}

/// Nothing of it went to its remitter by us, so nobody is told that it did. Of the part that is left that is told.
#[tokio::test]
async fn r8_r9_what_the_bank_takes_back_of_a_payment_in_review_is_told_once() {
    for whole in [true, false] {
        let world = World::new().await;
        world.account_issued("9990001", Currency::USD).await;
        let payment = world.reviewed(usd(30_000)).await;
        world.taken_back(payment, if whole { 30_000 } else { 10_000 }).await;
        let told = world.told(world.merchant).await;
        let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["payment.in_review", "payment.reversed"]);
        let (taken, status) = if whole { ("300.00", "returned") } else { ("100.00", "in_review") };
        let data = &told[1].1;
        assert_eq!((&data["reversed_amount"], &data["status"]), (&json!(taken), &json!(status)));

        if !whole {
            assert_eq!(world.one(operate(Action::ReturnPayment { payment })).await.0, 200);
            world.pays(world.returns(payment).await[0].id).await;
            let (kind, data) = world.last_told().await;
            assert_eq!(kind, "payment.returned");
            assert_eq!(amounts(&data), (&json!("300.00"), &json!("100.00")));
        }
    }
}

/// Paid, given back short, and refunded: what is told beside what was ordered is what the payout shows.
#[tokio::test]
async fn r9_r29_a_withdrawal_that_came_back_says_how_much_came() {
    let world = World::new().await;
    world.pay_in(usd(290_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(290_000)).await;
    world.pays(payout).await;
    let told =
        |(kind, data): (String, Value)| (kind, data["buy_amount"].clone(), data["returned_amount"].clone());
    let expected = |kind: &str, back: Value| (format!("withdrawal.{kind}"), json!("2871.00"), back);
    assert_eq!(told(world.last_told().await), expected("paid", Value::Null));
    assert_eq!(world.says(payout, returned(usd(100))).await.0, "applied");
    assert_eq!(told(world.last_told().await), expected("returned", json!("1.00")));
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(told(world.last_told().await), expected("refunded", json!("1.00")));

    // What never came back is refunded whole.
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(world.last_told().await.1["returned_amount"], Value::Null);
}

/// Sent again, only what came back is on its way; what is given back of that is told in its place.
#[tokio::test]
async fn r9_r29_a_withdrawal_that_is_sent_again_says_how_much_goes_out() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.pays(payout).await;
    assert_eq!(world.says(payout, returned(usd(9_000))).await.0, "applied");
    let again = world.sent_again(withdrawal).await;
    world.pays(again).await;
    let back = |told: (String, Value)| (told.0, told.1["returned_amount"].clone());
    assert_eq!(back(world.last_told().await), ("withdrawal.paid".to_owned(), json!("90.00")));
    assert_eq!(world.says(again, returned(usd(8_000))).await.0, "applied");
    assert_eq!(back(world.last_told().await), ("withdrawal.returned".to_owned(), json!("80.00")));
}
