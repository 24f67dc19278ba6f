//! A transaction that can't be committed by mistake.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use deadpool_postgres::Transaction;
use time::OffsetDateTime;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::{After, Error, is_definite, sort};
use crate::rows::NewRows;
use crate::statement::{Session, Statements};

/// A transaction. Dropped without [`Tx::commit`] it is rolled back.
///
/// It remembers a statement that failed, timed out or was given up, and refuses to commit after it:
/// PostgreSQL answers COMMIT of an aborted transaction with ROLLBACK, which the driver takes for success.
pub struct Tx<'a> {
    transaction: Transaction<'a>,
    session: &'a Session,
    after: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
    /// Whether all keys that it claims are thought to be new.
    bold: AtomicBool,
    /// Whether it has copied some, thinking so.
    copied: AtomicBool,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(transaction: Transaction<'a>, session: &'a Session) -> Tx<'a> {
        Tx {
            transaction,
            session,
            after: Mutex::default(),
            bold: AtomicBool::new(false),
            copied: AtomicBool::new(false),
        }
    }

    fn statements(&self) -> Result<Statements<'_>, Error> {
        if self.session.is_aborted() {
            return Err(Error::Aborted);
        }
        Ok(Statements {
            client: self.transaction.client(),
            cache: &self.transaction.statement_cache,
            session: self.session,
        })
    }

    /// All rows of a statement, which is prepared once a connection.
    ///
    /// # Errors
    /// The database's. Any error aborts the transaction.
    pub async fn query(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.statements()?.query(sql, params).await
    }

    /// The only row, if there is one; more are an error.
    ///
    /// # Errors
    /// The database's; [`Error::Broken`] with more than one row.
    pub async fn query_opt(
        &self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        self.statements()?.query_opt(sql, params).await
    }

    /// The only row.
    ///
    /// # Errors
    /// The database's; [`Error::Broken`] with any other number of rows.
    pub async fn query_one(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.statements()?.query_one(sql, params).await
    }

    /// Runs a statement; how many rows it concerned.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        self.statements()?.execute(sql, params).await
    }

    /// Sends rows into a table; how many it took. Few of them go by `insert`, which takes an array for each column
    /// (`INSERT INTO … SELECT * FROM unnest($1::…[], …)`), many by `copy` (`COPY … FROM STDIN BINARY`); both name the same
    /// columns in the same order. For tables that are only inserted into: a row whose key exists is an error.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert(
        &self,
        insert: &'static str,
        copy: &'static str,
        rows: NewRows,
    ) -> Result<u64, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        let statements = self.statements()?;
        if rows.are_many() {
            return statements.copy(copy, rows.into_bytes()).await;
        }
        let arrays = rows.into_arrays()?;
        let params: Vec<&(dyn ToSql + Sync)> = arrays.iter().map(|array| array as _).collect();
        statements.execute(insert, &params).await
    }

    /// From here on keys are thought to be new: many at once are copied ([`Tx::claim`]), and one that is there already is
    /// [`Error::NotNew`] and voids the transaction. Whoever says so must be able to run it again without.
    pub fn expect_new_keys(&self) {
        self.bold.store(true, Ordering::Relaxed);
    }

    /// Whether it has copied keys that were thought to be new.
    pub fn has_copied_keys(&self) -> bool {
        self.copied.load(Ordering::Relaxed)
    }

    /// Claims keys, of which some may be there already: what `claim` returns of those that it inserted (`INSERT … SELECT * FROM
    /// unnest($1::…[], …) … ON CONFLICT DO NOTHING RETURNING …`). Nothing where many were copied by `copy` instead, since they
    /// were thought to be new ([`Tx::expect_new_keys`]) and all of them are. Both wait for whoever is committing one of them.
    ///
    /// `rows` must come in the order in which all claim these keys, by shard first, so that two who want the same ones wait in
    /// one direction only.
    ///
    /// # Errors
    /// The database's; [`Error::NotNew`] when keys were thought to be new and one is not.
    pub async fn claim(
        &self,
        claim: &'static str,
        copy: &'static str,
        rows: NewRows,
    ) -> Result<Option<Vec<Row>>, Error> {
        if rows.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let statements = self.statements()?;
        if rows.are_many() && self.bold.load(Ordering::Relaxed) {
            let copied = statements.copy(copy, rows.into_bytes()).await.map_err(|error| match error {
                Error::Unique { constraint } => Error::NotNew { constraint },
                other => other,
            });
            self.copied.store(true, Ordering::Relaxed);
            return copied.map(|_| None);
        }
        let arrays = rows.into_arrays()?;
        let params: Vec<&(dyn ToSql + Sync)> = arrays.iter().map(|array| array as _).collect();
        statements.query(claim, &params).await.map(Some)
    }

    /// Runs statements without parameters, separated by semicolons. For migrations and tests.
    ///
    /// # Errors
    /// The database's.
    pub async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.statements()?.batch_execute(sql).await
    }

    /// The database's clock, now (not when the transaction began): the only clock that money goes by.
    ///
    /// # Errors
    /// The database's.
    pub async fn now(&self) -> Result<OffsetDateTime, Error> {
        let row = self.query_one("SELECT clock_timestamp()", &[]).await?;
        row.try_get(0).map_err(|error| sort(&error).0)
    }

    /// Whether its connection is lost, or must not be used again: whatever became of the error that told so, nothing but the
    /// connection is known to be wrong.
    pub fn is_given_up(&self) -> bool {
        self.session.after() != After::Usable
    }

    /// Has this done at once when it is durable, or may be: also where the answer to COMMIT did not come, since whoever
    /// runs the same again finds it done and tells nobody. For what is only told and not kept, and rather more than
    /// once than never: a count in memory, a bell.
    pub fn after_commit(&self, act: impl FnOnce() + Send + 'static) {
        self.after.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(act));
    }

    /// Makes it durable. `Ok` means that PostgreSQL has said so.
    ///
    /// # Errors
    /// [`Error::Aborted`] after a failed statement; [`Error::CommitUnknown`] when the answer to COMMIT did
    /// not come; otherwise what PostgreSQL refused it for, and then nothing was done.
    pub async fn commit(self) -> Result<(), Error> {
        if self.session.is_aborted() {
            return Err(Error::Aborted);
        }
        let session = self.session;
        let after = self.after.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut definite = None;
        let commit = async {
            let answer = self.transaction.commit().await;
            definite = Some(answer.as_ref().err().is_none_or(is_definite));
            answer
        };
        let committed = match session.run(commit).await {
            Ok(()) => Ok(()),
            Err(error) if definite == Some(true) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "no answer to COMMIT");
                session.mark(After::Gone);
                Err(Error::CommitUnknown)
            }
        };
        after.into_iter().for_each(|act| act());
        committed
    }

    /// Undoes it and waits until that is done. Dropping does the same without waiting.
    ///
    /// # Errors
    /// The database's; it is undone all the same.
    pub async fn rollback(self) -> Result<(), Error> {
        let session = self.session;
        session.run(self.transaction.rollback()).await
    }
}
