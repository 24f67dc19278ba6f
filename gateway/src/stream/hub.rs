//! Who listens: a bounded number of readers, each with a bounded queue.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use admin_api::OVERVIEW;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::message;
use crate::config::Operator;
use crate::handlers::Look;
use crate::metrics;

/// Messages that may wait for one reader: some seconds of a busy gateway.
const QUEUE: usize = 32;

/// All readers of this gateway.
#[derive(Debug)]
pub struct Hub {
    places: Arc<Semaphore>,
    readers: Mutex<Readers>,
}

#[derive(Debug, Default)]
struct Readers {
    seated: Vec<Reader>,
    /// Somebody looks into the feed for them.
    attended: bool,
    /// One of them has had no overview yet.
    newcomer: bool,
    closed: bool,
}

/// One who listens.
#[derive(Debug)]
struct Reader {
    operator: Operator,
    queue: mpsc::Sender<Bytes>,
    /// Ends its connection: a body that nobody reads is never asked for its end.
    connection: CancellationToken,
}

/// A place among them; free again when dropped.
#[derive(Debug)]
pub struct Seat(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::streams().decrement(1.0);
    }
}

/// Why nobody can sit down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSeat {
    Full,
    Closed,
}

/// A place, its queue, and whether its taker must look into the feed from now on.
pub(super) struct Seated {
    pub seat: Seat,
    pub queue: mpsc::Receiver<Bytes>,
    pub must_attend: bool,
}

impl Hub {
    /// With room for so many.
    pub fn new(most: usize) -> Hub {
        Hub { places: Arc::new(Semaphore::new(most)), readers: Mutex::default() }
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on whatever is told is told to this one, too.
    pub(super) fn sit_down(
        &self,
        operator: Operator,
        connection: CancellationToken,
    ) -> Result<Seated, NoSeat> {
        let permit = self.places.clone().try_acquire_owned().map_err(|_| NoSeat::Full)?;
        let (sender, queue) = mpsc::channel(QUEUE);
        let mut readers = self.readers();
        if readers.closed {
            return Err(NoSeat::Closed);
        }
        readers.seated.push(Reader { operator, queue: sender, connection });
        readers.newcomer = true;
        let must_attend = !std::mem::replace(&mut readers.attended, true);
        metrics::streams().increment(1.0);
        Ok(Seated { seat: Seat(permit), queue, must_attend })
    }

    /// Tells everybody the same.
    pub fn tell(&self, message: &Bytes) {
        self.tell_each(|_| message.clone());
    }

    /// Tells everybody how things stand, each with what waits for it.
    pub(super) fn tell_overview(&self, look: &Look) {
        let mut written: Vec<(i64, Bytes)> = Vec::new();
        self.tell_each(|operator| {
            let waiting = look.waiting_for(operator);
            if let Some((_, bytes)) = written.iter().find(|(count, _)| *count == waiting) {
                return bytes.clone();
            }
            let bytes = message::event(OVERVIEW, None, &look.of(operator));
            written.push((waiting, bytes.clone()));
            bytes
        });
    }

    /// Whoever doesn't read is not waited for.
    fn tell_each(&self, mut message: impl FnMut(&Operator) -> Bytes) {
        self.readers().seated.retain(|reader| match reader.queue.try_send(message(&reader.operator)) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!(operator = reader.operator.id, "a stream that is not read is cut off");
                metrics::stream_cut("slow");
                reader.connection.cancel();
                false
            }
        });
    }

    /// Lets those go who left, and those who are no operators any more. False when nobody is left: then whoever attends
    /// them must stop.
    pub fn still_wanted(&self, operators: &[Operator]) -> bool {
        let mut readers = self.readers();
        readers.seated.retain(|reader| {
            let valid = operators.contains(&reader.operator);
            if !valid {
                tracing::info!(
                    operator = reader.operator.id,
                    "a stream ends with its operator's token or role"
                );
                metrics::stream_cut("operator");
                reader.connection.cancel();
            }
            valid && !reader.queue.is_closed()
        });
        readers.attended = !readers.seated.is_empty();
        readers.attended
    }

    /// Whether somebody came who has had no overview yet; asked once.
    pub(super) fn has_newcomer(&self) -> bool {
        std::mem::take(&mut self.readers().newcomer)
    }

    /// Places that nobody has.
    #[cfg(test)]
    pub fn free_places(&self) -> usize {
        self.places.available_permits()
    }

    /// Whether somebody looks what changed.
    #[cfg(test)]
    pub fn is_attended(&self) -> bool {
        self.readers().attended
    }

    /// Ends all streams, for good: the gateway stops.
    pub fn close(&self) {
        let mut readers = self.readers();
        readers.closed = true;
        readers.seated.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Role;

    fn operator(id: &str) -> Operator {
        Operator {
            id: id.into(),
            person: "Li Na".into(),
            role: Role::Viewer,
            token_sha256: [7; 32],
            must_arm: false,
        }
    }

    #[test]
    fn seats_are_counted_and_the_first_to_come_attends() {
        let hub = Hub::new(2);
        let sit = || hub.sit_down(operator("op_a"), CancellationToken::new());
        let (first, second) = (sit().map_err(drop).expect("a seat"), sit().map_err(drop).expect("a seat"));
        assert_eq!((first.must_attend, second.must_attend), (true, false));
        assert_eq!(sit().err(), Some(NoSeat::Full));
        drop(first);
        let third = sit().map_err(drop).expect("the seat that is free again");
        assert!(!third.must_attend && hub.still_wanted(&[operator("op_a")]));
        drop((second, third));
        assert!(!hub.still_wanted(&[operator("op_a")]), "nobody is left");
        assert!(sit().map_err(drop).expect("a seat").must_attend, "somebody must attend again");
        hub.close();
        assert_eq!(sit().err(), Some(NoSeat::Closed));
    }

    #[test]
    fn who_does_not_read_loses_the_connection_and_nobody_else_does() {
        let hub = Hub::new(2);
        let cut = CancellationToken::new();
        let slow = hub.sit_down(operator("op_slow"), cut.clone()).map_err(drop).expect("a seat");
        let mut quick =
            hub.sit_down(operator("op_quick"), CancellationToken::new()).map_err(drop).expect("a seat");
        for number in 0..100 {
            hub.tell(&Bytes::from_static(b"x"));
            assert_eq!(quick.queue.try_recv().ok(), Some(Bytes::from_static(b"x")));
            assert_eq!(cut.is_cancelled(), number >= 32, "after {number}");
        }
        assert_eq!(slow.queue.len(), 32, "no more is kept for it");
    }

    #[test]
    fn an_operator_who_is_one_no_more_hears_no_more() {
        let hub = Hub::new(4);
        let (kept, left) = (operator("op_kept"), operator("op_left"));
        let (on, cut) = (CancellationToken::new(), CancellationToken::new());
        let kept_seat = hub.sit_down(kept.clone(), on.clone()).map_err(drop).expect("a seat");
        let left_seat = hub.sit_down(left.clone(), cut.clone()).map_err(drop).expect("a seat");
        assert!(hub.still_wanted(&[kept.clone(), left.clone()]));
        assert!(!left_seat.queue.is_closed());
        // Another token is another operator, as far as a stream goes.
        assert!(hub.still_wanted(&[kept, Operator { token_sha256: [8; 32], ..left }]));
        assert!(left_seat.queue.is_closed() && !kept_seat.queue.is_closed());
        assert!(cut.is_cancelled() && !on.is_cancelled(), "also one that doesn't read is gone");
        hub.close();
        assert!(kept_seat.queue.is_closed());
    }
}
