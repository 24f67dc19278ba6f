//! Orders as evidence, in the database: what covers, what is given back, what an import finds.

use merchants::orders::{
    MOST_ORDERS, MOST_STORES, OpenOrders, Order, Wanted, covers_of, existing_orders, insert_orders,
    list_orders, load_covers, lock_stores, more_orders, oldest_orders, open_orders, save_covers,
};
use merchants::{MerchantState, StoreId};
use money::{Currency, Money};
use testkit::somebody_waits;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::world::{NAME, World};

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD).unwrap()
}

fn order(id: &str, days_ago: i64, minor: i64) -> Order {
    let ordered_at = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000 - days_ago);
    Order { id: id.into(), amount: usd(minor), ordered_at }
}

async fn store_with(world: &World, orders: &[Order]) -> StoreId {
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let store = world.store(merchant, "amazon", None).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let rows: Vec<(StoreId, Order)> = orders.iter().map(|order| (store, order.clone())).collect();
    insert_orders(&tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    store
}

async fn covered(world: &World, store: StoreId) -> Vec<(String, i64)> {
    let rows = list_orders(&world.conn().await, store, "", 1_000).await.unwrap();
    rows.into_iter().map(|row| (row.order.id, row.covered.minor())).collect()
}

/// Covers `minor` of one payment in a transaction of its own; whether it could.
async fn cover(world: &World, store: StoreId, minor: i64, payment: Uuid) -> bool {
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut open = open_orders(&tx, &[(store, Currency::USD, minor)]).await.unwrap();
    let did = open.cover(&[store], usd(minor), payment).is_some();
    save_covers(&tx, &open).await.unwrap();
    tx.commit().await.unwrap();
    did
}

#[tokio::test]
async fn r6_cover_is_kept_and_what_is_covered_covers_nothing_else() {
    let world = World::new().await;
    let store = store_with(&world, &[order("new", 1, 100), order("old", 9, 100)]).await;
    assert!(cover(&world, store, 150, Uuid::from_u128(1)).await);
    assert_eq!(covered(&world, store).await, [("new".into(), 50), ("old".into(), 100)]);
    assert!(!cover(&world, store, 51, Uuid::from_u128(2)).await);
    assert!(cover(&world, store, 50, Uuid::from_u128(2)).await);
    assert!(!cover(&world, store, 1, Uuid::from_u128(3)).await);
    assert!(cover(&world, store, 0, Uuid::from_u128(4)).await, "nothing needs no cover");
}

#[tokio::test]
async fn r6_a_payment_may_need_more_orders_than_one_page_holds() {
    let world = World::new().await;
    let orders: Vec<Order> = (0..700).map(|n| order(&format!("{n:04}"), n, 10)).collect();
    let store = store_with(&world, &orders).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let wanted = [(store, Currency::USD, 3_000), (store, Currency::USD, 3_995), (store, Currency::JPY, 5)];
    let mut open = open_orders(&tx, &wanted).await.unwrap();
    assert!(open.cover(&[store], usd(3_000), Uuid::from_u128(1)).is_some());
    assert!(open.cover(&[store], usd(3_995), Uuid::from_u128(2)).is_some());
    assert!(open.cover(&[store], usd(6), Uuid::from_u128(3)).is_none());
    save_covers(&tx, &open).await.unwrap();
    tx.commit().await.unwrap();
    let rows = covered(&world, store).await;
    assert_eq!(rows.iter().map(|row| row.1).sum::<i64>(), 6_995);
    assert_eq!(rows[0], ("0000".into(), 5), "the newest is covered last");
}

/// A store with as many orders of a cent.
async fn store_with_cents(world: &World, orders: usize) -> StoreId {
    let store = store_with(world, &[]).await;
    let sql = "INSERT INTO orders (shard, store, order_id, amount_minor, currency, ordered_at)
               SELECT $1, $2, n::text, 1, 'USD', timestamptz '2024-01-01' + n * interval '1 s'
               FROM generate_series(1, $3::bigint) n";
    let orders = i64::try_from(orders).unwrap();
    world.conn().await.execute(sql, &[&store.shard().number(), &store.uuid(), &orders]).await.unwrap();
    store
}

#[tokio::test]
async fn r6_a_payment_is_covered_by_so_many_orders_at_most() {
    let world = World::new().await;
    let store = store_with_cents(&world, MOST_ORDERS + 2).await;
    let most = i64::try_from(MOST_ORDERS).unwrap();
    assert!(!cover(&world, store, most + 1, Uuid::from_u128(1)).await, "one more than may be taken");
    assert!(cover(&world, store, most, Uuid::from_u128(2)).await, "and nothing was taken by that");
    assert!(cover(&world, store, 2, Uuid::from_u128(3)).await);
    assert!(!cover(&world, store, 1, Uuid::from_u128(4)).await);
}

#[tokio::test]
async fn r6_of_payments_that_need_too_many_orders_together_the_first_are_covered() {
    let world = World::new().await;
    let mut stores = Vec::new();
    for _ in 0..8 {
        stores.push(store_with_cents(&world, MOST_ORDERS).await);
    }
    let most = i64::try_from(MOST_ORDERS).unwrap();
    let wanted: Vec<Wanted> = stores.iter().map(|store| (*store, Currency::USD, most)).collect();
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut open = open_orders(&tx, &wanted).await.unwrap();
    let mut did = Vec::new();
    for store in &stores {
        did.push(open.cover(&[*store], usd(most), Uuid::now_v7()).is_some());
    }
    assert_eq!(did, [true, true, true, true, true, true, false, false], "as far as one transaction reads");
    drop(tx);
    assert!(cover(&world, stores[7], most, Uuid::now_v7()).await, "in the next one it is the first");
}

/// As many orders as a full batch of payments may need, each of a store of its own: none is read in vain.
#[tokio::test]
async fn r6_many_payments_of_many_stores_are_covered_in_one_transaction() {
    let world = World::new().await;
    let mut stores = Vec::new();
    for _ in 0..200 {
        stores.push(store_with_cents(&world, 300).await);
    }
    let wanted: Vec<Wanted> = stores.iter().map(|store| (*store, Currency::USD, 200)).collect();
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut open = open_orders(&tx, &wanted).await.unwrap();
    for store in &stores {
        assert!(open.cover(&[*store], usd(200), Uuid::now_v7()).is_some());
    }
    assert!(!open.lacks(&wanted));
}

/// Both stores of an account are read, however many orders the first one has.
#[tokio::test]
async fn r6_r7_payments_that_two_stores_cover_together_are_covered_one_after_the_other() {
    let world = World::new().await;
    let (many, few) = (store_with_cents(&world, 72_000).await, store_with_cents(&world, 8_000).await);
    let spread = "UPDATE orders SET ordered_at = timestamptz '2024-01-01' + order_id::bigint * interval '9 s'
                  WHERE shard = $1 AND store = $2";
    let owner = world.db.owner().get().await.unwrap();
    owner.execute(spread, &[&few.shard().number(), &few.uuid()]).await.unwrap();
    let wanted: Vec<Wanted> =
        (0..10).flat_map(|_| [many, few].map(|store| (store, Currency::USD, 8_000))).collect();
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut open = open_orders(&tx, &wanted).await.unwrap();
    let stores = [many, few];
    let did = (0..10).filter(|_| open.cover(&stores, usd(8_000), Uuid::now_v7()).is_some()).count();
    assert!((5..10).contains(&did), "as far as one transaction reads: {did}");
}

#[tokio::test]
async fn r6_of_what_can_not_be_covered_a_few_orders_are_read_and_no_more() {
    let world = World::new().await;
    let store = store_with_cents(&world, 500).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let (small, large) = ((store, Currency::USD, 400), (store, Currency::USD, 501));
    let mut open = oldest_orders(&tx, &[large, small]).await.unwrap();
    assert!(open.lacks(&[small]));
    assert!(open.cover(&[store], usd(501), Uuid::from_u128(1)).is_none());
    assert!(open.cover(&[store], usd(9), Uuid::from_u128(2)).is_none(), "eight were read");
    more_orders(&tx, &mut open, &[small]).await.unwrap();
    assert!(!open.lacks(&[small]));
    assert!(open.cover(&[store], usd(501), Uuid::from_u128(3)).is_none());
    assert!(open.cover(&[store], usd(400), Uuid::from_u128(4)).is_some());
}

#[tokio::test]
async fn r8_cover_comes_back_with_a_return_once() {
    let world = World::new().await;
    let store = store_with(&world, &[order("a", 9, 100), order("b", 1, 100)]).await;
    let (payment, shard) = (Uuid::from_u128(1), store.shard());
    assert!(cover(&world, store, 150, payment).await);
    for (back, given, left) in [(60, 60, [90, 0]), (60, 60, [30, 0]), (60, 30, [0, 0]), (60, 0, [0, 0])] {
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        let stores = covers_of(&tx, &[(shard, payment)]).await.unwrap();
        assert_eq!(stores, [(payment, store, Currency::USD)]);
        let mut open = OpenOrders::default();
        load_covers(&tx, &mut open, &[(shard, payment)]).await.unwrap();
        let got: i64 = open.uncover(payment, back).iter().map(|part| part.1.minor()).sum();
        assert_eq!(got, given);
        save_covers(&tx, &open).await.unwrap();
        tx.commit().await.unwrap();
        let rows = covered(&world, store).await;
        assert_eq!([rows[0].1, rows[1].1], left);
    }
    assert!(cover(&world, store, 200, Uuid::from_u128(2)).await, "all of it covers again");
}

#[tokio::test]
async fn what_was_not_read_under_the_lock_stops_the_work() {
    let world = World::new().await;
    let store = store_with(&world, &[order("a", 9, 100)]).await;
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let mut open = open_orders(&tx, &[(store, Currency::USD, 10)]).await.unwrap();
    open.cover(&[store], usd(10), Uuid::from_u128(1)).unwrap();
    // Somebody who doesn't keep to the locks.
    assert!(cover(&world, store, 20, Uuid::from_u128(2)).await);
    assert!(save_covers(&tx, &open).await.is_err());
}

#[tokio::test]
async fn two_imports_of_one_store_take_turns() {
    let world = World::new().await;
    let store = store_with(&world, &[]).await;
    let mut first = world.conn().await;
    let tx = first.begin().await.unwrap();
    assert_eq!(lock_stores(&tx, &[store]).await.unwrap().len(), 1);
    insert_orders(&tx, &[(store, order("a", 1, 5))]).await.unwrap();
    let second = async {
        let mut conn = world.conn().await;
        let tx = conn.begin().await.unwrap();
        lock_stores(&tx, &[store]).await.unwrap();
        existing_orders(&tx, store, &["a", "b"]).await.unwrap()
    };
    let end_first = async {
        somebody_waits(&world.db).await;
        tx.commit().await.unwrap();
    };
    let (found, ()) = tokio::join!(second, end_first);
    assert_eq!(found.get("a"), Some(&order("a", 1, 5)));
    assert_eq!(found.len(), 1);
    let nobody = StoreId::new(store.shard());
    let tx = first.begin().await.unwrap();
    assert!(lock_stores(&tx, &[nobody]).await.unwrap().is_empty());
}

#[tokio::test]
async fn r6_the_first_thousand_stores_of_a_merchant_may_bring_orders() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let mut stores: Vec<StoreId> = (0..=MOST_STORES).map(|_| StoreId::new(merchant.shard())).collect();
    stores.sort();
    let ids: Vec<Uuid> = stores.iter().map(|store| store.uuid()).collect();
    let sql = "INSERT INTO stores (shard, id, merchant, platform, site, name)
               SELECT $1, id, $2, 'amazon', 'US', id::text FROM unnest($3::uuid[]) id";
    let mut conn = world.conn().await;
    conn.execute(sql, &[&merchant.shard().number(), &merchant.uuid(), &ids]).await.unwrap();
    let tx = conn.begin().await.unwrap();
    let owners = lock_stores(&tx, &stores).await.unwrap();
    assert!(owners.values().all(|owner| owner.merchant == merchant));
    let late: Vec<&StoreId> = stores.iter().filter(|store| !owners[store].is_early).collect();
    assert_eq!(late, [stores.last().unwrap()]);
}
