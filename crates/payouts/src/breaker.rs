//! A bank that can't be reached is left alone for a while, then tried with one call at a time (R31). Pure.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::policy::Backoff;

/// When a bank is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// After so many calls in a row that didn't get through; at least 1.
    pub failures: u32,
    /// For how long; longer each time in a row.
    pub pause: Backoff,
}

impl Default for BreakerPolicy {
    fn default() -> BreakerPolicy {
        let pause = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(30) };
        BreakerPolicy { failures: 5, pause }
    }
}

/// What a bank's breaker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// The bank is left alone.
    Open,
    /// One call at a time tries whether the bank is back.
    Probing,
}

impl BreakerState {
    /// For operators.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::Probing => "probing",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Breaker {
    policy: BreakerPolicy,
    failures: u32,
    pauses: i32,
    open_until: Option<Instant>,
    seed: Uuid,
}

impl Breaker {
    pub(crate) fn new(policy: BreakerPolicy) -> Breaker {
        Breaker { policy, failures: 0, pauses: 0, open_until: None, seed: Uuid::now_v7() }
    }

    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match self.open_until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::Probing,
        }
    }

    /// How many more calls may begin while `busy` of at most `limit` are under way.
    pub(crate) fn allowed(&self, now: Instant, busy: usize, limit: usize) -> usize {
        match self.state(now) {
            BreakerState::Closed => limit.saturating_sub(busy),
            BreakerState::Open => 0,
            BreakerState::Probing => 1usize.saturating_sub(busy),
        }
    }

    /// The bank gave a usable answer.
    pub(crate) fn reached(&mut self) {
        self.failures = 0;
        self.pauses = 0;
        self.open_until = None;
    }

    /// A call didn't get through.
    pub(crate) fn missed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        // Calls that began before the pause end during it and don't lengthen it.
        if self.failures >= self.policy.failures && self.state(now) != BreakerState::Open {
            self.open_until = Some(now + self.policy.pause.wait(self.pauses, self.seed));
            self.pauses = self.pauses.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r31_a_bank_that_is_down_is_tried_one_call_at_a_time() {
        let pause = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(4) };
        let mut breaker = Breaker::new(BreakerPolicy { failures: 3, pause });
        let start = Instant::now();
        breaker.missed(start);
        breaker.missed(start);
        assert_eq!(breaker.allowed(start, 1, 4), 3);
        breaker.missed(start);
        assert_eq!(breaker.state(start), BreakerState::Open);
        assert_eq!(breaker.allowed(start, 0, 4), 0);

        let later = start + Duration::from_secs(1);
        assert_eq!(breaker.state(later), BreakerState::Probing);
        assert_eq!(breaker.allowed(later, 0, 4), 1);
        assert_eq!(breaker.allowed(later, 1, 4), 0);
        breaker.missed(later);
        assert_eq!(breaker.state(later + Duration::from_millis(999)), BreakerState::Open, "longer now");

        breaker.reached();
        assert_eq!(breaker.allowed(later, 0, 4), 4);
        breaker.missed(later);
        assert_eq!(breaker.state(later), BreakerState::Closed, "counted anew");
    }
}
