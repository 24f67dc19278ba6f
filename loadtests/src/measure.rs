//! One measured run: warm up, count for a while, let what is under way finish; then what it cost, and the proof that
//! nothing acknowledged is missing.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use uuid::Uuid;

use crate::Fault;
use crate::database::{self, Counters};
use crate::load::closed::{Phase, Worker};
use crate::load::script::{Mix, Script};
use crate::load::{Acknowledged, Tally};
use crate::machine::{Part, Usage};
use crate::stand::{Gateway, Stand};
use crate::wire::Reuse;

/// Sessions tell their counters to the server's statistics at most this often.
const REPORTING: Duration = Duration::from_millis(1100);

/// A closed loop to be run.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    /// Callers, each with a connection of its own.
    pub connections: usize,
    /// Threads of the generator.
    pub threads: usize,
    /// What is kept from request to request.
    pub reuse: Reuse,
    /// What is asked.
    pub mix: Mix,
    /// Not counted.
    pub warm_up: Duration,
    /// Counted.
    pub counted: Duration,
}

/// What all parts had used at one moment.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    gateway: Usage,
    postgres: Usage,
    generator: Usage,
    counters: Counters,
}

/// What a run did in its counted window, and what it cost.
#[derive(Debug)]
pub struct Measured {
    /// Names the run's events.
    pub run: String,
    /// How long the window was.
    pub took: Duration,
    /// What came back in it.
    pub tally: Tally,
    /// CPU in it; memory at its end.
    pub gateway: Usage,
    /// The same of all of PostgreSQL's processes.
    pub postgres: Usage,
    /// The same of the generator.
    pub generator: Usage,
    /// What PostgreSQL counted in it.
    pub counters: Counters,
    /// What each thread was acknowledged, in the window or not.
    pub acknowledged: Vec<Acknowledged>,
}

impl Measured {
    /// Good answers in a second.
    pub fn per_second(&self) -> f64 {
        self.tally.answered() as f64 / self.took.as_secs_f64()
    }

    /// CPU microseconds for each good answer.
    pub fn micros(&self, usage: Usage) -> f64 {
        usage.cpu.as_secs_f64() * 1e6 / self.tally.answered().max(1) as f64
    }

    /// For each good answer.
    pub fn each(&self, count: i64) -> f64 {
        count as f64 / self.tally.answered().max(1) as f64
    }
}

/// A name that no other run has.
pub fn run_name() -> String {
    let name = Uuid::now_v7().simple().to_string();
    format!("ld{}", &name[20..])
}

/// Runs a closed loop against the gateway.
///
/// # Errors
/// What the generator could not do; a gateway that ended.
pub async fn closed(
    stand: &Stand,
    gateway: &Gateway,
    client: &Client,
    plan: Closed,
) -> Result<Measured, Fault> {
    let run = run_name();
    let target = gateway.target(&stand.handout.ca, plan.reuse)?;
    let phase = Phase::default();
    let share =
        |thread| plan.connections / plan.threads + usize::from(thread < plan.connections % plan.threads);
    let workers = (0..plan.threads)
        .map(|thread| {
            let script = Script::new(&stand.handout, &target.host, plan.mix, &run, thread)?;
            Ok(Worker::start(target.clone(), plan.reuse, script, share(thread), phase.clone()))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    tokio::time::sleep(plan.warm_up).await;
    let begin = moment(stand, gateway, client).await?;
    phase.count();
    tokio::time::sleep(plan.counted).await;
    phase.end();
    let end = moment(stand, gateway, client).await?;
    let (mut tally, mut acknowledged) = (Tally::default(), Vec::new());
    for worker in workers {
        let (counted, script) = tokio::task::spawn_blocking(move || worker.join()).await??;
        tally.add(&counted);
        acknowledged.push(script.acknowledged);
    }
    tokio::time::sleep(REPORTING).await;
    let commits = database::counters(client).await?.commits;
    let counters = Counters { commits, ..end.counters };
    Ok(Measured {
        run,
        took: end.at - begin.at,
        tally,
        gateway: used(begin.gateway, end.gateway),
        postgres: used(begin.postgres, end.postgres),
        generator: used(begin.generator, end.generator),
        counters: counters.since(begin.counters),
        acknowledged,
    })
}

async fn moment(stand: &Stand, gateway: &Gateway, client: &Client) -> Result<Moment, Fault> {
    Ok(Moment {
        at: Instant::now(),
        gateway: gateway.part()?.usage()?,
        postgres: stand.postgres()?.usage()?,
        generator: Part::own().usage()?,
        counters: database::counters(client).await?,
    })
}

fn used(begin: Usage, end: Usage) -> Usage {
    Usage { cpu: end.cpu.saturating_sub(begin.cpu), memory: end.memory }
}
