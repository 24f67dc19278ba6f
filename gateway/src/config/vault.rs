//! `[vault]`: how long what banks said is kept verbatim.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    pub keep_bytes_days: u16,
}

impl Vault {
    /// What of it can't be used, each with its field. Banks repeat an event for days, and engineers ask about it for
    /// weeks: less than a month is a mistake.
    pub(super) fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let kept = (31..=36_500).contains(&self.keep_bytes_days);
        if kept { Vec::new() } else { vec![("keep_bytes_days", "must be 31 to 36500")] }
    }
}
