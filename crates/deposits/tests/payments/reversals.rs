//! R8 on a real PostgreSQL, with the book: whose key it is, what waits, what is applied, what is held.

use std::sync::Arc;

use deposits::{
    Claimed, HoldReason, Incoming, Original, Payment, PaymentId, PaymentState, Receipt, Received, Reversal,
    ReversalClaim, ReversalId, ReversalReport, ReversalState, claim, claim_reversals, get, insert,
    list_reversals, lock, lock_reversals, originals, receive, reversals_of, save, save_reversals, shard_of,
    store_reversals, waiting_for, waiting_reversals,
};
use ledger::{Account, MerchantRef, Movement};
use merchants::orders::{covers_of, load_covers, save_covers};
use merchants::{MerchantId, ReceivingAccount, ReceivingAccountId, StoreId};
use money::{Currency, Money};
use pg::{Shard, Shards, Tx};
use uuid::Uuid;

use crate::world::{INDEX, World, bank, receipt, stray, usd};

pub fn report(reference: &str, original: &str, minor: i64) -> ReversalReport {
    ReversalReport {
        id: ReversalId::new(shard_of(Shards::new(16), &bank(), original)),
        bank: bank(),
        account_index: None,
        reference: reference.to_owned(),
        original_reference: original.to_owned(),
        position: 0,
        amount: usd(minor),
        reason: Some("AC04".to_owned()),
        event: Uuid::now_v7(),
    }
}

impl World {
    /// One batch as the gateway runs it: keys of payments, keys of reversals, waiting reversals, payments,
    /// accounts; then everything is decided, posted and written.
    pub async fn batch(&self, receipts: &[Receipt], reports: &[ReversalReport]) -> Vec<ReversalClaim> {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let receipts: Vec<&Receipt> = receipts.iter().collect();
        let reports: Vec<&ReversalReport> = reports.iter().collect();
        let claimed: Vec<Claimed> = claim(&tx, &receipts).await.unwrap();
        let claims = claim_reversals(&tx, &reports).await.unwrap();
        let now = tx.now().await.unwrap();
        let new = |(report, claim): (&&ReversalReport, &ReversalClaim)| match claim {
            ReversalClaim::New { conflict } => Some(Reversal::new(report, *conflict, now)),
            ReversalClaim::Duplicate(_) => None,
        };
        let mut fresh: Vec<Reversal> = reports.iter().zip(&claims).filter_map(new).collect();
        let mut waiting = waiting_for(&tx, &receipts).await.unwrap();
        let incoming: Vec<Incoming<'_>> =
            receipts.iter().zip(claimed).map(|(receipt, claimed)| Incoming { receipt, claimed }).collect();
        let mut all: Vec<&mut Reversal> = fresh.iter_mut().chain(&mut waiting).collect();
        self.take_back(&tx, &mut all, &incoming).await;
        store_reversals(&tx, &fresh.iter().collect::<Vec<_>>()).await.unwrap();
        save_reversals(&tx, &waiting.iter().collect::<Vec<_>>()).await.unwrap();
        tx.commit().await.unwrap();
        claims
    }

    /// What the sweep does for these.
    async fn sweep(&self, ids: &[ReversalId]) {
        let mut conn = self.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut waiting = lock_reversals(&tx, ids).await.unwrap();
        self.take_back(&tx, &mut waiting.iter_mut().collect::<Vec<_>>(), &[]).await;
        save_reversals(&tx, &waiting.iter().collect::<Vec<_>>()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Takes these payments in, and these reversals back.
    async fn take_back(&self, tx: &Tx<'_>, reversals: &mut [&mut Reversal], incoming: &[Incoming<'_>]) {
        let now = tx.now().await.unwrap();
        let new: Vec<&Receipt> = incoming
            .iter()
            .filter(|incoming| matches!(incoming.claimed, Claimed::New { .. }))
            .map(|incoming| incoming.receipt)
            .collect();
        let all: Vec<&Reversal> = reversals.iter().map(|one| &**one).collect();
        let originals = originals(tx, &all, &new).await.unwrap();
        let named = originals.values().filter_map(|original| match original {
            Original::One(id) => Some(*id),
            Original::Unseen | Original::Several => None,
        });
        let mut locked = lock(tx, &named.collect::<Vec<_>>()).await.unwrap();
        let homes: Vec<(Shard, Uuid)> =
            locked.iter().filter_map(|one| Some((one.merchant?.shard(), one.id.uuid()))).collect();
        let covers = covers_of(tx, &homes).await.unwrap();
        let covering: Vec<(StoreId, Currency)> =
            covers.into_iter().map(|(_, store, currency)| (store, currency)).collect();
        let receipts: Vec<&Receipt> = incoming.iter().map(|incoming| incoming.receipt).collect();
        let (mut journal, mut orders) = self.evidence(tx, &receipts, &covering).await;
        load_covers(tx, &mut orders, &homes).await.unwrap();
        let mut new: Vec<Payment> = Vec::new();
        let mut movements: Vec<(PaymentId, Movement)> = Vec::new();
        for one in receive(incoming, &self.matching(now), &mut orders) {
            if let Received::Payment { payment, movements: its } = one {
                movements.extend(its.into_iter().map(|movement| (payment.id, movement)));
                new.push(*payment);
            }
        }
        let touched: Vec<Account> = movements
            .iter()
            .flat_map(|(_, movement)| movement.accounts())
            .chain(locked.iter().chain(&new).flat_map(touched_by))
            .collect();
        journal.add(tx, &touched).await.unwrap();
        for (payment, movement) in movements {
            journal.post(&movement, payment.uuid()).unwrap();
        }
        for reversal in reversals {
            let Some(id) = reversal.look(originals[&reversal.id]) else { continue };
            let fresh = new.iter_mut().find(|payment| payment.id == id);
            let payment = fresh.as_deref().or(locked.get(id)).unwrap();
            let credited = payment.status == PaymentState::Credited;
            let available = payment
                .merchant
                .map_or(0, |id| journal.balance(&purse(id).balance(reversal.amount.currency())).unwrap_or(0));
            let movement = match fresh {
                Some(payment) => reversal.apply(payment, available, now).unwrap(),
                None => locked.reverse(id, reversal, available, now).unwrap(),
            };
            let Some(movement) = movement else { continue };
            journal.post(&movement, id.uuid()).unwrap();
            if credited {
                for (store, amount) in orders.uncover(id.uuid(), reversal.amount.minor()) {
                    let (shard, store) = (store.shard(), store.uuid());
                    let released = Movement::EvidenceReleased { shard, store, amount };
                    journal.post(&released, id.uuid()).unwrap();
                }
            }
        }
        insert(tx, &new.iter().collect::<Vec<_>>()).await.unwrap();
        save(tx, &locked).await.unwrap();
        save_covers(tx, &orders).await.unwrap();
        journal.write(tx, now).await.unwrap();
    }

    async fn all(&self, state: ReversalState) -> Vec<Reversal> {
        let conn = self.db.pool.get().await.unwrap();
        list_reversals(&conn, state, pg::Place::START, 1_000).await.unwrap()
    }

    async fn payment(&self, id: PaymentId) -> Payment {
        get(&self.db.pool.get().await.unwrap(), id).await.unwrap().unwrap()
    }

    /// What the nostro, suspense, the merchants and receivables hold, in minor units of USD.
    async fn sums(&self) -> [i64; 4] {
        let mut sums = [0; 4];
        for (sum, kind) in sums.iter_mut().zip(["nostro", "suspense", "merchant", "receivable"]) {
            *sum = self.sum(kind, Currency::USD).await;
        }
        sums
    }
}

fn purse(id: MerchantId) -> MerchantRef {
    MerchantRef { shard: id.shard(), id: id.uuid() }
}

/// The accounts that taking a payment back may touch, without evidence.
fn touched_by(payment: &Payment) -> Vec<Account> {
    let currency = payment.amount.currency();
    let nostro = |shard| Account::nostro(shard, &payment.bank, currency);
    let mut touched = vec![Account::suspense(payment.id.shard(), currency), nostro(payment.id.shard())];
    if let Some(merchant) = payment.merchant {
        touched.extend([purse(merchant).balance(currency), purse(merchant).receivable(currency)]);
        touched.push(nostro(merchant.shard()));
    }
    touched
}

/// `new`, `conflict`, or the place of the report that it duplicates.
fn told(claims: &[ReversalClaim], known: &[ReversalReport]) -> Vec<String> {
    let one = |claim: &ReversalClaim| match claim {
        ReversalClaim::New { conflict: false } => "new".to_owned(),
        ReversalClaim::New { conflict: true } => "conflict".to_owned(),
        ReversalClaim::Duplicate(id) => known.iter().position(|report| report.id == *id).unwrap().to_string(),
    };
    claims.iter().map(one).collect()
}

#[tokio::test]
async fn r8_the_table_of_keys() {
    let world = World::start().await;
    // Slices one after the other; each report (reference, original, place, amount) and what its key comes to.
    type Short = ((&'static str, &'static str, i32, i64), &'static str);
    let slices: [&[Short]; 3] = [
        &[
            (("R", "A", 0, 10), "new"),
            (("R", "A", 0, 10), "0"),
            (("R", "A", 1, 10), "new"),
            (("R", "B", 0, 10), "new"),
            (("S", "A", 0, 10), "new"),
            (("R", "A", 0, 11), "conflict"),
            (("R", "A", 0, 11), "5"),
        ],
        &[(("R", "A", 0, 10), "0"), (("R", "A", 0, 11), "5"), (("R", "A", 0, 12), "conflict")],
        &[(("R", "A", 0, 12), "9"), (("T", "A", 0, 1), "new"), (("T", "A", 0, 2), "conflict")],
    ];
    let mut known: Vec<ReversalReport> = Vec::new();
    for slice in slices {
        let reports: Vec<ReversalReport> = slice
            .iter()
            .map(|((reference, original, position, minor), _)| ReversalReport {
                position: *position,
                ..report(reference, original, *minor)
            })
            .collect();
        let claims = world.batch(&[], &reports).await;
        known.extend(reports);
        let expected: Vec<&str> = slice.iter().map(|(_, expected)| *expected).collect();
        assert_eq!(told(&claims, &known), expected);
    }
    let held = world.all(ReversalState::Held).await;
    assert_eq!(held.len(), 3);
    assert!(held.iter().all(|one| one.hold == Some(HoldReason::ReferenceConflict)));
    assert_eq!(world.all(ReversalState::Waiting).await.len(), 5);
    assert_eq!(world.count("SELECT count(*) FROM reversal_keys").await, 8);
}

/// References are unique within an account only, and a bank's JSON may name none.
#[tokio::test]
async fn r4_r8_the_table_of_keys_with_accounts() {
    let world = World::start().await;
    // Slices one after the other; each report (place, account, amount) and what its key comes to.
    type Short = ((i32, Option<u8>, i64), &'static str);
    let slices: [&[Short]; 4] = [
        &[
            ((0, Some(7), 50), "new"),
            ((0, Some(8), 50), "new"),
            ((0, Some(8), 50), "1"),
            ((0, None, 50), "0"),
            ((0, Some(8), 60), "conflict"),
            ((0, Some(7), 70), "conflict"),
            ((0, Some(9), 70), "new"),
        ],
        &[
            ((0, Some(9), 70), "6"),
            ((0, Some(8), 60), "4"),
            ((0, Some(8), 50), "1"),
            ((0, Some(7), 70), "5"),
            ((0, Some(7), 50), "0"),
            ((0, None, 50), "0"),
            ((0, None, 70), "5"),
            ((0, Some(9), 50), "conflict"),
        ],
        &[((1, None, 50), "new"), ((1, Some(7), 50), "15"), ((1, Some(7), 60), "conflict")],
        &[((1, Some(8), 60), "conflict"), ((1, Some(8), 60), "18"), ((1, Some(7), 60), "17")],
    ];
    let mut known: Vec<ReversalReport> = Vec::new();
    for slice in slices {
        let of = |((position, account, minor), _): &Short| ReversalReport {
            position: *position,
            account_index: account.map(|account| [account; 32]),
            ..report("R", "SAME", *minor)
        };
        let reports: Vec<ReversalReport> = slice.iter().map(of).collect();
        let claims = world.batch(&[], &reports).await;
        known.extend(reports);
        let expected: Vec<&str> = slice.iter().map(|(_, expected)| *expected).collect();
        assert_eq!(told(&claims, &known), expected);
    }
    assert_eq!(world.all(ReversalState::Held).await.len(), 5);
    assert_eq!(world.all(ReversalState::Waiting).await.len(), 4);
}

#[tokio::test]
async fn r8_one_reference_taken_back_in_two_accounts_is_booked_in_both_and_once() {
    let mut world = World::start().await;
    let other = [8; 32];
    let id = ReceivingAccountId::new(Shard::new(3).unwrap());
    let second = ReceivingAccount { id, ..world.accounts[&(bank(), INDEX)].clone() };
    world.accounts.insert((bank(), other), second);
    let in_other = Receipt { account_index: other, ..receipt("SAME", usd(50)) };
    let taken_in = [receipt("SAME", usd(50)), in_other];
    let ids = [taken_in[0].id, taken_in[1].id];
    world.take_in(&taken_in).await;
    assert_eq!(world.sums().await, [-100, 0, 100, 0]);
    let document = || {
        [INDEX, other]
            .map(|account| ReversalReport { account_index: Some(account), ..report("R-1", "SAME", 50) })
    };
    let first = document();
    assert_eq!(told(&world.batch(&[], &first).await, &first), ["new", "new"]);
    let assert_booked_once = async || {
        assert_eq!(world.sums().await, [0, 0, 0, 0]);
        for id in ids {
            let payment = world.payment(id).await;
            assert_eq!((payment.status, payment.reversed_minor), (PaymentState::Credited, 50));
        }
        let conn = world.db.pool.get().await.unwrap();
        let applied = reversals_of(&conn, &ids).await.unwrap();
        let mut told: Vec<_> =
            applied.iter().map(|one| (one.reference.as_str(), one.payment, one.covered_minor)).collect();
        told.sort_unstable_by_key(|(_, payment, _)| ids.iter().position(|id| Some(*id) == *payment));
        assert_eq!(told, [("R-1", Some(ids[0]), 50), ("R-1", Some(ids[1]), 50)]);
    };
    assert_booked_once().await;
    assert_eq!(told(&world.batch(&[], &document()).await, &first), ["0", "1"], "the document again");
    let json = [report("R-1", "SAME", 50)];
    assert_eq!(told(&world.batch(&[], &json).await, &first), ["0"], "as JSON, without the account");
    assert_booked_once().await;
    assert!(world.all(ReversalState::Held).await.is_empty());
}

#[tokio::test]
async fn r8_who_holds_a_key_is_read_by_the_keys_alone_among_many() {
    let db = testkit::database(&[deposits::MIGRATIONS]).await;
    let conn = db.owner().get().await.unwrap();
    let fill = "INSERT INTO reversal_keys (shard, bank, original_reference, reference, position, variant, reversal,
                                           amount_minor, currency)
                SELECT n % 16, 'harbour', 'r' || n, 'b' || n, 0, '', md5(n::text)::uuid, 100, 'USD'
                FROM generate_series(1, 20000) AS n;
                INSERT INTO reversals (shard, id, bank, reference, original_reference, position, amount_minor, currency,
                                       state, event, received_at)
                SELECT n % 16, md5(n::text)::uuid, 'harbour', 'b' || n, 'r' || n, 0, 100, 'USD',
                       'waiting', md5('e')::uuid, now()
                FROM generate_series(1, 20000) AS n;
                ANALYZE reversal_keys; ANALYZE reversals";
    conn.batch_execute(fill).await.unwrap();
    let sql = include_str!("../../src/sql/read_reversal_keys.sql");
    let parameters = "'{1,2}', '{harbour,harbour}', '{r17,r18}', '{b17,b18}', '{0,0}', '{\"\",\"\"}'";
    testkit::plan(&conn, sql, parameters).await.goes_by(&["reversal_keys_pkey", "reversals_pkey"], 4);
}

#[tokio::test]
async fn r8_a_credited_payment_stays_credited_and_what_is_not_there_is_owed() {
    let world = World::start().await;
    let id = world.take_in_one(receipt("A", usd(100))).await.id;
    assert_eq!(world.evidence_left().await, 1_000_000 - 100);
    world.batch(&[], &[report("R1", "A", 30)]).await;
    assert_eq!(world.sums().await, [-70, 0, 70, 0]);
    assert_eq!(world.evidence_left().await, 1_000_000 - 70);
    // The merchant withdraws, as far as the book is concerned.
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let merchant = purse(world.merchant);
    let (fee, net) = (Money::zero(Currency::USD), usd(50));
    world.post(&tx, &[(id, Movement::WithdrawalSameCurrency { bank: bank(), merchant, fee, net })]).await;
    tx.commit().await.unwrap();
    world.batch(&[], &[report("R2", "A", 60), report("R3", "A", 10), report("R4", "A", 1)]).await;
    assert_eq!(world.sums().await, [0, 0, 0, -50]);
    let payment = world.payment(id).await;
    assert_eq!((payment.status, payment.reversed_minor), (PaymentState::Credited, 100));
    let applied = reversals_of(&conn, &[id]).await.unwrap();
    let parts: Vec<(&str, i64, i64)> =
        applied.iter().map(|one| (one.reference.as_str(), one.covered_minor, one.owed_minor)).collect();
    assert_eq!(parts, [("R1", 30, 0), ("R2", 20, 40), ("R3", 0, 10)]);
    assert_eq!(world.evidence_left().await, 1_000_000, "the orders' cover is given back");
    let held = world.all(ReversalState::Held).await;
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].reference.as_str(), held[0].hold), ("R4", Some(HoldReason::Exceeds)));
}

#[tokio::test]
async fn r8_a_return_before_its_payment_waits_and_is_applied_with_it() {
    let world = World::start().await;
    let early = [report("R1", "A", 100), report("R2", "B", 40), report("R3", "C", 5)];
    world.batch(&[], &early).await;
    assert_eq!(world.all(ReversalState::Waiting).await.len(), 3);
    let conn = world.db.pool.get().await.unwrap();
    assert_eq!(
        waiting_reversals(&conn, pg::Place::START, 10).await.unwrap(),
        [],
        "nothing to do for a sweep"
    );
    let (credited, reviewed) = (receipt("A", usd(100)), stray("B", usd(40)));
    let ids = [credited.id, reviewed.id];
    world.batch(&[credited, reviewed], &[]).await;
    assert_eq!(world.sums().await, [0, 0, 0, 0]);
    assert_eq!(world.evidence_left().await, 1_000_000, "covered and given back in one batch");
    let [a, b] = [world.payment(ids[0]).await, world.payment(ids[1]).await];
    assert_eq!((a.status, a.reversed_minor), (PaymentState::Credited, 100));
    assert_eq!((b.status, b.reversed_minor), (PaymentState::Returned, 40));
    let applied = world.all(ReversalState::Applied).await;
    assert_eq!(applied.len(), 2);
    assert!(applied.iter().all(|one| one.applied_at.is_some() && one.hold.is_none()));
    assert_eq!(world.all(ReversalState::Waiting).await[0].reference, "R3");
}

#[tokio::test]
async fn r8_both_in_one_batch_and_redelivered() {
    let world = World::start().await;
    let both = || ([receipt("A", usd(100)), receipt("A", usd(100))], [report("R", "A", 60)]);
    let (receipts, reports) = both();
    world.batch(&receipts, &reports).await;
    let (receipts, reports) = both();
    let again = world.batch(&receipts, &reports).await;
    assert!(matches!(again[0], ReversalClaim::Duplicate(_)));
    assert_eq!(world.sums().await, [-40, 0, 40, 0]);
}

/// Which of several is meant is told by the place in the document, whether they were kept before or come with it.
#[tokio::test]
async fn r8_among_several_of_one_reference_old_and_new_are_looked_at_alike() {
    let at = |position, minor| {
        let mut one = receipt("A", usd(minor));
        one.position = position;
        one
    };
    let of = |reference: &str, position| {
        let mut one = report(reference, "A", 10);
        one.position = position;
        one
    };
    for old in 0..=2 {
        let world = World::start().await;
        let mut new = vec![at(0, 100), at(1, 200)];
        for kept in new.drain(..old) {
            world.take_in_one(kept).await;
        }
        world.batch(&new, &[of("R1", 1), of("R2", 7)]).await;
        let [applied] = world.all(ReversalState::Applied).await.try_into().unwrap();
        assert_eq!(applied.reference, "R1", "{old} kept before");
        let meant = world.payment(applied.payment.unwrap()).await;
        assert_eq!((meant.position, meant.reversed_minor), (1, 10), "{old} kept before");
        let [held] = world.all(ReversalState::Held).await.try_into().unwrap();
        assert_eq!(held.reference, "R2", "{old} kept before: two, and none at that place");
    }
}

/// An event has no places: of two payments of 1.00 and 2.00 the one of that amount is meant.
#[tokio::test]
async fn r8_of_several_payments_under_one_reference_the_one_of_that_amount_is_taken_back() {
    let world = World::start().await;
    let second = Receipt { position: 1, ..receipt("A", usd(200)) };
    let ids = [world.take_in_one(receipt("A", usd(100))).await.id, world.take_in_one(second).await.id];
    world.batch(&[], &[report("R1", "A", 200), report("R2", "A", 101)]).await;
    let [applied] = world.all(ReversalState::Applied).await.try_into().unwrap();
    assert_eq!((applied.reference.as_str(), applied.payment), ("R1", Some(ids[1])));
    let [held] = world.all(ReversalState::Held).await.try_into().unwrap();
    assert_eq!(held.reference, "R2", "as much is left of none any more");
    assert_eq!(world.payment(ids[0]).await.reversed_minor, 0);
}

#[tokio::test]
async fn r8_in_part_out_of_review_the_rest_stays_to_be_decided() {
    let world = World::start().await;
    let id = world.take_in_one(stray("A", usd(100))).await.id;
    world.batch(&[], &[report("R", "A", 60)]).await;
    let payment = world.payment(id).await;
    assert_eq!((payment.status, payment.reversed_minor), (PaymentState::InReview, 60));
    let conn = world.db.pool.get().await.unwrap();
    let summary = deposits::suspense_summary(&conn).await.unwrap();
    assert_eq!(summary.lines[0].minor, 40.into(), "what lies in suspense");
    assert_eq!(world.sums().await, [-40, 40, 0, 0]);
}

#[tokio::test]
async fn r8_while_a_payment_is_on_its_way_back_its_reversal_waits_for_what_comes_of_it() {
    let world = World::start().await;
    let (back, gone) = (stray("A", usd(100)), stray("B", usd(100)));
    let [a, b] = [world.take_in_one(back).await.id, world.take_in_one(gone).await.id];
    let events: [fn(&mut deposits::Payments, PaymentId, time::OffsetDateTime); 3] = [
        |payments, id, now| drop(payments.start_return(id, now).unwrap()),
        |payments, id, now| drop(payments.return_failed(id, now).unwrap()),
        |payments, id, now| drop(payments.return_paid(id, now).unwrap()),
    ];
    let step = async |id: PaymentId, event: usize| {
        let mut conn = world.db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        let mut payments = lock(&tx, &[id]).await.unwrap();
        events[event](&mut payments, id, tx.now().await.unwrap());
        save(&tx, &payments).await.unwrap();
        tx.commit().await.unwrap();
    };
    step(a, 0).await;
    step(b, 0).await;
    world.batch(&[], &[report("RA", "A", 100), report("RB", "B", 100)]).await;
    let conn = world.db.pool.get().await.unwrap();
    let candidates = waiting_reversals(&conn, pg::Place::START, 10).await.unwrap();
    let ids: Vec<ReversalId> = candidates.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), 2);
    world.sweep(&ids).await;
    assert_eq!(world.all(ReversalState::Waiting).await.len(), 2);
    step(a, 1).await;
    step(b, 2).await;
    world.sweep(&ids).await;
    assert_eq!(world.payment(a).await.status, PaymentState::Returned);
    assert_eq!(world.all(ReversalState::Applied).await[0].reference, "RA");
    let held = world.all(ReversalState::Held).await;
    assert_eq!((held[0].reference.as_str(), held[0].hold), ("RB", Some(HoldReason::Exceeds)));
}

#[tokio::test]
async fn r8_what_a_person_must_look_at_is_held_until_dismissed() {
    let world = World::start().await;
    let mut second = receipt("A", usd(100));
    second.account_index = [8; 32];
    world.take_in(&[receipt("A", usd(100)), second]).await;
    let euros = Money::new(100, Currency::EUR).unwrap();
    let either = report("R1", "A", 100);
    let named = ReversalReport { account_index: Some(INDEX), ..report("R2", "A", 70) };
    let foreign = ReversalReport { amount: euros, account_index: Some(INDEX), ..report("R3", "A", 1) };
    world.batch(&[], &[either, named, foreign]).await;
    assert_eq!(world.sums().await, [-130, 100, 30, 0]);
    let held = world.all(ReversalState::Held).await;
    let why: Vec<_> = held.iter().map(|one| (one.reference.as_str(), one.hold.unwrap())).collect();
    assert_eq!(why, [("R1", HoldReason::SeveralPayments), ("R3", HoldReason::CurrencyDiffers)]);

    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut locked = lock_reversals(&tx, &[held[0].id]).await.unwrap();
    locked[0].dismiss().unwrap();
    save_reversals(&tx, &[&locked[0]]).await.unwrap();
    let twice = save_reversals(&tx, &[&locked[0]]).await.unwrap_err();
    assert!(matches!(twice, deposits::Error::Unexpected(_)), "I6: only from the state that was loaded");
    tx.rollback().await.unwrap();
    world.sweep(&[held[0].id, held[1].id]).await;
    assert_eq!(world.all(ReversalState::Held).await, held, "a sweep leaves them alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r8_concurrent_reports_of_one_reversal_take_the_money_back_once() {
    let world = Arc::new(World::start().await);
    for n in 0..4 {
        world.take_in_one(receipt(&format!("P{n}"), usd(100))).await;
    }
    let tasks: Vec<_> = (0..16)
        .map(|task: i64| {
            let world = world.clone();
            tokio::spawn(async move {
                let mut reports: Vec<ReversalReport> =
                    (0..4).map(|n| report("R", &format!("P{n}"), 10 + task % 2)).collect();
                reports.rotate_left(usize::try_from(task % 4).unwrap());
                world.batch(&[], &reports).await
            })
        })
        .collect();
    let mut new = [0, 0];
    for task in tasks {
        for claim in task.await.unwrap() {
            if let ReversalClaim::New { conflict } = claim {
                new[usize::from(conflict)] += 1;
            }
        }
    }
    assert_eq!(new, [4, 4]);
    assert_eq!(world.all(ReversalState::Applied).await.len(), 4);
    assert_eq!(world.all(ReversalState::Held).await.len(), 4);
    let [nostro, suspense, merchants, owed] = world.sums().await;
    let taken = world.count("SELECT sum(reversed_minor)::bigint FROM payments").await;
    assert!((40..=44).contains(&taken), "{taken}");
    assert_eq!((nostro, suspense, merchants, owed), (taken - 400, 0, 400 - taken, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r8_payments_and_their_reversals_at_the_same_moment_meet_at_last() {
    let world = Arc::new(World::start().await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..24 {
        let (original, first, second) = (format!("P{n}"), world.clone(), world.clone());
        let reports = [report("R", &original, 100)];
        tasks.spawn(async move { drop(first.batch(&[receipt(&original, usd(100))], &[]).await) });
        tasks.spawn(async move { drop(second.batch(&[], &reports).await) });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let conn = world.db.pool.get().await.unwrap();
    let missed = waiting_reversals(&conn, pg::Place::START, 100).await.unwrap();
    world.sweep(&missed.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await;
    assert_eq!(world.all(ReversalState::Applied).await.len(), 24);
    assert_eq!(world.sums().await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn r8_the_running_program_can_neither_change_nor_delete_a_reversals_words() {
    let world = World::start().await;
    world.batch(&[], &[report("R", "A", 1)]).await;
    for sql in [
        "UPDATE reversal_keys SET amount_minor = 2",
        "DELETE FROM reversal_keys",
        "DELETE FROM reversals",
        "UPDATE reversals SET amount_minor = 2",
        "TRUNCATE reversals",
    ] {
        let conn = world.db.pool.get().await.unwrap();
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}
