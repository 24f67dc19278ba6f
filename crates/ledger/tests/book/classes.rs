//! The order in which a batch locks its accounts, and what it may ask of those that are not there.

use ledger::{Account, Error, Journal, MerchantRef, Movement};
use money::{Currency, Money};
use uuid::Uuid;

use crate::world::{LAYOUT, World, bank, covered, merchant, ordered, paid_in, store, taken_back, usd};

fn evidence(m: MerchantRef) -> Account {
    Account::evidence(m.shard, store(1), Currency::USD)
}

fn balance(m: MerchantRef) -> Account {
    m.balance(Currency::USD)
}

fn receivable(m: MerchantRef) -> Account {
    m.receivable(Currency::USD)
}

#[tokio::test]
async fn i3_accounts_are_locked_in_the_order_of_their_classes_only() {
    let world = World::new().await;
    let mut conn = world.db.pool.get().await.unwrap();
    let (m, other) = (merchant(3), merchant(9));
    let checks: [(&str, Vec<Vec<Account>>, bool); 9] = [
        ("each in its turn", vec![vec![evidence(m)], vec![balance(m)], vec![receivable(m)]], true),
        ("all at once, in any order", vec![vec![receivable(m), balance(m), evidence(m)]], true),
        ("what is locked already, again", vec![vec![balance(m)], vec![balance(m)]], true),
        ("nothing", vec![vec![], vec![evidence(m)], vec![], vec![balance(m)]], true),
        (
            "receivables one by one",
            vec![vec![balance(m), balance(other)], vec![receivable(other)], vec![receivable(m)]],
            true,
        ),
        ("evidence after balances", vec![vec![balance(m)], vec![evidence(m)]], false),
        ("a second go at balances", vec![vec![balance(m)], vec![balance(other)]], false),
        (
            "a balance after receivables",
            vec![vec![balance(m)], vec![receivable(m)], vec![balance(other)]],
            false,
        ),
        ("a receivable that is not guarded", vec![vec![balance(other)], vec![receivable(m)]], false),
    ];
    for (what, steps, fine) in checks {
        for create in [true, false] {
            let tx = conn.begin().await.unwrap();
            let mut journal = Journal::open(&tx, LAYOUT, &[]).await.unwrap();
            let mut result = Ok(());
            for step in &steps {
                result = match (result, create) {
                    (Ok(()), true) => journal.add(&tx, step).await,
                    (Ok(()), false) => {
                        // Guards count once they are locked, so they have to be there.
                        let guards: Vec<Account> =
                            step.iter().filter(|account| **account != receivable(m)).cloned().collect();
                        match journal.add(&tx, &guards).await {
                            Ok(()) => journal.add_existing(&tx, step).await,
                            refused => refused,
                        }
                    }
                    (refused, _) => refused,
                };
            }
            assert_eq!(result.is_ok(), fine, "{what}: {result:?}");
            assert!(fine || matches!(result, Err(Error::OutOfOrder(_))), "{what}: {result:?}");
            tx.rollback().await.unwrap();
        }
    }
}

#[tokio::test]
async fn r8_a_receivable_that_never_was_is_zero_and_takes_no_posting_until_it_is_made() {
    let world = World::new().await;
    let m = merchant(3);
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let accounts = [balance(m), Account::nostro(m.shard, &bank(), Currency::USD)];
    let mut journal = Journal::open(&tx, LAYOUT, &accounts).await.unwrap();
    assert!(matches!(journal.balance(&receivable(m)), Err(Error::NotOpened(_))));
    journal.add_existing(&tx, &[receivable(m)]).await.unwrap();
    assert_eq!(journal.balance(&receivable(m)).unwrap(), 0);
    let refused = journal.post(&taken_back(m, 0, 5), Uuid::now_v7());
    assert!(matches!(refused, Err(Error::NotOpened(_))), "{refused:?}");
    journal.add(&tx, &[receivable(m)]).await.unwrap();
    journal.post(&taken_back(m, 0, 5), Uuid::now_v7()).unwrap();
    assert_eq!(journal.balance(&receivable(m)).unwrap(), 5);
    // Again: what was posted meanwhile stays.
    journal.add_existing(&tx, &[receivable(m)]).await.unwrap();
    assert_eq!(journal.balance(&receivable(m)).unwrap(), 5);
}

/// At once or one after the other: the same accounts are locked, and say the same.
#[tokio::test]
async fn r8_receivables_behind_what_guards_them_are_as_good_as_asked_for_later() {
    let world = World::new().await;
    let (m, other) = (merchant(3), merchant(9));
    world.post(&[paid_in(m, 40), taken_back(m, 40, 5)]).await.unwrap();
    let mut conn = world.db.pool.get().await.unwrap();
    let nostro = |m: MerchantRef| Account::nostro(m.shard, &bank(), Currency::USD);
    // what is locked, the receivables behind it, what each of these holds
    let table = [
        ("one that owes", vec![balance(m), nostro(m)], vec![receivable(m)], vec![5]),
        // Its balance is made, and the other's is locked only then.
        (
            "a new one beside it",
            vec![balance(m), balance(other)],
            vec![receivable(other), receivable(m)],
            vec![0, 5],
        ),
        ("two classes", vec![evidence(m), balance(m)], vec![receivable(m)], vec![5]),
        ("nothing but receivables", vec![], vec![], vec![]),
        ("no receivable", vec![balance(m)], vec![], vec![]),
    ];
    for (what, accounts, receivables, held) in table {
        let tx = conn.begin().await.unwrap();
        let mut journal = Journal::open(&tx, LAYOUT, &[]).await.unwrap();
        journal.add_guarding(&tx, &accounts, &receivables).await.unwrap();
        let found: Vec<i64> = receivables.iter().map(|one| journal.balance(one).unwrap()).collect();
        assert_eq!(found, held, "{what}");
        let locked = "SELECT count(*) FROM accounts WHERE kind = 'receivable' AND id = $1
                      AND id NOT IN (SELECT id FROM accounts FOR NO KEY UPDATE SKIP LOCKED)";
        let elsewhere = world.db.pool.get().await.unwrap();
        for (one, held) in receivables.iter().zip(held) {
            let row = elsewhere.query_one(locked, &[&one.key().id]).await.unwrap();
            assert_eq!(row.get::<_, i64>(0), i64::from(held > 0), "{what}: one that is there is locked");
        }
        tx.rollback().await.unwrap();
    }
    let tx = conn.begin().await.unwrap();
    let mut journal = Journal::open(&tx, LAYOUT, &[]).await.unwrap();
    let refused = journal.add_guarding(&tx, &[balance(other)], &[receivable(m)]).await;
    assert!(matches!(refused, Err(Error::OutOfOrder(_))), "{refused:?}");
}

/// A debt is locked by whoever holds the merchant's balance, in that order: not yet while another account beside that balance is
/// still being made, with which the balance is locked.
#[tokio::test]
async fn r8_no_receivable_is_locked_before_all_that_guards_it() {
    let world = World::new().await;
    let (m, new) = (merchant(3), merchant(9));
    world.post(&[paid_in(m, 40), taken_back(m, 40, 5)]).await.unwrap();
    let (mut first, mut second) = (world.owner.get().await.unwrap(), world.db.pool.get().await.unwrap());
    let making = first.begin().await.unwrap();
    Journal::open(&making, LAYOUT, &[balance(new)]).await.unwrap();

    let tx = second.begin().await.unwrap();
    let mut journal = Journal::open(&tx, LAYOUT, &[]).await.unwrap();
    let (accounts, receivables) = ([balance(m), balance(new)], [receivable(m)]);
    let looked = async {
        testkit::somebody_waits(&world.db).await;
        let free =
            "SELECT count(*) FROM (SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED) AS free";
        let looking = world.db.owner().get().await.unwrap();
        let row = looking.query_one(free, &[&receivable(m).key().id]).await.unwrap();
        making.commit().await.unwrap();
        row.get::<_, i64>(0)
    };
    let (added, free) = tokio::join!(journal.add_guarding(&tx, &accounts, &receivables), looked);
    added.unwrap();
    assert_eq!(free, 1, "nobody has locked it");
    assert_eq!(journal.balance(&receivable(m)).unwrap(), 5);
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn r6_evidence_is_never_used_beyond_what_orders_gave() {
    let world = World::new().await;
    let m = merchant(3);
    world.post(&[ordered(m, store(1), 100), ordered(m, store(2), 100)]).await.unwrap();
    let refused = world.post(&[covered(m, store(1), 60), covered(m, store(1), 41)]).await;
    assert!(matches!(refused, Err(Error::BelowFloor { .. })), "{refused:?}");
    world.post(&[paid_in(m, 60), covered(m, store(1), 60)]).await.unwrap();
    world
        .post(&[Movement::EvidenceReleased { shard: m.shard, store: store(1), amount: usd(10) }])
        .await
        .unwrap();
    assert_eq!(world.balance(&evidence(m)).await, 50);
    let source = Account::evidence_source(m.shard, Currency::USD);
    assert_eq!(world.balance(&source).await, -150);
    let refused = world.post(&[covered(m, store(1), 51)]).await;
    assert!(matches!(refused, Err(Error::BelowFloor { .. })), "{refused:?}");
    assert_eq!(world.check().await.transfers, 5);
}

/// By hand: of the first store 30 + 5 and then 7 US dollars' cents, of the second 11, of the first 4 yen.
#[tokio::test]
async fn r6_what_a_batch_uses_up_of_one_stores_evidence_is_one_transfer() {
    let world = World::new().await;
    let m = merchant(3);
    let yen = |minor| Money::new(minor, Currency::JPY).unwrap();
    let in_yen = |minor| Movement::EvidenceUsed { shard: m.shard, store: store(1), amount: yen(minor) };
    let ordered_in_yen = Movement::EvidenceAdded { shard: m.shard, store: store(1), amount: yen(9) };
    world.post(&[ordered(m, store(1), 100), ordered(m, store(2), 100), ordered_in_yen]).await.unwrap();
    world
        .post(&[
            paid_in(m, 30),
            covered(m, store(1), 30),
            covered(m, store(2), 11),
            in_yen(4),
            paid_in(m, 5),
            covered(m, store(1), 5),
        ])
        .await
        .unwrap();
    world.post(&[covered(m, store(1), 7)]).await.unwrap();
    let sql =
        "SELECT amount, currency, cause FROM transfers WHERE kind = 'evidence_used' ORDER BY seq, position";
    let rows = world.db.pool.get().await.unwrap().query(sql, &[]).await.unwrap();
    let found: Vec<(i64, String, Uuid)> =
        rows.iter().map(|row| (row.get("amount"), row.get("currency"), row.get("cause"))).collect();
    let used = |minor, code: &str, by| (minor, code.to_owned(), store(by));
    assert_eq!(found, [used(35, "USD", 1), used(11, "USD", 2), used(4, "JPY", 1), used(7, "USD", 1)]);
    assert_eq!(world.balance(&evidence(m)).await, 100 - 42);
    assert_eq!(world.check().await.transfers, 3 + 2 + 3 + 1);
}

#[tokio::test]
async fn i1_money_and_evidence_balance_apart() {
    let world = World::new().await;
    let m = merchant(3);
    world.post(&[ordered(m, store(1), 100), paid_in(m, 100)]).await.unwrap();
    // Balanced together, but not apart: from the source of evidence to a merchant.
    world
        .tamper(
            "UPDATE accounts SET debits = debits - 7 WHERE kind = 'evidence_source';
             UPDATE accounts SET debits = debits + 7 WHERE kind = 'nostro'",
        )
        .await;
    let found = world.verify(&[]).await.breaches.join("\n");
    assert!(found.contains("I1: USD: debits 107, credits 100"), "{found}");
    assert!(found.contains("I1: USD of evidence: debits 93, credits 100"), "{found}");
}
