//! Over how many lanes the work is spread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// A batch that takes so long is held up: by a row that somebody else has locked, or a database that is gone.
const HELD_UP: Duration = Duration::from_millis(250);

/// From so many commands in hand on, two batches side by side are answered sooner than one after the other.
const ENOUGH: usize = 16;

/// One lane while little is in hand, all of them while much is. A batch costs a database some milliseconds of work however
/// few commands it holds: two nearly empty ones side by side cost twice that, and both take longer. But in a lane alone the
/// gateway and its database wait for each other in turns, and the second processor for both.
///
/// Between the two marks it stays as it is, so that a load about one of them does not go back and forth. And while the batch
/// of the first lane is held up, the others take what is theirs: one locked row does not stop everybody.
#[derive(Debug)]
pub(crate) struct Spread {
    lanes: usize,
    in_hand: AtomicUsize,
    wide: AtomicBool,
    /// From so many commands in hand on, all lanes.
    widen: usize,
    /// Down to so many, one lane.
    narrow: usize,
    start: Instant,
    /// When the first lane began its batch, in milliseconds after `start` and one; 0 while it has none.
    begun: AtomicU64,
}

impl Spread {
    /// All lanes from sixteen commands in hand on, or from three quarters of a batch, or from what may wait before one lane, if
    /// that is less: nobody is refused while other lanes have room. One lane again at a third of that.
    pub fn new(lanes: usize, batch_max: usize, queue: usize) -> Spread {
        let widen = ENOUGH.min(batch_max - batch_max / 4).min(queue);
        let narrow = widen / 3;
        let (in_hand, wide) = (AtomicUsize::new(0), AtomicBool::new(false));
        Spread { lanes, in_hand, wide, widen, narrow, start: Instant::now(), begun: AtomicU64::new(0) }
    }

    /// Counts a command until what is returned is dropped, with its answer.
    pub fn take(self: &Arc<Self>) -> InHand {
        if self.in_hand.fetch_add(1, Ordering::Relaxed) + 1 >= self.widen {
            self.wide.store(true, Ordering::Relaxed);
        }
        InHand(self.clone())
    }

    /// The lane of commands with this hint, for now.
    pub fn lane(&self, hint: usize) -> usize {
        if self.wide.load(Ordering::Relaxed) || self.is_held_up() { hint % self.lanes } else { 0 }
    }

    /// The first lane begins a batch, which is under way until what is returned is dropped.
    pub fn begin(&self) -> UnderWay<'_> {
        self.begun.store(self.millis() + 1, Ordering::Relaxed);
        UnderWay(self)
    }

    fn is_held_up(&self) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        begun > 0 && u128::from((self.millis() + 1).saturating_sub(begun)) > HELD_UP.as_millis()
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}

/// A command that was taken and has no answer yet.
#[derive(Debug)]
pub(crate) struct InHand(Arc<Spread>);

impl Drop for InHand {
    fn drop(&mut self) {
        if self.0.in_hand.fetch_sub(1, Ordering::Relaxed) - 1 <= self.0.narrow {
            self.0.wide.store(false, Ordering::Relaxed);
        }
    }
}

/// The first lane's batch.
#[derive(Debug)]
pub(crate) struct UnderWay<'s>(&'s Spread);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.begun.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lanes_from_three_quarters_of_a_small_batch_on_one_again_from_one_quarter() {
        let spread = Arc::new(Spread::new(3, 16, 4096));
        let mut taken = Vec::new();
        for (in_hand, lane) in [(1, 0), (11, 0), (12, 2), (30, 2), (5, 2), (4, 0), (11, 0), (12, 2), (0, 0)] {
            taken.truncate(in_hand);
            while taken.len() < in_hand {
                taken.push(spread.take());
            }
            assert_eq!(spread.lane(5), lane, "with {in_hand} in hand");
        }
    }

    #[test]
    fn all_lanes_from_sixteen_on_or_before_a_short_queue_is_full() {
        for (queue, widens) in [(4096, 16), (16, 16), (15, 15), (1, 1)] {
            let spread = Arc::new(Spread::new(2, 256, queue));
            let mut taken: Vec<_> = (1..widens).map(|_| spread.take()).collect();
            assert_eq!(spread.lane(1), 0, "one less than {widens}");
            taken.push(spread.take());
            assert_eq!(spread.lane(1), 1, "a queue of {queue}");
            taken.truncate(widens / 3);
            assert_eq!(spread.lane(1), 0, "one again");
        }
    }

    #[test]
    fn who_comes_while_the_first_lane_is_held_up_is_spread() {
        let mut spread = Spread::new(2, 256, 4096);
        let now = Instant::now();
        for (age, lanes) in [(HELD_UP / 2, (0, 0)), (HELD_UP * 2, (1, 0))] {
            // A clock that began so long ago says how old a batch of its first moment is.
            spread.start = now.checked_sub(age).expect("a time");
            spread.begun = AtomicU64::new(1);
            assert_eq!((spread.lane(3), spread.lane(2)), lanes, "after {age:?}");
        }
        drop(UnderWay(&spread));
        assert_eq!((spread.lane(3), spread.lane(2)), (0, 0), "it is answered");
        let _next = spread.begin();
        assert_eq!((spread.lane(3), spread.lane(2)), (0, 0), "another one has just begun");
    }

    #[test]
    fn transactions_of_one_command_are_always_spread() {
        let spread = Arc::new(Spread::new(2, 1, 4096));
        for _ in 0..2 {
            let _one = spread.take();
            assert_eq!((spread.lane(0), spread.lane(1)), (0, 1));
        }
    }
}
