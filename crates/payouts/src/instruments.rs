//! What Prometheus sees. Labels are banks, statuses and outcomes, never ids.

use std::time::Duration;

use crate::decide::Effect;
use crate::reads::Count;
use crate::state::PayoutState;

/// Sets `sluice_payouts{bank,status}` for these banks from [`crate::counts`]; what is not counted is zero.
pub fn publish(banks: &[&str], counts: &[Count]) {
    for bank in banks {
        for state in PayoutState::ALL.into_iter().filter(|s| s.is_open() || *s == PayoutState::Disputed) {
            let of = |count: &&Count| count.bank == **bank && count.state == state;
            let payouts = counts.iter().find(of).map_or(0, |count| count.payouts);
            let gauge =
                metrics::gauge!("sluice_payouts", "bank" => (*bank).to_owned(), "status" => state.as_str());
            // A gauge is a float; no queue is longer than 2⁵³.
            gauge.set(payouts as f64);
        }
    }
}

/// Counts an effect after its commit: `sluice_payout_contradictions_total`, `sluice_payout_disputes_total`.
pub fn count_effect(bank: &str, effect: Effect) {
    let name = match effect {
        Effect::Contradiction => "sluice_payout_contradictions_total",
        Effect::Disputed => "sluice_payout_disputes_total",
        _ => return,
    };
    metrics::counter!(name, "bank" => bank.to_owned()).increment(1);
}

/// Counts a report about a payout that this bank was never asked for: `sluice_payout_unknown_references_total`.
pub fn count_stranger(bank: &str) {
    metrics::counter!("sluice_payout_unknown_references_total", "bank" => bank.to_owned()).increment(1);
}

pub(crate) fn send_took(bank: &str, outcome: &'static str, took: Duration) {
    metrics::histogram!("sluice_payout_send_seconds", "bank" => bank.to_owned(), "outcome" => outcome)
        .record(took.as_secs_f64());
}

pub(crate) fn query_took(bank: &str, outcome: &'static str, took: Duration) {
    metrics::histogram!("sluice_payout_query_seconds", "bank" => bank.to_owned(), "outcome" => outcome)
        .record(took.as_secs_f64());
}
