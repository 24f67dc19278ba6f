//! Exchange rates: at most eight significant digits, exact.

use std::fmt;

use rust_decimal::Decimal;

use crate::error::RateError;

/// How many significant digits a rate has (R19).
const DIGITS: u32 = 8;
/// Rates lie between 10^-12 and 10^12, so that 1 ÷ rate does too and keeps its eight digits.
const BOUND: u32 = 12;
/// The greatest power of ten of 128 bits.
const INVERSE: u32 = 38;

/// Units of one currency for one of another: at most eight significant digits, between 10^-12 and 10^12.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// The significant digits: fewer than 10^8, or a whole number that ends in zeros.
    mantissa: u128,
    /// The decimal places; the last of them is not zero, so equal rates are equal here.
    scale: u32,
}

impl Rate {
    /// One for one.
    pub const ONE: Rate = Rate { mantissa: 1, scale: 0 };

    /// Reads a decimal string of up to 18 digits and rounds it down to eight significant ones.
    ///
    /// # Errors
    /// `RateError` for anything that is not a positive decimal, and outside 10^-12 to 10^12.
    pub fn parse(text: &str) -> Result<Rate, RateError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(RateError),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let bounded = whole.len() + fraction.len() <= 18;
        if whole.is_empty() || !digits_only(whole) || !digits_only(fraction) || !bounded {
            return Err(RateError);
        }
        let all = format!("{whole}{fraction}").parse::<u128>().map_err(|_| RateError)?;
        let scale = u32::try_from(fraction.len()).map_err(|_| RateError)?;
        Rate::bounded(all, scale)
    }

    /// The smallest rate of eight significant digits that is not below `decimal`: what to divide by, where a
    /// result must not come out too high.
    ///
    /// # Errors
    /// `RateError` for what is not above zero, and outside 10^-12 to 10^12.
    pub fn ceil(decimal: Decimal) -> Result<Rate, RateError> {
        let floor = Rate::try_from(decimal)?;
        if Decimal::from(floor) >= decimal {
            return Ok(floor);
        }
        // One more in the eighth digit, which may be a zero that is not written.
        let (mantissa, scale) = floor.parts();
        let digits = mantissa.ilog10() + 1;
        match digits.checked_sub(DIGITS) {
            Some(zeros) => Rate::bounded(mantissa + 10u128.pow(zeros), scale),
            None => Rate::bounded(mantissa * 10u128.pow(DIGITS - digits) + 1, scale + DIGITS - digits),
        }
    }

    /// `1 ÷ (mantissa × 10^-scale)`, rounded down to eight significant digits, for what lies between 10^-12 and 10^12 with at
    /// most 28 decimal places, as [`Ask`](crate::Ask) does.
    pub(crate) fn inverse_floor(mantissa: u128, scale: u32) -> Rate {
        // A mantissa is below 2^96, so this has 10 digits or more: enough for eight exact ones.
        let quotient = 10u128.pow(INVERSE) / mantissa;
        // quotient × 10^(scale - 38)
        Rate::floor(quotient, INVERSE.saturating_sub(scale))
    }

    /// `self × other`, rounded down to eight significant digits once: a rate through a third currency.
    ///
    /// # Errors
    /// `RateError` outside 10^-12 to 10^12.
    pub fn product_floor(self, other: Rate) -> Result<Rate, RateError> {
        // At most 10^12 each, so at most 10^24: exact.
        Rate::bounded(self.mantissa * other.mantissa, self.scale + other.scale)
    }

    /// Whether this lies further from `before` than so many millionths of it, up or down. Exact.
    pub fn strays(self, before: Rate, parts_per_million: u32) -> bool {
        let scale = self.scale.max(before.scale);
        // At most 10^12 with up to 19 decimal places: below 10^31, and below 10^37 as millionths.
        let whole = |rate: Rate| rate.mantissa * 10u128.pow(scale - rate.scale);
        let (now, before) = (whole(self), whole(before));
        let allowed = before.saturating_mul(u128::from(parts_per_million));
        now.abs_diff(before) * 1_000_000 > allowed
    }

    fn bounded(digits: u128, scale: u32) -> Result<Rate, RateError> {
        if digits == 0 {
            return Err(RateError);
        }
        let rate = Rate::floor(digits, scale);
        let least = 10u128.checked_pow(rate.scale.saturating_sub(BOUND)).ok_or(RateError)?;
        // With decimal places the mantissa is below 10^8 anyway.
        let most = 10u128.pow(BOUND);
        if (least..=most).contains(&rate.mantissa) { Ok(rate) } else { Err(RateError) }
    }

    /// The largest rate of eight significant digits that is not above `digits × 10^-scale`.
    fn floor(mut digits: u128, mut scale: u32) -> Rate {
        let limit = 10u128.pow(DIGITS);
        while digits >= limit && scale > 0 {
            digits /= 10;
            scale -= 1;
        }
        let mut dropped = 1;
        while digits / dropped >= limit {
            dropped *= 10;
        }
        digits = digits / dropped * dropped;
        while scale > 0 && digits.is_multiple_of(10) && digits > 0 {
            digits /= 10;
            scale -= 1;
        }
        Rate { mantissa: digits, scale }
    }

    /// Numerator and power of ten of the denominator: the rate is `mantissa ÷ 10^scale`. At most 10^12, and 19.
    pub(crate) fn parts(&self) -> (u128, u32) {
        (self.mantissa, self.scale)
    }
}

impl From<Rate> for Decimal {
    fn from(rate: Rate) -> Decimal {
        Decimal::from_i128_with_scale(rate.mantissa.cast_signed(), rate.scale)
    }
}

impl TryFrom<Decimal> for Rate {
    type Error = RateError;

    fn try_from(decimal: Decimal) -> Result<Rate, RateError> {
        let mantissa = u128::try_from(decimal.mantissa()).map_err(|_| RateError)?;
        Rate::bounded(mantissa, decimal.scale())
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
    use crate::Ask;

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

    /// By hand: a ninth digit rounds the eighth up, also where the eighth is a zero that is not written.
    #[test]
    fn r19_an_ask_of_more_digits_is_rounded_up() {
        for (ask, expected) in [("7.13", "7.13"), ("7.12345678", "7.1234568"), ("7.100000001", "7.1000001")] {
            let decimal: Decimal = ask.parse().unwrap();
            assert_eq!(Rate::ceil(decimal).unwrap().to_string(), expected, "{ask}");
        }
    }

    /// By hand: 1.1 × 7.1 = 7.81; 1.0812345 × 7.1034567 = 7.68050239…, rounded down in its eighth digit;
    /// 0.12135922 × 0.14025245 = 0.0170209279…
    #[test]
    fn r19_a_product_is_rounded_down_once() {
        for (first, second, expected) in [
            ("1.1", "7.1", "7.81"),
            ("1", "7.1", "7.1"),
            ("1.0812345", "7.1034567", "7.6805024"),
            ("0.12135922", "0.14025245", "0.017020927"),
            ("99999999", "99999999", "out"),
            ("0.000001", "0.000001", "0.000000000001"),
            ("0.000001", "0.0000001", "out"),
        ] {
            let rate = |text| Rate::parse(text).unwrap();
            let product = rate(first).product_floor(rate(second));
            assert_eq!(product.map_or("out".into(), |rate| rate.to_string()), expected, "{first} × {second}");
        }
    }

    /// A tenth of 7.1 is 0.71: 7.81 and 6.39 are at the boundary, one more in the last digit is beyond.
    #[test]
    fn r16_how_far_a_rate_strays_is_compared_exactly() {
        for (now, before, parts, strays) in [
            ("7.81", "7.1", 100_000, false),
            ("7.8100001", "7.1", 100_000, true),
            ("6.39", "7.1", 100_000, false),
            ("6.3899999", "7.1", 100_000, true),
            ("7.1", "7.1", 0, false),
            ("7.1000001", "7.1", 0, true),
            ("0.052", "0.047", 106_382, true),
            ("0.052", "0.047", 106_383, false),
            ("0.000000000001", "1000000000000", 1_000_000, false),
            ("1000000000000", "0.0000000000012345678", 1_000_000, true),
            ("1000000000000", "0.0000000000012345678", u32::MAX, true),
        ] {
            let rate = |text: &str| Rate::try_from(text.parse::<Decimal>().unwrap()).unwrap();
            assert_eq!(rate(now).strays(rate(before), parts), strays, "{now} after {before}, {parts}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "0", "0.000", "-1", "+1", "1e3", ".5", "5.", "abc", "1.2.3", "７", &"1".repeat(40)]
        {
            assert_eq!(Rate::parse(text), Err(RateError), "{text:?}");
        }
        assert!(Rate::parse("1.00000000000000000").is_ok(), "18 digits");
        assert_eq!(Rate::parse("1.000000000000000000"), Err(RateError), "19 digits");
    }

    /// Beyond these bounds 1 ÷ rate could not be kept with eight digits.
    #[test]
    fn r19_rates_outside_the_bounds_are_refused_however_they_come() {
        let inside = ["0.000000000001", "0.0000000000012345678", "1000000000000"];
        let outside = ["0.0000000000009999", "1000010000000", "0.00000000000000000001"];
        for text in inside {
            let rate = Rate::try_from(text.parse::<Decimal>().unwrap()).unwrap();
            assert_eq!(rate.to_string(), text);
            assert!(Rate::try_from(Decimal::from(Ask::from(rate).inverse_floor())).is_ok(), "{text}");
        }
        for text in outside {
            assert_eq!(Rate::try_from(text.parse::<Decimal>().unwrap()), Err(RateError), "{text}");
            assert_eq!(Rate::parse(text), Err(RateError), "{text}");
        }
        assert_eq!(Rate::try_from(Decimal::NEGATIVE_ONE), Err(RateError));
        assert_eq!(Rate::try_from(Decimal::MAX), Err(RateError));
    }

    proptest! {
        #[test]
        fn r19_a_rate_is_at_most_what_was_published_by_less_than_its_eighth_digit(
            digits in 1u128..1_000_000_000_000, scale in 0u32..=12,
        ) {
            let (mantissa, places) = Rate::bounded(digits, scale).unwrap().parts();
            let kept = mantissa * 10u128.pow(scale - places);
            let unit = 10u128.pow((digits.ilog10() + 1).saturating_sub(DIGITS));
            prop_assert!(kept <= digits && digits - kept < unit && kept.is_multiple_of(unit));
        }

        #[test]
        fn r19_an_ask_is_at_least_what_was_published_by_less_than_its_eighth_digit(
            digits in 1u128..1_000_000_000_000, scale in 0u32..=12,
        ) {
            let (mantissa, places) = Rate::ceil(Decimal::from_i128_with_scale(digits.cast_signed(), scale)).unwrap().parts();
            let kept = mantissa * 10u128.pow(scale - places);
            let unit = 10u128.pow((digits.ilog10() + 1).saturating_sub(DIGITS));
            prop_assert!(kept >= digits && kept - digits < unit);
        }

        #[test]
        fn r19_a_product_is_the_largest_not_above(a in 1u128..100_000_000, b in 1u128..100_000_000, s in 0u32..6, t in 0u32..6) {
            let (first, second) = (Rate::bounded(a, s).unwrap(), Rate::bounded(b, t).unwrap());
            let Ok(product) = first.product_floor(second) else { return Ok(()) };
            let (mantissa, scale) = product.parts();
            let (exact, places) = (a * b, s + t);
            let kept = mantissa * 10u128.pow(places - scale);
            let unit = 10u128.pow((exact.ilog10() + 1).saturating_sub(DIGITS));
            prop_assert!(kept <= exact && exact - kept < unit);
        }

        #[test]
        fn decimals_round_trip(mantissa in 1u128..100_000_000, scale in 0u32..=12) {
            let rate = Rate::bounded(mantissa, scale).unwrap();
            prop_assert_eq!(Rate::try_from(Decimal::from(rate)), Ok(rate));
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        }

        #[test]
        fn no_text_and_no_decimal_panics(text in "\\PC*", mantissa: u64, scale in 0u32..=28) {
            let _ = Rate::parse(&text);
            let _ = Rate::try_from(Decimal::from_i128_with_scale(i128::from(mantissa), scale));
        }
    }
}
