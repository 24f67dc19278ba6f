//! R38: how a merchant ends, and what stands in the way.

use merchants::{FreezeId, MerchantState};
use money::{Currency, Money};
use payouts::{PayoutId, PayoutState};
use serde_json::Value;

use super::world::{Counts, World, approve, operate, paid, returned, usd};
use crate::commands::{Action, Command, NewCharge, remains};

type Trouble = Box<dyn std::error::Error + Send + Sync>;

impl World {
    async fn somebody_waits_for(&self, table: &str) {
        let conn = self.db.owner().get().await.unwrap();
        let sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        for _ in 0..200 {
            if conn.query_one(sql, &[&table]).await.unwrap().get::<_, i64>(0) > 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("nobody looks at {table}");
    }

    fn close(&self) -> Action {
        Action::CloseMerchant { merchant: self.merchant }
    }

    fn sweep(&self) -> Command {
        Command::CloseEmptied(vec![self.merchant])
    }

    async fn is(&self) -> MerchantState {
        let profile = merchants::merchant(&self.conn().await, self.keyring(), self.merchant).await;
        profile.unwrap().unwrap().state
    }

    /// On its way out, by two persons.
    async fn goes(&self) {
        let (status, done) = self.by_two(self.close()).await;
        assert_eq!((status, done["result"]["status"].as_str()), (200, Some("closing")), "{done}");
    }

    /// Asked to end it, and refused: what is in the way.
    async fn blocked(&self) -> String {
        let (status, problem) = self.one(operate(self.close())).await;
        assert_eq!(refusal(status, &problem), (409, "illegal-transition"), "{problem}");
        self.one(self.sweep()).await;
        assert_eq!(self.is().await, MerchantState::Closing, "the gateway doesn't end it either");
        let detail = problem["detail"].as_str().unwrap();
        detail.strip_prefix("the merchant can't be closed yet: ").unwrap_or(detail).to_owned()
    }

    /// A payment that its bank could not return, credited since; the return.
    async fn refused_return(&self, amount: Money) -> PayoutId {
        let payment = self.reviewed(amount).await;
        assert_eq!(self.one(operate(Action::ReturnPayment { payment })).await.0, 200);
        let back = self.returns(payment).await[0].id;
        self.fails(back).await;
        let merchant = Some(self.merchant);
        assert_eq!(self.one(operate(Action::CreditPayment { payment, merchant })).await.0, 200);
        back
    }

    async fn closed_at_is_set(&self) -> bool {
        let sql = "SELECT closed_at = updated_at FROM merchants WHERE id = $1 AND closed_at IS NOT NULL";
        let row = self.db.owner().get().await.unwrap().query_opt(sql, &[&self.merchant.uuid()]).await;
        row.unwrap().is_some_and(|row| row.get(0))
    }
}

fn refusal(status: u16, problem: &Value) -> (u16, &str) {
    (status, problem["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn r38_two_persons_let_a_merchant_go_it_empties_its_balance_and_is_closed() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let asked = world.ask(world.close()).await;
    assert_eq!(world.is().await, MerchantState::Active, "one person is not enough");
    let (status, done) = world.one(approve(asked)).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("closing")), "{done}");
    assert_eq!(world.blocked().await, "balance");

    let (_, payout) = world.withdraw(usd(10_000)).await;
    assert_eq!(world.money(Currency::USD).await, (0, 0));
    assert_eq!(world.blocked().await, "withdrawal_under_way, payout_under_way");
    world.pays(payout).await;
    let (status, closed) = world.one(operate(world.close())).await;
    assert_eq!((status, closed["status"].as_str()), (200, Some("closed")), "without a second person");
    assert!(world.closed_at_is_set().await);
    let subject = world.merchant.to_string();
    let trail: Vec<String> = world.trail(&subject).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(trail, ["merchant.close.requested", "merchant.close", "merchant.close"]);

    // It is final.
    let merchant = world.merchant;
    let freeze = Action::FreezeMerchant { merchant, legal_reference: None, until: None };
    let (status, problem) = world.one(operate(freeze)).await;
    assert_eq!(refusal(status, &problem), (409, "illegal-transition"));
    let charge = Action::Charge(Box::new(NewCharge::new(merchant, 100, Currency::USD)));
    let amount = Action::FreezeAmount {
        freeze: FreezeId::new(merchant.shard()),
        merchant,
        minor: 100,
        currency: Currency::USD,
        legal_reference: None,
        until: None,
    };
    for action in [world.close(), charge, amount] {
        let (status, problem) = world.one(operate(action)).await;
        assert_eq!(refusal(status, &problem), (403, "merchant-closed"), "{problem}");
    }
    let (status, problem) = world.one(world.order(usd(100)).await).await;
    assert_eq!(refusal(status, &problem), (403, "merchant-closed"), "{problem}");
    assert_eq!(world.is().await, MerchantState::Closed);
    assert_eq!(world.money(Currency::USD).await, (0, 0));
    world.verify().await;
}

#[tokio::test]
async fn r38_the_gateway_closes_what_is_on_its_way_out_and_nothing_else() {
    let world = World::new().await;
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Active, "nobody has let it go");
    world.goes().await;
    assert_eq!(merchants::closing(&world.conn().await, None, 9).await.unwrap(), [world.merchant]);
    world.batch(&[world.sweep(), world.sweep()]).await;
    assert_eq!(world.is().await, MerchantState::Closed);
    assert!(world.closed_at_is_set().await);
    assert!(merchants::closing(&world.conn().await, None, 9).await.unwrap().is_empty());
    let last = world.trail(&world.merchant.to_string()).await.pop();
    assert_eq!(last, Some(("merchant.close".to_owned(), "gateway".to_owned())), "once");
    assert_eq!(world.trail(&world.merchant.to_string()).await.len(), 3);
}

#[tokio::test]
async fn r38_a_frozen_merchant_is_unfrozen_first_and_a_frozen_one_on_its_way_out_waits() {
    let world = World::new().await;
    let freeze = || {
        let merchant = world.merchant;
        operate(Action::FreezeMerchant { merchant, legal_reference: None, until: None })
    };
    let old = world.ask(world.close()).await;
    world.one(freeze()).await;
    let (status, problem) = world.one(operate(world.close())).await;
    assert_eq!(refusal(status, &problem), (409, "illegal-transition"), "{problem}");
    assert_eq!(world.one(approve(old)).await.0, 409, "what was shown has changed");
    world.by_two(Action::UnfreezeMerchant { merchant: world.merchant }).await;
    world.goes().await;
    world.one(freeze()).await;
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Frozen, "empty as it is");
    world.by_two(Action::UnfreezeMerchant { merchant: world.merchant }).await;
    assert_eq!(world.is().await, MerchantState::Closing, "back on its way");
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Closed);
}

#[tokio::test]
async fn r38_debts_and_stopped_amounts_stand_in_the_way_also_without_a_balance() {
    let world = World::new().await;
    let merchant = world.merchant;
    world.by_two(Action::Charge(Box::new(NewCharge::new(merchant, 500, Currency::USD)))).await;
    world.goes().await;
    assert_eq!(world.blocked().await, "receivable");
    let (freeze, currency) = (FreezeId::new(merchant.shard()), Currency::CNY);
    let stop =
        Action::FreezeAmount { freeze, merchant, minor: 100, currency, legal_reference: None, until: None };
    assert_eq!(world.one(operate(stop)).await.0, 200);
    assert_eq!(world.blocked().await, "receivable, frozen_amount");
    let (status, _) = world.by_two(Action::LiftAmountFreeze { freeze, merchant }).await;
    assert_eq!(status, 200);
    assert_eq!(world.blocked().await, "receivable");
}

#[tokio::test]
async fn r38_what_is_unknown_failed_or_disputed_stands_in_the_way() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.goes().await;
    world.fails(payout).await;
    assert_eq!(world.blocked().await, "withdrawal_under_way", "it can still be refunded");
    let again = world.sent_again(withdrawal).await;
    world.pays(again).await;
    // The bank says of the first attempt that it was carried out after all.
    let amount = world.payout(payout).await.amount;
    world.says(payout, paid(amount)).await;
    assert_eq!(world.payout(payout).await.state, PayoutState::Disputed);
    assert_eq!(world.blocked().await, "payout_under_way");
    world.verify().await;
}

/// 7.00 could not go back to their remitter and were credited; the merchant has withdrawn them when the bank says that they went back
/// after all. Found true, that is owed: nobody could ever pay it off for a merchant that has ended.
#[tokio::test]
async fn r38_r29_a_disputed_return_of_its_payment_stands_in_the_way() {
    for in_one_batch in [false, true] {
        let world = World::new().await;
        let back = world.refused_return(usd(700)).await;
        let (_, away) = world.withdraw(usd(700)).await;
        world.pays(away).await;
        world.goes().await;
        let disputes = world.event(back, paid(usd(700)));
        match in_one_batch {
            true => drop(world.batch(&[disputes, world.sweep()]).await),
            false => drop(world.one(disputes).await),
        }
        assert_eq!(world.payout(back).await.state, PayoutState::Disputed);
        assert_eq!(world.blocked().await, "payout_under_way");
        let truth = Action::ResolvePayout { payout: back, executed: true, bank_reference: None };
        assert_eq!(world.by_two(truth).await.0, 200);
        assert_eq!(
            (world.money(Currency::USD).await, world.blocked().await),
            ((0, 700), "receivable".into())
        );
        world.verify().await;
    }
}

/// Somebody else's does not, nor one that people have decided about.
#[tokio::test]
async fn r38_r29_a_disputed_return_stands_in_no_other_merchant_s_way() {
    let world = World::new().await;
    let back = world.refused_return(usd(700)).await;
    let (_, away) = world.withdraw(usd(700)).await;
    world.pays(away).await;
    world.says(back, paid(usd(700))).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let other = merchants::MerchantId::new(world.merchant.shard());
    assert!(remains::<Trouble>(&tx, world.merchant).await.unwrap().payout);
    assert!(!remains::<Trouble>(&tx, other).await.unwrap().payout);
    tx.rollback().await.unwrap();

    world.goes().await;
    let truth = Action::ResolvePayout { payout: back, executed: false, bank_reference: None };
    assert_eq!(world.by_two(truth).await.0, 200);
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Closed);
}

#[tokio::test]
async fn r38_money_that_comes_is_reviewed_and_decided_before_the_end() {
    let world = World::new().await;
    world.account_issued("8335001234", Currency::USD).await;
    world.goes().await;
    let (payment, event) = world.arrives("8335001234", usd(700));
    let (_, told) = world.one(event).await;
    assert_eq!(told["outcomes"][0]["reason"], "merchant_not_active", "{told}");
    assert_eq!(world.blocked().await, "payment_in_review");
    // An operator finds that it is the merchant's.
    assert_eq!(world.one(operate(Action::CreditPayment { payment, merchant: None })).await.0, 200);
    assert_eq!(world.money(Currency::USD).await, (700, 0));
    assert_eq!(world.blocked().await, "balance");
    let (_, payout) = world.withdraw(usd(700)).await;
    world.pays(payout).await;
    let (second, event) = world.arrives("8335001234", usd(900));
    world.one(event).await;
    assert_eq!(world.one(operate(Action::ReturnPayment { payment: second })).await.0, 200);
    assert_eq!(world.blocked().await, "payment_returning");
    world.pays(world.returns(second).await[0].id).await;
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Closed);
    world.verify().await;
}

#[tokio::test]
async fn r38_money_that_comes_after_the_end_is_reviewed_and_can_only_be_sent_back() {
    let world = World::new().await;
    world.account_issued("8335001234", Currency::USD).await;
    world.goes().await;
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Closed);
    let (late, event) = world.arrives("8335001234", usd(800));
    let (status, told) = world.one(event).await;
    assert_eq!((status, told["outcomes"][0]["outcome"].as_str()), (200, Some("in_review")), "{told}");
    let (status, problem) = world.one(operate(Action::CreditPayment { payment: late, merchant: None })).await;
    assert_eq!(refusal(status, &problem), (403, "merchant-closed"), "{problem}");
    assert_eq!(world.institution(Currency::USD).await.0, 800, "it waits in suspense");
    assert_eq!(world.one(operate(Action::ReturnPayment { payment: late })).await.0, 200);
    world.pays(world.returns(late).await[0].id).await;
    assert_eq!(world.institution(Currency::USD).await.0, 0);
    assert_eq!(world.money(Currency::USD).await, (0, 0));
    world.verify().await;
}

#[tokio::test]
async fn r38_what_the_same_batch_does_before_it_counts() {
    // A paid withdrawal comes back.
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (_, payout) = world.withdraw(usd(10_000)).await;
    world.pays(payout).await;
    world.goes().await;
    world.batch(&[world.event(payout, returned(usd(9_000))), world.sweep()]).await;
    assert_eq!(world.is().await, MerchantState::Closing, "9,000 have to go somewhere");
    assert_eq!(world.blocked().await, "withdrawal_under_way");

    // Money arrives.
    let world = World::new().await;
    world.account_issued("8335001234", Currency::USD).await;
    world.goes().await;
    let (_, event) = world.arrives("8335001234", usd(700));
    world.batch(&[world.sweep(), event]).await;
    assert_eq!(world.is().await, MerchantState::Closing, "in whatever order");
    assert_eq!(world.blocked().await, "payment_in_review");

    // A withdrawal before it, and one after it.
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    world.goes().await;
    let (first, second) = (world.order(usd(10_000)).await, world.order(usd(100)).await);
    let answers = world.batch(&[first, world.sweep(), second]).await;
    assert_eq!((answers[0].0, answers[2].0), (201, 422), "{answers:?}");
    assert_eq!(world.is().await, MerchantState::Closing);
    let world = World::new().await;
    world.goes().await;
    let answers = world.batch(&[world.sweep(), world.order(usd(100)).await]).await;
    assert_eq!(refusal(answers[1].0, &answers[1].1), (403, "merchant-closed"));
}

#[tokio::test]
async fn r38_a_refund_and_the_end_beside_each_other_leave_no_money_behind() {
    for _ in 0..5 {
        let world = World::new().await;
        world.pay_in(usd(10_000)).await;
        let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
        world.fails(payout).await;
        world.goes().await;
        let (refund, sweep) = (operate(Action::RefundWithdrawal { withdrawal }), world.sweep());
        let ((status, refunded), _) = tokio::join!(world.one(refund), world.one(sweep));
        assert_eq!(status, 200, "{refunded}");
        assert_eq!(world.is().await, MerchantState::Closing);
        assert_eq!(world.money(Currency::USD).await, (10_000, 0));
    }
}

/// Money moves from what is on its way into the balance while somebody looks, without a lock, as the sweep does: wherever it is then, it
/// is seen.
#[tokio::test]
async fn r38_money_that_moves_into_the_balance_meanwhile_is_not_missed() {
    for (table, lock) in [
        ("in_transit", "LOCK TABLE in_transit IN ACCESS EXCLUSIVE MODE"),
        ("payments", "LOCK TABLE payments IN ACCESS EXCLUSIVE MODE"),
    ] {
        let world = World::new().await;
        let credits = match table {
            "payments" => {
                world.account_issued("8335001234", Currency::USD).await;
                let (payment, event) = world.arrives("8335001234", usd(700));
                let (_, told) = world.one(event).await;
                assert_eq!(told["outcomes"][0]["outcome"], "in_review", "{told}");
                operate(Action::CreditPayment { payment, merchant: None })
            }
            _ => {
                world.pay_in(usd(10_000)).await;
                let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
                world.fails(payout).await;
                operate(Action::RefundWithdrawal { withdrawal })
            }
        };
        let (mut owner, mut looker) = (world.db.owner().get().await.unwrap(), world.conn().await);
        let moving = owner.begin().await.unwrap();
        // Nobody can see what is on its way until the move is there.
        moving.execute(lock, &[]).await.unwrap();
        let look = async {
            let tx = looker.begin().await.unwrap();
            let left = remains::<Trouble>(&tx, world.merchant).await.unwrap();
            tx.rollback().await.unwrap();
            left
        };
        let moves = async {
            world.somebody_waits_for(table).await;
            let reply = world.carry_out(&moving, &credits).await;
            moving.commit().await.unwrap();
            reply.status
        };
        let (left, status) = tokio::join!(look, moves);
        assert_eq!(status, 200);
        assert!(left.balance, "{table}: {left:?}");
    }
}

#[tokio::test]
async fn r38_what_a_bank_gives_back_after_the_end_is_no_balance_and_goes_nowhere_by_itself() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.pays(payout).await;
    world.goes().await;
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Closed);
    world.says(payout, returned(usd(9_900))).await;
    assert_eq!(world.institution(Currency::USD).await.1, 9_900, "booked as it came");
    for action in [Action::RefundWithdrawal { withdrawal }, Action::RetryPayout { payout, payee: None }] {
        let (status, problem) = world.one(operate(action)).await;
        assert_eq!(refusal(status, &problem), (403, "merchant-closed"), "{problem}");
    }
    assert_eq!(world.money(Currency::USD).await, (0, 0));
    assert_eq!(world.attempts(withdrawal).await.len(), 1);
    world.verify().await;
}

/// 99.00 were paid beside the refund and charged for; what is left is paid out, and the merchant ends. Then the bank gives 98.50 back.
#[tokio::test]
async fn r38_r29_what_was_charged_and_comes_back_after_the_end_is_no_balance_either() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    world.was_paid_after_all(payout).await;
    let (_, rest) = world.withdraw(usd(100)).await;
    world.pays(rest).await;
    world.goes().await;
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Closed);

    let counts = Counts::new();
    assert_eq!(world.says(payout, returned(usd(9_850))).await, ("applied".into(), None));
    assert_eq!(world.payout(payout).await.state, PayoutState::Returned);
    assert_eq!(world.money(Currency::USD).await, (0, 0), "nobody could ever take it out");
    assert_eq!(world.institution(Currency::USD).await.1, 9_850, "booked as it came");
    assert_eq!(counts.of("sluice_payout_charges_given_back_total"), 1, "people hear of it");
    world.verify().await;
}

/// The bank says only after the end that it had paid what was refunded: that is owed, and paid off by what comes back.
#[tokio::test]
async fn r38_r29_what_comes_back_after_the_end_pays_off_what_is_owed_for_it() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, payout) = world.withdraw(usd(10_000)).await;
    world.fails(payout).await;
    assert_eq!(world.one(operate(Action::RefundWithdrawal { withdrawal })).await.0, 200);
    let (_, away) = world.withdraw(usd(10_000)).await;
    world.pays(away).await;
    world.goes().await;
    world.one(world.sweep()).await;
    assert_eq!(world.is().await, MerchantState::Closed);
    world.was_paid_after_all(payout).await;
    assert_eq!(world.money(Currency::USD).await, (0, 9_900));
    assert_eq!(world.says(payout, returned(usd(9_850))).await, ("applied".into(), None));
    assert_eq!(world.money(Currency::USD).await, (0, 50), "all but what the bank kept");
    assert_eq!(world.institution(Currency::USD).await.1, 0);
    world.verify().await;
}

#[tokio::test]
async fn r38_an_applicant_is_turned_down_by_two_persons() {
    let world = World::new().await;
    let owner = world.db.owner().get().await.unwrap();
    owner
        .execute("UPDATE merchants SET state = 'pending' WHERE id = $1", &[&world.merchant.uuid()])
        .await
        .unwrap();
    let asked = world.ask(world.close()).await;
    assert_eq!(world.is().await, MerchantState::Pending, "one person is not enough");
    let (status, done) = world.one(approve(asked)).await;
    assert_eq!((status, done["result"]["status"].as_str()), (200, Some("closed")), "{done}");
    assert!(world.closed_at_is_set().await);
}
