//! What a command would come to: it is carried out in a transaction of its own, which is rolled back.

use lanes::{BatchError, Refused, Work};

use super::{Engine, NoReply};
use crate::commands::{Command, Reply};

/// Rehearsals at once. They hold the rows that the real command would hold, so they must not crowd it out.
pub(super) const AT_ONCE: usize = 2;

impl Engine {
    /// Decides and writes as a lane would, and takes all of it back. It is tried once: what is locked for long
    /// is the real work's.
    ///
    /// # Errors
    /// [`NoReply::Refused`]: `Full` when enough are rehearsed already.
    pub async fn rehearse(&self, command: &Command) -> Result<Reply, NoReply> {
        let Ok(_permit) = self.rehearsals.try_acquire() else { return Err(NoReply::Refused(Refused::Full)) };
        let away = |error: pg::Error| NoReply::Refused(Refused::Unavailable(error.to_string()));
        let mut conn = self.reads.get().await.map_err(away)?;
        let tx = conn.begin().await.map_err(away)?;
        let answers = self.commands.run(&tx, &[command]).await;
        tx.rollback().await.map_err(away)?;
        let mut answers = answers.map_err(|error| NoReply::Refused(failed(error)))?;
        answers.pop().ok_or_else(|| NoReply::Refused(Refused::Failed("a command without an answer".into())))
    }
}

fn failed(error: BatchError) -> Refused {
    match error {
        BatchError::Database(error) if error.is_retryable() || error.is_unavailable() => {
            Refused::Unavailable(error.to_string())
        }
        other => Refused::Failed(other.to_string()),
    }
}
