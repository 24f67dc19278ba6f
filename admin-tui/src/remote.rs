//! Something that lies on the server, as far as it is known here. What was once seen is kept, whatever happens later.

use std::time::Duration;

/// After how long without news data counts as stale.
pub const FRESH_FOR: Duration = Duration::from_secs(10);

/// What is known of it. Times are since the console's start.
#[derive(Debug, Clone, PartialEq)]
pub enum Remote<T> {
    /// Never asked for, or never answered.
    Empty,
    /// Asked for the first time.
    Loading,
    /// As the server said at `at`.
    Fresh { data: T, at: Duration },
    /// As the server said at `at`; asking again has failed since.
    Stale { data: T, at: Duration },
}

impl<T> Remote<T> {
    pub fn data(&self) -> Option<&T> {
        match self {
            Remote::Empty | Remote::Loading => None,
            Remote::Fresh { data, .. } | Remote::Stale { data, .. } => Some(data),
        }
    }

    /// When the data was true.
    pub fn at(&self) -> Option<Duration> {
        match self {
            Remote::Empty | Remote::Loading => None,
            Remote::Fresh { at, .. } | Remote::Stale { at, .. } => Some(*at),
        }
    }
}

/// A thing on the server with the question that is under way about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    pub remote: Remote<T>,
    /// Only the answer to this question counts; earlier ones come too late.
    generation: u64,
    since: Option<Duration>,
    /// Why the last answer was none.
    pub trouble: Option<String>,
}

impl<T> Asked<T> {
    pub const fn nothing() -> Asked<T> {
        Asked { remote: Remote::Empty, generation: 0, since: None, trouble: None }
    }

    /// What is known without asking.
    pub fn known(data: T, at: Duration) -> Asked<T> {
        Asked { remote: Remote::Stale { data, at }, ..Asked::nothing() }
    }

    pub fn data(&self) -> Option<&T> {
        self.remote.data()
    }

    /// Whether an answer is awaited.
    pub fn is_pending(&self) -> bool {
        self.since.is_some()
    }

    /// How long an answer has been awaited.
    pub fn waits(&self, now: Duration) -> Option<Duration> {
        self.since.map(|since| now.saturating_sub(since))
    }

    /// Asks again; answers to earlier questions are late from now on.
    pub fn ask(&mut self, generation: u64, now: Duration) {
        self.generation = generation;
        self.since = Some(now);
        if matches!(self.remote, Remote::Empty) {
            self.remote = Remote::Loading;
        }
    }

    /// Whether this is the answer that is awaited.
    pub fn awaits(&self, generation: u64) -> bool {
        self.since.is_some() && self.generation == generation
    }

    pub fn answered(&mut self, data: T, now: Duration) {
        self.since = None;
        self.trouble = None;
        self.remote = Remote::Fresh { data, at: now };
    }

    /// Keeps what was known.
    pub fn failed(&mut self, why: String) {
        self.since = None;
        self.trouble = Some(why);
        self.remote = match std::mem::replace(&mut self.remote, Remote::Empty) {
            Remote::Fresh { data, at } | Remote::Stale { data, at } => Remote::Stale { data, at },
            Remote::Empty | Remote::Loading => Remote::Empty,
        };
    }

    /// An answer that is not wanted any more, as on a frozen screen.
    pub fn ignored(&mut self) {
        self.since = None;
    }

    /// Forgets the data, as for another page; the next question is the first.
    pub fn forget(&mut self) {
        *self = Asked { generation: self.generation, ..Asked::nothing() };
    }

    /// Whether the data is to be doubted: asking has failed, or nobody has answered for long.
    pub fn is_doubtful(&self, now: Duration) -> bool {
        match &self.remote {
            Remote::Fresh { at, .. } => now.saturating_sub(*at) >= FRESH_FOR,
            Remote::Stale { .. } => true,
            Remote::Empty | Remote::Loading => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_was_seen_is_kept_and_doubted() {
        let mut asked: Asked<&str> = Asked::nothing();
        asked.ask(1, s(0));
        assert_eq!(asked.remote, Remote::Loading);
        asked.failed("no contact".into());
        assert_eq!((asked.data(), asked.trouble.as_deref()), (None, Some("no contact")));
        asked.ask(2, s(1));
        asked.answered("a", s(2));
        assert_eq!(asked.remote, Remote::Fresh { data: "a", at: s(2) });
        assert!(!asked.is_doubtful(s(11)) && asked.is_doubtful(s(12)));
        asked.ask(3, s(3));
        assert_eq!(asked.data(), Some(&"a"), "while asking again, too");
        asked.failed("no contact".into());
        assert_eq!(asked.remote, Remote::Stale { data: "a", at: s(2) });
        assert!(asked.is_doubtful(s(3)));
    }

    #[test]
    fn only_the_last_question_is_answered() {
        let mut asked: Asked<&str> = Asked::nothing();
        asked.ask(1, s(0));
        asked.ask(2, s(0));
        assert!(!asked.awaits(1) && asked.awaits(2));
        asked.answered("b", s(1));
        assert!(!asked.awaits(2), "an answer comes once");
    }
}
