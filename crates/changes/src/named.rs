//! Ids of what changed, bounded for each kind.

use uuid::Uuid;

/// What is told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Payout,
    Payment,
    Withdrawal,
    BankEvent,
    Approval,
    Rate,
}

impl Kind {
    /// All of them, in the order of the columns.
    pub const ALL: [Kind; 6] =
        [Kind::Payout, Kind::Payment, Kind::Withdrawal, Kind::BankEvent, Kind::Approval, Kind::Rate];

    pub(crate) fn bit(self) -> i16 {
        1 << (self as i16)
    }
}

/// What changed: of each kind at most so many ids, and whether there were others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    most: usize,
    ids: [Vec<Uuid>; 6],
    more: i16,
}

impl Changes {
    /// What a transaction writes names so many ids of a kind.
    const WRITTEN: usize = 32;
    /// What a reader gets.
    const READ: usize = 100;

    /// Nothing yet, to be recorded with the transaction that makes it.
    pub fn of_a_transaction() -> Changes {
        Changes::new(Changes::WRITTEN)
    }

    pub(crate) fn of_many() -> Changes {
        Changes::new(Changes::READ)
    }

    fn new(most: usize) -> Changes {
        Changes { most, ids: Default::default(), more: 0 }
    }

    /// This one changed.
    pub fn add(&mut self, kind: Kind, id: Uuid) {
        let ids = &mut self.ids[kind as usize];
        if ids.contains(&id) {
            return;
        }
        if ids.len() < self.most {
            ids.push(id);
        } else {
            self.more |= kind.bit();
        }
    }

    /// All of these changed.
    pub fn extend(&mut self, kind: Kind, ids: impl IntoIterator<Item = Uuid>) {
        ids.into_iter().for_each(|id| self.add(kind, id));
    }

    /// Others of these kinds changed that can't be named.
    pub(crate) fn add_more(&mut self, bits: i16) {
        self.more |= bits;
    }

    /// Those that are named.
    pub fn ids(&self, kind: Kind) -> &[Uuid] {
        &self.ids[kind as usize]
    }

    /// Whether others of the kind changed besides.
    pub fn has_more(&self, kind: Kind) -> bool {
        self.more & kind.bit() != 0
    }

    pub(crate) fn more_bits(&self) -> i16 {
        self.more
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.more == 0 && self.ids.iter().all(Vec::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_named_once_and_never_without_end() {
        let id = |number: u128| Uuid::from_u128(number);
        let mut changes = Changes::of_a_transaction();
        assert!(changes.is_empty());
        changes.extend(Kind::Payout, (0..32).map(id));
        changes.add(Kind::Payout, id(31));
        assert_eq!((changes.ids(Kind::Payout).len(), changes.has_more(Kind::Payout)), (32, false));
        changes.add(Kind::Payout, id(32));
        assert_eq!((changes.ids(Kind::Payout).len(), changes.has_more(Kind::Payout)), (32, true));
        assert!(!changes.has_more(Kind::Payment) && changes.ids(Kind::Payment).is_empty());
        assert!(!changes.is_empty());
    }

    #[test]
    fn each_kind_has_a_place_and_a_bit_of_its_own() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.bit()), (place, 1 << place));
        }
    }
}
