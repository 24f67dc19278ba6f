//! What Prometheus is told of what lies in the database. Each group is read by itself: one that can't be read keeps its last
//! figures and is logged, and the others go on.

use std::collections::BTreeSet;

use money::Currency;
use payouts::PayoutState;
use pg::{Connection, Pool};
use time::OffsetDateTime;

use super::{Engine, quotes, rates, reconcile};

/// What had a figure before: where there is nothing any more, it falls back to zero.
#[derive(Debug, Default)]
pub(super) struct Seen {
    suspense: BTreeSet<Currency>,
    quotes: quotes::Seen,
}

/// # Errors
/// In words, where no group could be read: there is no connection.
pub(super) async fn read(
    engine: &Engine,
    reads: &Pool,
    banks: &[String],
    seen: &mut Seen,
) -> Result<(), String> {
    let conn = reads.get().await.map_err(|error| error.to_string())?;
    let now = conn.now().await.map_err(|error| error.to_string())?;
    let groups = [
        ("payouts", payouts(&conn, banks, now).await),
        ("withdrawals", withdrawals(&conn, now).await),
        ("review", review(&conn, &mut seen.suspense, now).await),
        ("reversals", reversals(&conn, now).await),
        ("quotes", quotes::gauges(&conn, &mut seen.quotes).await),
        ("positions", quotes::positions(&conn).await),
        ("reconciliation", reconcile::gauges(&conn, now).await),
        ("payees", payees(&conn).await),
        ("merchants", merchants(&conn).await),
        ("settlements", settlements(&conn, now).await),
        ("rates", rates::gauges(&conn, &engine.facts.policy).await),
        ("approvals", approvals(&conn).await),
        ("ledger", ledger(&conn).await),
        ("event ids", event_ids(&conn).await),
    ];
    for (group, read) in groups {
        if let Err(error) = read {
            tracing::warn!(group, error, "gauges could not be read");
        }
    }
    Ok(())
}

async fn payouts(conn: &Connection, banks: &[String], now: OffsetDateTime) -> Result<(), String> {
    let counts = ::payouts::counts(conn).await.map_err(|error| error.to_string())?;
    ::payouts::publish(&banks.iter().map(String::as_str).collect::<Vec<_>>(), &counts);
    for bank in banks {
        for state in [PayoutState::Queued, PayoutState::Held, PayoutState::Sent, PayoutState::Unknown] {
            let of = |count: &&::payouts::Count| count.bank == *bank && count.state == state;
            let oldest = counts.iter().find(of).map(|count| count.oldest);
            let labels = [("bank", bank.clone()), ("status", state.as_str().to_owned())];
            metrics::gauge!("sluice_payout_oldest_seconds", &labels).set(age(oldest, now));
        }
    }
    Ok(())
}

/// Zero is a figure, too: a status that nobody stands in any more falls back to it.
async fn withdrawals(conn: &Connection, now: OffsetDateTime) -> Result<(), String> {
    let waiting = ::withdrawals::waiting(conn).await.map_err(|error| error.to_string())?;
    for state in ::withdrawals::WAITING {
        let found = waiting.iter().find(|one| one.state == state);
        let (count, oldest) = (found.map_or(0, |one| one.withdrawals), found.map(|one| one.oldest));
        let status = [("status", state.as_str())];
        metrics::gauge!("sluice_withdrawals_waiting", &status).set(count as f64);
        metrics::gauge!("sluice_withdrawal_waiting_oldest_seconds", &status).set(age(oldest, now));
    }
    Ok(())
}

async fn review(conn: &Connection, seen: &mut BTreeSet<Currency>, now: OffsetDateTime) -> Result<(), String> {
    let suspense = deposits::suspense_summary(conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_review_oldest_seconds").set(age(suspense.oldest(), now));
    for reason in deposits::Reason::ALL {
        let lines = suspense.lines.iter().filter(|line| line.reason == reason);
        let payments: i64 = lines.map(|line| line.payments).sum();
        metrics::gauge!("sluice_review_payments", "reason" => reason.as_str()).set(payments as f64);
    }
    let sums = suspense.by_currency();
    seen.extend(sums.keys());
    for currency in &*seen {
        let sum = sums.get(currency).copied().unwrap_or_default();
        metrics::gauge!("sluice_suspense_amount", "currency" => currency.code())
            .set(quotes::units(sum, *currency));
    }
    Ok(())
}

async fn reversals(conn: &Connection, now: OffsetDateTime) -> Result<(), String> {
    let held = deposits::held_reversals(conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_reversals_held").set((held.held + held.overdue) as f64);
    metrics::gauge!("sluice_reversals_held_oldest_seconds").set(age(held.oldest, now));
    Ok(())
}

async fn payees(conn: &Connection) -> Result<(), String> {
    let payees = ::merchants::pending_payees(conn).await.map_err(|error| error.to_string())?;
    for (check, count) in [("asking", payees.asking), ("given_up", payees.given_up)] {
        metrics::gauge!("sluice_payees_pending", "check" => check).set(count as f64);
    }
    Ok(())
}

async fn merchants(conn: &Connection) -> Result<(), String> {
    let reviews = ::merchants::documents::reviews(conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_merchants_pending").set(reviews.waiting as f64);
    metrics::gauge!("sluice_merchants_overdue").set(reviews.overdue as f64);
    Ok(())
}

async fn settlements(conn: &Connection, now: OffsetDateTime) -> Result<(), String> {
    let settlements = deposits::settlements::under_investigation(conn).await;
    let settlements = settlements.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_settlements_investigated").set(settlements.count as f64);
    metrics::gauge!("sluice_settlements_investigated_oldest_seconds").set(age(settlements.oldest, now));
    Ok(())
}

async fn approvals(conn: &Connection) -> Result<(), String> {
    let approvals = audit::pending_count(conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_approvals_pending").set(approvals as f64);
    Ok(())
}

async fn ledger(conn: &Connection) -> Result<(), String> {
    let (live, dead) = ::ledger::account_versions(conn).await.map_err(|error| error.to_string())?;
    for (state, versions) in [("live", live), ("dead", dead)] {
        metrics::gauge!("sluice_ledger_account_versions", "state" => state).set(versions as f64);
    }
    Ok(())
}

async fn event_ids(conn: &Connection) -> Result<(), String> {
    let conflicts = vault::conflict_count(conn).await.map_err(|error| error.to_string())?;
    metrics::gauge!("sluice_event_id_conflicts").set(conflicts as f64);
    Ok(())
}

fn age(oldest: Option<OffsetDateTime>, now: OffsetDateTime) -> f64 {
    oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0))
}
