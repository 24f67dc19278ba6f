//! What banks take back and what merchants then owe, also when it races with credits.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{
    Account, Change, Error, Journal, MerchantRef, Movement, StatementCursor, StatementFilter, StatementSpan,
    TransferKind,
};
use money::Currency;
use uuid::Uuid;

use crate::world::{LAYOUT, World, bank, covered, merchant, ordered, paid_in, shard, store, taken_back, usd};

fn balance(m: MerchantRef) -> Account {
    m.balance(Currency::USD)
}

fn owed(m: MerchantRef) -> Account {
    m.receivable(Currency::USD)
}

/// As the gateway does it: evidence, balances, receivables that are there; then each credit pays off what is owed.
async fn credit(world: &World, merchants: &[MerchantRef], minor: i64) -> Result<(), Error> {
    let mut conn = world.db.pool.get().await?;
    let tx = conn.begin().await?;
    let used: Vec<Movement> = merchants.iter().map(|m| covered(*m, store(1), minor)).collect();
    let paid: Vec<Movement> = merchants.iter().map(|m| paid_in(*m, minor)).collect();
    let accounts = |movements: &[Movement]| movements.iter().flat_map(Movement::accounts).collect::<Vec<_>>();
    let mut journal = Journal::open(&tx, LAYOUT, &accounts(&used)).await?;
    let receivables: Vec<Account> = merchants.iter().map(|m| owed(*m)).collect();
    journal.add_guarding(&tx, &accounts(&paid), &receivables).await?;
    for (at, m) in merchants.iter().enumerate() {
        journal.post(&used[at], Uuid::now_v7())?;
        journal.post(&paid[at], Uuid::now_v7())?;
        let amount = journal.balance(&balance(*m))?.min(journal.balance(&owed(*m))?);
        if amount > 0 {
            let repaid = Movement::ReceivableRepaid { merchant: *m, amount: usd(amount) };
            journal.post(&repaid, Uuid::now_v7())?;
        }
    }
    let now = tx.now().await?;
    journal.write(&tx, now).await?;
    Ok(tx.commit().await?)
}

/// As the gateway does it: the balance pays what it can, a receivable is made for the rest.
async fn reverse(world: &World, merchants: &[MerchantRef], minor: i64) -> Result<(), Error> {
    let mut conn = world.db.pool.get().await?;
    let tx = conn.begin().await?;
    let released =
        |m: &MerchantRef| Movement::EvidenceReleased { shard: m.shard, store: store(1), amount: usd(minor) };
    let evidence: Vec<Account> = merchants.iter().flat_map(|m| released(m).accounts()).collect();
    let mut journal = Journal::open(&tx, LAYOUT, &evidence).await?;
    let balances: Vec<Account> = merchants.iter().flat_map(|m| paid_in(*m, minor).accounts()).collect();
    journal.add(&tx, &balances).await?;
    for m in merchants {
        let own = journal.balance(&balance(*m))?.min(minor);
        if own < minor {
            journal.add(&tx, &[owed(*m)]).await?;
        }
        journal.post(&released(m), Uuid::now_v7())?;
        journal.post(&taken_back(*m, own, minor - own), Uuid::now_v7())?;
    }
    let now = tx.now().await?;
    journal.write(&tx, now).await?;
    Ok(tx.commit().await?)
}

#[tokio::test]
async fn r8_what_the_balance_does_not_cover_is_owed_and_paid_off_by_the_next_credit() {
    let world = World::new().await;
    let m = merchant(3);
    world.post(&[ordered(m, store(1), 1_000)]).await.unwrap();
    credit(&world, &[m], 100).await.unwrap();
    world.post(&[crate::world::withdrawn(m, 0, 70)]).await.unwrap();
    reverse(&world, &[m], 100).await.unwrap();
    assert_eq!((world.balance(&balance(m)).await, world.balance(&owed(m)).await), (0, 70));
    credit(&world, &[m], 50).await.unwrap();
    assert_eq!((world.balance(&balance(m)).await, world.balance(&owed(m)).await), (0, 20));
    credit(&world, &[m], 50).await.unwrap();
    assert_eq!((world.balance(&balance(m)).await, world.balance(&owed(m)).await), (30, 0));
    // Never more than is owed.
    let refused = world.post(&[Movement::ReceivableRepaid { merchant: m, amount: usd(1) }]).await;
    assert!(matches!(refused, Err(Error::BelowFloor { .. })), "{refused:?}");
    assert_eq!(world.balance(&Account::nostro(m.shard, &bank(), Currency::USD)).await, -100);
    world.check().await;

    let conn = world.db.pool.get().await.unwrap();
    let holds = |balance, receivable| {
        BTreeMap::from([(
            Currency::USD,
            ledger::Holding { balance: usd(balance), receivable: usd(receivable) },
        )])
    };
    assert_eq!(ledger::holdings(&conn, m).await.unwrap(), holds(30, 0));
    world.post(&[taken_back(m, 30, 5)]).await.unwrap();
    assert_eq!(ledger::holdings(&conn, m).await.unwrap(), holds(0, 5));
    assert_eq!(
        ledger::holdings(&conn, merchant(4)).await.unwrap(),
        BTreeMap::new(),
        "nothing was ever posted"
    );
}

#[tokio::test]
async fn r8_a_statement_shows_what_was_taken_back_and_owed_but_no_evidence() {
    let world = World::new().await;
    let m = merchant(3);
    world.post(&[ordered(m, store(1), 100), paid_in(m, 100), covered(m, store(1), 100)]).await.unwrap();
    world.post(&[taken_back(m, 100, 30)]).await.unwrap();
    let repaid = Movement::ReceivableRepaid { merchant: m, amount: usd(30) };
    world.post(&[paid_in(m, 40), repaid]).await.unwrap();
    let conn = world.db.pool.get().await.unwrap();
    let (span, kinds) = (StatementSpan::ALL, TransferKind::ALL.to_vec());
    let filter = StatementFilter { span, kinds, currency: None };
    let page = ledger::statement(&conn, m, &filter, StatementCursor::NEWEST, 100).await.unwrap();
    assert_eq!(page.last, None);
    let lines: Vec<_> = page.rows.iter().map(|line| (line.kind, line.amount.minor(), line.change)).collect();
    let expected = [
        (TransferKind::ReceivableRepaid, 30, Change::Debit),
        (TransferKind::Payment, 40, Change::Credit),
        (TransferKind::ReversalOwed, 30, Change::None),
        (TransferKind::Reversal, 100, Change::Debit),
        (TransferKind::Payment, 100, Change::Credit),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn r8_a_bank_takes_back_what_is_in_review_and_no_more() {
    let world = World::new().await;
    let reversed = |minor| Movement::SuspenseReversed { bank: bank(), shard: shard(5), amount: usd(minor) };
    world.post(&[crate::world::in_suspense(5, 100)]).await.unwrap();
    world.post(&[reversed(40)]).await.unwrap();
    let refused = world.post(&[reversed(61)]).await;
    assert!(matches!(refused, Err(Error::BelowFloor { .. })), "{refused:?}");
    world.post(&[reversed(60)]).await.unwrap();
    assert_eq!(world.balance(&Account::suspense(shard(5), Currency::USD)).await, 0);
    world.check().await;
}

#[tokio::test]
async fn r8_a_credit_and_a_first_reversal_at_once_leave_nothing_owed_beside_a_balance() {
    for round in 0..12 {
        let world = Arc::new(World::new().await);
        let m = merchant(round);
        world.post(&[ordered(m, store(1), 1_000)]).await.unwrap();
        // The receivable is not there when both start.
        let (one, other) = (world.clone(), world.clone());
        let credited = tokio::spawn(async move { credit(&one, &[m], 100).await });
        let reversed = tokio::spawn(async move { reverse(&other, &[m], 60).await });
        credited.await.unwrap().unwrap();
        reversed.await.unwrap().unwrap();
        assert_eq!((world.balance(&balance(m)).await, world.balance(&owed(m)).await), (40, 0));
        world.check().await;
    }
}

#[tokio::test]
async fn r8_batches_over_many_merchants_neither_deadlock_nor_lose_a_repayment() {
    let world = Arc::new(World::new().await);
    let merchants: Vec<MerchantRef> = (0..8).map(merchant).collect();
    let orders: Vec<Movement> = merchants.iter().map(|m| ordered(*m, store(1), 100_000)).collect();
    world.post(&orders).await.unwrap();
    let tasks: Vec<_> = (0..48usize)
        .map(|task| {
            let (world, mut merchants) = (world.clone(), merchants.clone());
            // Each batch names them in an order of its own.
            merchants.rotate_left(task % 8);
            if task % 3 == 0 {
                merchants.reverse();
            }
            tokio::spawn(async move {
                match task % 2 {
                    0 => reverse(&world, &merchants, 70).await,
                    _ => credit(&world, &merchants, 100).await,
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    for m in merchants {
        // 24 credits of 100 less 24 reversals of 70.
        assert_eq!((world.balance(&balance(m)).await, world.balance(&owed(m)).await), (720, 0));
        let evidence = Account::evidence(m.shard, store(1), Currency::USD);
        assert_eq!(world.balance(&evidence).await, 100_000 - 720);
    }
    world.check().await;
}
