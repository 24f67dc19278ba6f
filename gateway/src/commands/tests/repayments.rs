//! R8, R32: what is owed is paid off by credits, and not out of what an authority has stopped.

use ledger::{MerchantRef, StatementCursor, StatementFilter, StatementSpan, TransferKind};
use merchants::FreezeId;
use money::Currency;
use time::OffsetDateTime;
use uuid::Uuid;

use super::world::{World, approve, operate, usd};
use crate::commands::{Action, Command, NewCharge};

const USD: Currency = Currency::USD;

impl World {
    async fn stop(&self, minor: i64) -> FreezeId {
        self.stop_until(minor, None).await
    }

    async fn stop_until(&self, minor: i64, until: Option<OffsetDateTime>) -> FreezeId {
        let freeze = FreezeId::new(self.merchant.shard());
        let (merchant, currency, legal_reference) = (self.merchant, USD, Some("7 O 12/26".to_owned()));
        let stop = Action::FreezeAmount { freeze, merchant, minor, currency, legal_reference, until };
        assert_eq!(self.one(operate(stop)).await.0, 200);
        freeze
    }

    async fn lift_stopped(&self, freeze: FreezeId) {
        let lift = Action::LiftAmountFreeze { freeze, merchant: self.merchant };
        assert_eq!(self.by_two(lift).await.0, 200);
    }

    /// The amounts that paid off what was owed, newest first, and what for.
    async fn repaid(&self) -> Vec<(i64, Uuid)> {
        let owner = MerchantRef { shard: self.merchant.shard(), id: self.merchant.uuid() };
        let kinds = vec![TransferKind::ReceivableRepaid];
        let filter = StatementFilter { span: StatementSpan::ALL, kinds, currency: None };
        let conn = self.conn().await;
        let page = ledger::statement(&conn, owner, &filter, StatementCursor::NEWEST, 10).await.unwrap();
        page.rows.iter().map(|line| (line.amount.minor(), line.cause)).collect()
    }

    async fn credit(&self, minor: i64) {
        let (payment, merchant) = (self.reviewed(usd(minor)).await, Some(self.merchant));
        let (status, done) = self.one(operate(Action::CreditPayment { payment, merchant })).await;
        assert_eq!(status, 200, "{done}");
    }

    async fn frozen(&self, until: Option<OffsetDateTime>) {
        let freeze = Action::FreezeMerchant { merchant: self.merchant, legal_reference: None, until };
        assert_eq!(self.one(operate(freeze)).await.0, 200);
    }

    async fn unfrozen(&self) {
        assert_eq!(self.by_two(Action::UnfreezeMerchant { merchant: self.merchant }).await.0, 200);
    }

    async fn charge(&self, minor: i64) {
        let (merchant, currency) = (self.merchant, USD);
        assert_eq!(
            self.by_two(Action::Charge(Box::new(NewCharge::new(merchant, minor, currency)))).await.0,
            200
        );
    }
}

/// 1,000.00 are stopped and there; a charge of 500.00 is owed.
#[tokio::test]
async fn r8_r32_a_credit_does_not_pay_what_is_owed_out_of_what_is_stopped() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    let freeze = world.stop(100_000).await;
    world.charge(50_000).await;
    assert_eq!(world.money(USD).await, (100_000, 50_000), "nothing of it is free");
    world.credit(1).await;
    assert_eq!(world.money(USD).await, (100_000, 49_999), "the cent that came, and no more");
    world.credit(60_000).await;
    assert_eq!(world.money(USD).await, (110_001, 0), "all of it was free");

    world.charge(30_000).await;
    assert_eq!(world.money(USD).await, (100_000, 19_999));
    world.lift_stopped(freeze).await;
    assert_eq!(world.money(USD).await, (80_001, 0), "at once");
    world.credit(1).await;
    assert_eq!(world.money(USD).await, (80_002, 0));
    world.verify().await;
}

/// More is stopped than there is: nothing is paid off, and nothing breaks.
#[tokio::test]
async fn r8_r32_where_more_is_stopped_than_there_is_a_credit_stays() {
    let world = World::new().await;
    world.charge(50_000).await;
    world.stop(100_000).await;
    world.credit(70_000).await;
    assert_eq!(world.money(USD).await, (70_000, 50_000));

    // Refunds and what comes back are credits, too.
    world.credit(50_000).await;
    assert_eq!(world.money(USD).await, (100_000, 30_000));
    world.verify().await;
}

/// A refund credits a merchant whom the batch did not have to look at otherwise.
#[tokio::test]
async fn r8_r32_a_refund_does_not_pay_what_is_owed_out_of_what_is_stopped() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    world.charge(3_000).await;
    world.stop(9_000).await;
    assert_eq!(world.money(USD).await, (0, 3_000));
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    assert_eq!(world.money(USD).await, (9_000, 2_000));
    world.verify().await;
}

/// 1,000.00 are stopped and there, 500.00 are owed; then two persons let the money go.
#[tokio::test]
async fn r8_r32_what_is_stopped_no_more_pays_what_is_owed_before_it_can_leave() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    let freeze = world.stop(100_000).await;
    world.charge(50_000).await;
    world.lift_stopped(freeze).await;
    assert_eq!(world.try_withdraw(usd(100_000)).await.0, 422, "half of it was owed");
    assert_eq!((world.money(USD).await, world.repaid().await), ((50_000, 0), vec![(50_000, freeze.uuid())]));
    assert_eq!(world.try_withdraw(usd(50_000)).await.0, 201);
    world.verify().await;
}

#[tokio::test]
async fn r8_r32_what_the_clock_lets_go_pays_what_is_owed_before_it_can_leave() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    let soon = world.soon().await;
    let freeze = world.stop_until(100_000, Some(soon)).await;
    world.charge(50_000).await;
    world.after(soon).await;
    // The withdrawal is in the very batch, behind the freeze's end.
    let batch = [Command::LiftFreezes(vec![world.merchant]), world.order(usd(100_000)).await];
    assert_eq!(world.batch(&batch).await[1].0, 422);
    assert_eq!((world.money(USD).await, world.repaid().await), ((50_000, 0), vec![(50_000, freeze.uuid())]));
    world.one(Command::LiftFreezes(vec![world.merchant])).await;
    assert_eq!(world.repaid().await.len(), 1, "once");
    world.verify().await;
}

/// What another order stops stays; and what one lets go in one currency pays nothing in another.
#[tokio::test]
async fn r8_r32_of_several_stopped_amounts_the_one_that_ends_pays_what_it_can() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    let [first, second] = [world.stop(30_000).await, world.stop(80_000).await];
    world.charge(50_000).await;
    assert_eq!(world.money(USD).await, (100_000, 50_000), "more is stopped than there is");
    world.lift_stopped(first).await;
    assert_eq!(world.money(USD).await, (80_000, 30_000), "what the second one leaves");
    assert_eq!(world.try_withdraw(usd(1)).await.0, 422);

    let (freeze, merchant, currency) = (FreezeId::new(world.merchant.shard()), world.merchant, Currency::EUR);
    let stop =
        Action::FreezeAmount { freeze, merchant, minor: 100, currency, legal_reference: None, until: None };
    assert_eq!(world.one(operate(stop)).await.0, 200);
    world.lift_stopped(freeze).await;
    assert_eq!(world.money(USD).await, (80_000, 30_000));
    world.lift_stopped(second).await;
    assert_eq!(world.money(USD).await, (50_000, 0));
    let causes: Vec<Uuid> = world.repaid().await.into_iter().map(|(_, cause)| cause).collect();
    assert_eq!(causes, [second.uuid(), first.uuid()]);
    world.verify().await;
}

/// 1,000.00 are there when the merchant is frozen; what it is charged then is owed, and paid off by what comes, and at the freeze's end.
#[tokio::test]
async fn r8_r32_a_charge_takes_nothing_of_a_frozen_merchant_until_the_freeze_ends() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    world.frozen(None).await;
    world.charge(50_000).await;
    assert_eq!(world.money(USD).await, (100_000, 50_000), "it can't leave");
    world.credit(10_000).await;
    assert_eq!(world.money(USD).await, (100_000, 40_000), "what came, and no more");
    // An end that leaves the merchant frozen lets nothing go.
    let freeze = world.stop(100_000).await;
    world.lift_stopped(freeze).await;
    assert_eq!(world.money(USD).await, (100_000, 40_000));
    world.unfrozen().await;
    assert_eq!(
        (world.money(USD).await, world.repaid().await[0]),
        ((60_000, 0), (40_000, world.merchant.uuid()))
    );
    assert_eq!(world.try_withdraw(usd(60_001)).await.0, 422);
    world.charge(10_000).await;
    assert_eq!(world.money(USD).await, (50_000, 0), "as before the freeze");
    world.verify().await;
}

/// What the clock ends pays off as well, before anything can leave, and not what else is stopped.
#[tokio::test]
async fn r8_r32_the_end_of_a_merchant_s_freeze_pays_what_it_owes_but_not_out_of_a_stopped_amount() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    let (soon, freeze) = (world.soon().await, world.stop(70_000).await);
    world.frozen(Some(soon)).await;
    world.charge(50_000).await;
    world.after(soon).await;
    // The withdrawal is in the very batch, behind the freeze's end.
    let batch = [Command::LiftFreezes(vec![world.merchant]), world.order(usd(30_000)).await];
    assert_eq!(world.batch(&batch).await[1].0, 422);
    assert_eq!(world.money(USD).await, (70_000, 20_000));
    world.lift_stopped(freeze).await;
    assert_eq!(world.money(USD).await, (50_000, 0));
    world.verify().await;
}

/// Both freezes that stand are over: the merchant's first, the amount's behind it.
#[tokio::test]
async fn r8_r32_two_freezes_that_end_together_pay_all_that_is_owed() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    let soon = world.soon().await;
    world.stop_until(70_000, Some(soon)).await;
    world.frozen(Some(soon)).await;
    world.charge(50_000).await;
    assert_eq!(world.money(USD).await, (100_000, 50_000));
    world.after(soon).await;
    world.one(Command::LiftFreezes(vec![world.merchant])).await;
    assert_eq!(world.money(USD).await, (50_000, 0));
    world.verify().await;
}

/// The charge is approved in the very batch that ends the freeze, before the end.
#[tokio::test]
async fn r8_r32_what_is_charged_in_the_batch_that_ends_the_freeze_is_paid_off_by_it() {
    let world = World::new().await;
    world.pay_in(usd(100_000)).await;
    world.frozen(None).await;
    let (merchant, minor) = (world.merchant, 50_000);
    let charge = world.ask(Action::Charge(Box::new(NewCharge::new(merchant, minor, USD)))).await;
    let end = world.ask(Action::UnfreezeMerchant { merchant }).await;
    let done = world.batch(&[approve(charge), approve(end)]).await;
    assert_eq!((done[0].0, done[1].0), (200, 200), "{done:?}");
    assert_eq!((world.money(USD).await, world.repaid().await.len()), ((50_000, 0), 1));
    world.verify().await;
}

/// 100.00 are refunded, and had been paid after all: the merchant owes them, and they are not taken of what is frozen.
#[tokio::test]
async fn r29_r32_what_was_paid_twice_is_not_taken_of_a_frozen_merchant_s_balance() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    world.frozen(None).await;
    world.was_paid_after_all(payout).await;
    assert_eq!(world.money(USD).await, (10_000, 9_900));
    world.unfrozen().await;
    assert_eq!(world.money(USD).await, (100, 0));
    world.verify().await;
}
