//! One transaction over one batch, and what its failure means.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use metrics::histogram;
use pg::{Connection, Error, Tx};

use crate::{BatchError, Work};

/// Why an attempt did not go through, by what to do next.
pub(crate) enum Failure {
    /// The work wants another try at once.
    Otherwise,
    /// The database asks for another try.
    Again(String),
    /// A lock was not had in time, or a statement took longer than it may: most likely for one command's sake.
    TooLong(String),
    /// No connection, or it was lost at the edges of the transaction.
    Away(String),
    /// The connection was lost while the batch was at work: the database's fault, or that of a command.
    LostAtWork(String),
    /// Done or not done: trying again finds out.
    Unknown(String),
    /// Another try of the same would fail in the same way.
    Bad(String),
}

impl Failure {
    pub fn away(error: Error) -> Failure {
        Failure::Away(error.to_string())
    }

    /// `given_up`: the connection, since the database did not say anything at all.
    fn at_work(error: BatchError, given_up: bool) -> Failure {
        match error {
            BatchError::Otherwise => Failure::Otherwise,
            BatchError::Database(Error::Timeout) if given_up => {
                Failure::LostAtWork(Error::Timeout.to_string())
            }
            BatchError::Database(error) if took_too_long(&error) => Failure::TooLong(error.to_string()),
            BatchError::Database(error) if error.is_retryable() => Failure::Again(error.to_string()),
            BatchError::Database(error) if error.is_unavailable() => Failure::LostAtWork(error.to_string()),
            other => Failure::Bad(other.to_string()),
        }
    }

    /// The work went on after the connection was lost, or ended well without a word of it.
    fn unseen() -> Failure {
        Failure::LostAtWork("the connection was given up".to_owned())
    }

    fn at_commit(error: Error) -> Failure {
        match error {
            Error::CommitUnknown => Failure::Unknown(error.to_string()),
            error if took_too_long(&error) => Failure::TooLong(error.to_string()),
            error if error.is_retryable() => Failure::Again(error.to_string()),
            error if error.is_unavailable() => Failure::Away(error.to_string()),
            other => Failure::Bad(other.to_string()),
        }
    }

    /// The metric's label.
    pub fn outcome(&self) -> &'static str {
        match self {
            Failure::Otherwise => "otherwise",
            Failure::Again(_) | Failure::TooLong(_) => "retried",
            Failure::Away(_) | Failure::LostAtWork(_) => "lost",
            Failure::Unknown(_) => "unknown",
            Failure::Bad(_) => "split",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Otherwise => write!(f, "{}", BatchError::Otherwise),
            Failure::Again(why)
            | Failure::TooLong(why)
            | Failure::Away(why)
            | Failure::LostAtWork(why)
            | Failure::Unknown(why)
            | Failure::Bad(why) => f.write_str(why),
        }
    }
}

/// SQLSTATE of a lock that was not had in time: unlike a deadlock, the same again has to wait for the same.
const LOCK_NOT_AVAILABLE: &str = "55P03";

fn took_too_long(error: &Error) -> bool {
    matches!(error, Error::Timeout) || error.code() == Some(LOCK_NOT_AVAILABLE)
}

async fn limit(tx: &Tx<'_>, limit: Duration) -> Result<(), Failure> {
    let millis = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    tx.query_one(include_str!("sql/limit.sql"), &[&millis]).await.map_err(Failure::away)?;
    Ok(())
}

/// The answers are true only once this returns them: after the commit. Each statement may take as long as `longest`,
/// where there is one.
pub(crate) async fn run<W: Work>(
    conn: &mut Connection,
    work: &W,
    commands: &[&W::Command],
    longest: Option<Duration>,
) -> Result<Vec<W::Answer>, Failure> {
    let began = Instant::now();
    let tx = conn.begin().await.map_err(Failure::away)?;
    if let Some(longest) = longest {
        limit(&tx, longest).await?;
    }
    // A panic is one command's fault; the lane goes on. The transaction is dropped with whatever it held.
    let answers = AssertUnwindSafe(work.run(&tx, commands)).catch_unwind().await;
    let answers = answers.unwrap_or_else(|_| Err(BatchError::Broken("the work panicked".into())));
    let answers = match answers {
        // What it says is no more than a consequence.
        Ok(_) | Err(BatchError::Database(Error::Aborted)) if tx.is_given_up() => {
            return Err(Failure::unseen());
        }
        answers => answers.map_err(|error| Failure::at_work(error, tx.is_given_up()))?,
    };
    if answers.len() != commands.len() {
        return Err(Failure::Bad(format!("{} answers to {} commands", answers.len(), commands.len())));
    }
    tx.commit().await.map_err(Failure::at_commit)?;
    histogram!("sluice_lane_commit_seconds").record(began.elapsed().as_secs_f64());
    histogram!("sluice_lane_batch_size").record(commands.len() as f64);
    Ok(answers)
}
