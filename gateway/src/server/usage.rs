//! Whether a connection is being used, and by somebody who is known: what ends it where nobody does, and what says who makes
//! room for whom.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Either;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::body::Outgoing;
use crate::problem::{Problem, Refusal};

/// In [`Usage::known`]: the connection makes room for another one, and nothing more is begun on it.
const LEAVING: usize = 1 << (usize::BITS - 1);

/// A connection's requests: which are under way, and when the last one ended. Known are those of whoever has shown who it is, by a
/// merchant's key, an operator's token or a bank's signature. Times are milliseconds since its listener's start.
#[derive(Debug)]
pub struct Usage {
    start: Instant,
    came: u64,
    /// All requests under way.
    busy: AtomicUsize,
    /// When the last one ended.
    ended: AtomicU64,
    /// Known requests under way.
    known: AtomicUsize,
    /// When the last known one ended; 0 where there was none.
    used: AtomicU64,
    /// Ends the connection at once.
    pub cut: CancellationToken,
}

impl Usage {
    /// Of a connection that comes now; its listener's start is the same for all of them.
    pub fn new(start: Instant) -> Usage {
        let came = since(start);
        Usage {
            start,
            came,
            busy: AtomicUsize::new(0),
            ended: AtomicU64::new(came),
            known: AtomicUsize::new(0),
            used: AtomicU64::new(0),
            cut: CancellationToken::new(),
        }
    }

    /// A request begins.
    pub fn begin(self: &Arc<Usage>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::new(Begun { usage: self.clone(), known: AtomicBool::new(false) }))
    }

    /// When it came.
    pub fn came(&self) -> u64 {
        self.came
    }

    /// When somebody known last used it: now where such a request is under way, 0 where there never was one.
    pub fn last_known(&self, now: u64) -> u64 {
        let under_way = self.known.load(Ordering::Acquire) & !LEAVING > 0;
        if under_way { now } else { self.used.load(Ordering::Relaxed) }
    }

    /// As if a known request had ended then.
    #[cfg(test)]
    pub fn was_known_at(&self, used: u64) {
        self.used.store(used, Ordering::Relaxed);
    }

    /// Ends it to make room, unless a known request is under way; from then on none can be begun.
    pub fn leave(&self) -> bool {
        let leaves = self.known.compare_exchange(0, LEAVING, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if leaves {
            self.cut.cancel();
        }
        leaves
    }

    /// Comes back once nobody known has used it for so long: what is refused is no use.
    pub async fn unused(&self, most: Duration) {
        let last = || {
            let now = since(self.start);
            self.last_known(now).max(self.came)
        };
        self.rest(most, last).await;
    }

    /// Comes back once nothing at all has been under way for so long.
    pub async fn quiet(&self, most: Duration) {
        let last = || match self.busy.load(Ordering::Relaxed) {
            0 => self.ended.load(Ordering::Relaxed),
            _ => since(self.start),
        };
        self.rest(most, last).await;
    }

    async fn rest(&self, most: Duration, last: impl Fn() -> u64) {
        loop {
            let gone = Duration::from_millis(since(self.start).saturating_sub(last()));
            let left = most.saturating_sub(gone);
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }
}

/// Milliseconds; never 0.
pub fn since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}

/// A request under way, also one that is given up.
#[derive(Clone, Debug)]
pub struct Busy(Arc<Begun>);

#[derive(Debug)]
struct Begun {
    usage: Arc<Usage>,
    known: AtomicBool,
}

impl Busy {
    /// Whoever sent it has shown who it is: until it has its answer, its connection makes room for nobody.
    ///
    /// # Errors
    /// `overloaded` where it is doing so already: nothing was begun.
    pub fn is_known(&self) -> Result<(), Refusal> {
        let Begun { usage, known } = &*self.0;
        if known.load(Ordering::Relaxed) {
            return Ok(());
        }
        if usage.known.fetch_add(1, Ordering::AcqRel) & LEAVING > 0 {
            usage.known.fetch_sub(1, Ordering::AcqRel);
            return Err(Refusal::new(Problem::Overloaded, "too many connections at once"));
        }
        known.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// What ends its connection at once.
    pub fn connection(&self) -> CancellationToken {
        self.0.usage.cut.clone()
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let (usage, now) = (&self.usage, since(self.usage.start));
        if self.known.load(Ordering::Relaxed) {
            usage.used.store(now, Ordering::Relaxed);
            usage.known.fetch_sub(1, Ordering::AcqRel);
        }
        usage.ended.store(now, Ordering::Relaxed);
        usage.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer's body. A stream keeps its connection busy while it lasts; an answer that is whole does not, or who never
/// reads it would keep the connection for ever.
pub struct Answering {
    body: Outgoing,
    _busy: Option<Busy>,
}

impl Answering {
    pub fn new(body: Outgoing, busy: Busy) -> Answering {
        let lasts = matches!(body, Either::Right(_));
        Answering { body, _busy: lasts.then_some(busy) }
    }
}

impl Body for Answering {
    type Data = Bytes;
    type Error = <Outgoing as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
