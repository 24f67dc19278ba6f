//! `loadtests growth`: the same load on an empty book and on one that has been in use for long, in turns.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use super::fill::{self, Amounts};
use crate::Fault;
use crate::load::closed::Connections;
use crate::load::script::Mix;
use crate::measure::{self, Closed, Measured};
use crate::stand::{self, DATABASE, Stand};
use crate::wire::Reuse;
use crate::{database, proof, table};

/// The book as it was before it was filled.
const EMPTY: &str = "load_empty";

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long each time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Rounds; medians are reported.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Callers.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
    #[command(flatten)]
    amounts: Amounts,
}

/// Keeps the empty book aside, fills the other one, and measures both in turns.
///
/// # Errors
/// In words; also when a book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    stand.fresh(EMPTY, DATABASE).await?;
    fill::fill(&stand, &options.amounts).await?;
    let plan = Closed {
        callers: options.connections,
        connections: Connections::Own(Reuse::Connection),
        threads: 1,
        mix: Mix::PLAIN,
        warm_up: Duration::from_secs(3),
        counted: Duration::from_secs(options.seconds),
    };
    let (mut empty, mut filled) = (Vec::new(), Vec::new());
    for number in 1..=options.rounds {
        empty.push(measure::on_fresh_copy(&stand, EMPTY, "", plan).await?);
        filled.push(in_place(&stand, plan).await?);
        if let (Some(empty), Some(filled)) = (empty.last(), filled.last()) {
            println!(
                "round {number}: empty {:.0}/s, filled {:.0}/s",
                empty.per_second(),
                filled.per_second()
            );
        }
    }
    stand.clear(EMPTY).await?;
    stand.lower().await?;
    let (empty, filled): (Vec<&Measured>, Vec<&Measured>) = (empty.iter().collect(), filled.iter().collect());
    println!("{}\n{}\n{}", table::head(), table::row("empty", &empty), table::row("filled", &filled));
    println!("filled, it does {:.0} % of what it does empty", table::percent(&filled, &empty));
    Ok(())
}

/// A copy of a filled book would take as long as filling it.
async fn in_place(stand: &Stand, plan: Closed) -> Result<Measured, Fault> {
    let client = stand.client(DATABASE).await?;
    client.batch_execute("CHECKPOINT").await?;
    let gateway = stand.gateway(DATABASE, "", false).await?;
    let measured = measure::closed(stand, &gateway, &client, plan).await?;
    gateway.stop().await?;
    stand.verify(DATABASE).await?;
    proof::prove(&client, &measured.run, &measured.kept).await?;
    Ok(measured)
}
