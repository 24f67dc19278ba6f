//! What banks may take of the room in front of the book: one of them half, all of them together three quarters. A bank that
//! floods, or whose retries have gone wrong, leaves room to the other banks, and whatever all banks do, the merchants have a
//! quarter.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;

/// A permit for each event of a bank that no lane has answered yet, whether or not its caller still waits: one that gives up
/// and comes again holds two. Strangers who only know a bank's address keep none.
#[derive(Debug)]
pub struct Shares {
    all: Arc<Semaphore>,
    banks: HashMap<String, Arc<Semaphore>>,
}

/// The place of one event. It is free again when this is dropped.
#[derive(Debug)]
pub struct Share {
    _of_all: OwnedSemaphorePermit,
    _of_bank: OwnedSemaphorePermit,
}

impl Shares {
    /// As the configuration has it.
    pub fn open(config: &Config) -> Shares {
        let lanes = &config.lanes;
        let room = room(config.server.max_requests, lanes.count, lanes.batch_max, lanes.queue);
        Shares::new(room, config.banks.iter().map(|bank| bank.id.as_str()))
    }

    /// For each of these banks, of room for so many requests.
    fn new<'a>(room: usize, banks: impl Iterator<Item = &'a str>) -> Shares {
        let (one, all) = ((room / 2).max(1), (room - room / 4).max(1));
        let banks = banks.map(|bank| (bank.to_owned(), Arc::new(Semaphore::new(one)))).collect();
        Shares { all: Arc::new(Semaphore::new(all)), banks }
    }

    /// None where the bank has its share already, or all of them have.
    pub fn take(&self, bank: &str) -> Option<Share> {
        let of_bank = self.banks.get(bank)?.clone().try_acquire_owned().ok()?;
        let of_all = self.all.clone().try_acquire_owned().ok()?;
        Some(Share { _of_all: of_all, _of_bank: of_bank })
    }
}

/// As many requests as may be worked on at once, or as the lanes have room for, if that is less: a batch under way in each,
/// and its queue. What is let in waits for all of it, so a slow database wants small batches and short queues.
fn room(requests: usize, lanes: usize, batch_max: usize, queue: usize) -> usize {
    requests.min(lanes.saturating_mul(batch_max.saturating_add(queue)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_gets_half_and_what_it_gives_back_and_takes_nothing_from_another() {
        for (room, share) in [(1, 1), (4, 2), (5, 2), (2048, 1024)] {
            let shares = Shares::new(room, ["hb", "cb"].into_iter());
            let mut taken: Vec<_> = (0..share).map(|_| shares.take("hb").expect("its share")).collect();
            assert!(shares.take("hb").is_none(), "of {room}");
            taken.pop();
            taken.push(shares.take("hb").expect("what was given back"));
            assert_eq!(shares.take("cb").is_some(), room > 1, "of {room}");
        }
        assert!(Shares::new(8, ["hb"].into_iter()).take("nobody").is_none());
    }

    #[test]
    fn all_banks_together_leave_a_quarter_to_the_merchants() {
        for (room, all) in [(1, 1), (2, 2), (4, 3), (7, 6), (2048, 1536)] {
            let shares = Shares::new(room, ["hb", "cb", "sc"].into_iter());
            let by_turns = ["hb", "cb", "sc"].into_iter().cycle().take(3 * room);
            let mut taken: Vec<_> = by_turns.filter_map(|bank| shares.take(bank)).collect();
            assert_eq!(taken.len(), all, "of {room}");
            taken.pop();
            let _again = shares.take("hb").or_else(|| shares.take("cb")).expect("what was given back");
            assert!(shares.take("sc").is_none(), "of {room}");
        }
    }

    #[test]
    fn the_room_is_what_requests_or_lanes_have_whichever_is_less() {
        assert_eq!(room(2048, 2, 256, 4096), 2048);
        assert_eq!(room(2048, 1, 32, 96), 128);
        assert_eq!(room(2048, 2, 32, 96), 256);
        assert_eq!(room(2048, 64, 4096, usize::MAX), 2048);
    }
}
