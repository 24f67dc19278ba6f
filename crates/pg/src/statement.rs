//! One statement: prepared once a connection, bounded by a deadline, and never forgotten when it goes wrong.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use deadpool_postgres::StatementCache;
use futures_util::SinkExt as _;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::error::{After, Error, sort};

/// What is known of a connection besides its socket.
pub(crate) struct Session {
    deadline: Duration,
    after: AtomicU8,
    aborted: AtomicBool,
}

impl Session {
    pub(crate) fn new(deadline: Duration) -> Session {
        Session { deadline, after: AtomicU8::new(After::Usable as u8), aborted: AtomicBool::new(false) }
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

    pub(crate) fn begin(&self) {
        self.aborted.store(false, Ordering::Release);
    }

    pub(crate) fn mark(&self, after: After) {
        self.aborted.store(true, Ordering::Release);
        self.after.fetch_max(after as u8, Ordering::AcqRel);
    }

    /// Waits for `work` until the deadline. Whatever else than success happens, dropping this future
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
        let answer = tokio::time::timeout(self.deadline, work).await;
        let Ok(answer) = answer else {
            return Err(Error::Timeout);
        };
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
    pub(crate) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.session
            .run(async {
                let statement = self.cache.prepare(self.client, sql).await?;
                self.client.query(&statement, params).await
            })
            .await
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
        self.session
            .run(async {
                let statement = self.cache.prepare(self.client, sql).await?;
                self.client.execute(&statement, params).await
            })
            .await
    }

    /// Where PostgreSQL refuses a COPY before it takes rows, the driver ends it all the same, is answered once more, and
    /// takes that answer for the next statement's: the connection is given up then.
    pub(crate) async fn copy(&self, sql: &str, rows: Bytes) -> Result<u64, Error> {
        let mut refused = false;
        let copied = self
            .session
            .run(async {
                let statement = self.cache.prepare(self.client, sql).await?;
                let sink = self.client.copy_in(&statement).await;
                refused = sink.is_err();
                let mut sink = pin!(sink?);
                sink.send(rows).await?;
                sink.finish().await
            })
            .await;
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
