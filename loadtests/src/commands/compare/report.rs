//! The rounds as a table for people and one line of JSON for programs.

use serde::Serialize;

use super::Round;
use crate::Fault;
use crate::measure::Measured;
use crate::table::{head, median, range, rounded, row};

#[derive(Serialize)]
struct Summary {
    floor_per_s: f64,
    gateway_per_s: f64,
    per_request_per_s: f64,
    pgbench_tps: f64,
    /// What the gateway reaches of the floor.
    ratio_floor: f64,
    /// How many times one transaction per request.
    ratio_per_request: f64,
    /// At the closed loop's saturation.
    p50_ms: f64,
    p99_ms: f64,
    /// CPU for each event.
    gateway_us: f64,
    postgres_us: f64,
    /// For each event.
    wal_bytes: f64,
}

/// One round, while the next one runs.
pub fn line(number: u64, round: &Round) -> String {
    format!(
        "round {number}: floor {:.0}/s, gateway {:.0}/s, one transaction per request {:.0}/s, pgbench {:.0}/s",
        round.floor.per_second(),
        round.gateway.per_second(),
        round.per_request.per_second(),
        round.pgbench
    )
}

/// Medians, with the least and the most beside the rates.
pub fn table(rounds: &[Round]) -> String {
    let mut rows = vec![head()];
    let blank = |name: &str, rates: &[f64], postgres: String| {
        format!("{name:<28} {:>9.0} {:>19} {:>9} {postgres:>9}", median(rates), range(rates), "")
    };
    let floor = of(rounds, |round| round.floor.per_second());
    let micros = median(&of(rounds, |round| round.floor.postgres_micros()));
    rows.push(blank("floor", &floor, format!("{micros:.1}")));
    rows.push(row("gateway", &runs(rounds, |round| &round.gateway)));
    rows.push(row("one transaction per request", &runs(rounds, |round| &round.per_request)));
    rows.push(blank("pgbench", &of(rounds, |round| round.pgbench), String::new()));
    rows.join("\n")
}

fn runs(rounds: &[Round], pick: impl Fn(&Round) -> &Measured) -> Vec<&Measured> {
    rounds.iter().map(pick).collect()
}

/// The line that programs read.
///
/// # Errors
/// None.
pub fn json(rounds: &[Round]) -> Result<String, Fault> {
    let mid = |of_one: &dyn Fn(&Round) -> f64| median(&of(rounds, of_one));
    let gateway = |of_one: &dyn Fn(&Measured) -> f64| mid(&|round| of_one(&round.gateway));
    let floor = mid(&|round| round.floor.per_second());
    let through = gateway(&|run| run.per_second());
    let per_request = mid(&|round| round.per_request.per_second());
    Ok(serde_json::to_string(&Summary {
        floor_per_s: rounded(floor, 0),
        gateway_per_s: rounded(through, 0),
        per_request_per_s: rounded(per_request, 0),
        pgbench_tps: rounded(mid(&|round| round.pgbench), 0),
        ratio_floor: rounded(through / floor, 3),
        ratio_per_request: rounded(through / per_request, 2),
        p50_ms: rounded(gateway(&|run| run.tally.all().quantile_ms(0.5)), 2),
        p99_ms: rounded(gateway(&|run| run.tally.all().quantile_ms(0.99)), 2),
        gateway_us: rounded(gateway(&|run| run.micros(run.cost.gateway.cpu)), 1),
        postgres_us: rounded(gateway(&|run| run.micros(run.cost.postgres.cpu)), 1),
        wal_bytes: rounded(gateway(&|run| run.each(run.cost.counters.wal_bytes)), 0),
    })?)
}

fn of(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> Vec<f64> {
    rounds.iter().map(figure).collect()
}
