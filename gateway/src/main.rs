#![doc = include_str!("../README.md")]

mod activity;
mod app;
mod body;
mod caller;
mod cli;
mod commands;
mod config;
mod declarations;
mod dev;
mod engine;
mod handlers;
mod heads;
mod live;
mod metrics;
mod migrate;
mod positions;
mod problem;
mod problem_pages;
mod readiness;
mod reload;
mod request;
mod route;
mod serve;
mod server;
mod stream;
mod verification;

use std::process::ExitCode;

/// A request makes and drops a hundred small values on several threads, at which the C library's allocator spent a
/// quarter of the gateway's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
