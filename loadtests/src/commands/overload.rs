//! `loadtests overload`: five times what it can do, and what becomes of those who ask then; a bank that floods beside one
//! that doesn't; a flood of webhooks beside merchants who withdraw.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use super::sweep;
use crate::Fault;
use crate::chart::{Chart, Curve};
use crate::database;
use crate::latency::Latency;
use crate::load::schedule::Step;
use crate::load::script::Mix;
use crate::load::{Kind, Tally, Windows};
use crate::openloop::{self, Source};
use crate::results::folder;
use crate::stand::{self, DATABASE, Stand};

/// How much too much.
const TIMES: f64 = 5.0;
/// Before and after.
const CALM: f64 = 0.5;
/// Seconds of the first calm that are not counted: connections are opened, which takes two seconds of arrivals.
const WARM_UP: usize = 3;
/// It has recovered when a second is again as good as this many times the calm before.
const AS_BEFORE: f64 = 3.0;
/// What the other bank and its merchants ask for in a second.
const BESIDE: f64 = 50.0;
/// Of it, in hundredths, withdrawals where merchants withdraw.
const WITHDRAWALS: u8 = 80;
/// A request of the flood that finds no free connection for so long never leaves: when the flood ends, what it left behind
/// is gone at once.
const PATIENCE: Duration = Duration::from_millis(100);

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// What it keeps up with, in a second; measured by a closed loop, less a fifth, if not named.
    #[arg(long, value_name = "N")]
    knee: Option<f64>,
    /// Seconds of calm, of flood, and twice of calm again.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    seconds: usize,
    /// Connections of those who flood. Each new one costs several times what an event does, so more of them measure
    /// handshakes.
    #[arg(long, value_name = "N", default_value_t = 1536, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
}

/// Runs all three and prints what came of them.
///
/// # Errors
/// In words; also when a book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    let knee = match options.knee {
        Some(knee) => knee,
        None => sweep::capacity(&stand, Mix::PLAIN).await? * 0.8,
    };
    flood(&stand, options, knee).await?;
    beside(&stand, options, knee, Mix::PLAIN).await?;
    beside(&stand, options, knee, Mix { withdrawals: WITHDRAWALS, ..Mix::PLAIN }).await?;
    stand.lower().await
}

fn steps(knee: f64, seconds: usize) -> Vec<Step> {
    let step =
        |times: f64, seconds: usize| Step { rate: knee * times, lasts: Duration::from_secs(seconds as u64) };
    vec![step(CALM, WARM_UP + seconds), step(TIMES, seconds), step(CALM, seconds * 2)]
}

fn flooding(steps: Vec<Step>, options: &Options) -> Source {
    Source { patience: PATIENCE, ..Source::new(Mix::PLAIN, steps, options.connections) }
}

fn quiet(mix: Mix, options: &Options) -> Source {
    let lasts = Duration::from_secs((WARM_UP + options.seconds * 4) as u64);
    Source { bank: 1, ..Source::new(mix, vec![Step { rate: BESIDE, lasts }], 64) }
}

async fn flood(stand: &Stand, options: &Options, knee: f64) -> Result<(), Fault> {
    let seconds = options.seconds;
    let source = flooding(steps(knee, seconds), options);
    let seen = openloop::on_fresh_database(stand, "", &[source]).await?;
    let (begin, end) = (WARM_UP + seconds, WARM_UP + 2 * seconds);
    println!("\n{TIMES} times {knee:.0}/s for {seconds} s");
    let (before, during) = (seen[0].windows.between(WARM_UP, begin), seen[0].windows.between(begin, end));
    say("before", &before, seconds);
    say("during", &during, seconds);
    println!(
        "  refused within {}; {} of 429 and 503 without Retry-After",
        within(&during.refusals),
        during.without_retry_after
    );
    println!(
        "  since they left: answered within {}, before within {}; refused within {}",
        within(&during.answers_since_left),
        within(&before.answers_since_left),
        within(&during.refusals_since_left)
    );
    let limit = before.all().quantile_ms(0.99) * AS_BEFORE;
    match recovered(&seen[0].windows, end, limit) {
        Some(after) => {
            println!("  recovered {after} s after it ended: p99 below {limit:.0} ms, everything answered")
        }
        None => println!("  not recovered {} s after it ended", seconds * 2),
    }
    draw(&seen[0].windows, end + 2 * seconds)
}

/// Seconds from the end of the flood until the first one in which everything is answered as fast as `limit`.
fn recovered(windows: &Windows, end: usize, limit: f64) -> Option<usize> {
    let calm = |second: &Tally| {
        second.answered() == second.meant()
            && second.answered() > 0
            && second.all().quantile_ms(0.99) <= limit
    };
    windows.tallies.iter().skip(end).position(calm)
}

/// The quiet source alone in its first seconds, then beside a flood.
async fn beside(stand: &Stand, options: &Options, knee: f64, mix: Mix) -> Result<(), Fault> {
    let seconds = options.seconds;
    let mut steps = steps(knee, seconds);
    steps[0].rate = 0.0;
    let (who, kind) = match mix.withdrawals {
        0 => ("Another bank's payments".to_owned(), Kind::Webhook),
        part => (format!("Merchants, {part} withdrawals to {} payments,", 100 - part), Kind::Withdrawal),
    };
    let sources = [flooding(steps, options), quiet(mix, options)];
    let seen = openloop::on_fresh_database(stand, "", &sources).await?;
    let (begin, end) = (WARM_UP + seconds, WARM_UP + 2 * seconds);
    println!("\n{who} at {BESIDE}/s beside a bank that floods with {:.0}/s", knee * TIMES);
    for (when, from, to) in [("alone", WARM_UP, begin), ("beside the flood", begin, end)] {
        let tally = seen[1].windows.between(from, to);
        let latency = tally.good.get(&kind).cloned().unwrap_or_else(Latency::new);
        println!(
            "  {when:<17} {:>6.1}/s answered; {} {}, p50 {:.1} ms, p99 {:.1} ms; of all {} meant {} refused, {} lost, {} unsent",
            tally.came as f64 / seconds as f64,
            latency.count(),
            kind.as_str(),
            latency.quantile_ms(0.5),
            latency.quantile_ms(0.99),
            tally.meant(),
            tally.refusals(),
            tally.lost,
            tally.unsent
        );
    }
    Ok(())
}

fn within(latency: &Option<Latency>) -> String {
    let quantile = |part| latency.as_ref().map_or(0.0, |latency| latency.quantile_ms(part));
    format!("p50 {:.1} ms, p99 {:.1} ms", quantile(0.5), quantile(0.99))
}

fn say(when: &str, tally: &Tally, seconds: usize) {
    let (all, seconds) = (tally.all(), seconds as f64);
    println!(
        "  {when}: {:.0}/s answered, p50 {:.1} ms, p99 {:.1} ms; {:.0}/s refused {:?}, {:.0}/s lost, {:.0}/s unsent",
        tally.came as f64 / seconds,
        all.quantile_ms(0.5),
        all.quantile_ms(0.99),
        tally.refusals() as f64 / seconds,
        tally.refused,
        tally.lost as f64 / seconds,
        tally.unsent as f64 / seconds
    );
}

/// Requests were meant to leave until before second `end`; the last answers come later.
fn draw(windows: &Windows, end: usize) -> Result<(), Fault> {
    let curve = |name: &str, of: &dyn Fn(&Tally) -> f64| {
        let seconds = windows.tallies.iter().take(end).enumerate();
        Curve::new(name, seconds.map(|(second, tally)| (second as f64, of(tally))))
    };
    let chart = |title: &str, up: &str, logarithmic, curves| Chart {
        title: title.into(),
        across: "second: of the answer where answers are counted, else of the intended moment".into(),
        up: up.into(),
        logarithmic,
        curves,
    };
    let counts = vec![
        curve("answered", &|tally| tally.came as f64),
        curve("refused", &|tally| tally.refusals() as f64),
        curve("lost", &|tally| tally.lost as f64),
        curve("unsent", &|tally| tally.unsent as f64),
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
    use crate::load::tally::End;
    use crate::load::windows::Moments;

    #[test]
    fn it_has_recovered_in_the_first_second_that_is_as_good_as_before() {
        let refused = End::Refused { status: 503, retry_after: true };
        let mut windows = Windows::of(Duration::from_secs(1));
        for (second, took, end) in [
            (0, 5, End::Good),
            (1, 900, refused),
            (2, 1, refused),
            (3, 400, End::Good),
            (4, 6, End::Good),
            (5, 6, End::Good),
        ] {
            let due = Duration::from_secs(second);
            let moments = Moments { due, left: due, ended: due + Duration::from_millis(took) };
            windows.ended(Kind::Webhook, end, moments);
        }
        windows.unsent(Duration::from_secs(4));
        assert_eq!(recovered(&windows, 2, 15.0), Some(3), "nor may anything stay unsent");
        assert_eq!(recovered(&windows, 2, 5.0), None);
    }
}
