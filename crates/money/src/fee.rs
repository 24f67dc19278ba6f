//! Fees: rounded up to the minor unit (R19).

use crate::amount::Money;
use crate::error::MoneyError;

/// A fee on a gross amount, in its own currency: a fixed part and a share, at least a minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeSchedule {
    /// Minor units added to every fee.
    pub fixed_minor: i64,
    /// The share, in millionths of the gross amount: 3,000 is 0.3 %.
    pub parts_per_million: u32,
    /// The least fee, minor units.
    pub minimum_minor: i64,
}

impl FeeSchedule {
    /// The fee on `gross`, rounded up. It may exceed the gross amount: the caller refuses that.
    ///
    /// # Errors
    /// `Overflow`, `BelowZero` for a schedule with negative parts.
    pub fn fee(&self, gross: Money) -> Result<Money, MoneyError> {
        let share = i128::from(gross.minor()) * i128::from(self.parts_per_million);
        let share = share.div_euclid(1_000_000) + i128::from(share.rem_euclid(1_000_000) > 0);
        let fee = (share + i128::from(self.fixed_minor)).max(i128::from(self.minimum_minor));
        Money::new(i64::try_from(fee).map_err(|_| MoneyError::Overflow)?, gross.currency())
    }

    /// Whether nothing is left of any amount, however large.
    pub(crate) fn takes_all(&self) -> bool {
        self.parts_per_million >= 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::Currency;

    /// By hand; the share is rounded up first, then the fixed part is added, then the minimum counts.
    #[test]
    fn r19_fees_by_hand() {
        let table = [
            // fixed, share in millionths, minimum, gross, fee: all in minor units
            ((0, 3_000, 0), 100_000, 300),
            ((0, 3_000, 0), 1, 1),
            ((0, 3_000, 0), 33_333, 100),
            ((0, 3_000, 0), 33_334, 101),
            ((25, 3_000, 0), 33_334, 126),
            ((25, 3_000, 500), 33_334, 500),
            ((0, 0, 0), 100_000, 0),
            ((0, 3_000, 0), 0, 0),
            ((0, 3_000, 0), 999_999_999_999_999_999, 3_000_000_000_000_000),
        ];
        for ((fixed_minor, parts_per_million, minimum_minor), gross, fee) in table {
            let schedule = FeeSchedule { fixed_minor, parts_per_million, minimum_minor };
            let gross = Money::new(gross, Currency::USD).unwrap();
            assert_eq!(schedule.fee(gross), Money::new(fee, Currency::USD), "{schedule:?} of {gross}");
        }
    }

    #[test]
    fn a_schedule_that_would_pay_the_merchant_is_refused() {
        let schedule = FeeSchedule { fixed_minor: -5, parts_per_million: 0, minimum_minor: -1 };
        assert_eq!(schedule.fee(Money::zero(Currency::USD)), Err(MoneyError::BelowZero));
        let schedule = FeeSchedule { fixed_minor: i64::MAX, parts_per_million: 3_000, minimum_minor: 0 };
        assert_eq!(schedule.fee(Money::new(1, Currency::USD).unwrap()), Err(MoneyError::Overflow));
    }
}
