//! R29: a bank reports as returned what was never sent. It is believed with its payment, or not at all.

use money::Currency;
use payouts::{PayoutId, PayoutState};
use withdrawals::{WithdrawalId, WithdrawalState};

use super::world::{World, cny, operate, paid, returned, usd};
use crate::commands::Action;

const USD: Currency = Currency::USD;
const CNY: Currency = Currency::CNY;

fn told(outcome: &str, reason: Option<&str>) -> (String, Option<String>) {
    (outcome.to_owned(), reason.map(str::to_owned))
}

fn resolve(payout: PayoutId, executed: bool) -> Action {
    Action::ResolvePayout { payout, executed, bank_reference: None }
}

/// 100.00 less 1.00, held, and reported as returned short.
async fn disputed_one(world: &World) -> (WithdrawalId, PayoutId) {
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    assert_eq!(world.one(operate(Action::HoldPayout { payout })).await.0, 200);
    assert_eq!(world.says(payout, returned(usd(9_850))).await, told("applied", Some("disputed")));
    (withdrawal, payout)
}

#[tokio::test]
async fn r28_r29_what_was_never_executed_is_refunded_whole_whatever_was_reported_as_returned() {
    let world = World::new().await;
    let (withdrawal, payout) = disputed_one(&world).await;
    let (status, done) = world.by_two(resolve(payout, false)).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("failed")), "{done}");
    let row = world.payout(payout).await;
    assert_eq!((row.state, row.returned, row.reason.as_deref()), (PayoutState::Failed, None, Some("MS03")));
    assert_eq!(world.withdrawal(withdrawal).await.state, WithdrawalState::Failed);
    assert_eq!(
        world.says(payout, returned(usd(9_850))).await,
        told("duplicate", None),
        "they have judged it"
    );

    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(world.money(USD).await, (10_000, 0), "with the fee: nothing was ever paid");
    assert_eq!(world.institution(USD).await, (0, 0, -10_000));
    world.verify().await;
}

#[tokio::test]
async fn r29_what_was_executed_and_reported_as_returned_is_posted_as_both() {
    let world = World::new().await;
    let (withdrawal, payout) = disputed_one(&world).await;
    let (status, done) = world.by_two(resolve(payout, true)).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("returned")), "{done}");
    let row = world.withdrawal(withdrawal).await;
    assert_eq!((row.state, row.to_send), (WithdrawalState::Returned, usd(9_850)));
    assert_eq!(world.institution(USD).await, (0, 9_850, -9_950), "99.00 have left, 98.50 are back");
    for known in [returned(usd(9_850)), paid(usd(9_900))] {
        assert_eq!(world.says(payout, known).await, told("duplicate", None));
    }
    assert_eq!(world.institution(USD).await, (0, 9_850, -9_950), "once");
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(world.money(USD).await, (9_850, 0), "the fee was earned");
    world.verify().await;
}

/// What was exchanged and came back waits in clearing for another payee.
#[tokio::test]
async fn r28_r29_what_came_back_so_is_sent_again() {
    let world = World::new().await;
    world.rate().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw_as(usd(10_000), CNY).await;
    // Queued, and no worker has taken it yet.
    assert_eq!(world.says(payout, returned(cny(69_000))).await, told("applied", Some("disputed")));
    assert_eq!(world.by_two(resolve(payout, true)).await.0, 200);
    assert_eq!(world.institution(CNY).await, (0, 69_000, 300));
    let again = world.sent_again(withdrawal).await;
    assert_eq!(world.payout(again).await.amount, cny(69_000));
    world.pays(again).await;
    assert_eq!(world.institution(CNY).await, (0, 0, 69_300));
    assert_eq!(world.withdrawal(withdrawal).await.state, WithdrawalState::Paid);
    world.verify().await;
}

/// The same of a payment in review that was to go back.
#[tokio::test]
async fn r7_r29_a_return_to_a_remitter_that_was_held_and_came_back_is_in_review_with_what_came() {
    for executed in [true, false] {
        let world = World::new().await;
        let payment = world.reviewed(usd(2_500)).await;
        assert_eq!(world.one(operate(Action::ReturnPayment { payment })).await.0, 200);
        let payout = world.returns(payment).await[0].id;
        assert_eq!(world.says(payout, returned(usd(2_400))).await, told("applied", Some("disputed")));
        assert_eq!(world.by_two(resolve(payout, executed)).await.0, 200);
        let row = world.payment(payment).await;
        let left = if executed { 2_400 } else { 2_500 };
        assert_eq!((row.status, row.open_amount()), (deposits::PaymentState::InReview, usd(left)));
        assert_eq!(world.institution(USD).await, (left, 0, -left));
        world.verify().await;
    }
}

/// A payout that was posted as paid and returned before the dispute stays so; in the database, too.
#[tokio::test]
async fn r29_where_a_dispute_came_from_is_kept_while_it_lasts() {
    let world = World::new().await;
    let (_, held) = disputed_one(&world).await;
    let (withdrawal, back) = {
        world.pay_in(usd(10_000)).await;
        world.withdraw(usd(10_000)).await
    };
    world.pays(back).await;
    assert_eq!(world.says(back, returned(usd(9_900))).await, told("applied", None));
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(world.says(back, paid(usd(9_900))).await, told("applied", Some("disputed")));
    assert_eq!(world.disputed_from(held).await.as_deref(), Some("held"));
    assert_eq!(world.disputed_from(back).await.as_deref(), Some("returned"));
    for (payout, becomes) in [(held, PayoutState::Failed), (back, PayoutState::Returned)] {
        assert_eq!(world.by_two(resolve(payout, false)).await.0, 200);
        assert_eq!(world.payout(payout).await.state, becomes);
        assert_eq!(world.disputed_from(payout).await, None);
    }
    world.verify().await;
}

impl World {
    async fn disputed_from(&self, payout: PayoutId) -> Option<String> {
        let sql = "SELECT disputed_from FROM payouts WHERE id = $1";
        self.conn().await.query_one(sql, &[&payout.uuid()]).await.unwrap().get(0)
    }
}
