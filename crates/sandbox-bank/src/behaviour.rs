//! How the bank treats a payout, by the payee's account number.

use money::Money;
use serde::{Deserialize, Serialize};

/// What a payee's account number asks for with its last four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Anything else: pays, and says so.
    Pays,
    /// `0001`: accepts, then fails with AC01.
    Fails,
    /// `0002`: does it and never answers, neither the request nor by event.
    Silent,
    /// `0003`: pays, then returns it short.
    ReturnsShort,
    /// `0004`: answers 503 twice for the reference, then pays.
    BusyTwice,
    /// `0005`: the request never gets through, however often.
    NeverArrives,
    /// `0006`: reports before it answers the request, and again after.
    ReportsTwice,
}

impl Behaviour {
    /// By the number's last four digits.
    pub fn of(account_number: &str) -> Behaviour {
        let number = account_number.trim_end();
        let ends = |digits: &str| number.ends_with(digits);
        match () {
            () if ends("0001") => Behaviour::Fails,
            () if ends("0002") => Behaviour::Silent,
            () if ends("0003") => Behaviour::ReturnsShort,
            () if ends("0004") => Behaviour::BusyTwice,
            () if ends("0005") => Behaviour::NeverArrives,
            () if ends("0006") => Behaviour::ReportsTwice,
            () => Behaviour::Pays,
        }
    }
}

/// What comes back of a returned payout: five units of the currency less, but at least its smallest unit.
pub(crate) fn returned_short(paid: Money) -> Money {
    let kept = 5 * 10_i64.pow(paid.currency().exponent().min(4));
    let minor = paid.minor().saturating_sub(kept).max(1);
    Money::new(minor, paid.currency()).unwrap_or(paid)
}

#[cfg(test)]
mod tests {
    use money::Currency;

    use super::*;

    #[test]
    fn the_last_four_digits_decide() {
        for (number, behaviour) in [
            ("6222021234560001", Behaviour::Fails),
            ("0002", Behaviour::Silent),
            ("x0003", Behaviour::ReturnsShort),
            ("6222 0004", Behaviour::BusyTwice),
            ("0005", Behaviour::NeverArrives),
            ("0006", Behaviour::ReportsTwice),
            ("0007", Behaviour::Pays),
            ("00010", Behaviour::Pays),
            ("001", Behaviour::Pays),
            ("", Behaviour::Pays),
        ] {
            assert_eq!(Behaviour::of(number), behaviour, "{number}");
        }
    }

    #[test]
    fn a_return_keeps_at_least_one_minor_unit() {
        for (paid, currency, back) in [
            ("700.00", Currency::CNY, "695.00"),
            ("5.01", Currency::USD, "0.01"),
            ("1.00", Currency::USD, "0.01"),
            ("100", Currency::JPY, "95"),
        ] {
            let paid = Money::parse(paid, currency).unwrap();
            assert_eq!(returned_short(paid).to_string(), back);
        }
    }
}
