//! Part of a batch, and how long it may wait once somebody in the batch has taken too long.

use std::time::Duration;

use tokio::time::Instant;

use crate::Work;
use crate::lane::Job;

/// Finding one command that takes too long may cost a fraction of the time that is left: others may be like it, and
/// whoever is behind waits for all of them.
const SHARE: u32 = 16;

/// Shorter than this nobody waits: rows that other lanes and gateways work on are free again within milliseconds, or
/// tens of them where the database's disk or network is slow.
const LEAST: Duration = Duration::from_millis(50);

/// Commands of one batch, in the order of their arrival.
pub(crate) struct Part<W: Work> {
    pub jobs: Vec<Job<W>>,
    /// How often an attempt with them took too long.
    pub late: u32,
}

impl<W: Work> Part<W> {
    pub fn whole(jobs: Vec<Job<W>>) -> Part<W> {
        Part { jobs, late: 0 }
    }

    /// Leaves the second half behind.
    pub fn halve(&mut self) -> Part<W> {
        let jobs = self.jobs.split_off(self.jobs.len() / 2);
        Part { jobs, late: self.late }
    }

    /// Who hears first that time is up.
    pub fn first_end(&self) -> Instant {
        self.jobs.iter().map(|job| job.deadline).min().unwrap_or_else(Instant::now)
    }

    /// The longest that each of its statements may take, waits for locks included; `None`: as long as the connection
    /// lets it.
    ///
    /// A batch has that at first, which is seconds. Other batches hold rows for milliseconds, and who only reads (what
    /// writes the heads out, what verifies the books) locks none; but a table that a migration alters may be away for
    /// longer, and so may a month of which the bytes are dropped, and a database may hang for a moment: that is waited
    /// for, and nothing is split. Seconds for each halving, one after the other, would be more than anybody has; and what
    /// has been locked for seconds will be for a while. Who only looks as if he took too long is halved for nothing,
    /// which costs some transactions more; alone he has far longer than in a crowd.
    pub fn limit(&self) -> Option<Duration> {
        let left = self.first_end().saturating_duration_since(Instant::now());
        (self.late > 0).then(|| limit(left, self.jobs.len()))
    }
}

fn limit(left: Duration, commands: usize) -> Duration {
    let attempts = commands.next_power_of_two().ilog2() + 1;
    (left / (SHARE * attempts)).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of this time when one of so many commands has been found.
    fn after_finding_one(mut left: Duration, mut commands: usize) -> Duration {
        while commands > 0 {
            left = left.saturating_sub(limit(left, commands));
            commands /= 2;
        }
        left
    }

    #[test]
    fn finding_one_leaves_most_of_the_time_to_the_others() {
        for (seconds, commands) in [(5, 128), (7, 128), (5, 2), (7, 1), (30, 2048)] {
            let left = Duration::from_secs(seconds);
            let after = after_finding_one(left, commands);
            assert!(after > left.mul_f64(0.75), "{after:?} of {left:?} with {commands}");
        }
    }

    #[test]
    fn one_alone_has_longer_than_it_has_in_a_crowd_and_nobody_next_to_nothing() {
        let left = Duration::from_secs(8);
        assert_eq!(limit(left, 1), left / 16);
        assert_eq!(limit(left, 3), left / 48);
        assert_eq!(limit(left, 128), left / 128);
        assert_eq!(limit(Duration::ZERO, 1), LEAST);
    }
}
