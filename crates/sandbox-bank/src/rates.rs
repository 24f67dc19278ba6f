//! The bank's prices: fixed ones at the start, then the same every minute, or moving with traffic.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::callbacks::ATTEMPT;
use crate::chance;
use crate::sandbox::Bank;

/// A quiet bank repeats its prices, so that they don't grow too old to be used.
const QUIET: Duration = Duration::from_secs(60);
/// A busy one moves them.
const MOVING: Duration = Duration::from_secs(3);
/// Prices stray at most this far from those at the start, in millionths.
const FARTHEST: i64 = 5_000;
/// And at most this far at once.
const STEP: u64 = 300;

/// One pair's price in units of its last decimal.
struct Pair {
    base: &'static str,
    quote: &'static str,
    bid: i64,
    ask: i64,
    decimals: usize,
}

/// At the start, as the README prints them.
const PAIRS: [Pair; 4] = [
    Pair { base: "USD", quote: "CNY", bid: 71_000, ask: 71_300, decimals: 4 },
    Pair { base: "EUR", quote: "CNY", bid: 82_000, ask: 82_400, decimals: 4 },
    Pair { base: "JPY", quote: "CNY", bid: 47_000, ask: 47_200, decimals: 6 },
    Pair { base: "GBP", quote: "CNY", bid: 94_000, ask: 94_500, decimals: 4 },
];

/// Publishes until the bank stops, and tells `answered` when the first message was. One that isn't taken is not repeated: the
/// next one is fresher.
pub(crate) async fn publish(bank: Arc<Bank>, answered: oneshot::Sender<()>) {
    let mut answered = Some(answered);
    let mut strayed = [0_i64; PAIRS.len()];
    let mut retry = bank.timing.retry_first;
    loop {
        let id = format!("rates-{}", Uuid::now_v7().simple());
        let taken = match body(&strayed) {
            Some(body) => bank.webhooks.post(&id, body, Instant::now() + ATTEMPT).await,
            None => return,
        };
        if let Some(first) = answered.take() {
            // Nobody may wait for it.
            let _ = first.send(());
        }
        let moving = bank.moving.load(Ordering::Relaxed);
        let pause = match taken {
            Ok(answer) if answer.status.is_success() => {
                retry = bank.timing.retry_first;
                if moving { MOVING } else { QUIET }
            }
            _ => {
                retry = (retry * 2).min(bank.timing.retry_most);
                retry
            }
        };
        tokio::select! {
            () = bank.stopping.cancelled() => return,
            () = bank.traffic_began.notified() => {}
            () = sleep(pause) => {}
        }
        if moving {
            strayed = strayed.map(stray);
        }
    }
}

fn stray(from: i64) -> i64 {
    let step = i64::try_from(chance::below(2 * STEP + 1)).unwrap_or(0) - STEP.cast_signed();
    (from + step).clamp(-FARTHEST, FARTHEST)
}

fn body(strayed: &[i64; PAIRS.len()]) -> Option<Bytes> {
    let rates: Vec<_> = PAIRS
        .iter()
        .zip(strayed)
        .map(|(pair, strayed)| {
            let price = |units: i64| decimal(units + units * strayed / 1_000_000, pair.decimals);
            json!({"base": pair.base, "quote": pair.quote, "bid": price(pair.bid), "ask": price(pair.ask)})
        })
        .collect();
    let as_of = OffsetDateTime::now_utc().format(&Rfc3339).ok()?;
    Some(Bytes::from(
        json!({"type": "rates.published", "data": {"rates": rates, "as_of": as_of}}).to_string(),
    ))
}

fn decimal(units: i64, decimals: usize) -> String {
    let digits = format!("{units:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_prices_are_those_that_the_readme_prints() {
        let body = body(&[0; PAIRS.len()]).unwrap();
        let Ok(bank::Event::RatesPublished(published)) = bank::event::parse(&body) else {
            panic!("no rates")
        };
        let shown: Vec<String> = published
            .rates
            .iter()
            .map(|rate| format!("{}{} {}/{}", rate.base.code(), rate.quote.code(), rate.bid, rate.ask))
            .collect();
        assert_eq!(
            shown,
            [
                "USDCNY 7.1000/7.1300",
                "EURCNY 8.2000/8.2400",
                "JPYCNY 0.047000/0.047200",
                "GBPCNY 9.4000/9.4500"
            ]
        );
    }

    #[test]
    fn moved_prices_are_prices_and_stay_near() {
        let mut strayed = [0; PAIRS.len()];
        for _ in 0..2_000 {
            strayed = strayed.map(stray);
            assert!(strayed.iter().all(|strayed| strayed.abs() <= FARTHEST));
            assert!(bank::event::parse(&body(&strayed).unwrap()).is_ok());
        }
    }
}
