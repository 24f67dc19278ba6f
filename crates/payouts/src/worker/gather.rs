//! When jobs may be claimed again, pure: a claim is a transaction, whether it takes one job or sixteen.

use std::time::Duration;

use tokio::time::Instant;

/// Two claims lie so far apart, unless the first got all that it asked for and every place is free again.
const APART: Duration = Duration::from_millis(20);

/// The last claim.
#[derive(Debug, Default)]
pub(super) struct Gather {
    last: Option<Instant>,
    got_all: bool,
}

impl Gather {
    /// How long the next claim waits, with `free` of `all` places free.
    pub(super) fn wait(&self, now: Instant, free: usize, all: usize) -> Duration {
        match self.last {
            Some(last) if free < all || !self.got_all => {
                APART.saturating_sub(now.saturating_duration_since(last))
            }
            Some(_) | None => Duration::ZERO,
        }
    }

    /// A claim that began at `at` is over; whether it got as much as it asked for.
    pub(super) fn claimed(&mut self, at: Instant, got_all: bool) {
        (self.last, self.got_all) = (Some(at), got_all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_waits_for_more_unless_there_is_more_and_nothing_under_way() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut gather = Gather::default();
        assert_eq!(gather.wait(start, 1, 16), Duration::ZERO, "the first never waits");
        // (got all, free of four, after, waits)
        let table = [
            (true, 4, 0, 0),
            (true, 3, 0, 20),
            (true, 3, 15, 5),
            (true, 3, 20, 0),
            (true, 3, 500, 0),
            (false, 4, 0, 20),
            (false, 4, 19, 1),
            (false, 1, 25, 0),
        ];
        for (got_all, free, millis, waits) in table {
            gather.claimed(start, got_all);
            let wait = gather.wait(after(millis), free, 4);
            assert_eq!(wait, Duration::from_millis(waits), "{got_all} {free} {millis}");
        }
    }
}
