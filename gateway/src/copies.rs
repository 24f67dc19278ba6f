//! Copies of what is kept of a merchant (R38), on their way: how many at once, and a body that is written while it is read.

use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use merchants::MerchantId;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::route::Listener;

/// Copies under way at once on one listener, so that merchants leave operators their own.
const MOST: usize = 2;
/// Chunks that may wait for a reader, beside the one that is written and the one that is sent.
const QUEUE: usize = 2;
/// Who takes nothing for so long is not reading.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which copies are under way in this gateway.
#[derive(Debug, Default, Clone)]
pub struct Copies(Arc<Mutex<HashSet<(Listener, MerchantId)>>>);

/// A place among them; free again when dropped.
#[derive(Debug)]
pub struct Place {
    copies: Copies,
    key: (Listener, MerchantId),
}

/// Why no copy begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// One of the same merchant's is under way.
    Same,
    /// As many as there may be are.
    Full,
}

impl Copies {
    /// A place for a copy of this merchant's data.
    ///
    /// # Errors
    /// Why there is none.
    pub fn begin(&self, listener: Listener, merchant: MerchantId) -> Result<Place, NoPlace> {
        let mut under_way = self.under_way();
        let key = (listener, merchant);
        if under_way.contains(&key) {
            return Err(NoPlace::Same);
        }
        if under_way.iter().filter(|(at, _)| *at == listener).count() >= MOST {
            return Err(NoPlace::Full);
        }
        under_way.insert(key);
        Ok(Place { copies: self.clone(), key })
    }

    fn under_way(&self) -> MutexGuard<'_, HashSet<(Listener, MerchantId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.copies.under_way().remove(&self.key);
    }
}

/// A copy and who writes it.
pub fn open() -> (Writer, Sheets) {
    open_for(PATIENCE)
}

fn open_for(patience: Duration) -> (Writer, Sheets) {
    let (queue, sheets) = mpsc::channel(QUEUE);
    (Writer { queue, patience }, Sheets { queue: sheets, is_whole: false, place: None })
}

/// Whoever writes a copy. If it goes without [`Writer::end`], the copy has broken off, and its reader sees that.
#[derive(Debug)]
pub struct Writer {
    queue: mpsc::Sender<Sheet>,
    patience: Duration,
}

#[derive(Debug)]
enum Sheet {
    Next(Bytes),
    /// With the copy's place, which is free once this was taken or can't be any more.
    Last(Bytes, Place),
}

/// Nobody takes it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReader {
    /// The connection is gone.
    Gone,
    /// It is there, and takes nothing.
    Slow,
}

impl Writer {
    /// Hands a chunk on, as soon as its reader has room for it.
    ///
    /// # Errors
    /// That there is nobody who reads.
    pub async fn put(&self, chunk: Bytes) -> Result<(), NoReader> {
        self.send(Sheet::Next(chunk)).await
    }

    /// The same with the last one: the copy is whole. Waits until all of it was taken, or can't be any more, since what lies
    /// in the queue keeps memory, and the connection that it is for.
    ///
    /// # Errors
    /// That there is nobody who reads.
    pub async fn end(self, chunk: Bytes, place: Place) -> Result<(), NoReader> {
        self.send(Sheet::Last(chunk, place)).await?;
        // Each of those before it may take its time, too.
        for taken in 1..=QUEUE {
            // Closed, it has room for nothing, and there is nothing to wait for below.
            let room = timeout(self.patience, self.queue.reserve_many(taken)).await;
            drop(room.map_err(|_| NoReader::Slow)?);
        }
        timeout(self.patience, self.queue.closed()).await.map_err(|_| NoReader::Slow)
    }

    /// Whether the reader is gone, and nothing needs to be read for it any more.
    pub fn is_left(&self) -> bool {
        self.queue.is_closed()
    }

    async fn send(&self, sheet: Sheet) -> Result<(), NoReader> {
        match timeout(self.patience, self.queue.send(sheet)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(NoReader::Gone),
            Err(_) => Err(NoReader::Slow),
        }
    }
}

/// The body of a copy.
#[derive(Debug)]
pub struct Sheets {
    queue: mpsc::Receiver<Sheet>,
    is_whole: bool,
    place: Option<Place>,
}

/// A copy that ends before its last chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the copy has broken off")
    }
}

impl std::error::Error for BrokenOff {}

impl Body for Sheets {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if self.is_whole {
            // Before its reader sees the end, so that who has a copy may ask for the next one.
            drop(self.place.take());
            return Poll::Ready(None);
        }
        Poll::Ready(Some(match ready!(self.queue.poll_recv(context)) {
            Some(Sheet::Next(chunk)) => Ok(Frame::data(chunk)),
            Some(Sheet::Last(chunk, place)) => {
                (self.is_whole, self.place) = (true, Some(place));
                Ok(Frame::data(chunk))
            }
            None => Err(BrokenOff),
        }))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use pg::Shard;
    use tokio::time::sleep;

    use super::*;

    fn merchant() -> MerchantId {
        MerchantId::new(Shard::new(3).expect("a shard"))
    }

    fn place(copies: &Copies) -> Place {
        copies.begin(Listener::Public, merchant()).expect("a place")
    }

    #[test]
    fn r38_copies_are_few_and_one_of_a_merchant() {
        let (copies, [a, b, c]) = (Copies::default(), [merchant(), merchant(), merchant()]);
        let begin = |listener, merchant| copies.begin(listener, merchant);
        let first = begin(Listener::Public, a).expect("a place");
        assert_eq!(begin(Listener::Public, a).err(), Some(NoPlace::Same));
        let second = begin(Listener::Public, b).expect("a place");
        assert_eq!(begin(Listener::Public, c).err(), Some(NoPlace::Full));
        let operators = [begin(Listener::Admin, a), begin(Listener::Admin, c)];
        assert!(operators.iter().all(Result::is_ok), "operators have places of their own");
        assert_eq!(begin(Listener::Admin, b).err(), Some(NoPlace::Full));
        drop(first);
        assert!(begin(Listener::Public, c).is_ok());
        drop(second);
        assert!(begin(Listener::Public, b).is_ok());
    }

    #[tokio::test]
    async fn r38_a_copy_that_ends_early_is_seen_to_have_broken_off() {
        let (writer, sheets) = open();
        writer.put(Bytes::from_static(b"1")).await.expect("room");
        let end = writer.end(Bytes::from_static(b"2"), place(&Copies::default()));
        let (ended, whole) = tokio::join!(end, sheets.collect());
        assert_eq!((ended, &whole.expect("whole").to_bytes()[..]), (Ok(()), &b"12"[..]));
        let (writer, sheets) = open();
        writer.put(Bytes::from_static(b"1")).await.expect("room");
        drop(writer);
        assert_eq!(sheets.collect().await.err(), Some(BrokenOff));
    }

    #[tokio::test]
    async fn r38_nothing_is_gathered_for_one_who_does_not_read() {
        let (writer, sheets) = open_for(Duration::from_millis(50));
        for _ in 0..QUEUE {
            assert_eq!(writer.put(Bytes::from_static(b"1")).await, Ok(()));
        }
        assert_eq!(writer.put(Bytes::from_static(b"1")).await, Err(NoReader::Slow));
        assert!(!writer.is_left());
        drop(sheets);
        assert_eq!(writer.put(Bytes::from_static(b"1")).await, Err(NoReader::Gone));
        assert!(writer.is_left());
    }

    #[tokio::test]
    async fn r38_a_copy_has_its_place_until_its_last_sheet_is_taken() {
        let chunk = || Bytes::from_static(b"1");
        for taken in 0..=QUEUE {
            let copies = Copies::default();
            let (writer, mut sheets) = open_for(Duration::from_millis(50));
            for _ in 1..QUEUE {
                writer.put(chunk()).await.expect("room");
            }
            let end = tokio::spawn(writer.end(chunk(), place(&copies)));
            for _ in 0..taken {
                assert!(sheets.frame().await.expect("a sheet").is_ok());
            }
            assert_eq!(end.await.expect("no panic"), Err(NoReader::Slow), "{taken} taken, and no more");
            assert_eq!(copies.under_way().len(), 1, "{taken} taken: until its connection is ended");
            drop(sheets);
            assert!(copies.under_way().is_empty());
        }
    }

    #[tokio::test]
    async fn r38_who_reads_slowly_has_all_of_it_and_the_place_is_free_when_its_end_is_seen() {
        let copies = Copies::default();
        let (writer, mut sheets) = open_for(Duration::from_secs(1));
        for _ in 1..QUEUE {
            writer.put(Bytes::from_static(b"1")).await.expect("room");
        }
        let end = tokio::spawn(writer.end(Bytes::from_static(b"2"), place(&copies)));
        for _ in 0..QUEUE {
            sleep(Duration::from_millis(600)).await;
            assert!(sheets.frame().await.expect("a sheet").is_ok());
        }
        sleep(Duration::from_millis(600)).await;
        assert_eq!(copies.under_way().len(), 1);
        assert!(sheets.frame().await.is_none() && copies.under_way().is_empty());
        drop(sheets);
        assert_eq!(end.await.expect("no panic"), Ok(()));
    }
}
