//! The one place that rounds an exchange.

use rust_decimal::Decimal;

use crate::amount::Money;
use crate::currency::Currency;
use crate::error::MoneyError;
use crate::fee::FeeSchedule;
use crate::rate::Rate;

/// What an exchange yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// What arrives: the exact product rounded down to the minor unit of the bought currency.
    pub received: Money,
    /// The exact product, in major units of the bought currency; the fraction stays with the institution.
    pub exact: Decimal,
}

/// Sells `net` at `rate` for `to`: floor(net × rate) in the minor unit of `to`.
///
/// # Errors
/// `Overflow` when the product has more digits than can be kept exactly.
pub fn convert_floor(net: Money, rate: Rate, to: Currency) -> Result<Conversion, MoneyError> {
    let (mantissa, scale) = rate.parts();
    let product = u128::from(net.minor().unsigned_abs()) * u128::from(mantissa);
    let exact_scale = net.currency().exponent() + scale;
    let received = floor_to_minor(product, exact_scale, to.exponent()).ok_or(MoneyError::Overflow)?;
    let signed = i128::try_from(product).map_err(|_| MoneyError::Overflow)?;
    let exact = Decimal::try_from_i128_with_scale(signed, exact_scale).map_err(|_| MoneyError::Overflow)?;
    Ok(Conversion { received: Money::new(received, to)?, exact: exact.normalize() })
}

/// floor(digits × 10^-scale × 10^places)
fn floor_to_minor(digits: u128, scale: u32, places: u32) -> Option<i64> {
    let minor = if places >= scale {
        digits.checked_mul(10u128.checked_pow(places - scale)?)?
    } else {
        digits / 10u128.checked_pow(scale - places)?
    };
    i64::try_from(minor).ok()
}

/// What arrives for a gross amount: the fee comes off first, then the net is converted. None where the fee
/// leaves nothing.
fn received(gross: Money, rate: Option<Rate>, fee: &FeeSchedule, to: Currency) -> Result<i64, MoneyError> {
    let Ok(net) = gross.checked_sub(fee.fee(gross)?) else { return Ok(0) };
    match rate {
        Some(rate) => Ok(convert_floor(net, rate, to)?.received.minor()),
        None => Ok(net.minor()),
    }
}

/// The smallest gross amount for which what arrives reaches `target` (R19, fixed bought side). `rate` is none
/// for one and the same currency.
///
/// # Errors
/// `Unreachable` when no gross amount does; `Overflow`.
pub fn smallest_gross_for(
    target: Money,
    rate: Option<Rate>,
    fee: &FeeSchedule,
    sell: Currency,
) -> Result<Money, MoneyError> {
    let reaches = |minor: i64| -> Result<bool, MoneyError> {
        Ok(received(Money::new(minor, sell)?, rate, fee, target.currency())? >= target.minor())
    };
    let mut high = 1i64;
    while !reaches(high)? {
        high = high.checked_mul(2).ok_or(MoneyError::Unreachable)?;
    }
    // What arrives never falls when the gross amount grows: a bisection finds the smallest.
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if reaches(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Money::new(high, sell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FREE: FeeSchedule = FeeSchedule { fixed_minor: 0, parts_per_million: 0, minimum_minor: 0 };
    const THREE_PER_MILLE: FeeSchedule =
        FeeSchedule { fixed_minor: 0, parts_per_million: 3_000, minimum_minor: 0 };

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    /// By hand: 1000.00 − 3.00 = 997.00; × 7.1 = 7078.70. 0.01 × 7.1 = 0.071 → 0.07. 10,000 yen × 0.047 = 470.
    /// 100 CNY at 1/7.13 = 0.14025245: 14.025245 → 14.02.
    #[test]
    fn r19_worked_examples() {
        let rows = [
            ("997.00", Currency::USD, "7.1000", Currency::CNY, "7078.70", "7078.7"),
            ("0.01", Currency::USD, "7.1000", Currency::CNY, "0.07", "0.071"),
            ("10000", Currency::JPY, "0.047000", Currency::CNY, "470.00", "470"),
            ("100.00", Currency::CNY, "0.14025245", Currency::USD, "14.02", "14.025245"),
            ("1.00", Currency::USD, "150.75", Currency::JPY, "150", "150.75"),
        ];
        for (net, from, at, to, received, exact) in rows {
            let conversion = convert_floor(Money::parse(net, from).unwrap(), rate(at), to).unwrap();
            assert_eq!(conversion.received.to_string(), received, "{net} {from} at {at}");
            assert_eq!(conversion.exact.to_string(), exact, "{net} {from} at {at}");
        }
    }

    /// By hand: 0.3 % of 1000.00 = 3.00; of 0.01 = 0.00003 → 0.01; of 333.34 = 1.00002 → 1.01.
    #[test]
    fn r19_fees_are_rounded_up() {
        for (gross, expected) in
            [("1000.00", "3.00"), ("0.01", "0.01"), ("333.34", "1.01"), ("333.33", "1.00")]
        {
            let gross = Money::parse(gross, Currency::USD).unwrap();
            assert_eq!(THREE_PER_MILLE.fee(gross).unwrap().to_string(), expected);
        }
        let fixed = FeeSchedule { fixed_minor: 50, parts_per_million: 0, minimum_minor: 75 };
        assert_eq!(fixed.fee(Money::new(1, Currency::USD).unwrap()).unwrap().minor(), 75);
    }

    #[test]
    fn amounts_of_18_digits_convert_or_say_that_they_are_too_large() {
        let most = Money::new(999_999_999_999_999_999, Currency::USD).unwrap();
        assert_eq!(convert_floor(most, rate("99.999999"), Currency::CNY), Err(MoneyError::Overflow));
        let one = convert_floor(most, rate("1"), Currency::CNY).unwrap();
        assert_eq!(one.received.minor(), most.minor());
    }

    proptest! {
        #[test]
        fn r19_the_institution_never_loses_a_minor_unit_and_the_merchant_less_than_one(
            net in 1i64..100_000_000, mantissa in 1u64..100_000_000, scale in 0u32..8, pair in 0usize..4,
        ) {
            let (from, to) = [
                (Currency::USD, Currency::CNY), (Currency::JPY, Currency::CNY),
                (Currency::CNY, Currency::JPY), (Currency::parse("KWD").unwrap(), Currency::USD),
            ][pair];
            let at = Rate::try_from(Decimal::from_i128_with_scale(i128::from(mantissa), scale)).unwrap();
            let conversion = convert_floor(Money::new(net, from).unwrap(), at, to).unwrap();
            let received = Decimal::from_i128_with_scale(i128::from(conversion.received.minor()), to.exponent());
            let unit = Decimal::from_i128_with_scale(1, to.exponent());
            prop_assert!(received <= conversion.exact);
            prop_assert!(conversion.exact - received < unit);
        }

        #[test]
        fn r19_fees_round_up_by_less_than_one_unit(gross in 1i64..1_000_000_000_000, ppm in 0u32..1_000_000) {
            let schedule = FeeSchedule { fixed_minor: 0, parts_per_million: ppm, minimum_minor: 0 };
            let fee = i128::from(schedule.fee(Money::new(gross, Currency::USD).unwrap()).unwrap().minor());
            let exact = i128::from(gross) * i128::from(ppm);
            prop_assert!(fee * 1_000_000 >= exact && (fee - 1) * 1_000_000 < exact);
        }

        #[test]
        fn r19_the_smallest_gross_is_the_smallest(
            target in 1i64..3_000, mantissa in 1u64..100_000_000, ppm in 0u32..500_000, fixed in 0i64..20,
        ) {
            let at = Rate::try_from(Decimal::from_i128_with_scale(i128::from(mantissa), 6)).unwrap();
            let fee = FeeSchedule { fixed_minor: fixed, parts_per_million: ppm, minimum_minor: 0 };
            let target = Money::new(target, Currency::CNY).unwrap();
            let gross = smallest_gross_for(target, Some(at), &fee, Currency::USD).unwrap();
            let arrives = |minor: i64| {
                received(Money::new(minor, Currency::USD).unwrap(), Some(at), &fee, Currency::CNY).unwrap()
            };
            prop_assert!(arrives(gross.minor()) >= target.minor());
            prop_assert!(gross.minor() == 1 || arrives(gross.minor() - 1) < target.minor());
        }
    }

    #[test]
    fn r19_fixed_bought_side_by_hand() {
        // 0.3 % fee, 7.1: 7100.00 CNY needs net 1000.00; gross 1003.01 − 3.01 = 1000.00, 1003.00 − 3.01 = 999.99.
        let target = Money::parse("7100.00", Currency::CNY).unwrap();
        let gross = smallest_gross_for(target, Some(rate("7.1")), &THREE_PER_MILLE, Currency::USD).unwrap();
        assert_eq!(gross.to_string(), "1003.01");
        let same =
            smallest_gross_for(Money::parse("10.00", Currency::USD).unwrap(), None, &FREE, Currency::USD);
        assert_eq!(same.unwrap().to_string(), "10.00");
        let all = FeeSchedule { fixed_minor: 0, parts_per_million: 1_000_000, minimum_minor: 0 };
        assert_eq!(
            smallest_gross_for(target, Some(rate("7.1")), &all, Currency::USD),
            Err(MoneyError::Unreachable)
        );
    }
}
