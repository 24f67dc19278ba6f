//! `loadtests compare`: floor, gateway, one transaction per request and pgbench in turns, each round on a new copy of the
//! same database, so that the machine's drift meets all of them.

mod floor;
mod pgbench;
mod report;

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use crate::Fault;
use crate::database;
use crate::load::closed::Connections;
use crate::load::script::Mix;
use crate::measure::{self, Closed, Measured};
use crate::stand::{self, DATABASE, Stand};
use crate::wire::Reuse;

pub use floor::FloorRun;

/// Each request in a transaction of its own, on a connection of its own out of sixteen.
const PER_REQUEST: &str = "[lanes]\ncount = 16\nbatch_max = 1\n";

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long each contender is counted in each round.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Rounds; medians are reported.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// The generator's connections.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
    /// Threads of the generator.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    threads: u64,
    /// Seconds before counting begins.
    #[arg(long, value_name = "N", default_value_t = 2)]
    warm_up: u64,
    /// pgbench's scale.
    #[arg(long, value_name = "N", default_value_t = 10)]
    scale: u32,
}

/// What every contender did in one round.
#[derive(Debug)]
pub struct Round {
    floor: FloorRun,
    gateway: Measured,
    per_request: Measured,
    /// Transactions per second.
    pgbench: f64,
}

/// Runs all rounds and prints what came of them.
///
/// # Errors
/// In words; also when a book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    let counted = Duration::from_secs(options.seconds);
    let plan = Closed {
        callers: options.connections,
        connections: Connections::Own(Reuse::Connection),
        threads: usize::try_from(options.threads)?,
        mix: Mix::PLAIN,
        warm_up: Duration::from_secs(options.warm_up),
        counted,
    };
    pgbench::prepare(&stand, options.scale).await?;
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        let round = Round {
            floor: floor::run(&stand, counted).await?,
            gateway: measure::on_fresh_database(&stand, "", plan).await?,
            per_request: measure::on_fresh_database(&stand, PER_REQUEST, plan).await?,
            pgbench: pgbench::run(&stand, options.seconds).await?,
        };
        println!("{}", report::line(number, &round));
        rounds.push(round);
    }
    stand.lower().await?;
    println!("{}", report::table(&rounds));
    println!("{}", report::json(&rounds)?);
    Ok(())
}
