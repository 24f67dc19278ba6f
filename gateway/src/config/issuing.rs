//! Receiving accounts that are issued: the banks' ranges of numbers, and who contracts (R14).

use merchants::Jurisdiction;
use money::Currency;
use serde::Deserialize;

use super::Bank;

/// Numbers that a bank lets us allot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRange {
    pub currency: String,
    /// Both ends included.
    pub first: String,
    pub last: String,
}

impl NumberRange {
    /// What is wrong with it, if anything is.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok());
        let ends: (Option<i64>, Option<i64>) = (number(&self.first).flatten(), number(&self.last).flatten());
        let known = Currency::parse(&self.currency).ok().and_then(Jurisdiction::of);
        match ends {
            _ if known.is_none() => Some("its currency must be USD, CAD, MXN, EUR, GBP or JPY"),
            _ if !(4..=18).contains(&self.first.len()) || self.first.len() != self.last.len() => {
                Some("first and last must have the same number of digits, 4 to 18")
            }
            (Some(first), Some(last)) if first <= last => None,
            _ => Some("first and last must be digits, first not above last"),
        }
    }
}

/// Who contracts with the merchant, by jurisdiction.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entities {
    pub north_america: Option<String>,
    pub europe: Option<String>,
    pub japan: Option<String>,
}

impl Entities {
    /// R14: the contracting entity of an account in this jurisdiction.
    pub fn of(&self, jurisdiction: Jurisdiction) -> Option<&str> {
        match jurisdiction {
            Jurisdiction::NorthAmerica => self.north_america.as_deref(),
            Jurisdiction::Europe => self.europe.as_deref(),
            Jurisdiction::Japan => self.japan.as_deref(),
        }
    }
}

/// All the banks' ranges, in the order in which they are used up.
pub fn number_ranges(banks: &[Bank]) -> Vec<merchants::NumberRange> {
    let ranges = banks.iter().flat_map(|bank| bank.number_ranges.iter().map(move |range| (bank, range)));
    ranges
        .filter_map(|(bank, range)| {
            Some(merchants::NumberRange {
                bank: bank.id.clone(),
                currency: Currency::parse(&range.currency).ok()?,
                first: range.first.clone(),
                last: range.last.clone(),
            })
        })
        .collect()
}
