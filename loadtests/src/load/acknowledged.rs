//! What was acknowledged, to be compared with the database afterwards: nothing acknowledged may be missing (I3), and
//! whoever asked twice must have been answered the same.

/// Everything that one thread was acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Events, each with its payment.
    pub events: Acknowledged,
    /// Statements' events, each with the first of its payments.
    pub statements: Acknowledged,
    /// Withdrawals.
    pub withdrawals: Acknowledged,
}

/// By serial, what was answered: the id of the payment or withdrawal, cut to 64 bits. Zero: not acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acknowledged {
    answers: Vec<u64>,
    /// Answers that contradicted an earlier one to the same event.
    pub contradicted: u64,
    /// Answers that said so without naming what can be looked for.
    pub nameless: u64,
}

impl Acknowledged {
    /// An answer that says so.
    pub fn record(&mut self, serial: usize, id: u128) {
        if serial >= self.answers.len() {
            self.answers.resize(serial + 1, 0);
        }
        let (answer, known) = (short(id), self.answers[serial]);
        if known == 0 {
            self.answers[serial] = answer;
        } else if known != answer {
            self.contradicted += 1;
        }
    }

    /// What was answered under this serial.
    pub fn answer(&self, serial: usize) -> Option<u64> {
        self.answers.get(serial).copied().filter(|answer| *answer != 0)
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.serials().map(|_| 1).sum()
    }

    /// The serials of all that were acknowledged.
    pub fn serials(&self) -> impl Iterator<Item = (usize, u64)> {
        self.answers.iter().copied().enumerate().filter(|(_, answer)| *answer != 0)
    }
}

/// The half of a UUIDv7 that is random, with its shard.
pub fn short(id: u128) -> u64 {
    // Never zero: the variant's bits are in it.
    (id & u128::from(u64::MAX)) as u64
}

/// A sum over all (serial, payment) that doesn't depend on their order.
pub fn digest(entries: impl Iterator<Item = (usize, u64)>) -> u64 {
    entries.fold(0, |sum: u64, (serial, answer)| sum.wrapping_add(mix(serial as u64 ^ mix(answer))))
}

/// SplitMix64's finaliser: each bit of what goes in changes half of what comes out.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u128 = 0x0193_0000_0000_7000_8000_0000_0000_0001;
    const B: u128 = 0x0193_0000_0000_7000_8000_0000_0000_0002;

    #[test]
    fn another_answer_to_the_same_event_is_noticed() {
        let mut kept = Acknowledged::default();
        kept.record(3, A);
        kept.record(3, A);
        assert_eq!((kept.count(), kept.contradicted), (1, 0));
        kept.record(3, B);
        assert_eq!((kept.count(), kept.contradicted, kept.answer(3)), (1, 1, Some(short(A))));
        assert_eq!((kept.answer(2), kept.answer(9)), (None, None));
    }

    #[test]
    fn the_digest_knows_who_was_answered_what_but_no_order() {
        let (a, b) = (short(A), short(B));
        let of = |entries: &[(usize, u64)]| digest(entries.iter().copied());
        assert_eq!(of(&[(0, a), (1, b)]), of(&[(1, b), (0, a)]));
        assert_ne!(of(&[(0, a), (1, b)]), of(&[(0, b), (1, a)]));
        assert_ne!(of(&[(0, a), (1, b)]), of(&[(0, a)]));
    }
}
