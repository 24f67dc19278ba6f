//! R40: documents grow old: the merchant is told of one that expires soon, and restricted once it has expired. Other gateways
//! look for the same ones; what one has seen the others don't do again.

use std::sync::Arc;
use std::time::Duration;

use merchants::MerchantId;
use pg::Pool;

use super::{Engine, one_by_one};
use crate::commands::Command;

/// They change by the day; so soon after midnight it is seen.
const PAUSE: Duration = Duration::from_secs(10);
const PAGE: i64 = 50;
const SWEEP: &str = "documents";

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    one_by_one::begin(SWEEP);
    metrics::counter!("sluice_merchants_restricted_total").increment(0);
    loop {
        if let Err(error) = walk(&engine, &reads).await {
            tracing::warn!(%error, "merchants' documents could not be looked at");
        }
        if !engine.pause(PAUSE).await {
            return;
        }
    }
}

async fn walk(engine: &Engine, reads: &Pool) -> Result<(), String> {
    let mut after: Option<MerchantId> = None;
    loop {
        let conn = reads.get().await.map_err(|error| error.to_string())?;
        let today = engine.facts.day(conn.now().await.map_err(|error| error.to_string())?);
        let found = merchants::documents::aging(&conn, today, after, PAGE).await;
        drop(conn);
        let found = found.map_err(|error| error.to_string())?;
        let Some(last) = found.last() else { return Ok(()) };
        after = Some(*last);
        one_by_one::submit(SWEEP, &found, |some| engine.submit(Command::AgeDocuments(some))).await?;
    }
}
