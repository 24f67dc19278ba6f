use proptest::prelude::*;
use time::Duration;

use super::*;

fn store() -> StoreId {
    StoreId::new(pg::Shards::new(16).of(&[b"a merchant"]))
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn at(day: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(20_000 + day)
}

/// Orders as (store, id, day, minor units).
fn with(orders: &[(StoreId, &str, i64, i64)]) -> OpenOrders {
    let order = |(store, id, day, minor): &(StoreId, &str, i64, i64)| {
        (*store, Order { id: (*id).to_owned(), amount: usd(*minor), ordered_at: at(*day) })
    };
    OpenOrders::of(orders.iter().map(order))
}

fn covered(open: &OpenOrders) -> Vec<(&str, i64)> {
    open.orders.iter().map(|((_, id), held)| (id.as_str(), held.covered)).collect()
}

#[test]
fn r6_the_oldest_order_covers_first_over_all_stores() {
    let mut stores = [store(), store()];
    stores.sort();
    let [us, ca] = stores;
    let mut open = with(&[(us, "A", 3, 100), (us, "C", 1, 50), (ca, "B", 2, 70)]);
    assert_eq!(open.cover(&[us, ca], usd(60), Uuid::from_u128(1)), Some(vec![(us, usd(50)), (ca, usd(10))]));
    assert_eq!(covered(&open), [("A", 0), ("C", 50), ("B", 10)]);
    assert_eq!(open.cover(&[us, ca], usd(61), Uuid::from_u128(2)), Some(vec![(us, usd(1)), (ca, usd(60))]));
    assert_eq!(covered(&open), [("A", 1), ("C", 50), ("B", 70)]);
}

#[test]
fn r6_all_or_nothing() {
    let store = store();
    let mut open = with(&[(store, "A", 1, 100)]);
    assert_eq!(open.cover(&[store], usd(101), Uuid::from_u128(1)), None);
    assert_eq!(covered(&open), [("A", 0)], "nothing was taken");
    assert!(open.covers.is_empty());
    assert_eq!(open.cover(&[store], usd(100), Uuid::from_u128(2)), Some(vec![(store, usd(100))]));
    assert_eq!(open.cover(&[store], usd(1), Uuid::from_u128(3)), None);
}

#[test]
fn r6_another_stores_and_another_currencys_orders_cover_nothing() {
    let (own, other) = (store(), store());
    let mut open = with(&[(other, "A", 1, 100)]);
    assert_eq!(open.cover(&[own], usd(1), Uuid::from_u128(1)), None);
    let yen = Money::new(1, Currency::JPY).unwrap();
    assert_eq!(open.cover(&[other], yen, Uuid::from_u128(1)), None);
    // A store that is named twice doesn't count twice.
    assert_eq!(open.cover(&[other, other], usd(101), Uuid::from_u128(1)), None);
}

#[test]
fn r6_an_order_that_was_not_read_is_not_passed_over() {
    let mut stores = [store(), store()];
    stores.sort();
    let [us, ca] = stores;
    let mut open = with(&[(us, "A", 1, 10), (us, "B", 3, 10), (ca, "C", 2, 10), (ca, "D", 4, 10)]);
    // Of this store there are more, some of which may be older than the other store's last.
    let end = Some((at(3), "B".to_owned()));
    open.read.insert((us, Currency::USD), Extent { found: 20, rows: 2, end });
    assert_eq!(open.cover(&[us, ca], usd(31), Uuid::from_u128(1)), None);
    assert_eq!(
        open.cover(&[us, ca], usd(30), Uuid::from_u128(2)),
        Some(vec![(us, usd(20)), (ca, usd(10))]),
        "what was read covers"
    );
    assert_eq!(open.cover(&[ca], usd(10), Uuid::from_u128(3)), Some(vec![(ca, usd(10))]));
}

#[test]
fn r8_a_return_gives_cover_back_the_newest_order_first_and_never_more_than_there_was() {
    let store = store();
    let (payment, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut open = with(&[(store, "A", 1, 40), (store, "B", 2, 40), (store, "C", 3, 40)]);
    open.cover(&[store], usd(100), payment).unwrap();
    assert_eq!(open.uncover(payment, 30), [(store, usd(30))]);
    assert_eq!(covered(&open), [("A", 40), ("B", 30), ("C", 0)]);
    assert!(open.uncover(other, 30).is_empty(), "another payment's cover stays");
    assert_eq!(
        open.cover(&[store], usd(50), other),
        Some(vec![(store, usd(50))]),
        "what came back covers again"
    );
    assert_eq!(open.uncover(payment, 1_000), [(store, usd(70))]);
    assert!(open.uncover(payment, 1).is_empty());
}

proptest! {
    #[test]
    fn covers_never_exceed_orders_and_everything_comes_back(
        orders in prop::collection::vec((0usize..3, 0i64..9, 1i64..100), 0..12),
        payments in prop::collection::vec((1i64..150, 0i64..200), 0..10),
    ) {
        let stores = [store(), store(), store()];
        let ids: Vec<String> = (0..orders.len()).map(|n| format!("{n:02}")).collect();
        let rows: Vec<(StoreId, &str, i64, i64)> = orders
            .iter()
            .zip(&ids)
            .map(|((store, day, minor), id)| (stores[*store], id.as_str(), *day, *minor))
            .collect();
        let mut open = with(&rows);
        let total: i64 = orders.iter().map(|order| order.2).sum();
        let mut out = 0;
        for (n, (amount, back)) in payments.iter().enumerate() {
            let payment = Uuid::from_u128(n as u128 + 1);
            let sum = |parts: &[(StoreId, Money)]| parts.iter().map(|part| part.1.minor()).sum::<i64>();
            match open.cover(&stores, usd(*amount), payment) {
                Some(parts) => {
                    prop_assert_eq!(sum(&parts), *amount);
                    out += amount;
                    let given = sum(&open.uncover(payment, *back));
                    prop_assert_eq!(given, *back.min(amount));
                    out -= given;
                }
                None => prop_assert!(total - out < *amount, "it could have been covered"),
            }
            prop_assert_eq!(open.orders.values().map(|held| held.covered).sum::<i64>(), out);
            for held in open.orders.values() {
                prop_assert!((0..=held.amount).contains(&held.covered));
            }
        }
        for n in 0..payments.len() {
            open.uncover(Uuid::from_u128(n as u128 + 1), i64::MAX);
        }
        prop_assert!(open.orders.values().all(|held| held.covered == 0));
    }
}
