//! The threads that serve the public listener, apart from all others: a proof of the books or an operator's list never
//! stands before a bank's event, and a flood never before an operator or a probe.

use std::io;
use std::num::NonZero;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// A runtime that may be dropped anywhere, and ends then.
pub struct Threads {
    handle: Handle,
    /// Taken when dropped.
    runtime: Option<Runtime>,
}

impl Threads {
    /// So many threads; for 0, as many as there are processors: with fewer a flood's refusals keep answers waiting.
    ///
    /// # Errors
    /// The operating system's, when it has no thread to give.
    pub fn start(wanted: usize) -> io::Result<Threads> {
        let threads = if wanted == 0 { available_parallelism().map_or(1, NonZero::get) } else { wanted };
        let runtime =
            Builder::new_multi_thread().worker_threads(threads).thread_name("public").enable_all().build()?;
        Ok(Threads { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Runs `work`, and what it spawns, on these threads.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn(work)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
