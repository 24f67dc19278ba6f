//! What happens by the clock: freezes end, gauges are read.

use std::sync::Arc;
use std::time::Duration;

use pg::Pool;

use super::{Engine, gauges, one_by_one};
use crate::commands::Command;

const FREEZES: Duration = Duration::from_secs(2);
const SWEEP: &str = "freezes";
/// Merchants in one command.
const AT_ONCE: i64 = 100;
const GAUGES: Duration = Duration::from_secs(5);

/// R32: a freeze with an end is lifted by itself, in the lane, audited.
pub(super) async fn lift_freezes(engine: Arc<Engine>, reads: Pool) {
    one_by_one::begin(SWEEP);
    while engine.pause(FREEZES).await {
        if let Err(error) = lift_over(&engine, &reads).await {
            tracing::warn!(error, "freezes that are over could not be lifted yet");
        }
    }
}

async fn lift_over(engine: &Engine, reads: &Pool) -> Result<(), String> {
    let conn = reads.get().await.map_err(|error| error.to_string())?;
    let over = merchants::expired_freezes(&conn, AT_ONCE).await.map_err(|error| error.to_string())?;
    drop(conn);
    if over.is_empty() {
        return Ok(());
    }
    one_by_one::submit(SWEEP, &over, |some| engine.submit(Command::LiftFreezes(some))).await
}

/// What Prometheus can't learn from single requests.
pub(super) async fn gauges(engine: Arc<Engine>, reads: Pool, banks: Vec<String>) {
    let mut seen = gauges::Seen::default();
    loop {
        let pool = reads.status();
        metrics::gauge!("sluice_pool_connections", "state" => "open").set(count(pool.size));
        metrics::gauge!("sluice_pool_connections", "state" => "available").set(count(pool.available));
        metrics::gauge!("sluice_pool_connections", "state" => "max").set(count(pool.max));
        metrics::gauge!("sluice_pool_waiting").set(count(pool.waiting));
        engine.lanes.publish();
        for bank in engine.bank_states() {
            let open = if bank.breaker == payouts::BreakerState::Closed { 0.0 } else { 1.0 };
            metrics::gauge!("sluice_bank_breaker_open", "bank" => bank.bank.to_string()).set(open);
            super::pausing::publish(&bank.bank, bank.paused);
        }
        if let Err(error) = gauges::read(&engine, &reads, &banks, &mut seen).await {
            tracing::warn!(error, "gauges could not be read");
        }
        if !engine.pause(GAUGES).await {
            return;
        }
    }
}

fn count(n: usize) -> f64 {
    n as f64
}
