//! An open loop: requests are meant to leave at fixed times, whatever became of those before. Latency is measured from the
//! moment at which a request was meant to leave, so that a gateway which stalls pays for all that had to wait meanwhile.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::LocalSet;

use super::acknowledged::Kept;
use super::link::Link;
use super::schedule::Schedule;
use super::script::Script;
use super::tally::{End, Tally};
use crate::Fault;
use crate::wire::{Reuse, Target};

/// A request that could not leave for so long, because all connections were busy, never leaves: it is counted as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the schedule is looked at; a request leaves at most so much late, and its latency says so.
const TICK: Duration = Duration::from_millis(1);

/// What came of the requests that were meant to leave in each second, from the start.
pub type Seconds = Vec<Tally>;

/// One thread with a share of the arrivals.
pub struct Worker(JoinHandle<Result<(Seconds, Kept), Fault>>);

impl Worker {
    /// Starts a thread on which requests leave by this schedule, counted from `start`, over at most so many connections.
    pub fn start(
        target: Target,
        schedule: Schedule,
        script: Script,
        connections: usize,
        start: Instant,
    ) -> Worker {
        Worker(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let shared = Rc::new(Shared {
                start,
                due: RefCell::default(),
                waiting: Semaphore::new(0),
                seconds: RefCell::default(),
                script: RefCell::new(script),
            });
            let local = LocalSet::new();
            runtime.block_on(local.run_until(run(&target, schedule, connections, &shared)))?;
            drop(local);
            let shared = Rc::into_inner(shared).ok_or("a caller is left over")?;
            Ok((shared.seconds.into_inner(), shared.script.into_inner().kept))
        }))
    }

    /// Waits until all answers are there.
    ///
    /// # Errors
    /// What it could not do.
    pub fn join(self) -> Result<(Seconds, Kept), Fault> {
        self.0.join().map_err(|_| "a thread of the generator panicked")?
    }
}

struct Shared {
    start: Instant,
    /// When each of those was meant to leave that wait for a connection.
    due: RefCell<VecDeque<Duration>>,
    /// A permit for each.
    waiting: Semaphore,
    seconds: RefCell<Seconds>,
    script: RefCell<Script>,
}

async fn run(
    target: &Target,
    schedule: Schedule,
    connections: usize,
    shared: &Rc<Shared>,
) -> Result<(), Fault> {
    let callers: Vec<_> = (0..connections)
        .map(|_| {
            let link = Link::own(target.clone(), Reuse::Connection);
            tokio::task::spawn_local(caller(link, shared.clone()))
        })
        .collect();
    dispatch(schedule, shared).await;
    shared.waiting.close();
    for caller in callers {
        caller.await??;
    }
    Ok(())
}

/// Hands out arrivals at their time.
async fn dispatch(schedule: Schedule, shared: &Shared) {
    let mut schedule = schedule.peekable();
    while let Some(next) = schedule.peek().copied() {
        let now = shared.start.elapsed();
        if next > now {
            tokio::time::sleep((next - now).max(TICK)).await;
            continue;
        }
        let mut arrived = 0;
        while let Some(due) = schedule.next_if(|due| *due <= now) {
            shared.due.borrow_mut().push_back(due);
            arrived += 1;
        }
        shared.waiting.add_permits(arrived);
        tokio::task::yield_now().await;
    }
    // Until nobody waits any more, or has waited too long.
    while !shared.due.borrow().is_empty() {
        tokio::time::sleep(TICK).await;
    }
}

async fn caller(mut link: Link, shared: Rc<Shared>) -> Result<(), Fault> {
    let mut request = Vec::with_capacity(1024);
    while let Ok(permit) = shared.waiting.acquire().await {
        permit.forget();
        let Some(due) = shared.due.borrow_mut().pop_front() else { continue };
        if shared.start.elapsed().saturating_sub(due) > PATIENCE {
            shared.lose(due);
            continue;
        }
        request.clear();
        let sent = shared.script.borrow_mut().next(&mut request)?;
        let heard = link.ask(&request, |answer| shared.script.borrow_mut().heard(sent, answer)).await;
        let took = shared.start.elapsed().saturating_sub(due);
        shared.second_of(due, |tally| tally.record(sent.kind, heard.unwrap_or(End::Lost), took));
    }
    link.close().await;
    Ok(())
}

impl Shared {
    fn lose(&self, due: Duration) {
        self.second_of(due, |tally| tally.lost += 1);
    }

    fn second_of(&self, due: Duration, note: impl FnOnce(&mut Tally)) {
        let second = usize::try_from(due.as_secs()).unwrap_or(usize::MAX);
        let mut seconds = self.seconds.borrow_mut();
        if second >= seconds.len() {
            seconds.resize(second + 1, Tally::default());
        }
        note(&mut seconds[second]);
    }
}
