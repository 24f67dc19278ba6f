//! The connector for banks that exchange files: a pain.001 for each payout into a folder, pain.002 out of another.
//!
//! Who carries the files (SFTP, EBICS, a mounted share) is not ours. `outbox.rs` sees to it that one reference is one
//! file, `inbox.rs` reads what came, `answers.rs` says what it means together. All of it blocks, so it runs on threads
//! made for that, a bounded number of them for each bank; a file system that hangs holds those and nothing else.

mod answers;
mod inbox;
mod outbox;
mod pain_001;
pub mod pain_002;
mod party;
#[cfg(test)]
mod samples;
mod settings;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use time::OffsetDateTime;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::connector::{BoxFuture, Connector, News, PayoutOrder, QueryOutcome, SendOutcome};
use inbox::{Inbox, Reading};
use outbox::{Outbox, Put, Record};

pub use inbox::MAX_FILES;
pub use settings::{Charges, Settings};

/// News told at once.
const NEWS: usize = 256;

const BUSY: &str = "the file system took too long";

/// One bank, spoken to by files.
pub struct Files {
    bank: Arc<str>,
    settings: Arc<Settings>,
    outbox: Outbox,
    inbox: Arc<Mutex<Inbox>>,
    /// Threads that wait for the file system.
    threads: Arc<Semaphore>,
    is_tidy: Arc<AtomicBool>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("bank", &self.bank).finish_non_exhaustive()
    }
}

impl Files {
    /// `bank` labels metrics; `threads` bounds the calls that may wait for the file system at once. Touches no folder:
    /// one that is missing is the bank's trouble alone, and may come back.
    pub fn new(bank: &str, settings: Settings, threads: usize) -> Files {
        Files {
            bank: Arc::from(bank),
            outbox: Outbox::new(settings.outbox.clone(), settings.sent.clone()),
            inbox: Arc::new(Mutex::new(Inbox::new(settings.inbox.clone()))),
            settings: Arc::new(settings),
            threads: Arc::new(Semaphore::new(threads.max(1))),
            is_tidy: Arc::default(),
        }
    }

    async fn send_order(&self, order: &PayoutOrder, deadline: Instant) -> SendOutcome {
        if !Outbox::is_reference(&order.reference) {
            return SendOutcome::NotSent { why: "not a reference of ours".into() };
        }
        let Ok(Ok(permit)) = timeout_at(deadline, self.threads.clone().acquire_owned()).await else {
            return SendOutcome::NotSent { why: BUSY.into() };
        };
        let gate = Arc::new(Gate::default());
        let (outbox, settings, order) = (self.outbox.clone(), self.settings.clone(), order.clone());
        let inside = gate.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            send(&outbox, &settings, &order, || Instant::now() < deadline && inside.begin())
        });
        match timeout_at(deadline, work).await {
            Ok(Ok(outcome)) => outcome,
            // Whoever closes the gate first decides: after it is closed here, nothing is put into the outbox.
            _ if gate.close() => SendOutcome::NotSent { why: BUSY.into() },
            _ => SendOutcome::Unknown { why: BUSY.into() },
        }
    }

    /// The reading of the inbox is one at a time; who waits for it holds no thread.
    async fn read<T: Send + 'static>(
        &self,
        deadline: Instant,
        then: impl FnOnce(&Inbox, &Outbox, Reading) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let busy = |_| BUSY.to_owned();
        let mut inbox = timeout_at(deadline, self.inbox.clone().lock_owned()).await.map_err(busy)?;
        let permit = timeout_at(deadline, self.threads.clone().acquire_owned()).await.map_err(busy)?;
        let (outbox, bank, is_tidy) = (self.outbox.clone(), self.bank.clone(), self.is_tidy.clone());
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            if !is_tidy.swap(true, Ordering::SeqCst) {
                outbox.tidy()?;
            }
            let ours = |reference: &str| match Outbox::is_reference(reference) {
                true => Ok(outbox.record(reference)?.sent()),
                false => Ok(None),
            };
            let reading = inbox.refresh(deadline, ours)?;
            publish(&bank, &inbox);
            then(&inbox, &outbox, reading)
        });
        match timeout_at(deadline, work).await.map_err(busy)? {
            Ok(done) => done.map_err(|error| error.to_string()),
            Err(_) => Err("reading the inbox ended abnormally".to_owned()),
        }
    }

    async fn query_reference(&self, reference: &str, deadline: Instant) -> QueryOutcome {
        if !Outbox::is_reference(reference) {
            return QueryOutcome::Unreachable { why: "not a reference of ours".into() };
        }
        let asked = reference.to_owned();
        let answer =
            self.read(deadline, move |inbox, outbox, reading| about(inbox, outbox, reading, &asked)).await;
        answer.unwrap_or_else(|why| QueryOutcome::Unreachable { why })
    }

    /// Told only when they are on their way to the caller: else they are told again.
    async fn take_news(&self, deadline: Instant) -> Result<Vec<News>, String> {
        let (references, news) = self.read(deadline, |inbox, _, _| Ok(news(inbox))).await?;
        if !references.is_empty() {
            timeout_at(deadline, self.inbox.lock()).await.map_err(|_| BUSY)?.told(&references);
        }
        Ok(news)
    }
}

impl Connector for Files {
    fn send<'a>(&'a self, order: &'a PayoutOrder, deadline: Instant) -> BoxFuture<'a, SendOutcome> {
        Box::pin(self.send_order(order, deadline))
    }

    fn query<'a>(&'a self, reference: &'a str, deadline: Instant) -> BoxFuture<'a, QueryOutcome> {
        Box::pin(self.query_reference(reference, deadline))
    }

    fn news(&self, deadline: Instant) -> BoxFuture<'_, Vec<News>> {
        Box::pin(async move {
            self.take_news(deadline).await.unwrap_or_else(|why| {
                tracing::debug!(bank = %self.bank, %why, "the inbox can't be read");
                Vec::new()
            })
        })
    }
}

/// Between the caller, who may give up, and the thread, which may be about to rename: one of them is first.
#[derive(Default)]
struct Gate(AtomicU8);

impl Gate {
    const OPEN: u8 = 0;
    const BEGUN: u8 = 1;
    const CLOSED: u8 = 2;

    fn begin(&self) -> bool {
        self.leave_open_for(Gate::BEGUN)
    }

    fn close(&self) -> bool {
        self.leave_open_for(Gate::CLOSED)
    }

    fn leave_open_for(&self, state: u8) -> bool {
        self.0.compare_exchange(Gate::OPEN, state, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

/// What was written before is sent as it is: a reference never changes what it means.
fn send(
    outbox: &Outbox,
    settings: &Settings,
    order: &PayoutOrder,
    may_begin: impl FnOnce() -> bool,
) -> SendOutcome {
    let not_sent =
        |what: &str, error: std::io::Error| SendOutcome::NotSent { why: format!("{what}: {error}") };
    match outbox.record(&order.reference) {
        Err(error) => return not_sent("looking for the record", error),
        Ok(Record::Gone(_)) => return accepted(),
        Ok(Record::Unsent(_)) => {}
        Ok(Record::None) => {
            let document = match pain_001::write(order, settings, OffsetDateTime::now_utc()) {
                Ok(document) => document,
                Err(wrong) => {
                    tracing::warn!(payout = %order.reference, %wrong, "an order that no pain.001 can hold");
                    return SendOutcome::Rejected { reason: wrong.code.to_owned() };
                }
            };
            if let Err(error) = outbox.prepare(&order.reference, document.expose(), order.amount) {
                return not_sent("writing the record", error);
            }
        }
    }
    match outbox.put(&order.reference, may_begin) {
        Put::Done => accepted(),
        Put::Not(why) => SendOutcome::NotSent { why },
        Put::Unknown(why) => SendOutcome::Unknown { why },
    }
}

/// A folder names no reference of the bank's.
fn accepted() -> SendOutcome {
    SendOutcome::Accepted { bank_reference: String::new() }
}

fn about(inbox: &Inbox, outbox: &Outbox, reading: Reading, reference: &str) -> std::io::Result<QueryOutcome> {
    let record = outbox.record(reference)?;
    Ok(match (record, inbox.answers.about(reference), reading) {
        (Record::None, _, _) => QueryOutcome::NeverSeen,
        // Whatever else lies there: it is known to be there, or to be over.
        (_, Some(outcome), _) => outcome,
        (_, None, Reading::Partial) => {
            QueryOutcome::Unreachable { why: "the inbox is not read to its end yet".into() }
        }
        (Record::Gone(_), None, Reading::Whole) => QueryOutcome::Pending,
        (Record::Unsent(_), None, Reading::Whole) => match outbox.lies_there(reference)? {
            false => QueryOutcome::NeverSeen,
            true => QueryOutcome::Unreachable { why: "another file of this name lies in the outbox".into() },
        },
    })
}

fn news(inbox: &Inbox) -> (Vec<String>, Vec<News>) {
    let (references, mut told) = (inbox.news(NEWS), Vec::new());
    for reference in &references {
        let results = inbox.answers.results(reference).into_iter();
        told.extend(results.map(|outcome| News { reference: reference.clone(), outcome }));
    }
    (references, told)
}

fn publish(bank: &Arc<str>, inbox: &Inbox) {
    for (state, files) in [("read", inbox.read()), ("unreadable", inbox.broken())] {
        // A gauge is a float; no folder has 2⁵³ files.
        metrics::gauge!("sluice_bank_inbox_files", "bank" => bank.to_string(), "state" => state)
            .set(files as f64);
    }
}

#[cfg(test)]
mod tests;
