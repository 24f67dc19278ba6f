//! The threads that serve the public listener, apart from all others: a proof of the books or an operator's list never
//! stands before a bank's event, and a flood never before an operator or a probe.

use std::io;
use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// A runtime that may be dropped anywhere.
pub struct Threads(Option<Runtime>);

impl Threads {
    /// So many threads; for 0, half as many as there are processors: lanes and PostgreSQL want the others.
    ///
    /// # Errors
    /// The operating system's, when it has no thread to give.
    pub fn start(wanted: usize) -> io::Result<Threads> {
        let processors = available_parallelism().map_or(1, NonZero::get);
        let threads = if wanted == 0 { (processors / 2).max(1) } else { wanted };
        let runtime =
            Builder::new_multi_thread().worker_threads(threads).thread_name("public").enable_all().build()?;
        Ok(Threads(Some(runtime)))
    }

    /// Runs `work`, and what it spawns, on these threads.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        match &self.0 {
            Some(runtime) => runtime.spawn(work),
            None => tokio::spawn(work),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
