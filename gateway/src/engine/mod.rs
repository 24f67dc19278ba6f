//! What runs behind the listeners: the lanes, the payout worker, the sweeps. Handlers hand commands in here.

mod account_checks;
mod changes;
mod closing;
mod documents;
mod forgetting;
mod gauges;
mod heads;
mod links;
mod notify;
mod one_by_one;
mod pausing;
mod quotes;
mod rates;
mod reconcile;
mod rehearse;
mod rematch;
mod retention;
mod reversals;
mod settlements;
mod sweeps;
mod tails;
mod verification;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use lanes::{Lanes, Refused};
use ledger::Layout;
use payouts::{BankState, NotTaken, Open, PayoutId, Report, Submit, Waker, Worker};
use pg::Pool;
use privacy::Keyring;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::activity::Activity;
use crate::app;
use crate::commands::{Command, Commands, Facts, PayoutReport, Reply, open_beneficiary};
use crate::config::Config;

/// How long the worker may take to finish calls that are under way.
const WORKER_PATIENCE: Duration = Duration::from_secs(15);

/// Why a command has no answer.
#[derive(Debug)]
pub enum NoReply {
    /// The same key is being worked on by this gateway at this moment (R22).
    InProgress,
    /// The lane's reason.
    Refused(Refused),
}

/// The lanes with everything that feeds them by itself.
pub struct Engine {
    facts: Arc<Facts>,
    lanes: Arc<Lanes<Commands>>,
    commands: Arc<Commands>,
    reads: Pool,
    rehearsals: Semaphore,
    activity: Arc<Activity>,
    worker: Mutex<Option<Worker>>,
    waker: Waker,
    notices: Mutex<Option<notifications::Worker>>,
    notices_waker: notifications::Waker,
    informants: Vec<account_checks::Informant>,
    in_progress: Mutex<HashSet<(Arc<str>, String)>>,
    tasks: Mutex<JoinSet<()>>,
    /// Rung when the cause of a review may have disappeared.
    rematch: Notify,
    stop: CancellationToken,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts lanes, worker and sweeps. `reads` serves the sweeps and the worker; the lanes open a pool of
    /// their own, so that nobody waits for money behind a report.
    ///
    /// # Errors
    /// In words: what of the configuration can't be used.
    pub fn start(config: &Config, keyring: Arc<Keyring>, reads: Pool) -> Result<Arc<Engine>, String> {
        let layout: Layout = config.ledger.layout();
        let facts = Arc::new(links::facts(config, layout, keyring.clone())?);
        let settings = config.lanes.settings();
        let own =
            (0..config.lanes.count).map(|_| app::open_lanes_pool(config, 1)).collect::<Result<_, _>>()?;
        let activity = Arc::new(Activity::default());
        let commands = Arc::new(Commands::new(facts.clone(), activity.clone()));
        let lanes = Lanes::start(own, commands.clone(), settings);
        let lanes = Arc::new(lanes.map_err(|error| format!("starting the lanes' threads: {error}"))?);
        let notices = notify::start(&config.notifications, keyring.clone(), reads.clone())?;
        let open: Open = Arc::new(move |sealed: &[u8], id: PayoutId| open_beneficiary(&keyring, id, sealed));
        let links = links::banks(config)?;
        let informants = account_checks::informants(config, &links);
        let worker = Worker::start(reads.clone(), links, open, submit_to(&lanes, &facts))
            .map_err(|error| error.to_string())?;
        let waker = worker.waker();
        let engine = Arc::new(Engine {
            facts,
            lanes,
            commands,
            reads: reads.clone(),
            rehearsals: Semaphore::new(rehearse::AT_ONCE),
            activity,
            worker: Mutex::new(Some(worker)),
            waker,
            notices_waker: notices.waker(),
            notices: Mutex::new(Some(notices)),
            informants,
            in_progress: Mutex::default(),
            tasks: Mutex::default(),
            rematch: Notify::new(),
            stop: CancellationToken::new(),
        });
        engine.say_what_is_paused();
        engine.start_sweeps(config, &reads);
        Ok(engine)
    }

    fn start_sweeps(self: &Arc<Self>, config: &Config, reads: &Pool) {
        let Ok(mut tasks) = self.tasks.lock() else { return };
        tasks.spawn(sweeps::lift_freezes(self.clone(), reads.clone()));
        tasks.spawn(documents::sweep(self.clone(), reads.clone()));
        tasks.spawn(closing::sweep(self.clone(), reads.clone()));
        tasks.spawn(quotes::expire(self.clone(), reads.clone()));
        tasks.spawn(tails::sweep(self.clone(), reads.clone()));
        tasks.spawn(rematch::sweep(self.clone(), reads.clone()));
        tasks.spawn(reconcile::sweep(self.clone(), reads.clone()));
        tasks.spawn(reversals::sweep(self.clone(), reads.clone()));
        tasks.spawn(settlements::sweep(self.clone(), reads.clone()));
        tasks.spawn(changes::prune(self.clone(), reads.clone(), config.stream.keep_seconds));
        let expected = config.notifications.channel_expected;
        tasks.spawn(notify::gauges(self.clone(), reads.clone(), expected));
        tasks.spawn(heads::write_out(self.clone(), reads.clone(), config.ledger.clone()));
        tasks.spawn(retention::sweep(self.clone(), config.database.clone(), config.vault.clone()));
        tasks.spawn(forgetting::sweep(self.clone(), config.database.clone(), config.privacy.clone()));
        tasks.spawn(verification::sweep(self.clone(), reads.clone(), verification::Schedule::of(config)));
        for informant in &self.informants {
            tasks.spawn(account_checks::sweep(self.clone(), reads.clone(), informant.clone()));
        }
        tasks.spawn(sweeps::gauges(self.clone(), reads.clone(), links::payout_banks(config)));
    }

    /// Waits between two rounds of a sweep; false when the gateway stops.
    async fn pause(&self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = self.stop.cancelled() => false,
        }
    }

    /// The same, or until somebody rings.
    async fn pause_until(&self, pause: Duration, bell: &Notify) -> bool {
        tokio::select! {
            more = self.pause(pause) => more,
            () = bell.notified() => true,
        }
    }

    /// A store, an authorisation or orders have changed: what waits in review is looked at now (R7).
    pub fn rematch_soon(&self) {
        self.rematch.notify_one();
    }

    /// Hands a command in and waits until what came of it is durable. Payouts that it made are looked for at once.
    ///
    /// # Errors
    /// [`NoReply`] says what is known of it.
    pub async fn submit(&self, command: Command) -> Result<Reply, NoReply> {
        let _held = self.hold_key(&command)?;
        let wakes = !matches!(command, Command::BankEvent(_));
        let brings_evidence = matches!(command, Command::ImportOrders(_));
        let hint = command.lane(&self.facts);
        let reply = self.lanes.submit(hint, command).await.map_err(NoReply::Refused)?;
        if wakes {
            self.waker.wake();
        }
        if brings_evidence {
            self.rematch_soon();
        }
        Ok(reply)
    }

    /// The caller's key is marked as being worked on until the guard is dropped.
    fn hold_key(&self, command: &Command) -> Result<Option<HeldKey<'_>>, NoReply> {
        let Some((scope, key)) = command.key() else { return Ok(None) };
        let entry = (scope, key);
        let Ok(mut keys) = self.in_progress.lock() else { return Ok(None) };
        if !keys.insert(entry.clone()) {
            return Err(NoReply::InProgress);
        }
        Ok(Some(HeldKey { keys: &self.in_progress, entry }))
    }

    /// What batches decide by.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// Notices were committed, or are to be sent again.
    pub fn wake_notices(&self) {
        self.notices_waker.wake();
    }

    /// How many commands wait in each lane.
    pub fn lane_depths(&self) -> Vec<usize> {
        self.lanes.depths()
    }

    /// What was committed here in the last minute.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// How the banks are doing.
    pub fn bank_states(&self) -> Vec<BankState> {
        match self.worker.lock() {
            Ok(worker) => worker.as_ref().map(Worker::states).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    /// Stops: no new payouts are sent, what is under way finishes, what is queued in the lanes is committed.
    pub async fn stop(&self) {
        self.stop.cancel();
        let worker = self.worker.lock().ok().and_then(|mut worker| worker.take());
        if let Some(worker) = worker {
            worker.shutdown(WORKER_PATIENCE).await;
        }
        self.lanes.drain().await;
        let notices = self.notices.lock().ok().and_then(|mut notices| notices.take());
        if let Some(notices) = notices {
            notices.shutdown(WORKER_PATIENCE).await;
        }
        let tasks = self.tasks.lock().ok().map(|mut tasks| std::mem::take(&mut *tasks));
        if let Some(mut tasks) = tasks {
            tasks.shutdown().await;
        }
    }
}

struct HeldKey<'a> {
    keys: &'a Mutex<HashSet<(Arc<str>, String)>>,
    entry: (Arc<str>, String),
}

impl Drop for HeldKey<'_> {
    fn drop(&mut self) {
        if let Ok(mut keys) = self.keys.lock() {
            keys.remove(&self.entry);
        }
    }
}

fn submit_to(lanes: &Arc<Lanes<Commands>>, facts: &Arc<Facts>) -> Submit {
    let (lanes, facts) = (lanes.clone(), facts.clone());
    Arc::new(move |payout: PayoutId, report: Report| {
        let command = Command::PayoutReport(Box::new(PayoutReport { payout, report }));
        let (lanes, hint) = (lanes.clone(), command.lane(&facts));
        async move {
            lanes.submit(hint, command).await.map(|_| ()).map_err(|refused| NotTaken(refused.to_string()))
        }
        .boxed()
    })
}
