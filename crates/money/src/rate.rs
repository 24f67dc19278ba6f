//! Exchange rates: at most eight significant digits, exact.

use std::fmt;

use rust_decimal::Decimal;

use crate::error::RateError;

/// How many significant digits a rate has (R19).
const DIGITS: u32 = 8;
/// More decimal places than any quoted pair needs.
const MAX_SCALE: u32 = 20;

/// Units of one currency for one of another: greater than zero, at most eight significant digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// The significant digits, fewer than 10^8.
    mantissa: u64,
    /// The decimal places.
    scale: u32,
}

impl Rate {
    /// Reads a decimal string of up to 18 digits and rounds it down to eight significant ones.
    ///
    /// # Errors
    /// `RateError` for anything that is not a positive decimal.
    pub fn parse(text: &str) -> Result<Rate, RateError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = whole.len() + fraction.len();
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || digits > 19 {
            return Err(RateError);
        }
        let all = format!("{whole}{fraction}").parse::<u128>().map_err(|_| RateError)?;
        let scale = u32::try_from(fraction.len()).map_err(|_| RateError)?;
        Rate::floor(all, scale).ok_or(RateError)
    }

    /// `1 ÷ self`, rounded down to eight significant digits: the rate of buying the base currency at this ask.
    pub fn inverse_floor(&self) -> Rate {
        // 10^24 / mantissa has at least 16 digits, so its first eight are exact.
        let quotient = 10u128.pow(24) / u128::from(self.mantissa);
        // 1 / (mantissa × 10^-scale) = quotient × 10^(scale - 24)
        let places = 24i64 - i64::from(self.scale);
        let rate = match u32::try_from(places) {
            Ok(scale) => Rate::floor(quotient, scale),
            Err(_) => Rate::floor(quotient, 0),
        };
        // Not reachable for any rate that can be constructed: the scale is at most 20.
        rate.unwrap_or(*self)
    }

    /// The largest rate of eight significant digits that is not above `digits × 10^-scale`.
    fn floor(mut digits: u128, mut scale: u32) -> Option<Rate> {
        let limit = 10u128.pow(DIGITS);
        while digits >= limit && scale > 0 {
            digits /= 10;
            scale -= 1;
        }
        let mut dropped = 1u128;
        while digits / dropped >= limit {
            dropped *= 10;
        }
        digits = digits / dropped * dropped;
        while scale > MAX_SCALE {
            digits /= 10;
            scale -= 1;
        }
        while scale > 0 && digits.is_multiple_of(10) && digits > 0 {
            digits /= 10;
            scale -= 1;
        }
        let mantissa = u64::try_from(digits).ok()?;
        (mantissa > 0).then_some(Rate { mantissa, scale })
    }

    /// Numerator and power of ten of the denominator: the rate is `mantissa ÷ 10^scale`.
    pub(crate) fn parts(&self) -> (u64, u32) {
        (self.mantissa, self.scale)
    }
}

impl From<Rate> for Decimal {
    fn from(rate: Rate) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(rate.mantissa), rate.scale)
    }
}

impl TryFrom<Decimal> for Rate {
    type Error = RateError;

    fn try_from(decimal: Decimal) -> Result<Rate, RateError> {
        let mantissa = u128::try_from(decimal.mantissa()).map_err(|_| RateError)?;
        Rate::floor(mantissa, decimal.scale()).ok_or(RateError)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Decimal::from(*self))
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r19_rates_are_rounded_down_to_eight_significant_digits() {
        let rows = [
            ("7.1034", "7.1034"),
            ("7.10340000", "7.1034"),
            ("0.047000", "0.047"),
            ("7.123456789", "7.1234567"),
            ("0.0012345678999", "0.0012345678"),
            ("123456789", "123456780"),
            ("1", "1"),
        ];
        for (text, expected) in rows {
            assert_eq!(Rate::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    /// By hand: 1/7.13 = 0.140252454…, 1/8.24 = 0.121359223…, 1/0.0472 = 21.18644067…
    #[test]
    fn r19_buying_the_base_is_one_divided_by_the_ask_rounded_down() {
        for (ask, expected) in [
            ("7.1300", "0.14025245"),
            ("8.2400", "0.12135922"),
            ("0.047200", "21.186440"),
            ("1", "1"),
            ("3", "0.33333333"),
        ] {
            let inverse = Rate::parse(ask).unwrap().inverse_floor();
            assert_eq!(inverse, Rate::parse(expected).unwrap(), "{ask}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "0", "0.000", "-1", "+1", "1e3", ".5", "5.", "abc", "1.2.3", &"1".repeat(40)] {
            assert_eq!(Rate::parse(text), Err(RateError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn r19_inverse_is_the_largest_not_above(mantissa in 1u64..100_000_000, scale in 0u32..10) {
            let rate = Rate::floor(u128::from(mantissa), scale).unwrap();
            let inverse = rate.inverse_floor();
            let (m, s) = rate.parts();
            let (im, is) = inverse.parts();
            // rate × inverse ≤ 1
            let product = u128::from(m) * u128::from(im);
            let one = 10u128.pow(s + is);
            prop_assert!(product <= one);
            // with one more in its eighth significant digit it would be above 1
            let digits = im.to_string().len() as u32;
            if digits == 8 {
                prop_assert!(u128::from(m) * u128::from(im + 1) > one);
            }
        }

        #[test]
        fn decimals_round_trip(mantissa in 1u64..100_000_000, scale in 0u32..12) {
            let rate = Rate::floor(u128::from(mantissa), scale).unwrap();
            prop_assert_eq!(Rate::try_from(Decimal::from(rate)), Ok(rate));
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        }
    }
}
