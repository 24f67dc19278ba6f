//! Runs that were made in turns, as a table of medians: the machine's drift meets all of them.

use crate::measure::Measured;

/// The columns of [`row`], and their units.
pub fn head() -> String {
    let line = |cells: [&str; 9]| {
        let [rate, range, gateway, postgres, generator, wal, commits, p50, p99] = cells;
        format!(
            "{:<28} {rate:>9} {range:>19} {gateway:>9} {postgres:>9} {generator:>9} {wal:>9} {commits:>8} {p50:>9} {p99:>9}",
            ""
        )
    };
    let names =
        ["per s", "least to most", "gateway", "postgres", "generator", "WAL", "commits", "p50", "p99"];
    let units = ["", "", "µs", "µs", "µs", "bytes", "", "ms", "ms"];
    format!("{}\n{}", line(names), line(units))
}

/// Medians of a contender's runs, with the least and the most beside the rate; costs are those of one good answer.
pub fn row(name: &str, runs: &[&Measured]) -> String {
    let rates = rates(runs);
    let mid =
        |of_one: &dyn Fn(&Measured) -> f64| median(&runs.iter().map(|run| of_one(run)).collect::<Vec<_>>());
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

/// What the median of these runs reaches of the median of those, in hundredths.
pub fn percent(runs: &[&Measured], of: &[&Measured]) -> f64 {
    median(&rates(runs)) / median(&rates(of)) * 100.0
}

fn rates(runs: &[&Measured]) -> Vec<f64> {
    runs.iter().map(|run| run.per_second()).collect()
}

/// Of an even number, the mean of the two in the middle.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

/// The least and the most.
pub fn range(figures: &[f64]) -> String {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(0.0, f64::max);
    format!("{least:.0} to {most:.0}")
}

/// To so many digits behind the point.
pub fn rounded(figure: f64, digits: i32) -> f64 {
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
