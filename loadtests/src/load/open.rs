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
use super::tally::End;
use super::windows::{Moments, Windows};
use crate::Fault;
use crate::wire::{Reuse, Target};

/// How often the schedule is looked at; a request leaves at most so much late, and its latency says so.
const TICK: Duration = Duration::from_millis(1);
/// Arrivals take all connections in turn: there are only so many that each is used once in so many seconds. More would
/// lie idle, be closed, and add handshakes to what is measured.
const IN_TURN: f64 = 2.0;

/// How a thread asks.
#[derive(Debug)]
pub struct Plan {
    /// When.
    pub schedule: Schedule,
    /// Over at most so many connections.
    pub connections: usize,
    /// A request that could not leave for so long, because all connections were busy, never leaves.
    pub patience: Duration,
    /// How long the windows are that are counted apart.
    pub window: Duration,
}

/// One thread with a share of the arrivals.
pub struct Worker(JoinHandle<Result<(Windows, Kept), Fault>>);

impl Worker {
    /// Starts a thread on which requests leave by this plan, its times counted from `start`.
    pub fn start(target: Target, plan: Plan, script: Script, start: Instant) -> Worker {
        Worker(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let Plan { schedule, connections, patience, window } = plan;
            let shared = Rc::new(Shared {
                start,
                patience,
                due: RefCell::default(),
                waiting: Semaphore::new(0),
                windows: RefCell::new(Windows::of(window)),
                script: RefCell::new(script),
            });
            let local = LocalSet::new();
            runtime.block_on(local.run_until(run(&target, schedule, connections, &shared)))?;
            drop(local);
            let shared = Rc::into_inner(shared).ok_or("a caller is left over")?;
            Ok((shared.windows.into_inner(), shared.script.into_inner().kept))
        }))
    }

    /// Waits until all answers are there.
    ///
    /// # Errors
    /// What it could not do.
    pub fn join(self) -> Result<(Windows, Kept), Fault> {
        self.0.join().map_err(|_| "a thread of the generator panicked")?
    }
}

struct Shared {
    start: Instant,
    patience: Duration,
    /// When each of those was meant to leave that wait for a connection.
    due: RefCell<VecDeque<Duration>>,
    /// A permit for each.
    waiting: Semaphore,
    windows: RefCell<Windows>,
    script: RefCell<Script>,
}

async fn run(
    target: &Target,
    schedule: Schedule,
    connections: usize,
    shared: &Rc<Shared>,
) -> Result<(), Fault> {
    let mut callers = Vec::new();
    let enough_for = |rate: f64| {
        while callers.len() < connections.min((rate * IN_TURN).ceil() as usize) {
            let link = Link::own(target.clone(), Reuse::Connection);
            callers.push(tokio::task::spawn_local(caller(link, shared.clone())));
        }
    };
    dispatch(schedule, enough_for, shared).await;
    shared.waiting.close();
    for caller in callers {
        caller.await??;
    }
    Ok(())
}

/// Hands out arrivals at their time, to callers that are enough for their rate.
async fn dispatch(mut schedule: Schedule, mut enough_for: impl FnMut(f64), shared: &Shared) {
    let mut next = schedule.next();
    while let Some(due) = next {
        let now = shared.start.elapsed();
        if due > now {
            tokio::time::sleep((due - now).max(TICK)).await;
            continue;
        }
        let mut arrived = 0;
        while let Some(due) = next.filter(|due| *due <= now) {
            enough_for(schedule.rate());
            shared.due.borrow_mut().push_back(due);
            arrived += 1;
            next = schedule.next();
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
        let left = shared.start.elapsed();
        if left.saturating_sub(due) > shared.patience {
            shared.windows.borrow_mut().unsent(due);
            continue;
        }
        request.clear();
        let sent = shared.script.borrow_mut().next(&mut request)?;
        let heard = link.ask(&request, |answer| shared.script.borrow_mut().heard(sent, answer)).await;
        let moments = Moments { due, left, ended: shared.start.elapsed() };
        shared.windows.borrow_mut().ended(sent.kind, heard.unwrap_or(End::Lost), moments);
    }
    link.close().await;
    Ok(())
}
