//! A closed loop: so many callers, each asking again as soon as it was answered. It finds how much goes through; how long
//! a caller waits is the open loop's question, since here a slow gateway is simply asked less.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use super::acknowledged::Kept;
use super::link::Link;
use super::script::Script;
use super::tally::{End, Tally};
use crate::Fault;
use crate::wire::{Http2, Reuse, Target};

/// After a refusal or a lost connection.
const PAUSE: Duration = Duration::from_millis(20);

/// Where a run stands, as all its threads see it.
#[derive(Debug, Clone, Default)]
pub struct Phase(Arc<AtomicU8>);

impl Phase {
    const COUNTED: u8 = 1;
    const OVER: u8 = 2;

    /// From now on answers are counted.
    pub fn count(&self) {
        self.0.store(Self::COUNTED, Ordering::Release);
    }

    /// From now on nothing new is asked or counted.
    pub fn end(&self) {
        self.0.store(Self::OVER, Ordering::Release);
    }

    fn is_counted(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::COUNTED
    }

    fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::OVER
    }
}

/// How callers are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// Each caller has one of its own.
    Own(Reuse),
    /// So many callers share one by HTTP/2.
    Shared(usize),
}

/// One thread with a share of the callers.
pub struct Worker(JoinHandle<Result<(Tally, Kept), Fault>>);

impl Worker {
    /// Starts a thread on which so many callers ask what `script` says.
    pub fn start(target: Target, how: Connections, script: Script, callers: usize, phase: Phase) -> Worker {
        Worker(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let state = Rc::new(RefCell::new(State { script, tally: Tally::default() }));
            let local = LocalSet::new();
            runtime.block_on(local.run_until(call(&target, how, callers, &state, &phase)))?;
            drop(local);
            let state = Rc::into_inner(state).ok_or("a caller is left over")?.into_inner();
            Ok((state.tally, state.script.kept))
        }))
    }

    /// Waits until all its callers are done.
    ///
    /// # Errors
    /// What it could not do.
    pub fn join(self) -> Result<(Tally, Kept), Fault> {
        self.0.join().map_err(|_| "a thread of the generator panicked")?
    }
}

struct State {
    script: Script,
    tally: Tally,
}

async fn call(
    target: &Target,
    how: Connections,
    callers: usize,
    state: &Rc<RefCell<State>>,
    phase: &Phase,
) -> Result<(), Fault> {
    let mut links = Vec::with_capacity(callers);
    match how {
        Connections::Own(reuse) => links.extend((0..callers).map(|_| Link::own(target.clone(), reuse))),
        Connections::Shared(streams) => {
            while links.len() < callers {
                let connection = Http2::open(target).await?;
                let share = streams.max(1).min(callers - links.len());
                links.extend((0..share).map(|_| Link::Shared(connection.clone())));
            }
        }
    }
    let tasks: Vec<_> = links
        .into_iter()
        .map(|link| tokio::task::spawn_local(caller(link, state.clone(), phase.clone())))
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn caller(mut link: Link, state: Rc<RefCell<State>>, phase: Phase) -> Result<(), Fault> {
    let mut request = Vec::with_capacity(1024);
    while !phase.is_over() {
        request.clear();
        let sent = state.borrow_mut().script.next(&mut request)?;
        let begun = Instant::now();
        let heard = link.ask(&request, |answer| state.borrow_mut().script.heard(sent, answer)).await;
        let end = heard.unwrap_or(End::Lost);
        if phase.is_counted() {
            state.borrow_mut().tally.record(sent.kind, end, begun.elapsed());
        }
        if end != End::Good {
            tokio::time::sleep(PAUSE).await;
        }
    }
    link.close().await;
    Ok(())
}
