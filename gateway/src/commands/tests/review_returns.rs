//! R7, R29: a payment goes back to its remitter, whose bank gives it back.

use deposits::PaymentState;
use money::Currency;

use super::world::{World, operate, returned, usd};
use crate::commands::Action;

const USD: Currency = Currency::USD;

fn told(outcome: &str) -> (String, Option<String>) {
    (outcome.to_owned(), None)
}

/// 25.00 for nobody go back to their remitter, whose bank gives back 24.00.
#[tokio::test]
async fn r7_r29_a_return_that_comes_back_is_in_review_with_what_came() {
    let world = World::new().await;
    let payment = world.reviewed(usd(2_500)).await;
    assert_eq!(world.institution(USD).await, (2_500, 0, -2_500));
    let status = world.one(operate(Action::ReturnPayment { payment })).await.0;
    assert_eq!(status, 200);
    let payout = world.returns(payment).await[0].id;
    world.pays(payout).await;
    assert_eq!(world.payment(payment).await.status, PaymentState::Returned);
    assert_eq!(world.institution(USD).await, (0, 0, 0));

    assert_eq!(world.says(payout, returned(usd(2_400))).await, told("applied"));
    let row = world.payment(payment).await;
    assert_eq!((row.status, row.open_amount()), (PaymentState::InReview, usd(2_400)));
    assert_eq!(world.institution(USD).await, (2_400, 0, -2_400));
    assert_eq!(world.says(payout, returned(usd(2_400))).await, told("duplicate"));

    // What is left can be sent back again, or be credited.
    assert_eq!(world.one(operate(Action::ReturnPayment { payment })).await.0, 200);
    let second = world.returns(payment).await[1].clone();
    assert_eq!((second.attempt, second.amount), (2, usd(2_400)));
    world.sent(second.id).await;
    // The bank's word on the payment may be missing: paid and returned at once.
    assert_eq!(world.says(second.id, returned(usd(2_400))).await, told("applied"));
    assert_eq!(world.institution(USD).await, (2_400, 0, -2_400));
    let merchant = Some(world.merchant);
    let (status, credited) = world.one(operate(Action::CreditPayment { payment, merchant })).await;
    assert_eq!((status, credited["status"].as_str()), (200, Some("credited")), "{credited}");
    assert_eq!((world.money(USD).await, world.institution(USD).await), ((2_400, 0), (0, 0, -2_400)));
    world.verify().await;
}
