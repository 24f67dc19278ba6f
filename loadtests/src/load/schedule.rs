//! When requests are meant to leave, whatever became of those before.

use std::time::Duration;

use super::chance::Chance;

/// For so long, so many arrivals in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Arrivals in a second; none for 0.
    pub rate: f64,
    /// How long.
    pub lasts: Duration,
}

/// The arrivals of one thread, as times from the start.
#[derive(Debug)]
pub struct Schedule {
    steps: Vec<Step>,
    /// The step that is under way, and its begin.
    step: usize,
    begin: f64,
    /// Arrivals of the step that were given out, in its own time.
    offset: f64,
    /// Arrivals come by chance (a Poisson process), as from many callers that know nothing of each other.
    chance: Option<Chance>,
}

impl Schedule {
    /// Arrivals at even distances.
    pub fn even(steps: &[Step]) -> Schedule {
        Schedule { steps: steps.to_vec(), step: 0, begin: 0.0, offset: 0.0, chance: None }
    }

    /// Arrivals by chance, at the same rates.
    pub fn random(steps: &[Step], thread: usize) -> Schedule {
        Schedule { chance: Some(Chance::new(thread)), ..Schedule::even(steps) }
    }

    /// Arrivals in a second of the step to which the last arrival belonged that was given out; 0 after the last one.
    pub fn rate(&self) -> f64 {
        self.steps.get(self.step).map_or(0.0, |step| step.rate)
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        loop {
            let Step { rate, lasts } = *self.steps.get(self.step)?;
            let gap = match &mut self.chance {
                Some(chance) => -chance.part().ln() / rate,
                None => 1.0 / rate,
            };
            let (at, lasts) = (self.offset, lasts.as_secs_f64());
            if rate > 0.0 && at < lasts {
                self.offset += gap;
                return Some(Duration::from_secs_f64(self.begin + at));
            }
            self.step += 1;
            self.begin += lasts;
            self.offset = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(rate: f64, seconds: u64) -> Step {
        Step { rate, lasts: Duration::from_secs(seconds) }
    }

    #[test]
    fn arrivals_follow_the_steps() {
        let times: Vec<u128> =
            Schedule::even(&[step(2.0, 1), step(0.0, 2), step(4.0, 1)]).map(|at| at.as_millis()).collect();
        assert_eq!(times, [0, 500, 3000, 3250, 3500, 3750]);
    }

    #[test]
    fn each_arrival_has_the_rate_of_its_step() {
        let mut schedule = Schedule::even(&[step(1.0, 2), step(0.0, 2), step(2.0, 1)]);
        let rates: Vec<f64> = std::iter::from_fn(|| schedule.next().map(|_| schedule.rate())).collect();
        assert_eq!((rates, schedule.rate()), (vec![1.0, 1.0, 2.0, 2.0], 0.0));
    }

    #[test]
    fn arrivals_by_chance_keep_the_rate_and_their_order() {
        let times: Vec<Duration> = Schedule::random(&[step(1000.0, 10)], 0).collect();
        assert!((9_600..10_400).contains(&times.len()), "{}", times.len());
        assert!(times.is_sorted());
        assert!(times.last().is_some_and(|last| *last < Duration::from_secs(10)));
        let quiet = (0..100).filter(|tick| {
            let begin = Duration::from_millis(tick * 2);
            !times.iter().any(|at| (begin..begin + Duration::from_millis(2)).contains(at))
        });
        assert!(quiet.count() > 5, "some moments stay empty, as chance has it");
    }
}
