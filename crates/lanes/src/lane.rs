//! One lane: takes what waits, carries it out, answers, and never gives up its neighbours for one bad command.

use std::sync::Arc;

use metrics::{counter, histogram};
use pg::Pool;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::attempt::{self, Failure};
use crate::part::Part;
use crate::spread::{InHand, Spread};
use crate::{Refused, Settings, Work};

/// A command that waits, and who waits for it.
pub(crate) struct Job<W: Work> {
    pub command: W::Command,
    pub since: Instant,
    pub deadline: Instant,
    /// Was it part of a commit whose answer was lost?
    pub uncertain: bool,
    pub reply: oneshot::Sender<Result<W::Answer, Refused>>,
    pub _in_hand: InHand,
}

impl<W: Work> Job<W> {
    fn answer(self, answer: Result<W::Answer, Refused>) {
        // The caller may have gone; what was done stays done.
        self.reply.send(answer).ok();
    }
}

pub(crate) struct Lane<W> {
    label: String,
    pool: Pool,
    work: Arc<W>,
    batch_max: usize,
    retries: u32,
    /// The first lane's.
    spread: Option<Arc<Spread>>,
}

impl<W: Work> Lane<W> {
    pub fn new(
        number: usize,
        pool: Pool,
        work: Arc<W>,
        settings: &Settings,
        spread: &Arc<Spread>,
    ) -> Lane<W> {
        let (batch_max, retries) = (settings.batch_max.max(1), settings.retries);
        let spread = (number == 0).then(|| spread.clone());
        Lane { label: number.to_string(), pool, work, batch_max, retries, spread }
    }

    /// Runs until intake has stopped and the queue is empty.
    pub async fn serve(self, mut waiting: mpsc::Receiver<Job<W>>, mut stop: watch::Receiver<bool>) {
        // Counted from zero: the first failures are an increase, too.
        for outcome in OUTCOMES {
            counter!("sluice_lane_batches_total", "outcome" => outcome).increment(0);
        }
        let mut batch = Vec::with_capacity(self.batch_max);
        let mut open = true;
        loop {
            // No timer: one that waits goes at once, and those who come meanwhile make the next batch.
            tokio::select! {
                _ = stop.wait_for(|stop| *stop), if open => {
                    open = false;
                    waiting.close();
                    continue;
                }
                taken = waiting.recv_many(&mut batch, self.batch_max) => if taken == 0 { return },
            }
            let wait = histogram!("sluice_lane_wait_seconds");
            for job in &batch {
                wait.record(job.since.elapsed().as_secs_f64());
            }
            let _under_way = self.spread.as_deref().map(Spread::begin);
            self.carry_out(std::mem::take(&mut batch)).await;
        }
    }

    /// Answers every job of `batch`, in order of their arrival, in as few transactions as go through.
    async fn carry_out(&self, batch: Vec<Job<W>>) {
        let mut parts = vec![Part::whole(batch)];
        while let Some(mut part) = parts.pop() {
            part.jobs = unexpired(part.jobs, || Refused::TimedOut);
            let Some((mut first, reason)) = self.try_until_settled(part).await else { continue };
            if first.jobs.len() > 1 {
                count("split");
                tracing::warn!(lane = self.label, size = first.jobs.len(), %reason, "batch split");
                let second = first.halve();
                parts.push(second);
                parts.push(first);
            } else if let Some(job) = first.jobs.pop() {
                let refusal = self.give_up(job.uncertain, reason);
                job.answer(Err(refusal));
            }
        }
    }

    /// Tries `part` until it is committed or its commands' deadlines have passed, and answers. What can't go
    /// through as it is comes back with the reason.
    async fn try_until_settled(&self, mut part: Part<W>) -> Option<(Part<W>, Failure)> {
        let mut tries = 0;
        loop {
            if part.jobs.is_empty() {
                return None;
            }
            let failure = match self.attempt(&part).await {
                Ok(answers) => {
                    count("committed");
                    part.jobs.into_iter().zip(answers).for_each(|(job, answer)| job.answer(Ok(answer)));
                    return None;
                }
                Err(failure) => failure,
            };
            if matches!(failure, Failure::TooLong(_)) {
                part.late = part.late.saturating_add(1);
            }
            if is_split_at_once(&part, &failure) {
                return Some((part, failure));
            }
            count(failure.outcome());
            if matches!(failure, Failure::Otherwise) && tries < self.retries {
                tries = tries.saturating_add(1);
                part.jobs = unexpired(part.jobs, || Refused::TimedOut);
                continue;
            }
            tracing::warn!(lane = self.label, size = part.jobs.len(), tries, %failure, "batch to be tried again");
            if matches!(failure, Failure::Unknown(_)) {
                part.jobs.iter_mut().for_each(|job| job.uncertain = true);
            }
            if self.is_enough(&part, tries, &failure) {
                return Some((part, failure));
            }
            // Whoever's time is up shall hear it then.
            tokio::time::sleep_until(part.first_end().min(Instant::now() + pg::pause(tries))).await;
            tries = tries.saturating_add(1);
            part.jobs = unexpired(part.jobs, || Refused::Unavailable(failure.to_string()));
        }
    }

    /// Whether it is not tried again as it is. Of one that took too long the attempts in a crowd count, too.
    fn is_enough(&self, part: &Part<W>, tries: u32, failure: &Failure) -> bool {
        match failure {
            Failure::TooLong(_) => tries >= self.retries || part.late > self.retries,
            Failure::Otherwise | Failure::Again(_) | Failure::LostAtWork(_) => tries >= self.retries,
            Failure::Away(_) | Failure::Unknown(_) => false,
            Failure::Bad(_) => true,
        }
    }

    async fn attempt(&self, part: &Part<W>) -> Result<Vec<W::Answer>, Failure> {
        // Waiting for a connection beyond everybody's deadline would help nobody.
        let last = part.jobs.iter().map(|job| job.deadline).max().unwrap_or_else(Instant::now);
        let conn = tokio::time::timeout_at(last, self.pool.get()).await;
        let mut conn = conn.unwrap_or(Err(pg::Error::Timeout)).map_err(Failure::away)?;
        let commands: Vec<&W::Command> = part.jobs.iter().map(|job| &job.command).collect();
        attempt::run(&mut conn, &*self.work, &commands, part.limit()).await
    }

    /// A command that went wrong alone.
    fn give_up(&self, uncertain: bool, reason: Failure) -> Refused {
        match reason {
            Failure::Bad(reason) if !uncertain => {
                count("failed");
                tracing::error!(lane = self.label, reason, "command failed");
                Refused::Failed(reason)
            }
            other => {
                count("unavailable");
                tracing::error!(lane = self.label, reason = %other, "command given up");
                Refused::Unavailable(other.to_string())
            }
        }
    }
}

/// What would fail in the same way again is split at once. So is what took too long, for who is to blame takes as long
/// the next time, and after a few times nothing would be left of the others' time.
fn is_split_at_once<W: Work>(part: &Part<W>, failure: &Failure) -> bool {
    match failure {
        Failure::Bad(_) => true,
        Failure::TooLong(_) => part.jobs.len() > 1,
        _ => false,
    }
}

/// Those that may still be tried; the others are refused.
fn unexpired<W: Work>(jobs: Vec<Job<W>>, refusal: impl Fn() -> Refused) -> Vec<Job<W>> {
    let now = Instant::now();
    let (late, rest): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.deadline <= now);
    if !late.is_empty() {
        count("expired");
        late.into_iter().for_each(|job| job.answer(Err(refusal())));
    }
    rest
}

/// What a batch can end as.
const OUTCOMES: [&str; 9] =
    ["committed", "otherwise", "retried", "lost", "unknown", "split", "failed", "unavailable", "expired"];

fn count(outcome: &'static str) {
    counter!("sluice_lane_batches_total", "outcome" => outcome).increment(1);
}
