//! How long answers took. An open loop measures from the moment at which a request was meant to leave, so that a gateway
//! that stalls pays for every request which had to wait meanwhile, sent or not (no coordinated omission).

use std::time::Duration;

use hdrhistogram::Histogram;

/// Longer answers count as this long; every request has an earlier deadline.
const LONGEST: Duration = Duration::from_secs(120);
/// Three significant digits: an error of at most one in a thousand.
const DIGITS: u8 = 3;

/// Latencies from one microsecond to two minutes; no bucket holds four thousand million of them, so that four bytes do.
#[derive(Debug, Clone)]
pub struct Latency(Histogram<u32>);

impl Latency {
    /// Nothing recorded.
    pub fn new() -> Latency {
        // The bounds are constants that the library takes.
        let histogram = Histogram::new_with_bounds(1, micros(LONGEST), DIGITS);
        Latency(histogram.unwrap_or_else(|_| unreachable!("bounds of a histogram")))
    }

    /// One answer.
    pub fn record(&mut self, took: Duration) {
        self.0.saturating_record(micros(took).max(1));
    }

    /// What another thread recorded.
    pub fn add(&mut self, other: &Latency) {
        // Equal bounds: it can't fail.
        self.0.add(&other.0).ok();
    }

    /// How many answers.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds within which this part (0 to 1) of the answers came; none were: 0.
    pub fn quantile_ms(&self, part: f64) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.value_at_quantile(part) as f64 / 1000.0 }
    }

    /// Milliseconds of the slowest one.
    pub fn max_ms(&self) -> f64 {
        self.0.max() as f64 / 1000.0
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds() {
        let mut latency = Latency::new();
        assert_eq!((latency.quantile_ms(0.5), latency.count()), (0.0, 0));
        for ms in 1..=100 {
            latency.record(Duration::from_millis(ms));
        }
        let mut other = Latency::new();
        other.record(Duration::from_secs(500));
        latency.add(&other);
        assert_eq!(latency.count(), 101);
        assert!((latency.quantile_ms(0.5) - 51.0).abs() < 0.1, "{}", latency.quantile_ms(0.5));
        assert!((latency.max_ms() - 120_000.0).abs() < 100.0, "longer ones count as the longest");
    }
}
