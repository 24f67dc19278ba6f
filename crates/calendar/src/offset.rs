//! When a day begins and ends somewhere.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset, Weekday};

/// Whose rule moves the clock by an hour in summer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SummerTime {
    /// Last Sunday of March to last Sunday of October, at 01:00 UTC (directive 2000/84/EC).
    Europe,
    /// Second Sunday of March to first Sunday of November, at 02:00 by the clock there (15 U.S.C. 260a).
    UnitedStates,
}

/// The offset that holds at `at`, where `standard` hours from UTC hold in winter.
pub(crate) fn at(at: OffsetDateTime, standard: i8, summer: Option<SummerTime>) -> UtcOffset {
    let hours = match summer {
        Some(rule) if rule.holds(at, standard) => standard + 1,
        _ => standard,
    };
    UtcOffset::from_hms(hours, 0, 0).unwrap_or(UtcOffset::UTC)
}

/// The moment at which `day` is over.
pub(crate) fn end_of(day: Date, standard: i8, summer: Option<SummerTime>) -> OffsetDateTime {
    let midnight = day.next_day().unwrap_or(day).with_time(Time::MIDNIGHT);
    // No clock is moved at midnight, so the offset of the moment by standard time is the right one.
    let guess = midnight.assume_offset(UtcOffset::from_hms(standard, 0, 0).unwrap_or(UtcOffset::UTC));
    midnight.assume_offset(at(guess, standard, summer))
}

impl SummerTime {
    fn holds(self, at: OffsetDateTime, standard: i8) -> bool {
        let at = at.to_offset(UtcOffset::UTC);
        let (begins, ends, hours) = match self {
            SummerTime::Europe => {
                (last_sunday(at.year(), Month::March), last_sunday(at.year(), Month::October), (1, 1))
            }
            SummerTime::UnitedStates => {
                // The clock that ends summer is an hour ahead.
                (
                    sunday(at.year(), Month::March, 8),
                    sunday(at.year(), Month::November, 1),
                    (2 - standard, 1 - standard),
                )
            }
        };
        let moment = |day: Option<Date>, hour: i8| {
            let hour = u8::try_from(hour).ok()?;
            Some(day?.with_time(Time::from_hms(hour, 0, 0).ok()?).assume_utc())
        };
        match (moment(begins, hours.0), moment(ends, hours.1)) {
            (Some(begins), Some(ends)) => begins <= at && at < ends,
            _ => false,
        }
    }
}

/// The first Sunday of the month on or after the day `from`.
fn sunday(year: i32, month: Month, from: u8) -> Option<Date> {
    let first = Date::from_calendar_date(year, month, from).ok()?;
    (0..7)
        .filter_map(|days| first.checked_add(time::Duration::days(days)))
        .find(|day| day.weekday() == Weekday::Sunday)
}

/// March and October have 31 days.
fn last_sunday(year: i32, month: Month) -> Option<Date> {
    sunday(year, month, 25)
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn days_end_at_midnight_of_the_place() {
        use SummerTime::{Europe, UnitedStates};
        for (day, standard, summer, ends) in [
            (date!(2026 - 11 - 23), 9, None, datetime!(2026-11-23 15:00 UTC)),
            (date!(2026 - 11 - 23), 1, Some(Europe), datetime!(2026-11-23 23:00 UTC)),
            (date!(2026 - 07 - 01), 1, Some(Europe), datetime!(2026-07-01 22:00 UTC)),
            (date!(2026 - 03 - 28), 1, Some(Europe), datetime!(2026-03-28 23:00 UTC)),
            (date!(2026 - 03 - 29), 1, Some(Europe), datetime!(2026-03-29 22:00 UTC)),
            (date!(2026 - 10 - 24), 0, Some(Europe), datetime!(2026-10-24 23:00 UTC)),
            (date!(2026 - 10 - 25), 0, Some(Europe), datetime!(2026-10-26 00:00 UTC)),
            (date!(2026 - 03 - 07), -5, Some(UnitedStates), datetime!(2026-03-08 05:00 UTC)),
            (date!(2026 - 03 - 08), -5, Some(UnitedStates), datetime!(2026-03-09 04:00 UTC)),
            (date!(2026 - 10 - 31), -5, Some(UnitedStates), datetime!(2026-11-01 04:00 UTC)),
            (date!(2026 - 11 - 01), -5, Some(UnitedStates), datetime!(2026-11-02 05:00 UTC)),
        ] {
            assert_eq!(end_of(day, standard, summer), ends, "{day} {standard} {summer:?}");
        }
    }

    #[test]
    fn clocks_move_at_their_hour() {
        for (moment, standard, summer, hours) in [
            (datetime!(2026-03-29 00:59:59 UTC), 1, SummerTime::Europe, 1),
            (datetime!(2026-03-29 01:00 UTC), 1, SummerTime::Europe, 2),
            (datetime!(2026-10-25 00:59:59 UTC), 1, SummerTime::Europe, 2),
            (datetime!(2026-10-25 01:00 UTC), 1, SummerTime::Europe, 1),
            (datetime!(2026-03-08 06:59:59 UTC), -5, SummerTime::UnitedStates, -5),
            (datetime!(2026-03-08 07:00 UTC), -5, SummerTime::UnitedStates, -4),
            (datetime!(2026-11-01 05:59:59 UTC), -5, SummerTime::UnitedStates, -4),
            (datetime!(2026-11-01 06:00 UTC), -5, SummerTime::UnitedStates, -5),
        ] {
            assert_eq!(at(moment, standard, Some(summer)).whole_hours(), hours, "{moment}");
        }
    }
}
