//! How long a bank takes to answer, smoothed over its last calls. Pure but for the clock.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Each call moves the figure by this part of the difference.
const WEIGHT: f64 = 1.0 / 8.0;
/// What was so long ago says nothing about now.
const FORGOTTEN: Duration = Duration::from_secs(900);

#[derive(Debug, Default)]
pub(crate) struct AnswerTime(Mutex<Option<Smoothed>>);

#[derive(Debug, Clone, Copy)]
struct Smoothed {
    seconds: f64,
    at: Instant,
}

impl AnswerTime {
    /// A call took so long, answered or not.
    pub(crate) fn took(&self, took: Duration, now: Instant) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let took = took.as_secs_f64();
        let before = last.filter(|last| now - last.at < FORGOTTEN).map_or(took, |last| last.seconds);
        *last = Some(Smoothed { seconds: before + (took - before) * WEIGHT, at: now });
    }

    /// How long they take; none where none was made lately.
    pub(crate) fn smoothed(&self, now: Instant) -> Option<Duration> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.filter(|last| now.saturating_duration_since(last.at) < FORGOTTEN)?;
        Duration::try_from_secs_f64(last.seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_answer_is_not_a_slow_bank_and_what_was_long_ago_is_forgotten() {
        let (time, now) = (AnswerTime::default(), Instant::now());
        let second = Duration::from_secs;
        assert_eq!(time.smoothed(now), None);
        time.took(second(1), now);
        assert_eq!(time.smoothed(now), Some(second(1)));
        time.took(second(9), now);
        assert_eq!(time.smoothed(now), Some(second(2)));
        for _ in 0..100 {
            time.took(second(9), now);
        }
        assert!(time.smoothed(now) > Some(Duration::from_millis(8900)));
        assert_eq!(time.smoothed(now + FORGOTTEN), None);
        time.took(second(1), now + FORGOTTEN);
        assert_eq!(time.smoothed(now + FORGOTTEN), Some(second(1)));
    }
}
