//! One statement: prepared once a connection, bounded by a deadline, and never forgotten when it goes wrong.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex as SyncMutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use deadpool_postgres::StatementCache;
use futures_util::SinkExt as _;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use crate::error::{After, Error, sort};

/// What is known of a connection besides its socket.
pub(crate) struct Session {
    deadline: Duration,
    /// When PostgreSQL answered last.
    answered: SyncMutex<Instant>,
    after: AtomicU8,
    aborted: AtomicBool,
    /// Whose turn it is to be sent: who asks first comes first.
    turn: Mutex<()>,
}

impl Session {
    pub(crate) fn new(deadline: Duration) -> Session {
        let (after, aborted) = (AtomicU8::new(After::Usable as u8), AtomicBool::new(false));
        let answered = SyncMutex::new(Instant::now());
        Session { deadline, answered, after, aborted, turn: Mutex::new(()) }
    }

    pub(crate) fn after(&self) -> After {
        match self.after.load(Ordering::Acquire) {
            0 => After::Usable,
            1 => After::Gone,
            _ => After::AllGone,
        }
    }

    /// Has a statement failed since the transaction began, or was its future dropped?
    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    fn last_answer(&self) -> Instant {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self) {
        self.aborted.store(false, Ordering::Release);
    }

    pub(crate) fn mark(&self, after: After) {
        self.aborted.store(true, Ordering::Release);
        self.after.fetch_max(after as u8, Ordering::AcqRel);
    }

    /// Waits for `work` until the deadline, which begins anew with each answer on this connection: of statements side by side
    /// each has as long as it would have alone. Whatever else than success happens, dropping this future
    /// included, the transaction is aborted; without an answer, the connection is given up too, since the
    /// server may still be working.
    pub(crate) async fn run<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        if self.after() != After::Usable {
            return Err(Error::Unavailable("this connection was given up".to_owned()));
        }
        let mut watch = Watch { session: self, answered: false };
        let mut work = pin!(work);
        let mut until = Instant::now() + self.deadline;
        let answer = loop {
            if let Ok(answer) = timeout_at(until, work.as_mut()).await {
                break answer;
            }
            match self.last_answer() + self.deadline {
                later if later > until => until = later,
                _ => return Err(Error::Timeout),
            }
        };
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        watch.answered = true;
        answer.map_err(|error| {
            let (error, after) = sort(&error);
            self.mark(after);
            error
        })
    }
}

struct Watch<'a> {
    session: &'a Session,
    answered: bool,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.session.mark(After::Gone);
        }
    }
}

/// A connection or a transaction, as far as statements go.
pub(crate) struct Statements<'a> {
    pub client: &'a Client,
    pub cache: &'a StatementCache,
    pub session: &'a Session,
}

impl Statements<'_> {
    /// Sends a statement when it is its turn, prepared if need be, and waits for what comes of it. Of statements side by side
    /// one that has to be prepared first would else be overtaken by those that are prepared, and what is read under a lock be
    /// read before it. Callers put it on the heap: many of them side by side are too much for a stack.
    async fn in_turn<T, W>(
        &self,
        sql: &str,
        send: impl FnOnce(Statement) -> W,
    ) -> Result<T, tokio_postgres::Error>
    where
        W: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let turn = self.session.turn.lock().await;
        let statement = self.cache.prepare(self.client, sql).await?;
        let mut work = pin!(send(statement));
        // The driver sends a request when its answer is first asked for.
        let answer = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        drop(turn);
        match answer {
            Poll::Ready(answer) => answer,
            Poll::Pending => work.await,
        }
    }

    pub(crate) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let query = self.in_turn(sql, async |statement| self.client.query(&statement, params).await);
        self.session.run(Box::pin(query)).await
    }

    pub(crate) async fn query_opt(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        let mut rows = self.query(sql, params).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            many => Err(self.wrong_count("at most one row", many)),
        }
    }

    pub(crate) async fn query_one(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        let row = self.query_opt(sql, params).await?;
        row.ok_or_else(|| self.wrong_count("one row", 0))
    }

    pub(crate) async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        let execute = self.in_turn(sql, async |statement| self.client.execute(&statement, params).await);
        self.session.run(Box::pin(execute)).await
    }

    /// Where PostgreSQL refuses a COPY before it takes rows, the driver ends it all the same, is answered once more, and
    /// takes that answer for the next statement's: the connection is given up then.
    pub(crate) async fn copy(&self, sql: &str, rows: Bytes) -> Result<u64, Error> {
        let mut refused = false;
        let copy = self.in_turn(sql, async |statement| {
            let sink = self.client.copy_in(&statement).await;
            refused = sink.is_err();
            let mut sink = pin!(sink?);
            sink.send(rows).await?;
            sink.finish().await
        });
        let copied = self.session.run(Box::pin(copy)).await;
        if refused {
            self.session.mark(After::Gone);
        }
        copied
    }

    pub(crate) async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.session.run(self.client.batch_execute(sql)).await
    }

    fn wrong_count(&self, expected: &str, got: usize) -> Error {
        self.session.mark(After::Usable);
        Error::Broken(format!("{expected} expected, {got} found"))
    }
}
