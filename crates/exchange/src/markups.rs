//! Which markup holds for whom: a spread by the merchant's tier, a premium by how long a rate is locked. Pure.

use std::collections::BTreeMap;

use money::Markup;
use time::Duration;

/// The tier of every merchant of whom nothing else was said.
pub const STANDARD: &str = "standard";

/// What is configured; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct Markups {
    /// By tier, millionths of what is bought.
    spreads: BTreeMap<String, u32>,
    /// Locks longer than this cost so much, millionths of what is bought; the longest first.
    premiums: Vec<(Duration, u32)>,
}

impl Markups {
    /// Of these spreads by tier, and premiums for locks longer than so much.
    pub fn new(spreads: BTreeMap<String, u32>, mut premiums: Vec<(Duration, u32)>) -> Markups {
        premiums.sort_by_key(|(longer_than, _)| std::cmp::Reverse(*longer_than));
        Markups { spreads, premiums }
    }

    /// Whether merchants may be in this tier.
    pub fn knows(&self, tier: &str) -> bool {
        tier == STANDARD || self.spreads.contains_key(tier)
    }

    /// What holds for a merchant of `tier`, and for a rate that is locked for `lock`; no premium where none is. A tier
    /// that is not configured any more is as the standard one.
    pub fn of(&self, tier: &str, lock: Option<Duration>) -> Markup {
        let spread = self.spreads.get(tier).or_else(|| self.spreads.get(STANDARD)).copied();
        let premium = lock.and_then(|lock| {
            self.premiums.iter().find(|(longer_than, _)| lock > *longer_than).map(|(_, share)| *share)
        });
        Markup { spread: spread.unwrap_or(0), premium: premium.unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r19_a_spread_by_tier_and_a_premium_by_the_length_of_the_lock() {
        let spreads = BTreeMap::from([("standard".to_owned(), 2_000), ("gold".to_owned(), 500)]);
        let premiums = vec![(Duration::seconds(600), 100), (Duration::seconds(1_800), 300)];
        let markups = Markups::new(spreads, premiums);
        let rows = [
            ("standard", None, (2_000, 0)),
            ("gold", None, (500, 0)),
            ("gone", None, (2_000, 0)),
            ("gold", Some(30), (500, 0)),
            ("gold", Some(600), (500, 0)),
            ("gold", Some(601), (500, 100)),
            ("gold", Some(1_800), (500, 100)),
            ("standard", Some(3_600), (2_000, 300)),
        ];
        for (tier, lock, (spread, premium)) in rows {
            let markup = markups.of(tier, lock.map(Duration::seconds));
            assert_eq!(markup, Markup { spread, premium }, "{tier} {lock:?}");
        }
        let none = Markups::default();
        assert_eq!(none.of("standard", Some(Duration::HOUR)), Markup::NONE);
        assert!(none.knows("standard") && !none.knows("gold") && markups.knows("gold"));
    }
}
