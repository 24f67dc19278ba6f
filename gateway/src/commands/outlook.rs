//! Whether a batch's keys are thought to be new.
//!
//! Keys that are thought to be new are copied into their tables; those that may be there are looked for one by one, which costs
//! PostgreSQL twice as much. A batch that finds one of its keys taken has thought wrong and is run again, looking, and so are
//! the next ones: what was repeated once is likely to be repeated again.

use std::sync::atomic::{AtomicU32, Ordering};

/// From so many commands on a batch is bold: a COPY waits for PostgreSQL once more, which fewer would feel.
pub(super) const MANY: usize = 64;
/// Batches that look after one has thought wrong; twice as many after the next one, if none has thought right meanwhile. More than
/// there are lanes, so that the one that thought wrong is surely among them.
const FEWEST: u32 = 128;
/// Then as many each time.
const MOST: u32 = 1024;

/// What the last batches have met; all lanes share it.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// Batches that will look for their keys.
    wary: AtomicU32,
    /// How many there were to be when one was wrong last; none since one was right.
    last: AtomicU32,
}

impl Outlook {
    /// Whether the next batch may think its keys new.
    pub(super) fn is_bold(&self, size: usize) -> bool {
        let looks = |wary: u32| wary.checked_sub(1);
        size >= MANY && self.wary.fetch_update(Ordering::Relaxed, Ordering::Relaxed, looks).is_err()
    }

    /// A bold batch was right.
    pub(super) fn was_right(&self) {
        self.last.store(0, Ordering::Relaxed);
    }

    /// A bold batch met a key that is taken. One that was under way while another one was wrong says nothing new.
    pub(super) fn was_wrong(&self) {
        if self.wary.load(Ordering::Relaxed) > 0 {
            return;
        }
        let many = (self.last.load(Ordering::Relaxed) * 2).clamp(FEWEST, MOST);
        self.last.store(many, Ordering::Relaxed);
        self.wary.store(many, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many batches look until one is bold again.
    fn looking(outlook: &Outlook) -> usize {
        std::iter::repeat_with(|| outlook.is_bold(MANY)).take_while(|bold| !bold).count()
    }

    #[test]
    fn who_was_wrong_looks_and_longer_each_time_until_one_is_right() {
        let outlook = Outlook::default();
        assert!(outlook.is_bold(MANY));
        for many in [128, 256, 512, 1024, 1024] {
            outlook.was_wrong();
            outlook.was_wrong();
            assert_eq!(looking(&outlook), many);
        }
        outlook.was_right();
        assert!(outlook.is_bold(MANY));
        outlook.was_wrong();
        assert_eq!(looking(&outlook), 128);
    }

    #[test]
    fn a_small_batch_is_never_bold_and_is_not_counted() {
        let outlook = Outlook::default();
        outlook.was_wrong();
        assert!((0..100).all(|_| !outlook.is_bold(MANY - 1)));
        assert_eq!(looking(&outlook), 128);
    }
}
