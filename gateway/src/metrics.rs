//! What Prometheus reads: the recorder, and what each metric means.

use std::time::Duration;

use hyper::StatusCode;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Upper bounds of the histograms of times, in seconds.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of the histograms of batches.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Counted things, with their help.
const COUNTERS: [(&str, &str); 16] = [
    ("sluice_http_requests_total", "Answered requests, by route and status."),
    (
        "sluice_http_connections_refused_total",
        "Connections that ended before a request, by listener and reason.",
    ),
    (
        "sluice_signature_failures_total",
        "Bank events refused for signature or client certificate, by bank and reason.",
    ),
    (
        "sluice_bank_events_over_share_total",
        "Events refused since their bank, or all banks, had their share of the room, by bank.",
    ),
    ("sluice_authentication_failures_total", "Requests without valid credentials, by kind of caller."),
    ("sluice_config_reloads_total", "Reloads of the configuration, by result."),
    ("sluice_lane_batches_total", "Batches by outcome."),
    ("sluice_streams_cut_total", "Event streams that were ended, by reason: slow or operator."),
    ("sluice_account_checks_total", "Questions to banks about payees' accounts, by bank and result."),
    ("sluice_merchants_restricted_total", "Merchants that were restricted, since a document had expired."),
    ("sluice_payout_contradictions_total", "Reports of banks that contradict what is known, by bank."),
    (
        "sluice_payout_disputes_total",
        "Payouts reported as paid after they were refused or refunded, by bank.",
    ),
    (
        "sluice_payout_charges_given_back_total",
        "Payouts that came back after their merchants were charged for them, by bank.",
    ),
    (
        "sluice_payout_unnamed_repeats_total",
        "Payouts reported as paid again, without a reference, after people found them never executed, by bank.",
    ),
    ("sluice_sweep_skipped_total", "Commands of sweeps that failed for good and were passed over, by sweep."),
    (
        "sluice_payout_unknown_references_total",
        "Reports of banks about payouts that are not theirs, by bank.",
    ),
];

/// Things that go up and down, with their help.
const GAUGES: [(&str, &str); 47] = [
    ("sluice_build_info", "1, with the version."),
    ("sluice_config_last_reload_successful", "1 unless the last reload was refused."),
    ("sluice_ready", "1 while /readyz says yes; asked at each scrape."),
    ("sluice_calendar_end_timestamp_seconds", "When what is known of bank days ends, by jurisdiction."),
    ("sluice_certificate_end_timestamp_seconds", "When the certificate that the server shows ends."),
    ("sluice_http_connections", "Open connections, by listener."),
    ("sluice_streams", "Event streams of operators that are open."),
    ("sluice_pool_connections", "Database connections for reads, by state."),
    ("sluice_pool_waiting", "Requests waiting for a database connection."),
    ("sluice_lane_queue_depth", "Commands waiting, by lane."),
    ("sluice_payouts", "Payouts that are not over, by bank and status."),
    ("sluice_payout_oldest_seconds", "Age of the oldest payout, by bank and status."),
    ("sluice_payouts_for_operators", "Payouts that wait for a person, by bank."),
    ("sluice_withdrawals_waiting", "Withdrawals that stand until somebody decides, by status."),
    ("sluice_withdrawal_waiting_oldest_seconds", "How long the oldest of them has stood so, by status."),
    ("sluice_bank_breaker_open", "1 while a bank is left alone after failures."),
    ("sluice_payouts_paused", "1 while payouts to a bank are stopped by configuration, by bank."),
    ("sluice_bank_inbox_files", "Files in the inbox of a bank that answers by files, by bank and state."),
    ("sluice_review_payments", "Payments in review, by reason."),
    ("sluice_review_oldest_seconds", "Age of the oldest payment in review."),
    ("sluice_reversals_held", "Money that banks have taken back and that a person has to decide about."),
    ("sluice_reversals_held_oldest_seconds", "How long the oldest of it has waited."),
    ("sluice_suspense_amount", "Money of unknown owner, in major units, by currency."),
    ("sluice_reconciliation_open_lines", "Lines of bank statements that don't match the book, by outcome."),
    ("sluice_reconciliation_oldest_seconds", "Age of the oldest open line, by outcome."),
    ("sluice_reconciliation_unbalanced_statements", "Statements whose lines contradict their balances."),
    ("sluice_payees_pending", "Payees without an answer of their bank, by whether it is asked again."),
    ("sluice_merchants_pending", "Merchants that wait for an operator to look at them."),
    ("sluice_merchants_overdue", "Those of them that have waited longer than they should."),
    (
        "sluice_settlements_investigated",
        "Announced settlements that merchants have asked for and operators look for.",
    ),
    ("sluice_settlements_investigated_oldest_seconds", "How long the first of them has been looked for."),
    ("sluice_open_quotes", "Quotes that can still be used, by pair."),
    ("sluice_open_quotes_amount", "What they promise, in major units, by pair and side."),
    (
        "sluice_exchange_position_amount",
        "What the institution holds by exchange, in major units, by currency.",
    ),
    ("sluice_rate_available", "1 while a rate makes the pair's prices, by pair."),
    (
        "sluice_rate_age_seconds",
        "Age of the rate that makes the pair's prices, or of the last one that did, by pair.",
    ),
    ("sluice_rates_held", "Rates that jump and wait for an operator."),
    ("sluice_approvals_pending", "Requests that wait for a second person."),
    ("sluice_event_id_conflicts", "Event ids that came again with other bytes."),
    ("sluice_notices_overdue", "Notices that merchants should have by now and don't."),
    ("sluice_notices_oldest_seconds", "Age of the oldest notice that its merchant doesn't have."),
    ("sluice_notices_dead", "Deliveries of notices that were given up, up to 10000."),
    (
        "sluice_ledger_account_versions",
        "Rows of accounts, and their versions not cleared away yet, by state.",
    ),
    ("sluice_ledger_verification_holds", "1 if the last proof of the books found every invariant to hold."),
    (
        "sluice_ledger_verification_finished_timestamp_seconds",
        "When the last proof of the books ended, by whoever; 0 before the first.",
    ),
    ("sluice_ledger_verification_duration_seconds", "How long the last proof of the books took."),
    ("sluice_vault_retention_ok", "1 unless putting the vault's bytes in order failed the last time."),
];

/// Times and sizes, with their help.
const HISTOGRAMS: [(&str, Unit, &str); 7] = [
    ("sluice_http_request_seconds", Unit::Seconds, "From a request's head to its answer, by route."),
    ("sluice_lane_wait_seconds", Unit::Seconds, "From submitting a command to its batch's start."),
    ("sluice_lane_commit_seconds", Unit::Seconds, "One batch, from BEGIN to the end of COMMIT."),
    ("sluice_lane_batch_size", Unit::Count, "Commands in one batch."),
    ("sluice_payout_send_seconds", Unit::Seconds, "One order sent to a bank."),
    ("sluice_payout_query_seconds", Unit::Seconds, "One question to a bank about an order."),
    (
        "sluice_notification_seconds",
        Unit::Seconds,
        "One attempt to deliver a notice, by channel and outcome.",
    ),
];

/// Installs the recorder for the process.
///
/// # Errors
/// When there is one already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES)?
        .install_recorder()?;
    describe();
    gauge!("sluice_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("sluice_config_last_reload_successful").set(1.0);
    Ok(handle)
}

/// How often histograms are folded. At ten thousand requests a second it is some megabyte.
const UPKEEP: Duration = Duration::from_secs(2);

/// Folds what histograms have gathered, until the gateway stops: they keep each observation until they are folded, and only a
/// scrape would do so besides. Where nobody scrapes, they would grow for ever.
pub async fn upkeep(handle: PrometheusHandle, stop: CancellationToken) {
    let mut turns = tokio::time::interval(UPKEEP);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = turns.tick() => handle.run_upkeep(),
        }
    }
}

fn describe() {
    for (name, help) in COUNTERS {
        describe_counter!(name, help);
    }
    for (name, help) in GAUGES {
        describe_gauge!(name, help);
    }
    for (name, unit, help) in HISTOGRAMS {
        describe_histogram!(name, unit, help);
    }
}

/// Why an event can be refused for its signature, whatever the bank's scheme.
const SIGNATURE_FAILURES: [&str; 4] = ["bad_signature", "malformed_header", "missing_header", "timestamp"];

/// Zero is a figure: an increase is seen from the first time on only where there was one before.
pub fn count_from_the_start<'b>(banks: impl Iterator<Item = &'b str>) {
    for bank in banks {
        for reason in SIGNATURE_FAILURES {
            let labels = [("bank", bank.to_owned()), ("reason", reason.to_owned())];
            counter!("sluice_signature_failures_total", &labels).increment(0);
        }
        counter!("sluice_bank_events_over_share_total", "bank" => bank.to_owned()).increment(0);
    }
    for kind in ["merchant", "operator"] {
        counter!("sluice_authentication_failures_total", "kind" => kind).increment(0);
    }
    for result in ["applied", "refused"] {
        counter!("sluice_config_reloads_total", "result" => result).increment(0);
    }
}

/// Counts one answered request.
pub fn answered(route: &'static str, status: StatusCode, took: Duration) {
    let status: &'static str =
        STATUSES.iter().find(|known| known.0 == status.as_u16()).map_or("other", |known| known.1);
    counter!("sluice_http_requests_total", "route" => route, "status" => status).increment(1);
    histogram!("sluice_http_request_seconds", "route" => route).record(took.as_secs_f64());
}

/// The statuses that are answered, as labels that cost no allocation.
const STATUSES: [(u16, &str); 17] = [
    (200, "200"),
    (201, "201"),
    (202, "202"),
    (204, "204"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (413, "413"),
    (415, "415"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
    (503, "503"),
];

/// Counts a reload.
pub fn reloaded(applied: bool) {
    let result = if applied { "applied" } else { "refused" };
    counter!("sluice_config_reloads_total", "result" => result).increment(1);
    gauge!("sluice_config_last_reload_successful").set(if applied { 1.0 } else { 0.0 });
}

/// Counts an event that was refused for its signature.
pub fn signature_failed(bank: &str, reason: &'static str) {
    counter!("sluice_signature_failures_total", "bank" => bank.to_owned(), "reason" => reason).increment(1);
}

/// Counts an event that found no room left in its bank's share.
pub fn over_share(bank: &str) {
    counter!("sluice_bank_events_over_share_total", "bank" => bank.to_owned()).increment(1);
}

/// Counts a caller who is not who it should be.
pub fn authentication_failed(kind: &'static str) {
    counter!("sluice_authentication_failures_total", "kind" => kind).increment(1);
}

/// Counts a connection that came to nothing.
pub fn connection_refused(listener: &'static str, reason: &'static str) {
    counter!("sluice_http_connections_refused_total", "listener" => listener, "reason" => reason)
        .increment(1);
}

/// Counts open connections.
pub fn connections(listener: &'static str) -> metrics::Gauge {
    gauge!("sluice_http_connections", "listener" => listener)
}

/// Counts open event streams.
pub fn streams() -> metrics::Gauge {
    gauge!("sluice_streams")
}

/// Counts an event stream that was ended.
pub fn stream_cut(reason: &'static str) {
    counter!("sluice_streams_cut_total", "reason" => reason).increment(1);
}

#[cfg(test)]
mod tests;
