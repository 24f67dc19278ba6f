//! R26: when a payout should arrive. Pure.

use calendar::{Calendars, Jurisdiction};
use money::Currency;
use time::{Duration, OffsetDateTime, Weekday};

/// CNY arrives within minutes, on any day; foreign currency within two days on which the banks of the currency work.
/// Where their calendar is not known, Monday to Friday count.
pub(crate) fn estimated_arrival(
    calendars: &Calendars,
    currency: Currency,
    now: OffsetDateTime,
) -> OffsetDateTime {
    if currency == Currency::CNY {
        return now + Duration::minutes(5);
    }
    let works = |day: OffsetDateTime| {
        let known = jurisdiction(currency).map(|where_| calendars.is_working_day(where_, day.date()));
        let weekday = !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        known.and_then(Result::ok).unwrap_or(weekday)
    };
    let mut arrival = now;
    let mut working_days = 0;
    while working_days < 2 {
        arrival += Duration::DAY;
        working_days += i32::from(works(arrival));
    }
    arrival
}

/// Whose banks settle a currency.
fn jurisdiction(currency: Currency) -> Option<Jurisdiction> {
    match currency.code() {
        "USD" => Some(Jurisdiction::NorthAmerica),
        "EUR" => Some(Jurisdiction::Europe),
        "GBP" => Some(Jurisdiction::UnitedKingdom),
        "JPY" => Some(Jurisdiction::Japan),
        "HKD" => Some(Jurisdiction::HongKong),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// Counted by hand. 2026-11-23 is a Monday; 2026-11-26 is Thanksgiving, 2026-12-25 and 2027-01-01 are Fridays; the
    /// banks of the euro also rest on 26 December, a Saturday; in Japan they rest from 31 December to 3 January;
    /// Singapore's days are not known.
    #[test]
    fn r26_estimates_count_the_working_days_of_the_currency() {
        let rows = [
            ("CNY", datetime!(2026-11-28 03:00 UTC), datetime!(2026-11-28 03:05 UTC)),
            ("USD", datetime!(2026-11-23 10:00 UTC), datetime!(2026-11-25 10:00 UTC)),
            ("USD", datetime!(2026-11-25 10:00 UTC), datetime!(2026-11-30 10:00 UTC)),
            ("EUR", datetime!(2026-11-25 10:00 UTC), datetime!(2026-11-27 10:00 UTC)),
            ("EUR", datetime!(2026-11-28 10:00 UTC), datetime!(2026-12-01 10:00 UTC)),
            ("EUR", datetime!(2026-12-24 10:00 UTC), datetime!(2026-12-29 10:00 UTC)),
            ("JPY", datetime!(2026-12-30 10:00 UTC), datetime!(2027-01-05 10:00 UTC)),
            ("SGD", datetime!(2026-12-24 10:00 UTC), datetime!(2026-12-28 10:00 UTC)),
        ];
        let calendars = Calendars::builtin().unwrap();
        for (code, now, expected) in rows {
            let currency = Currency::parse(code).unwrap();
            assert_eq!(estimated_arrival(&calendars, currency, now), expected, "{code} {now}");
        }
    }
}
