//! From the report to the end of a review, with the book: balances, suspense, and who wins.

use std::sync::Arc;

use deposits::{
    Error, Payment, PaymentId, PaymentState, Payments, Reason, Receipt, Received, Refusal, Rematched, get,
    lock, save,
};
use ledger::Movement;
use merchants::orders::save_covers;
use merchants::{MerchantId, MerchantState};
use money::{Currency, Money};
use pg::Shard;

use crate::world::{INDEX, REMITTER, World, bank, post, receipt, stray, usd};

impl World {
    /// Locks one payment, decides, saves, posts, commits.
    pub async fn decide(
        &self,
        id: PaymentId,
        how: impl FnOnce(&mut Payments, &World) -> Result<Vec<Movement>, Refusal>,
    ) -> Result<(), Refusal> {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut payments = lock(&tx, &[id]).await.unwrap();
        let movements = how(&mut payments, self)?;
        save(&tx, &payments).await.unwrap();
        let movements: Vec<(PaymentId, Movement)> =
            movements.into_iter().map(|movement| (id, movement)).collect();
        self.post(&tx, &movements).await;
        tx.commit().await.unwrap();
        Ok(())
    }

    /// Matches it again as the gateway does: the payment is locked, then the evidence, then all is decided.
    pub async fn rematch(&self, id: PaymentId) -> Result<Option<Reason>, Refusal> {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut payments = lock(&tx, &[id]).await.unwrap();
        let payment = payments.get(id).unwrap();
        let account_index = payment.account_index;
        let needs = Receipt { account_index, ..receipt(&payment.reference, payment.open_amount()) };
        let (journal, mut orders) = self.evidence(&tx, &[&needs], &[]).await;
        let rematched = payments.rematch(id, Some(REMITTER), &self.matching(now()), &mut orders)?;
        let (movements, reason) = match rematched {
            Rematched::Credited(movements) => (movements, None),
            Rematched::StillInReview(reason) => (Vec::new(), Some(reason)),
        };
        save(&tx, &payments).await.unwrap();
        save_covers(&tx, &orders).await.unwrap();
        let movements: Vec<(PaymentId, Movement)> =
            movements.into_iter().map(|movement| (id, movement)).collect();
        post(&tx, journal, &movements).await;
        tx.commit().await.unwrap();
        Ok(reason)
    }

    /// What is left of the store's evidence in the book, in cents.
    pub async fn evidence_left(&self) -> i64 {
        let open = "SELECT coalesce(sum(amount_minor - covered_minor), 0)::bigint FROM orders";
        let (book, open) = (self.sum("evidence", Currency::USD).await, self.count(open).await);
        assert_eq!(book, open, "the book and the orders agree");
        book
    }

    async fn get(&self, id: PaymentId) -> Payment {
        get(&self.db.pool.get().await.unwrap(), id).await.unwrap().unwrap()
    }

    /// What the nostro, suspense, the merchants and clearing hold, in minor units of USD.
    async fn book(&self) -> [i64; 4] {
        let mut sums = [0; 4];
        for (sum, kind) in sums.iter_mut().zip(["nostro", "suspense", "merchant", "payout_clearing"]) {
            *sum = self.sum(kind, Currency::USD).await;
        }
        assert_eq!(self.sum("intershard", Currency::USD).await, 0);
        sums
    }
}

fn one(movement: Movement) -> Vec<Movement> {
    vec![movement]
}

fn now() -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc()
}

#[tokio::test]
async fn r6_r5_r4_one_batch_with_everything_in_it() {
    let world = World::start().await;
    let received = world
        .take_in(&[
            receipt("A", usd(100)),
            receipt("A", usd(100)),
            receipt("A", usd(150)),
            stray("B", usd(20)),
            receipt("C", Money::new(7, Currency::JPY).unwrap()),
        ])
        .await;
    let told: Vec<&str> = received
        .iter()
        .map(|one| match one {
            Received::Duplicate(_) => "duplicate",
            Received::Payment { payment, .. } => payment.reason.map_or("credited", Reason::as_str),
        })
        .collect();
    assert_eq!(told, ["credited", "duplicate", "reference_conflict", "unknown_account", "currency_mismatch"]);
    assert_eq!(world.book().await, [-270, 170, 100, 0]);
    assert_eq!(world.sum("suspense", Currency::JPY).await, 7);
    assert_eq!(world.count("SELECT count(*) FROM payments").await, 4);
    let money = "SELECT count(*) FROM transfers WHERE kind IN ('payment', 'suspense')";
    assert_eq!(world.count(money).await, 4);
    assert_eq!(world.evidence_left().await, 1_000_000 - 100);
}

#[tokio::test]
async fn a_payment_is_read_as_it_was_written() {
    let world = World::start().await;
    let mut full = receipt("A", usd(100));
    full.position = 3;
    full.uetr = Some(uuid::Uuid::now_v7());
    full.value_date = time::Date::from_calendar_date(2026, time::Month::November, 23).ok();
    for receipt in [full, stray("B", usd(20))] {
        let written = world.take_in_one(receipt).await;
        let read = world.get(written.id).await;
        // PostgreSQL's clock gave the times, so nothing is lost in microseconds.
        assert_eq!(format!("{read:?}"), format!("{written:?}"));
    }
    let nobody = PaymentId::new(Shard::new(1).unwrap());
    assert!(get(&world.db.pool.get().await.unwrap(), nobody).await.unwrap().is_none());
}

#[tokio::test]
async fn r7_an_operator_credits_a_stray_payment_in_another_shard() {
    let world = World::start().await;
    // Whatever its reference, some of these lie in other shards than the merchant's.
    for n in 0..8 {
        let payment = world.take_in_one(stray(&format!("S{n}"), usd(10))).await;
        let merchant = world.merchant;
        world
            .decide(payment.id, |p, w| p.credit(payment.id, Some(merchant), &w.matching(now())).map(one))
            .await
            .unwrap();
        let read = world.get(payment.id).await;
        assert_eq!((read.status, read.merchant), (PaymentState::Credited, Some(merchant)));
        assert_eq!(read.reason, Some(Reason::UnknownAccount), "why it was in review is kept");
    }
    assert_eq!(world.book().await, [-80, 0, 80, 0]);
}

#[tokio::test]
async fn r7_a_return_that_fails_is_in_review_again_and_can_be_tried_again() {
    let world = World::start().await;
    let id = world.take_in_one(stray("A", usd(50))).await.id;
    assert_eq!(world.book().await, [-50, 50, 0, 0]);
    world.decide(id, |p, _| p.start_return(id, now()).map(one)).await.unwrap();
    assert_eq!((world.get(id).await.status, world.book().await), (PaymentState::Returning, [-50, 0, 0, 50]));
    world.decide(id, |p, _| p.return_failed(id, now()).map(one)).await.unwrap();
    let read = world.get(id).await;
    assert_eq!((read.status, read.reason), (PaymentState::InReview, Some(Reason::UnknownAccount)));
    assert_eq!(world.book().await, [-50, 50, 0, 0]);
    world.decide(id, |p, _| p.start_return(id, now()).map(one)).await.unwrap();
    world.decide(id, |p, _| p.return_paid(id, now()).map(one)).await.unwrap();
    assert_eq!((world.get(id).await.status, world.book().await), (PaymentState::Returned, [0, 0, 0, 0]));
    let merchant = world.merchant;
    let refused = world.decide(id, |p, w| p.credit(id, Some(merchant), &w.matching(now())).map(one)).await;
    assert_eq!(refused, Err(Refusal::IllegalTransition(PaymentState::Returned)));
}

#[tokio::test]
async fn r7_matched_again_when_the_account_exists_and_the_merchant_may_receive() {
    let mut world = World::start().await;
    let id = world.take_in_one(stray("A", usd(50))).await.id;
    let account = world.accounts[&(bank(), INDEX)].clone();
    world.accounts.insert((bank(), [8; 32]), account);
    world.merchants.insert(world.merchant, (MerchantState::Pending, None));
    world.rematch(id).await.unwrap();
    let read = world.get(id).await;
    assert_eq!((read.status, read.reason), (PaymentState::InReview, Some(Reason::MerchantNotActive)));
    assert_eq!(read.merchant, Some(world.merchant));
    assert_eq!(world.book().await, [-50, 50, 0, 0]);
    world.merchants.insert(world.merchant, (MerchantState::Frozen, Some(MerchantState::Pending)));
    world.rematch(id).await.unwrap();
    assert_eq!(world.book().await, [-50, 50, 0, 0], "a freeze lets nobody in");
    world.merchants.insert(world.merchant, (MerchantState::Active, None));
    world.rematch(id).await.unwrap();
    assert_eq!((world.get(id).await.status, world.book().await), (PaymentState::Credited, [-50, 0, 50, 0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r7_of_a_credit_and_a_return_at_the_same_time_exactly_one_wins() {
    let world = Arc::new(World::start().await);
    for n in 0..10 {
        let id = world.take_in_one(stray(&format!("A{n}"), usd(10))).await.id;
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let world = world.clone();
                tokio::spawn(async move {
                    let merchant: MerchantId = world.merchant;
                    world
                        .decide(id, |p, w| {
                            if task % 2 == 0 {
                                p.start_return(id, now()).map(one)
                            } else {
                                p.credit(id, Some(merchant), &w.matching(now())).map(one)
                            }
                        })
                        .await
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => won += 1,
                Err(Refusal::IllegalTransition(PaymentState::Credited | PaymentState::Returning)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1);
    }
    let [nostro, suspense, merchants, clearing] = world.book().await;
    assert_eq!((nostro, suspense, merchants + clearing), (-100, 0, 100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r2_r4_concurrent_batches_post_each_payment_once() {
    let world = Arc::new(World::start().await);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                let receipts: Vec<Receipt> = (0..12).map(|n| receipt(&format!("R{n}"), usd(10))).collect();
                world.take_in(&receipts).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.book().await, [-120, 0, 120, 0]);
    assert_eq!(world.count("SELECT count(*) FROM payments").await, 12);
}

#[tokio::test]
async fn i6_a_row_that_is_not_as_it_was_loaded_is_not_saved() {
    let world = World::start().await;
    let id = world.take_in_one(stray("A", usd(50))).await.id;
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut payments = lock(&tx, &[id]).await.unwrap();
    payments.start_return(id, now()).unwrap();
    save(&tx, &payments).await.unwrap();
    let again = save(&tx, &payments).await.unwrap_err();
    assert!(matches!(again, Error::Unexpected(_)), "{again}");
    drop(tx);
    drop(conn);
    assert_eq!(world.get(id).await.status, PaymentState::InReview);
}

#[tokio::test]
async fn what_does_not_exist_is_not_in_the_set() {
    let world = World::start().await;
    let id = PaymentId::new(Shard::new(1).unwrap());
    let refused = world.decide(id, |p, _| p.start_return(id, now()).map(one)).await;
    assert_eq!(refused, Err(Refusal::NotFound));
    assert_eq!(world.decide(id, |_, _| Ok(Vec::new())).await, Ok(()));
}

#[tokio::test]
async fn r4_the_running_program_can_neither_change_nor_delete_keys_and_not_delete_payments() {
    let world = World::start().await;
    world.take_in_one(receipt("A", usd(100))).await;
    for sql in [
        "UPDATE payment_keys SET amount_minor = 1",
        "DELETE FROM payment_keys",
        "DELETE FROM payments",
        "UPDATE payments SET amount_minor = 1",
        "TRUNCATE payments",
    ] {
        let conn = world.db.pool.get().await.unwrap();
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}
