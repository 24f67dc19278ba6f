//! What came in, as those see it who compare it with statements.

use deposits::{
    BookedPayment, Reversal, ReversalId, booked_between, booked_under, taken_back_between, taken_back_under,
};
use money::{Currency, Money};
use pg::Shards;
use time::Duration;

use crate::reversals::report;
use crate::world::{INDEX, World, bank, receipt, usd};

#[tokio::test]
async fn r44_payments_are_found_by_bank_and_reference() {
    let world = World::start().await;
    let yen = Money::new(5, Currency::JPY).unwrap();
    let second = deposits::Receipt { position: 1, ..receipt("A", usd(100)) };
    world.take_in(&[receipt("A", usd(100)), second, receipt("B", usd(7)), receipt("A", yen)]).await;
    let conn = world.db.pool.get().await.unwrap();
    let asked = [("harbour", "A"), ("harbour", "A"), ("other", "B"), ("harbour", "?")];
    let found = booked_under(&conn, Shards::new(16), &asked).await.unwrap();
    let mut amounts: Vec<_> = found.iter().map(|payment| payment.amount.minor()).collect();
    amounts.sort_unstable();
    // The one that contradicts the first is in the book, too.
    assert_eq!(amounts, [5, 100, 100]);
    assert!(found.iter().all(|payment| payment.bank == bank() && payment.account_index == INDEX));
    assert!(booked_under(&conn, Shards::new(16), &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn r44_payments_are_found_by_the_time_of_their_booking() {
    let world = World::start().await;
    let receipts: Vec<_> = (0..40).map(|n| receipt(&format!("R{n}"), usd(100 + n))).collect();
    world.take_in(&receipts).await;
    let conn = world.db.pool.get().await.unwrap();
    let now = conn.now().await.unwrap();
    let hour = Duration::hours(1);
    let mut found: Vec<BookedPayment> = Vec::new();
    let mut after = None;
    loop {
        let page = booked_between(&conn, (now - hour, now), after, 3).await.unwrap();
        assert!(page.payments.len() <= 3);
        found.extend(page.payments);
        after = page.last;
        if after.is_none() {
            break;
        }
    }
    // What was booked near that time is looked at, no more at once than it may be, and is not in it.
    for outside in [(now - hour / 2, now - hour / 4), (now, now + hour)] {
        let page = booked_between(&conn, outside, None, 10).await.unwrap();
        assert!(page.payments.is_empty() && page.last.is_some());
        assert!(booked_between(&conn, outside, page.last, 40).await.unwrap().last.is_some());
    }
    for far in [(now - hour * 3, now - hour * 2), (now + hour * 2, now + hour * 3)] {
        assert!(booked_between(&conn, far, None, 10).await.unwrap().last.is_none());
    }
    let mut amounts: Vec<_> = found.iter().map(|payment| payment.amount.minor()).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, (100..140).collect::<Vec<_>>());
}

#[tokio::test]
async fn r8_r44_reversals_are_found_by_their_own_reference_and_by_that_of_their_payment() {
    let world = World::start().await;
    let other = deposits::ReversalReport { bank: "other".into(), ..report("BACK-1", "B", 7) };
    let reports =
        [report("BACK-1", "A", 40), report("BACK-2", "A", 30), report("BACK-3", "unseen", 5), other];
    world.batch(&[receipt("A", usd(100))], &reports).await;
    let conn = world.db.pool.get().await.unwrap();
    let found = async |asked: &[(&str, &str)]| -> Vec<i64> {
        let found = taken_back_under(&conn, Shards::new(16), asked).await.unwrap();
        let mut amounts: Vec<i64> = found.iter().map(|reversal| reversal.amount.minor()).collect();
        amounts.sort_unstable();
        amounts
    };
    assert_eq!(found(&[("harbour", "A")]).await, [30, 40]);
    assert_eq!(found(&[("harbour", "BACK-1")]).await, [40]);
    assert_eq!(found(&[("other", "BACK-1"), ("harbour", "BACK-3")]).await, [5, 7]);
    // Once, whatever it is found by.
    assert_eq!(found(&[("harbour", "BACK-1"), ("harbour", "A")]).await, [30, 40]);
    assert!(found(&[("harbour", "BACK"), ("other", "BACK-2"), ("other", "A")]).await.is_empty());
    assert!(found(&[]).await.is_empty());
}

#[tokio::test]
async fn r8_r44_a_reversal_that_waited_long_is_among_those_of_the_days_in_which_it_was_applied() {
    let world = World::start().await;
    world.batch(&[], &[report("BACK-1", "A", 40)]).await;
    // What only time would bring about: it was reported eighty days ago.
    let owner = world.db.owner().get().await.unwrap();
    let aged = "UPDATE reversals SET received_at = now() - interval '80 days',
                       id = overlay(id::text PLACING x.time FROM 1 FOR 13)::uuid
                FROM (SELECT overlay(lpad(to_hex(m.millis), 12, '0') PLACING '-' FROM 9 FOR 0) AS time
                      FROM (SELECT (extract(epoch FROM now() - interval '80 days') * 1000)::bigint AS millis) AS m) AS x;
                UPDATE reversal_keys SET reversal = (SELECT id FROM reversals)";
    owner.batch_execute(aged).await.unwrap();
    world.batch(&[receipt("A", usd(100))], &[]).await;
    let conn = world.db.pool.get().await.unwrap();
    let now = conn.now().await.unwrap();
    let shard = deposits::shard_of(Shards::new(16), "harbour", "A");
    let day = Duration::days(1);
    let (mut found, mut after): (Vec<Reversal>, Option<ReversalId>) = (vec![], None);
    loop {
        let page = taken_back_between(&conn, shard, (now - day, now), after, 1).await.unwrap();
        after = page.last().map(|reversal| reversal.id);
        found.extend(page);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 1);
    assert!(found[0].applied_at.unwrap() > now - day && found[0].received_at < now - day * 79);
    assert!(
        taken_back_between(&conn, shard, (now + day * 20, now + day * 21), None, 1).await.unwrap().is_empty()
    );
}
