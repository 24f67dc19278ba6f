//! R46: what a merchant owes is charged: out of the balance as far as it goes, the rest becomes receivable.

use ledger::{MerchantRef, Movement};
use money::{Money, MoneyError};

/// Marks ids of charges.
#[derive(Debug)]
pub enum ChargeMark {}
impl pg::Kind for ChargeMark {
    const PREFIX: &'static str = "chg";
}
/// `chg_…`, in the merchant's shard; the cause of its transfers.
pub type ChargeId = pg::Id<ChargeMark>;

/// What became of a charge: its amount is the sum of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// What was taken out of the balance.
    pub covered: Money,
    /// What became owed.
    pub owed: Money,
}

impl Charge {
    /// A charge of `amount` when `free` of the balance may be taken, both in the same currency; `free` in minor units, what is
    /// frozen already taken off.
    ///
    /// # Errors
    /// None that an amount above zero could cause.
    pub fn of(amount: Money, free: i64) -> Result<Charge, MoneyError> {
        let covered = Money::new(amount.minor().min(free.max(0)), amount.currency())?;
        Ok(Charge { covered, owed: amount.checked_sub(covered)? })
    }

    /// What it moves.
    pub fn movement(&self, merchant: MerchantRef) -> Movement {
        Movement::Charged { merchant, covered: self.covered, owed: self.owed }
    }
}

#[cfg(test)]
mod tests {
    use money::Currency;
    use pg::Shard;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn r46_a_charge_takes_what_is_free_and_the_rest_is_owed() {
        let merchant = MerchantRef { shard: Shard::new(3).unwrap(), id: Uuid::from_u128(7) };
        let usd = |minor| Money::new(minor, Currency::USD).unwrap();
        for (free, expected) in
            [(500, (100, 0)), (100, (100, 0)), (30, (30, 70)), (0, (0, 100)), (-5, (0, 100))]
        {
            let charge = Charge::of(usd(100), free).unwrap();
            let movement = charge.movement(merchant);
            let Movement::Charged { covered, owed, .. } = movement else { panic!("{movement:?}") };
            assert_eq!((covered.minor(), owed.minor()), expected, "{free} free");
            assert_eq!((covered, owed), (charge.covered, charge.owed), "what is told is what is moved");
        }
    }
}
