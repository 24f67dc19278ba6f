//! Carries notices to merchants. Claim, commit, send, record under the token; a record that is lost is healed
//! by the lease, and the notice arrives twice under the same id.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pg::Pool;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use crate::decide::{Answer, Decision, Schedule, decide};
use crate::deliveries::{self, Claimed};
use crate::email::EmailSender;
use crate::error::Error;
use crate::webhook::WebhookSender;

/// How the worker works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Attempts under way at once.
    pub concurrency: usize,
    /// Attempts under way at once at one destination, so that one that hangs never holds the others' places.
    pub per_destination: usize,
    /// How long an attempt may take with its record; longer than every channel's time-out.
    pub lease: Duration,
    /// When it is tried again.
    pub schedule: Schedule,
    /// How often is looked when nobody wakes it.
    pub idle: Duration,
}

/// By what notices are carried.
#[derive(Debug, Clone)]
pub struct Channels {
    /// To merchants' endpoints.
    pub webhook: WebhookSender,
    /// To merchants' addresses, where there is a mail server.
    pub email: Option<EmailSender>,
}

/// Wakes the worker, after the commit of notices.
#[derive(Debug, Clone, Default)]
pub struct Waker(Arc<Notify>);

impl Waker {
    /// There may be something to send.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// The worker of this process. Any number of processes may have one.
#[derive(Debug)]
pub struct Worker {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    waker: Waker,
}

impl Worker {
    /// Starts it.
    pub fn start(pool: Pool, channels: Channels, settings: Settings) -> Worker {
        let (stop, stopped) = watch::channel(false);
        let waker = Waker::default();
        let desk = Arc::new(Desk { pool, channels, settings, wake: waker.0.clone() });
        Worker { task: tokio::spawn(desk.run(stopped)), stop, waker }
    }

    /// For whoever commits notices.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Claims nothing more and finishes what is under way; what isn't done after `patience` is healed by its lease.
    pub async fn shutdown(mut self, patience: Duration) {
        self.stop.send_replace(true);
        if timeout_at(Instant::now() + patience, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

const TROUBLE: Duration = Duration::from_millis(500);

struct Desk {
    pool: Pool,
    channels: Channels,
    settings: Settings,
    wake: Arc<Notify>,
}

/// What is under way, and which destinations are left alone for now.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<Ended>,
    at: HashMap<Uuid, usize>,
    paused: HashMap<Uuid, Instant>,
}

/// An attempt that is over.
struct Ended {
    destination: Uuid,
    pause: Option<Duration>,
}

impl UnderWay {
    fn ended(&mut self, ended: Option<Ended>) {
        // None: the task panicked, which no attempt should. Its place is given back when the others are done.
        let Some(ended) = ended else {
            tracing::error!("an attempt ended abnormally; its lease heals it");
            if self.tasks.is_empty() {
                self.at.clear();
            }
            return;
        };
        if let Some(count) = self.at.get_mut(&ended.destination) {
            *count -= 1;
            if *count == 0 {
                self.at.remove(&ended.destination);
            }
        }
        if let Some(pause) = ended.pause {
            self.paused.insert(ended.destination, Instant::now() + pause);
        }
    }

    fn collect(&mut self) {
        while let Some(done) = self.tasks.try_join_next() {
            self.ended(done.ok());
        }
        let now = Instant::now();
        self.paused.retain(|_, until| *until > now);
    }

    fn busy(&self, each: usize) -> Vec<Uuid> {
        let full = self.at.iter().filter(|(_, count)| **count >= each).map(|(id, _)| *id);
        full.chain(self.paused.keys().copied()).collect()
    }
}

impl Desk {
    async fn run(self: Arc<Desk>, mut stop: watch::Receiver<bool>) {
        let mut under_way = UnderWay::default();
        while !*stop.borrow() {
            under_way.collect();
            let pause = match self.round(&mut under_way).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => self.settings.idle,
                Err(error) => {
                    tracing::warn!(%error, "notices can't be claimed");
                    TROUBLE
                }
            };
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                () = self.wake.notified() => {}
                () = sleep(pause) => {}
                Some(done) = under_way.tasks.join_next() => under_way.ended(done.ok()),
            }
        }
        while let Some(done) = under_way.tasks.join_next().await {
            under_way.ended(done.ok());
        }
    }

    /// True: there is more to do at once.
    async fn round(self: &Arc<Desk>, under_way: &mut UnderWay) -> Result<bool, Error> {
        let conn = self.pool.get().await?;
        let free = self.settings.concurrency.saturating_sub(under_way.tasks.len());
        if free == 0 {
            return Ok(false);
        }
        let each = self.settings.per_destination.max(1);
        let mut due = deliveries::due(&conn, &under_way.busy(each), each, free).await?;
        let full = due.len() == free;
        let mut at = under_way.at.clone();
        due.retain(|due| {
            let places = at.entry(due.destination).or_default();
            *places += 1;
            *places <= each
        });
        if !due.is_empty() {
            for claimed in deliveries::claim(&conn, &due, self.settings.lease).await? {
                *under_way.at.entry(claimed.destination).or_default() += 1;
                under_way.tasks.spawn(self.clone().carry(claimed));
            }
        }
        Ok(full)
    }

    async fn carry(self: Arc<Desk>, claimed: Claimed) -> Ended {
        let began = Instant::now();
        let channel = if claimed.destination == deliveries::EMAIL { "email" } else { "webhook" };
        let answer = self.send(&claimed).await;
        let decision = decide(self.settings.schedule, claimed.failed, answer);
        let outcome = match decision.event {
            crate::state::DeliveryEvent::Taken => "delivered",
            crate::state::DeliveryEvent::GivenUp => "dead",
            _ => "failed",
        };
        if outcome == "dead" {
            tracing::warn!(delivery = %claimed.id, merchant = %claimed.merchant, subject = %claimed.subject, answer = %decision.text, "a notice is given up");
        }
        metrics::histogram!("sluice_notification_seconds", "channel" => channel, "outcome" => outcome)
            .record(began.elapsed().as_secs_f64());
        self.record(&claimed, &decision, began + self.settings.lease).await;
        Ended { destination: claimed.destination, pause: decision.pause }
    }

    async fn send(&self, claimed: &Claimed) -> Answer {
        if claimed.destination != deliveries::EMAIL {
            return self.channels.webhook.send(claimed, time::OffsetDateTime::now_utc()).await;
        }
        match &self.channels.email {
            Some(email) => email.send(claimed).await,
            // Another gateway, or an earlier configuration, has a mail server.
            None => Answer::Failed {
                why: "no mail server is configured".to_owned(),
                retry_after: None,
                slow_down: true,
            },
        }
    }

    /// Until it is written or the lease is over.
    async fn record(&self, claimed: &Claimed, decision: &Decision, until: Instant) {
        loop {
            match self.try_record(claimed, decision).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(delivery = %claimed.id, "an attempt outlived its lease; it is made again");
                    return;
                }
                Err(error) => {
                    tracing::warn!(delivery = %claimed.id, %error, "an attempt is not recorded yet")
                }
            }
            if Instant::now() + TROUBLE >= until {
                return;
            }
            sleep(TROUBLE).await;
        }
    }

    async fn try_record(&self, claimed: &Claimed, decision: &Decision) -> Result<bool, Error> {
        let mut conn = self.pool.get().await?;
        let tx = conn.begin().await?;
        let recorded = deliveries::record(&tx, claimed, decision).await?;
        tx.commit().await?;
        Ok(recorded)
    }
}
