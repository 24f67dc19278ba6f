//! R8: what a bank took back before its payment was seen is applied once the payment is there. The batch that brings
//! the payment does so at once; this finds what crossed it.

use std::sync::Arc;
use std::time::Duration;

use deposits::ReversalId;
use pg::{Place, Pool};

use super::{Engine, one_by_one};
use crate::commands::Command;

const PAUSE: Duration = Duration::from_secs(5);
const PAGE: i64 = 50;
const SWEEP: &str = "reversals";

pub(super) async fn sweep(engine: Arc<Engine>, reads: Pool) {
    one_by_one::begin(SWEEP);
    while engine.pause(PAUSE).await {
        if let Err(error) = walk(&engine, &reads).await {
            tracing::warn!(%error, "waiting reversals could not be looked at");
        }
    }
}

async fn walk(engine: &Engine, reads: &Pool) -> Result<(), String> {
    let mut cursor = Place::START;
    loop {
        let conn = reads.get().await.map_err(|error| error.to_string())?;
        let page =
            deposits::waiting_reversals(&conn, cursor, PAGE).await.map_err(|error| error.to_string())?;
        drop(conn);
        let Some((_, last)) = page.last() else { return Ok(()) };
        cursor = *last;
        let ids: Vec<ReversalId> = page.iter().map(|(id, _)| *id).collect();
        let apply = |some| engine.submit(Command::ApplyReversals(some));
        one_by_one::submit(SWEEP, &ids, apply).await?;
    }
}
