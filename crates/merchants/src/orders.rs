//! Orders as trade evidence: which of them cover a payment (R6), decided in memory over what was read.

mod file;
mod import;
mod look;
mod oldest;
mod store;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use money::{Currency, Money};
use pg::Shard;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreId;

pub use file::{MAX_ERRORS, MAX_LINES, Place, RawLine, read_csv, read_line};
pub use import::{Import, LineError, OrderLine, plan_import};
pub use look::{Wanted, more_orders, oldest_orders, open_orders};
pub use store::{
    MOST_STORES, StoreOrder, StoreOwner, covers_of, existing_orders, insert_orders, list_orders, load_covers,
    lock_stores, save_covers,
};

use oldest::OldestFirst;

/// The most orders that may cover one payment: each is a row to change and a row to write, in a transaction for which
/// others wait. A payment that would need more is not covered.
pub const MOST_ORDERS: usize = 10_000;

/// A sale at a store: trade evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The platform's id of it, unique in its store.
    pub id: String,
    /// What was sold for.
    pub amount: Money,
    /// When.
    pub ordered_at: OffsetDateTime,
}

/// An order's key in this crate.
type OrderKey = (StoreId, String);

/// A store's orders in one currency.
type Pool = (StoreId, Currency);

/// A place among the orders of a pool, which are in this order.
type Moment = (OffsetDateTime, String);

#[derive(Debug, Clone)]
struct Held {
    currency: Currency,
    ordered_at: OffsetDateTime,
    amount: i64,
    covered: i64,
    loaded: i64,
}

#[derive(Debug, Clone)]
struct Cover {
    currency: Currency,
    ordered_at: OffsetDateTime,
    minor: i64,
    released: i64,
    /// What was given back when it was read; none for a cover of this batch.
    loaded: Option<i64>,
}

/// How far the open orders of a pool were read, the oldest first.
#[derive(Debug, Default)]
struct Extent {
    /// What they could cover when they were read, in minor units.
    found: i64,
    rows: i64,
    /// The last of them, where there may be more.
    end: Option<Moment>,
}

/// The oldest uncovered orders of some stores, as far as a batch may need them, and the covers that it changes.
///
/// Whoever holds one also holds the locks of the stores' evidence accounts: they keep others from covering with
/// the same orders at the same time.
#[derive(Debug, Default)]
pub struct OpenOrders {
    orders: BTreeMap<OrderKey, Held>,
    /// What can still cover, oldest first.
    open: HashMap<Pool, BTreeSet<Moment>>,
    /// What was read of those that were asked for.
    read: HashMap<Pool, Extent>,
    /// By payment, then order.
    covers: BTreeMap<(Uuid, OrderKey), Cover>,
    /// The shard in which a payment's covers lie: the merchant's.
    homes: HashMap<Uuid, Shard>,
}

impl OpenOrders {
    /// These orders, of which nothing is covered yet, as values.
    pub fn of(orders: impl IntoIterator<Item = (StoreId, Order)>) -> OpenOrders {
        let mut open = OpenOrders::default();
        for (store, Order { id, amount, ordered_at }) in orders {
            let (currency, amount) = (amount.currency(), amount.minor());
            open.hold((store, id), Held { currency, ordered_at, amount, covered: 0, loaded: 0 });
        }
        open
    }

    /// Covers the whole of `amount` with uncovered orders of `stores`, the oldest first, or nothing of it. What it
    /// took from each store. Nothing, too, where it would take more than [`MOST_ORDERS`], or where orders that would be
    /// next were not read.
    pub fn cover(
        &mut self,
        stores: &[StoreId],
        amount: Money,
        payment: Uuid,
    ) -> Option<Vec<(StoreId, Money)>> {
        let chosen = self.choose(stores, amount)?;
        let mut taken: BTreeMap<StoreId, i64> = BTreeMap::new();
        for (key, minor) in chosen {
            *taken.entry(key.0).or_default() += minor;
            self.take(key, minor, payment);
        }
        per_store(taken, amount.currency())
    }

    /// The orders that cover the whole of `amount`, with what is taken of each.
    fn choose(&self, stores: &[StoreId], amount: Money) -> Option<Vec<(OrderKey, i64)>> {
        let stores: BTreeSet<StoreId> = stores.iter().copied().collect();
        let pools = || stores.iter().map(|store| (*store, amount.currency()));
        // Behind it, older ones may lie that were not read.
        let end = pools().filter_map(|pool| self.end_of(pool)).min();
        let open = pools().filter_map(|pool| Some((pool.0, self.open.get(&pool)?)));
        let mut oldest = OldestFirst::of(open);
        let mut missing = amount.minor();
        let mut chosen = Vec::new();
        while missing > 0 {
            let next = oldest.next()?;
            if chosen.len() == MOST_ORDERS || end.is_some_and(|end| next > end) {
                return None;
            }
            let (_, store, id) = next;
            let key = (store, id.to_owned());
            let held = self.orders.get(&key)?;
            let taken = missing.min(held.amount - held.covered);
            missing -= taken;
            chosen.push((key, taken));
        }
        Some(chosen)
    }

    fn end_of(&self, pool: Pool) -> Option<(OffsetDateTime, StoreId, &str)> {
        let (at, id) = self.read.get(&pool)?.end.as_ref()?;
        Some((*at, pool.0, id))
    }

    /// Gives back as much of a payment's cover as was taken back of it, the newest order first; what it gave back to
    /// each store. Less than `minor`, even nothing, where less of the payment was covered.
    pub fn uncover(&mut self, payment: Uuid, minor: i64) -> Vec<(StoreId, Money)> {
        let mut newest_first: Vec<(OffsetDateTime, OrderKey)> = self
            .covers
            .iter()
            .filter(|((of, _), cover)| *of == payment && cover.released < cover.minor)
            .map(|((_, key), cover)| (cover.ordered_at, key.clone()))
            .collect();
        newest_first.sort_by(|a, b| b.cmp(a));
        let mut left = minor;
        let mut given: BTreeMap<StoreId, (i64, Currency)> = BTreeMap::new();
        for (_, key) in newest_first {
            let Some(cover) = self.covers.get_mut(&(payment, key.clone())) else { continue };
            let back = left.min(cover.minor - cover.released);
            if back == 0 {
                break;
            }
            cover.released += back;
            left -= back;
            let currency = cover.currency;
            given.entry(key.0).or_insert((0, currency)).0 += back;
            self.give_back(key, back);
        }
        given
            .into_iter()
            .filter_map(|(store, (minor, c))| Some((store, Money::new(minor, c).ok()?)))
            .collect()
    }

    fn take(&mut self, key: OrderKey, minor: i64, payment: Uuid) {
        let Some(held) = self.orders.get_mut(&key) else { return };
        held.covered += minor;
        let (currency, ordered_at) = (held.currency, held.ordered_at);
        if held.covered == held.amount
            && let Some(open) = self.open.get_mut(&(key.0, currency))
        {
            open.remove(&(ordered_at, key.1.clone()));
        }
        self.homes.insert(payment, key.0.shard());
        let new = Cover { currency, ordered_at, minor: 0, released: 0, loaded: None };
        self.covers.entry((payment, key)).or_insert(new).minor += minor;
    }

    fn give_back(&mut self, key: OrderKey, minor: i64) {
        let Some(held) = self.orders.get_mut(&key) else { return };
        held.covered -= minor;
        self.open.entry((key.0, held.currency)).or_default().insert((held.ordered_at, key.1));
    }

    fn hold(&mut self, key: OrderKey, held: Held) {
        // What was read before has been changed in memory since.
        if self.orders.contains_key(&key) {
            return;
        }
        if held.covered < held.amount {
            let open = self.open.entry((key.0, held.currency)).or_default();
            open.insert((held.ordered_at, key.1.clone()));
        }
        self.orders.insert(key, held);
    }
}

fn per_store(taken: BTreeMap<StoreId, i64>, currency: Currency) -> Option<Vec<(StoreId, Money)>> {
    taken.into_iter().map(|(store, minor)| Some((store, Money::new(minor, currency).ok()?))).collect()
}

#[cfg(test)]
mod tests;
