//! R29: what two persons found out stands against whatever the bank repeats, and falls to what it says anew.

use payouts::{Finding, PayoutId, PayoutState, Truth};
use withdrawals::WithdrawalState;

use super::world::{Counts, World, approve, bank, operate, paid, returned, usd};
use crate::commands::Action;

fn paid_as(minor: i64, reference: &str) -> Finding {
    Finding::Paid { amount: usd(minor), amount_received: None, bank_reference: Some(reference.into()) }
}

fn known() -> (String, Option<String>) {
    ("duplicate".into(), None)
}

fn disputed() -> (String, Option<String>) {
    ("applied".into(), Some("disputed".into()))
}

fn never_executed(payout: PayoutId) -> Action {
    Action::ResolvePayout { payout, executed: false, bank_reference: None }
}

/// 100.00 less 1.00, failed, and reported as paid after it.
async fn disputed_one(world: &World) -> (withdrawals::WithdrawalId, PayoutId) {
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    assert_eq!(world.says(payout, paid_as(9_900, "HB-1")).await, disputed());
    (withdrawal, payout)
}

#[tokio::test]
async fn r29_what_was_found_out_is_not_disputed_by_the_same_words_under_another_event() {
    let world = World::new().await;
    let (withdrawal, payout) = disputed_one(&world).await;
    assert_eq!(world.by_two(never_executed(payout)).await.0, 200);
    let judged = world.attempts(withdrawal).await[0].judged.clone().unwrap();
    assert_eq!((judged.truth, judged.by.as_deref()), (Truth::NeverExecuted, Some("op_bruno")));
    assert_eq!(judged.answers.len(), 2, "the refusal and the payment: {:?}", judged.answers);

    // It goes to another payee, and nothing that the bank repeats stops that.
    let again = world.sent_again(withdrawal).await;
    assert_eq!(world.says(payout, paid_as(9_900, "HB-1")).await, known());
    assert_eq!(world.payout(payout).await.state, PayoutState::Failed);
    assert_eq!(world.payout(again).await.state, PayoutState::Queued, "not held");
    world.pays(again).await;
    assert_eq!(world.says(payout, paid_as(9_900, "HB-1")).await, known());
    assert_eq!(world.institution(usd(1).currency()).await, (0, 0, -100), "99.00 left once, 1.00 is earned");

    // A payment under another reference is one that nobody has looked into.
    assert_eq!(world.says(payout, paid_as(9_900, "HB-2")).await, disputed());
    let row = world.payout(payout).await;
    assert_eq!((row.state, row.needs_operator), (PayoutState::Disputed, true));
    assert_eq!(world.withdrawal(withdrawal).await.state, WithdrawalState::Paid);
    world.verify().await;
}

#[tokio::test]
async fn r29_in_the_batch_of_the_judgement_too() {
    let world = World::new().await;
    let (withdrawal, payout) = disputed_one(&world).await;
    let asked = world.ask(never_executed(payout)).await;
    let batch = [
        approve(asked),
        world.event(payout, paid_as(9_900, "HB-1")),
        world.event(payout, paid_as(9_900, "HB-2")),
    ];
    let told = world.batch(&batch).await;
    assert_eq!(told[0].0, 200, "{told:?}");
    assert_eq!(told[1].1["outcomes"][0]["outcome"], "duplicate", "{told:?}");
    assert_eq!(told[2].1["outcomes"][0]["reason"], "disputed", "{told:?}");
    assert_eq!(world.payout(payout).await.state, PayoutState::Disputed);
    assert_eq!(world.withdrawal(withdrawal).await.state, WithdrawalState::Failed);

    // What came after the first judgement is part of the second.
    assert_eq!(world.by_two(never_executed(payout)).await.0, 200);
    for reference in ["HB-1", "HB-2"] {
        assert_eq!(world.says(payout, paid_as(9_900, reference)).await, known(), "{reference}");
    }
    assert_eq!(world.payout(payout).await.state, PayoutState::Failed);
}

/// The bank took 99.00 and says of 98.00 that they are paid, whenever it is asked: only people can end that.
#[tokio::test]
async fn r29_what_its_bank_has_and_contradicts_ends_by_what_two_persons_found_out() {
    for executed in [true, false] {
        let world = World::new().await;
        world.pay_in(usd(10_000)).await;
        let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
        world.sent(payout).await;
        let told = world.says(payout, paid_as(9_800, "HB-1")).await;
        assert_eq!(told, ("ignored".into(), Some("contradiction".into())));
        let row = world.payout(payout).await;
        assert_eq!((row.state, row.needs_operator), (PayoutState::Sent, true));

        // Until then a request could still be under way.
        world.after(row.sent_at.unwrap() + world.facts().banks[&bank()].settle).await;
        let truth = Action::ResolvePayout { payout, executed, bank_reference: None };
        let (status, done) = world.by_two(truth).await;
        let (becomes, of_withdrawal, nostro) = match executed {
            true => ("paid", WithdrawalState::Paid, -100),
            false => ("failed", WithdrawalState::Failed, -10_000),
        };
        assert_eq!((status, done["result"]["status"].as_str()), (200, Some(becomes)), "{done}");
        assert_eq!(world.withdrawal(withdrawal).await.state, of_withdrawal);
        assert_eq!(world.institution(usd(1).currency()).await.2, nostro, "99.00 have left, or have not");
        assert_eq!(world.says(payout, paid_as(9_800, "HB-1")).await, known(), "they have judged it");
        world.verify().await;
    }
}

/// Paid, given back and refunded; then the bank says that it paid once more, and nobody can find that it did.
#[tokio::test]
async fn r29_what_was_refunded_is_not_disputed_again_by_what_was_judged() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.pays(payout).await;
    assert_eq!(world.says(payout, returned(usd(9_900))).await, ("applied".into(), None));
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(world.says(payout, paid_as(9_900, "HB-2")).await, disputed());
    assert_eq!(world.by_two(never_executed(payout)).await.0, 200);
    let money = world.money(usd(1).currency()).await;
    for _ in 0..2 {
        assert_eq!(world.says(payout, paid_as(9_900, "HB-2")).await, known());
        assert_eq!(world.payout(payout).await.state, PayoutState::Returned);
    }
    assert_eq!(world.money(usd(1).currency()).await, money);
    assert_eq!(world.says(payout, paid_as(9_900, "HB-3")).await, disputed());
    world.verify().await;
}

/// The bank names no reference, so that nobody can tell whether it repeats itself or has paid after all. The attempt that was made
/// instead goes on; people hear of it each time.
#[tokio::test]
async fn r29_a_payment_without_a_name_that_was_found_never_executed_is_not_swallowed() {
    let (world, counts) = (World::new().await, Counts::new());
    let repeats = || counts.of("sluice_payout_unnamed_repeats_total");
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    assert_eq!(world.says(payout, paid(usd(9_900))).await, disputed());
    assert_eq!(world.says(payout, paid(usd(9_900))).await, known(), "people have not looked yet");
    assert_eq!(world.by_two(never_executed(payout)).await.0, 200);
    let again = world.sent_again(withdrawal).await;
    assert_eq!(repeats(), 0);

    assert_eq!(world.says(payout, paid(usd(9_900))).await, known());
    assert_eq!((repeats(), world.payout(payout).await.state), (1, PayoutState::Failed));
    assert_eq!(world.payout(again).await.state, PayoutState::Queued, "not held");
    world.pays(again).await;
    assert_eq!(world.says(payout, paid(usd(9_900))).await, known());
    assert_eq!((repeats(), counts.of("sluice_payout_disputes_total")), (2, 1));
    assert_eq!(world.institution(usd(1).currency()).await, (0, 0, -100), "99.00 are booked once");

    // It has paid, and says so by name: that is disputed. What it had said before is no news any more.
    assert_eq!(world.says(payout, paid_as(9_900, "HB-2")).await, disputed());
    assert_eq!(world.says(payout, paid(usd(9_900))).await, known());
    assert_eq!(repeats(), 2, "people look into it");
    let truth = Action::ResolvePayout { payout, executed: true, bank_reference: None };
    assert_eq!(world.by_two(truth).await.0, 200);
    assert_eq!(world.says(payout, paid(usd(9_900))).await, known());
    assert_eq!(repeats(), 2, "it was paid, as it says");
    world.verify().await;
}
