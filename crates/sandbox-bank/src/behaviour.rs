//! How the bank treats a payout, by the payee's account number.

use money::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::journal::Report;

/// What a payee's account number asks for with its last digits.
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
    /// `77770011`: pays, and reports another amount.
    TellsOtherAmount,
    /// `77770012`: pays, says so, and then says that it failed.
    DeniesPayment,
    /// `77770013`: pays, and reports a payout that nobody ordered, besides this one.
    TellsOfStranger,
    /// `77770014`: pays, and reports another currency.
    TellsOtherCurrency,
    /// `77770015`: says that it failed, then does it and says so.
    PaysAfterFailure,
    /// `77770016`: pays and returns it short; reports the return first, the payment late, and both once more.
    TellsOutOfOrder,
    /// `77770017`: does it without an answer, and knows nothing of it until it is sent again.
    Forgets,
}

/// One thing that the bank does about a payout. Which are done, its journal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The money goes out.
    Execute,
    /// It is refused for good, or so the bank says.
    Fail,
    /// The money comes back short.
    Return,
    /// The gateway is told, until it has taken it.
    Tell(Report),
}

impl Behaviour {
    /// By the number's last digits.
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
            () if ends("77770011") => Behaviour::TellsOtherAmount,
            () if ends("77770012") => Behaviour::DeniesPayment,
            () if ends("77770013") => Behaviour::TellsOfStranger,
            () if ends("77770014") => Behaviour::TellsOtherCurrency,
            () if ends("77770015") => Behaviour::PaysAfterFailure,
            () if ends("77770016") => Behaviour::TellsOutOfOrder,
            () if ends("77770017") => Behaviour::Forgets,
            () => Behaviour::Pays,
        }
    }

    /// What it does about an order that it has, in order.
    pub(crate) fn steps(self) -> &'static [Step] {
        use Step::{Execute, Fail, Return, Tell};
        match self {
            Behaviour::Pays | Behaviour::BusyTwice | Behaviour::NeverArrives => {
                &[Execute, Tell(Report::Paid)]
            }
            Behaviour::Fails => &[Fail, Tell(Report::Failed)],
            Behaviour::Silent | Behaviour::Forgets => &[Execute],
            Behaviour::ReturnsShort => &[Execute, Tell(Report::Paid), Return, Tell(Report::Returned)],
            Behaviour::ReportsTwice => &[Execute, Tell(Report::Paid), Tell(Report::PaidAgain)],
            Behaviour::TellsOtherAmount => &[Execute, Tell(Report::OtherAmount)],
            Behaviour::DeniesPayment => &[Execute, Tell(Report::Paid), Tell(Report::Denied)],
            Behaviour::TellsOfStranger => &[Execute, Tell(Report::Stranger), Tell(Report::Paid)],
            Behaviour::TellsOtherCurrency => &[Execute, Tell(Report::OtherCurrency)],
            Behaviour::PaysAfterFailure => &[Fail, Tell(Report::Failed), Execute, Tell(Report::Paid)],
            Behaviour::TellsOutOfOrder => &[
                Execute,
                Return,
                Tell(Report::Returned),
                Tell(Report::Paid),
                Tell(Report::PaidAgain),
                Tell(Report::ReturnedAgain),
            ],
        }
    }
}

/// The lie of `77770011`: one of the currency's smallest units more.
pub(crate) fn other_amount(paid: Money) -> Money {
    Money::new(paid.minor().saturating_add(1), paid.currency()).unwrap_or(paid)
}

/// The lie of `77770014`: as many of the smallest units of another currency.
pub(crate) fn other_currency(paid: Money) -> Money {
    let other = if paid.currency() == Currency::USD { Currency::EUR } else { Currency::USD };
    Money::new(paid.minor(), other).unwrap_or(paid)
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
            ("77770011", Behaviour::TellsOtherAmount),
            ("77770012", Behaviour::DeniesPayment),
            ("77770013", Behaviour::TellsOfStranger),
            ("77770014", Behaviour::TellsOtherCurrency),
            ("77770015", Behaviour::PaysAfterFailure),
            ("77770016", Behaviour::TellsOutOfOrder),
            ("77770017", Behaviour::Forgets),
            ("0007", Behaviour::Pays),
            ("00010", Behaviour::Pays),
            ("001", Behaviour::Pays),
            ("", Behaviour::Pays),
        ] {
            assert_eq!(Behaviour::of(number), behaviour, "{number}");
        }
    }

    #[test]
    fn lies_are_no_truth() {
        for (paid, currency) in [("700.00", Currency::CNY), ("1.00", Currency::USD), ("100", Currency::JPY)] {
            let paid = Money::parse(paid, currency).unwrap();
            assert_ne!(other_amount(paid), paid);
            assert_ne!(other_currency(paid).currency(), currency);
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
