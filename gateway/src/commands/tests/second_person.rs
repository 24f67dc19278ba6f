//! R33: what needs a second person, what nobody is asked about, and what is kept of an approval that came to nothing.

use audit::{Approval, ApprovalId};
use exchange::cover::CoverId;
use merchants::{MerchantId, PayeeId};
use money::{Currency, Money};
use serde_json::Value;

use super::world::{World, approve, cny, operate, usd};
use crate::commands::{Action, NewCover};

impl World {
    /// It is refused at once, so, and waits for nobody.
    async fn nobody_is_asked(&self, action: Action, expected: (u16, &str)) {
        let (status, refused) = self.one(operate(action.clone())).await;
        let problem = refused["type"].as_str().unwrap_or_default().trim_start_matches("/problems/");
        assert_eq!((status, problem), expected, "{action:?}: {refused}");
        assert_eq!(audit::pending_count(&self.conn().await).await.unwrap(), 0, "{action:?}");
    }

    async fn approval(&self, id: ApprovalId) -> Approval {
        audit::approval(&self.conn().await, id).await.unwrap().unwrap()
    }

    /// What the newest entry about a subject says: its action, the reason, and what there was afterwards.
    pub async fn last_entry(&self, subject: &str) -> (String, String, Value) {
        let entry = audit::list(&self.conn().await, Some(subject), None, 1).await.unwrap().remove(0).entry;
        (entry.action, entry.reason, serde_json::from_str(&entry.after.unwrap_or_default()).unwrap())
    }
}

fn deal(reference: &str, sold: Money, bought: Money) -> Action {
    Action::CoverDeal(Box::new(NewCover {
        id: CoverId::new(pg::Shard::new(1).unwrap()),
        bank: "hb".into(),
        bank_reference: reference.into(),
        sell: sold.currency(),
        sold_minor: sold.minor(),
        buy: bought.currency(),
        bought_minor: bought.minor(),
    }))
}

/// The limit is 10,000.00 USD, and a yuan worth a seventh of a dollar.
#[tokio::test]
async fn r33_the_larger_side_of_a_cover_deal_decides_who_books_it() {
    let world = World::new().await;
    let small = deal("FX-0", usd(100), cny(700));
    assert_eq!(world.one(operate(small)).await.0, 202, "nobody knows what a yuan is worth");
    world.rate().await;
    for (reference, sold, bought, expected) in [
        ("FX-1", usd(10_000), cny(71_000), 200),
        ("FX-2", usd(100), cny(500_000_000_000), 202),
        ("FX-3", cny(500_000_000_000), usd(100), 202),
        ("FX-4", usd(1_000_001), cny(100), 202),
        ("FX-5", cny(100), usd(1_000_001), 202),
        ("FX-6", usd(100), Money::new(1, Currency::EUR).unwrap(), 202),
    ] {
        let (status, answer) = world.one(operate(deal(reference, sold, bought))).await;
        assert_eq!(status, expected, "{reference}: {answer}");
    }
    world.verify().await;
}

#[tokio::test]
async fn r8_r33_much_that_a_bank_took_back_is_put_aside_by_two_persons() {
    for (minor, needs_two) in [(1_000_000, false), (1_000_001, true)] {
        let world = World::new().await;
        let payment = world.reviewed(usd(500)).await;
        let (_, told) = world.one(world.takes_back(payment, usd(minor)).await).await;
        assert_eq!(told["outcomes"][0]["reason"], "exceeds", "{told}");
        let sql = "SELECT id FROM reversals";
        let row = world.conn().await.query_one(sql, &[]).await.unwrap();
        let dismiss = Action::DismissReversal { reversal: deposits::ReversalId::from_uuid(row.get(0)) };
        let (status, done) = match needs_two {
            true => world.by_two(dismiss.clone()).await,
            false => world.one(operate(dismiss.clone())).await,
        };
        let shown = if needs_two { &done["result"] } else { &done };
        assert_eq!((status, shown["status"].as_str()), (200, Some("dismissed")), "{done}");
        world.nobody_is_asked(dismiss, (409, "illegal-transition")).await;
    }
}

#[tokio::test]
async fn r33_nobody_is_asked_about_a_credit_that_can_not_be() {
    let world = World::new().await;
    let payment = world.reviewed(usd(2_000_000)).await;
    let credit = |merchant| Action::CreditPayment { payment, merchant };
    world.nobody_is_asked(credit(None), (422, "invalid-request")).await;
    let stranger = MerchantId::new(world.merchant.shard());
    world.nobody_is_asked(credit(Some(stranger)), (422, "invalid-request")).await;
    let (status, done) = world.by_two(credit(Some(world.merchant))).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("credited")), "{done}");
    world.nobody_is_asked(credit(Some(world.merchant)), (409, "illegal-transition")).await;
    assert_eq!(world.money(Currency::USD).await, (2_000_000, 0));
}

#[tokio::test]
async fn r28_r33_nobody_is_asked_about_a_payee_that_can_not_be_paid() {
    let world = World::new().await;
    world.pay_in(usd(3_000_000)).await;
    let (_, payout) = world.withdraw(usd(2_000_000)).await;
    world.fails(payout).await;
    let retry = |payee| Action::RetryPayout { payout, payee };
    let nobodys = PayeeId::new(world.merchant.shard());
    world.nobody_is_asked(retry(Some(nobodys)), (404, "not-found")).await;
    let in_yuan = world.payee("CNY").await;
    world.nobody_is_asked(retry(Some(in_yuan)), (422, "invalid-request")).await;
    let other = world.payee("USD").await;
    let (status, done) = world.by_two(retry(Some(other))).await;
    assert_eq!((status, done["status"].as_str()), (200, Some("approved")), "{done}");
}

#[tokio::test]
async fn r33_r38_nobody_is_asked_to_turn_down_an_applicant_whose_money_is_in_review() {
    let world = World::new().await;
    let (merchant, id) = (world.merchant, world.merchant.uuid());
    let owner = world.db.owner().get().await.unwrap();
    owner.execute("UPDATE merchants SET state = 'pending' WHERE id = $1", &[&id]).await.unwrap();
    world.account_issued("9990002", Currency::USD).await;
    let (payment, arrives) = world.arrives("9990002", usd(2_500));
    assert_eq!(world.one(arrives).await.1["outcomes"][0]["outcome"], "in_review");
    world.nobody_is_asked(Action::CloseMerchant { merchant }, (409, "illegal-transition")).await;
    assert_eq!(world.one(operate(Action::ReturnPayment { payment })).await.0, 200);
    world.pays(world.returns(payment).await[0].id).await;
    let (status, done) = world.by_two(Action::CloseMerchant { merchant }).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("closed")), "{done}");
}

/// Whoever approved said only why they did: what stood against it is kept beside that.
#[tokio::test]
async fn r33_why_an_approval_was_void_is_kept() {
    let world = World::new().await;
    let payment = world.reviewed(usd(2_000_000)).await;
    let shown = world.ask(Action::ReturnPayment { payment }).await;
    let merchant = Some(world.merchant);
    assert_eq!(world.by_two(Action::CreditPayment { payment, merchant }).await.0, 200);
    let changed = "what was shown has changed: the approval is void";

    let [first, second] = [(); 2].map(|()| deal("FX-1", usd(100), cny(700)));
    let impossible = world.ask(second).await;
    assert_eq!(world.by_two(first).await.0, 200);
    let booked = "not possible any more: the deal FX-1 of the bank hb is booked already";

    for (approval, cause, action) in
        [(shown, changed, "payment.return.void"), (impossible, booked, "cover_deal.book.void")]
    {
        let (status, refused) = world.one(approve(approval)).await;
        assert_eq!((status, refused["detail"].as_str()), (409, Some(cause)), "{refused}");
        let kept = world.approval(approval).await;
        assert_eq!((kept.state.as_str(), kept.reason.as_str()), ("void", "an order"));
        assert_eq!(kept.decided_reason, Some(format!("seen (void: {cause})")));
        let (said, reason, after) = world.last_entry(&approval.to_string()).await;
        assert_eq!((said.as_str(), reason.as_str(), after["cause"].as_str()), (action, "seen", Some(cause)));
    }
}
