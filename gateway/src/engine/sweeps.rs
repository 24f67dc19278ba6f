//! What happens by the clock: freezes end, gauges are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use money::Currency;
use payouts::PayoutState;
use pg::Pool;
use time::OffsetDateTime;

use super::{Engine, one_by_one};
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
    let (mut seen, mut locked) = (BTreeSet::new(), super::quotes::Seen::new());
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
        }
        if let Err(error) = read_gauges(&engine, &reads, &banks, (&mut seen, &mut locked)).await {
            tracing::warn!(error, "gauges could not be read");
        }
        if !engine.pause(GAUGES).await {
            return;
        }
    }
}

/// `seen` are the currencies that were in suspense before: an empty one falls back to zero.
async fn read_gauges(
    engine: &Engine,
    reads: &Pool,
    banks: &[String],
    (seen, locked): (&mut BTreeSet<Currency>, &mut super::quotes::Seen),
) -> Result<(), String> {
    let conn = reads.get().await.map_err(|error| error.to_string())?;
    let now = conn.now().await.map_err(|error| error.to_string())?;
    let counts = payouts::counts(&conn).await.map_err(|error| error.to_string())?;
    payouts::publish(&banks.iter().map(String::as_str).collect::<Vec<_>>(), &counts);
    for bank in banks {
        for state in [PayoutState::Queued, PayoutState::Held, PayoutState::Sent, PayoutState::Unknown] {
            let of = |count: &&payouts::Count| count.bank == *bank && count.state == state;
            let oldest = counts.iter().find(of).map(|count| count.oldest);
            let labels = [("bank", bank.clone()), ("status", state.as_str().to_owned())];
            metrics::gauge!("sluice_payout_oldest_seconds", &labels).set(age(oldest, now));
        }
    }
    let waiting = ::withdrawals::waiting(&conn).await.map_err(|error| error.to_string())?;
    publish_waiting(&waiting, now);
    let suspense = deposits::suspense_summary(&conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_review_oldest_seconds").set(age(suspense.oldest(), now));
    let mut by_currency = BTreeMap::new();
    for currency in &*seen {
        by_currency.insert(*currency, 0i128);
    }
    for line in &suspense.lines {
        *by_currency.entry(line.amount.currency()).or_insert(0i128) += i128::from(line.amount.minor());
    }
    for reason in deposits::Reason::ALL {
        let lines = suspense.lines.iter().filter(|line| line.reason == reason);
        let payments: i64 = lines.map(|line| line.payments).sum();
        metrics::gauge!("sluice_review_payments", "reason" => reason.as_str()).set(payments as f64);
    }
    for (currency, minor) in by_currency {
        let units = 10f64.powi(i32::try_from(currency.exponent()).unwrap_or(2));
        metrics::gauge!("sluice_suspense_amount", "currency" => currency.code()).set(minor as f64 / units);
        seen.insert(currency);
    }
    super::quotes::gauges(&conn, locked).await?;
    super::reconcile::gauges(&conn, now).await?;
    let payees = merchants::pending_payees(&conn).await.map_err(|error| error.to_string())?;
    for (check, count) in [("asking", payees.asking), ("given_up", payees.given_up)] {
        metrics::gauge!("sluice_payees_pending", "check" => check).set(count as f64);
    }
    let reviews = merchants::documents::reviews(&conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_merchants_pending").set(reviews.waiting as f64);
    metrics::gauge!("sluice_merchants_overdue").set(reviews.overdue as f64);
    let settlements = deposits::settlements::under_investigation(&conn).await;
    let settlements = settlements.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_settlements_investigated").set(settlements.count as f64);
    metrics::gauge!("sluice_settlements_investigated_oldest_seconds").set(age(settlements.oldest, now));
    super::rates::gauges(&conn, &engine.facts.policy).await?;
    let approvals = audit::pending_count(&conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_approvals_pending").set(approvals as f64);
    let (live, dead) = ledger::account_versions(&conn).await.map_err(|error| error.to_string())?;
    for (state, versions) in [("live", live), ("dead", dead)] {
        metrics::gauge!("sluice_ledger_account_versions", "state" => state).set(versions as f64);
    }
    let conflicts = vault::conflict_count(&conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_event_id_conflicts").set(conflicts as f64);
    Ok(())
}

/// Zero is a figure, too: a status that nobody stands in any more falls back to it.
fn publish_waiting(waiting: &[::withdrawals::Waiting], now: OffsetDateTime) {
    for state in ::withdrawals::WAITING {
        let found = waiting.iter().find(|one| one.state == state);
        let (count, oldest) = (found.map_or(0, |one| one.withdrawals), found.map(|one| one.oldest));
        let status = [("status", state.as_str())];
        metrics::gauge!("sluice_withdrawals_waiting", &status).set(count as f64);
        metrics::gauge!("sluice_withdrawal_waiting_oldest_seconds", &status).set(age(oldest, now));
    }
}

fn age(oldest: Option<OffsetDateTime>, now: OffsetDateTime) -> f64 {
    oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0))
}

fn count(n: usize) -> f64 {
    n as f64
}
