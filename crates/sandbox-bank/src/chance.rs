//! A little chance, for intervals, amounts and prices.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};

/// Some number from 0 up to, not including, `limit`; 0 for a limit of 0.
pub(crate) fn below(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    // Without randomness everything still works, only more evenly.
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_le_bytes(bytes).checked_rem(limit).unwrap_or(0)
}

/// Three quarters to five quarters of a pause, so that many don't come at once.
pub(crate) fn around(pause: Duration) -> Duration {
    let quarter = u64::try_from(pause.as_micros() / 4).unwrap_or(u64::MAX / 2);
    pause.saturating_sub(Duration::from_micros(quarter))
        + Duration::from_micros(below(quarter.saturating_mul(2)))
}
