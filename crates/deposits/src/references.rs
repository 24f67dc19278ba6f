//! What names payments and reversals of them: bank and reference, in the shard of both. As arrays to unnest, sorted, each once.

use std::collections::BTreeSet;

use pg::Shards;

use crate::receipt::{Receipt, reference_key, shard_of};

#[derive(Debug)]
pub(crate) struct References<'a> {
    pub shards: Vec<i16>,
    pub banks: Vec<&'a str>,
    pub references: Vec<&'a str>,
}

impl<'a> References<'a> {
    /// Those under which these are paid.
    pub fn of_receipts(receipts: &[&'a Receipt]) -> References<'a> {
        let named =
            |receipt: &&'a Receipt| (receipt.id.shard().number(), &*receipt.bank, receipt.reference.as_str());
        References::of(receipts.iter().map(named))
    }

    /// Those of the entries that these are transactions of.
    pub fn of_entries(receipts: &[&'a Receipt]) -> References<'a> {
        let named = |receipt: &&'a Receipt| {
            let entry = receipt.entry.as_ref()?;
            Some((entry.shard.number(), &*receipt.bank, entry.reference.as_str()))
        };
        References::of(receipts.iter().filter_map(named))
    }

    /// These, as (bank, reference).
    pub fn of_pairs(shards: Shards, pairs: &[(&'a str, &'a str)]) -> References<'a> {
        let home = |bank, reference| shard_of(shards, bank, reference).number();
        References::of(pairs.iter().map(|(bank, reference)| (home(bank, reference), *bank, *reference)))
    }

    fn of(named: impl Iterator<Item = (i16, &'a str, &'a str)>) -> References<'a> {
        let named: BTreeSet<(i16, &str, &str)> = named.collect();
        References {
            shards: named.iter().map(|one| one.0).collect(),
            banks: named.iter().map(|one| one.1).collect(),
            references: named.iter().map(|one| one.2).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    /// What the keys of payments under each begin with.
    pub fn keys(&self) -> Vec<i64> {
        let named = self.banks.iter().zip(&self.references);
        named.map(|(bank, reference)| reference_key(bank, reference).bits()).collect()
    }
}
