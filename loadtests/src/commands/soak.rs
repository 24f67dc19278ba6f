//! `loadtests soak`: an everyday mix for a long time, at a rate that it keeps up with. What creeps shows: memory, latency,
//! the database's size.

use std::time::{Duration, Instant};

use crate::Fault;
use crate::chart::{Chart, Curve};
use crate::commands::sweep;
use crate::database;
use crate::load::schedule::Step;
use crate::load::script::Mix;
use crate::measure::{self, Fresh};
use crate::openloop::{self, Seen, Source};
use crate::results::folder;
use crate::stand::{self, DATABASE, Stand};

/// How often memory is looked at, and how long the points of the curves are.
const POINT: usize = 10;
/// Well before the quarter of an hour for which a rate can be used.
const RATES: Duration = Duration::from_secs(300);
/// What of a closed loop's throughput is asked for.
const PART: f64 = 0.5;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long.
    #[arg(long, value_name = "N", default_value_t = 30)]
    minutes: u64,
    /// Requests in a second; half of what a closed loop gets through if not named.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// The most connections.
    #[arg(long, value_name = "N", default_value_t = 512)]
    connections: usize,
}

/// Memory at one moment, in bytes.
struct Sample {
    second: f64,
    gateway: u64,
    postgres: u64,
    database: i64,
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
    let lasts = Duration::from_secs(options.minutes.max(1) * 60);
    let run = Fresh::start(&stand, "", true).await?;
    let steps = vec![Step { rate, lasts }];
    let source = Source { bank: 0, mix: Mix::EVERYDAY, steps, connections: options.connections };
    let (start, running) = openloop::start(&stand, &run.gateway, &[source])?;
    let samples = watch(&stand, &run, start, lasts).await?;
    let seen = openloop::join(running).await?.pop().ok_or("a source was lost")?;
    run.finish(&stand, &[(seen.run.clone(), vec![seen.kept.clone()])]).await?;
    report(&seen, &samples, rate);
    draw(&seen, &samples)?;
    stand.lower().await
}

async fn watch(stand: &Stand, run: &Fresh, start: Instant, lasts: Duration) -> Result<Vec<Sample>, Fault> {
    let (mut samples, mut rates) = (Vec::new(), Instant::now());
    while start.elapsed() < lasts {
        samples.push(Sample {
            second: start.elapsed().as_secs_f64(),
            gateway: run.gateway.part()?.usage()?.memory,
            postgres: stand.postgres()?.usage()?.memory,
            database: run.client.query_one(include_str!("../sql/size.sql"), &[]).await?.try_get(0)?,
        });
        if rates.elapsed() > RATES {
            measure::publish_rates(stand, &run.gateway).await?;
            rates = Instant::now();
        }
        tokio::time::sleep(Duration::from_secs(POINT as u64)).await;
    }
    Ok(samples)
}

fn report(seen: &Seen, samples: &[Sample], rate: f64) {
    let all = seen.between(0, seen.seconds.len());
    println!("{:.0}/s asked for {} s", rate, seen.seconds.len());
    for (kind, latency) in &all.good {
        println!(
            "  {:<12} {:>10}  p50 {:.2} ms  p99 {:.2} ms  max {:.2} ms",
            kind.as_str(),
            latency.count(),
            latency.quantile_ms(0.5),
            latency.quantile_ms(0.99),
            latency.max_ms()
        );
    }
    println!("  refused {} {:?}, lost {}", all.refusals(), all.refused, all.lost);
    if let (Some(first), Some(last)) = (samples.first(), samples.last()) {
        let mib = |bytes: u64| bytes >> 20;
        println!("  gateway {} to {} MiB", mib(first.gateway), mib(last.gateway));
        println!("  PostgreSQL {} to {} MiB", mib(first.postgres), mib(last.postgres));
        println!("  database {} to {} MiB", first.database >> 20, last.database >> 20);
    }
    println!("  every invariant holds, nothing acknowledged is missing");
}

fn draw(seen: &Seen, samples: &[Sample]) -> Result<(), Fault> {
    let points = (0..seen.seconds.len()).step_by(POINT).map(|from| (from, seen.between(from, from + POINT)));
    let points: Vec<_> = points.collect();
    let quantile = |name: &str, part: f64| {
        Curve::new(name, points.iter().map(|(at, tally)| (*at as f64, tally.all().quantile_ms(part))))
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
