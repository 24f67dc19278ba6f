//! Trying again, a bounded number of times, and not in step with whoever we collided with.

use std::time::Duration;

use crate::error::Error;

/// How often a transaction may still be tried again.
///
/// ```
/// # async fn transfer(_: &pg::Pool) -> Result<(), pg::Error> { Ok(()) }
/// # async fn example(pool: &pg::Pool) -> Result<(), pg::Error> {
/// let mut retries = pg::Retries::new(5);
/// loop {
///     match transfer(pool).await {
///         Err(error) if retries.again(&error).await => {}
///         settled => break settled,
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Retries {
    tries: u32,
    most: u32,
}

impl Retries {
    /// At most `most` tries after the first.
    pub const fn new(most: u32) -> Retries {
        Retries { tries: 0, most }
    }

    /// Should the same transaction be run again after `error`? If so, returns after a pause. Never after
    /// [`Error::CommitUnknown`]: whether that can run again depends on its keys.
    pub async fn again(&mut self, error: &Error) -> bool {
        if !error.is_retryable() || self.tries >= self.most {
            return false;
        }
        tokio::time::sleep(pause(self.tries)).await;
        self.tries += 1;
        true
    }
}

/// How long to wait after `tries` failures: 5 ms, doubled each time up to 320 ms, and of that a random half more or
/// less, since two that met in a deadlock should not meet again.
pub fn pause(tries: u32) -> Duration {
    let full = Duration::from_millis(5 << tries.min(6));
    full.mul_f64(0.5 + fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::DatabaseError;

    fn deadlock() -> Error {
        let code = "40P01".to_owned();
        Error::Retry(DatabaseError { code, message: "deadlock detected".to_owned(), constraint: None })
    }

    #[tokio::test]
    async fn retries_are_bounded_and_for_the_retryable() {
        let mut retries = Retries::new(2);
        assert!(!retries.again(&Error::CommitUnknown).await);
        assert!(retries.again(&deadlock()).await);
        assert!(retries.again(&deadlock()).await);
        assert!(!retries.again(&deadlock()).await);
    }

    #[test]
    fn pauses_grow_and_stay_short() {
        for tries in [0, 1, 6, 7, u32::MAX] {
            let pause = pause(tries);
            assert!(pause >= Duration::from_millis(2) && pause <= Duration::from_millis(480), "{pause:?}");
        }
    }
}
