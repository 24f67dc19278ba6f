//! What the worker has to do next: one job a payout, none where there is nothing to do.

use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PayoutId;
use crate::error::Error;
use crate::payout::Job;
use crate::store::{expect_count, keys};

/// A payout's job, with what it is found by.
pub(crate) struct JobRow<'a> {
    pub id: PayoutId,
    pub bank: &'a str,
    pub merchant: Option<Uuid>,
    pub job: Job,
}

/// Writes jobs, new ones and those that have changed. Under the lock of their payouts.
pub(crate) async fn put(tx: &Tx<'_>, jobs: &[JobRow<'_>]) -> Result<(), Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = jobs.iter().map(|j| j.id.shard().number()).collect();
    let ids: Vec<Uuid> = jobs.iter().map(|j| j.id.uuid()).collect();
    let banks: Vec<&str> = jobs.iter().map(|j| j.bank).collect();
    let merchants: Vec<Option<Uuid>> = jobs.iter().map(|j| j.merchant).collect();
    let kinds: Vec<&str> = jobs.iter().map(|j| j.job.kind.as_str()).collect();
    let run_at: Vec<OffsetDateTime> = jobs.iter().map(|j| j.job.run_at).collect();
    let leases: Vec<Option<OffsetDateTime>> = jobs.iter().map(|j| j.job.lease.map(|l| l.until)).collect();
    let tokens: Vec<Option<Uuid>> = jobs.iter().map(|j| j.job.lease.map(|l| l.token)).collect();
    let put = tx
        .execute(
            include_str!("sql/put_jobs.sql"),
            &[&shards, &ids, &banks, &merchants, &kinds, &run_at, &leases, &tokens],
        )
        .await?;
    expect_count("jobs written", put, jobs.len())
}

/// Removes the jobs of these payouts, each of which has one. Under the lock of their payouts.
pub(crate) async fn remove(tx: &Tx<'_>, done: &[PayoutId]) -> Result<(), Error> {
    if done.is_empty() {
        return Ok(());
    }
    let (shards, ids) = keys(done);
    let removed = tx.execute(include_str!("sql/remove_jobs.sql"), &[&shards, &ids]).await?;
    expect_count("jobs removed", removed, done.len())
}
