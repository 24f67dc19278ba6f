//! How many connections a listener has at once, and who makes room where there are as many: whoever has been longest without
//! having shown who it is. So strangers, however many and busy they are, stand in nobody's way. Everybody comes as a stranger, so an
//! eighth of the places is for them: while there are fewer, whoever was known longest ago makes room.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::usage::{Usage, since};
use crate::metrics;
use crate::route::Listener;

/// In milliseconds: what somebody known was answered so short a time ago may still be on its way, so its connection stays.
const JUST_ANSWERED: u64 = 1000;
/// Of so many places one is for those who have not shown yet who they are.
const ONE_OF: usize = 8;
/// By then, whoever was told to make room has.
const A_MOMENT: Duration = Duration::from_secs(1);
/// Where nobody could make room, it is looked again after so long.
const LATER: Duration = Duration::from_millis(100);

/// A listener's places for connections.
#[derive(Clone)]
pub struct Seats {
    listener: Listener,
    most: usize,
    start: Instant,
    permits: Arc<Semaphore>,
    taken: Arc<Mutex<Taken>>,
}

/// Connections by when somebody known last used them, as far as was looked, then in the order in which they came. No request
/// touches this: a connection is moved only when it would be its turn to leave, and was used since.
#[derive(Default)]
struct Taken {
    by_use: BTreeMap<(u64, u64), Arc<Usage>>,
    /// Where each stands, by its number.
    filed: BTreeMap<u64, u64>,
    next: u64,
}

/// A connection's place, until it is dropped.
pub struct Seat {
    pub usage: Arc<Usage>,
    number: u64,
    seats: Seats,
    _permit: OwnedSemaphorePermit,
}

impl Seats {
    pub fn new(listener: Listener, most: usize) -> Seats {
        let (start, permits, taken) = (Instant::now(), Arc::new(Semaphore::new(most)), Arc::default());
        Seats { listener, most, start, permits, taken }
    }

    /// A place for a connection that has come: a free one, else as soon as one was made free.
    pub async fn take(&self) -> Seat {
        loop {
            if let Ok(permit) = self.permits.clone().try_acquire_owned() {
                return self.seat(permit);
            }
            let patience = if self.make_room() { A_MOMENT } else { LATER };
            if let Ok(Ok(permit)) = timeout(patience, self.permits.clone().acquire_owned()).await {
                return self.seat(permit);
            }
        }
    }

    fn seat(&self, permit: OwnedSemaphorePermit) -> Seat {
        let usage = Arc::new(Usage::new(self.start));
        let number = self.taken().add(usage.clone());
        Seat { usage, number, seats: self.clone(), _permit: permit }
    }

    fn make_room(&self) -> bool {
        let made = self.taken().make_room(since(self.start), self.most / ONE_OF);
        if made {
            metrics::connection_refused(self.listener.name(), "crowded");
        }
        made
    }

    /// Comes back once all are free.
    pub async fn all_free(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        drop(self.permits.acquire_many(all).await);
    }

    /// How many are taken.
    pub fn occupied(&self) -> usize {
        self.most - self.permits.available_permits()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn add(&mut self, usage: Arc<Usage>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.file(number, 0, usage);
        number
    }

    fn file(&mut self, number: u64, used: u64, usage: Arc<Usage>) {
        self.by_use.insert((used, number), usage);
        self.filed.insert(number, used);
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Usage>> {
        let used = self.filed.remove(&number)?;
        self.by_use.remove(&(used, number))
    }

    /// Ends the connection whose turn it is, where there is one that may be ended. `kept`: so many strangers may stay.
    fn make_room(&mut self, now: u64, kept: usize) -> bool {
        let strangers = self.strangers(now, kept + 1);
        if strangers > kept {
            return self.end_stranger(now);
        }
        // Where everybody known is busy, a stranger leaves that had time enough to say who it is.
        self.end_known(now) || (self.has_tarried(now) && self.end_stranger(now))
    }

    /// How many were never known, `most` at most.
    fn strangers(&mut self, now: u64, most: usize) -> usize {
        let (mut count, mut known) = (0, Vec::new());
        for (&(_, number), usage) in self.by_use.range(..(1, 0)) {
            match usage.last_known(now) {
                0 => count += 1,
                used => known.push((number, used)),
            }
            if count == most {
                break;
            }
        }
        for (number, used) in known {
            self.move_to(number, used);
        }
        count
    }

    fn has_tarried(&self, now: u64) -> bool {
        let oldest = self.by_use.range(..(1, 0)).next();
        oldest.is_some_and(|(_, usage)| now.saturating_sub(usage.came()) >= JUST_ANSWERED)
    }

    fn end_stranger(&mut self, now: u64) -> bool {
        while let Some((&(_, number), usage)) = self.by_use.range(..(1, 0)).next() {
            if usage.last_known(now) == 0 && usage.leave() {
                self.remove(number);
                return true;
            }
            self.move_to(number, now);
        }
        false
    }

    fn end_known(&mut self, now: u64) -> bool {
        for _ in 0..=self.by_use.len() {
            let Some((&(filed, number), usage)) = self.by_use.range((1, 0)..).next() else { return false };
            let mut used = usage.last_known(now);
            if used == filed {
                if now.saturating_sub(used) < JUST_ANSWERED {
                    // All others were used later still.
                    return false;
                }
                if usage.leave() {
                    self.remove(number);
                    return true;
                }
                // A known request was begun this very moment.
                used = now;
            }
            self.move_to(number, used);
        }
        false
    }

    fn move_to(&mut self, number: u64, used: u64) {
        if let Some(usage) = self.remove(number) {
            self.file(number, used, usage);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;

    /// Connections with places, in the order in which they came.
    fn connections<const N: usize>() -> (Taken, [Arc<Usage>; N]) {
        let start = Instant::now();
        let (mut taken, usages) = (Taken::default(), [(); N].map(|()| Arc::new(Usage::new(start))));
        for usage in &usages {
            taken.add(usage.clone());
        }
        (taken, usages)
    }

    fn left(usages: &[Arc<Usage>]) -> Vec<usize> {
        (0..usages.len()).filter(|at| usages[*at].cut.is_cancelled()).collect()
    }

    #[test]
    fn strangers_leave_first_then_whoever_was_known_longest_ago() {
        let (mut taken, usages) = connections::<5>();
        usages[3].was_known_at(10_000);
        usages[1].was_known_at(20_000);
        // A stranger's requests are no use, neither while they last nor afterwards.
        let refused = usages[2].begin();
        drop(usages[0].begin());
        assert!(taken.make_room(30_000, 0));
        assert_eq!(left(&usages), [0]);
        usages[3].was_known_at(40_000);
        for (round, expected) in
            [[0, 2].as_slice(), &[0, 2, 4], &[0, 1, 2, 4], &[0, 1, 2, 3, 4]].iter().enumerate()
        {
            assert!(taken.make_room(50_000, 0), "round {round}");
            assert_eq!(left(&usages), *expected, "round {round}");
        }
        assert!(!taken.make_room(60_000, 0), "nobody is left");
        assert!(taken.by_use.is_empty() && taken.filed.is_empty(), "and nothing is kept of them");
        drop(refused);
    }

    #[test]
    fn nobody_known_leaves_while_it_asks_or_was_just_answered() {
        let (mut taken, usages) = connections::<2>();
        let under_way = usages[0].begin();
        under_way.is_known().expect("nobody leaves");
        usages[1].was_known_at(5_000);
        assert!(!taken.make_room(5_000 + JUST_ANSWERED - 1, 1), "one asks, the other may still be reading");
        assert!(taken.make_room(5_000 + JUST_ANSWERED, 1));
        assert_eq!(left(&usages), [1]);
        assert!(!taken.make_room(60_000, 1), "it asks still");
        drop(under_way);
        usages[0].was_known_at(60_000);
        assert!(!taken.make_room(60_000 + JUST_ANSWERED - 1, 1), "it was just answered");
        assert!(taken.make_room(60_000 + JUST_ANSWERED, 1));
        let late = usages[0].begin().is_known();
        assert_eq!(late.expect_err("it leaves").problem, Problem::Overloaded);
    }

    /// All are known and do nothing; several come at once and have not said yet who they are.
    #[test]
    fn who_comes_does_not_push_out_those_who_came_just_before() {
        let (mut taken, usages) = connections::<6>();
        for (at, usage) in usages[..4].iter().enumerate() {
            usage.was_known_at(1_000 + at as u64);
        }
        for expected in [[0].as_slice(), &[0, 1]] {
            assert!(taken.make_room(9_000, 2));
            assert_eq!(left(&usages), *expected, "whoever was known longest ago");
        }
        let (third, start) = (Arc::new(Usage::new(Instant::now())), Instant::now());
        taken.add(third.clone());
        assert!(taken.make_room(9_000, 2), "three strangers are more than two");
        assert_eq!(left(&usages), [0, 1, 4], "the first of them");
        let under_way = usages[2..4].iter().map(Usage::begin).collect::<Vec<_>>();
        under_way.iter().for_each(|busy| busy.is_known().expect("nobody leaves"));
        assert!(!taken.make_room(since(start), 2), "those known are busy, the strangers have just come");
        assert!(taken.make_room(since(start) + 2 * JUST_ANSWERED, 2));
        assert_eq!(left(&usages), [0, 1, 4, 5], "a stranger that had its time");
    }

    #[tokio::test]
    async fn who_comes_waits_for_a_place_where_nobody_can_make_one() {
        let seats = Seats::new(Listener::Admin, 1);
        let first = seats.take().await;
        let under_way = first.usage.begin();
        under_way.is_known().expect("nobody leaves");
        let none = timeout(3 * LATER, seats.take()).await;
        assert!(none.is_err() && !first.usage.cut.is_cancelled());
        drop(under_way);
        let cut = first.usage.cut.clone();
        let leaving = tokio::spawn(async move {
            cut.cancelled().await;
            drop(first);
        });
        let second = timeout(Duration::from_secs(30), seats.take()).await.expect("the first one's place");
        leaving.await.expect("no panic");
        assert_eq!((seats.occupied(), seats.taken().by_use.len()), (1, 1));
        drop(second);
        assert_eq!((seats.occupied(), seats.taken().by_use.len()), (0, 0));
        seats.all_free().await;
    }
}
