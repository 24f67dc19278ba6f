//! `loadtests soak`: an everyday mix for a long time, at a rate that it keeps up with. What creeps shows: memory, latency,
//! the database's size.

use std::time::{Duration, Instant};

use clap::builder::RangedU64ValueParser;
use tokio_postgres::Client;

use crate::Fault;
use crate::chart::{Chart, Curve};
use crate::commands::sweep;
use crate::database;
use crate::load::Windows;
use crate::load::schedule::Step;
use crate::load::script::Mix;
use crate::measure::{self, Fresh};
use crate::openloop::{self, Source};
use crate::results::folder;
use crate::stand::{self, DATABASE, Stand};

/// How often memory is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// Minutes of which the curve of latencies has 180 points, one for each [`LOOK`]. A longer run has longer points, no more of
/// them: each has a histogram for each kind of request, and the generator must not grow into what it measures.
const FINE: u64 = 30;
/// Well before the quarter of an hour for which a rate can be used.
const RATES: Duration = Duration::from_secs(300);
/// What of a closed loop's throughput is asked for.
const PART: f64 = 0.5;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Requests in a second; half of what a closed loop gets through if not named.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// The most connections.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
}

/// One moment; memory in bytes.
struct Sample {
    second: f64,
    gateway: u64,
    postgres: u64,
    database: u64,
    /// Payouts that are not over.
    payouts: i64,
}

/// Runs it, prints and draws what came of it.
///
/// # Errors
/// In words; also when the book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    let rate = match options.rate {
        Some(rate) => rate,
        None => sweep::capacity(&stand, Mix::EVERYDAY).await? * PART,
    };
    let lasts = Duration::from_secs(options.minutes * 60);
    let point = point(options.minutes);
    let run = Fresh::start(&stand, "", true).await?;
    let steps = vec![Step { rate, lasts }];
    let source = Source { window: point, ..Source::new(Mix::EVERYDAY, steps, options.connections) };
    let (start, running) = openloop::start(&stand, &run.gateway, &[source])?;
    let samples = watch(&stand, &run, start, lasts).await?;
    let mut seen = openloop::join(running).await?.pop().ok_or("a source was lost")?;
    run.finish(&stand, &[seen.acknowledged()]).await?;
    report(&seen.windows, &samples, (rate, lasts, point));
    draw(&seen.windows, &samples, (lasts, point))?;
    stand.lower().await
}

/// How long a point of the curves is.
fn point(minutes: u64) -> Duration {
    LOOK * u32::try_from(minutes.div_ceil(FINE)).unwrap_or(u32::MAX)
}

/// Whole points that fit.
fn points(lasts: Duration, point: Duration) -> usize {
    (lasts.as_secs() / point.as_secs()) as usize
}

async fn watch(stand: &Stand, run: &Fresh, start: Instant, lasts: Duration) -> Result<Vec<Sample>, Fault> {
    let (mut samples, mut rates) = (Vec::new(), Instant::now());
    while start.elapsed() < lasts {
        samples.push(Sample {
            second: start.elapsed().as_secs_f64(),
            gateway: run.gateway.part()?.usage()?.memory,
            postgres: stand.postgres()?.usage()?.memory,
            database: size(&run.client).await?,
            payouts: run.client.query_one(include_str!("../sql/payouts_open.sql"), &[]).await?.try_get(0)?,
        });
        if rates.elapsed() > RATES {
            match measure::publish_rates(stand, &run.gateway).await {
                Ok(()) => rates = Instant::now(),
                // There is time for many more tries before they are too old.
                Err(error) => println!("after {:.0} s: {error}", start.elapsed().as_secs_f64()),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(samples)
}

async fn size(client: &Client) -> Result<u64, Fault> {
    let bytes: i64 = client.query_one(include_str!("../sql/size.sql"), &[]).await?.try_get(0)?;
    Ok(u64::try_from(bytes)?)
}

/// Latencies and throughput without the first point, in which connections are opened; refusals and losses of all.
fn report(windows: &Windows, samples: &[Sample], (rate, lasts, point): (f64, Duration, Duration)) {
    let points = points(lasts, point);
    let (all, warm) = (windows.between(0, windows.tallies.len()), windows.between(1, points));
    let answered = warm.came as f64 / (point.as_secs_f64() * (points - 1) as f64);
    println!("{rate:.0}/s asked for {} s, {answered:.0}/s answered", lasts.as_secs());
    for (kind, latency) in &warm.good {
        println!(
            "  {:<12} {:>10}  p50 {:.2} ms  p99 {:.2} ms  max {:.2} ms",
            kind.as_str(),
            latency.count(),
            latency.quantile_ms(0.5),
            latency.quantile_ms(0.99),
            latency.max_ms()
        );
    }
    println!("  refused {} {:?}, lost {}, unsent {}", all.refusals(), all.refused, all.lost, all.unsent);
    // Once everybody is connected and caches are full: what grows from then on creeps.
    if let (Some(early), Some(last)) = (samples.get(samples.len() / 4), samples.last()) {
        let line = |name: &str, from: u64, to: u64| println!("  {name} {} to {} MiB", from >> 20, to >> 20);
        println!("from {:.0} s on", early.second);
        line("gateway", early.gateway, last.gateway);
        line("PostgreSQL", early.postgres, last.postgres);
        line("database", early.database, last.database);
        println!("  payouts under way {} to {}", early.payouts, last.payouts);
    }
    println!("  every invariant holds, nothing acknowledged is missing");
}

fn draw(windows: &Windows, samples: &[Sample], (lasts, point): (Duration, Duration)) -> Result<(), Fault> {
    let quantile = |name: &str, part: f64| {
        let points = windows.tallies.iter().take(points(lasts, point)).enumerate();
        let at = |number: usize| point.as_secs_f64() * number as f64;
        Curve::new(name, points.map(|(number, tally)| (at(number), tally.all().quantile_ms(part))))
    };
    let chart = |title: &str, up: &str, logarithmic, curves| Chart {
        title: title.into(),
        across: "seconds".into(),
        up: up.into(),
        logarithmic,
        curves,
    };
    chart("Latency over time", "ms", true, vec![quantile("p50", 0.5), quantile("p99", 0.99)])
        .save(&folder().join("soak-latency.svg"))?;
    let mib = |name: &str, of: &dyn Fn(&Sample) -> f64| {
        Curve::new(name, samples.iter().map(|sample| (sample.second, of(sample) / 1_048_576.0)))
    };
    let memory = vec![
        mib("gateway", &|sample| sample.gateway as f64),
        mib("PostgreSQL", &|sample| sample.postgres as f64),
        mib("database on disk", &|sample| sample.database as f64),
    ];
    chart("Memory and size over time", "MiB", true, memory).save(&folder().join("soak-memory.svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_run_has_longer_points_and_no_more_of_them() {
        for (minutes, seconds, count) in
            [(1, 10, 6), (30, 10, 180), (31, 20, 93), (60, 20, 180), (1440, 480, 180)]
        {
            let point = point(minutes);
            assert_eq!(point, Duration::from_secs(seconds), "{minutes}");
            assert_eq!(points(Duration::from_secs(minutes * 60), point), count, "{minutes}");
        }
    }
}
