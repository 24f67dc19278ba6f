//! Open loops: one or several sources beside each other, each with its own rates, on one gateway.

use std::time::{Duration, Instant};

use crate::Fault;
use crate::load::open::{Plan, Worker};
use crate::load::schedule::{Schedule, Step};
use crate::load::script::{Mix, Script};
use crate::load::{Kept, Windows};
use crate::measure;
use crate::stand::{Gateway, Stand};
use crate::wire::{Protocol, Reuse};

/// Threads need a moment before the first request is due.
const LEAD: Duration = Duration::from_millis(300);
/// How long a request waits for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// A request that finds no free connection for so long never leaves.
    pub patience: Duration,
    /// How long the windows are that are counted apart.
    pub window: Duration,
}

impl Source {
    /// The demo's bank, patient, counted by the second.
    pub fn new(mix: Mix, steps: Vec<Step>, connections: usize) -> Source {
        Source { bank: 0, mix, steps, connections, patience: PATIENCE, window: Duration::from_secs(1) }
    }
}

/// What one source saw.
#[derive(Debug)]
pub struct Seen {
    /// Names its events.
    pub run: String,
    /// What came of it, by time.
    pub windows: Windows,
    /// What it was acknowledged.
    pub kept: Kept,
}

impl Seen {
    /// Takes out what is to be proved.
    pub fn acknowledged(&mut self) -> (String, Vec<Kept>) {
        (self.run.clone(), vec![std::mem::take(&mut self.kept)])
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
        let Source { connections, patience, window, .. } = *source;
        let schedule = Schedule::random(&source.steps, number);
        let plan = Plan { schedule, connections, patience, window };
        let worker = Worker::start(target.clone(), plan, script, start);
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
        let (windows, kept) = tokio::task::spawn_blocking(move || worker.join()).await??;
        all.push(Seen { run, windows, kept });
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
    let mut seen = join(running).await?;
    let proofs: Vec<_> = seen.iter_mut().map(Seen::acknowledged).collect();
    run.finish(stand, &proofs).await?;
    Ok(seen)
}
