//! The lanes' own threads. A batch waits some twenty times for the database, one after the other; beside thousands of
//! requests in one queue each answer would wait for its turn, and the connection stand idle meanwhile.

use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// Threads begin within milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// As many threads as lanes, and one that keeps them until no lane is running; then all of them end.
pub fn gather(lanes: usize, mut running: watch::Receiver<usize>) -> io::Result<Handle> {
    let (send, gathered) = mpsc::channel();
    let keep = move || {
        let runtime =
            Builder::new_multi_thread().worker_threads(lanes).thread_name("lane").enable_all().build();
        match runtime {
            Ok(runtime) => {
                send.send(Ok(runtime.handle().clone())).ok();
                // Fails only when the lanes are gone altogether.
                runtime.block_on(running.wait_for(|running| *running == 0)).ok();
            }
            Err(error) => drop(send.send(Err(error))),
        }
    };
    thread::Builder::new().name("lanes".to_owned()).spawn(keep)?;
    // The runtime panics on its own thread where it gets no more of them.
    gathered.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::Error::other("no threads for the lanes")))
}
