//! Whether this process should be sent requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::migrate;

/// An answer is good for this long, so that probes don't become load.
const FRESH: Duration = Duration::from_secs(1);
/// The database must answer within this.
const PATIENCE: Duration = Duration::from_secs(2);

/// What `/readyz` says, and the last time it looked.
#[derive(Debug, Default)]
pub struct Readiness {
    draining: AtomicBool,
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl Readiness {
    /// From now on: no.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Migrated, database reachable, not draining.
    ///
    /// # Errors
    /// Why not, in words that name no secret.
    pub async fn check(&self, pool: &pg::Pool) -> Result<(), String> {
        let answer = if self.draining.load(Ordering::Relaxed) {
            Err("draining".to_owned())
        } else {
            self.database(pool).await
        };
        metrics::gauge!("sluice_ready").set(if answer.is_ok() { 1.0 } else { 0.0 });
        answer
    }

    async fn database(&self, pool: &pg::Pool) -> Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer =
            timeout(PATIENCE, ask(pool)).await.unwrap_or_else(|_| Err("database: too slow".to_owned()));
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

async fn ask(pool: &pg::Pool) -> Result<(), String> {
    let away = |error: pg::Error| {
        tracing::warn!(%error, "not ready");
        "database: not reachable".to_owned()
    };
    let conn = pool.get().await.map_err(away)?;
    let pending = pg::pending(&conn, &migrate::SETS).await.map_err(away)?;
    if pending.is_empty() { Ok(()) } else { Err(format!("{} migrations have not run", pending.len())) }
}
