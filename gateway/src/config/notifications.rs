//! `[notifications]`: how merchants are told.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Millis, Seconds};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notifications {
    pub ca_file: Option<PathBuf>,
    pub allow_private_addresses: bool,
    pub request_timeout_ms: Millis,
    pub lease_seconds: Seconds,
    pub max_concurrent: usize,
    pub max_concurrent_per_destination: usize,
    pub poll_ms: Millis,
    pub schedule_scale: f64,
}

impl Notifications {
    /// What of it can't be used, each with its field.
    pub(super) fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let concurrent = (1..=4096).contains(&self.max_concurrent);
        let each = (1..=self.max_concurrent).contains(&self.max_concurrent_per_destination);
        let lease = self.lease_seconds.duration() >= 2 * self.request_timeout_ms.duration();
        let checks = [
            (self.request_timeout_ms.0 > 0, "request_timeout_ms", "must be above 0"),
            (lease, "lease_seconds", "must be at least twice request_timeout_ms, or notices are sent twice"),
            (self.lease_seconds.0 > 0, "lease_seconds", "must be above 0"),
            (concurrent, "max_concurrent", "must be 1 to 4096"),
            (each, "max_concurrent_per_destination", "must be 1 to max_concurrent"),
            (self.poll_ms.0 > 0, "poll_ms", "must be above 0"),
            ((0.0..=10.0).contains(&self.schedule_scale), "schedule_scale", "must be 0 to 10"),
        ];
        checks.into_iter().filter(|(right, ..)| !right).map(|(_, field, message)| (field, message)).collect()
    }
}
