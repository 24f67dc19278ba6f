//! Whether an account is its holder's, by the account number's last eight digits: few enough that
//! nobody asks for it by accident.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long the bank thinks about `77770008`.
const THINKING: Duration = Duration::from_secs(3);
/// Questions that are remembered.
const QUESTIONS: usize = 10_000;

/// What the bank says about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Matches,
    /// `77770007`.
    NoMatch,
    /// `77770008`, until it was asked a few seconds ago.
    Pending,
}

/// Which questions the bank thinks about, in memory only: nothing of value rests on them.
#[derive(Debug, Default)]
pub(crate) struct AccountChecks {
    first_asked: Mutex<HashMap<String, Instant>>,
}

impl AccountChecks {
    /// Answers a question that is asked at `now`, perhaps not for the first time.
    pub(crate) fn answer(&self, reference: &str, account_number: &str, now: Instant) -> Verdict {
        let number = account_number.trim_end();
        if number.ends_with("77770007") {
            return Verdict::NoMatch;
        }
        if !number.ends_with("77770008") {
            return Verdict::Matches;
        }
        let mut asked = self.first_asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= QUESTIONS && !asked.contains_key(reference) {
            asked.clear();
        }
        let first = *asked.entry(reference.to_owned()).or_insert(now);
        if now.duration_since(first) < THINKING { Verdict::Pending } else { Verdict::Matches }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_eight_digits_decide() {
        let (checks, now) = (AccountChecks::default(), Instant::now());
        for (number, verdict) in [
            ("6222021277770007", Verdict::NoMatch),
            ("DE37370400440077770007", Verdict::NoMatch),
            ("6222021277770008", Verdict::Pending),
            ("6222021234560001", Verdict::Matches),
            ("777700070", Verdict::Matches),
            ("6222021234560007", Verdict::Matches),
            ("6222021234560008", Verdict::Matches),
            ("", Verdict::Matches),
        ] {
            assert_eq!(checks.answer("pye_1", number, now), verdict, "{number}");
        }
    }

    #[test]
    fn a_slow_answer_comes_a_few_seconds_after_the_first_question() {
        let (checks, now) = (AccountChecks::default(), Instant::now());
        let ask =
            |reference, seconds| checks.answer(reference, "77770008", now + Duration::from_secs(seconds));
        assert_eq!(ask("pye_1", 0), Verdict::Pending);
        assert_eq!(ask("pye_1", 2), Verdict::Pending);
        assert_eq!(ask("pye_2", 2), Verdict::Pending);
        assert_eq!(ask("pye_1", 3), Verdict::Matches);
        assert_eq!(ask("pye_2", 4), Verdict::Pending);
        assert_eq!(ask("pye_2", 5), Verdict::Matches);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (checks, now) = (AccountChecks::default(), Instant::now());
        for at in 0..=QUESTIONS {
            checks.answer(&format!("pye_{at}"), "77770008", now);
        }
        assert!(checks.first_asked.lock().unwrap().len() <= QUESTIONS);
    }
}
