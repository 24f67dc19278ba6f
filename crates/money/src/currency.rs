//! Currencies of ISO 4217.

use std::fmt;

/// An ISO 4217 currency: three capital letters and an exponent. Cheap to copy.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// Not a code of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a currency of ISO 4217")]
pub struct UnknownCurrency;

impl Currency {
    /// Chinese yuan.
    pub const CNY: Currency = Currency(iso_currency::Currency::CNY);
    /// Euro.
    pub const EUR: Currency = Currency(iso_currency::Currency::EUR);
    /// Pound sterling.
    pub const GBP: Currency = Currency(iso_currency::Currency::GBP);
    /// Hong Kong dollar.
    pub const HKD: Currency = Currency(iso_currency::Currency::HKD);
    /// Japanese yen, which has no minor unit.
    pub const JPY: Currency = Currency(iso_currency::Currency::JPY);
    /// United States dollar.
    pub const USD: Currency = Currency(iso_currency::Currency::USD);

    /// Reads a code: exactly three capital letters, with a minor unit defined (so not gold or test codes).
    ///
    /// # Errors
    /// `UnknownCurrency`.
    pub fn parse(code: &str) -> Result<Currency, UnknownCurrency> {
        iso_currency::Currency::from_code(code)
            .filter(|found| found.code() == code && found.exponent().is_some_and(|digits| digits <= 4))
            .map(Currency)
            .ok_or(UnknownCurrency)
    }

    /// Reads a code that this program wrote.
    ///
    /// # Errors
    /// `UnknownCurrency`.
    pub fn from_db(code: &str) -> Result<Currency, UnknownCurrency> {
        Currency::parse(code)
    }

    /// The three letters.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// How many decimal digits the minor unit has: 0 for JPY, 2 for USD, 3 for KWD.
    pub fn exponent(&self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Currency) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Currency) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Currency::parse(&code).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_of_iso_4217() {
        let table = [
            ("USD", 2),
            ("CNY", 2),
            ("EUR", 2),
            ("HKD", 2),
            ("HUF", 2),
            ("TWD", 2),
            ("JPY", 0),
            ("KRW", 0),
            ("ISK", 0),
            ("VND", 0),
            ("CLP", 0),
            ("XAF", 0),
            ("KWD", 3),
            ("BHD", 3),
            ("JOD", 3),
            ("OMR", 3),
            ("TND", 3),
            ("IQD", 3),
            ("LYD", 3),
        ];
        for (code, exponent) in table {
            assert_eq!(Currency::parse(code).map(|c| c.exponent()), Ok(exponent), "{code}");
        }
    }

    #[test]
    fn what_is_no_currency_is_refused() {
        for code in ["", "usd", "Usd", "US", "USDD", " USD", "XAU", "XXX", "XTS", "ＵＳＤ", "ABC"] {
            assert_eq!(Currency::parse(code), Err(UnknownCurrency), "{code:?}");
            assert_eq!(Currency::from_db(code), Err(UnknownCurrency), "{code:?}");
        }
    }

    #[test]
    fn a_currency_is_its_code_in_json_and_in_order() {
        let json = serde_json::to_string(&[Currency::CNY, Currency::USD]).unwrap();
        assert_eq!(json, r#"["CNY","USD"]"#);
        assert_eq!(serde_json::from_str::<[Currency; 2]>(&json).unwrap(), [Currency::CNY, Currency::USD]);
        for wrong in [r#""usd""#, "840", "null"] {
            assert!(serde_json::from_str::<Currency>(wrong).is_err(), "{wrong}");
        }
        let mut all = [Currency::USD, Currency::CNY, Currency::JPY, Currency::EUR];
        all.sort();
        assert_eq!(all.map(|c| c.code()), ["CNY", "EUR", "JPY", "USD"]);
    }
}
