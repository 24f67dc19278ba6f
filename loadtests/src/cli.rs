//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::webhooks;
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
    /// One closed loop of bank events: for profiling.
    Webhooks(webhooks::Options),
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("loadtests: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
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
