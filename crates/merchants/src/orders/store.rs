//! Orders and covers in the database.

use std::collections::HashMap;

use money::{Currency, Money};
use pg::types::Type;
use pg::{Connection, NewRows, Row, Shard, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Cover, Held, OpenOrders, Order, OrderKey};
use crate::error::Error;
use crate::{MerchantId, StoreId};

/// A merchant's first so many stores may bring orders: what one store may bring is bounded, and so is what one merchant
/// may.
pub const MOST_STORES: i64 = 1_000;

/// Reads the covers of payments, each with the shard of its merchant, into `open`, so that they can be given back.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn load_covers(
    tx: &Tx<'_>,
    open: &mut OpenOrders,
    payments: &[(Shard, Uuid)],
) -> Result<(), Error> {
    if payments.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = payments.iter().map(|(shard, _)| shard.number()).collect();
    let ids: Vec<Uuid> = payments.iter().map(|(_, id)| *id).collect();
    let homes: HashMap<Uuid, Shard> = payments.iter().map(|(shard, id)| (*id, *shard)).collect();
    for row in tx.query(include_str!("../sql/order_covers.sql"), &[&shards, &ids]).await? {
        let key: OrderKey = (StoreId::from_uuid(row.get("store")), row.get("order_id"));
        let payment: Uuid = row.get("payment");
        let (currency, ordered_at) = (currency_of(&row)?, row.get("ordered_at"));
        let (amount, covered): (i64, i64) = (row.get("amount_minor"), row.get("covered_minor"));
        open.hold(key.clone(), Held { currency, ordered_at, amount, covered, loaded: covered });
        let (minor, released) = (row.get("minor"), row.get("released_minor"));
        open.covers
            .insert((payment, key), Cover { currency, ordered_at, minor, released, loaded: Some(released) });
        open.homes.extend(homes.get(&payment).map(|shard| (payment, *shard)));
    }
    Ok(())
}

/// Whose orders cover these payments: the evidence accounts to lock before [`load_covers`].
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn covers_of(
    tx: &Tx<'_>,
    payments: &[(Shard, Uuid)],
) -> Result<Vec<(Uuid, StoreId, Currency)>, Error> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let shards: Vec<i16> = payments.iter().map(|(shard, _)| shard.number()).collect();
    let ids: Vec<Uuid> = payments.iter().map(|(_, id)| *id).collect();
    let rows = tx.query(include_str!("../sql/covering_stores.sql"), &[&shards, &ids]).await?;
    rows.iter()
        .map(|row| Ok((row.get("payment"), StoreId::from_uuid(row.get("store")), currency_of(row)?)))
        .collect()
}

/// Writes what was covered and given back, each row only from what was read.
///
/// # Errors
/// The database's; `Unexpected` when a row is not as it was read.
pub async fn save_covers(tx: &Tx<'_>, open: &OpenOrders) -> Result<(), Error> {
    save_orders(tx, open).await?;
    insert_covers(tx, open).await?;
    release_covers(tx, open).await
}

async fn save_orders(tx: &Tx<'_>, open: &OpenOrders) -> Result<(), Error> {
    let changed: Vec<(&OrderKey, &Held)> =
        open.orders.iter().filter(|(_, held)| held.covered != held.loaded).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = changed.iter().map(|(key, _)| key.0.shard().number()).collect();
    let stores: Vec<Uuid> = changed.iter().map(|(key, _)| key.0.uuid()).collect();
    let ids: Vec<&str> = changed.iter().map(|(key, _)| key.1.as_str()).collect();
    let loaded: Vec<i64> = changed.iter().map(|(_, held)| held.loaded).collect();
    let covered: Vec<i64> = changed.iter().map(|(_, held)| held.covered).collect();
    let saved = tx
        .execute(include_str!("../sql/save_orders.sql"), &[&shards, &stores, &ids, &loaded, &covered])
        .await?;
    expect("orders saved", saved, changed.len())
}

/// Those that `insert_covers.sql` names.
const COVER_COLUMNS: &[Type] =
    &[Type::INT2, Type::UUID, Type::UUID, Type::TEXT, Type::TEXT, Type::TIMESTAMPTZ, Type::INT8, Type::INT8];

async fn insert_covers(tx: &Tx<'_>, open: &OpenOrders) -> Result<(), Error> {
    let new: Vec<(&(Uuid, OrderKey), &Cover)> =
        open.covers.iter().filter(|(_, cover)| cover.loaded.is_none()).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut rows = NewRows::in_time(COVER_COLUMNS);
    for ((payment, (store, order)), cover) in &new {
        rows.row(&[
            &store.shard().number(),
            payment,
            &store.uuid(),
            order,
            &cover.currency.code(),
            &cover.ordered_at,
            &cover.minor,
            &cover.released,
        ])?;
    }
    let inserted = tx
        .insert(include_str!("../sql/insert_covers.sql"), include_str!("../sql/copy_covers.sql"), rows)
        .await?;
    expect("covers inserted", inserted, new.len())
}

async fn release_covers(tx: &Tx<'_>, open: &OpenOrders) -> Result<(), Error> {
    let changed: Vec<(&(Uuid, OrderKey), &Cover, i64)> = open
        .covers
        .iter()
        .filter_map(|(key, cover)| Some((key, cover, cover.loaded?)))
        .filter(|(_, cover, loaded)| cover.released != *loaded)
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = changed.iter().map(|((_, key), _, _)| key.0.shard().number()).collect();
    let payments: Vec<Uuid> = changed.iter().map(|((payment, _), _, _)| *payment).collect();
    let stores: Vec<Uuid> = changed.iter().map(|((_, key), _, _)| key.0.uuid()).collect();
    let ids: Vec<&str> = changed.iter().map(|((_, key), _, _)| key.1.as_str()).collect();
    let loaded: Vec<i64> = changed.iter().map(|(_, _, loaded)| *loaded).collect();
    let released: Vec<i64> = changed.iter().map(|(_, cover, _)| cover.released).collect();
    let saved = tx
        .execute(
            include_str!("../sql/release_covers.sql"),
            &[&shards, &payments, &stores, &ids, &loaded, &released],
        )
        .await?;
    expect("covers released", saved, changed.len())
}

/// Whose a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOwner {
    /// The merchant.
    pub merchant: MerchantId,
    /// Whether it is one of the merchant's first [`MOST_STORES`].
    pub is_early: bool,
}

/// Locks stores until the transaction ends, in (shard, id) order, and tells whose they are. Two imports of one store
/// take turns by it. Stores that are not there are missing.
///
/// # Errors
/// The database's.
pub async fn lock_stores(tx: &Tx<'_>, stores: &[StoreId]) -> Result<HashMap<StoreId, StoreOwner>, Error> {
    if stores.is_empty() {
        return Ok(HashMap::new());
    }
    let shards: Vec<i16> = stores.iter().map(|store| store.shard().number()).collect();
    let ids: Vec<Uuid> = stores.iter().map(|store| store.uuid()).collect();
    let rows = tx.query(include_str!("../sql/lock_stores.sql"), &[&shards, &ids, &MOST_STORES]).await?;
    let pair = |row: &Row| {
        let merchant = MerchantId::from_uuid(row.get::<_, Uuid>("merchant"));
        (StoreId::from_uuid(row.get("id")), StoreOwner { merchant, is_early: row.get("is_early") })
    };
    Ok(rows.iter().map(pair).collect())
}

/// Those of a store's orders that have these ids. The caller holds the store's lock.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn existing_orders(
    tx: &Tx<'_>,
    store: StoreId,
    ids: &[&str],
) -> Result<HashMap<String, Order>, Error> {
    let rows = tx
        .query(include_str!("../sql/existing_orders.sql"), &[&store.shard().number(), &store.uuid(), &ids])
        .await?;
    rows.iter().map(|row| order_of(row).map(|order| (order.id.clone(), order))).collect()
}

/// Inserts orders of stores, none of which is there yet.
///
/// # Errors
/// The database's.
pub async fn insert_orders(tx: &Tx<'_>, orders: &[(StoreId, Order)]) -> Result<(), Error> {
    if orders.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = orders.iter().map(|(store, _)| store.shard().number()).collect();
    let stores: Vec<Uuid> = orders.iter().map(|(store, _)| store.uuid()).collect();
    let ids: Vec<&str> = orders.iter().map(|(_, order)| order.id.as_str()).collect();
    let amounts: Vec<i64> = orders.iter().map(|(_, order)| order.amount.minor()).collect();
    let currencies: Vec<&str> = orders.iter().map(|(_, order)| order.amount.currency().code()).collect();
    let times: Vec<OffsetDateTime> = orders.iter().map(|(_, order)| order.ordered_at).collect();
    tx.execute(
        include_str!("../sql/insert_orders.sql"),
        &[&shards, &stores, &ids, &amounts, &currencies, &times],
    )
    .await?;
    Ok(())
}

/// An order as its merchant looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOrder {
    /// The order.
    pub order: Order,
    /// How much of it covers payments.
    pub covered: Money,
}

/// A store's orders after this id, in the order of their ids.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list_orders(
    conn: &Connection,
    store: StoreId,
    after: &str,
    limit: i64,
) -> Result<Vec<StoreOrder>, Error> {
    let rows = conn
        .query(
            include_str!("../sql/list_orders.sql"),
            &[&store.shard().number(), &store.uuid(), &after, &limit],
        )
        .await?;
    let read = |row: &Row| {
        let covered = money_of(row.get("covered_minor"), row)?;
        Ok(StoreOrder { order: order_of(row)?, covered })
    };
    rows.iter().map(read).collect()
}

fn order_of(row: &Row) -> Result<Order, Error> {
    let amount = money_of(row.get("amount_minor"), row)?;
    Ok(Order { id: row.get("order_id"), amount, ordered_at: row.get("ordered_at") })
}

fn money_of(minor: i64, row: &Row) -> Result<Money, Error> {
    Money::new(minor, currency_of(row)?).map_err(|_| Error::Unexpected("the amount of an order".into()))
}

fn currency_of(row: &Row) -> Result<Currency, Error> {
    Currency::from_db(row.get("currency")).map_err(|_| Error::Unexpected("the currency of an order".into()))
}

fn expect(what: &str, rows: u64, expected: usize) -> Result<(), Error> {
    if rows == expected as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{what}: {rows} instead of {expected}")))
}
