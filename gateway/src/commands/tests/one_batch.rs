//! What one command of a batch makes is there for those after it.

use merchants::MerchantState;
use payouts::{HeldBy, PayoutState};

use super::world::{World, approve, operate, paid, usd};
use crate::commands::{Action, Command};

impl World {
    /// A withdrawal of 50.00 that has failed, and its payout.
    async fn failed_one(&self) -> (withdrawals::WithdrawalId, payouts::PayoutId) {
        self.pay_in(usd(5_000)).await;
        let (withdrawal, payout) = self.withdraw(usd(5_000)).await;
        self.fails(payout).await;
        (withdrawal, payout)
    }

    fn frozen_for(&self, until: Option<time::OffsetDateTime>) -> Command {
        operate(Action::FreezeMerchant { merchant: self.merchant, legal_reference: None, until })
    }
}

#[tokio::test]
async fn r29_an_attempt_that_was_just_made_is_held_beside_a_dispute() {
    let world = World::new().await;
    let (withdrawal, one) = world.failed_one().await;
    let again = world.change_payee(withdrawal).await;
    let told = world.batch(&[again, world.event(one, paid(usd(4_950)))]).await;
    assert_eq!((told[0].0, told[1].1["outcomes"][0]["reason"].as_str()), (200, Some("disputed")));
    let attempts = world.attempts(withdrawal).await;
    let states: Vec<_> = attempts.iter().map(|payout| (payout.state, payout.held_by)).collect();
    assert_eq!(
        states,
        [(PayoutState::Disputed, None), (PayoutState::Held, Some(HeldBy::Operator))],
        "nothing is sent beside it"
    );
    let jobs = "SELECT count(*) FROM payout_jobs";
    assert_eq!(world.conn().await.query_one(jobs, &[]).await.unwrap().get::<_, i64>(0), 0);

    // People find it executed: the other one is dropped.
    let truth = Action::ResolvePayout { payout: one, executed: true, bank_reference: None };
    assert_eq!(world.by_two(truth).await.0, 200);
    let states: Vec<_> = world.attempts(withdrawal).await.iter().map(|payout| payout.state).collect();
    assert_eq!(states, [PayoutState::Paid, PayoutState::Failed]);
    world.verify().await;
}

#[tokio::test]
async fn r32_an_attempt_that_was_just_made_is_held_by_a_freeze_and_let_go_by_its_end() {
    let world = World::new().await;
    let (withdrawal, _) = world.failed_one().await;
    let again = world.change_payee(withdrawal).await;
    world.batch(&[again, world.frozen_for(None)]).await;
    let second = world.attempts(withdrawal).await[1].clone();
    assert_eq!((second.state, second.held_by), (PayoutState::Held, Some(HeldBy::Freeze)));

    for by_the_clock in [true, false] {
        let world = World::new().await;
        let (withdrawal, one) = world.failed_one().await;
        let soon = world.soon().await;
        world.one(world.frozen_for(by_the_clock.then_some(soon))).await;
        world.after(soon).await;
        let retry = operate(Action::RetryPayout { payout: one, payee: None });
        let end = match by_the_clock {
            true => Command::LiftFreezes(vec![world.merchant]),
            false => approve(world.ask(Action::UnfreezeMerchant { merchant: world.merchant }).await),
        };
        let done = world.batch(&[retry, end]).await;
        assert_eq!((done[0].0, done[1].0), (200, 200), "{done:?}");
        let second = world.attempts(withdrawal).await[1].clone();
        assert_eq!((second.state, second.held_by), (PayoutState::Queued, None));
        assert!(second.job.is_some(), "it will be sent");
        let state = world.withdrawal(withdrawal).await.state;
        assert_eq!(state, withdrawals::WithdrawalState::Processing);
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        let locked = merchants::lock(&tx, &[world.merchant], &[]).await.unwrap();
        assert_eq!(locked.get(world.merchant).unwrap().state, MerchantState::Active);
    }
}
