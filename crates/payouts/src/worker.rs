//! Carries payouts to banks. One task per bank, so that one bank's trouble stays its own (R31).
//!
//! Claim in one short transaction, commit, call the bank, hand over what was learned. Nothing here decides what an
//! answer means: reports go to the gateway's lanes, and a report that is lost is healed by the lease.

mod gather;
mod under_way;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bank::connector::BoxFuture;
use bank::{Beneficiary, Connector, News, PayoutOrder, QueryOutcome, SendOutcome};
use pg::Pool;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use crate::PayoutId;
use crate::answer_time::AnswerTime;
use crate::breaker::{Breaker, BreakerPolicy, BreakerState};
use crate::error::Error;
use crate::payout::{JobKind, Payout};
use crate::policy::{Backoff, BadPolicy, BankPolicy};
use crate::report::Report;
use crate::throttle::Bucket;
use crate::{due, instruments};

use gather::Gather;
use under_way::{Call, UnderWay, ended};

/// A report that could not be recorded now, and why; it is handed over again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken(pub String);

/// Hands a report to whoever records it: the gateway's lanes.
pub type Submit = Arc<dyn Fn(PayoutId, Report) -> BoxFuture<'static, Result<(), NotTaken>> + Send + Sync>;

/// Opens what `beneficiary_sealed` holds; the error says why not, without personal data.
pub type Open = Arc<dyn Fn(&[u8], PayoutId) -> Result<Beneficiary, String> + Send + Sync>;

/// A bank and how it is treated.
#[derive(Clone)]
pub struct BankLink {
    /// The bank as payouts name it.
    pub bank: Arc<str>,
    /// How it is asked.
    pub connector: Arc<dyn Connector>,
    /// R27's waits and bounds.
    pub policy: BankPolicy,
    /// Calls under way at once; at least 1.
    pub concurrency: usize,
    /// Calls that may begin in one second, queries among them; 0 for no limit. Each process counts for itself.
    pub max_per_second: u32,
    /// How often an idle worker looks for work when nobody wakes it.
    pub idle: Duration,
    /// When the bank is left alone.
    pub breaker: BreakerPolicy,
    /// Whether people keep payouts from it at the start: see [`Worker::pause`].
    pub paused: bool,
}

impl fmt::Debug for BankLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankLink")
            .field("bank", &self.bank)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// How it goes with a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankState {
    /// The bank.
    pub bank: Arc<str>,
    /// Whether it is left alone.
    pub breaker: BreakerState,
    /// Whether people keep payouts from it.
    pub paused: bool,
    /// Calls and reports under way.
    pub busy: usize,
    /// Calls that may begin in one second; 0 for no limit.
    pub max_per_second: u32,
    /// How long its answers take lately; none where it was not asked.
    pub answers_in: Option<Duration>,
    /// Whether that is more than half of what a call may take: most orders are still answered, but not for long.
    pub is_slow: bool,
}

/// Wakes the worker at once, after the commit of something to do.
#[derive(Debug, Clone, Default)]
pub struct Waker {
    banks: Vec<Arc<Notify>>,
}

impl Waker {
    /// There may be something to do.
    pub fn wake(&self) {
        for bank in &self.banks {
            bank.notify_one();
        }
    }
}

/// The worker of this process. Any number of processes may have one.
#[derive(Debug)]
pub struct Worker {
    desks: Vec<Arc<Desk>>,
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Worker {
    /// Starts a task for each bank.
    ///
    /// # Errors
    /// A policy that would break R27.
    pub fn start(pool: Pool, links: Vec<BankLink>, open: Open, submit: Submit) -> Result<Worker, BadPolicy> {
        for link in &links {
            link.policy.check().map_err(|bad| BadPolicy(format!("bank {}: {bad}", link.bank)))?;
        }
        let (stop, stopped) = watch::channel(false);
        let desk = |link: BankLink| {
            let breaker = Mutex::new(Breaker::new(link.breaker));
            let rate = Mutex::new(Bucket::new(link.max_per_second));
            let paused = AtomicBool::new(link.paused);
            let (pool, open, submit) = (pool.clone(), open.clone(), submit.clone());
            Arc::new(Desk {
                link,
                pool,
                open,
                submit,
                breaker,
                paused,
                rate,
                answers: AnswerTime::default(),
                wake: Arc::default(),
                busy: AtomicUsize::new(0),
                calling: AtomicUsize::new(0),
            })
        };
        let desks: Vec<Arc<Desk>> = links.into_iter().map(desk).collect();
        let start = |desk: &Arc<Desk>| {
            let listens = tokio::spawn(desk.clone().listen(stopped.clone()));
            [tokio::spawn(desk.clone().run(stopped.clone())), listens]
        };
        let tasks = desks.iter().flat_map(start).collect();
        Ok(Worker { desks, tasks, stop })
    }

    /// For whoever commits payouts.
    pub fn waker(&self) -> Waker {
        Waker { banks: self.desks.iter().map(|desk| desk.wake.clone()).collect() }
    }

    /// How it goes with each bank.
    pub fn states(&self) -> Vec<BankState> {
        let now = Instant::now();
        let state = |desk: &Arc<Desk>| {
            let answers_in = desk.answers.smoothed(now);
            BankState {
                bank: desk.link.bank.clone(),
                breaker: desk.breaker().state(now),
                paused: desk.is_paused(),
                busy: desk.busy.load(Ordering::Relaxed),
                max_per_second: desk.link.max_per_second,
                answers_in,
                is_slow: answers_in.is_some_and(|time| time > desk.link.policy.request_timeout / 2),
            }
        };
        self.desks.iter().map(state).collect()
    }

    /// While a bank is paused nothing is sent to it, not even again. What it may have already is asked about, and what it
    /// tells is taken. Whether this changes anything: not where it was so before, nor for a bank that has no payouts.
    pub fn pause(&self, bank: &str, paused: bool) -> bool {
        let Some(desk) = self.desks.iter().find(|desk| &*desk.link.bank == bank) else { return false };
        let changes = desk.paused.swap(paused, Ordering::SeqCst) != paused;
        if changes {
            desk.wake.notify_one();
        }
        changes
    }

    /// Claims nothing more and finishes what is under way; what isn't done after `patience` is dropped and healed
    /// by its lease.
    pub async fn shutdown(self, patience: Duration) {
        self.stop.send_replace(true);
        let deadline = Instant::now() + patience;
        for mut task in self.tasks {
            if timeout_at(deadline, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

/// One bank's part of the worker.
struct Desk {
    link: BankLink,
    pool: Pool,
    open: Open,
    submit: Submit,
    breaker: Mutex<Breaker>,
    paused: AtomicBool,
    rate: Mutex<Option<Bucket>>,
    answers: AnswerTime,
    wake: Arc<Notify>,
    busy: AtomicUsize,
    /// Calls under way.
    calling: AtomicUsize,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("link", &self.link).finish_non_exhaustive()
    }
}

/// When a claim began, by two clocks: the monotonic one may stand still while the machine sleeps, the other may be
/// set. A send is late if either says so.
#[derive(Debug, Clone, Copy)]
struct Began {
    monotonic: Instant,
    wall: SystemTime,
}

impl Began {
    fn now() -> Began {
        Began { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    fn is_longer_ago_than(&self, limit: Duration) -> bool {
        self.monotonic.elapsed() >= limit || self.wall.elapsed().is_ok_and(|elapsed| elapsed >= limit)
    }
}

/// A job that this worker holds, or may hold.
struct Claimed {
    payout: Payout,
    kind: JobKind,
    token: Uuid,
    began: Began,
    /// Whether the claim is known to be committed; else nothing may be sent.
    sure: bool,
}

const TROUBLE: Backoff = Backoff { first: Duration::from_millis(100), most: Duration::from_secs(5) };

/// Between two looks for what a bank tells unasked, at least, and between two for questions while nothing is sent.
const LISTEN: Duration = Duration::from_millis(500);

/// Beyond the connector's own deadline; a connector that keeps to it is never cut off.
const GRACE: Duration = Duration::from_millis(250);

/// How many payouts may be in hand for each of a bank's places: calls, and reports of calls that are not taken yet. A place is
/// free as soon as the bank has answered, so that how many payouts it gets does not depend on how long a lane takes.
const IN_HAND: usize = 4;

impl Desk {
    async fn run(self: Arc<Desk>, mut stop: watch::Receiver<bool>) {
        let mut under_way = UnderWay::default();
        let (mut trouble, mut gather) = (0, Gather::default());
        while !*stop.borrow() {
            let (free, all) = self.free(under_way.count());
            let (mut calls, token_in) = self.calls(free);
            let mut pause = token_in.unwrap_or(self.link.idle);
            if self.is_paused() {
                // Each look goes by all that waits.
                pause = pause.max(LISTEN);
            }
            let now = Instant::now();
            let wait = gather.wait(now, free, all);
            if calls > 0 && !wait.is_zero() {
                (calls, pause) = (0, wait);
            }
            if calls > 0 {
                match self.claim(calls).await {
                    Ok(claimed) => {
                        trouble = 0;
                        let got_all = claimed.len() == calls;
                        gather.claimed(now, got_all);
                        if got_all {
                            pause = Duration::ZERO;
                        }
                        self.begin(claimed.len());
                        claimed.into_iter().for_each(|one| under_way.begin(&self, one));
                    }
                    Err(error) => {
                        tracing::warn!(bank = %self.link.bank, %error, "payouts can't be claimed");
                        pause = TROUBLE.wait(trouble, Uuid::nil());
                        trouble = trouble.saturating_add(1);
                    }
                }
            }
            self.busy.store(under_way.count(), Ordering::Relaxed);
            tokio::select! {
                // An error means that the handle is gone.
                changed = stop.changed() => if changed.is_err() { break },
                // Of what is committed to be sent nothing is looked at, so nobody is woken for it.
                () = self.wake.notified(), if !self.is_paused() => {}
                () = sleep(pause) => {}
                Some(done) = under_way.tasks.join_next() => ended(done),
            }
        }
        under_way.finish().await;
    }

    /// Places that are free with so many payouts in hand, and how many there are.
    fn free(&self, in_hand: usize) -> (usize, usize) {
        let all = self.link.concurrency.max(1);
        let calling = self.calling.load(Ordering::Relaxed);
        let free = self.breaker().allowed(Instant::now(), calling, all);
        (free.min((all * IN_HAND).saturating_sub(in_hand)), all)
    }

    /// How many calls may begin, of those that concurrency and breaker leave free, and when the next token comes, if
    /// they wait for one. No job is claimed that would wait for its token while its lease runs.
    fn calls(&self, free: usize) -> (usize, Option<Duration>) {
        let (now, rate) = (Instant::now(), self.rate.lock().unwrap_or_else(PoisonError::into_inner));
        match rate.as_ref() {
            Some(bucket) if free > 0 && bucket.allowed(now) == 0 => (0, Some(bucket.wait(now))),
            Some(bucket) => (free.min(bucket.allowed(now)), None),
            None => (free, None),
        }
    }

    fn begin(&self, calls: usize) {
        if let Some(bucket) = self.rate.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            bucket.take(calls, Instant::now());
        }
    }

    /// What a bank tells unasked is handed over like the answer to a question, but by nobody's claim.
    async fn listen(self: Arc<Desk>, mut stop: watch::Receiver<bool>) {
        let pause = self.link.idle.max(LISTEN);
        while !*stop.borrow() {
            let deadline = Instant::now() + self.link.policy.request_timeout;
            let news = timeout_at(deadline + GRACE, self.link.connector.news(deadline)).await;
            let deliver_all = async {
                for News { reference, outcome } in news.unwrap_or_default() {
                    match reference.parse() {
                        Ok(id) => self.deliver(id, Report::of_news(outcome)).await,
                        Err(_) => {
                            tracing::debug!(bank = %self.link.bank, "news of something that is no payout")
                        }
                    }
                }
                sleep(pause).await;
            };
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                () = deliver_all => {}
            }
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::SeqCst)
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Claimed>, Error> {
        let (began, sends) = (Began::now(), !self.is_paused());
        let claim = due::claim(&self.pool, &self.link.bank, &self.link.policy, limit, sends);
        let (taken, sure) = match claim.await? {
            due::Outcome::Committed(taken) => (taken, true),
            due::Outcome::Unsure(taken) => (taken, false),
        };
        let claimed = |due::Taken { payout, kind, token }| Claimed { payout, kind, token, began, sure };
        Ok(taken.into_iter().map(claimed).collect())
    }

    async fn carry(self: Arc<Desk>, claimed: Claimed, call: Call) {
        // Perhaps claimed, surely not sent: said under the token, which counts only if it was committed.
        let unsure = || "the claim's commit was not confirmed".to_owned();
        let report = match (claimed.kind, claimed.sure) {
            (JobKind::Send, true) => Report::of_send(claimed.token, self.send(&claimed).await),
            (JobKind::Query, true) => Report::of_query(claimed.token, self.query(&claimed).await),
            (JobKind::Send, false) => Report::of_send(claimed.token, SendOutcome::NotSent { why: unsure() }),
            (JobKind::Query, false) => {
                Report::of_query(claimed.token, QueryOutcome::Unreachable { why: unsure() })
            }
        };
        drop(call);
        self.deliver(claimed.payout.id, report).await;
    }

    async fn send(&self, claimed: &Claimed) -> SendOutcome {
        let payout = &claimed.payout;
        let beneficiary = match (self.open)(&payout.beneficiary_sealed, payout.id) {
            Ok(beneficiary) => beneficiary,
            Err(why) => {
                tracing::error!(payout = %payout.id, %why, "a beneficiary can't be opened");
                return SendOutcome::NotSent { why };
            }
        };
        let reference = payout.id.to_string();
        let order = PayoutOrder { reference, amount: payout.amount, beneficiary, remittance: None };
        if claimed.began.is_longer_ago_than(self.link.policy.lease / 2) {
            return SendOutcome::NotSent { why: "the worker was late".to_owned() };
        }
        // Claimed a moment before somebody paused it.
        if self.is_paused() {
            return SendOutcome::NotSent { why: "payouts to this bank are paused".to_owned() };
        }
        let start = Instant::now();
        let deadline = start + self.link.policy.request_timeout;
        let call = self.link.connector.send(&order, deadline);
        let outcome = timeout_at(deadline + GRACE, call)
            .await
            .unwrap_or_else(|_| SendOutcome::Unknown { why: "no answer in time".to_owned() });
        let word = match &outcome {
            SendOutcome::Accepted { .. } => "accepted",
            SendOutcome::Rejected { .. } => "rejected",
            SendOutcome::NotSent { .. } => "not_sent",
            SendOutcome::Unknown { .. } => "unknown",
        };
        self.answers.took(start.elapsed(), Instant::now());
        instruments::send_took(&self.link.bank, word, start.elapsed());
        match &outcome {
            SendOutcome::Accepted { .. } | SendOutcome::Rejected { .. } => self.breaker().reached(),
            SendOutcome::NotSent { .. } => self.breaker().missed(Instant::now()),
            // It may be the bank or this one payout: neither closes the breaker nor opens it.
            SendOutcome::Unknown { .. } => {}
        }
        outcome
    }

    async fn query(&self, claimed: &Claimed) -> QueryOutcome {
        let start = Instant::now();
        let deadline = start + self.link.policy.request_timeout;
        let reference = claimed.payout.id.to_string();
        let call = self.link.connector.query(&reference, deadline);
        let outcome = timeout_at(deadline + GRACE, call)
            .await
            .unwrap_or_else(|_| QueryOutcome::Unreachable { why: "no answer in time".to_owned() });
        let word = match &outcome {
            QueryOutcome::Paid { .. } => "paid",
            QueryOutcome::Failed { .. } => "failed",
            QueryOutcome::Pending => "pending",
            QueryOutcome::Returned { .. } => "returned",
            QueryOutcome::NeverSeen => "never_seen",
            QueryOutcome::Unreachable { .. } => "unreachable",
        };
        self.answers.took(start.elapsed(), Instant::now());
        instruments::query_took(&self.link.bank, word, start.elapsed());
        match &outcome {
            QueryOutcome::Unreachable { .. } => self.breaker().missed(Instant::now()),
            _ => self.breaker().reached(),
        }
        outcome
    }

    /// Until it is taken, or the payout is claimed anew here: see [`UnderWay::begin`].
    async fn deliver(&self, id: PayoutId, report: Report) {
        let mut tries = 0;
        while let Err(NotTaken(why)) = (self.submit)(id, report.clone()).await {
            if tries == 0 {
                tracing::warn!(payout = %id, %why, "a report is not taken yet");
            }
            sleep(TROUBLE.wait(tries, id.uuid())).await;
            tries = tries.saturating_add(1);
        }
    }
}
