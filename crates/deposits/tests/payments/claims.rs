//! R4 on a real PostgreSQL: who claims a key, and who finds it taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deposits::{Claimed, EntryName, Error, Receipt, Received, claim};
use money::{Currency, Money};
use pg::Shards;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{World, bank, receipt, usd};

async fn claim_all(world: &World, receipts: &[Receipt]) -> Vec<Claimed> {
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let claimed = claim(&tx, &receipts.iter().collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

/// A receipt for the key and amount in short: reference, position, account, minor units.
type Short = (&'static str, i32, u8, i64);

fn long((reference, position, account, minor): Short) -> Receipt {
    let mut receipt = receipt(reference, usd(minor));
    receipt.position = position;
    receipt.account_index = [account; 32];
    receipt
}

/// `new`, `conflict`, or the place among all receipts so far of the payment that it duplicates.
fn told(claimed: &[Claimed], known: &[Receipt]) -> Vec<String> {
    let place = |payment| known.iter().position(|receipt| receipt.id == payment).unwrap();
    claimed
        .iter()
        .map(|one| match one {
            Claimed::New { conflict: false } => "new".to_owned(),
            Claimed::New { conflict: true } => "conflict".to_owned(),
            Claimed::Duplicate { payment } => place(*payment).to_string(),
        })
        .collect()
}

#[tokio::test]
async fn r4_the_table_of_keys() {
    // Slices one after the other; each receipt and what its key comes to. Places count over all slices.
    let slices: [&[(Short, &str)]; 4] = [
        &[
            (("A", 0, 1, 100), "new"),
            (("A", 0, 1, 100), "0"),
            (("A", 1, 1, 100), "new"),
            (("A", 0, 2, 100), "new"),
            (("a", 0, 1, 100), "new"),
            (("A", 0, 1, 101), "conflict"),
            (("A", 0, 1, 101), "5"),
            (("A", 0, 1, 102), "conflict"),
        ],
        &[(("A", 0, 1, 100), "0"), (("A", 0, 1, 101), "5"), (("A", 0, 1, 103), "conflict")],
        &[(("A", 0, 1, 103), "10"), (("B", 0, 1, 5), "new"), (("B", 0, 1, 6), "conflict")],
        &[],
    ];
    let world = World::start().await;
    let mut known: Vec<Receipt> = Vec::new();
    for slice in slices {
        let receipts: Vec<Receipt> = slice.iter().map(|(short, _)| long(*short)).collect();
        let claimed = claim_all(&world, &receipts).await;
        known.extend(receipts);
        let expected: Vec<&str> = slice.iter().map(|(_, expected)| *expected).collect();
        assert_eq!(told(&claimed, &known), expected);
    }
}

#[tokio::test]
async fn r4_another_currency_or_bank() {
    let world = World::start().await;
    let first = receipt("A", usd(100));
    let euros = receipt("A", Money::new(100, Currency::EUR).unwrap());
    let mut elsewhere = receipt("A", usd(100));
    elsewhere.bank = Arc::from("other");
    let claimed = claim_all(&world, &[first, euros, elsewhere]).await;
    let [new, conflict] = [false, true].map(|conflict| Claimed::New { conflict });
    assert_eq!(claimed, [new, conflict, new]);
}

/// A transaction of that entry, both under the bank's references.
fn of_entry(entry: &str, reference: &str, minor: i64) -> Receipt {
    let whole = Some(usd(100)).filter(|_| entry != reference);
    let entry = EntryName::new(Shards::new(16), &bank(), entry.to_owned(), whole);
    Receipt { entry: Some(entry), ..receipt(reference, usd(minor)) }
}

fn whole(reference: &str, minor: i64) -> Receipt {
    Receipt { sum_mismatch: true, ..receipt(reference, usd(minor)) }
}

/// 100.00 booked whole, since 60.00 and 30.00 aren't that; then the bank sends it anew, with 60.00 and 40.00.
#[tokio::test]
async fn r4_the_transactions_of_an_entry_that_was_booked_whole_are_reviewed() {
    let world = World::start().await;
    // MM-2 told no transactions, MM-6 is another one's name as well: of less than the entry is.
    world.take_in(&[whole("MM-1", 100), receipt("MM-2", usd(100)), receipt("MM-6", usd(60))]).await;
    let elsewhere = Receipt { account_index: [8; 32], ..of_entry("MM-1", "MM-1c", 60) };
    let other_bank = Receipt { bank: Arc::from("other"), ..of_entry("MM-1", "MM-1d", 60) };
    let corrected = [
        of_entry("MM-1", "MM-1a", 60),
        of_entry("MM-1", "MM-1b", 40),
        Receipt { position: 1, ..of_entry("MM-1", "MM-1", 40) },
        elsewhere,
        other_bank,
        // Booked under its reference, all of it and a part; never seen; whole, but in this slice; none.
        of_entry("MM-2", "MM-2a", 60),
        of_entry("MM-6", "MM-6a", 40),
        of_entry("MM-3", "MM-3a", 60),
        whole("MM-4", 100),
        of_entry("MM-4", "MM-4a", 60),
        receipt("MM-5", usd(60)),
    ];
    let expected = [
        "conflict", "conflict", "conflict", "new", "new", "conflict", "new", "new", "new", "conflict", "new",
    ];
    let received = world.take_in(&corrected).await;
    let told: Vec<&str> = received
        .iter()
        .map(|one| match one {
            Received::Payment { payment, .. } if payment.conflict => "conflict",
            Received::Payment { .. } => "new",
            Received::Duplicate(_) => "duplicate",
        })
        .collect();
    assert_eq!(told, expected);
    let again = [of_entry("MM-1", "MM-1a", 60), of_entry("MM-3", "MM-3a", 60)];
    let first = |at: usize| Claimed::Duplicate { payment: corrected[at].id };
    assert_eq!(claim_all(&world, &again).await, [first(0), first(7)], "in the same document once more");
}

#[tokio::test]
async fn r4_a_batch_that_was_rolled_back_claimed_nothing() {
    let world = World::start().await;
    let (first, second) = (receipt("A", usd(100)), receipt("A", usd(100)));
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    claim(&tx, &[&first]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(claim_all(&world, &[second]).await, [Claimed::New { conflict: false }]);
}

#[tokio::test]
async fn i3_a_batch_that_is_run_again_after_an_unknown_commit_finds_its_own_payment() {
    let world = World::start().await;
    let receipts = [receipt("A", usd(100)), receipt("A", usd(200))];
    claim_all(&world, &receipts).await;
    let again = claim_all(&world, &receipts).await;
    assert_eq!(again, receipts.each_ref().map(|receipt| Claimed::Duplicate { payment: receipt.id }));
}

/// What R4 says, in memory: first come, first served.
#[derive(Default)]
struct Model {
    first: BTreeMap<(String, i32), (i64, deposits::PaymentId)>,
    variants: BTreeMap<(String, i32, i64), deposits::PaymentId>,
}

impl Model {
    fn claim(&mut self, receipt: &Receipt) -> Claimed {
        let key = (receipt.reference.clone(), receipt.position);
        let minor = receipt.amount.minor();
        match self.first.get(&key) {
            None => {
                self.first.insert(key, (minor, receipt.id));
                Claimed::New { conflict: false }
            }
            Some((amount, payment)) if *amount == minor => Claimed::Duplicate { payment: *payment },
            Some(_) => match self.variants.get(&(key.0.clone(), key.1, minor)) {
                Some(payment) => Claimed::Duplicate { payment: *payment },
                None => {
                    self.variants.insert((key.0, key.1, minor), receipt.id);
                    Claimed::New { conflict: true }
                }
            },
        }
    }
}

#[test]
fn r4_however_reports_are_cut_into_slices_the_first_come_is_the_payment() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::start());
    let report = (0..4usize, 0..2i32, 1..4i64);
    let slices = prop::collection::vec(prop::collection::vec(report, 0..12), 1..5);
    TestRunner::new(Config::with_cases(40))
        .run(&slices, |slices| {
            let case = Uuid::now_v7().simple();
            let mut model = Model::default();
            for slice in slices {
                let receipts: Vec<Receipt> = slice
                    .iter()
                    .map(|(reference, position, minor)| {
                        let mut receipt = receipt(&format!("{case}-{reference}"), usd(*minor));
                        receipt.position = *position;
                        receipt
                    })
                    .collect();
                let expected: Vec<Claimed> = receipts.iter().map(|receipt| model.claim(receipt)).collect();
                prop_assert_eq!(runtime.block_on(claim_all(&world, &receipts)), expected);
            }
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r4_60_concurrent_reports_of_6_references_are_6_payments() {
    let world = Arc::new(World::start().await);
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let world = world.clone();
            tokio::spawn(async move {
                let receipts = [receipt(&format!("R{}", n % 6), usd(100))];
                claim_all(&world, &receipts).await[0]
            })
        })
        .collect();
    let (mut new, mut winners) = (0, BTreeSet::new());
    for task in tasks {
        match task.await.unwrap() {
            Claimed::New { conflict } => {
                assert!(!conflict);
                new += 1;
            }
            Claimed::Duplicate { payment } => {
                winners.insert(payment);
            }
        }
    }
    assert_eq!((new, winners.len()), (6, 6));
    assert_eq!(world.count("SELECT count(*) FROM payment_keys").await, 6);
}

/// Eight slices that start at the same moment. Each names the same references, begins elsewhere and has one of
/// three amounts; how many were new, in conflict and duplicates. `bold` of four think their keys new, and look when they are not.
async fn claim_at_once(
    world: &Arc<World>,
    round: usize,
    references: usize,
    bold: usize,
) -> (usize, usize, usize) {
    let together = Arc::new(Barrier::new(8));
    let mut tasks = JoinSet::new();
    for n in 0..8usize {
        let (world, together) = (world.clone(), together.clone());
        tasks.spawn(async move {
            let amount = usd(100 + i64::try_from(n % 3).unwrap());
            let mut receipts: Vec<Receipt> =
                (0..references).map(|place| receipt(&format!("{round}-{place}"), amount)).collect();
            receipts.rotate_left(n * references / 8);
            if n % 2 == 1 {
                receipts.reverse();
            }
            let receipts: Vec<&Receipt> = receipts.iter().collect();
            let mut conn = world.db.pool.get().await.unwrap();
            let tx = conn.begin().await.unwrap();
            let bold = n % 4 < bold;
            if bold {
                tx.expect_new_keys();
            }
            together.wait().await;
            match claim(&tx, &receipts).await {
                Ok(claimed) => {
                    tx.commit().await.unwrap();
                    claimed
                }
                Err(Error::Database(pg::Error::NotNew { .. })) if bold => {
                    tx.rollback().await.unwrap();
                    let tx = conn.begin().await.unwrap();
                    let claimed = claim(&tx, &receipts).await.unwrap();
                    tx.commit().await.unwrap();
                    claimed
                }
                Err(error) => panic!("{error}"),
            }
        });
    }
    let mut counts = (0, 0, 0);
    while let Some(claimed) = tasks.join_next().await {
        for one in claimed.unwrap() {
            match one {
                Claimed::New { conflict: false } => counts.0 += 1,
                Claimed::New { conflict: true } => counts.1 += 1,
                Claimed::Duplicate { .. } => counts.2 += 1,
            }
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r4_concurrent_slices_in_any_order_and_with_contradictions_never_deadlock() {
    let world = Arc::new(World::start().await);
    for (round, bold) in [0, 0, 1, 2, 4, 4].into_iter().enumerate() {
        assert_eq!(claim_at_once(&world, round, 300, bold).await, (300, 600, 1_500), "{bold} of four bold");
    }
    assert_eq!(world.count("SELECT count(*) FROM payment_keys").await, 6 * 900);
}

/// Whoever wants the same ones waits in one direction only.
#[tokio::test]
async fn keys_that_are_copied_go_in_their_order() {
    let world = World::start().await;
    let receipts: Vec<Receipt> = (0..100).map(|n| receipt(&format!("R{n}"), usd(100))).collect();
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    tx.expect_new_keys();
    claim(&tx, &receipts.iter().collect::<Vec<_>>()).await.unwrap();
    assert!(tx.has_copied_keys());
    tx.commit().await.unwrap();
    let sql = "SELECT k.place = row_number() OVER (ORDER BY k.shard, k.reference_key, k.key) AS in_order
               FROM (SELECT *, row_number() OVER (ORDER BY ctid) AS place FROM payment_keys) AS k";
    let rows = conn.query(sql, &[]).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.get("in_order")).count(), 100);
}

/// A migration makes of the texts what the program looks for.
#[tokio::test]
async fn r4_keys_of_before_they_were_narrow_are_recognised() {
    let before = pg::MigrationSet {
        owner: deposits::MIGRATIONS.owner,
        migrations: &deposits::MIGRATIONS.migrations[..7],
    };
    let db = testkit::database(&[before]).await;
    let owner = db.owner().get().await.unwrap();
    // The contradicting one was told of before, too.
    let kept = [
        (long(("A", 0, 1, 100)), ""),
        (long(("A", 0, 1, 101)), "USD 101"),
        (long(("A", 1, 1, 100)), ""),
        (long(("A", 0, 2, 100)), ""),
        (long(("R\u{e9}f\u{1f} 7", 70_000, 3, 5)), ""),
    ];
    for (receipt, variant) in &kept {
        let values: [&(dyn pg::ToSql + Sync); 8] = [
            &receipt.id.shard().number(),
            &&*receipt.bank,
            &receipt.account_index.as_slice(),
            &receipt.reference,
            &receipt.position,
            variant,
            &receipt.id.uuid(),
            &receipt.amount.minor(),
        ];
        let sql = "INSERT INTO payment_keys VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'USD')";
        owner.execute(sql, &values).await.unwrap();
    }
    pg::migrate(&db.url, &pg::Tls::default(), &[deposits::MIGRATIONS]).await.expect("the migration");
    let mut conn = db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    for (old, _) in &kept {
        let claimed = claim(&tx, &[&again_of(old)]).await.unwrap();
        assert_eq!(claimed, [Claimed::Duplicate { payment: old.id }], "{old:?}");
    }
    let other = long(("A", 0, 1, 102));
    assert_eq!(claim(&tx, &[&other]).await.unwrap(), [Claimed::New { conflict: true }]);
    let elsewhere = long(("A", 2, 1, 100));
    assert_eq!(claim(&tx, &[&elsewhere]).await.unwrap(), [Claimed::New { conflict: false }]);
}

/// The same payment, reported again.
fn again_of(old: &Receipt) -> Receipt {
    let mut again = receipt(&old.reference, old.amount);
    (again.position, again.account_index) = (old.position, old.account_index);
    again
}
