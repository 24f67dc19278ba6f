//! `loadtests webhooks`: one closed loop against one gateway.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use crate::Fault;
use crate::load::closed::Connections;
use crate::load::script::Mix;
use crate::machine::Usage;
use crate::measure::{self, Closed, Measured};
use crate::stand::{self, DATABASE, Stand};
use crate::wire::Reuse;
use crate::{database, proof};

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Callers.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
    /// How long to count, after two seconds to warm up.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Threads of the generator.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    threads: u64,
    /// What is kept from one request to the next.
    #[arg(long, value_enum, default_value_t = Reuse::Connection)]
    reuse: Reuse,
    /// HTTP/2, so many callers on each connection.
    #[arg(long, value_name = "STREAMS", conflicts_with = "reuse")]
    http2: Option<usize>,
    #[command(flatten)]
    mix: MixOptions,
}

/// What is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct MixOptions {
    /// What is asked.
    #[arg(long, value_enum, default_value_t = Named::Webhooks)]
    mix: Named,
    /// Hundredths of the events that are redeliveries.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=100))]
    redeliveries: u8,
    /// Hundredths of the events that go to one merchant.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=100))]
    hot: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Named {
    /// Bank events alone.
    Webhooks,
    /// Eighty webhooks, fifteen withdrawals, five reads.
    Everyday,
    /// camt.054 documents of a thousand transactions.
    Statements,
}

impl MixOptions {
    /// As a script takes it.
    pub fn mix(&self) -> Mix {
        let named = match self.mix {
            Named::Webhooks => Mix::PLAIN,
            Named::Everyday => Mix::EVERYDAY,
            Named::Statements => Mix { statements: true, ..Mix::PLAIN },
        };
        Mix { redeliveries: self.redeliveries, hot: self.hot, ..named }
    }
}

/// Runs it and prints what came of it.
///
/// # Errors
/// In words; also when the book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    let client = stand.client(DATABASE).await?;
    println!("{}", database::settings(&client).await?);
    let mix = options.mix.mix();
    let gateway = stand.gateway(DATABASE, "", mix.withdrawals > 0).await?;
    println!("gateway: process {}", gateway.pid()?);
    if mix.withdrawals > 0 {
        measure::publish_rates(&stand, &gateway).await?;
    }
    let plan = Closed {
        callers: options.connections,
        connections: options.http2.map_or(Connections::Own(options.reuse), Connections::Shared),
        threads: usize::try_from(options.threads)?,
        mix,
        warm_up: Duration::from_secs(2),
        counted: Duration::from_secs(options.seconds),
    };
    let measured = measure::closed(&stand, &gateway, &client, plan).await?;
    print(&measured);
    gateway.stop().await?;
    println!("verify: {}", stand.verify(DATABASE).await?);
    let proof = proof::prove(&client, &measured.run, &measured.kept).await?;
    println!("acknowledged: {}, none missing, digest {:016x}", proof.acknowledged, proof.digest);
    stand.lower().await
}

fn print(measured: &Measured) {
    let (tally, cost) = (&measured.tally, &measured.cost);
    println!("{:.0}/s over {:.1} s", measured.per_second(), cost.took.as_secs_f64());
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
    println!("  refused {} {:?}, lost {}", tally.refusals(), tally.refused, tally.lost);
    let line = |name: &str, usage: Usage| {
        println!(
            "{name:<10} {:>6.1} µs/answer  {:>5.2} cores  {:>5} MiB",
            measured.micros(usage.cpu),
            usage.cpu.as_secs_f64() / cost.took.as_secs_f64(),
            usage.memory >> 20
        );
    };
    line("gateway", cost.gateway);
    line("postgres", cost.postgres);
    line("generator", cost.generator);
    if cost.carrier != Usage::default() {
        line("bank", cost.carrier);
    }
    println!(
        "WAL {:.0} bytes/answer ({} full pages), {:.3} commits/answer",
        measured.each(cost.counters.wal_bytes),
        cost.counters.full_pages,
        measured.each(cost.counters.commits)
    );
}
