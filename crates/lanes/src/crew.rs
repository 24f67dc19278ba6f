//! The lanes' own threads. A batch is some thirty questions to the database, one after the other; beside thousands of
//! requests in one queue each answer would wait for its turn, and the connection stand idle meanwhile.

use std::{io, thread};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// As many threads as lanes.
pub fn gather(lanes: usize) -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(lanes).thread_name("lane").enable_all().build()
}

/// Keeps the threads until no lane is running; then they end.
pub fn keep(runtime: Runtime, mut running: watch::Receiver<usize>) -> io::Result<()> {
    let wait = move || {
        // Fails only when the lanes are gone altogether.
        runtime.block_on(running.wait_for(|running| *running == 0)).ok();
    };
    thread::Builder::new().name("lanes".to_owned()).spawn(wait)?;
    Ok(())
}
