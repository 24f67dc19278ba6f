//! R10: settlements that merchants have announced have arrived once payments that are them were credited. It is looked for beside the
//! lanes, so that payments of merchants without announcements cost nothing more. Several gateways look at once, each page of a
//! statement in one of them.

use std::sync::Arc;
use std::time::Duration;

use deposits::settlements::{Awaited, awaited, look};
use ledger::MerchantRef;
use merchants::MerchantId;
use pg::{Connection, Pool};

use super::Engine;
use crate::commands::settlement_arrived;

/// Nobody waits for it but the merchant, whose money is in its balance already.
const PAUSE: Duration = Duration::from_secs(5);
/// Merchants that are asked for together whether they have anything new.
const AT_ONCE: i64 = 500;
/// Between two such questions, and where a round has left something.
const BREATH: Duration = Duration::from_millis(100);
/// Lines of a statement that are looked through in one transaction.
const LINES: i64 = 500;
/// Pages of one merchant's statement, until it is the others' turn.
const PAGES: usize = 20;

type Trouble = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    while engine.pause(PAUSE).await {
        loop {
            match round(&engine, &reads).await {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => {
                    tracing::warn!(%error, "announced settlements could not be looked for");
                    break;
                }
            }
            if !engine.pause(BREATH).await {
                return;
            }
        }
    }
}

/// Whether some merchant's statement is not at its end yet.
async fn round(engine: &Engine, reads: &Pool) -> Result<bool, Trouble> {
    let (mut after, mut left) = (None, false);
    loop {
        let mut conn = reads.get().await?;
        let waiting = awaited(&conn, after, AT_ONCE).await?;
        let Some(last) = waiting.last() else { return Ok(left) };
        after = Some(last.merchant);
        for merchant in with_news(&conn, &waiting).await? {
            // One that can't be looked for stands in nobody's way.
            match turn(engine, &mut conn, merchant).await {
                Ok(more) => left |= more,
                Err(error) => {
                    tracing::warn!(%merchant, %error, "settlements of one merchant could not be looked for");
                }
            }
        }
        drop(conn);
        if !engine.pause(BREATH).await {
            return Ok(false);
        }
    }
}

/// Those whose statements have gone on since they were looked through.
async fn with_news(conn: &Connection, waiting: &[Awaited]) -> Result<Vec<MerchantId>, Trouble> {
    let book = |one: &Awaited| MerchantRef { shard: one.merchant.shard(), id: one.merchant.uuid() };
    let places: Vec<_> = waiting.iter().map(|one| (book(one), one.seen)).collect();
    let news = ledger::with_news(conn, &places).await?;
    Ok(waiting.iter().map(|one| one.merchant).filter(|merchant| news.contains(&merchant.uuid())).collect())
}

/// Some pages of one merchant's statement; whether there are more.
async fn turn(engine: &Engine, conn: &mut Connection, merchant: MerchantId) -> Result<bool, Trouble> {
    for _ in 0..PAGES {
        let tx = conn.begin().await?;
        let now = tx.now().await?;
        let looked = look(&tx, merchant, engine.facts.day(now), now, LINES).await?;
        let told: Vec<_> = looked.arrived.iter().map(settlement_arrived).collect();
        notifications::enqueue(&tx, &told, engine.facts.emails, now).await?;
        tx.commit().await?;
        if !told.is_empty() {
            engine.wake_notices();
        }
        if !looked.more {
            return Ok(false);
        }
    }
    Ok(true)
}
