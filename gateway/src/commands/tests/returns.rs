//! R29: what a bank gives back, whatever has become meanwhile of what it was for.

use money::Currency;
use payouts::PayoutState;
use withdrawals::WithdrawalState;

use super::world::{World, cny, operate, returned, usd};
use crate::commands::Action;

const USD: Currency = Currency::USD;
const CNY: Currency = Currency::CNY;

fn applied() -> (String, Option<String>) {
    ("applied".to_owned(), None)
}

fn duplicate() -> (String, Option<String>) {
    ("duplicate".to_owned(), None)
}

/// 100.00 USD: 1.00 fee, 99.00 sent. Refunded whole, then paid after all: the 99.00 are taken from the 100.00. The bank
/// gives 98.50 back.
#[tokio::test]
async fn r29_what_was_charged_after_a_refund_and_comes_back_is_the_merchant_s_again() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(world.money(USD).await, (10_000, 0));
    world.was_paid_after_all(payout).await;
    assert_eq!(world.money(USD).await, (100, 0), "the 99.00 that the payee has");

    assert_eq!(world.says(payout, returned(usd(9_850))).await, applied());
    assert_eq!(world.payout(payout).await.state, PayoutState::Returned);
    assert_eq!(world.withdrawal(withdrawal).await.state, WithdrawalState::Refunded, "final");
    assert_eq!(world.money(USD).await, (9_950, 0), "1.00 and the 98.50 that came");
    assert_eq!(world.institution(USD).await, (0, 0, -9_950), "nothing is left in clearing");
    assert_eq!(world.says(payout, returned(usd(9_850))).await, duplicate());
    assert_eq!(world.money(USD).await, (9_950, 0), "once");
    world.verify().await;
}

/// 100.00 USD: 1.00 fee, 99.00 sent, paid, and given back whole; sent again, it fails. The bank had paid once, so the fee was
/// earned, as it is where a cent less came back.
#[tokio::test]
async fn r28_r29_the_fee_of_what_was_paid_and_came_back_is_kept() {
    for back in [9_900, 9_899] {
        let world = World::new().await;
        world.pay_in(usd(10_000)).await;
        let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
        world.pays(payout).await;
        assert_eq!(world.says(payout, returned(usd(back))).await, applied());
        let again = world.sent_again(withdrawal).await;
        world.fails(again).await;
        assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
        assert_eq!(world.money(USD).await, (back, 0));
        world.verify().await;
    }
}

/// The balance had gone elsewhere: what is owed is paid off first.
#[tokio::test]
async fn r29_what_comes_back_pays_off_what_was_owed_for_it() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    world.one(operate(Action::RefundWithdrawal { withdrawal })).await;
    let (_, away) = world.withdraw(usd(6_000)).await;
    world.pays(away).await;
    world.was_paid_after_all(payout).await;
    assert_eq!(world.money(USD).await, (0, 5_900), "40.00 of 99.00 were there");
    assert_eq!(world.says(payout, returned(usd(9_900))).await, applied());
    assert_eq!(world.money(USD).await, (4_000, 0));
    world.verify().await;
}

/// R45: 100.00 USD for 693.00 CNY, refused before it was sent and booked back; the bank paid the yuan all the same. They
/// are owed in yuan, and come back in yuan.
#[tokio::test]
async fn r29_r45_what_was_refused_and_paid_all_the_same_comes_back_in_the_currency_that_was_charged() {
    let world = World::new().await;
    world.rate().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw_as(usd(10_000), CNY).await;
    assert_eq!(world.one(operate(Action::RefuseWithdrawal { withdrawal })).await.0, 200);
    world.was_paid_after_all(payout).await;
    assert_eq!((world.money(USD).await, world.money(CNY).await), ((10_000, 0), (0, 69_300)));
    assert_eq!(world.says(payout, returned(cny(69_300))).await, applied());
    assert_eq!((world.money(USD).await, world.money(CNY).await), ((10_000, 0), (0, 0)));
    assert_eq!(world.withdrawal(withdrawal).await.state, WithdrawalState::Refused, "final");
    assert_eq!(world.institution(CNY).await, (0, 0, 0));
    world.verify().await;
}

/// The first attempt turns out to be paid beside the second, and is charged: the withdrawal stands on one of the two. Both
/// come back, in either order: one is the merchant's again, the other can be sent again.
#[tokio::test]
async fn r29_of_two_attempts_that_come_back_one_was_charged_and_one_is_to_be_sent_again() {
    for second_first in [false, true] {
        for buy in [USD, CNY] {
            let world = World::new().await;
            world.rate().await;
            world.pay_in(usd(20_000)).await;
            let (withdrawal, one) = world.withdraw_as(usd(10_000), buy).await;
            world.fails(one).await;
            let two = world.sent_again(withdrawal).await;
            world.pays(two).await;
            world.was_paid_after_all(one).await;
            let amount = world.payout(one).await.amount;
            let charged = if buy == USD { (10_000 - 9_900, 0) } else { (0, 69_300) };
            assert_eq!(world.money(buy).await, charged);

            let order = if second_first { [two, one] } else { [one, two] };
            assert_eq!(world.says(order[0], returned(amount)).await, applied());
            assert_eq!(world.withdrawal(withdrawal).await.state, WithdrawalState::Paid, "by the other one");
            let before = if buy == USD { (10_000, 0) } else { (0, 0) };
            assert_eq!(world.money(buy).await, before, "as before the charge");
            assert_eq!(world.says(order[1], returned(amount)).await, applied());
            let row = world.withdrawal(withdrawal).await;
            assert_eq!((row.state, row.to_send), (WithdrawalState::Returned, amount));
            assert_eq!(world.money(buy).await, before);
            assert_eq!(world.institution(buy).await.1, amount.minor(), "in clearing, to be sent again");
            let three = world.sent_again(withdrawal).await;
            world.pays(three).await;
            assert_eq!(world.institution(buy).await.1, 0);
            world.verify().await;
        }
    }
}

/// Whatever has become of the withdrawal, also before attempts beside it were looked at.
#[tokio::test]
async fn r29_what_was_charged_comes_back_whatever_the_withdrawal_has_become() {
    for state in WithdrawalState::ALL.into_iter().filter(|state| *state != WithdrawalState::Paid) {
        let world = World::new().await;
        world.pay_in(usd(20_000)).await;
        let (withdrawal, one) = world.withdraw(usd(10_000)).await;
        world.fails(one).await;
        let two = world.sent_again(withdrawal).await;
        world.pays(two).await;
        world.was_paid_after_all(one).await;
        assert_eq!(world.money(USD).await, (100, 0), "charged");
        let owner = world.db.owner().get().await.unwrap();
        let update = "UPDATE withdrawals SET status = $2 WHERE id = $1";
        owner.execute(update, &[&withdrawal.uuid(), &state.as_str()]).await.unwrap();
        assert_eq!(world.says(one, returned(usd(9_000))).await, applied(), "{state:?}");
        assert_eq!(world.money(USD).await, (9_100, 0), "{state:?}: as it came");
        assert_eq!(world.withdrawal(withdrawal).await.state, state);
        assert_eq!(world.institution(USD).await.1, 0);
        world.verify().await;
    }
}
