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
}
