//! Each lane's own thread, with a runtime of its own. A batch waits nine times or more for the database, one after the other;
//! beside thousands of requests in one queue each answer would wait for its turn, and the connection stand idle meanwhile.
//! Lane and connection on one thread hand to each other what they have without waking another one.

use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// Threads begin within milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// A thread that runs what is given to it until no lane is running, the other ones included: who drains waits for all.
pub fn hire(number: usize, mut running: watch::Receiver<usize>) -> io::Result<Handle> {
    let (send, hired) = mpsc::channel();
    let work = move || match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            send.send(Ok(runtime.handle().clone())).ok();
            // Fails only when the lanes are gone altogether.
            runtime.block_on(running.wait_for(|running| *running == 0)).ok();
        }
        Err(error) => drop(send.send(Err(error))),
    };
    thread::Builder::new().name(format!("lane-{number}")).spawn(work)?;
    hired.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::Error::other("no thread for a lane")))
}
