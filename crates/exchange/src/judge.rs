//! R16: whether a published rate is believed. Pure.

use money::{Ask, Currency, Rate};
use rust_decimal::Decimal;
use time::{Duration, OffsetDateTime};

/// How far ahead of our clock a rate may be.
pub(crate) const MAX_AHEAD: Duration = Duration::seconds(60);

/// A rate as a bank published it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRate {
    /// The base currency.
    pub base: Currency,
    /// The quote currency.
    pub quote: Currency,
    /// What the bank pays for one base.
    pub bid: Rate,
    /// What the bank asks for one base.
    pub ask: Ask,
    /// When it held.
    pub as_of: OffsetDateTime,
}

/// What becomes of a published rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is its bank's newest, and counts.
    Current,
    /// It is its bank's newest, and jumps: it waits for an operator, and its bank makes no price meanwhile.
    Held,
    /// The bank said something newer before, or something of the same time: kept in the history.
    Outdated,
    /// More than a minute ahead of our clock: not believed, not kept.
    InTheFuture,
    /// The bid is above the ask: not believed, not kept.
    Crossed,
}

/// What is known of a bank's rates of one pair.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// Bid and ask of the last one that was accepted, however old.
    pub accepted: Option<(Rate, Ask)>,
    /// The time of the newest one, accepted or not.
    pub newest: Option<OffsetDateTime>,
}

/// Decides about one published rate. It jumps if its bid or its ask differs from the last accepted one's by more than
/// `jump_parts_per_million`; a bank's very first rate of a pair has nothing to differ from.
pub fn judge(
    rate: &PublishedRate,
    known: &Known,
    jump_parts_per_million: u32,
    now: OffsetDateTime,
) -> Verdict {
    if let Some(verdict) = unbelievable(rate, now) {
        return verdict;
    }
    if known.newest.is_some_and(|newest| rate.as_of <= newest) {
        return Verdict::Outdated;
    }
    let jumps = |(bid, ask): (Rate, Ask)| {
        rate.bid.strays(bid, jump_parts_per_million)
            || rate.ask.ceil().strays(ask.ceil(), jump_parts_per_million)
    };
    if known.accepted.is_some_and(jumps) { Verdict::Held } else { Verdict::Current }
}

/// What can't be true by itself.
pub(crate) fn unbelievable(rate: &PublishedRate, now: OffsetDateTime) -> Option<Verdict> {
    if Decimal::from(rate.bid) > Decimal::from(rate.ask) {
        return Some(Verdict::Crossed);
    }
    (rate.as_of > now + MAX_AHEAD).then_some(Verdict::InTheFuture)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 08:00:00 UTC);
    const SECOND: Duration = Duration::SECOND;

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    fn published(bid: &str, ask: &str, as_of: OffsetDateTime) -> PublishedRate {
        PublishedRate {
            base: Currency::USD,
            quote: Currency::CNY,
            bid: rate(bid),
            ask: rate(ask).into(),
            as_of,
        }
    }

    #[test]
    fn r16_the_newest_wins_and_the_impossible_is_not_believed() {
        let table = [
            (published("7.10", "7.13", NOW), None, Verdict::Current),
            (published("7.10", "7.10", NOW), None, Verdict::Current),
            (published("7.10", "7.13", NOW), Some(NOW - SECOND), Verdict::Current),
            (published("7.10", "7.13", NOW), Some(NOW), Verdict::Outdated),
            (published("7.10", "7.13", NOW - SECOND), Some(NOW), Verdict::Outdated),
            (published("7.10", "7.13", NOW + SECOND * 60), None, Verdict::Current),
            (published("7.10", "7.13", NOW + SECOND * 61), None, Verdict::InTheFuture),
            (published("7.14", "7.13", NOW), None, Verdict::Crossed),
        ];
        for (published, newest, expected) in table {
            let known = Known { accepted: None, newest };
            assert_eq!(judge(&published, &known, 100_000, NOW), expected, "{published:?}");
        }
    }

    /// By hand: a tenth of 7.1 is 0.71, of 7.13 is 0.713: bids from 6.39 to 7.81 and asks from 6.417 to 7.843 are
    /// within it.
    #[test]
    fn r16_a_jump_of_bid_or_ask_beyond_the_share_is_held() {
        let table = [
            ("7.81", "7.843", Verdict::Current),
            ("7.8100001", "7.843", Verdict::Held),
            ("7.81", "7.8430001", Verdict::Held),
            ("6.39", "6.417", Verdict::Current),
            ("6.3899999", "6.417", Verdict::Held),
            ("6.39", "6.4169999", Verdict::Held),
            ("7.1", "7.843", Verdict::Current),
            ("7.1", "8", Verdict::Held),
            ("6", "7.13", Verdict::Held),
            ("71", "71.3", Verdict::Held),
        ];
        let known = Known { accepted: Some((rate("7.1"), rate("7.13").into())), newest: Some(NOW - SECOND) };
        for (bid, ask, expected) in table {
            assert_eq!(judge(&published(bid, ask, NOW), &known, 100_000, NOW), expected, "{bid}/{ask}");
        }
        // An old one is not looked at further, however far off; a baseline doesn't age.
        let jump = published("71", "71.3", NOW - SECOND);
        assert_eq!(judge(&jump, &known, 100_000, NOW), Verdict::Outdated);
        let old = Known { newest: Some(NOW - Duration::weeks(52)), ..known };
        assert_eq!(judge(&jump, &old, 100_000, NOW), Verdict::Held);
    }
}
