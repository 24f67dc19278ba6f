//! R7, R29: a payment goes back to its remitter, whose bank gives it back.

use deposits::{PaymentId, PaymentState, ReversalId, ReversalReport};
use money::{Currency, Money};
use uuid::Uuid;

use super::world::{World, approve, operate, returned, usd};
use crate::commands::{Action, Command, Content, Line};

const USD: Currency = Currency::USD;

fn told(outcome: &str) -> (String, Option<String>) {
    (outcome.to_owned(), None)
}

/// 25.00 for nobody go back to their remitter, whose bank gives back 24.00.
#[tokio::test]
async fn r7_r29_a_return_that_comes_back_is_in_review_with_what_came() {
    let world = World::new().await;
    let payment = world.reviewed(usd(2_500)).await;
    assert_eq!(world.institution(USD).await, (2_500, 0, -2_500));
    let status = world.one(operate(Action::ReturnPayment { payment })).await.0;
    assert_eq!(status, 200);
    let payout = world.returns(payment).await[0].id;
    world.pays(payout).await;
    assert_eq!(world.payment(payment).await.status, PaymentState::Returned);
    assert_eq!(world.institution(USD).await, (0, 0, 0));

    assert_eq!(world.says(payout, returned(usd(2_400))).await, told("applied"));
    let row = world.payment(payment).await;
    assert_eq!((row.status, row.open_amount()), (PaymentState::InReview, usd(2_400)));
    assert_eq!(world.institution(USD).await, (2_400, 0, -2_400));
    assert_eq!(world.says(payout, returned(usd(2_400))).await, told("duplicate"));

    // What is left can be sent back again, or be credited.
    assert_eq!(world.one(operate(Action::ReturnPayment { payment })).await.0, 200);
    let second = world.returns(payment).await[1].clone();
    assert_eq!((second.attempt, second.amount), (2, usd(2_400)));
    world.sent(second.id).await;
    // The bank's word on the payment may be missing: paid and returned at once.
    assert_eq!(world.says(second.id, returned(usd(2_400))).await, told("applied"));
    assert_eq!(world.institution(USD).await, (2_400, 0, -2_400));
    let merchant = Some(world.merchant);
    let (status, credited) = world.one(operate(Action::CreditPayment { payment, merchant })).await;
    assert_eq!((status, credited["status"].as_str()), (200, Some("credited")), "{credited}");
    assert_eq!((world.money(USD).await, world.institution(USD).await), ((2_400, 0), (0, 0, -2_400)));
    world.verify().await;
}

/// A bank that only receives: whatever it was to send back would wait for ever.
#[tokio::test]
async fn r7_nothing_is_returned_through_a_bank_that_carries_no_payouts() {
    for amount in [usd(2_500), usd(2_000_000)] {
        let world = World::new().await;
        let (payment, arrives) = world.arrives_at("quiet", amount);
        assert_eq!(world.one(arrives).await.0, 200);
        let (status, refused) = world.one(operate(Action::ReturnPayment { payment })).await;
        assert_eq!(
            (status, refused["type"].as_str()),
            (409, Some("/problems/illegal-transition")),
            "{refused}"
        );
        assert_eq!(world.payment(payment).await.status, PaymentState::InReview, "it can be credited");
        assert!(world.returns(payment).await.is_empty());
    }
}

/// R33: whoever approves was shown what there was to send back.
#[tokio::test]
async fn r8_r33_an_approval_is_void_once_the_bank_took_a_part_back() {
    let world = World::new().await;
    let (payment, arrives) = world.arrives("9990001", usd(2_000_000));
    world.one(arrives).await;
    let asked = world.ask(Action::ReturnPayment { payment }).await;
    let (status, told) = world.one(world.takes_back(payment, usd(1_500_000)).await).await;
    assert_eq!((status, told["outcomes"][0]["outcome"].as_str()), (200, Some("applied")), "{told}");
    assert_eq!(world.one(approve(asked)).await.0, 409);
    assert_eq!(world.payment(payment).await.status, PaymentState::InReview);
    assert!(world.returns(payment).await.is_empty());
}

/// Nobody's money turns out to be a merchant's, and still can't be credited.
#[tokio::test]
async fn r9_who_turns_out_to_own_what_is_in_review_is_told() {
    let world = World::new().await;
    let (payment, arrives) = world.arrives("9990001", usd(2_500));
    world.one(arrives).await;
    assert_eq!(world.notices_told().await, [] as [String; 0], "nobody's");
    world.account_issued("9990001", USD).await;
    for _ in 0..2 {
        world.one(Command::Rematch(vec![payment])).await;
        let row = world.payment(payment).await;
        assert_eq!((row.status, row.merchant), (PaymentState::InReview, Some(world.merchant)));
        assert_eq!(world.notices_told().await, ["payment.in_review"], "once");
    }
}

impl World {
    fn arrives_at(&self, bank: &str, amount: Money) -> (PaymentId, Command) {
        let (_, mut command) = self.arrives("9990001", amount);
        let Command::BankEvent(event) = &mut command else { unreachable!("it is one") };
        let Content::Lines(lines) = &mut event.content else { unreachable!("it has lines") };
        let [Line::Receipt(receipt)] = lines.as_mut_slice() else { unreachable!("it has one") };
        receipt.bank = bank.into();
        receipt.id = PaymentId::new(deposits::shard_of(self.facts().layout.shards, bank, &receipt.reference));
        (receipt.id, command)
    }

    /// The bank takes money back by itself.
    pub async fn takes_back(&self, payment: PaymentId, amount: Money) -> Command {
        let row = self.payment(payment).await;
        self.bank_event(Line::Returned(ReversalReport {
            id: ReversalId::new(payment.shard()),
            bank: row.bank,
            account_index: None,
            reference: "BACK-1".into(),
            original_reference: row.reference,
            position: 0,
            amount,
            reason: None,
            event: Uuid::nil(),
        }))
    }

    async fn notices_told(&self) -> Vec<String> {
        let sql = "SELECT event_type FROM outbox WHERE merchant = $1 ORDER BY id";
        let rows = self.conn().await.query(sql, &[&self.merchant.uuid()]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}
