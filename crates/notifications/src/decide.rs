//! What an answer makes of a delivery. No clock, no database.

use std::time::Duration;

use crate::state::DeliveryEvent;

/// Standard Webhooks' schedule: the wait before each attempt.
const SCHEDULE: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(5 * 3600),
    Duration::from_secs(10 * 3600),
    Duration::from_secs(14 * 3600),
    Duration::from_secs(20 * 3600),
    Duration::from_secs(24 * 3600),
];

/// No `Retry-After` keeps a delivery longer than this, nor a destination longer than [`LONGEST_PAUSE`].
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// How often and when a delivery is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// What every wait of the schedule is multiplied with: 1, less in tests.
    pub scale: f64,
}

impl Schedule {
    /// The wait before the next attempt after so many failed ones; none after the last.
    fn after(self, failed: u32) -> Option<Duration> {
        let wait = SCHEDULE.get(usize::try_from(failed).ok()?)?;
        Some(Duration::try_from_secs_f64(wait.as_secs_f64() * self.scale).unwrap_or(LONGEST_WAIT))
    }
}

/// What came of an attempt. The texts are ours, without personal data and never the receiver's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver has it.
    Taken(String),
    /// Not now.
    Failed {
        /// What is known.
        why: String,
        /// What the receiver asks to wait.
        retry_after: Option<Duration>,
        /// It is overloaded: nothing is sent to it for a while.
        slow_down: bool,
    },
    /// Never: another attempt would end the same.
    Refused(String),
    /// 410: the receiver wants nothing any more.
    Gone,
}

/// What becomes of the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// For the state machine.
    pub event: DeliveryEvent,
    /// How long until the next attempt.
    pub wait: Duration,
    /// For how long nothing is sent to this destination.
    pub pause: Option<Duration>,
    /// Whether the endpoint is not to be used any more.
    pub disable: bool,
    /// For people.
    pub text: String,
}

/// `failed`: the attempts that failed before this one.
pub fn decide(schedule: Schedule, failed: u32, answer: Answer) -> Decision {
    let done = |event, text| Decision { event, wait: Duration::ZERO, pause: None, disable: false, text };
    match answer {
        Answer::Taken(text) => done(DeliveryEvent::Taken, text),
        Answer::Refused(why) => done(DeliveryEvent::GivenUp, why),
        Answer::Gone => Decision {
            disable: true,
            ..done(DeliveryEvent::GivenUp, "HTTP 410: the endpoint is disabled".to_owned())
        },
        Answer::Failed { why, retry_after, slow_down } => {
            let asked = retry_after.unwrap_or_default().min(LONGEST_WAIT);
            let least = Schedule::after(schedule, 1).unwrap_or_default();
            let pause = slow_down.then(|| asked.max(least).min(LONGEST_PAUSE));
            match schedule.after(failed.saturating_add(1)) {
                Some(wait) => Decision { wait: wait.max(asked), pause, ..done(DeliveryEvent::Failed, why) },
                None => Decision { pause, ..done(DeliveryEvent::GivenUp, why) },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Schedule = Schedule { scale: 1.0 };

    fn failed(retry_after: Option<u64>, slow_down: bool) -> Answer {
        Answer::Failed { why: "x".into(), retry_after: retry_after.map(Duration::from_secs), slow_down }
    }

    #[test]
    fn the_waits_are_those_of_standard_webhooks_and_the_tenth_failure_is_the_last() {
        let waits: Vec<_> = (0..12)
            .map(|before| decide(EXACT, before, failed(None, false)))
            .map(|decision| (decision.event == DeliveryEvent::Failed).then_some(decision.wait.as_secs()))
            .collect();
        let hours = |n: u64| Some(n * 3600);
        let expected =
            [Some(5), Some(300), Some(1800), hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)];
        assert_eq!(waits[..9], expected);
        assert_eq!(waits[9..], [None, None, None]);
    }

    #[test]
    fn each_answer() {
        use DeliveryEvent::{Failed, GivenUp, Taken};
        let secs = |n| Some(Duration::from_secs(n));
        for (before, answer, event, wait, pause, disable) in [
            (0, Answer::Taken("HTTP 200".into()), Taken, 0, None, false),
            (9, Answer::Taken("HTTP 200".into()), Taken, 0, None, false),
            (0, Answer::Gone, GivenUp, 0, None, true),
            (0, Answer::Refused("550".into()), GivenUp, 0, None, false),
            (0, failed(None, false), Failed, 5, None, false),
            // What the receiver asks for counts where it is longer, within bounds.
            (0, failed(Some(60), false), Failed, 60, None, false),
            (1, failed(Some(60), false), Failed, 300, None, false),
            (0, failed(Some(u64::MAX), false), Failed, 24 * 3600, None, false),
            (0, failed(None, true), Failed, 5, secs(5), false),
            (0, failed(Some(30), true), Failed, 30, secs(30), false),
            (0, failed(Some(90_000), true), Failed, 24 * 3600, secs(3600), false),
            (9, failed(Some(30), true), GivenUp, 0, secs(30), false),
        ] {
            let decision = decide(EXACT, before, answer.clone());
            let found = (decision.event, decision.wait.as_secs(), decision.pause, decision.disable);
            assert_eq!(found, (event, wait, pause, disable), "{before} {answer:?}");
        }
    }

    #[test]
    fn a_scale_shortens_the_schedule_and_not_what_receivers_ask_for() {
        let fast = Schedule { scale: 0.001 };
        assert_eq!(decide(fast, 1, failed(None, false)).wait, Duration::from_millis(300));
        assert_eq!(decide(fast, 1, failed(Some(2), false)).wait, Duration::from_secs(2));
    }
}
