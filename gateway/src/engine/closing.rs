//! Merchants on their way out are closed once nothing of them is left (R38).

mod patience;

use std::sync::Arc;
use std::time::{Duration, Instant};

use merchants::MerchantId;
use pg::Pool;

use self::patience::Patience;
use super::{Engine, one_by_one};
use crate::commands::{Command, remains};

const SWEEP: &str = "closing";
/// Nobody waits for it: the merchant's last money left long before.
const PAUSE: Duration = Duration::from_secs(10);
/// Merchants that are looked at together, each by five short questions.
const AT_ONCE: i64 = 50;
/// Between two such looks.
const BREATH: Duration = Duration::from_millis(200);

type Trouble = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    one_by_one::begin(SWEEP);
    let mut patience = Patience::default();
    while engine.pause(PAUSE).await {
        if let Err(error) = round(&engine, &reads, &mut patience).await {
            tracing::warn!(error, "merchants on their way out could not be looked at");
        }
    }
}

async fn round(engine: &Engine, reads: &Pool, patience: &mut Patience) -> Result<(), String> {
    let mut after = None;
    loop {
        let looked = look(reads, after, patience, Instant::now()).await;
        let (found, empty) = looked.map_err(|error| error.to_string())?;
        if !empty.is_empty() {
            let close = |ids| engine.submit(Command::CloseEmptied(ids));
            one_by_one::submit(SWEEP, &empty, close).await?;
        }
        after = found.last().copied();
        if after.is_none() {
            patience.ends_a_round();
            return Ok(());
        }
        if !engine.pause(BREATH).await {
            return Ok(());
        }
    }
}

/// Some merchants that are on their way out, and those whose turn it is and that seem to be empty: only these are locked and decided
/// about.
async fn look(
    reads: &Pool,
    after: Option<MerchantId>,
    patience: &mut Patience,
    now: Instant,
) -> Result<(Vec<MerchantId>, Vec<MerchantId>), Trouble> {
    let mut conn = reads.get().await?;
    let found = merchants::closing(&conn, after, AT_ONCE).await?;
    let mut empty = Vec::new();
    for merchant in patience.whose_turn(&found, now) {
        let tx = conn.begin().await?;
        let left = remains::<Trouble>(&tx, merchant).await?;
        tx.rollback().await?;
        if left.obstacles().is_empty() {
            empty.push(merchant);
        } else {
            patience.keeps(merchant, now);
        }
    }
    Ok((found, empty))
}

#[cfg(test)]
mod tests;
