//! Batches: what they lock, refuse and write.

use std::sync::Arc;

use ledger::{Account, Error, Journal, Layout, Movement};
use money::Currency;
use pg::Shards;
use uuid::Uuid;

use crate::world::{LAYOUT, World, bank, in_suspense, merchant, paid_in, shard, usd, withdrawn};

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[ledger::MIGRATIONS]).await;
}

#[tokio::test]
async fn i2_a_batch_moves_money_and_the_proof_agrees() {
    let world = World::new().await;
    let m = merchant(3);
    world.post(&[paid_in(m, 10_000), withdrawn(m, 30, 970)]).await.unwrap();
    world.post(&[Movement::PayoutPaid { bank: bank(), shard: m.shard, amount: usd(970) }]).await.unwrap();
    assert_eq!(world.balance(&m.balance(Currency::USD)).await, 9_000);
    assert_eq!(world.balance(&Account::fees(m.shard, Currency::USD)).await, 30);
    assert_eq!(world.balance(&Account::payout_clearing(m.shard, &bank(), Currency::USD)).await, 0);
    // Credits less debits: the bank owes us what we hold there.
    assert_eq!(world.balance(&Account::nostro(m.shard, &bank(), Currency::USD)).await, -9_030);
    let report = world.check().await;
    assert_eq!((report.seals, report.transfers), (2, 4));
}

#[tokio::test]
async fn i1_money_between_shards_passes_through_both() {
    let world = World::new().await;
    let m = merchant(3);
    world.post(&[in_suspense(5, 700)]).await.unwrap();
    world.post(&[Movement::ReviewCredit { shard: shard(5), merchant: m, amount: usd(700) }]).await.unwrap();
    assert_eq!(world.balance(&m.balance(Currency::USD)).await, 700);
    assert_eq!(world.balance(&Account::suspense(shard(5), Currency::USD)).await, 0);
    let [here, there] = [5, 3].map(|number| Account::intershard(shard(number), Currency::USD));
    assert_eq!((world.balance(&here).await, world.balance(&there).await), (700, -700));
    // Shards 5 and 3 are sealed in two chains, by one batch.
    assert_eq!(world.check().await.seals, 3);
}

#[tokio::test]
async fn i2_a_movement_below_the_floor_posts_nothing() {
    let world = World::new().await;
    let m = merchant(1);
    world.post(&[paid_in(m, 1_000)]).await.unwrap();
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let too_much = withdrawn(m, 1, 1_000);
    let mut journal = Journal::open(&tx, LAYOUT, &too_much.accounts()).await.unwrap();
    let refused = journal.post(&too_much, Uuid::now_v7());
    assert!(matches!(refused, Err(Error::BelowFloor { .. })), "{refused:?}");
    assert!(journal.transfers().is_empty());
    assert_eq!(journal.balance(&m.balance(Currency::USD)).unwrap(), 1_000);
    // All that is there, to the last cent, goes.
    journal.post(&withdrawn(m, 1, 999), Uuid::now_v7()).unwrap();
    assert_eq!(journal.balance(&m.balance(Currency::USD)).unwrap(), 0);
    let now = tx.now().await.unwrap();
    journal.write(&tx, now).await.unwrap();
    tx.commit().await.unwrap();
    drop(conn);
    world.check().await;
}

#[tokio::test]
async fn i2_each_constrained_account_refuses_to_be_overdrawn() {
    let world = World::new().await;
    world.post(&[in_suspense(2, 10), paid_in(merchant(2), 10), withdrawn(merchant(2), 0, 10)]).await.unwrap();
    let (bank, shard, amount) = (bank(), shard(2), usd(11));
    for movement in [
        withdrawn(merchant(2), 0, 1),
        withdrawn(merchant(2), 1, 1),
        Movement::ReviewReturn { bank: bank.clone(), shard, amount },
        Movement::ReviewCredit { shard, merchant: merchant(2), amount },
        Movement::PayoutPaid { bank: bank.clone(), shard, amount },
        Movement::Refund { bank, merchant: merchant(2), net: amount, fee: usd(0) },
    ] {
        let refused = world.post(std::slice::from_ref(&movement)).await;
        assert!(matches!(refused, Err(Error::BelowFloor { .. })), "{movement:?}: {refused:?}");
    }
    assert_eq!(world.check().await.transfers, 3);
}

#[tokio::test]
async fn i2_an_account_that_was_not_opened_is_refused() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let opened = paid_in(merchant(1), 1);
    let mut journal = Journal::open(&tx, LAYOUT, &opened.accounts()).await.unwrap();
    let refused = journal.post(&paid_in(merchant(2), 1), Uuid::now_v7());
    assert!(matches!(refused, Err(Error::NotOpened(_))), "{refused:?}");
    let foreign = merchant(2).balance(Currency::USD);
    assert!(matches!(journal.balance(&foreign), Err(Error::NotOpened(_))));
}

#[tokio::test]
async fn i2_an_account_that_was_not_opened_leaves_the_others_alone() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let m = merchant(1);
    // The merchant's account is there, the fees' is not.
    let accounts = [m.balance(Currency::USD), Account::payout_clearing(m.shard, &bank(), Currency::USD)];
    let mut journal =
        Journal::open(&tx, LAYOUT, &[&accounts[..], &paid_in(m, 1).accounts()].concat()).await.unwrap();
    journal.post(&paid_in(m, 100), Uuid::now_v7()).unwrap();
    let refused = journal.post(&withdrawn(m, 1, 9), Uuid::now_v7());
    assert!(matches!(refused, Err(Error::NotOpened(_))), "{refused:?}");
    assert_eq!(journal.balance(&m.balance(Currency::USD)).unwrap(), 100);
}

#[tokio::test]
async fn a_batch_that_posts_nothing_seals_nothing() {
    let world = World::new().await;
    world.post(&[]).await.unwrap();
    assert_eq!(world.check().await.seals, 0);
}

#[tokio::test]
async fn i3_concurrent_withdrawals_never_take_more_than_there_is() {
    let world = Arc::new(World::new().await);
    let m = merchant(7);
    world.post(&[paid_in(m, 1_000)]).await.unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.post(&[withdrawn(m, 1, 99)]).await })
        })
        .collect();
    let mut paid = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => paid += 1,
            Err(Error::BelowFloor { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(paid, 10);
    assert_eq!(world.balance(&m.balance(Currency::USD)).await, 0);
    assert_eq!(world.check().await.seals, 11);
}

#[tokio::test]
async fn i3_accounts_that_are_used_for_the_first_time_at_once_do_not_deadlock() {
    for number in 0..6 {
        let world = Arc::new(World::new().await);
        let m = merchant(number);
        // The balance is there; the fees' account and the clearing account are not.
        world.post(&[paid_in(m, 4_000)]).await.unwrap();
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let world = world.clone();
                tokio::spawn(async move { world.post(&[withdrawn(m, 1, 99)]).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(world.balance(&m.balance(Currency::USD)).await, 0);
        assert_eq!(world.check().await.transfers, 81);
    }
}

#[tokio::test]
async fn i7_concurrent_batches_over_all_shards_keep_every_chain_whole() {
    let world = Arc::new(World::new().await);
    let tasks: Vec<_> = (0..24i16)
        .map(|task| {
            let world = world.clone();
            tokio::spawn(async move {
                // Each batch creates and locks accounts in shards in an order of its own.
                let movements: Vec<Movement> =
                    (0..16).map(|n| paid_in(merchant((n * 7 + task) % 16), 100)).collect();
                world.post(&movements).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let report = world.check().await;
    assert_eq!((report.seals, report.transfers), (24 * 4, 24 * 16));
    for number in 0..16 {
        assert_eq!(world.balance(&merchant(number).balance(Currency::USD)).await, 2_400);
    }
}

#[tokio::test]
async fn the_layout_is_chosen_once() {
    let world = World::new().await;
    let conn = world.db.pool.get().await.unwrap();
    assert_eq!(ledger::layout(&conn).await.unwrap(), LAYOUT);
    let mut conn = world.owner.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    ledger::bootstrap(&tx, LAYOUT).await.unwrap();
    let other = Layout { shards: Shards::new(32), ..LAYOUT };
    let refused = ledger::bootstrap(&tx, other).await;
    assert!(matches!(refused, Err(Error::Unexpected(_))), "{refused:?}");
}
