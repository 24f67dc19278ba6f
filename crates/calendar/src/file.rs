//! A calendar's file.

use std::collections::BTreeSet;

use serde::Deserialize;
use time::{Date, Month, Weekday};

use crate::Jurisdiction;
use crate::offset::SummerTime;

/// Why a text is no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a calendar: {0}")]
pub struct BadCalendar(pub String);

/// One jurisdiction's days.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    pub jurisdiction: Jurisdiction,
    pub known_from: Date,
    pub known_until: Date,
    pub offset_hours: i8,
    pub summer_time: Option<SummerTime>,
    free: BTreeSet<Date>,
    made_up: BTreeSet<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    jurisdiction: Jurisdiction,
    known_from: toml::value::Datetime,
    known_until: toml::value::Datetime,
    offset_hours: i8,
    summer_time: Option<SummerTime>,
    free: Vec<toml::value::Datetime>,
    #[serde(default)]
    made_up: Vec<toml::value::Datetime>,
}

impl Calendar {
    pub(crate) fn parse(text: &str) -> Result<Calendar, BadCalendar> {
        let file: File = toml::from_str(text).map_err(|error| BadCalendar(error.message().to_owned()))?;
        if !(-12..=13).contains(&file.offset_hours) {
            return Err(BadCalendar("offset_hours must be -12 to 13".to_owned()));
        }
        let calendar = Calendar {
            jurisdiction: file.jurisdiction,
            known_from: day(&file.known_from)?,
            known_until: day(&file.known_until)?,
            offset_hours: file.offset_hours,
            summer_time: file.summer_time,
            free: days(&file.free)?,
            made_up: days(&file.made_up)?,
        };
        calendar.check()?;
        Ok(calendar)
    }

    fn check(&self) -> Result<(), BadCalendar> {
        let outside = |day: &&Date| !self.knows(**day);
        if let Some(day) = self.free.iter().chain(&self.made_up).find(outside) {
            return Err(BadCalendar(format!("{day} is not in the time that the calendar is known for")));
        }
        if let Some(day) = self.made_up.iter().find(|day| !is_weekend(**day) || self.free.contains(*day)) {
            return Err(BadCalendar(format!("{day} is made up, so it must be on a weekend and not free")));
        }
        Ok(())
    }

    pub(crate) fn knows(&self, day: Date) -> bool {
        (self.known_from..=self.known_until).contains(&day)
    }

    /// For a day that the calendar knows.
    pub(crate) fn is_worked(&self, day: Date) -> bool {
        self.made_up.contains(&day) || !is_weekend(day) && !self.free.contains(&day)
    }
}

pub(crate) fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn days(dates: &[toml::value::Datetime]) -> Result<BTreeSet<Date>, BadCalendar> {
    let set: BTreeSet<Date> = dates.iter().map(day).collect::<Result<_, _>>()?;
    if set.len() < dates.len() {
        return Err(BadCalendar("a day is there twice".to_owned()));
    }
    Ok(set)
}

fn day(value: &toml::value::Datetime) -> Result<Date, BadCalendar> {
    let wrong = || BadCalendar(format!("{value} is not a day"));
    let date = value.date.filter(|_| value.time.is_none()).ok_or_else(wrong)?;
    let month = Month::try_from(date.month).map_err(|_| wrong())?;
    Date::from_calendar_date(i32::from(date.year), month, date.day).map_err(|_| wrong())
}
