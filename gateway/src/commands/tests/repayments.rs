//! R8, R32: what is owed is paid off by credits, and not out of what an authority has stopped.

use merchants::FreezeId;
use money::Currency;

use super::world::{World, operate, usd};
use crate::commands::Action;

const USD: Currency = Currency::USD;

impl World {
    async fn stop(&self, minor: i64) -> FreezeId {
        let freeze = FreezeId::new(self.merchant.shard());
        let (merchant, currency, legal_reference) = (self.merchant, USD, Some("7 O 12/26".to_owned()));
        let stop = Action::FreezeAmount { freeze, merchant, minor, currency, legal_reference, until: None };
        assert_eq!(self.one(operate(stop)).await.0, 200);
        freeze
    }

    async fn credit(&self, minor: i64) {
        let (payment, merchant) = (self.reviewed(usd(minor)).await, Some(self.merchant));
        let (status, done) = self.one(operate(Action::CreditPayment { payment, merchant })).await;
        assert_eq!(status, 200, "{done}");
    }

    async fn charge(&self, minor: i64) {
        let (merchant, currency) = (self.merchant, USD);
        assert_eq!(self.by_two(Action::Charge { merchant, minor, currency }).await.0, 200);
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
    let lift = Action::LiftAmountFreeze { freeze, merchant: world.merchant };
    assert_eq!(world.by_two(lift).await.0, 200);
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
