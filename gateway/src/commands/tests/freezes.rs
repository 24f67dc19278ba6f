//! R32: what ends a freeze, and what does not.

use merchants::{FreezeId, MerchantState};
use money::Currency;
use payouts::{HeldBy, PayoutState};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::world::{World, approve, operate, usd};
use crate::commands::{Action, Command, rfc3339};

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

    /// Before and after the newest entry of the merchant's trail.
    async fn last_states(&self) -> [Value; 2] {
        let subject = self.merchant.to_string();
        let entry = audit::list(&self.conn().await, Some(&subject), None, 1).await.unwrap().remove(0).entry;
        [entry.before, entry.after].map(|state| serde_json::from_str(&state.unwrap()).unwrap())
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
    let soon = world.soon().await;
    assert_eq!(world.one(world.freeze_amount(Some(soon))).await.0, 200);
    assert_eq!(world.one(world.freeze(Some("7 O 12/26"), None)).await.0, 200);
    world.after(soon).await;
    assert!(world.is_expired().await, "the amount's freeze is over");

    world.one(world.lift()).await;
    assert!(!world.is_expired().await, "lifted");
    assert_eq!(world.state().await, MerchantState::Frozen, "nobody has lifted the court's order");
    let payout = world.payout(payout).await;
    assert_eq!((payout.state, payout.held_by), (PayoutState::Held, Some(HeldBy::Freeze)));
    let acts = ["amount.freeze", "merchant.freeze", "amount.unfreeze"];
    assert_eq!(world.acts().await, acts, "frozen twice, and one of them ended");
}

/// What an authority stopped, on whose order and until when, stands in the merchant's trail when it begins and when it ends.
#[tokio::test]
async fn r32_r33_an_amount_s_freeze_is_in_the_merchant_s_trail_whole_when_it_begins_and_when_it_ends() {
    for by_clock in [true, false] {
        let world = World::new().await;
        let (merchant, freeze) = (world.merchant, FreezeId::new(world.merchant.shard()));
        let until = if by_clock { world.soon().await } else { world.now().await + Duration::HOUR };
        let legal_reference = Some("7 O 12/26".to_owned());
        let order = Action::FreezeAmount {
            freeze,
            merchant,
            minor: 500,
            currency: Currency::USD,
            legal_reference,
            until: Some(until),
        };
        let (status, begun) = world.one(operate(order)).await;
        assert_eq!(status, 200, "{begun}");
        let mut frozen = json!({"id": freeze.to_string(), "status": "frozen", "merchant_id": merchant.to_string(),
            "amount": "5.00", "currency": "USD", "reason": "an order", "legal_reference": "7 O 12/26",
            "until": rfc3339(until)});
        frozen["created_at"] = begun["created_at"].clone();
        assert_eq!(begun, frozen);
        assert_eq!(world.last_states().await, [json!({"id": freeze.to_string()}), frozen.clone()]);

        let mut lifted = frozen.clone();
        lifted["status"] = json!("lifted");
        if by_clock {
            world.after(until).await;
            world.one(world.lift()).await;
        } else {
            let asked = world.ask(Action::LiftAmountFreeze { freeze, merchant }).await;
            let approval = audit::approval(&world.conn().await, asked).await.unwrap().unwrap();
            let shown: Value = serde_json::from_str(&approval.shown).unwrap();
            assert_eq!((approval.subject, shown), (merchant.to_string(), frozen.clone()), "to be approved");
            let (status, done) = world.one(approve(asked)).await;
            assert_eq!((status, &done["result"]), (200, &lifted), "{done}");
        }
        assert_eq!(world.acts().await.last().map(String::as_str), Some("amount.unfreeze"));
        assert_eq!(world.last_states().await, [frozen, lifted], "by the clock: {by_clock}");
    }
}

/// Whoever lost the answer asks again, perhaps after the end that was named: a new order would come too late for it.
#[tokio::test]
async fn r22_r32_a_freeze_is_answered_as_before_when_its_end_has_passed() {
    let world = World::new().await;
    for of_amount in [false, true] {
        let until = world.soon().await;
        let [order, again] = [(); 2].map(|()| match of_amount {
            true => world.freeze_amount(Some(until)),
            false => world.freeze(None, Some(until)),
        });
        let told = world.batch(std::slice::from_ref(&order)).await;
        assert_eq!(told[0].0, 200, "{told:?}");
        world.after(until).await;
        assert_eq!(world.batch(std::slice::from_ref(&order)).await, told, "the same key");
        let (status, refused) = world.one(again).await;
        assert_eq!((status, refused["errors"][0]["field"].as_str()), (422, Some("until")), "{refused}");
    }
    assert_eq!(world.acts().await.len(), 2, "each once");
}

#[tokio::test]
async fn r32_what_was_to_lift_a_freeze_does_not_lift_the_one_that_came_after_it() {
    let world = World::new().await;
    let soon = world.soon().await;
    world.one(world.freeze(None, Some(soon))).await;
    world.after(soon).await;
    world.one(world.lift()).await;
    assert_eq!(world.state().await, MerchantState::Active, "it is over");
    world.one(world.freeze(Some("7 O 12/26"), None)).await;
    // Another gateway saw the first freeze before it was lifted.
    world.one(world.lift()).await;
    assert_eq!(world.state().await, MerchantState::Frozen);

    // The same in one batch.
    let world = World::new().await;
    let soon = world.soon().await;
    world.one(world.freeze(None, Some(soon))).await;
    world.after(soon).await;
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

impl World {
    async fn in_force(&self) -> Vec<Option<String>> {
        let freezes = merchants::freezes(&self.conn().await, self.merchant).await.unwrap();
        freezes.into_iter().map(|frozen| frozen.freeze.legal_reference).collect()
    }

    async fn acts(&self) -> Vec<String> {
        let trail = self.trail(&self.merchant.to_string()).await;
        trail.into_iter().map(|(action, _)| action).collect()
    }
}

const COURT: Option<&str> = Some("7 O 12/26");

/// The institution looks into a merchant for a while; meanwhile a court orders it frozen, without an end.
#[tokio::test]
async fn r32_an_order_on_a_frozen_merchant_outlives_the_freeze_that_was_there() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (_, payout) = world.withdraw(usd(5_000)).await;
    let soon = world.soon().await;
    world.one(world.freeze(None, Some(soon))).await;
    let (status, done) = world.one(world.freeze(COURT, None)).await;
    assert_eq!((status, done["freezes"].as_array().map(Vec::len)), (200, Some(2)), "{done}");
    assert_eq!((&done["legal_reference"], &done["frozen_until"]), (&json!("7 O 12/26"), &Value::Null));

    world.after(soon).await;
    world.one(world.lift()).await;
    assert_eq!((world.state().await, world.in_force().await), (MerchantState::Frozen, vec![court()]));
    let held = world.payout(payout).await;
    assert_eq!((held.state, held.held_by), (PayoutState::Held, Some(HeldBy::Freeze)));
    world.one(world.lift()).await;
    assert_eq!(world.acts().await, ["merchant.freeze", "merchant.freeze", "merchant.freeze.end"], "once");

    let unfreeze = Action::UnfreezeMerchant { merchant: world.merchant };
    let (status, done) = world.by_two(unfreeze).await;
    assert_eq!((status, &done["result"]["status"]), (200, &json!("active")), "{done}");
    assert_eq!(world.in_force().await, []);
    assert_eq!(world.payout(payout).await.state, PayoutState::Queued);
}

/// The other way round: the shorter order neither shortens the longer one nor is lost beside it.
#[tokio::test]
async fn r32_a_shorter_order_beside_a_longer_one_changes_no_end() {
    let world = World::new().await;
    let (soon, late) = (world.now().await + Duration::HOUR, world.now().await + Duration::DAY);
    world.one(world.freeze(COURT, Some(late))).await;
    let (_, done) = world.one(world.freeze(Some("tax 3"), Some(soon))).await;
    assert_eq!(done["legal_reference"], "7 O 12/26", "the one that ends last: {done}");
    assert_eq!(world.in_force().await, [court(), Some("tax 3".to_owned())]);
    world.one(world.lift()).await;
    assert_eq!(world.in_force().await.len(), 2, "neither is over");
}

#[tokio::test]
async fn r32_two_orders_in_one_batch_stand_both_whatever_their_order() {
    for endless_first in [true, false] {
        let world = World::new().await;
        let soon = world.soon().await;
        let mut orders = [world.freeze(COURT, None), world.freeze(None, Some(soon))];
        if !endless_first {
            orders.reverse();
        }
        let done = world.batch(&orders).await;
        assert_eq!((done[0].0, done[1].0), (200, 200), "{done:?}");
        world.after(soon).await;
        world.one(world.lift()).await;
        assert_eq!((world.state().await, world.in_force().await), (MerchantState::Frozen, vec![court()]));
        assert_eq!(world.acts().await, ["merchant.freeze", "merchant.freeze", "merchant.freeze.end"]);
    }
}

/// Whoever approves was shown one freeze, and ends no other one.
#[tokio::test]
async fn r33_an_approval_to_unfreeze_is_void_once_another_order_stands_beside() {
    for in_one_batch in [true, false] {
        let world = World::new().await;
        world.one(world.freeze(None, None)).await;
        let old = world.ask(Action::UnfreezeMerchant { merchant: world.merchant }).await;
        let both = [world.freeze(COURT, None), approve(old)];
        let done = match in_one_batch {
            true => world.batch(&both).await,
            false => {
                let [order, approval] = both;
                vec![world.one(order).await, world.one(approval).await]
            }
        };
        assert_eq!((done[0].0, done[1].0), (200, 409), "{done:?}");
        assert_eq!(
            (world.state().await, world.in_force().await),
            (MerchantState::Frozen, vec![None, court()])
        );
    }
    // The other way round: what was approved ends, and the order that follows stands alone.
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (_, payout) = world.withdraw(usd(5_000)).await;
    world.one(world.freeze(None, None)).await;
    let old = world.ask(Action::UnfreezeMerchant { merchant: world.merchant }).await;
    let done = world.batch(&[approve(old), world.freeze(COURT, None)]).await;
    assert_eq!((done[0].0, done[1].0), (200, 200), "{done:?}");
    assert_eq!((world.state().await, world.in_force().await), (MerchantState::Frozen, vec![court()]));
    assert_eq!(world.payout(payout).await.state, PayoutState::Held);
}

fn court() -> Option<String> {
    COURT.map(str::to_owned)
}

/// Whatever else is decided about a merchant leaves its payouts alone, however many of them wait.
#[tokio::test]
async fn r32_what_is_queued_is_locked_for_a_freeze_and_its_end_alone() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (_, payout) = world.withdraw(usd(5_000)).await;
    let merchant = world.merchant;
    let mut other = world.conn().await;
    let busy = other.begin().await.unwrap();
    assert!(payouts::lock(&busy, &[payout]).await.unwrap().get(payout).is_some());
    let patience = std::time::Duration::from_secs(2);
    let others = async {
        let verify = operate(Action::VerifyMerchant { merchant, full: false });
        assert_eq!(world.one(verify).await.0, 200);
        assert_eq!(world.one(world.freeze_amount(None)).await.0, 200);
        world.batch(&[Command::AgeDocuments(vec![merchant]), Command::CloseEmptied(vec![merchant])]).await;
        assert_eq!(world.by_two(Action::CloseMerchant { merchant }).await.0, 200);
    };
    tokio::time::timeout(patience, others).await.expect("none of them waits for the payout");

    let mut freeze = std::pin::pin!(world.one(world.freeze(COURT, None)));
    let waited = tokio::time::timeout(patience / 4, freeze.as_mut()).await;
    assert!(waited.is_err(), "what is queued is stopped, so it is waited for: {waited:?}");
    busy.rollback().await.unwrap();
    assert_eq!(freeze.await.0, 200);
    let held = world.payout(payout).await;
    assert_eq!((held.state, held.held_by), (PayoutState::Held, Some(HeldBy::Freeze)));
    let (status, done) = world.by_two(Action::UnfreezeMerchant { merchant }).await;
    assert_eq!((status, &done["result"]["status"]), (200, &json!("closing")), "{done}");
    assert_eq!(world.payout(payout).await.state, PayoutState::Queued);
}
