//! `loadtests growth`: the same load on an empty book and on one that has been in use for long.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use super::fill::{self, Amounts};
use crate::Fault;
use crate::load::closed::Connections;
use crate::load::script::Mix;
use crate::measure::{self, Closed, Measured};
use crate::stand::{self, DATABASE, Stand};
use crate::wire::Reuse;
use crate::{database, proof};

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long each time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Callers.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
    #[command(flatten)]
    amounts: Amounts,
}

/// Measures, fills, measures again.
///
/// # Errors
/// In words; also when the book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    let empty = once(&stand, options).await?;
    fill::fill(&stand, &options.amounts).await?;
    let filled = once(&stand, options).await?;
    println!(
        "{:<8} {:>9} {:>9} {:>9} {:>11} {:>11} {:>10}",
        "", "per s", "p50 ms", "p99 ms", "gateway µs", "postgres µs", "WAL bytes"
    );
    for (name, run) in [("empty", &empty), ("filled", &filled)] {
        let latency = run.tally.all();
        println!(
            "{name:<8} {:>9.0} {:>9.2} {:>9.2} {:>11.1} {:>11.1} {:>10.0}",
            run.per_second(),
            latency.quantile_ms(0.5),
            latency.quantile_ms(0.99),
            run.micros(run.cost.gateway.cpu),
            run.micros(run.cost.postgres.cpu),
            run.each(run.cost.counters.wal_bytes)
        );
    }
    println!(
        "filled, it does {:.0} % of what it did empty",
        filled.per_second() / empty.per_second() * 100.0
    );
    stand.lower().await
}

/// In place: a copy of a filled book would take as long as filling it.
async fn once(stand: &Stand, options: &Options) -> Result<Measured, Fault> {
    let client = stand.client(DATABASE).await?;
    client.batch_execute("CHECKPOINT").await?;
    let gateway = stand.gateway(DATABASE, "", false).await?;
    let plan = Closed {
        callers: options.connections,
        connections: Connections::Own(Reuse::Connection),
        threads: 1,
        mix: Mix::default(),
        warm_up: Duration::from_secs(3),
        counted: Duration::from_secs(options.seconds),
    };
    let measured = measure::closed(stand, &gateway, &client, plan).await?;
    gateway.stop().await?;
    stand.verify(DATABASE).await?;
    proof::prove(&client, &measured.run, &measured.kept).await?;
    Ok(measured)
}
