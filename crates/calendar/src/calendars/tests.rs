use time::macros::{date, datetime};

use super::*;
use crate::Jurisdiction::*;

fn builtin() -> Calendars {
    Calendars::builtin().unwrap()
}

#[test]
fn every_jurisdiction_has_a_calendar_that_knows_this_year() {
    let calendars = builtin();
    for jurisdiction in Jurisdiction::ALL {
        let known = calendars.known(jurisdiction).expect("known");
        assert!(*known.end() >= date!(2026 - 12 - 31), "{jurisdiction:?}");
        assert_eq!(Jurisdiction::parse(jurisdiction.as_str()), Some(jurisdiction));
    }
}

#[test]
fn each_year_has_as_many_working_days_as_counted_by_hand() {
    // 365 days, 104 days of weekends, and 52 or 53 of the weekday that the year begins with: 261 weekdays in 2026 (a
    // Thursday first) and in 2027 (a Friday first). From these the holidays on weekdays go, made-up days come.
    for (jurisdiction, year, expected) in [
        (China, 2026, 261 - 2 - 6 - 1 - 3 - 1 - 1 - 5 + 6),
        (Japan, 2026, 261 - 2 - 1 - 2 - 1 - 1 - 3 - 1 - 1 - 3 - 1 - 2 - 1),
        (Japan, 2027, 261 - 1 - 1 - 2 - 1 - 1 - 3 - 1 - 1 - 2 - 1 - 2 - 1),
        (NorthAmerica, 2026, 261 - 10),
        (NorthAmerica, 2027, 261 - 9),
        (Europe, 2026, 261 - 5),
        (Europe, 2027, 261 - 3),
        (UnitedKingdom, 2026, 261 - 8),
        (UnitedKingdom, 2027, 261 - 8),
        (HongKong, 2026, 261 - 14),
        // Four of its seventeen days are Saturdays: 6 February, 27 March, 1 May, 25 December.
        (HongKong, 2027, 261 - 13),
    ] {
        let first = Date::from_ordinal_date(year, 1).unwrap();
        let days = (0..365).map(|n| first + time::Duration::days(n));
        let worked = days.filter(|day| builtin().is_working_day(jurisdiction, *day).unwrap()).count();
        assert_eq!(worked, expected, "{jurisdiction:?} {year}");
    }
}

#[test]
fn r9_the_next_working_day() {
    for (jurisdiction, day, next) in [
        // Spring Festival: worked on Saturday 14 February, then not before Tuesday 24.
        (China, date!(2026 - 02 - 13), date!(2026 - 02 - 14)),
        (China, date!(2026 - 02 - 14), date!(2026 - 02 - 24)),
        // Made up on Saturday 28.
        (China, date!(2026 - 02 - 27), date!(2026 - 02 - 28)),
        (China, date!(2026 - 02 - 28), date!(2026 - 03 - 02)),
        (China, date!(2026 - 01 - 01), date!(2026 - 01 - 04)),
        (China, date!(2026 - 09 - 30), date!(2026 - 10 - 08)),
        (China, date!(2026 - 10 - 09), date!(2026 - 10 - 10)),
        // An ordinary weekend.
        (China, date!(2026 - 11 - 20), date!(2026 - 11 - 23)),
        // Golden Week: 3 to 5 May and the substitute for Sunday the 3rd.
        (Japan, date!(2026 - 05 - 01), date!(2026 - 05 - 07)),
        (Japan, date!(2026 - 09 - 18), date!(2026 - 09 - 24)),
        (Japan, date!(2026 - 12 - 30), date!(2027 - 01 - 04)),
        // Independence Day on a Saturday: Friday is worked. On a Sunday: Monday is not.
        (NorthAmerica, date!(2026 - 07 - 02), date!(2026 - 07 - 03)),
        (NorthAmerica, date!(2027 - 07 - 02), date!(2027 - 07 - 06)),
        (NorthAmerica, date!(2026 - 11 - 25), date!(2026 - 11 - 27)),
        // Easter.
        (Europe, date!(2026 - 04 - 02), date!(2026 - 04 - 07)),
        (Europe, date!(2027 - 03 - 25), date!(2027 - 03 - 30)),
        (UnitedKingdom, date!(2027 - 12 - 24), date!(2027 - 12 - 29)),
        (HongKong, date!(2026 - 04 - 02), date!(2026 - 04 - 08)),
        // Its new year's second day is a Sunday: the fourth is free, too.
        (HongKong, date!(2027 - 02 - 05), date!(2027 - 02 - 10)),
    ] {
        assert_eq!(builtin().next_working_day(jurisdiction, day), Ok(next), "{jurisdiction:?} {day}");
    }
}

#[test]
fn r10_working_days_are_counted() {
    let calendars = builtin();
    assert_eq!(calendars.add_working_days(Europe, date!(2026 - 04 - 01), 0), Ok(date!(2026 - 04 - 01)));
    assert_eq!(calendars.add_working_days(Europe, date!(2026 - 04 - 01), 5), Ok(date!(2026 - 04 - 10)));
    assert_eq!(calendars.add_working_days(NorthAmerica, date!(2026 - 11 - 24), 5), Ok(date!(2026 - 12 - 02)));
}

#[test]
fn beyond_what_is_known_nothing_is_guessed() {
    let calendars = builtin();
    let unknown = |jurisdiction, day| Err(Unknown { jurisdiction, day });
    assert_eq!(
        calendars.is_working_day(China, date!(2027 - 01 - 01)).map(|_| ()),
        unknown(China, date!(2027 - 01 - 01))
    );
    assert_eq!(
        calendars.is_working_day(China, date!(2025 - 12 - 31)).map(|_| ()),
        unknown(China, date!(2025 - 12 - 31))
    );
    assert_eq!(
        calendars.add_working_days(China, date!(2026 - 12 - 30), 2).map(|_| ()),
        unknown(China, date!(2027 - 01 - 01))
    );
    // A Thursday, 31 December: Friday by weekdays, and not certain.
    let deadline = calendars.end_of_next_working_day(China, datetime!(2026-12-31 03:00 UTC));
    assert_eq!(deadline, Deadline { at: datetime!(2027-01-01 16:00 UTC), certain: false });
}

#[test]
fn r9_deadlines_end_with_the_day_of_the_place() {
    for (jurisdiction, now, at) in [
        // 07:30 on Friday in Tokyo, so Tuesday: Monday is Labour Thanksgiving Day.
        (Japan, datetime!(2026-11-19 22:30 UTC), datetime!(2026-11-24 15:00 UTC)),
        // Still Thursday in New York.
        (NorthAmerica, datetime!(2026-11-20 03:00 UTC), datetime!(2026-11-21 05:00 UTC)),
        (NorthAmerica, datetime!(2026-11-20 05:00 UTC), datetime!(2026-11-24 05:00 UTC)),
        // Summer in Frankfurt and London.
        (Europe, datetime!(2026-07-01 21:59 UTC), datetime!(2026-07-02 22:00 UTC)),
        (Europe, datetime!(2026-07-01 22:00 UTC), datetime!(2026-07-03 22:00 UTC)),
        (UnitedKingdom, datetime!(2026-07-01 22:59 UTC), datetime!(2026-07-02 23:00 UTC)),
        (China, datetime!(2026-02-13 09:00 UTC), datetime!(2026-02-14 16:00 UTC)),
    ] {
        let deadline = builtin().end_of_next_working_day(jurisdiction, now);
        assert_eq!(deadline, Deadline { at, certain: true }, "{jurisdiction:?} {now}");
    }
}

#[test]
fn an_operators_calendar_replaces_ours_and_a_wrong_one_does_not() {
    let mut calendars = builtin();
    let whole = r#"jurisdiction = "china"
known_from = 2026-01-01
known_until = 2027-12-31
offset_hours = 8
free = [2027-01-01]
made_up = [2027-01-02]"#;
    calendars.load(whole).unwrap();
    assert_eq!(calendars.is_working_day(China, date!(2027 - 01 - 01)), Ok(false));
    assert_eq!(calendars.is_working_day(China, date!(2027 - 01 - 02)), Ok(true));
    for (from, to, why) in [
        ("2027-01-02", "2027-01-04", "is made up, so it must be on a weekend"),
        ("free = [2027-01-01]", "free = [2027-01-02]", "is made up, so"),
        ("free = [2027-01-01]", "free = [2028-01-01]", "not in the time"),
        ("free = [2027-01-01]", "free = [2027-01-01, 2027-01-01]", "twice"),
        ("free = [2027-01-01]", "free = [2027-01-01T00:00:00]", "not a day"),
        ("offset_hours = 8", "offset_hours = 99", "offset_hours"),
        ("\"china\"", "\"mars\"", "unknown variant"),
        ("made_up", "makeup", "unknown field"),
    ] {
        let wrong = calendars.load(&whole.replace(from, to)).expect_err(to);
        assert!(wrong.to_string().contains(why), "{to}: {wrong}");
    }
    assert_eq!(
        calendars.is_working_day(China, date!(2027 - 01 - 01)),
        Ok(false),
        "the wrong ones changed nothing"
    );
}
