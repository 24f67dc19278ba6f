//! The running bank: what it is started with, and its handle.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bank::https::SetupError;
use bank::{Signer, Verifier};
use rustls::{ClientConfig, ServerConfig};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::account_checks::AccountChecks;
use crate::book::Book;
use crate::carry_out;
use crate::journal::{self, Journal, OpenError, Record, WriteError};
use crate::rates;
use crate::requests::Door;
use crate::server;
use crate::traffic::{self, TrafficAccount};
use crate::webhook_client::WebhookClient;

/// Payouts that may be unfinished at once.
const OPEN_PAYOUTS: usize = 20_000;
/// Reports under way to the gateway at once.
const DELIVERIES: usize = 32;
/// References whose requests are counted.
const COUNTED_REFERENCES: usize = 10_000;
/// For everything to end.
const STOP: Duration = Duration::from_secs(5);

/// What a sandbox bank is started with.
#[derive(Debug)]
pub struct Settings {
    /// Where its journal lies; made if absent.
    pub dir: PathBuf,
    /// Its id in the gateway's configuration.
    pub bank_id: String,
    /// Where it takes payouts; port 0 for any.
    pub listen_https: SocketAddr,
    /// Its certificate and key.
    pub tls: Arc<ServerConfig>,
    /// Where it shows its journal, in plain text: loopback only. Port 0 for any.
    pub listen_http: SocketAddr,
    /// The gateway's public URL.
    pub gateway_url: String,
    /// Trusts the gateway's CA.
    pub gateway_tls: Arc<ClientConfig>,
    /// Signs what it tells the gateway.
    pub event_signer: Signer,
    /// Verifies what the gateway asks of it.
    pub payout_verifier: Verifier,
    /// How fast it is.
    pub timing: Timing,
}

/// How long the bank takes.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// From accepting to executing.
    pub execute_after: Duration,
    /// From the report of a payment to its return (`0003`).
    pub return_after: Duration,
    /// How long a request without answer is held before its connection is dropped (`0002`, `77770017`), and how long one waits
    /// for its report to be taken (`0006`).
    pub hold: Duration,
    /// First pause before a report is repeated; doubles.
    pub retry_first: Duration,
    /// Longest pause.
    pub retry_most: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            execute_after: Duration::from_millis(200),
            return_after: Duration::from_secs(1),
            hold: Duration::from_secs(2),
            retry_first: Duration::from_millis(250),
            retry_most: Duration::from_secs(5),
        }
    }
}

/// Why a sandbox bank doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its journal can't be used.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The gateway's URL can't be used.
    #[error("the gateway's URL: {0}")]
    Gateway(#[from] SetupError),
    /// It can't listen.
    #[error("the sandbox bank's listener: {0}")]
    Listen(#[from] std::io::Error),
    /// The plain listener would be seen from outside.
    #[error("the sandbox bank's plain listener must be on loopback")]
    NotLoopback,
}

/// What all of the bank's tasks share.
pub(crate) struct Bank {
    pub(crate) book: Book,
    pub(crate) journal: Journal,
    pub(crate) webhooks: WebhookClient,
    pub(crate) verifier: Verifier,
    pub(crate) timing: Timing,
    pub(crate) open: Arc<Semaphore>,
    pub(crate) delivering: Semaphore,
    pub(crate) moving: AtomicBool,
    pub(crate) traffic_began: Notify,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) checks: AccountChecks,
    tries: Mutex<HashMap<String, u8>>,
}

impl Bank {
    /// Writes a line and takes it in when it is on disk.
    pub(crate) async fn record(&self, record: Record) -> Result<(), WriteError> {
        self.journal.write(&record).await?;
        self.book.apply(&record).map_err(|why| {
            tracing::error!(why, "the sandbox bank contradicts its journal");
            WriteError::Lost
        })
    }

    /// Counts a request for this reference, in memory only; how many there were with it.
    pub(crate) fn tried(&self, reference: &str) -> u8 {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= COUNTED_REFERENCES && !tries.contains_key(reference) {
            tries.clear();
        }
        let told = tries.entry(reference.to_owned()).or_insert(0);
        *told = told.saturating_add(1);
        *told
    }

    /// How many requests for this reference were counted.
    pub(crate) fn tries(&self, reference: &str) -> u8 {
        let tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(reference).copied().unwrap_or(0)
    }
}

/// A running sandbox bank. Dropping it stops it too, without waiting.
pub struct SandboxBank {
    bank: Arc<Bank>,
    writer: Option<JoinHandle<()>>,
    https: SocketAddr,
    http: SocketAddr,
}

impl std::fmt::Debug for SandboxBank {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SandboxBank({}, {})", self.https, self.http)
    }
}

impl SandboxBank {
    /// Replays the journal, listens, and goes on with what was unfinished.
    pub async fn start(settings: Settings) -> Result<SandboxBank, StartError> {
        if !settings.listen_http.ip().is_loopback() {
            return Err(StartError::NotLoopback);
        }
        let webhooks = WebhookClient::new(
            &settings.gateway_url,
            settings.gateway_tls,
            &settings.bank_id,
            settings.event_signer,
        )?;
        let https = TcpListener::bind(settings.listen_https).await?;
        let http = TcpListener::bind(settings.listen_http).await?;
        let (https_address, http_address) = (https.local_addr()?, http.local_addr()?);
        let (journal, records, writer) = journal::open(&settings.dir)?;
        let book = Book::replay(&records).map_err(|(line, why)| OpenError::Broken { line, why })?;
        let bank = Arc::new(Bank {
            book,
            journal,
            webhooks,
            verifier: settings.payout_verifier,
            timing: settings.timing,
            open: Arc::new(Semaphore::new(OPEN_PAYOUTS)),
            delivering: Semaphore::new(DELIVERIES),
            moving: AtomicBool::new(false),
            traffic_began: Notify::new(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            checks: AccountChecks::default(),
            tries: Mutex::new(HashMap::new()),
        });
        for reference in bank.book.unfinished() {
            carry_out::start(&bank, reference, None, None);
        }
        let tls = TlsAcceptor::from(settings.tls);
        bank.tasks.spawn(server::serve(bank.clone(), https, Some(tls), Door::Https));
        bank.tasks.spawn(server::serve(bank.clone(), http, None, Door::Http));
        Ok(SandboxBank { bank, writer: Some(writer), https: https_address, http: http_address })
    }

    /// Where it takes payouts.
    pub fn https_url(&self) -> String {
        format!("https://{}", self.https)
    }

    /// Where it shows its journal.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Publishes its rates from now on, and returns when the gateway has answered the first time, whatever it said: then
    /// what it took has a price. Call it once.
    pub async fn publish_rates(&self) {
        let (answered, first) = oneshot::channel();
        self.bank.tasks.spawn(rates::publish(self.bank.clone(), answered));
        // An error is a bank that stops.
        let _ = first.await;
    }

    /// Posts payments from now on, and lets the rates move. Nothing for 0 a second or no accounts.
    pub fn traffic(&self, per_second: u32, accounts: Vec<TrafficAccount>) {
        if per_second == 0 || accounts.is_empty() {
            return;
        }
        self.bank.moving.store(true, Ordering::Relaxed);
        self.bank.traffic_began.notify_one();
        self.bank.tasks.spawn(traffic::post_payments(self.bank.clone(), per_second, accounts));
    }

    /// Stops: no new connections, requests under way answered, the journal closed. What is unfinished goes on at the
    /// next start.
    pub async fn stop(mut self) {
        self.bank.stopping.cancel();
        self.bank.tasks.close();
        if timeout(STOP, self.bank.tasks.wait()).await.is_err() {
            tracing::warn!("the sandbox bank stops with tasks under way");
        }
        let Some(writer) = self.writer.take() else { return };
        // The writer ends, and frees the file, when the last of the bank is gone.
        drop(self);
        let ended = tokio::task::spawn_blocking(move || writer.join());
        if timeout(STOP, ended).await.is_err() {
            tracing::warn!("the sandbox bank's journal is still open");
        }
    }
}

impl Drop for SandboxBank {
    fn drop(&mut self) {
        self.bank.stopping.cancel();
    }
}
