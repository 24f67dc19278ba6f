//! One measured run: warm up, count for a while, let what is under way finish; then what it cost, and the proof that
//! nothing acknowledged is missing.

use std::time::Duration;

use tokio_postgres::Client;
use uuid::Uuid;

use crate::Fault;
use crate::cost::{Cost, Moment};
use crate::database;
use crate::load::closed::{Connections, Phase, Worker};
use crate::load::script::{Mix, Script};
use crate::load::{Kept, Tally};
use crate::proof;
use crate::stand::{DATABASE, Gateway, Stand};
use crate::wire::{Protocol, Reuse};

/// The database that a run has for itself.
const FRESH: &str = "load_run";

/// A closed loop to be run.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    /// Callers.
    pub callers: usize,
    /// How they are connected.
    pub connections: Connections,
    /// Threads of the generator.
    pub threads: usize,
    /// What is asked.
    pub mix: Mix,
    /// Not counted.
    pub warm_up: Duration,
    /// Counted.
    pub counted: Duration,
}

/// What a run did in its counted window, and what it cost.
#[derive(Debug)]
pub struct Measured {
    /// Names the run's events.
    pub run: String,
    /// What came back in the window.
    pub tally: Tally,
    /// What it cost.
    pub cost: Cost,
    /// What each thread was acknowledged, in the window or not.
    pub kept: Vec<Kept>,
}

impl Measured {
    /// Good answers in a second.
    pub fn per_second(&self) -> f64 {
        self.tally.answered() as f64 / self.cost.took.as_secs_f64()
    }

    /// CPU microseconds for each good answer.
    pub fn micros(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / self.tally.answered().max(1) as f64
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
    let (protocol, reuse) = match plan.connections {
        Connections::Own(reuse) => (Protocol::Http1, reuse),
        Connections::Shared(_) => (Protocol::Http2, Reuse::Connection),
    };
    let target = gateway.target(&stand.handout.ca, protocol, reuse)?;
    let phase = Phase::default();
    let share = |thread| plan.callers / plan.threads + usize::from(thread < plan.callers % plan.threads);
    let workers = (0..plan.threads)
        .map(|thread| {
            let script = Script::new(&stand.handout, &target.host, plan.mix, &run, thread, 0)?;
            Ok(Worker::start(target.clone(), plan.connections, script, share(thread), phase.clone()))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    tokio::time::sleep(plan.warm_up).await;
    let begin = Moment::now(stand, gateway, client).await?;
    phase.count();
    tokio::time::sleep(plan.counted).await;
    phase.end();
    let end = Moment::now(stand, gateway, client).await?;
    let (mut tally, mut kept) = (Tally::default(), Vec::new());
    for worker in workers {
        let (counted, own) = tokio::task::spawn_blocking(move || worker.join()).await??;
        tally.add(&counted);
        kept.push(own);
    }
    let cost = Cost::between(&begin, &end.with_late_commits(client).await?);
    Ok(Measured { run, tally, cost, kept })
}

/// The same on a new copy of the database, by a gateway with these settings; afterwards the book is verified, everything
/// acknowledged is looked for, and the copy is removed.
///
/// # Errors
/// As [`closed`]; what doesn't hold, what is missing.
pub async fn on_fresh_database(stand: &Stand, settings: &str, plan: Closed) -> Result<Measured, Fault> {
    on_fresh_copy(stand, DATABASE, settings, plan).await
}

/// The same on a new copy of another database than the stand's own.
///
/// # Errors
/// As [`on_fresh_database`].
pub async fn on_fresh_copy(
    stand: &Stand,
    template: &str,
    settings: &str,
    plan: Closed,
) -> Result<Measured, Fault> {
    let run = Fresh::start_from(stand, template, settings, plan.mix.withdrawals > 0).await?;
    let measured = closed(stand, &run.gateway, &run.client, plan).await?;
    run.finish(stand, &[(measured.run.clone(), measured.kept.clone())]).await?;
    Ok(measured)
}

/// A gateway on a new copy of the database.
pub struct Fresh {
    /// The gateway.
    pub gateway: Gateway,
    /// A connection to its database.
    pub client: Client,
}

impl Fresh {
    /// Starts it; where merchants withdraw, with rates and a bank that carries payouts.
    ///
    /// # Errors
    /// In words.
    pub async fn start(stand: &Stand, settings: &str, withdrawals: bool) -> Result<Fresh, Fault> {
        Fresh::start_from(stand, DATABASE, settings, withdrawals).await
    }

    async fn start_from(
        stand: &Stand,
        template: &str,
        settings: &str,
        withdrawals: bool,
    ) -> Result<Fresh, Fault> {
        stand.fresh(FRESH, template).await?;
        let client = stand.client(FRESH).await?;
        database::settings(&client).await?;
        let gateway = stand.gateway(FRESH, settings, withdrawals).await?;
        if withdrawals {
            publish_rates(stand, &gateway).await?;
        }
        Ok(Fresh { gateway, client })
    }

    /// Stops it, verifies the book, looks for everything acknowledged in these runs, and removes the copy.
    ///
    /// # Errors
    /// What doesn't hold, what is missing.
    pub async fn finish(self, stand: &Stand, runs: &[(String, Vec<Kept>)]) -> Result<(), Fault> {
        self.gateway.stop().await?;
        stand.verify(FRESH).await?;
        for (run, kept) in runs {
            proof::prove(&self.client, run, kept).await?;
        }
        drop(self.client);
        stand.clear(FRESH).await
    }
}

/// Has the bank publish rates; they can be used for a quarter of an hour.
///
/// # Errors
/// A gateway that doesn't take them.
pub async fn publish_rates(stand: &Stand, gateway: &Gateway) -> Result<(), Fault> {
    use crate::load::webhook::Bank;
    use crate::wire::Connection;
    let target = gateway.target(&stand.handout.ca, Protocol::Http1, Reuse::Connection)?;
    let bank = &stand.handout.banks[0];
    let mut request = Vec::new();
    Bank::new(&bank.id, &bank.secret, &target.host)?.rates(&run_name(), &mut request)?;
    let mut connection = Connection::open(&target).await?;
    let answer = connection.exchange(&request).await?;
    match answer.head.status {
        200 => Ok(()),
        status => Err(format!("rates were answered {status}").into()),
    }
}
