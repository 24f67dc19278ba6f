//! By which rates prices are made, as it is configured (R16).

use std::collections::BTreeMap;

use money::Currency;
use time::Duration;

/// By how much a rate may differ from the last one of its bank, where nothing else is configured: a tenth.
const JUMP: u32 = 100_000;

/// How the rates of one pair are believed and used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairPolicy {
    /// Banks whose rates make prices, the first that can goes first. Empty: any bank's, the newest.
    pub sources: Vec<String>,
    /// How long after its time a rate may be used.
    pub max_age: Duration,
    /// By how much bid or ask may differ from the last accepted one of the same bank, in millionths of that.
    pub jump_parts_per_million: u32,
}

/// How all rates are believed and used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatePolicy {
    /// Pairs that are not listed.
    pub usual: PairPolicy,
    /// Pairs that are, (base, quote) as they are published.
    pub pairs: BTreeMap<(Currency, Currency), PairPolicy>,
    /// The currency through which is priced what has no usable rate of its own; none: nothing is.
    pub cross_through: Option<Currency>,
}

impl RatePolicy {
    /// Any bank's rates are used so long after their time, and held where they jump by more than a tenth.
    pub fn of_age(max_age: Duration) -> RatePolicy {
        let usual = PairPolicy { sources: Vec::new(), max_age, jump_parts_per_million: JUMP };
        RatePolicy { usual, pairs: BTreeMap::new(), cross_through: None }
    }

    /// What holds for a pair as it is published.
    pub fn of(&self, base: Currency, quote: Currency) -> &PairPolicy {
        self.pairs.get(&(base, quote)).unwrap_or(&self.usual)
    }

    /// Through which currency `sell` is exchanged into `buy` where that pair has no rate of its own.
    pub fn crosses(&self, sell: Currency, buy: Currency) -> Option<Currency> {
        self.cross_through.filter(|through| ![sell, buy].contains(through))
    }
}
