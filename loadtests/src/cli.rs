//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{bank, compare, webhooks};
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
