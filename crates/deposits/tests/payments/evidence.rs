//! R6, R7, R15 with the book: orders cover payments once, whoever asks at the same time.

use std::sync::Arc;

use deposits::{Payment, PaymentState, Reason, Receipt, Received};
use merchants::{LinkedStore, ReceivingAccount, StoreId};

use crate::world::{INDEX, World, bank, receipt, usd};

/// A merchant whose store has so many cents of orders left.
async fn with_orders(minor: i64) -> World {
    let world = World::start().await;
    world.take_in_one(receipt("BEFORE", usd(1_000_000 - minor))).await;
    assert_eq!(world.evidence_left().await, minor);
    world
}

fn reasons(received: &[Received]) -> Vec<Option<Reason>> {
    let reason = |one: &Received| match one {
        Received::Payment { payment, .. } => payment.reason,
        Received::Duplicate(_) => panic!("{one:?}"),
    };
    received.iter().map(reason).collect()
}

#[tokio::test]
async fn r6_orders_cover_the_whole_of_a_payment_or_nothing_of_it() {
    let world = with_orders(100).await;
    let receipts = [receipt("A", usd(101)), receipt("B", usd(60)), receipt("C", usd(41))];
    let lacking = Some(Reason::OrdersDoNotCover);
    assert_eq!(reasons(&world.take_in(&receipts).await), [lacking, None, lacking]);
    assert_eq!(world.evidence_left().await, 40);
    assert_eq!(reasons(&world.take_in(&[receipt("D", usd(40))]).await), [None]);
    assert_eq!(world.evidence_left().await, 0);
}

#[tokio::test]
async fn r6_a_wrong_sum_is_reviewed_and_takes_no_orders() {
    let world = with_orders(100).await;
    let wrong = Receipt { sum_mismatch: true, ..receipt("A", usd(100)) };
    let payment: Payment = world.take_in_one(wrong).await;
    assert_eq!(payment.reason, Some(Reason::EntrySumMismatch));
    assert_eq!(world.evidence_left().await, 100);
    assert_eq!(world.rematch(payment.id).await, Ok(Some(Reason::EntrySumMismatch)));
}

#[tokio::test]
async fn r7_when_orders_are_imported_the_payment_is_credited_by_itself_and_uses_them_up() {
    let world = with_orders(0).await;
    let id = world.take_in_one(receipt("A", usd(100))).await.id;
    world.import("O1", usd(99)).await;
    assert_eq!(world.rematch(id).await, Ok(Some(Reason::OrdersDoNotCover)));
    assert_eq!(world.evidence_left().await, 99);
    world.import("O2", usd(11)).await;
    assert_eq!(world.rematch(id).await, Ok(None));
    assert_eq!(world.evidence_left().await, 10);
    let conn = world.db.pool.get().await.unwrap();
    let payment = deposits::get(&conn, id).await.unwrap().unwrap();
    assert_eq!(payment.status, PaymentState::Credited);
    assert_eq!(payment.reason, Some(Reason::OrdersDoNotCover), "why it was in review is kept");
}

#[tokio::test]
async fn r15_paypal_money_waits_for_its_ebay_stores_and_is_covered_by_their_orders() {
    let mut world = with_orders(100).await;
    let ebay = world.store;
    let account = world.accounts[&(bank(), INDEX)].clone();
    let paypal = |ebay_stores: Vec<StoreId>| ReceivingAccount {
        stores: vec![LinkedStore {
            id: StoreId::new(ebay.shard()),
            platform: "paypal".to_owned(),
            ebay_stores,
            ..account.stores[0].clone()
        }],
        ..account.clone()
    };
    world.remitters = deposits::PlatformRemitters::new([("paypal", crate::world::REMITTER)]);
    world.accounts.insert((bank(), INDEX), paypal(Vec::new()));
    let id = world.take_in_one(receipt("A", usd(70))).await.id;
    assert_eq!(world.rematch(id).await, Ok(Some(Reason::UnlinkedStore)));
    world.accounts.insert((bank(), INDEX), paypal(vec![ebay]));
    assert_eq!(world.rematch(id).await, Ok(None));
    assert_eq!(world.evidence_left().await, 30);
    assert_eq!(world.take_in_one(receipt("B", usd(31))).await.reason, Some(Reason::OrdersDoNotCover));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r6_r7_many_at_once_never_use_an_order_twice() {
    let world = Arc::new(with_orders(0).await);
    let mut waiting = Vec::new();
    for n in 0..12 {
        waiting.push(world.take_in_one(receipt(&format!("W{n}"), usd(10))).await.id);
    }
    world.import("O", usd(155)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for (n, id) in waiting.into_iter().enumerate() {
        let (first, second) = (world.clone(), world.clone());
        tasks.spawn(async move { usize::from(first.rematch(id).await.unwrap().is_none()) });
        tasks.spawn(async move {
            let received = second.take_in(&[receipt(&format!("N{n}"), usd(10))]).await;
            reasons(&received).into_iter().filter(Option::is_none).count()
        });
    }
    let mut credited = 0;
    while let Some(count) = tasks.join_next().await {
        credited += count.unwrap();
    }
    assert_eq!((credited, world.evidence_left().await), (15, 5));
}
