//! What Prometheus sees. Labels are banks, statuses and outcomes, never ids.

use std::time::Duration;

use crate::decide::Effect;
use crate::reads::Count;
use crate::state::PayoutState;

/// Counters of what banks report and nobody acts upon by himself.
const CONTRADICTIONS: &str = "sluice_payout_contradictions_total";
const DISPUTES: &str = "sluice_payout_disputes_total";
const GIVEN_BACK: &str = "sluice_payout_charges_given_back_total";
const UNNAMED_REPEATS: &str = "sluice_payout_unnamed_repeats_total";
const UNKNOWN_REFERENCES: &str = "sluice_payout_unknown_references_total";

/// Sets `sluice_payouts{bank,status}` and `sluice_payouts_for_operators{bank}` for these banks from
/// [`crate::counts`]; what is not counted is zero. The counters of these banks begin at zero here: Prometheus doesn't
/// see the first step of one that begins at one.
pub fn publish(banks: &[&str], counts: &[Count]) {
    for bank in banks {
        for state in PayoutState::ALL.into_iter().filter(|state| state.is_unsettled()) {
            let of = |count: &&Count| count.bank == **bank && count.state == state;
            let payouts = counts.iter().find(of).map_or(0, |count| count.payouts);
            let gauge =
                metrics::gauge!("sluice_payouts", "bank" => (*bank).to_owned(), "status" => state.as_str());
            // A gauge is a float; no queue is longer than 2⁵³.
            gauge.set(payouts as f64);
        }
        let of_bank = counts.iter().filter(|count| count.bank == **bank);
        let waiting: i64 = of_bank.map(|count| count.for_operators).sum();
        metrics::gauge!("sluice_payouts_for_operators", "bank" => (*bank).to_owned()).set(waiting as f64);
        for name in [CONTRADICTIONS, DISPUTES, GIVEN_BACK, UNNAMED_REPEATS, UNKNOWN_REFERENCES] {
            metrics::counter!(name, "bank" => (*bank).to_owned()).increment(0);
        }
    }
}

/// Counts an effect after its commit: `sluice_payout_contradictions_total`, `sluice_payout_disputes_total`,
/// `sluice_payout_unnamed_repeats_total`.
pub fn count_effect(bank: &str, effect: Effect) {
    let name = match effect {
        Effect::Contradiction => CONTRADICTIONS,
        Effect::Disputed => DISPUTES,
        Effect::Unnamed => UNNAMED_REPEATS,
        _ => return,
    };
    metrics::counter!(name, "bank" => bank.to_owned()).increment(1);
}

/// Counts what came back after its merchant was charged for it, after its commit:
/// `sluice_payout_charges_given_back_total`.
pub fn count_given_back(bank: &str) {
    metrics::counter!(GIVEN_BACK, "bank" => bank.to_owned()).increment(1);
}

/// Counts a report about a payout that this bank was never asked for, after its commit:
/// `sluice_payout_unknown_references_total`.
pub fn count_stranger(bank: &str) {
    metrics::counter!(UNKNOWN_REFERENCES, "bank" => bank.to_owned()).increment(1);
}

pub(crate) fn send_took(bank: &str, outcome: &'static str, took: Duration) {
    metrics::histogram!("sluice_payout_send_seconds", "bank" => bank.to_owned(), "outcome" => outcome)
        .record(took.as_secs_f64());
}

pub(crate) fn query_took(bank: &str, outcome: &'static str, took: Duration) {
    metrics::histogram!("sluice_payout_query_seconds", "bank" => bank.to_owned(), "outcome" => outcome)
        .record(took.as_secs_f64());
}
