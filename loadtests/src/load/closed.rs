//! A closed loop: so many connections, each asking again as soon as it was answered. It finds how much goes through; how
//! long a caller waits is the open loop's question, since here a slow gateway is simply asked less.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::task::{LocalSet, spawn_local};

use super::script::Script;
use super::tally::{End, Tally};
use crate::Fault;
use crate::wire::{Connection, Reuse, Target};

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

/// One thread with a share of the connections.
pub struct Worker(JoinHandle<Result<(Tally, Script), Fault>>);

impl Worker {
    /// Starts a thread which asks what `script` says over so many connections.
    pub fn start(target: Target, reuse: Reuse, script: Script, connections: usize, phase: Phase) -> Worker {
        Worker(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let state = Rc::new(RefCell::new(State { script, tally: Tally::default() }));
            let local = LocalSet::new();
            let callers: Vec<_> = (0..connections)
                .map(|_| local.spawn_local(caller(target.clone(), reuse, state.clone(), phase.clone())))
                .collect();
            runtime.block_on(local.run_until(async {
                for caller in callers {
                    caller.await??;
                }
                Ok::<_, Fault>(())
            }))?;
            drop(local);
            let state = Rc::into_inner(state).ok_or("a caller is left over")?.into_inner();
            Ok((state.tally, state.script))
        }))
    }

    /// Waits until all its connections are done.
    ///
    /// # Errors
    /// What it could not do.
    pub fn join(self) -> Result<(Tally, Script), Fault> {
        self.0.join().map_err(|_| "a thread of the generator panicked")?
    }
}

struct State {
    script: Script,
    tally: Tally,
}

async fn caller(target: Target, reuse: Reuse, state: Rc<RefCell<State>>, phase: Phase) -> Result<(), Fault> {
    let mut connection = None;
    let mut request = Vec::with_capacity(1024);
    while !phase.is_over() {
        request.clear();
        let sent = state.borrow_mut().script.next(&mut request)?;
        let begun = Instant::now();
        let open = match connection.take() {
            Some(open) => Ok(open),
            None => Connection::open(&target).await,
        };
        let (end, kept) = match open {
            Ok(mut open) => match open.exchange(&request).await {
                Ok(answer) => {
                    let close = answer.head.close || reuse != Reuse::Connection;
                    let end = state.borrow_mut().script.heard(sent, &answer);
                    (end, Some((open, close)))
                }
                Err(_) => (End::Lost, None),
            },
            Err(_) => (End::Lost, None),
        };
        if phase.is_counted() {
            state.borrow_mut().tally.record(sent.kind, end, begun.elapsed());
        }
        match kept {
            Some((open, false)) => connection = Some(open),
            Some((open, true)) => drop(spawn_local(open.close())),
            None => {}
        }
        if end != End::Good {
            tokio::time::sleep(PAUSE).await;
        }
    }
    if let Some(open) = connection {
        open.close().await;
    }
    Ok(())
}
