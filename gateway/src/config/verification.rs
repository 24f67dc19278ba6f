//! `[verification]`: how often the books are proved by themselves.

use serde::Deserialize;

use super::Seconds;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    pub every_seconds: Seconds,
    pub deadline_seconds: Seconds,
}

impl Verification {
    /// Whether there is a schedule.
    pub fn is_on(self) -> bool {
        self.every_seconds.0 > 0
    }

    /// What of it can't be used, each with its field.
    pub(super) fn wrong(self) -> Vec<(&'static str, &'static str)> {
        let mut wrong = Vec::new();
        if !(self.every_seconds.0 == 0 || (10..=604_800).contains(&self.every_seconds.0)) {
            wrong.push(("every_seconds", "must be 10 to 604800, or 0 for never"));
        }
        if !(1..=86_400).contains(&self.deadline_seconds.0) {
            wrong.push(("deadline_seconds", "must be 1 to 86400"));
        }
        wrong
    }
}
