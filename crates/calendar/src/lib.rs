#![doc = include_str!("../README.md")]

mod calendars;
mod file;
mod offset;

pub use calendars::{Calendars, Deadline, Unknown};
pub use file::BadCalendar;

/// Whose banks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jurisdiction {
    /// Mainland China.
    China,
    /// Japan.
    Japan,
    /// The United States' federal banks.
    NorthAmerica,
    /// TARGET.
    Europe,
    /// England and Wales.
    UnitedKingdom,
    /// Hong Kong.
    HongKong,
}

impl Jurisdiction {
    /// All of them.
    pub const ALL: [Jurisdiction; 6] = [
        Jurisdiction::China,
        Jurisdiction::Japan,
        Jurisdiction::NorthAmerica,
        Jurisdiction::Europe,
        Jurisdiction::UnitedKingdom,
        Jurisdiction::HongKong,
    ];

    /// Its name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Jurisdiction::China => "china",
            Jurisdiction::Japan => "japan",
            Jurisdiction::NorthAmerica => "north_america",
            Jurisdiction::Europe => "europe",
            Jurisdiction::UnitedKingdom => "united_kingdom",
            Jurisdiction::HongKong => "hong_kong",
        }
    }

    /// The reverse of [`Jurisdiction::as_str`].
    pub fn parse(text: &str) -> Option<Jurisdiction> {
        Jurisdiction::ALL.into_iter().find(|jurisdiction| jurisdiction.as_str() == text)
    }
}
