//! What proofs of the books came to: kept, so that operators and alerts know when the last one was.

use std::time::Duration;

use pg::{Connection, Tx};
use time::OffsetDateTime;

use crate::error::Error;

/// Lines of a report that are kept: who needs more runs `sluice verify`.
const MOST_LINES: usize = 100;

/// Who had the books proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeBy {
    /// A gateway, by its schedule.
    Schedule,
    /// A person, by `sluice verify`.
    Command,
}

/// What came of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerificationResult {
    /// Every invariant holds.
    Holds,
    /// At least one doesn't.
    Broken,
    /// It came to no end, so nothing is known.
    Failed,
}

impl VerificationResult {
    const ALL: [VerificationResult; 3] =
        [VerificationResult::Holds, VerificationResult::Broken, VerificationResult::Failed];

    /// As the database and the contract spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            VerificationResult::Holds => "holds",
            VerificationResult::Broken => "broken",
            VerificationResult::Failed => "failed",
        }
    }
}

/// A proof, to be kept.
#[derive(Debug, Clone)]
pub struct NewVerification {
    pub made_by: MadeBy,
    pub result: VerificationResult,
    /// The invariants that don't hold, each once: `I2`.
    pub broken: Vec<String>,
    /// What isn't as it should be, or why it came to no end.
    pub report: Vec<String>,
    pub took: Duration,
    /// How much was walked.
    pub seals: u64,
    pub transfers: u64,
    pub audit_entries: u64,
}

/// A proof as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    pub finished_at: OffsetDateTime,
    pub result: VerificationResult,
    pub broken: Vec<String>,
    pub took_ms: i64,
    pub transfers: i64,
    /// How long ago it ended, by the database's clock.
    pub age: Duration,
}

/// Keeps it.
///
/// # Errors
/// The database's.
pub async fn record_verification(conn: &Connection, new: &NewVerification) -> Result<(), Error> {
    let made_by = match new.made_by {
        MadeBy::Schedule => "schedule",
        MadeBy::Command => "command",
    };
    let report = &new.report[..new.report.len().min(MOST_LINES)];
    let took = i64::try_from(new.took.as_millis()).unwrap_or(i64::MAX);
    let [seals, transfers, entries] =
        [new.seals, new.transfers, new.audit_entries].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    conn.execute(
        include_str!("sql/record_verification.sql"),
        &[&made_by, &new.result.as_str(), &new.broken, &report, &took, &seals, &transfers, &entries],
    )
    .await?;
    Ok(())
}

/// The last proof; with `finished`, the last one that came to an end.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn last_verification(conn: &Connection, finished: bool) -> Result<Option<Verification>, Error> {
    let row = conn.query_opt(include_str!("sql/last_verification.sql"), &[&finished]).await?;
    row.as_ref().map(read).transpose()
}

/// Whether this transaction alone may prove the books by the schedule, until it ends: one over all gateways. Where it is
/// READ COMMITTED it has no snapshot then, and may be held idle for as long as a proof takes.
///
/// # Errors
/// The database's.
pub async fn claim_verification(tx: &Tx<'_>) -> Result<bool, Error> {
    let mine = tx.query_one(include_str!("sql/claim_verification.sql"), &[]).await?.get("mine");
    // PostgreSQL closes the portal of a query, which has a snapshot, when the next one comes; a simple query closes its own, too.
    tx.batch_execute("SELECT").await?;
    Ok(mine)
}

fn read(row: &pg::Row) -> Result<Verification, Error> {
    let word: &str = row.get("result");
    let result = VerificationResult::ALL.into_iter().find(|result| result.as_str() == word);
    let age: f64 = row.get("age_seconds");
    Ok(Verification {
        finished_at: row.get("finished_at"),
        result: result.ok_or_else(|| Error::Unexpected(format!("a verification that is {word}")))?,
        broken: row.get("broken"),
        took_ms: row.get("took_ms"),
        transfers: row.get("transfers"),
        age: Duration::try_from_secs_f64(age).unwrap_or_default(),
    })
}
