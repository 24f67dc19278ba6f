//! `loadtests connections`: what connections cost that nobody uses.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Fault;
use crate::machine::Part;
use crate::measure::Fresh;
use crate::stand::{self, Stand};
use crate::wire::{Connection, Protocol, Reuse, Target};

/// Handshakes, or looks at connections, under way at once.
const AT_ONCE: usize = 64;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many connections. May be repeated.
    #[arg(long, value_name = "N", default_values_t = [1000_usize, 10_000], value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    open: Vec<usize>,
    /// How long their CPU is counted.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// Opens them and prints what the gateway uses.
///
/// # Errors
/// In words; a connection that isn't taken or doesn't stay open.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    let run = Fresh::start(&stand, "", false).await?;
    let target = run.gateway.target(&stand.handout.ca, Protocol::Http1, Reuse::Connection)?;
    let part = run.gateway.part()?;
    let none = say(0, part, options.seconds, None).await?;
    let mut open = Vec::new();
    for wanted in &options.open {
        let missing = wanted.saturating_sub(open.len());
        open.extend(connect(&target, missing).await?);
        say(open.len(), part, options.seconds, Some(none)).await?;
        all_stay_open(&mut open).await?;
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

/// What was closed meanwhile cost nothing, and would make the others look cheap.
async fn all_stay_open(open: &mut [Connection]) -> Result<(), Fault> {
    let mut closed = 0;
    for some in open.chunks_mut(AT_ONCE) {
        let are_open = join_all(some.iter_mut().map(Connection::is_open)).await;
        closed += are_open.iter().filter(|is_open| !**is_open).count();
    }
    match closed {
        0 => Ok(()),
        _ => Err(format!("{closed} of {} connections were closed meanwhile", open.len()).into()),
    }
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
    let cores = (end.cpu - begin.cpu).as_secs_f64() / seconds as f64;
    println!(
        "{open:>6} connections: {:.1} MiB{each}; {:.2} % of a core",
        end.memory as f64 / 1_048_576.0,
        cores * 100.0
    );
    Ok(end.memory)
}
