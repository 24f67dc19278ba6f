//! What this gateway committed in the last minute, second by second, for the overview. Counted once for each batch.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use admin_api::ActivitySecond;

/// Seconds that are told.
const SECONDS: usize = 60;

/// The last minute.
#[derive(Debug)]
pub struct Activity {
    start: Instant,
    ring: Mutex<Ring>,
}

#[derive(Debug)]
struct Ring {
    /// The second that was counted last, after `start`.
    newest: u64,
    /// Each at its number modulo their count.
    seconds: [ActivitySecond; SECONDS],
}

impl Default for Ring {
    fn default() -> Ring {
        Ring { newest: 0, seconds: [ActivitySecond::default(); SECONDS] }
    }
}

impl Default for Activity {
    fn default() -> Activity {
        Activity { start: Instant::now(), ring: Mutex::default() }
    }
}

impl Activity {
    /// This was committed just now.
    pub fn add(&self, what: ActivitySecond) {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).add(self.start.elapsed().as_secs(), what);
    }

    /// The last minute, the oldest second first, the one that is under way last.
    pub fn seconds(&self) -> Vec<ActivitySecond> {
        let now = self.start.elapsed().as_secs();
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).last_minute(now)
    }
}

impl Ring {
    fn add(&mut self, now: u64, what: ActivitySecond) {
        self.turn_to(now);
        // A neighbour may have read the clock later and counted already.
        let second = self.at(now.max(self.newest));
        second.events += what.events;
        second.payments += what.payments;
        second.withdrawals += what.withdrawals;
        second.payouts_paid += what.payouts_paid;
    }

    fn last_minute(&mut self, now: u64) -> Vec<ActivitySecond> {
        self.turn_to(now);
        let now = now.max(self.newest);
        (now + 1..=now + SECONDS as u64).map(|second| *self.at(second)).collect()
    }

    fn at(&mut self, second: u64) -> &mut ActivitySecond {
        let place = usize::try_from(second % SECONDS as u64).unwrap_or_default();
        &mut self.seconds[place]
    }

    /// Seconds in which nothing was counted are empty.
    fn turn_to(&mut self, now: u64) {
        let first = (self.newest + 1).max(now.saturating_sub(SECONDS as u64 - 1));
        for second in first..=now {
            *self.at(second) = ActivitySecond::default();
        }
        self.newest = self.newest.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(ring: &mut Ring, now: u64) -> Vec<u64> {
        let seconds = ring.last_minute(now);
        assert_eq!(seconds.len(), 60);
        seconds.iter().map(|second| second.events).collect()
    }

    #[test]
    fn what_was_counted_moves_from_now_to_a_minute_ago_and_is_gone() {
        let event = ActivitySecond { events: 1, ..ActivitySecond::default() };
        let mut ring = Ring::default();
        ring.add(0, event);
        ring.add(0, event);
        assert_eq!(events(&mut ring, 0)[59], 2);
        ring.add(1, event);
        // It read the clock before the last one did.
        ring.add(0, event);
        assert_eq!(events(&mut ring, 1)[58..], [2, 2]);
        assert_eq!(events(&mut ring, 59)[..2], [2, 2]);
        assert_eq!(events(&mut ring, 60)[..2], [2, 0]);
        assert_eq!(events(&mut ring, 660), [0; 60]);
        ring.add(660, event);
        assert_eq!(events(&mut ring, 660)[59], 1);
        assert_eq!(events(&mut ring, 661).iter().sum::<u64>(), 1);
    }
}
