//! R30: how much may be withdrawn, in US dollars at the dearer side of the market: once, in a day, before full
//! verification; everywhere or on one corridor. Pure.

use std::sync::Arc;

use merchants::{Merchant, MerchantId};
use money::{Currency, Money};
use time::{Date, OffsetDateTime, UtcOffset};

use crate::error::Refusal;
use crate::usage::{Counter, Usage};

/// What a limit sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One withdrawal.
    Payout,
    /// A merchant's withdrawals of one day.
    Day,
    /// All of a merchant's withdrawals as long as it is not fully verified.
    BeforeVerification,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What callers are told it is called; what is used of it is kept under this name.
    pub name: Arc<str>,
    /// What it sums up.
    pub scope: Scope,
    /// Only withdrawals out of this currency.
    pub sell: Option<Currency>,
    /// Only withdrawals into this currency.
    pub buy: Option<Currency>,
    /// The most, US dollars.
    pub most: Money,
}

/// All limits.
#[derive(Debug, Clone)]
pub struct Limits {
    all: Vec<Limit>,
    /// Where days begin.
    offset: UtcOffset,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { all: Vec::new(), offset: UtcOffset::UTC }
    }
}

impl Limits {
    /// These limits, with days that begin at midnight of `offset`.
    pub fn new(all: Vec<Limit>, offset: UtcOffset) -> Limits {
        Limits { all, offset }
    }

    /// Where days begin.
    pub fn offset(&self) -> UtcOffset {
        self.offset
    }

    fn concerning(&self, sell: Currency, buy: Currency) -> impl Iterator<Item = &Limit> {
        let is = |wanted: Option<Currency>, currency| wanted.is_none_or(|wanted| wanted == currency);
        self.all.iter().filter(move |limit| is(limit.sell, sell) && is(limit.buy, buy))
    }

    /// What a withdrawal of these currencies, ordered at `at`, counts on.
    pub fn counters(
        &self,
        merchant: MerchantId,
        (sell, buy): (Currency, Currency),
        at: OffsetDateTime,
    ) -> Vec<Counter> {
        self.concerning(sell, buy).filter_map(|limit| self.counter(limit, merchant, at)).collect()
    }

    fn counter(&self, limit: &Limit, merchant: MerchantId, at: OffsetDateTime) -> Option<Counter> {
        let day = match limit.scope {
            Scope::Payout => return None,
            Scope::Day => at.to_offset(self.offset).date(),
            // One day for ever.
            Scope::BeforeVerification => OffsetDateTime::UNIX_EPOCH.date(),
        };
        Some(Counter { merchant, limit: limit.name.clone(), day })
    }

    /// Whether a withdrawal worth `worth` is within every limit that concerns it; the first that it isn't within. A
    /// worth that no rate tells is above every limit.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check(
        &self,
        merchant: &Merchant,
        currencies: (Currency, Currency),
        worth: Option<Money>,
        usage: &Usage,
        now: OffsetDateTime,
    ) -> Result<(), Refusal> {
        for limit in self.concerning(currencies.0, currencies.1) {
            if limit.scope == Scope::BeforeVerification && merchant.fully_verified {
                continue;
            }
            let counter = self.counter(limit, merchant.id, now);
            let used = counter.as_ref().map_or(0, |counter| usage.used(counter));
            let left = limit.most.minor().saturating_sub(used).max(0);
            if worth.is_none_or(|worth| worth.minor() > left) {
                return Err(exceeded(limit, used, left, worth));
            }
        }
        Ok(())
    }

    /// The day of a counter, for tests and texts.
    pub fn day(&self, at: OffsetDateTime) -> Date {
        at.to_offset(self.offset).date()
    }
}

fn exceeded(limit: &Limit, used: i64, left: i64, worth: Option<Money>) -> Refusal {
    let usd = |minor| Money::new(minor, Currency::USD).unwrap_or(Money::zero(Currency::USD));
    Refusal::LimitExceeded {
        limit: limit.name.clone(),
        most: limit.most,
        used: usd(used),
        left: usd(left),
        worth,
    }
}

#[cfg(test)]
mod tests {
    use merchants::MerchantState;
    use pg::Shard;
    use time::macros::{date, datetime, offset};

    use super::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD).unwrap()
    }

    fn limit(name: &str, scope: Scope, most: i64) -> Limit {
        Limit { name: name.into(), scope, sell: None, buy: None, most: usd(most) }
    }

    fn merchant(fully_verified: bool) -> Merchant {
        Merchant {
            id: MerchantId::new(Shard::new(1).unwrap()),
            state: MerchantState::Active,
            before_freeze: None,
            freezes: merchants::Freezes::default(),
            name_index: [0; 32],
            fully_verified,
            tier: exchange::STANDARD.into(),
        }
    }

    const CORRIDOR: (Currency, Currency) = (Currency::USD, Currency::CNY);
    const NOW: OffsetDateTime = datetime!(2026-11-23 15:59:59 UTC);

    /// By hand: what is used, what it is worth, and which limit says no with how much left.
    #[test]
    fn r30_the_first_limit_that_is_exceeded_is_named_with_what_is_left() {
        let limits = Limits::new(
            vec![limit("payout", Scope::Payout, 1_000), limit("day", Scope::Day, 1_500)],
            offset!(+8),
        );
        let merchant = merchant(true);
        let counters = limits.counters(merchant.id, CORRIDOR, NOW);
        assert_eq!(counters.len(), 1, "one withdrawal counts on nothing for itself");
        let table = [
            (0, Some(1_000), None),
            (0, Some(1_001), Some(("payout", 0, 1_000))),
            (500, Some(1_000), None),
            (501, Some(1_000), Some(("day", 501, 999))),
            (1_600, Some(1), Some(("day", 1_600, 0))),
            (0, None, Some(("payout", 0, 1_000))),
        ];
        for (used, worth, expected) in table {
            let mut usage = Usage::default();
            usage.hold(counters[0].clone(), used);
            let told = limits.check(&merchant, CORRIDOR, worth.map(usd), &usage, NOW).err().map(|refusal| {
                let Refusal::LimitExceeded { limit, used, left, .. } = refusal else { panic!("{refusal:?}") };
                (limit.to_string(), used.minor(), left.minor())
            });
            let expected = expected.map(|(name, used, left): (&str, i64, i64)| (name.to_owned(), used, left));
            assert_eq!(told, expected, "{used} used, worth {worth:?}");
        }
    }

    #[test]
    fn r30_a_limit_of_a_corridor_concerns_that_corridor_only() {
        let of = |sell, buy| Limit { sell, buy, ..limit("corridor", Scope::Payout, 1) };
        let table = [
            (of(None, None), true),
            (of(Some(Currency::USD), None), true),
            (of(Some(Currency::EUR), None), false),
            (of(None, Some(Currency::CNY)), true),
            (of(Some(Currency::USD), Some(Currency::USD)), false),
        ];
        for (limit, concerns) in table {
            let limits = Limits::new(vec![limit.clone()], offset!(UTC));
            let refused = limits.check(&merchant(true), CORRIDOR, Some(usd(2)), &Usage::default(), NOW);
            assert_eq!(refused.is_err(), concerns, "{limit:?}");
        }
    }

    #[test]
    fn r30_days_are_shanghais_and_full_verification_ends_the_lifetime_limit() {
        let limits = Limits::new(vec![limit("day", Scope::Day, 1)], offset!(+8));
        assert_eq!(limits.day(NOW), date!(2026 - 11 - 23));
        assert_eq!(limits.day(NOW + time::Duration::SECOND), date!(2026 - 11 - 24));
        let limits = Limits::new(vec![limit("lifetime", Scope::BeforeVerification, 100)], offset!(+8));
        let check = |merchant: &Merchant| {
            limits.check(merchant, CORRIDOR, Some(usd(101)), &Usage::default(), NOW).is_ok()
        };
        assert!(check(&merchant(true)) && !check(&merchant(false)));
    }
}
