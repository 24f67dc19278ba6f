//! Orders of several stores, each store's sorted already, as one row with the oldest first: no more of it is looked at
//! than is asked for.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, btree_set};

use time::OffsetDateTime;

use super::Moment;
use crate::StoreId;

/// When, of which store, and its id.
type Next<'a> = (OffsetDateTime, StoreId, &'a str);

/// Oldest first; of the same time by store, then by id.
#[derive(Debug)]
pub(super) struct OldestFirst<'a> {
    /// The next one of each store, with the place of the rest.
    next: BinaryHeap<Reverse<(Next<'a>, usize)>>,
    rests: Vec<btree_set::Iter<'a, Moment>>,
}

impl<'a> OldestFirst<'a> {
    pub fn of(stores: impl Iterator<Item = (StoreId, &'a BTreeSet<Moment>)>) -> OldestFirst<'a> {
        let mut all = OldestFirst { next: BinaryHeap::new(), rests: Vec::new() };
        for (place, (store, orders)) in stores.enumerate() {
            all.rests.push(orders.iter());
            all.refill(store, place);
        }
        all
    }

    fn refill(&mut self, store: StoreId, place: usize) {
        let next = self.rests.get_mut(place).and_then(Iterator::next);
        self.next.extend(next.map(|(at, id)| Reverse(((*at, store, id.as_str()), place))));
    }
}

impl<'a> Iterator for OldestFirst<'a> {
    type Item = Next<'a>;

    fn next(&mut self) -> Option<Next<'a>> {
        let Reverse((next, place)) = self.next.pop()?;
        self.refill(next.1, place);
        Some(next)
    }
}
