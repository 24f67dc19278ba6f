//! R7, R29: a return that failed, and was carried out all the same when its payment is credited.

use deposits::{PaymentId, PaymentState};
use merchants::FreezeId;
use money::Currency;
use payouts::{PayoutId, PayoutState};

use super::world::{World, approve, operate, paid, returned, usd};
use crate::commands::Action;

const USD: Currency = Currency::USD;

fn told(outcome: &str) -> (String, Option<String>) {
    (outcome.to_owned(), None)
}

fn executed(payout: PayoutId) -> Action {
    Action::ResolvePayout { payout, executed: true, bank_reference: None }
}

/// 25.00 for nobody: their return fails, they are credited to the merchant, and the bank says that it returned them.
async fn disputed_return(world: &World) -> (PaymentId, PayoutId) {
    let payment = world.reviewed(usd(2_500)).await;
    assert_eq!(world.one(operate(Action::ReturnPayment { payment })).await.0, 200);
    let payout = world.returns(payment).await[0].id;
    world.fails(payout).await;
    let merchant = Some(world.merchant);
    assert_eq!(world.one(operate(Action::CreditPayment { payment, merchant })).await.0, 200);
    assert_eq!(world.money(USD).await, (2_500, 0));
    assert_eq!(world.says(payout, paid(usd(2_500))).await, ("applied".into(), Some("disputed".into())));
    (payment, payout)
}

#[tokio::test]
async fn r7_r29_what_went_back_beside_its_credit_is_taken_from_the_merchant() {
    let world = World::new().await;
    let (payment, payout) = disputed_return(&world).await;
    let asked = world.ask(executed(payout)).await;
    let shown = world.shown(asked).await;
    assert_eq!(
        (shown["payment"]["status"].as_str(), shown["payment"]["merchant"].as_str()),
        (Some("credited"), Some(world.merchant.to_string().as_str())),
        "whoever approves knows from whom it is taken: {shown}"
    );
    let (status, done) = world.one(approve(asked)).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("paid")), "{done}");
    assert_eq!(world.payout(payout).await.state, PayoutState::Paid);
    assert_eq!(world.money(USD).await, (0, 0));
    assert_eq!(world.institution(USD).await, (0, 0, 0), "all of it has left");
    let row = world.payment(payment).await;
    assert_eq!((row.status, row.open_amount()), (PaymentState::Credited, usd(0)));
    world.verify().await;

    // What is gone can't be taken a second time.
    let (status, answer) = world.one(world.takes_back(payment, usd(2_500)).await).await;
    assert_eq!((status, answer["outcomes"][0]["reason"].as_str()), (200, Some("exceeds")), "{answer}");
    assert_eq!(world.money(USD).await, (0, 0));
}

/// 10.00 went elsewhere, 5.00 are stopped: 10.00 are free.
#[tokio::test]
async fn r29_r32_what_is_not_free_of_it_is_owed_and_what_comes_back_pays_that_off() {
    let world = World::new().await;
    let (payment, payout) = disputed_return(&world).await;
    let (_, away) = world.withdraw(usd(1_000)).await;
    world.pays(away).await;
    let freeze = Action::FreezeAmount {
        freeze: FreezeId::new(world.merchant.shard()),
        merchant: world.merchant,
        minor: 500,
        currency: USD,
        legal_reference: None,
        until: None,
    };
    assert_eq!(world.one(operate(freeze)).await.0, 200);
    assert_eq!(world.by_two(executed(payout)).await.0, 200);
    assert_eq!(world.money(USD).await, (500, 1_500));
    let (suspense, clearing, nostro) = world.institution(USD).await;
    assert_eq!((suspense, clearing), (0, 0));

    // The remitter's bank gives 24.00 of it back.
    assert_eq!(world.says(payout, returned(usd(2_400))).await, told("applied"));
    assert_eq!(world.payout(payout).await.state, PayoutState::Returned);
    assert_eq!(world.money(USD).await, (1_400, 0), "15.00 were owed");
    assert_eq!(world.institution(USD).await, (0, 0, nostro - 2_400));
    let row = world.payment(payment).await;
    assert_eq!((row.status, row.open_amount()), (PaymentState::Credited, usd(2_400)));
    assert_eq!(world.says(payout, returned(usd(2_400))).await, told("duplicate"));
    world.verify().await;
}

/// The bank had taken 5.00 back before: which of it is what, nobody can tell here.
#[tokio::test]
async fn r8_r29_what_the_bank_has_taken_back_in_part_is_not_taken_twice() {
    let world = World::new().await;
    let (payment, payout) = disputed_return(&world).await;
    assert_eq!(world.one(world.takes_back(payment, usd(500)).await).await.0, 200);
    let (status, refused) = world.one(operate(executed(payout))).await;
    assert_eq!((status, refused["type"].as_str()), (409, Some("/problems/illegal-transition")), "{refused}");
    assert_eq!(world.money(USD).await, (2_000, 0));
    let never = Action::ResolvePayout { payout, executed: false, bank_reference: None };
    assert_eq!(world.by_two(never).await.0, 200);
    assert_eq!(world.money(USD).await, (2_000, 0));
    world.verify().await;
}

impl World {
    async fn shown(&self, approval: audit::ApprovalId) -> serde_json::Value {
        let row = audit::approval(&self.conn().await, approval).await.unwrap().unwrap();
        serde_json::from_str(&row.shown).unwrap()
    }
}
