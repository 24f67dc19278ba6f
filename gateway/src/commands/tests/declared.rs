//! R43: where money went is declared, also where it was sent again to another country.

use std::collections::BTreeMap;

use ledger::Exchanged;
use payouts::PayoutId;
use time::Duration;
use withdrawals::{Declaration, Declared, WithdrawalId};

use super::world::{LAYOUT, World, cny, operate, usd};
use crate::commands::Action;
use crate::declarations::sums;

#[tokio::test]
async fn r28_r43_what_is_sent_again_to_another_country_is_declared_anew_and_counted_once() {
    let world = World::new().await;
    world.rate().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, one) = world.withdraw_as(usd(10_000), cny(1).currency()).await;
    assert_eq!(world.declared().await, [("conversion".to_owned(), "CN".to_owned())]);
    world.fails(one).await;
    let two = world.again_in(withdrawal, "HK").await;
    let expected = [("conversion", "CN"), ("amended", "HK")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(world.declared().await, expected);
    let [conversion, amended] = world.declarations().await.try_into().unwrap();
    let same = Declaration {
        id: amended.id,
        declared: Declared::Amended,
        payee_country: "HK".into(),
        booked_at: amended.booked_at,
        day: amended.day,
        ..conversion.clone()
    };
    assert_eq!(amended, same, "all of it anew");
    assert!(amended.booked_at > conversion.booked_at, "the later one replaces the earlier one");

    // Another account in the same country, and the same account again: there is nothing to amend.
    world.fails(two).await;
    let three = world.again_in(withdrawal, "HK").await;
    assert_eq!(world.declared().await, expected);
    world.fails(three).await;
    let retry = Action::RetryPayout { payout: three, payee: None };
    assert_eq!(world.one(operate(retry)).await.0, 200);
    assert_eq!(world.declared().await, expected);

    // An operator names one in a third country, as often as it takes.
    for (country, declared) in [("SG", 3), ("CN", 4)] {
        let last = world.attempts(withdrawal).await.last().unwrap().id;
        world.fails(last).await;
        let payee = Some(world.payee_in(country, "CNY").await);
        assert_eq!(world.one(operate(Action::RetryPayout { payout: last, payee })).await.0, 200);
        let told = world.declared().await;
        assert_eq!(told.len(), declared);
        assert_eq!(told.last().unwrap(), &("amended".to_owned(), country.to_owned()));
    }
    assert_eq!(sums(world.declarations().await.iter()), world.exchanged().await, "equal to the ledger");
    world.verify().await;
}

#[tokio::test]
async fn r43_where_nothing_was_exchanged_nothing_is_amended() {
    let world = World::new().await;
    world.pay_in(usd(10_000)).await;
    let (withdrawal, one) = world.withdraw(usd(10_000)).await;
    world.fails(one).await;
    let payee = world.payee_in("HK", "USD").await;
    assert_eq!(world.one(world.change_payee_to(withdrawal, payee)).await.0, 200);
    assert_eq!(world.declared().await, []);
}

impl World {
    async fn again_in(&self, withdrawal: WithdrawalId, country: &str) -> PayoutId {
        let payee = self.payee_in(country, "CNY").await;
        let (status, answer) = self.one(self.change_payee_to(withdrawal, payee)).await;
        assert_eq!(status, 200, "{answer}");
        self.attempts(withdrawal).await.last().unwrap().id
    }

    /// Those of today, and of a midnight that passes meanwhile.
    async fn declarations(&self) -> Vec<Declaration> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let today = tx.now().await.unwrap().date();
        let mut all = Vec::new();
        for day in [today.previous_day().unwrap(), today] {
            all.extend(withdrawals::declarations(&tx, day, None, 100).await.unwrap());
        }
        tx.rollback().await.unwrap();
        all
    }

    /// What is declared, and of which country, in the order of the export.
    async fn declared(&self) -> Vec<(String, String)> {
        let of = |one: Declaration| (one.declared.as_str().to_owned(), one.payee_country);
        self.declarations().await.into_iter().map(of).collect()
    }

    async fn exchanged(&self) -> BTreeMap<String, Exchanged> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let span = (now - Duration::DAY, now + Duration::DAY);
        let booked = ledger::exchanged(&tx, LAYOUT, span).await.unwrap();
        tx.rollback().await.unwrap();
        booked
    }
}
