//! Fees: rounded up to the minor unit (R19).

use crate::amount::Money;
use crate::error::MoneyError;

/// A fee on a gross amount, in its own currency: a fixed part and a share, at least a minimum and at most a maximum;
/// nothing on a part of the gross that is free. By default there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeeSchedule {
    /// Minor units added to every fee.
    pub fixed_minor: i64,
    /// The share, in millionths of the gross amount: 3,000 is 0.3 %.
    pub parts_per_million: u32,
    /// The least fee, minor units.
    pub minimum_minor: i64,
    /// The most, minor units.
    pub maximum_minor: Option<i64>,
    /// How much of the gross amount is free, minor units.
    pub free_minor: i64,
}

impl FeeSchedule {
    /// No fee.
    pub const ZERO: FeeSchedule = FeeSchedule::share(0);

    /// A share alone, in millionths.
    pub const fn share(parts_per_million: u32) -> FeeSchedule {
        FeeSchedule {
            fixed_minor: 0,
            parts_per_million,
            minimum_minor: 0,
            maximum_minor: None,
            free_minor: 0,
        }
    }

    /// The fee on `gross`, rounded up. It may exceed the gross amount: the caller refuses that. Where a part of the
    /// gross is free, it does not exceed the rest: a cent more than what is free never leaves less to the merchant.
    ///
    /// # Errors
    /// `Overflow`, `BelowZero` for a schedule with negative parts.
    pub fn fee(&self, gross: Money) -> Result<Money, MoneyError> {
        let free = self.free_used(gross);
        let charged = gross.minor() - free;
        if free > 0 && charged == 0 {
            return Ok(Money::zero(gross.currency()));
        }
        let share = i128::from(charged) * i128::from(self.parts_per_million);
        let share = share.div_euclid(1_000_000) + i128::from(share.rem_euclid(1_000_000) > 0);
        let fee = (share + i128::from(self.fixed_minor)).max(i128::from(self.minimum_minor));
        let fee = self.maximum_minor.map_or(fee, |most| fee.min(i128::from(most)));
        let fee = if free > 0 { fee.min(i128::from(charged)) } else { fee };
        Money::new(i64::try_from(fee).map_err(|_| MoneyError::Overflow)?, gross.currency())
    }

    /// How much of `gross` is free of the fee, minor units.
    pub fn free_used(&self, gross: Money) -> i64 {
        self.free_minor.clamp(0, gross.minor().max(0))
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
            // (fixed, share in millionths, minimum, maximum, free), gross, fee: all in minor units
            ((0, 3_000, 0, None, 0), 100_000, 300),
            ((0, 3_000, 0, None, 0), 1, 1),
            ((0, 3_000, 0, None, 0), 33_333, 100),
            ((0, 3_000, 0, None, 0), 33_334, 101),
            ((25, 3_000, 0, None, 0), 33_334, 126),
            ((25, 3_000, 500, None, 0), 33_334, 500),
            ((0, 0, 0, None, 0), 100_000, 0),
            ((0, 3_000, 0, None, 0), 0, 0),
            ((0, 3_000, 0, None, 0), 999_999_999_999_999_999, 3_000_000_000_000_000),
            // 25 and 100,000 × 0.3 %: 325, but 200 at most.
            ((25, 3_000, 0, Some(200), 0), 100_000, 200),
            ((25, 3_000, 0, Some(326), 0), 100_000, 325),
            // 40,000 of 100,000 are free: 60,000 × 0.3 % = 180.
            ((0, 3_000, 0, None, 40_000), 100_000, 180),
            ((25, 3_000, 500, None, 40_000), 100_000, 500),
            // All of it is free, also of what is fixed; a cent more costs no more than that cent.
            ((25, 3_000, 500, None, 40_000), 40_000, 0),
            ((25, 3_000, 500, None, 40_000), 40_001, 1),
            ((25, 3_000, 500, None, 40_000), 39_999, 0),
        ];
        for ((fixed_minor, parts_per_million, minimum_minor, maximum_minor, free_minor), gross, fee) in table
        {
            let schedule =
                FeeSchedule { fixed_minor, parts_per_million, minimum_minor, maximum_minor, free_minor };
            let gross = Money::new(gross, Currency::USD).unwrap();
            assert_eq!(schedule.fee(gross), Money::new(fee, Currency::USD), "{schedule:?} of {gross}");
        }
    }

    #[test]
    fn a_schedule_that_would_pay_the_merchant_is_refused() {
        let schedule = FeeSchedule { fixed_minor: -5, minimum_minor: -1, ..FeeSchedule::default() };
        assert_eq!(schedule.fee(Money::zero(Currency::USD)), Err(MoneyError::BelowZero));
        let schedule =
            FeeSchedule { fixed_minor: i64::MAX, parts_per_million: 3_000, ..FeeSchedule::default() };
        assert_eq!(schedule.fee(Money::new(1, Currency::USD).unwrap()), Err(MoneyError::Overflow));
    }
}
