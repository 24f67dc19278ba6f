//! A stream's body: what comes into its queue, and a sign of life where nothing does.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};

use super::hub::Seat;
use super::message::HEARTBEAT;

/// Silence is broken after so long.
const SILENCE: Duration = Duration::from_secs(8);

/// Ends when its queue does: the reader was too slow, its operator is one no more, or the gateway stops.
pub struct Events {
    first: std::vec::IntoIter<Bytes>,
    queue: mpsc::Receiver<Bytes>,
    silence: Pin<Box<Sleep>>,
    _seat: Seat,
}

impl Events {
    /// These first, then what the queue brings.
    pub(super) fn new(first: Vec<Bytes>, queue: mpsc::Receiver<Bytes>, seat: Seat) -> Events {
        Events { first: first.into_iter(), queue, silence: Box::pin(sleep(SILENCE)), _seat: seat }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.next() {
            return Poll::Ready(Some(first));
        }
        if let Poll::Ready(next) = self.queue.poll_recv(context) {
            return Poll::Ready(next);
        }
        ready!(self.silence.as_mut().poll(context));
        Poll::Ready(Some(HEARTBEAT))
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let next = ready!(this.poll_next(context));
        this.silence.as_mut().reset(Instant::now() + SILENCE);
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }
}
