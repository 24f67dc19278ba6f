//! Open loops: one or several sources beside each other, each with its own rates, on one gateway.

use std::time::{Duration, Instant};

use crate::Fault;
use crate::load::open::{Seconds, Worker};
use crate::load::schedule::{Schedule, Step};
use crate::load::script::{Mix, Script};
use crate::load::{Kept, Tally};
use crate::measure;
use crate::stand::{Gateway, Stand};
use crate::wire::{Protocol, Reuse};

/// Threads need a moment before the first request is due.
const LEAD: Duration = Duration::from_millis(300);

/// Who asks, and when.
#[derive(Debug, Clone)]
pub struct Source {
    /// The bank whose events and merchants these are: 0 the demo's, 1 the one beside it.
    pub bank: usize,
    /// What it asks.
    pub mix: Mix,
    /// At which rates; arrivals come by chance.
    pub steps: Vec<Step>,
    /// The most connections it opens.
    pub connections: usize,
}

/// What one source saw.
#[derive(Debug)]
pub struct Seen {
    /// Names its events.
    pub run: String,
    /// By the second in which requests were meant to leave.
    pub seconds: Seconds,
    /// What it was acknowledged.
    pub kept: Kept,
}

impl Seen {
    /// All that was meant to leave from second `from` until before second `to`.
    pub fn between(&self, from: usize, to: usize) -> Tally {
        let mut sum = Tally::default();
        self.seconds.iter().take(to).skip(from).for_each(|second| sum.add(second));
        sum
    }
}

/// A source that is under way.
pub struct Running {
    run: String,
    worker: Worker,
}

/// Starts the sources, each on a thread of its own; they all count from the same moment, which is given back.
///
/// # Errors
/// A source without accounts.
pub fn start(stand: &Stand, gateway: &Gateway, sources: &[Source]) -> Result<(Instant, Vec<Running>), Fault> {
    let target = gateway.target(&stand.handout.ca, Protocol::Http1, Reuse::Connection)?;
    let start = Instant::now() + LEAD;
    let running = sources.iter().enumerate().map(|(number, source)| {
        let run = measure::run_name();
        let script = Script::new(&stand.handout, &target.host, source.mix, &run, 0, source.bank)?;
        let schedule = Schedule::random(&source.steps, number);
        let worker = Worker::start(target.clone(), schedule, script, source.connections, start);
        Ok(Running { run, worker })
    });
    Ok((start, running.collect::<Result<_, Fault>>()?))
}

/// Waits until all of them are done.
///
/// # Errors
/// What the generator could not do.
pub async fn join(running: Vec<Running>) -> Result<Vec<Seen>, Fault> {
    let mut all = Vec::new();
    for Running { run, worker } in running {
        let (seconds, kept) = tokio::task::spawn_blocking(move || worker.join()).await??;
        all.push(Seen { run, seconds, kept });
    }
    Ok(all)
}

/// Runs the sources on a new copy of the database; then the book is verified, everything acknowledged is looked for, and
/// the copy is removed.
///
/// # Errors
/// In words.
pub async fn on_fresh_database(
    stand: &Stand,
    settings: &str,
    sources: &[Source],
) -> Result<Vec<Seen>, Fault> {
    let withdrawals = sources.iter().any(|source| source.mix.withdrawals > 0);
    let run = measure::Fresh::start(stand, settings, withdrawals).await?;
    let (_, running) = start(stand, &run.gateway, sources)?;
    let seen = join(running).await?;
    let proofs: Vec<_> = seen.iter().map(|seen| (seen.run.clone(), vec![seen.kept.clone()])).collect();
    run.finish(stand, &proofs).await?;
    Ok(seen)
}
