//! `loadtests connections`: what connections cost that nobody uses.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Fault;
use crate::machine::{self, Part};
use crate::measure::Fresh;
use crate::stand::{self, Stand};
use crate::wire::{Connection, Protocol, Reuse, Target};

/// Handshakes under way at once.
const AT_ONCE: usize = 64;
/// Idle connections are kept for as long as this takes.
const KEPT: &str = "[server]\nheader_read_timeout_ms = 600000\nidle_timeout_seconds = 600\n";

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many connections. May be repeated.
    #[arg(long, value_name = "N", default_values_t = [1000_usize, 10_000])]
    open: Vec<usize>,
    /// How long their CPU is counted.
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
}

/// Opens them and prints what the gateway uses.
///
/// # Errors
/// In words; a connection that isn't taken.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    machine::allow_many_files()?;
    let stand = Stand::raise(stand).await?;
    let run = Fresh::start(&stand, KEPT, false).await?;
    let target = run.gateway.target(&stand.handout.ca, Protocol::Http1, Reuse::Connection)?;
    let part = run.gateway.part()?;
    let none = say(0, part, options.seconds, None).await?;
    let mut open = Vec::new();
    for wanted in &options.open {
        let missing = wanted.saturating_sub(open.len());
        open.extend(connect(&target, missing).await?);
        say(open.len(), part, options.seconds, Some(none)).await?;
    }
    drop(open);
    run.finish(&stand, &[]).await?;
    stand.lower().await
}

async fn connect(target: &Target, count: usize) -> Result<Vec<Connection>, Fault> {
    let (mut open, mut under_way) = (Vec::with_capacity(count), JoinSet::new());
    for _ in 0..count {
        if under_way.len() >= AT_ONCE
            && let Some(connected) = under_way.join_next().await
        {
            open.push(connected??);
        }
        let target = target.clone();
        under_way.spawn(async move { Connection::open(&target).await });
    }
    while let Some(connected) = under_way.join_next().await {
        open.push(connected??);
    }
    Ok(open)
}

/// Memory with so many, and CPU while nothing happens.
async fn say(open: usize, part: Part, seconds: u64, none: Option<u64>) -> Result<u64, Fault> {
    // Handshakes and what they allocated settle.
    sleep(Duration::from_secs(2)).await;
    let begin = part.usage()?;
    sleep(Duration::from_secs(seconds)).await;
    let end = part.usage()?;
    let each = none.filter(|_| open > 0).map_or(String::new(), |none| {
        format!(", {:.1} KiB for each", end.memory.saturating_sub(none) as f64 / 1024.0 / open as f64)
    });
    let cores = (end.cpu - begin.cpu).as_secs_f64() / seconds.max(1) as f64;
    println!(
        "{open:>6} connections: {:.1} MiB{each}; {:.2} % of a core",
        end.memory as f64 / 1_048_576.0,
        cores * 100.0
    );
    Ok(end.memory)
}
