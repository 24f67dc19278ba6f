//! Waiting for what a test can only look at.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Looks every few milliseconds until it is so.
///
/// # Panics
/// When it isn't within `patience`: says that `what` didn't come.
pub async fn until(what: &str, patience: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_is_waited_for() {
        let mut looks = 0;
        let third = async || {
            looks += 1;
            looks == 3
        };
        until("the third look", Duration::from_secs(10), third).await;
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "not within 20ms: a day without end")]
    async fn what_never_comes_is_named() {
        until("a day without end", Duration::from_millis(20), async || false).await;
    }
}
