//! The two numbers chosen at bootstrap, and what follows from them.

use pg::{Shard, Shards};

/// How many shards and chains the book has; every key depends on it, so it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The shards.
    pub shards: Shards,
    /// The chains of seals, among which the shards are dealt out.
    pub chains: i16,
}

impl Layout {
    /// The chain in which the transfers of `shard` are sealed.
    pub fn chain_of(&self, shard: Shard) -> i16 {
        shard.number() % self.chains
    }

    /// The shards whose transfers are sealed in `chain`.
    pub fn shards_of(&self, chain: i16) -> Vec<i16> {
        (0..i16::from(self.shards.count())).filter(|shard| shard % self.chains == chain).collect()
    }
}
