//! `loadtests webhooks`: one closed loop of bank events against one gateway.

use std::time::Duration;

use crate::Fault;
use crate::load::script::Mix;
use crate::machine::Usage;
use crate::measure::{self, Closed, Measured};
use crate::stand::{self, DATABASE, Stand};
use crate::wire::Reuse;
use crate::{database, proof};

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Callers, each with a connection of its own.
    #[arg(long, value_name = "N", default_value_t = 512)]
    connections: usize,
    /// How long to count, after two seconds to warm up.
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Threads of the generator.
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    /// What is kept from one request to the next.
    #[arg(long, value_enum, default_value_t = Reuse::Connection)]
    reuse: Reuse,
    /// Hundredths of the events that are redeliveries.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=100))]
    redeliveries: u8,
    /// Hundredths of the events that go to one merchant.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=100))]
    hot: u8,
    /// Settings of the gateway's, laid over the demo's: `lanes.batch_max=1`. May be repeated.
    #[arg(long = "set", value_name = "SETTING")]
    settings: Vec<String>,
}

/// Runs it and prints what came of it.
///
/// # Errors
/// In words; also when the book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    let client = stand.client(DATABASE).await?;
    println!("{}", database::settings(&client).await?);
    let gateway = stand.gateway(DATABASE, &options.settings.join("\n")).await?;
    println!("gateway: process {}", gateway.pid()?);
    let plan = Closed {
        connections: options.connections,
        threads: options.threads.max(1),
        reuse: options.reuse,
        mix: Mix { redeliveries: options.redeliveries, hot: options.hot },
        warm_up: Duration::from_secs(2),
        counted: Duration::from_secs(options.seconds),
    };
    let measured = measure::closed(&stand, &gateway, &client, plan).await?;
    print(&measured);
    println!("verify: {}", gateway.stop_and_verify().await?);
    let proof = proof::prove(&client, &measured.run, &measured.acknowledged).await?;
    println!("acknowledged: {}, none missing, digest {:016x}", proof.acknowledged, proof.digest);
    stand.lower().await
}

fn print(measured: &Measured) {
    let tally = &measured.tally;
    println!("{:.0}/s over {:.1} s", measured.per_second(), measured.took.as_secs_f64());
    for (kind, latency) in &tally.good {
        println!(
            "  {:<12} {:>9}  p50 {:.2} ms  p99 {:.2} ms  max {:.2} ms",
            kind.as_str(),
            latency.count(),
            latency.quantile_ms(0.5),
            latency.quantile_ms(0.99),
            latency.max_ms()
        );
    }
    let all = tally.all();
    println!("  p50 {:.2} ms, p99 {:.2} ms of all", all.quantile_ms(0.5), all.quantile_ms(0.99));
    println!("  refused {} {:?}, lost {}", tally.refusals(), tally.refused, tally.lost);
    let cost = |name: &str, usage: Usage| {
        println!(
            "{name:<10} {:>6.1} µs/event  {:>5.2} cores  {:>5} MiB",
            measured.micros(usage),
            usage.cpu.as_secs_f64() / measured.took.as_secs_f64(),
            usage.memory >> 20
        );
    };
    cost("gateway", measured.gateway);
    cost("postgres", measured.postgres);
    cost("generator", measured.generator);
    println!(
        "WAL {:.0} bytes/event ({} full pages), {:.3} commits/event",
        measured.each(measured.counters.wal_bytes),
        measured.counters.full_pages,
        measured.each(measured.counters.commits)
    );
}
