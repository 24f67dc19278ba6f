#![doc = include_str!("../README.md")]

mod attempt;
mod crew;
mod lane;
mod part;
mod spread;

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use pg::{Pool, Tx};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use lane::{Job, Lane};
use spread::Spread;

/// What a lane does with a batch. It must be able to meet the same command again: after a COMMIT whose answer was
/// lost the whole batch runs once more, and only the command's own key can tell what was done.
pub trait Work: Send + Sync + 'static {
    /// One caller's wish.
    type Command: Send + Sync + 'static;
    /// What that caller is told once it is durable.
    type Answer: Send + 'static;

    /// Carries out `batch`, in order, in `tx`, without committing; one answer for each command, in order.
    ///
    /// # Errors
    /// Any error undoes the whole batch. An outcome that concerns one command alone (a refusal) is an answer.
    fn run(
        &self,
        tx: &Tx<'_>,
        batch: &[&Self::Command],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, BatchError>> + Send;
}

/// Why a batch was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The database's error, which says whether to try again.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// Nothing is wrong, but it wants another transaction, at once: this time the work will go about it otherwise.
    #[error("to be gone about otherwise")]
    Otherwise,
    /// Something is not as the code left it. Never tried again as it is, only in parts.
    #[error("unexpected state: {0}")]
    Broken(Box<dyn StdError + Send + Sync>),
}

/// How lanes behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many commands may wait in each lane; one more is refused.
    pub queue: usize,
    /// The most commands in one transaction; 1 gives each its own.
    pub batch_max: usize,
    /// How long after its arrival a command may be tried, and about how long its caller waits at most.
    pub deadline: Duration,
    /// How often a batch is tried again after a deadlock or a lost connection, before it is split; and a command that
    /// takes too long, in a crowd or alone, before it is given up.
    pub retries: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { queue: 4096, batch_max: 256, deadline: Duration::from_secs(10), retries: 5 }
    }
}

/// Why a command has no answer. After `Full`, `Draining` and `Failed` it is certain that it was not done; after the
/// others the caller must ask again, with the same key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too many wait already; nothing was done.
    #[error("too many commands wait")]
    Full,
    /// The program is stopping; nothing was done.
    #[error("no more commands are taken")]
    Draining,
    /// No answer before the deadline.
    #[error("no answer in time")]
    TimedOut,
    /// The database is away; done or not done.
    #[error("{0}")]
    Unavailable(String),
    /// The command failed though it was tried alone; it was not done.
    #[error("the command failed: {0}")]
    Failed(String),
}

/// The lane answers at the deadline; its caller listens a little longer, to hear the better reason.
const LISTEN: Duration = Duration::from_millis(250);

/// A fixed number of lanes. Dropped, it takes no more and finishes what is queued.
pub struct Lanes<W: Work> {
    queues: Vec<mpsc::Sender<Job<W>>>,
    spread: Arc<Spread>,
    deadline: Duration,
    draining: watch::Sender<bool>,
    running: watch::Receiver<usize>,
}

impl<W: Work> Lanes<W> {
    /// Starts a lane for each pool, on a thread of its own: as many transactions may be under way at once. Nothing else
    /// should use these pools, since nobody should wait for money behind a report; one connection in each is enough.
    ///
    /// # Errors
    /// The operating system's, when it has no thread to give.
    pub fn start(pools: Vec<Pool>, work: Arc<W>, settings: Settings) -> io::Result<Lanes<W>> {
        let lanes = pools.len();
        let (draining, stop) = watch::channel(false);
        let (finished, running) = watch::channel(lanes);
        let finished = Arc::new(finished);
        let spread = Arc::new(Spread::new(lanes, settings.batch_max, settings.queue.max(1)));
        let mut queues = Vec::with_capacity(lanes);
        for (number, pool) in pools.into_iter().enumerate() {
            let (queue, waiting) = mpsc::channel(settings.queue.max(1));
            let lane = Lane::new(number, pool, work.clone(), &settings, &spread);
            let (stop, finished) = (stop.clone(), finished.clone());
            crew::hire(number, running.clone())?.spawn(async move {
                lane.serve(waiting, stop).await;
                finished.send_modify(|running| *running -= 1);
            });
            queues.push(queue);
        }
        Ok(Lanes { queues, spread, deadline: settings.deadline, draining, running })
    }

    /// Hands in a command and waits until it is durable. Equal hints take the same lane, as a rule, and keep their order;
    /// correctness must not rest on that, since other processes work at the same time.
    ///
    /// Dropping the future does not take the command back.
    ///
    /// # Errors
    /// [`Refused`] says what is known of it.
    pub async fn submit(&self, hint: usize, command: W::Command) -> Result<W::Answer, Refused> {
        if *self.draining.borrow() {
            return Err(Refused::Draining);
        }
        let since = Instant::now();
        let deadline = since + self.deadline;
        let (reply, answer) = oneshot::channel();
        let in_hand = self.spread.take();
        let queue = self.queues.get(self.spread.lane(hint)).ok_or(Refused::Draining)?;
        let job = Job { command, since, deadline, uncertain: false, reply, _in_hand: in_hand };
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Refused::Full,
            TrySendError::Closed(_) => Refused::Draining,
        })?;
        match tokio::time::timeout_at(deadline + LISTEN, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Refused::Unavailable("the lane has ended".to_owned())),
            Err(_) => Err(Refused::TimedOut),
        }
    }

    /// How many commands wait in each lane.
    pub fn depths(&self) -> Vec<usize> {
        self.queues.iter().map(|queue| queue.max_capacity() - queue.capacity()).collect()
    }

    /// The same as gauges, for whoever calls it regularly: a lane that is stuck can't say so itself.
    pub fn publish(&self) {
        for (number, depth) in self.depths().into_iter().enumerate() {
            metrics::gauge!("sluice_lane_queue_depth", "lane" => number.to_string()).set(depth as f64);
        }
    }

    /// Takes no more commands and returns once all that were taken have their answers.
    pub async fn drain(&self) {
        self.draining.send_replace(true);
        // Fails only when the lanes are gone altogether.
        self.running.clone().wait_for(|running| *running == 0).await.ok();
    }
}
