//! What is read of payments: lists, sums, the review queue, and its sweep.

use std::collections::BTreeMap;

use deposits::{
    PaymentDetails, PaymentFilter, PaymentId, PaymentPlace, PaymentSort, PaymentState, Reason, get,
    in_review_sums, list, lock, rematch_candidates, save, suspense_summary,
};
use merchants::MerchantId;
use money::{Currency, Money};
use pg::Shard;
use privacy::Keyring;
use rust_decimal::Decimal;

use crate::world::{World, receipt, stray, usd};

/// The largest amount that is taken.
const MOST: i64 = 999_999_999_999_999_999;

fn yen(minor: i64) -> Money {
    Money::new(minor, Currency::JPY).unwrap()
}

fn sums(of: &[(Currency, i128)]) -> BTreeMap<Currency, Decimal> {
    of.iter().map(|(currency, minor)| (*currency, Decimal::from(*minor))).collect()
}

#[tokio::test]
async fn lists_go_oldest_first_page_by_page() {
    let world = World::start().await;
    let mut expected = Vec::new();
    for n in 0..7 {
        expected.push(world.take_in_one(stray(&format!("S{n}"), usd(10))).await.id);
        world.take_in_one(receipt(&format!("C{n}"), usd(10))).await;
    }
    let conn = world.db.pool.get().await.unwrap();
    for (status, count) in [
        (PaymentState::InReview, 7),
        (PaymentState::Credited, 7),
        (PaymentState::Returning, 0),
        (PaymentState::Returned, 0),
    ] {
        let (mut place, mut found) = (None, Vec::new());
        loop {
            let all = PaymentFilter::default();
            let page = list(&conn, status, &all, PaymentSort::Oldest, place, 3).await.unwrap();
            assert!(page.rows.len() <= 3 && page.rows.iter().all(|payment| payment.status == status));
            found.extend(page.rows.iter().map(|payment| payment.id));
            let Some(last) = page.last else { break };
            place = Some(PaymentPlace::of(&last).to_string().parse().unwrap());
        }
        assert_eq!(found.len(), count, "{status}");
        if status == PaymentState::InReview {
            assert_eq!(found, expected);
        }
    }
}

#[tokio::test]
async fn what_a_merchant_has_in_review_is_summed_by_currency() {
    let world = World::start().await;
    let conn = world.db.pool.get().await.unwrap();
    assert_eq!(in_review_sums(&conn, world.merchant).await.unwrap(), sums(&[]));
    // Credited, nobody's, and in review: only the last counts.
    world.take_in(&[receipt("A", usd(1)), stray("B", usd(2))]).await;
    world.take_in(&[receipt("A", usd(4)), receipt("A", usd(8)), receipt("C", yen(16))]).await;
    let expected = sums(&[(Currency::JPY, 16), (Currency::USD, 12)]);
    assert_eq!(in_review_sums(&conn, world.merchant).await.unwrap(), expected);
    let other = MerchantId::new(Shard::new(5).unwrap());
    assert_eq!(in_review_sums(&conn, other).await.unwrap(), sums(&[]));
}

/// By hand: ten times 999,999,999,999,999,999 yen are more than 64 bits hold.
#[tokio::test]
async fn r5_absurd_amounts_are_summed_like_all_others() {
    let world = World::start().await;
    world.take_in_one(stray("N", usd(3))).await;
    let of_nobody: Vec<_> = (0..10).map(|n| stray(&format!("S{n}"), yen(MOST))).collect();
    let of_merchant: Vec<_> = (0..10).map(|n| receipt(&format!("M{n}"), yen(MOST))).collect();
    world.take_in(&of_nobody).await;
    world.take_in(&of_merchant).await;
    let ten = 9_999_999_999_999_999_990_i128;
    let conn = world.db.pool.get().await.unwrap();
    assert_eq!(in_review_sums(&conn, world.merchant).await.unwrap(), sums(&[(Currency::JPY, ten)]));
    let summary = suspense_summary(&conn).await.unwrap();
    let lines: Vec<_> =
        summary.lines.iter().map(|line| (line.reason, line.payments, line.currency, line.minor)).collect();
    assert_eq!(
        lines,
        [
            (Reason::CurrencyMismatch, 10, Currency::JPY, Decimal::from(ten)),
            (Reason::UnknownAccount, 10, Currency::JPY, Decimal::from(ten)),
            (Reason::UnknownAccount, 1, Currency::USD, Decimal::from(3)),
        ]
    );
    assert_eq!(summary.by_currency(), sums(&[(Currency::JPY, 2 * ten), (Currency::USD, 3)]));
}

#[tokio::test]
async fn the_summary_equals_what_lies_in_suspense() {
    let world = World::start().await;
    let conn = world.db.pool.get().await.unwrap();
    assert_eq!(suspense_summary(&conn).await.unwrap().payments(), 0);
    assert_eq!(suspense_summary(&conn).await.unwrap().oldest(), None);
    let oldest = world.take_in_one(stray("A", usd(1))).await.received_at;
    world.take_in(&[stray("B", usd(2)), receipt("C", yen(4)), receipt("D", usd(8))]).await;
    let summary = suspense_summary(&conn).await.unwrap();
    let lines: Vec<(Reason, i64, Currency, Decimal)> =
        summary.lines.iter().map(|line| (line.reason, line.payments, line.currency, line.minor)).collect();
    assert_eq!(
        lines,
        [
            (Reason::CurrencyMismatch, 1, Currency::JPY, Decimal::from(4)),
            (Reason::UnknownAccount, 2, Currency::USD, Decimal::from(3)),
        ]
    );
    assert_eq!((summary.payments(), summary.oldest()), (3, Some(oldest)));
    assert!(summary.lines.iter().all(|line| line.older_than_1_day == 0 && line.older_than_5_days == 0));
    assert_eq!(world.sum("suspense", Currency::USD).await, 3);
    assert_eq!(world.sum("suspense", Currency::JPY).await, 4);
}

#[tokio::test]
async fn the_summary_tells_ages() {
    let world = World::start().await;
    for (reference, age) in [("A", "23 hours"), ("B", "25 hours"), ("C", "119 hours"), ("D", "121 hours")] {
        let id = world.take_in_one(stray(reference, usd(1))).await.id.uuid();
        let sql = format!("UPDATE payments SET received_at = now() - interval '{age}' WHERE id = '{id}'");
        world.db.owner().get().await.unwrap().batch_execute(&sql).await.unwrap();
    }
    let conn = world.db.pool.get().await.unwrap();
    let line = suspense_summary(&conn).await.unwrap().lines.remove(0);
    assert_eq!((line.payments, line.older_than_1_day, line.older_than_5_days), (4, 3, 1));
}

#[tokio::test]
async fn r7_a_sweep_walks_all_whose_cause_may_disappear() {
    let world = World::start().await;
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.push(world.take_in_one(stray(&format!("S{n}"), usd(10))).await.id);
        world.take_in_one(receipt(&format!("Y{n}"), yen(10))).await;
    }
    // Returning: no longer in review.
    let returning = expected.remove(2);
    let mut conn = world.db.pool.get().await.unwrap();
    let tx = conn.begin().await.unwrap();
    let mut payments = lock(&tx, &[returning]).await.unwrap();
    payments.start_return(returning, tx.now().await.unwrap()).unwrap();
    save(&tx, &payments).await.unwrap();
    tx.commit().await.unwrap();
    let (mut cursor, mut found) = (pg::Place::START, Vec::<PaymentId>::new());
    loop {
        let page = rematch_candidates(&conn, cursor, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = last.cursor;
        assert!(page.iter().all(|one| one.account_index == [8; 32] && &*one.bank == "harbour"));
        found.extend(page.iter().map(|one| one.id));
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn r36_details_are_sealed_for_their_payment_and_never_printed() {
    let world = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::generate(&folder.path().join("keys.toml")).unwrap();
    let details = PaymentDetails {
        account_number: "8335001234".to_owned(),
        remitter_name: Some("AMAZON PAYMENTS INC".to_owned()),
        remitter_account: None,
        remittance_information: Some("Settlement 11/2026".to_owned()),
        end_to_end_id: None,
    };
    assert_eq!(format!("{details:?}"), "PaymentDetails(…)");
    let mut receipt = receipt("A", usd(100));
    receipt.details_sealed = details.seal(&keyring, receipt.id).unwrap().into();
    let id = world.take_in_one(receipt).await.id;
    let stored = get(&world.db.pool.get().await.unwrap(), id).await.unwrap().unwrap();
    assert!(!stored.details_sealed.windows(10).any(|bytes| bytes == b"8335001234"));
    assert_eq!(PaymentDetails::open(&stored.details_sealed, &keyring, id).unwrap(), details);
    let other = PaymentId::new(id.shard());
    assert!(PaymentDetails::open(&stored.details_sealed, &keyring, other).is_err());
}
