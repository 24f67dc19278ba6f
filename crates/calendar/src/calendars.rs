//! Every jurisdiction's calendar, and what is asked of it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use time::{Date, OffsetDateTime};

use crate::file::{BadCalendar, Calendar, is_weekend};
use crate::{Jurisdiction, offset};

const BUILT_IN: [&str; 6] = [
    include_str!("../calendars/china.toml"),
    include_str!("../calendars/japan.toml"),
    include_str!("../calendars/north_america.toml"),
    include_str!("../calendars/europe.toml"),
    include_str!("../calendars/united_kingdom.toml"),
    include_str!("../calendars/hong_kong.toml"),
];

/// A calendar does not say whether this day is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the calendar of {} does not know {day}", jurisdiction.as_str())]
pub struct Unknown {
    /// Whose calendar.
    pub jurisdiction: Jurisdiction,
    /// The first day asked for that it does not know.
    pub day: Date,
}

/// By when something has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The end of a working day.
    pub at: OffsetDateTime,
    /// False: the calendar does not reach so far, and Monday to Friday were counted.
    pub certain: bool,
}

/// All calendars.
#[derive(Debug, Clone, Default)]
pub struct Calendars {
    calendars: BTreeMap<Jurisdiction, Calendar>,
}

impl Calendars {
    /// Those that come with the program.
    ///
    /// # Errors
    /// None that a test of this crate would not have found.
    pub fn builtin() -> Result<Calendars, BadCalendar> {
        let mut calendars = Calendars::default();
        for text in BUILT_IN {
            calendars.load(text)?;
        }
        Ok(calendars)
    }

    /// Takes a calendar's file (TOML) in the place of its jurisdiction's.
    ///
    /// # Errors
    /// What is wrong with it; nothing is changed then.
    pub fn load(&mut self, toml: &str) -> Result<Jurisdiction, BadCalendar> {
        let calendar = Calendar::parse(toml)?;
        let jurisdiction = calendar.jurisdiction;
        self.calendars.insert(jurisdiction, calendar);
        Ok(jurisdiction)
    }

    /// The first and the last of a jurisdiction's days that are known.
    pub fn known(&self, jurisdiction: Jurisdiction) -> Option<RangeInclusive<Date>> {
        self.calendars.get(&jurisdiction).map(|calendar| calendar.known_from..=calendar.known_until)
    }

    /// Whether banks work on this day.
    ///
    /// # Errors
    /// The calendar doesn't know.
    pub fn is_working_day(&self, jurisdiction: Jurisdiction, day: Date) -> Result<bool, Unknown> {
        let calendar = self.calendars.get(&jurisdiction).filter(|calendar| calendar.knows(day));
        calendar.map(|calendar| calendar.is_worked(day)).ok_or(Unknown { jurisdiction, day })
    }

    /// The first working day after this one.
    ///
    /// # Errors
    /// A day on the way is not known.
    pub fn next_working_day(&self, jurisdiction: Jurisdiction, day: Date) -> Result<Date, Unknown> {
        self.add_working_days(jurisdiction, day, 1)
    }

    /// The `days`-th working day after this one; the day itself for 0, worked or not.
    ///
    /// # Errors
    /// A day on the way is not known.
    pub fn add_working_days(
        &self,
        jurisdiction: Jurisdiction,
        day: Date,
        days: u32,
    ) -> Result<Date, Unknown> {
        walk(day, days, |day| self.is_working_day(jurisdiction, day))
            .unwrap_or(Err(Unknown { jurisdiction, day }))
    }

    /// The end of the first working day after the one that it is there now (R9). Where the calendar doesn't reach,
    /// Monday to Friday count, and the deadline says so.
    pub fn end_of_next_working_day(&self, jurisdiction: Jurisdiction, now: OffsetDateTime) -> Deadline {
        self.end_of_working_day(jurisdiction, now, 1)
    }

    /// The same of the `days`-th working day after the one that it is there now.
    pub fn end_of_working_day(&self, jurisdiction: Jurisdiction, now: OffsetDateTime, days: u32) -> Deadline {
        let calendar = self.calendars.get(&jurisdiction);
        let (hours, summer) = calendar.map_or((0, None), |c| (c.offset_hours, c.summer_time));
        let today = now.to_offset(offset::at(now, hours, summer)).date();
        let known = self.add_working_days(jurisdiction, today, days);
        let weekdays = || walk(today, days, |day| Ok::<_, Unknown>(!is_weekend(day))).unwrap_or(Ok(today));
        let day = known.or_else(|_| weekdays());
        Deadline { at: offset::end_of(day.unwrap_or(today), hours, summer), certain: known.is_ok() }
    }
}

/// None only at the end of time.
fn walk<E>(mut day: Date, days: u32, is_worked: impl Fn(Date) -> Result<bool, E>) -> Option<Result<Date, E>> {
    let mut left = days;
    while left > 0 {
        day = day.next_day()?;
        match is_worked(day) {
            Ok(true) => left -= 1,
            Ok(false) => {}
            Err(error) => return Some(Err(error)),
        }
    }
    Some(Ok(day))
}

#[cfg(test)]
mod tests;
