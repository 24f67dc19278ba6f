//! `loadtests mixes`: what else than new events for many merchants costs, in turns, each run on a new copy of the same
//! database.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use crate::Fault;
use crate::database;
use crate::load::closed::Connections;
use crate::load::script::Mix;
use crate::measure::{self, Closed, Measured};
use crate::stand::{self, DATABASE, Stand};
use crate::table;
use crate::wire::Reuse;

/// What is asked, each by its name. The others are compared with the first.
const MIXES: [(&str, Mix); 4] = [
    ("bank events", Mix::PLAIN),
    ("half of them to one merchant", Mix { hot: 50, ..Mix::PLAIN }),
    ("one in ten a redelivery", Mix { redeliveries: 10, ..Mix::PLAIN }),
    ("everyday", Mix::EVERYDAY),
];

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long each mix is counted in each round.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Rounds; medians are reported.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Callers.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
}

/// Runs all rounds and prints what came of them.
///
/// # Errors
/// In words; also when a book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    let mut runs: [Vec<Measured>; MIXES.len()] = Default::default();
    for number in 1..=options.rounds {
        for ((name, mix), done) in MIXES.into_iter().zip(&mut runs) {
            let plan = Closed {
                callers: options.connections,
                connections: Connections::Own(Reuse::Connection),
                threads: 1,
                mix,
                warm_up: Duration::from_secs(2),
                counted: Duration::from_secs(options.seconds),
            };
            let measured = measure::on_fresh_database(&stand, "", plan).await?;
            println!("round {number}: {name} {:.0}/s", measured.per_second());
            done.push(measured);
        }
    }
    stand.lower().await?;
    println!("{}", table::head());
    let first: Vec<&Measured> = runs[0].iter().collect();
    for ((name, _), done) in MIXES.iter().zip(&runs) {
        let done: Vec<&Measured> = done.iter().collect();
        println!("{} {:>5.0} %", table::row(name, &done), table::percent(&done, &first));
    }
    Ok(())
}
