//! The rounds as a table for people and one line of JSON for programs.

use serde::Serialize;

use super::Round;
use crate::Fault;
use crate::measure::Measured;

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
    let mut rows = vec![format!(
        "{:<28} {:>9} {:>19} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9} {:>9}",
        "", "per s", "least to most", "gateway", "postgres", "generator", "WAL", "commits", "p50", "p99"
    )];
    rows.push(format!(
        "{:<28} {:>9} {:>19} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9} {:>9}",
        "", "", "", "µs", "µs", "µs", "bytes", "", "ms", "ms"
    ));
    let blank = |name: &str, rates: &[f64], postgres: String| {
        format!("{name:<28} {:>9.0} {:>19} {:>9} {postgres:>9}", median(rates), range(rates), "")
    };
    let floor = of(rounds, |round| round.floor.per_second());
    let micros = median(&of(rounds, |round| round.floor.postgres_micros()));
    rows.push(blank("floor", &floor, format!("{micros:.1}")));
    rows.push(row("gateway", rounds, |round| &round.gateway));
    rows.push(row("one transaction per request", rounds, |round| &round.per_request));
    rows.push(blank("pgbench", &of(rounds, |round| round.pgbench), String::new()));
    rows.join("\n")
}

fn row(name: &str, rounds: &[Round], pick: impl Fn(&Round) -> &Measured) -> String {
    let rates = of(rounds, |round| pick(round).per_second());
    let mid = |of_one: &dyn Fn(&Measured) -> f64| median(&of(rounds, |round| of_one(pick(round))));
    format!(
        "{name:<28} {:>9.0} {:>19} {:>9.1} {:>9.1} {:>9.1} {:>9.0} {:>8.4} {:>9.2} {:>9.2}",
        median(&rates),
        range(&rates),
        mid(&|run| run.micros(run.cost.gateway.cpu)),
        mid(&|run| run.micros(run.cost.postgres.cpu)),
        mid(&|run| run.micros(run.cost.generator.cpu)),
        mid(&|run| run.each(run.cost.counters.wal_bytes)),
        mid(&|run| run.each(run.cost.counters.commits)),
        mid(&|run| run.tally.all().quantile_ms(0.5)),
        mid(&|run| run.tally.all().quantile_ms(0.99)),
    )
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

/// Of an even number, the mean of the two in the middle.
fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

fn range(figures: &[f64]) -> String {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(0.0, f64::max);
    format!("{least:.0} to {most:.0}")
}

fn rounded(figure: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (figure * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(&[5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(range(&[5.0, 1.0, 3.0]), "1 to 5");
        assert_eq!(rounded(0.51249, 3), 0.512);
    }
}
