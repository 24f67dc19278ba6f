//! What one bank may take of the requests that are worked on at once: half. A bank that floods, or whose retries have gone
//! wrong, leaves the other half to the other banks and the merchants.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A permit for each event of a bank that was verified and that no lane has answered yet, whether or not its caller still
/// waits: one that gives up and comes again holds two. Strangers who only know a bank's address take none of its share.
#[derive(Debug)]
pub struct Shares {
    banks: HashMap<String, Arc<Semaphore>>,
}

impl Shares {
    /// Of `requests` in all, for each of these banks.
    pub fn new<'a>(requests: usize, banks: impl Iterator<Item = &'a str>) -> Shares {
        let share = (requests / 2).max(1);
        Shares { banks: banks.map(|bank| (bank.to_owned(), Arc::new(Semaphore::new(share)))).collect() }
    }

    /// None where the bank has its share already.
    pub fn take(&self, bank: &str) -> Option<OwnedSemaphorePermit> {
        self.banks.get(bank)?.clone().try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_gets_half_and_what_it_gives_back_and_takes_nothing_from_another() {
        for (requests, share) in [(1, 1), (2, 1), (3, 1), (4, 2), (2048, 1024)] {
            let shares = Shares::new(requests, ["hb", "cb"].into_iter());
            let mut taken: Vec<_> = (0..share).map(|_| shares.take("hb").expect("its share")).collect();
            assert!(shares.take("hb").is_none(), "of {requests}");
            assert!(shares.take("cb").is_some());
            taken.pop();
            assert!(shares.take("hb").is_some());
        }
        assert!(Shares::new(8, ["hb"].into_iter()).take("nobody").is_none());
    }
}
