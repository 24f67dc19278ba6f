//! R32: what ends a freeze, and what does not.

use merchants::{FreezeId, MerchantState};
use money::Currency;
use payouts::{HeldBy, PayoutState};
use time::{Duration, OffsetDateTime};

use super::world::{World, approve, operate, usd};
use crate::commands::{Action, Command};

impl World {
    fn freeze(&self, legal_reference: Option<&str>, until: Option<OffsetDateTime>) -> Command {
        let (merchant, legal_reference) = (self.merchant, legal_reference.map(str::to_owned));
        operate(Action::FreezeMerchant { merchant, legal_reference, until })
    }

    fn freeze_amount(&self, until: Option<OffsetDateTime>) -> Command {
        let (merchant, freeze) = (self.merchant, FreezeId::new(self.merchant.shard()));
        let (minor, currency) = (500, Currency::USD);
        operate(Action::FreezeAmount { freeze, merchant, minor, currency, legal_reference: None, until })
    }

    fn lift(&self) -> Command {
        Command::LiftFreezes(vec![self.merchant])
    }

    async fn state(&self) -> MerchantState {
        let profile = merchants::merchant(&self.conn().await, self.keyring(), self.merchant).await;
        profile.unwrap().unwrap().state
    }

    async fn is_expired(&self) -> bool {
        merchants::expired_freezes(&self.conn().await, 10).await.unwrap() == [self.merchant]
    }
}

#[tokio::test]
async fn r32_the_end_of_an_amount_s_freeze_leaves_the_merchant_frozen() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (_, payout) = world.withdraw(usd(5_000)).await;
    let past = world.now().await - Duration::SECOND;
    assert_eq!(world.one(world.freeze_amount(Some(past))).await.0, 200);
    assert_eq!(world.one(world.freeze(Some("7 O 12/26"), None)).await.0, 200);
    assert!(world.is_expired().await, "the amount's freeze is over");

    world.one(world.lift()).await;
    assert!(!world.is_expired().await, "lifted");
    assert_eq!(world.state().await, MerchantState::Frozen, "nobody has lifted the court's order");
    let payout = world.payout(payout).await;
    assert_eq!((payout.state, payout.held_by), (PayoutState::Held, Some(HeldBy::Freeze)));
    assert_eq!(world.trail(&world.merchant.to_string()).await.len(), 2, "frozen twice, and no more");
}

#[tokio::test]
async fn r32_what_was_to_lift_a_freeze_does_not_lift_the_one_that_came_after_it() {
    let world = World::new().await;
    let past = world.now().await - Duration::SECOND;
    world.one(world.freeze(None, Some(past))).await;
    world.one(world.lift()).await;
    assert_eq!(world.state().await, MerchantState::Active, "it is over");
    world.one(world.freeze(Some("7 O 12/26"), None)).await;
    // Another gateway saw the first freeze before it was lifted.
    world.one(world.lift()).await;
    assert_eq!(world.state().await, MerchantState::Frozen);

    // The same in one batch.
    let world = World::new().await;
    world.one(world.freeze(None, Some(past))).await;
    world.batch(&[world.lift(), world.freeze(Some("7 O 12/26"), None), world.lift()]).await;
    assert_eq!(world.state().await, MerchantState::Frozen);
    assert!(!world.is_expired().await, "what stands has no end");
    let subject = world.merchant.to_string();
    let actions: Vec<_> = world.trail(&subject).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["merchant.freeze", "merchant.unfreeze", "merchant.freeze"]);
}

#[tokio::test]
async fn r33_an_approval_ends_the_freeze_that_was_shown_and_no_later_one() {
    let world = World::new().await;
    let unfreeze = Action::UnfreezeMerchant { merchant: world.merchant };
    let end = world.now().await + Duration::milliseconds(300);
    world.one(world.freeze(None, Some(end))).await;
    let old = world.ask(unfreeze.clone()).await;
    while world.state().await == MerchantState::Frozen {
        world.one(world.lift()).await;
    }
    world.one(world.freeze(Some("7 O 12/26"), None)).await;
    let (status, problem) = world.one(approve(old)).await;
    assert_eq!((status, problem["type"].as_str()), (409, Some("/problems/illegal-transition")), "{problem}");
    assert_eq!(world.state().await, MerchantState::Frozen);

    // Word for word the same again: another freeze all the same.
    let asked = world.ask(unfreeze.clone()).await;
    let (status, done) = world.by_two(unfreeze.clone()).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("active")), "{done}");
    world.one(world.freeze(Some("7 O 12/26"), None)).await;
    assert_eq!(world.one(approve(asked)).await.0, 409);
    assert_eq!(world.state().await, MerchantState::Frozen);

    // What was shown goes on standing while other things of the merchant change.
    let asked = world.ask(unfreeze).await;
    world.one(operate(Action::VerifyMerchant { merchant: world.merchant, full: false })).await;
    assert_eq!(world.one(approve(asked)).await.0, 200);
    assert_eq!(world.state().await, MerchantState::Active);
}
