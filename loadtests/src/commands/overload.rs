//! `loadtests overload`: five times what it can do, and what becomes of those who ask then; a bank that floods beside one
//! that doesn't; a flood of webhooks beside merchants who withdraw.

use std::time::Duration;

use super::sweep;
use crate::Fault;
use crate::chart::{Chart, Curve};
use crate::database;
use crate::load::schedule::Step;
use crate::load::script::Mix;
use crate::load::{Kind, Tally};
use crate::openloop::{self, Seen, Source};
use crate::results::folder;
use crate::stand::{self, DATABASE, Stand};

/// How much too much.
const TIMES: f64 = 5.0;
/// Before and after.
const CALM: f64 = 0.5;
/// Seconds of the first calm that are not counted.
const WARM_UP: usize = 2;
/// It has recovered when a second is again as good as this many times the calm before.
const AS_BEFORE: f64 = 3.0;
/// Events of the other bank, withdrawals of merchants, in a second.
const BESIDE: f64 = 50.0;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// What it keeps up with, in a second; measured by a closed loop, less a fifth, if not named.
    #[arg(long, value_name = "N")]
    knee: Option<f64>,
    /// Seconds of calm, of flood, and twice of calm again.
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: usize,
    /// Connections of those who flood.
    #[arg(long, value_name = "N", default_value_t = 6000)]
    connections: usize,
}

/// Runs all three and prints what came of them.
///
/// # Errors
/// In words; also when a book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    crate::machine::allow_many_files()?;
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    let knee = match options.knee {
        Some(knee) => knee,
        None => sweep::capacity(&stand, Mix::default()).await? * 0.8,
    };
    flood(&stand, options, knee).await?;
    beside(&stand, options, knee, "another bank", Source { bank: 1, ..quiet(Mix::default(), options) })
        .await?;
    let withdrawals = Mix { withdrawals: 80, ..Mix::default() };
    beside(&stand, options, knee, "withdrawals", Source { bank: 1, ..quiet(withdrawals, options) }).await?;
    stand.lower().await
}

fn steps(knee: f64, seconds: usize) -> Vec<Step> {
    let step =
        |times: f64, seconds: usize| Step { rate: knee * times, lasts: Duration::from_secs(seconds as u64) };
    vec![step(CALM, WARM_UP + seconds), step(TIMES, seconds), step(CALM, seconds * 2)]
}

fn quiet(mix: Mix, options: &Options) -> Source {
    let lasts = Duration::from_secs((WARM_UP + options.seconds * 4) as u64);
    Source { bank: 0, mix, steps: vec![Step { rate: BESIDE, lasts }], connections: 64 }
}

async fn flood(stand: &Stand, options: &Options, knee: f64) -> Result<(), Fault> {
    let seconds = options.seconds;
    let source = Source {
        bank: 0,
        mix: Mix::default(),
        steps: steps(knee, seconds),
        connections: options.connections,
    };
    let seen = openloop::on_fresh_database(stand, "", &[source]).await?;
    let (begin, end) = (WARM_UP + seconds, WARM_UP + 2 * seconds);
    println!("\n{TIMES} times {knee:.0}/s for {seconds} s");
    let (before, during) = (seen[0].between(WARM_UP, begin), seen[0].between(begin, end));
    say("before", &before, seconds);
    say("during", &during, seconds);
    let refusals = during.refusals.clone().unwrap_or_else(crate::latency::Latency::new);
    println!(
        "  refused within p50 {:.1} ms, p99 {:.1} ms; {} of 429 and 503 without Retry-After",
        refusals.quantile_ms(0.5),
        refusals.quantile_ms(0.99),
        during.without_retry_after
    );
    let limit = before.all().quantile_ms(0.99) * AS_BEFORE;
    match recovered(&seen[0], end, limit) {
        Some(after) => {
            println!("  recovered {after} s after it ended: p99 below {limit:.0} ms, nothing refused")
        }
        None => println!("  not recovered {} s after it ended", seconds * 2),
    }
    draw(&seen[0])
}

/// Seconds from the end of the flood until the first one in which everything is answered as fast as `limit`.
fn recovered(seen: &Seen, end: usize, limit: f64) -> Option<usize> {
    let calm = |second: &Tally| {
        second.refusals() + second.lost == 0
            && second.answered() > 0
            && second.all().quantile_ms(0.99) <= limit
    };
    seen.seconds.iter().skip(end).position(calm)
}

/// The quiet source alone in its first seconds, then beside a flood.
async fn beside(stand: &Stand, options: &Options, knee: f64, who: &str, quiet: Source) -> Result<(), Fault> {
    let seconds = options.seconds;
    let mut flooding = steps(knee, seconds);
    flooding[0].rate = 0.0;
    let flood = Source { bank: 0, mix: Mix::default(), steps: flooding, connections: options.connections };
    let kind = if quiet.mix.withdrawals > 0 { Kind::Withdrawal } else { Kind::Webhook };
    let seen = openloop::on_fresh_database(stand, "", &[flood, quiet]).await?;
    let (begin, end) = (WARM_UP + seconds, WARM_UP + 2 * seconds);
    println!("\n{who} at {BESIDE}/s beside a bank that floods with {:.0}/s", knee * TIMES);
    for (when, from, to) in [("alone", WARM_UP, begin), ("beside the flood", begin, end)] {
        let tally = seen[1].between(from, to);
        let (p50, p99) =
            tally.good.get(&kind).map_or((0.0, 0.0), |l| (l.quantile_ms(0.5), l.quantile_ms(0.99)));
        println!(
            "  {when:<17} {:>6.1}/s  p50 {p50:.1} ms  p99 {p99:.1} ms  refused {} lost {}",
            tally.good.get(&kind).map_or(0, crate::latency::Latency::count) as f64 / seconds as f64,
            tally.refusals(),
            tally.lost
        );
    }
    Ok(())
}

fn say(when: &str, tally: &Tally, seconds: usize) {
    let (all, seconds) = (tally.all(), seconds as f64);
    println!(
        "  {when}: {:.0}/s answered, p50 {:.1} ms, p99 {:.1} ms; {:.0}/s refused {:?}, {:.0}/s without an answer",
        tally.answered() as f64 / seconds,
        all.quantile_ms(0.5),
        all.quantile_ms(0.99),
        tally.refusals() as f64 / seconds,
        tally.refused,
        tally.lost as f64 / seconds
    );
}

fn draw(seen: &Seen) -> Result<(), Fault> {
    let curve = |name: &str, of: &dyn Fn(&Tally) -> f64| {
        Curve::new(name, seen.seconds.iter().enumerate().map(|(second, tally)| (second as f64, of(tally))))
    };
    let chart = |title: &str, up: &str, logarithmic, curves| Chart {
        title: title.into(),
        across: "second in which the request was meant to leave".into(),
        up: up.into(),
        logarithmic,
        curves,
    };
    let counts = vec![
        curve("answered", &|tally| tally.answered() as f64),
        curve("refused", &|tally| tally.refusals() as f64),
        curve("without an answer", &|tally| tally.lost as f64),
    ];
    chart("Five times too much", "per second", false, counts).save(&folder().join("overload-goodput.svg"))?;
    let latencies = vec![
        curve("p50 of answers", &|tally| tally.all().quantile_ms(0.5)),
        curve("p99 of answers", &|tally| tally.all().quantile_ms(0.99)),
        curve("p99 of refusals", &|tally| tally.refusals.as_ref().map_or(0.0, |l| l.quantile_ms(0.99))),
    ];
    chart("Five times too much", "ms", true, latencies).save(&folder().join("overload-latency.svg"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Kept;
    use crate::load::tally::End;

    #[test]
    fn it_has_recovered_in_the_first_second_that_is_as_good_as_before() {
        let second = |took: u64, end: End| {
            let mut tally = Tally::default();
            tally.record(Kind::Webhook, end, Duration::from_millis(took));
            tally
        };
        let refused = End::Refused { status: 503, retry_after: true };
        let seconds = vec![
            second(5, End::Good),
            second(900, refused),
            second(1, refused),
            second(400, End::Good),
            second(6, End::Good),
        ];
        let seen = Seen { run: String::new(), seconds, kept: Kept::default() };
        assert_eq!(recovered(&seen, 2, 15.0), Some(2));
        assert_eq!(recovered(&seen, 2, 5.0), None);
    }
}
