//! How many calls a bank takes in one second (R31). Pure.
//!
//! A bucket of tokens: a call takes one, and they come back one by one. A full bucket is a tenth of a second's calls, and
//! they come back slower by as much, so that in no second, wherever it begins, there are more calls than allowed.

use std::time::Duration;

use tokio::time::Instant;

/// Of one second.
const NANOS: u64 = 1_000_000_000;

#[derive(Debug)]
pub(crate) struct Bucket {
    /// Tokens in a full bucket; at least 1.
    burst: u32,
    /// How long one token takes to come back.
    interval: Duration,
    /// When the bucket is full again; none as long as it never was used.
    full_at: Option<Instant>,
}

impl Bucket {
    /// `None` for a bank without a limit.
    pub(crate) fn new(max_per_second: u32) -> Option<Bucket> {
        let burst = (max_per_second / 10).max(1);
        let refill = max_per_second.checked_sub(burst)? + 1;
        Some(Bucket {
            burst,
            interval: Duration::from_nanos(NANOS.div_ceil(u64::from(refill))),
            full_at: None,
        })
    }

    /// Calls that may begin at `now`.
    pub(crate) fn allowed(&self, now: Instant) -> usize {
        let missing = self.full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now));
        let missing = missing.as_nanos().div_ceil(self.interval.as_nanos());
        let burst = u128::from(self.burst);
        usize::try_from(burst.saturating_sub(missing)).unwrap_or(usize::MAX)
    }

    /// So many calls begin; no more than are allowed.
    pub(crate) fn take(&mut self, calls: usize, now: Instant) {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        let from = self.full_at.map_or(now, |full_at| full_at.max(now));
        self.full_at = Some(from + self.interval.saturating_mul(calls));
    }

    /// Until the next call may begin.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        let Some(full_at) = self.full_at else { return Duration::ZERO };
        let one_at = full_at.checked_sub(self.interval * (self.burst - 1)).unwrap_or(now);
        one_at.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn r31_one_a_second_and_no_limit() {
        assert!(Bucket::new(0).is_none());
        let (mut bucket, start) = (Bucket::new(1).unwrap(), Instant::now());
        assert_eq!((bucket.allowed(start), bucket.wait(start)), (1, Duration::ZERO));
        bucket.take(1, start);
        assert_eq!((bucket.allowed(start), bucket.wait(start)), (0, ms(1000)));
        assert_eq!((bucket.allowed(start + ms(999)), bucket.wait(start + ms(999))), (0, ms(1)));
        assert_eq!(bucket.allowed(start + ms(1000)), 1);
        assert_eq!(bucket.allowed(start + ms(60_000)), 1, "a quiet minute saves nothing up");
    }

    /// By hand: of 100 a second, 10 at once, and one every 1000/91 ms.
    #[test]
    fn r31_a_tenth_at_once_and_the_rest_evenly() {
        let (mut bucket, start) = (Bucket::new(100).unwrap(), Instant::now());
        assert_eq!(bucket.allowed(start), 10);
        bucket.take(10, start);
        assert_eq!(bucket.allowed(start + ms(10)), 0);
        assert_eq!(bucket.allowed(start + ms(11)), 1);
        assert_eq!(bucket.allowed(start + ms(55)), 5);
        bucket.take(5, start + ms(55));
        assert_eq!(bucket.allowed(start + ms(60)), 0);
        assert_eq!(bucket.allowed(start + ms(1000)), 10);
    }

    proptest! {
        /// A worker that takes all it gets, looking at times of any distance.
        #[test]
        fn r31_no_second_has_more_calls_than_allowed(
            most in 1..300u32,
            steps in prop::collection::vec(0..400u64, 1..200),
        ) {
            let (mut bucket, start) = (Bucket::new(most).unwrap(), Instant::now());
            let (mut now, mut calls) = (start, Vec::new());
            for step in steps {
                now += ms(step);
                let allowed = bucket.allowed(now);
                prop_assert_eq!(allowed == 0, !bucket.wait(now).is_zero());
                bucket.take(allowed, now);
                calls.extend(std::iter::repeat_n(now, allowed));
            }
            for (at, call) in calls.iter().enumerate() {
                let within = calls[at..].iter().filter(|other| **other - *call < ms(1000)).count();
                prop_assert!(within <= most as usize, "{} in one second", within);
            }
        }

        #[test]
        fn r31_a_busy_bank_gets_nine_tenths_of_what_is_allowed(most in 1..300u32) {
            let (mut bucket, start) = (Bucket::new(most).unwrap(), Instant::now());
            let mut calls = 0;
            for at in 0..10_000 {
                let now = start + ms(at);
                let allowed = bucket.allowed(now);
                calls += allowed;
                bucket.take(allowed, now);
            }
            prop_assert!(calls >= (most as usize) * 9, "{} in ten seconds", calls);
        }
    }
}
