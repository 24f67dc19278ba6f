//! How near a document's end is.

use time::{Date, Duration};

/// R40: so many days before its last one a merchant is told of a document.
pub const TOLD_DAYS: i64 = 60;

/// Whether a document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Yes.
    Valid,
    /// Yes, and not for long.
    Expiring,
    /// No more.
    Expired,
}

impl Validity {
    /// On this day, of a document with this last day; one without never expires. On its last day it holds.
    pub fn of(expires_on: Option<Date>, today: Date) -> Validity {
        match expires_on.map(|last| last - today) {
            Some(left) if left.is_negative() => Validity::Expired,
            Some(left) if left <= Duration::days(TOLD_DAYS) => Validity::Expiring,
            Some(_) | None => Validity::Valid,
        }
    }

    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Validity::Valid => "valid",
            Validity::Expiring => "expiring",
            Validity::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::Validity as V;

    /// 60 days before 1 March 2027 is 31 December 2026: 28 of February, 31 of January, 1 of December.
    #[test]
    fn r40_the_days_around_a_document_s_end() {
        let last = date!(2027 - 03 - 01);
        for (today, expected) in [
            (date!(2026 - 12 - 30), V::Valid),
            (date!(2026 - 12 - 31), V::Expiring),
            (date!(2027 - 02 - 28), V::Expiring),
            (date!(2027 - 03 - 01), V::Expiring),
            (date!(2027 - 03 - 02), V::Expired),
            (date!(2037 - 03 - 02), V::Expired),
        ] {
            assert_eq!(V::of(Some(last), today), expected, "{today}");
        }
        // In a leap year February has one more.
        assert_eq!(V::of(Some(date!(2028 - 03 - 01)), date!(2027 - 12 - 31)), V::Valid);
        assert_eq!(V::of(Some(date!(2028 - 03 - 01)), date!(2028 - 01 - 01)), V::Expiring);
        assert_eq!(V::of(None, date!(9998 - 12 - 31)), V::Valid);
    }
}
