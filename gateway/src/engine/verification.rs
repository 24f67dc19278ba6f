//! The books are proved by a schedule, beside everything else: on a connection of its own, resting half of the time,
//! with an end, and by one gateway at a time. What this gateway wrote out of the heads must lie in them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::{Layout, MadeBy, Pace, VerificationResult};
use pg::{Connection, Pool, PoolSettings};

use super::Engine;
use crate::config::{Config, Database, Verification};
use crate::heads::{self, Head};
use crate::verification::{self, NoProof, Proof};

/// How often it is looked whether one is due, and what the last one was, whoever made it.
const LOOK: Duration = Duration::from_secs(5);
/// After one that came to no end.
const AGAIN: Duration = Duration::from_secs(300);

/// What of the configuration the schedule goes by.
pub(super) struct Schedule {
    database: Database,
    config: Verification,
    layout: Layout,
    /// With the heads that were written out: without them a tail that was cut is not found.
    heads_file: Option<PathBuf>,
}

impl Schedule {
    pub(super) fn of(config: &Config) -> Schedule {
        Schedule {
            database: config.database.clone(),
            config: config.verification,
            layout: config.ledger.layout(),
            heads_file: config.ledger.heads_file.clone(),
        }
    }
}

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool, schedule: Schedule) {
    loop {
        if let Err(error) = look(&reads, &schedule).await {
            tracing::warn!(%error, "the books could not be verified by the schedule");
        }
        if !engine.pause(LOOK).await {
            return;
        }
    }
}

async fn look(reads: &Pool, schedule: &Schedule) -> Result<(), NoProof> {
    let config = schedule.config;
    let conn = reads.get().await?;
    publish(&conn, config.is_on()).await?;
    if !config.is_on() || !due(&conn, config).await? {
        return Ok(());
    }
    drop(conn);
    let pool = patient_pool(&schedule.database, config.deadline_seconds.duration())?;
    if attempt(&pool, schedule).await? {
        publish(&reads.get().await?, true).await?;
    }
    Ok(())
}

/// Counted from the end of the last one, whoever made it: a person's counts, too.
async fn due(conn: &Connection, config: Verification) -> Result<bool, NoProof> {
    let every = config.every_seconds.duration();
    Ok(match ledger::last_verification(conn, false).await? {
        None => true,
        Some(last) if last.result == VerificationResult::Failed => last.age >= every.min(AGAIN),
        Some(last) => last.age >= every,
    })
}

/// Two connections that nothing else uses: one that holds the turn, one that walks and writes down what came of it.
fn patient_pool(database: &Database, deadline: Duration) -> Result<Pool, NoProof> {
    // The turn is idle for longer than the walk may take: it is held until what came of it is kept.
    let idle_in_transaction = deadline + Duration::from_secs(60);
    let settings = PoolSettings { statement: deadline, idle_in_transaction, ..database.pool_settings(2) };
    Ok(Pool::open(database.url.reveal(), settings)?)
}

/// False: another gateway is at it, or just was. It is kept before the turn is given up, so that nobody begins anew.
async fn attempt(pool: &Pool, schedule: &Schedule) -> Result<bool, NoProof> {
    let config = schedule.config;
    let deadline = config.deadline_seconds.duration();
    let mut conn = pool.get().await?;
    // READ COMMITTED, and idle: it has no snapshot that would keep PostgreSQL from cleaning up.
    let turn = conn.begin().await?;
    if !ledger::claim_verification(&turn).await? {
        return Ok(false);
    }
    // Asked once more with the turn in hand: another gateway may have written one down before it gave the turn up.
    let mut walker = pool.get().await?;
    if !due(&walker, config).await? {
        return Ok(false);
    }
    let began = Instant::now();
    tracing::debug!("verifying the books");
    let made = async {
        let known = written(schedule.heads_file.clone()).await?;
        Proof::make(&mut walker, schedule.layout, &known, Pace::Gentle).await
    };
    let proof = tokio::time::timeout(deadline, made).await.unwrap_or(Err(NoProof::Late(deadline)));
    drop(walker);
    match &proof {
        Ok(proof) => report(proof),
        Err(error) => tracing::error!(%error, "a verification of the books came to no end"),
    }
    verification::record(pool, MadeBy::Schedule, &proof, began.elapsed()).await?;
    Ok(true)
}

/// The heads that were written out last, read before the walk begins: what lies behind it was written out since.
async fn written(file: Option<PathBuf>) -> Result<Vec<Head>, NoProof> {
    let read = tokio::task::spawn_blocking(move || heads::load_latest(file.as_deref()));
    read.await.map_err(|error| NoProof::Heads(error.to_string()))?.map_err(NoProof::Heads)
}

fn report(proof: &Proof) {
    let breaches: Vec<&str> = proof.breaches().map(String::as_str).collect();
    if breaches.is_empty() {
        tracing::info!(transfers = proof.book.transfers, "the books are verified: every invariant holds");
    } else {
        tracing::error!(breaches = breaches.join("; "), "the books are not right");
    }
}

/// Every gateway says what the last one found, whoever made it. Where a schedule is meant to make them and none has come
/// to an end, the last one is as old as time.
async fn publish(conn: &Connection, scheduled: bool) -> Result<(), NoProof> {
    let finished = |at: f64| {
        metrics::gauge!("sluice_ledger_verification_finished_timestamp_seconds").set(at);
    };
    let Some(last) = ledger::last_verification(conn, true).await? else {
        if scheduled {
            finished(0.0);
        }
        return Ok(());
    };
    let holds = last.result == VerificationResult::Holds;
    metrics::gauge!("sluice_ledger_verification_holds").set(if holds { 1.0 } else { 0.0 });
    metrics::gauge!("sluice_ledger_verification_duration_seconds").set(last.took_ms as f64 / 1000.0);
    finished(last.finished_at.unix_timestamp() as f64);
    Ok(())
}
