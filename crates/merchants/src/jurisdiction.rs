//! R14: whose law a receiving account is under.

use money::Currency;

/// The jurisdiction of a receiving account; the contracting entity and the working days follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Jurisdiction {
    /// The United States, Canada and Mexico.
    NorthAmerica,
    /// The European Union and the United Kingdom.
    Europe,
    /// Japan.
    Japan,
}

impl Jurisdiction {
    /// All of them.
    pub const ALL: [Jurisdiction; 3] =
        [Jurisdiction::NorthAmerica, Jurisdiction::Europe, Jurisdiction::Japan];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Jurisdiction::NorthAmerica => "north_america",
            Jurisdiction::Europe => "europe",
            Jurisdiction::Japan => "japan",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Jurisdiction> {
        Jurisdiction::ALL.into_iter().find(|jurisdiction| jurisdiction.as_str() == name)
    }

    /// Where accounts in this currency are; none where we have no accounts.
    pub fn of(currency: Currency) -> Option<Jurisdiction> {
        match currency.code() {
            "USD" | "CAD" | "MXN" => Some(Jurisdiction::NorthAmerica),
            "EUR" | "GBP" => Some(Jurisdiction::Europe),
            "JPY" => Some(Jurisdiction::Japan),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_the_jurisdiction_follows_the_currency() {
        let table = [
            ("USD", Some("north_america")),
            ("CAD", Some("north_america")),
            ("MXN", Some("north_america")),
            ("EUR", Some("europe")),
            ("GBP", Some("europe")),
            ("JPY", Some("japan")),
            ("CNY", None),
        ];
        for (code, expected) in table {
            let currency = Currency::parse(code).unwrap();
            assert_eq!(Jurisdiction::of(currency).map(Jurisdiction::as_str), expected, "{code}");
        }
        for jurisdiction in Jurisdiction::ALL {
            assert_eq!(Jurisdiction::parse(jurisdiction.as_str()), Some(jurisdiction));
        }
    }
}
