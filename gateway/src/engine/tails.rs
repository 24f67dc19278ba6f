//! Account numbers that were entered before they could be found by their end, or by a gateway that didn't know of it: their
//! blind indexes are made here, since the database hasn't got the key.

use std::sync::Arc;
use std::time::Duration;

use merchants::Numbered;
use pg::Pool;
use uuid::Uuid;

use super::Engine;

/// Between two rounds: where nothing is left to do, one looks into two empty indexes.
const PAUSE: Duration = Duration::from_secs(60 * 60);
/// After a round that did not get through.
const AGAIN: Duration = Duration::from_secs(60);
/// Between two steps, so that a big table is no load.
const BREATH: Duration = Duration::from_millis(50);
/// Rows of one step: they are locked together, for some milliseconds.
const AT_ONCE: i64 = 500;

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    loop {
        let mut pause = PAUSE;
        for which in [Numbered::Payees, Numbered::ReceivingAccounts] {
            match round(&engine, &reads, which).await {
                Ok((0, 0)) => {}
                Ok((filled, 0)) => {
                    tracing::info!(?which, filled, "account numbers can be found by their end");
                }
                Ok((filled, sealed)) => {
                    tracing::warn!(?which, filled, sealed, "account numbers that this key does not open");
                }
                Err(error) => {
                    tracing::warn!(?which, %error, "account numbers without an index of their end; trying again");
                    pause = AGAIN;
                }
            }
        }
        if !engine.pause(pause).await {
            return;
        }
    }
}

/// How many rows it filled, and how many it could not open.
async fn round(engine: &Engine, reads: &Pool, which: Numbered) -> Result<(usize, usize), merchants::Error> {
    let (mut after, mut filled, mut sealed) = (Uuid::nil(), 0, 0);
    loop {
        let mut conn = reads.get().await?;
        let step = merchants::fill_tails(&mut conn, &engine.facts.keyring, which, after, AT_ONCE).await?;
        drop(conn);
        (filled, sealed) = (filled + step.filled, sealed + step.sealed);
        let Some(last) = step.last else { return Ok((filled, sealed)) };
        after = last;
        if !engine.pause(BREATH).await {
            return Ok((filled, sealed));
        }
    }
}
