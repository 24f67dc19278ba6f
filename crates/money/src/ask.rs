//! A bank's ask, as exact as it was published: what 1 is divided by where the base currency is bought (R19).

use std::fmt;

use rust_decimal::Decimal;

use crate::error::RateError;
use crate::rate::Rate;

/// What a bank takes for one unit of the base currency, in units of the quote currency: every digit that was published, between
/// 10^-12 and 10^12. Only what comes of the division is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Without zeros at its end, so equal asks are equal here.
    exact: Decimal,
    rounded_up: Rate,
}

impl Ask {
    /// `1 ÷ self`, rounded down to eight significant digits: the rate of buying the base currency.
    pub fn inverse_floor(&self) -> Rate {
        Rate::inverse_floor(self.exact.mantissa().unsigned_abs(), self.exact.scale())
    }

    /// The smallest rate of eight significant digits that is not below it.
    pub fn ceil(&self) -> Rate {
        self.rounded_up
    }
}

impl From<Rate> for Ask {
    fn from(rate: Rate) -> Ask {
        Ask { exact: rate.into(), rounded_up: rate }
    }
}

impl TryFrom<Decimal> for Ask {
    type Error = RateError;

    fn try_from(decimal: Decimal) -> Result<Ask, RateError> {
        Ok(Ask { exact: decimal.normalize(), rounded_up: Rate::ceil(decimal)? })
    }
}

impl From<Ask> for Decimal {
    fn from(ask: Ask) -> Decimal {
        ask.exact
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.exact)
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ask(text: &str) -> Ask {
        Ask::try_from(text.parse::<Decimal>().unwrap()).unwrap()
    }

    /// By hand: 1/7.13 = 0.140252454…, 1/8.24 = 0.121359223…, 1/0.0472 = 21.18644067…; 1/7.127211848 = 0.1403073207…, where
    /// 1/7.1272119 is 0.1403073197….
    #[test]
    fn r19_buying_the_base_is_one_divided_by_the_ask_rounded_down() {
        for (published, expected) in [
            ("7.1300", "0.14025245"),
            ("8.2400", "0.12135922"),
            ("0.047200", "21.186440"),
            ("1", "1"),
            ("3", "0.33333333"),
            ("7.127211848", "0.14030732"),
            ("7.12721184800000000", "0.14030732"),
            ("2.00000001", "0.49999999"),
            ("0.999999999999999999", "1"),
            ("1.00000000000000001", "0.99999999"),
        ] {
            assert_eq!(ask(published).inverse_floor(), Rate::parse(expected).unwrap(), "{published}");
        }
    }

    /// Not only what is above it: the least and the greatest, and integers of more than eight digits.
    #[test]
    fn r19_inverses_at_the_bounds() {
        for (published, inverse) in [
            ("0.000000000001", "1000000000000"),
            ("1000000000000", "0.000000000001"),
            ("123456780", "0.0000000081000006"),
            ("123456789", "0.0000000081000000"),
            ("999999990000", "0.00000000000100000"),
            ("999999999999.9", "0.000000000001"),
            ("0.00000003", "33333333"),
            ("0.000000003", "333333330"),
            ("0.0000000000010000000000000001", "999999990000"),
        ] {
            let inverse: Decimal = inverse.parse().unwrap();
            assert_eq!(Decimal::from(ask(published).inverse_floor()), inverse, "{published}");
        }
        for outside in ["0", "-1", "0.0000000000009999", "1000000000000.1", "1000010000000"] {
            assert_eq!(Ask::try_from(outside.parse::<Decimal>().unwrap()), Err(RateError), "{outside}");
        }
    }

    #[test]
    fn r19_an_ask_is_kept_as_it_was_published() {
        for (published, shown, up) in [
            ("7.1300", "7.13", "7.13"),
            ("7.127211848", "7.127211848", "7.1272119"),
            ("120", "120", "120"),
            ("1.23456789012345678", "1.23456789012345678", "1.2345679"),
        ] {
            let read = ask(published);
            assert_eq!((&*read.to_string(), &*read.ceil().to_string()), (shown, up), "{published}");
            assert_eq!(Ask::try_from(Decimal::from(read)), Ok(read), "{published}");
        }
    }

    proptest! {
        /// In whole numbers: ask × inverse ≤ 1, and with one more in the inverse's eighth digit it would be above.
        #[test]
        fn r19_inverse_is_the_largest_not_above(mantissa in 1u64..1_000_000_000_000_000_000, scale in 6u32..=12) {
            let decimal = Decimal::from_i128_with_scale(i128::from(mantissa), scale);
            let Ok(ask) = Ask::try_from(decimal) else { return Ok(()) };
            let (inverse, places) = ask.inverse_floor().parts();
            let digits = inverse.ilog10() + 1;
            let (eighth, more) = if digits <= 8 {
                (inverse * 10u128.pow(8 - digits) + 1, places + 8 - digits)
            } else {
                (inverse + 10u128.pow(digits - 8), places)
            };
            let (mantissa, one) = (u128::from(mantissa), |places: u32| 10u128.pow(scale + places));
            prop_assert!(mantissa * inverse <= one(places));
            prop_assert!(mantissa * eighth > one(more));
        }

        #[test]
        fn no_decimal_panics(mantissa: u64, high in 0u32..4_000_000_000, scale in 0u32..=28) {
            let mantissa = i128::from(mantissa) + (i128::from(high) << 64);
            if let Ok(ask) = Ask::try_from(Decimal::from_i128_with_scale(mantissa, scale)) {
                prop_assert!(Decimal::from(ask.ceil()) >= Decimal::from(ask));
                let _ = ask.inverse_floor();
            }
        }
    }
}
