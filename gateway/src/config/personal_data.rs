//! `[privacy]`: how long personal data of those who have left is kept.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// Counted from a merchant's end (R38).
    pub keep_closed_days: u16,
}

impl Privacy {
    /// What of it can't be used, each with its field. No law lets it go within a year.
    pub(super) fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let kept = (366..=36_500).contains(&self.keep_closed_days);
        if kept { Vec::new() } else { vec![("keep_closed_days", "must be 366 to 36500")] }
    }
}
