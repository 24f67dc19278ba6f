//! Once a day: partitions for the bytes of bank events are made in advance, and dropped when their time is over.

use std::sync::Arc;
use std::time::Duration;

use pg::{Pool, PoolSettings};

use super::Engine;
use crate::config::{Database, Vault};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// After a round that did not succeed.
const AGAIN: Duration = Duration::from_secs(60 * 60);
/// For one statement: a month's rows may have to be moved.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn sweep(engine: Arc<Engine>, database: Database, vault: Vault) {
    loop {
        let pause = match round(&database, vault.keep_bytes_days).await {
            Ok(kept) => {
                if kept != vault::Kept::default() {
                    let (made, dropped) = (kept.made.join(" "), kept.dropped.join(" "));
                    tracing::info!(made, dropped, removed = kept.removed, "the vault's bytes");
                }
                metrics::gauge!("sluice_vault_retention_ok").set(1.0);
                DAY
            }
            Err(error) => {
                tracing::warn!(%error, "the vault's bytes could not be put in order; trying again in an hour");
                metrics::gauge!("sluice_vault_retention_ok").set(0.0);
                AGAIN
            }
        };
        if !engine.pause(pause).await {
            return;
        }
    }
}

/// On a connection of its own, with the user's rights: the gateway's role can't drop what a bank said.
async fn round(database: &Database, keep_days: u16) -> Result<vault::Kept, vault::Error> {
    let settings = PoolSettings { role: None, statement: PATIENCE, ..database.pool_settings(1) };
    let pool = Pool::open(database.url.reveal(), settings)?;
    let mut conn = pool.get().await?;
    let now = conn.now().await?;
    vault::keep(&mut conn, now, keep_days).await
}
