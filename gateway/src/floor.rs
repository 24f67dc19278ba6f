//! The write path without network, signatures and lanes: batches of bank events straight into PostgreSQL, by the very
//! code and SQL that lanes run. Load tests measure it to know how much the rest of the gateway costs.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use lanes::{BatchError, Work as _};
use metrics_exporter_prometheus::PrometheusHandle;
use vault::Delivery;

use crate::app::{self, App};
use crate::commands::{BankEvent, Command, Commands};
use crate::config::Config;
use crate::handlers::{Message, understand};
use crate::metrics;

/// How often a batch is tried again.
const RETRIES: u32 = 5;

/// A gateway without listeners.
pub struct Floor {
    app: App,
    commands: Commands,
    pool: pg::Pool,
}

/// A bank event as it would wait in a lane: understood, hashed and sealed.
#[derive(Debug)]
pub struct Prepared(Command);

impl Floor {
    /// Opens it by a configuration file, with so many connections for batches.
    ///
    /// # Errors
    /// In words.
    pub async fn open(config: &Path, connections: usize) -> Result<Floor, String> {
        let config = Config::load(config)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
        let pool = app::open_lanes_pool(&config, connections)?;
        let app = App::open(config, recorder()?).await?;
        let commands = Commands::new(app.engine.facts().clone(), Arc::default());
        Ok(Floor { app, commands, pool })
    }

    /// What a handler makes of an event whose signature verified.
    ///
    /// # Errors
    /// In words: personal data that can't be sealed.
    pub fn prepare(&self, bank: &Arc<str>, event_id: &str, body: &[u8]) -> Result<Prepared, String> {
        let message = Message { bank, event_id, body, is_xml: false, request_id: event_id };
        let content = understand(&self.app, &message).map_err(|refusal| refusal.why().to_owned())?;
        let facts = self.app.engine.facts();
        let headers = format!("content-type: application/json\nwebhook-id: {event_id}\n");
        let delivery =
            Delivery::new(&facts.keyring, facts.layout.shards, bank, event_id, "floor", &headers, body)
                .map_err(|error| error.to_string())?;
        let content = content.name_event(delivery.id.uuid());
        let (bank, request_id) = (bank.clone(), event_id.to_owned());
        let event = BankEvent { bank, delivery, content, request_id, share: None };
        Ok(Prepared(Command::BankEvent(Box::new(event))))
    }

    /// Which of `lanes` lanes would carry it.
    pub fn lane(&self, event: &Prepared, lanes: usize) -> usize {
        event.0.lane(self.app.engine.facts()) % lanes.max(1)
    }

    /// Commits a batch in one transaction, again after a deadlock as a lane would; the answers' bodies.
    ///
    /// # Errors
    /// In words; nothing was done then, unless the answer to COMMIT was lost.
    pub async fn commit(&self, batch: &[Prepared]) -> Result<Vec<Bytes>, String> {
        let commands: Vec<&Command> = batch.iter().map(|event| &event.0).collect();
        let mut tries = 0;
        loop {
            match self.run(&commands).await {
                Err(BatchError::Otherwise) if tries < RETRIES => tries += 1,
                Err(BatchError::Database(error)) if error.is_retryable() && tries < RETRIES => {
                    tokio::time::sleep(pg::pause(tries)).await;
                    tries += 1;
                }
                other => return other.map_err(|error| error.to_string()),
            }
        }
    }

    async fn run(&self, commands: &[&Command]) -> Result<Vec<Bytes>, BatchError> {
        let mut conn = self.pool.get().await?;
        let tx = conn.begin().await?;
        let replies = self.commands.run(&tx, commands).await?;
        tx.commit().await?;
        Ok(replies.into_iter().map(|reply| reply.body).collect())
    }

    /// Ends what runs beside it, and lets the database go.
    pub async fn close(self) {
        self.app.engine.stop().await;
        self.app.pool.close();
        self.pool.close();
    }
}

/// A process has one, however often a floor is opened.
fn recorder() -> Result<PrometheusHandle, String> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder.clone());
    }
    let recorder = metrics::install().map_err(|error| error.to_string())?;
    Ok(RECORDER.get_or_init(|| recorder).clone())
}
