//! Connections that could not be accepted, as a rule since no more files may be open: they fail as often as they are tried, and
//! a log full of it hides all else.

use std::time::Duration;

use tokio::time::Instant;

/// Between two lines in the log.
const PAUSE: Duration = Duration::from_secs(1);

/// What was said of those of one listener.
#[derive(Debug, Default)]
pub struct FailedAccepts {
    said: Option<Instant>,
    unsaid: u64,
}

impl FailedAccepts {
    /// Another one: whether it is to be said now, and of how many nothing was said since the last time.
    pub fn one_more(&mut self, now: Instant) -> Option<u64> {
        if self.said.is_some_and(|said| now.duration_since(said) < PAUSE) {
            self.unsaid += 1;
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_says_how_many_there_were_besides() {
        let (mut failed, begun) = (FailedAccepts::default(), Instant::now());
        let said: Vec<(u64, u64)> = (0..60)
            .filter_map(|step| {
                failed.one_more(begun + Duration::from_millis(50 * step)).map(|unsaid| (step, unsaid))
            })
            .collect();
        assert_eq!(said, [(0, 0), (20, 19), (40, 19)]);
        assert_eq!(failed.one_more(begun + Duration::from_secs(3600)), Some(19));
        assert_eq!(failed.one_more(begun + Duration::from_secs(7200)), Some(0));
    }
}
