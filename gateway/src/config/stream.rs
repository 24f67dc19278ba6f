//! `[stream]`: the operators' event stream.

use serde::Deserialize;

use super::{Millis, Seconds};

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    pub max_streams: usize,
    pub poll_ms: Millis,
    pub keep_seconds: Seconds,
}

impl Stream {
    /// What of it can't be used, each with its field.
    pub(super) fn wrong(self) -> Vec<(&'static str, &'static str)> {
        let mut wrong = Vec::new();
        if !(1..=1000).contains(&self.max_streams) {
            wrong.push(("max_streams", "must be 1 to 1000"));
        }
        if !(20..=1000).contains(&self.poll_ms.0) {
            wrong.push(("poll_ms", "must be 20 to 1000"));
        }
        if !(10..=86_400).contains(&self.keep_seconds.0) {
            wrong.push(("keep_seconds", "must be 10 to 86400"));
        }
        wrong
    }
}
