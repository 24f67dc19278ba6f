//! What came in, as those see it who compare it with statements.

use deposits::{BookedPayment, booked_between, booked_under};
use money::{Currency, Money};
use pg::Shards;
use time::Duration;

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
