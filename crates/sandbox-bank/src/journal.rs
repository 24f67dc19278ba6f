//! The bank's own durable memory: an append-only file of JSON lines, replayed at the start.
//!
//! A line counts when [`Journal::write`] returns: it is on disk then. One thread writes; lines that wait while it
//! syncs share the next sync. After a failed write nothing is accepted any more, since what is on disk is unknown.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

use crate::behaviour::Behaviour;

/// Lines that may wait for the disk.
const QUEUE: usize = 4096;
/// Lines written with one sync.
const BATCH: usize = 512;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// The bank has taken an order; holds nothing personal.
    Accepted {
        reference: String,
        bank_reference: String,
        amount: String,
        currency: String,
        behaviour: Behaviour,
        /// Tells another order under the same reference from a repetition.
        fingerprint: String,
    },
    /// The money is gone.
    Executed {
        reference: String,
        #[serde(with = "time::serde::rfc3339")]
        executed_at: OffsetDateTime,
    },
    /// It will never be executed.
    Failed { reference: String, reason: String },
    /// Executed money came back.
    Returned { reference: String, amount: String, reason: String },
    /// The gateway has taken an event about it.
    Delivered { reference: String, report: Report },
}

/// The events there can be about one payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    Paid,
    PaidAgain,
    Failed,
    Returned,
    ReturnedAgain,
    /// Paid, but another amount.
    OtherAmount,
    /// Paid, but in another currency.
    OtherCurrency,
    /// Failed, of what was paid.
    Denied,
    /// Paid, of a payout that nobody ordered.
    Stranger,
}

/// Why the journal can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file can't be made, read or cut.
    #[error("the sandbox bank's journal: {0}")]
    Io(#[from] io::Error),
    /// Another process has it.
    #[error("the sandbox bank's journal is in use by another process")]
    InUse,
    /// A line other than the last is unreadable, or contradicts those before it.
    #[error("the sandbox bank's journal is broken at line {line}: {why}")]
    Broken {
        /// Counted from one.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// The journal takes no more lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WriteError {
    /// Too many wait; may be tried again.
    #[error("the journal is busy")]
    Busy,
    /// The disk failed.
    #[error("the journal is lost")]
    Lost,
}

/// Appends lines. Clones share one writer, which ends when the last is dropped.
#[derive(Clone)]
pub(crate) struct Journal {
    lines: mpsc::Sender<Line>,
}

struct Line {
    /// Empty: only wait for those before.
    text: Vec<u8>,
    written: oneshot::Sender<Result<(), WriteError>>,
}

/// Becomes ready when the line is on disk.
pub(crate) struct Written(oneshot::Receiver<Result<(), WriteError>>);

impl Written {
    pub(crate) async fn wait(self) -> Result<(), WriteError> {
        self.0.await.unwrap_or(Err(WriteError::Lost))
    }
}

/// Opens `dir/journal.jsonl` and gives what it holds; a torn last line, which nobody was told of, is cut off.
pub(crate) fn open(dir: &Path) -> Result<(Journal, Vec<Record>, JoinHandle<()>), OpenError> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join("journal.jsonl");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let (records, whole) = replay(&bytes)?;
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    file.sync_all()?;
    // The file's name must be as durable as its lines.
    File::open(dir)?.sync_all()?;

    let (lines, waiting) = mpsc::channel(QUEUE);
    let writer =
        thread::Builder::new().name("sandbox-journal".into()).spawn(move || write_lines(file, waiting))?;
    Ok((Journal { lines }, records, writer))
}

/// The records, and how many bytes of whole lines there are.
fn replay(bytes: &[u8]) -> Result<(Vec<Record>, u64), OpenError> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut records = Vec::new();
    let mut whole = 0;
    let mut lines = bytes[..end].split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        match serde_json::from_slice(line) {
            Ok(record) => records.push(record),
            // A crash may leave blocks out of order: the end of the last lines without their beginning.
            Err(_) if lines.peek().is_none() => break,
            Err(error) => return Err(OpenError::Broken { line: at + 1, why: error.to_string() }),
        }
        whole += line.len() as u64;
    }
    Ok((records, whole))
}

fn write_lines(mut file: File, mut waiting: mpsc::Receiver<Line>) {
    let mut lost = false;
    while let Some(first) = waiting.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            match waiting.try_recv() {
                Ok(line) => batch.push(line),
                Err(_) => break,
            }
        }
        let text: Vec<u8> = batch.iter().flat_map(|line| line.text.iter().copied()).collect();
        if !lost && let Err(error) = append(&mut file, &text) {
            tracing::error!(%error, "the sandbox bank's journal can't be written; nothing more is accepted");
            lost = true;
        }
        for line in batch {
            // Whoever no longer waits has no need to know.
            let _ = line.written.send(if lost { Err(WriteError::Lost) } else { Ok(()) });
        }
    }
}

fn append(file: &mut File, text: &[u8]) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    file.write_all(text)?;
    file.sync_data()
}

impl Journal {
    /// Queues a line at once, behind all queued before, or not at all.
    pub(crate) fn queue(&self, record: &Record) -> Result<Written, WriteError> {
        let (line, written) = line(encode(record)?);
        self.lines.try_send(line).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::Busy,
            mpsc::error::TrySendError::Closed(_) => WriteError::Lost,
        })?;
        Ok(written)
    }

    /// Appends a line; returns when it is on disk.
    pub(crate) async fn write(&self, record: &Record) -> Result<(), WriteError> {
        self.send(encode(record)?).await
    }

    /// Returns when everything queued before is on disk.
    pub(crate) async fn settled(&self) -> Result<(), WriteError> {
        self.send(Vec::new()).await
    }

    async fn send(&self, text: Vec<u8>) -> Result<(), WriteError> {
        let (line, written) = line(text);
        self.lines.send(line).await.map_err(|_| WriteError::Lost)?;
        written.wait().await
    }
}

fn line(text: Vec<u8>) -> (Line, Written) {
    let (written, receiver) = oneshot::channel();
    (Line { text, written }, Written(receiver))
}

fn encode(record: &Record) -> Result<Vec<u8>, WriteError> {
    let mut text = serde_json::to_vec(record).map_err(|_| WriteError::Lost)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(reference: &str) -> Record {
        Record::Failed { reference: reference.into(), reason: "AC01".into() }
    }

    fn reopened(dir: &Path) -> Result<Vec<Record>, OpenError> {
        let (journal, records, writer) = open(dir)?;
        drop(journal);
        writer.join().unwrap();
        Ok(records)
    }

    #[tokio::test]
    async fn what_was_written_is_there_again_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let (journal, records, writer) = open(dir.path()).unwrap();
        assert!(records.is_empty());
        let queued = journal.queue(&failed("a")).unwrap();
        journal.write(&failed("b")).await.unwrap();
        queued.wait().await.unwrap();
        journal.settled().await.unwrap();
        drop(journal);
        writer.join().unwrap();
        assert_eq!(reopened(dir.path()).unwrap(), [failed("a"), failed("b")]);
    }

    #[tokio::test]
    async fn a_torn_last_line_is_cut_and_the_next_one_is_whole() {
        let good = encode(&failed("a")).unwrap();
        for torn in
            [&b"{\"record\":\"fai"[..], b"\0\0\0\0", b"\0\0\"}\n", &encode(&failed("b")).unwrap()[..20]]
        {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("journal.jsonl"), [&good[..], torn].concat()).unwrap();
            let (journal, records, writer) = open(dir.path()).unwrap();
            assert_eq!(records, [failed("a")], "{torn:?}");
            journal.write(&failed("c")).await.unwrap();
            drop(journal);
            writer.join().unwrap();
            assert_eq!(reopened(dir.path()).unwrap(), [failed("a"), failed("c")], "{torn:?}");
        }
    }

    #[test]
    fn a_broken_line_in_the_middle_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let good = encode(&failed("a")).unwrap();
        std::fs::write(dir.path().join("journal.jsonl"), [&good[..], b"x\n", &good].concat()).unwrap();
        assert!(matches!(reopened(dir.path()), Err(OpenError::Broken { line: 2, .. })));
    }

    #[test]
    fn two_banks_never_share_a_journal() {
        let dir = tempfile::tempdir().unwrap();
        let first = open(dir.path()).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::InUse)));
        drop(first);
    }
}
