//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{bank, compare, connections, fill, growth, mixes, overload, soak, sweep, webhooks};
use crate::stand;

/// Load tests: each puts up a stand of its own, measures, proves that nothing acknowledged is missing, and takes it down.
#[derive(Parser)]
#[command(name = "loadtests")]
struct Cli {
    #[command(flatten)]
    stand: stand::Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Floor, gateway, one transaction per request and pgbench in turns; the last line is JSON.
    Compare(compare::Options),
    /// One closed loop, of bank events alone or of a mix: for profiling.
    Webhooks(webhooks::Options),
    /// Arrival rate against latency, goodput and refusals; finds the knee.
    Sweep(sweep::Options),
    /// Five times too much; a bank that floods beside another, and beside merchants who withdraw.
    Overload(overload::Options),
    /// Memory and idle CPU of the gateway with many open connections.
    Connections(connections::Options),
    /// A book that has been in use for long.
    Fill(fill::Amounts),
    /// Bank events alone against a hot merchant, redeliveries and an everyday mix, in turns.
    Mixes(mixes::Options),
    /// The same load on an empty and on a filled book, in turns.
    Growth(growth::Options),
    /// An everyday mix for a long time.
    Soak(soak::Options),
    /// The bank that carries payouts; runs start it by themselves.
    #[command(hide = true)]
    Bank(bank::Options),
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("loadtests: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Compare(options) => compare::run(&cli.stand, &options).await,
            Command::Sweep(options) => sweep::run(&cli.stand, &options).await,
            Command::Overload(options) => overload::run(&cli.stand, &options).await,
            Command::Connections(options) => connections::run(&cli.stand, &options).await,
            Command::Fill(amounts) => fill::run(&cli.stand, &amounts).await,
            Command::Mixes(options) => mixes::run(&cli.stand, &options).await,
            Command::Growth(options) => growth::run(&cli.stand, &options).await,
            Command::Soak(options) => soak::run(&cli.stand, &options).await,
            Command::Bank(options) => bank::run(&options).await,
            Command::Webhooks(options) => webhooks::run(&cli.stand, &options).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("loadtests: {fault}");
            ExitCode::FAILURE
        }
    }
}
