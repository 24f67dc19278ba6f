//! What a withdrawal costs: of all fees the one with the narrowest scope, in the version that is in force. Pure.

use merchants::MerchantId;
use money::{Currency, FeeSchedule};
use time::OffsetDateTime;

/// Marks ids of fees.
#[derive(Debug)]
pub enum FeeMark {}
impl pg::Kind for FeeMark {
    const PREFIX: &'static str = "fee";
}
/// `fee_…`, one version of a fee.
pub type FeeId = pg::Id<FeeMark>;

/// Whose withdrawals a fee is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeScope {
    /// One merchant's; none: everyone's.
    pub merchant: Option<MerchantId>,
    /// Out of this currency, in which its amounts are.
    pub sell: Currency,
    /// Into this currency; none: into any.
    pub buy: Option<Currency>,
}

/// One version of a fee. Versions are never changed: a newer one takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeVersion {
    /// Its id.
    pub id: FeeId,
    /// For whom.
    pub scope: FeeScope,
    /// How much; `free_minor` is what is free in a calendar month.
    pub schedule: FeeSchedule,
    /// Since when.
    pub valid_from: OffsetDateTime,
    /// Until when; none: until a newer one.
    pub valid_until: Option<OffsetDateTime>,
}

impl FeeVersion {
    /// Whether it is in force at `now`, as far as it alone can tell.
    pub fn is_valid(&self, now: OffsetDateTime) -> bool {
        self.valid_from <= now && self.valid_until.is_none_or(|until| now < until)
    }

    fn concerns(&self, merchant: MerchantId, sell: Currency, buy: Currency) -> bool {
        self.scope.merchant.is_none_or(|only| only == merchant)
            && self.scope.sell == sell
            && self.scope.buy.is_none_or(|only| only == buy)
    }
}

/// All fees that may concern a batch, and what holds where there is none.
#[derive(Debug, Clone)]
pub struct Tariff {
    default: FeeSchedule,
    versions: Vec<FeeVersion>,
}

impl Tariff {
    /// Of these versions; `default` where none of them is in force.
    pub fn new(default: FeeSchedule, versions: Vec<FeeVersion>) -> Tariff {
        Tariff { default, versions }
    }

    /// What a withdrawal costs: one merchant's own fee goes before everyone's, that of one corridor before that of
    /// all, and of two versions the one that began later.
    pub fn schedule(
        &self,
        merchant: MerchantId,
        (sell, buy): (Currency, Currency),
        now: OffsetDateTime,
    ) -> FeeSchedule {
        let narrowest = self
            .versions
            .iter()
            .filter(|version| version.is_valid(now) && version.concerns(merchant, sell, buy))
            .max_by_key(|version| {
                let scope = &version.scope;
                (scope.merchant.is_some(), scope.buy.is_some(), version.valid_from, version.id)
            });
        narrowest.map_or(self.default, |version| version.schedule)
    }

    /// The version of exactly this scope that is in force.
    pub fn version(&self, scope: FeeScope, now: OffsetDateTime) -> Option<&FeeVersion> {
        let same = |version: &&FeeVersion| version.scope == scope && version.is_valid(now);
        self.versions.iter().filter(same).max_by_key(|version| (version.valid_from, version.id))
    }
}

#[cfg(test)]
mod tests {
    use pg::Shard;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-24 08:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-12-01 00:00 UTC);
    const PAIR: (Currency, Currency) = (Currency::USD, Currency::CNY);

    fn merchant(number: u8) -> MerchantId {
        MerchantId::from_uuid(uuid::Uuid::from_u128(u128::from(number) << 8 | 3))
    }

    fn version(
        merchant: Option<MerchantId>,
        buy: Option<Currency>,
        share: u32,
        (from, until): (OffsetDateTime, Option<OffsetDateTime>),
    ) -> FeeVersion {
        FeeVersion {
            id: FeeId::new(Shard::new(0).unwrap()),
            scope: FeeScope { merchant, sell: Currency::USD, buy },
            schedule: FeeSchedule::share(share),
            valid_from: from,
            valid_until: until,
        }
    }

    /// The narrowest scope that is in force; each row adds the versions of those above it.
    #[test]
    fn r23_the_narrowest_fee_in_force_is_taken() {
        let (mine, other) = (merchant(1), merchant(2));
        let since = (datetime!(2026-01-01 00:00 UTC), None);
        let rows = [
            (version(None, None, 1, since), 1),
            (version(None, Some(Currency::CNY), 2, since), 2),
            (version(Some(mine), None, 3, since), 3),
            (version(Some(mine), Some(Currency::CNY), 4, since), 4),
            // Neither another merchant's nor another corridor's.
            (version(Some(other), Some(Currency::CNY), 5, since), 4),
            (version(Some(mine), Some(Currency::EUR), 6, since), 4),
            // Not yet, not any more, and from this very moment.
            (version(Some(mine), Some(Currency::CNY), 7, (LATER, None)), 4),
            (version(Some(mine), Some(Currency::CNY), 8, (since.0, Some(NOW))), 4),
            (version(Some(mine), Some(Currency::CNY), 9, (NOW, None)), 9),
        ];
        let mut versions = Vec::new();
        let free = Tariff::new(FeeSchedule::share(99), Vec::new());
        assert_eq!(free.schedule(mine, PAIR, NOW).parts_per_million, 99);
        for (next, expected) in rows {
            versions.push(next.clone());
            let tariff = Tariff::new(FeeSchedule::share(99), versions.clone());
            assert_eq!(tariff.schedule(mine, PAIR, NOW).parts_per_million, expected, "{next:?}");
        }
    }

    #[test]
    fn r23_a_version_takes_the_place_of_its_own_scope_alone() {
        let scope = FeeScope { merchant: None, sell: Currency::USD, buy: None };
        let old = version(None, None, 1, (datetime!(2026-01-01 00:00 UTC), None));
        let new = version(None, None, 2, (datetime!(2026-06-01 00:00 UTC), None));
        let narrow = version(None, Some(Currency::CNY), 3, (datetime!(2026-07-01 00:00 UTC), None));
        let tariff = Tariff::new(FeeSchedule::ZERO, vec![new.clone(), old, narrow]);
        assert_eq!(tariff.version(scope, NOW), Some(&new));
        assert_eq!(tariff.version(FeeScope { merchant: Some(merchant(1)), ..scope }, NOW), None);
    }
}
