//! What came of a run's requests, by time: in windows of equal length, from the start.

use std::time::Duration;

use super::tally::{End, Kind, Tally};

/// Of one request, counted from the start.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    /// When it was meant to leave.
    pub due: Duration,
    /// When it left.
    pub left: Duration,
    /// When it ended.
    pub ended: Duration,
}

/// A tally for each window. A histogram of one takes some 75 kB, so a long run has long windows.
#[derive(Debug)]
pub struct Windows {
    length: Duration,
    /// From the first one on; the last ones may lie behind the last arrival.
    pub tallies: Vec<Tally>,
}

impl Windows {
    /// Nothing yet, in windows of this length.
    pub fn of(length: Duration) -> Windows {
        Windows { length: length.max(Duration::from_millis(1)), tallies: Vec::new() }
    }

    /// A request that ended. How it ended belongs to the window in which it was meant to leave; that a good answer came, to
    /// the one in which it came.
    pub fn ended(&mut self, kind: Kind, end: End, moments: Moments) {
        let Moments { due, left, ended } = moments;
        let window = self.at(due);
        window.record(kind, end, ended.saturating_sub(due));
        window.record_since_left(end, ended.saturating_sub(left));
        if end == End::Good {
            self.at(ended).came += 1;
        }
    }

    /// A request that was meant to leave at `due` and never left.
    pub fn unsent(&mut self, due: Duration) {
        self.at(due).unsent += 1;
    }

    /// The sum from window `from` until before window `to`.
    pub fn between(&self, from: usize, to: usize) -> Tally {
        let mut sum = Tally::default();
        self.tallies.iter().take(to).skip(from).for_each(|window| sum.add(window));
        sum
    }

    fn at(&mut self, moment: Duration) -> &mut Tally {
        // Runs end: no moment is far away.
        let number = (moment.as_nanos() / self.length.as_nanos()) as usize;
        if number >= self.tallies.len() {
            self.tallies.resize(number + 1, Tally::default());
        }
        &mut self.tallies[number]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// One that leaves half-way.
    fn moments(due: u64, ended: u64) -> Moments {
        Moments { due: ms(due), left: ms(due.midpoint(ended)), ended: ms(ended) }
    }

    /// Ten requests are meant to leave in the first second and are answered in the third: that is what the third got done.
    #[test]
    fn an_answer_counts_as_goodput_when_it_comes_and_as_latency_when_it_was_meant_to_leave() {
        let mut windows = Windows::of(Duration::from_secs(1));
        for number in 0..10 {
            windows.ended(Kind::Webhook, End::Good, moments(number * 100, 2000 + number * 100));
        }
        windows.ended(Kind::Webhook, End::Good, moments(2500, 2510));
        let came: Vec<u64> = windows.tallies.iter().map(|window| window.came).collect();
        let answered: Vec<u64> = windows.tallies.iter().map(Tally::answered).collect();
        assert_eq!((came, answered), (vec![0, 0, 11], vec![10, 0, 1]));
        assert!((windows.tallies[0].all().quantile_ms(0.5) - 2000.0).abs() < 3.0);
        let since_left = windows.tallies[0].answers_since_left.as_ref().expect("ten answers");
        assert!((since_left.quantile_ms(0.5) - 1000.0).abs() < 3.0);
        assert_eq!((windows.between(0, 2).came, windows.between(0, 3).came), (0, 11));
    }

    #[test]
    fn what_never_left_or_was_refused_did_not_come() {
        let mut windows = Windows::of(Duration::from_secs(20));
        let refused = End::Refused { status: 503, retry_after: true };
        windows.ended(Kind::Read, refused, moments(100, 200));
        windows.ended(Kind::Read, End::Lost, moments(19_999, 20_001));
        windows.unsent(ms(20_000));
        let of = |tally: &Tally| (tally.came, tally.refusals(), tally.lost, tally.unsent);
        assert_eq!(windows.tallies.iter().map(of).collect::<Vec<_>>(), [(0, 1, 1, 0), (0, 0, 0, 1)]);
    }
}
