//! Once a day: personal data of merchants that were closed long ago goes (R38).

use std::sync::Arc;
use std::time::Duration;

use audit::Entry;
use merchants::{Leftover, MerchantId};
use pg::{Pool, PoolSettings};
use privacy::Keyring;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Engine;
use crate::config::{Database, Privacy};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// After a round that did not succeed.
const AGAIN: Duration = Duration::from_secs(60 * 60);
/// Merchants that are looked for together.
const AT_ONCE: i64 = 100;

type Trouble = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn sweep(engine: Arc<Engine>, database: Database, keep: Privacy) {
    loop {
        let pause = match daily(&engine, &database, &keep).await {
            Ok(0) => DAY,
            Ok(merchants) => {
                tracing::info!(merchants, "personal data of merchants that have left is gone");
                DAY
            }
            Err(error) => {
                tracing::warn!(%error, "personal data of merchants that have left could not be removed; trying again in an hour");
                AGAIN
            }
        };
        if !engine.pause(pause).await {
            return;
        }
    }
}

/// With the user's rights: the gateway's role can't write over what it has entered.
async fn daily(engine: &Engine, database: &Database, keep: &Privacy) -> Result<usize, Trouble> {
    let settings = PoolSettings { role: None, ..database.pool_settings(1) };
    let pool = Pool::open(database.url.reveal(), settings)?;
    let until = pool.get().await?.now().await? - time::Duration::days(i64::from(keep.keep_closed_days));
    round(&pool, &engine.facts.keyring, until).await
}

/// How many merchants it has made anonymous of those that were closed until then.
async fn round(pool: &Pool, keyring: &Keyring, until: OffsetDateTime) -> Result<usize, Trouble> {
    let mut gone = 0;
    loop {
        let conn = pool.get().await?;
        let found = merchants::to_forget(&conn, until, AT_ONCE).await?;
        drop(conn);
        if found.is_empty() {
            return Ok(gone);
        }
        for merchant in found {
            gone += usize::from(forget(pool, keyring, merchant).await?);
        }
    }
}

/// What hangs on the merchant first, its own row last: whatever ends this in between, the next round begins it anew.
async fn forget(pool: &Pool, keyring: &Keyring, merchant: MerchantId) -> Result<bool, Trouble> {
    for what in Leftover::ALL {
        let mut after = Some(Uuid::nil());
        while let Some(last) = after {
            let conn = pool.get().await?;
            after = merchants::blank(&conn, keyring, merchant, what, last).await?;
        }
    }
    let mut conn = pool.get().await?;
    let tx = conn.begin().await?;
    let forgotten = merchants::forget(&tx, keyring, merchant).await?;
    if forgotten {
        let entry = Entry {
            at: tx.now().await?,
            actor: "gateway".into(),
            person: "gateway".into(),
            origin: "gateway".into(),
            action: "merchant.anonymise".into(),
            subject: merchant.to_string(),
            reason: "it was closed, and nothing makes us keep its personal data any longer".into(),
            before: None,
            after: Some(json!({"id": merchant.to_string(), "status": "closed"}).to_string()),
            idempotency_key: None,
        };
        audit::append(&tx, &[entry]).await?;
    }
    tx.commit().await?;
    Ok(forgotten)
}

#[cfg(test)]
mod tests;
