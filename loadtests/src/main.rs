#![doc = include_str!("../README.md")]

mod batches;
mod chart;
mod cli;
mod commands;
mod cost;
mod database;
mod latency;
mod load;
mod machine;
mod measure;
mod openloop;
mod proof;
mod results;
mod stand;
mod table;
mod wire;

use std::process::ExitCode;

/// What went wrong, in words for whoever started it.
type Fault = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    cli::run()
}
