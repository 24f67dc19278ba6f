//! What is known about a bank before it is asked, and how patient we are with it. Configuration, checked at start.

use std::time::Duration;

use uuid::Uuid;

/// Doubling waits with jitter: at least half of `first · 2ⁿ`, at most the whole, never above `most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// The longest.
    pub most: Duration,
}

impl Backoff {
    /// The wait after `n` failures in a row. The jitter depends on `seed` and `n` alone, so that decisions stay pure.
    pub fn wait(&self, n: i32, seed: Uuid) -> Duration {
        let doublings = n.clamp(0, 20).unsigned_abs();
        let whole = self.first.saturating_mul(1 << doublings).min(self.most);
        whole / 2 + (whole / 2).mul_f64(jitter(seed, doublings))
    }
}

/// 0 to 1, spread evenly over ids (splitmix64's last step).
fn jitter(seed: Uuid, n: u32) -> f64 {
    let (high, low) = seed.as_u64_pair();
    let mut x = high ^ low ^ u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from(((x ^ (x >> 31)) >> 32) as u32) / f64::from(u32::MAX)
}

/// How payouts at one bank are treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankPolicy {
    /// R27: the bank executes one reference once, however often it is sent.
    pub deduplicates_references: bool,
    /// The longest that one request is under way.
    pub request_timeout: Duration,
    /// How long a worker may hold a job. A send begins in its first half only.
    pub lease: Duration,
    /// R27: how long after a send the bank's "never seen" is not believed yet.
    pub settle: Duration,
    /// R27: how often one reference is sent at most.
    pub max_sends: i32,
    /// After so many queries in a row without a usable answer an operator is called; asking goes on (I8).
    pub max_queries: i32,
    /// Between sends of which nothing left us (R31).
    pub send_backoff: Backoff,
    /// Between queries without a usable answer, and before the first one.
    pub query_backoff: Backoff,
    /// Between queries about an order that the bank has: a quarter of its age, within these bounds.
    pub poll: Backoff,
}

/// A policy that would break R27.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPolicy(pub String);

const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

impl Default for BankPolicy {
    fn default() -> BankPolicy {
        BankPolicy {
            deduplicates_references: false,
            request_timeout: Duration::from_secs(10),
            lease: Duration::from_secs(30),
            settle: Duration::from_secs(60),
            max_sends: 5,
            max_queries: 10,
            send_backoff: Backoff { first: Duration::from_secs(1), most: Duration::from_secs(60) },
            query_backoff: Backoff { first: Duration::from_secs(2), most: Duration::from_secs(300) },
            poll: Backoff { first: Duration::from_secs(15), most: Duration::from_secs(3600) },
        }
    }
}

impl BankPolicy {
    /// Whether no request can still be under way when a job is taken over or a reference is sent again.
    ///
    /// # Errors
    /// In words for the operator who wrote the configuration.
    pub fn check(&self) -> Result<(), BadPolicy> {
        let bad = |text: &str| Err(BadPolicy(text.to_owned()));
        let waits = [
            self.send_backoff.first,
            self.send_backoff.most,
            self.query_backoff.first,
            self.query_backoff.most,
            self.poll.first,
            self.poll.most,
            self.request_timeout,
            self.lease,
            self.settle,
        ];
        if waits.iter().any(|wait| wait.is_zero() || *wait > LONGEST) {
            return bad("every wait is above zero and at most seven days");
        }
        if self.request_timeout >= self.lease / 2 {
            return bad("request_timeout must be shorter than half the lease");
        }
        if self.settle <= self.lease + self.request_timeout {
            return bad("settle must be longer than lease and request_timeout together");
        }
        if [self.send_backoff, self.query_backoff, self.poll].iter().any(|b| b.first > b.most) {
            return bad("a first wait must not be longer than the longest");
        }
        if self.max_sends < 1 || self.max_queries < 1 {
            return bad("max_sends and max_queries are at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r27_settle_is_longer_than_anything_under_way() {
        assert_eq!(BankPolicy::default().check(), Ok(()));
        let secs = Duration::from_secs;
        let broken = [
            BankPolicy { settle: secs(40), ..BankPolicy::default() },
            BankPolicy { request_timeout: secs(15), ..BankPolicy::default() },
            BankPolicy { lease: secs(0), ..BankPolicy::default() },
            BankPolicy { settle: secs(8 * 24 * 3600), ..BankPolicy::default() },
            BankPolicy { max_sends: 0, ..BankPolicy::default() },
            BankPolicy { poll: Backoff { first: secs(2), most: secs(1) }, ..BankPolicy::default() },
        ];
        for policy in broken {
            assert!(policy.check().is_err(), "{policy:?}");
        }
    }

    proptest! {
        #[test]
        fn r31_waits_double_within_bounds(n in 0..1000i32, seed: u128) {
            let backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(60) };
            let wait = backoff.wait(n, Uuid::from_u128(seed));
            let whole = Duration::from_secs(1u64 << n.min(6)).min(backoff.most);
            prop_assert!(wait >= whole / 2 && wait <= whole, "{n}: {wait:?}");
        }
    }
}
