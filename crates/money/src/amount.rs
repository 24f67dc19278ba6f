//! Amounts: integer minor units of one currency, never below zero.

use std::fmt;

use rust_decimal::Decimal;

use crate::currency::Currency;
use crate::error::{AmountError, MoneyError};

/// ISO 20022's bound: 18 digits.
const MAX_PARSED: i64 = 999_999_999_999_999_999;

/// An amount of one currency, zero or more, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` minor units (cents for USD, yen for JPY).
    ///
    /// # Errors
    /// `BelowZero`.
    pub fn new(minor: i64, currency: Currency) -> Result<Money, MoneyError> {
        if minor < 0 {
            return Err(MoneyError::BelowZero);
        }
        Ok(Money { minor, currency })
    }

    /// Nothing.
    pub fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// Reads an amount of the contract: a decimal string in major units, greater than zero. Zeros beyond the
    /// minor unit are tolerated (`"100.00"` JPY), anything else there is refused, never rounded.
    ///
    /// # Errors
    /// `AmountError` in words for the caller.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, AmountError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(AmountError::NotDecimal),
            None => (text, ""),
        };
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits_only(whole) || !digits_only(fraction) {
            return Err(AmountError::NotDecimal);
        }
        let places = currency.exponent() as usize;
        let (kept, excess) = fraction.split_at_checked(places).unwrap_or((fraction, ""));
        if excess.bytes().any(|byte| byte != b'0') {
            return Err(AmountError::TooPrecise { currency });
        }
        let padding = std::iter::repeat_n(b'0', places - kept.len());
        let mut minor: i64 = 0;
        for digit in whole.bytes().chain(kept.bytes()).chain(padding) {
            minor = minor
                .checked_mul(10)
                .and_then(|m| m.checked_add(i64::from(digit - b'0')))
                .filter(|m| *m <= MAX_PARSED)
                .ok_or(AmountError::TooLarge)?;
        }
        if minor == 0 {
            return Err(AmountError::Zero);
        }
        Ok(Money { minor, currency })
    }

    /// Minor units.
    pub fn minor(&self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The sum.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `Overflow`.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, currency: self.currency })
    }

    /// The difference.
    ///
    /// # Errors
    /// `CurrencyMismatch`; `BelowZero` when `other` is more.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Money::new(minor, self.currency)
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
    }
}

/// Major units of an amount of either sign, as positions and sums have it: `-1234.50`. `minor` is a whole number.
pub fn signed(minor: Decimal, currency: Currency) -> String {
    let mut major = minor;
    // Whole minor units have no decimal places of their own: this writes the point, and rounds nothing.
    match major.set_scale(currency.exponent()) {
        Ok(()) if minor.scale() == 0 => major.to_string(),
        _ => format!("{minor} minor units"),
    }
}

/// Major units with the currency's decimal places, without its code: `1234.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.currency.exponent();
        if places == 0 {
            return write!(f, "{}", self.minor);
        }
        let unit = 10i64.pow(places);
        let (whole, fraction) = (self.minor / unit, self.minor % unit);
        write!(f, "{whole}.{fraction:0width$}", width = places as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn sums_of_either_sign_are_written_in_major_units() {
        let rows = [
            (0, "USD", "0.00"),
            (-1, "USD", "-0.01"),
            (123_450, "USD", "1234.50"),
            (-7, "JPY", "-7"),
            (1_005, "KWD", "1.005"),
        ];
        for (minor, code, expected) in rows {
            assert_eq!(signed(Decimal::from(minor), currency(code)), expected);
        }
        let beyond = Decimal::from(i64::MAX) * Decimal::from(10);
        assert_eq!(signed(beyond, currency("CNY")), "922337203685477580.70");
        assert_eq!(signed(Decimal::new(15, 1), currency("CNY")), "1.5 minor units");
    }

    #[test]
    fn r19_amounts_read_exactly() {
        let rows = [
            ("USD", "1234.50", 123_450),
            ("USD", "0.01", 1),
            ("USD", "1", 100),
            ("USD", "1.5", 150),
            ("USD", "007.10", 710),
            ("USD", "1.2300000", 123),
            ("JPY", "100", 100),
            ("JPY", "100.0", 100),
            ("JPY", "100.00", 100),
            ("KWD", "1.234", 1234),
            ("HUF", "1.25", 125),
            ("USD", "9999999999999999.99", 999_999_999_999_999_999),
        ];
        for (code, text, minor) in rows {
            assert_eq!(Money::parse(text, currency(code)).map(|m| m.minor()), Ok(minor), "{text} {code}");
        }
    }

    #[test]
    fn r19_what_is_no_amount_is_refused_not_rounded() {
        let bad = [
            "1e3", "1E3", "-5", "+5", " 5", "5 ", "", ".", "5.", ".5", "０", "1,000.00", "1.2.3", "0x10",
            "NaN", "∞", "1_000", "1'000",
        ];
        for text in bad {
            assert_eq!(Money::parse(text, Currency::USD), Err(AmountError::NotDecimal), "{text:?}");
        }
        for (code, text) in [("USD", "0.001"), ("JPY", "100.5"), ("KWD", "1.2345")] {
            let currency = currency(code);
            assert_eq!(Money::parse(text, currency), Err(AmountError::TooPrecise { currency }), "{text}");
        }
        for text in ["0", "0.00", "000", "0.000"] {
            assert_eq!(Money::parse(text, Currency::USD), Err(AmountError::Zero), "{text}");
        }
        for text in ["10000000000000000.00", "12345678901234567890", "99999999999999999999", &"9".repeat(400)]
        {
            assert_eq!(Money::parse(text, Currency::USD), Err(AmountError::TooLarge), "{text}");
        }
    }

    #[test]
    fn differences_stop_at_zero_and_currencies_stay_apart() {
        let (one, two) = (Money::new(1, Currency::USD).unwrap(), Money::new(2, Currency::USD).unwrap());
        let yen = Money::new(1, Currency::JPY).unwrap();
        assert_eq!(two.checked_sub(one), Ok(one));
        assert_eq!(one.checked_sub(two), Err(MoneyError::BelowZero));
        assert!(matches!(one.checked_add(yen), Err(MoneyError::CurrencyMismatch { .. })));
        let most = Money::new(i64::MAX, Currency::USD).unwrap();
        assert_eq!(most.checked_add(one), Err(MoneyError::Overflow));
        assert_eq!(Money::new(-1, Currency::USD), Err(MoneyError::BelowZero));
    }

    proptest! {
        #[test]
        fn display_reads_back(minor in 1..=MAX_PARSED, which in 0..4usize) {
            let currency = currency(["USD", "JPY", "KWD", "CNY"][which]);
            let money = Money::new(minor, currency).unwrap();
            prop_assert_eq!(Money::parse(&money.to_string(), currency), Ok(money));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Money::parse(&text, Currency::USD);
        }
    }
}
