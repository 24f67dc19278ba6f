//! Chance: cheap, repeatable, good enough to choose by (xorshift64*).

/// A sequence of its own for each thread, the same in each run.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this thread.
    pub fn new(thread: usize) -> Chance {
        Chance(0x9E37_79B9_7F4A_7C15 ^ (1 + thread as u64))
    }

    /// 0 to 99.
    pub fn hundredth(&mut self) -> u8 {
        (self.next() % 100) as u8
    }

    /// 0 to `most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % (most as u64 + 1)).unwrap_or(0)
    }

    /// More than 0, at most 1.
    pub fn part(&mut self) -> f64 {
        (self.next() + 1) as f64 / (1u64 << 31) as f64
    }

    /// 31 bits.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_as_likely() {
        let mut chance = Chance::new(0);
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            counts[chance.up_to(9)] += 1;
            let part = chance.part();
            assert!(part > 0.0 && part <= 1.0, "{part}");
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
