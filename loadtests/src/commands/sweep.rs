//! `loadtests sweep`: arrival rate against latency, goodput and refusals, until the knee is passed.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use crate::Fault;
use crate::chart::{Chart, Curve};
use crate::commands::webhooks::MixOptions;
use crate::database;
use crate::load::closed::Connections;
use crate::load::schedule::Step;
use crate::load::script::Mix;
use crate::load::{Kind, Tally};
use crate::measure::{self, Closed};
use crate::openloop::{self, Source};
use crate::results::folder;
use crate::stand::{self, DATABASE, Stand};
use crate::wire::Reuse;

/// Parts of what a closed loop gets through, to be asked for. The last ones are far too much: what happens then matters.
const PARTS: [f64; 12] = [0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.5, 2.0];
/// Before the knee at least this part of what is meant to leave is answered well.
const KEPT_UP: f64 = 0.99;
/// Not counted: the parts of a rate, a second each, in which plans are made and connections opened. A handshake costs several
/// times what an event does: were all arrivals there at once, those that wait would each open one more, and the backlog
/// that this makes would be counted as if the rate were too much.
const WARM_UP: [f64; 6] = [0.1, 0.3, 0.5, 0.7, 0.9, 1.0];

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How long each rate is counted.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    seconds: usize,
    /// The most connections; more than one bank's share of the requests that the gateway works on at once, so that it must
    /// refuse what is too much, and no more than are opened within two seconds when something falters.
    #[arg(long, value_name = "N", default_value_t = 1536, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    connections: usize,
    /// Arrivals in a second, instead of parts of what a closed loop gets through. May be repeated.
    #[arg(long = "rate", value_name = "N")]
    rates: Vec<f64>,
    /// Past the knee, one in a hundred waits longer.
    #[arg(long, value_name = "MS", default_value_t = 100.0)]
    p99_ms: f64,
    #[command(flatten)]
    mix: MixOptions,
}

/// What came of one rate.
#[derive(Debug)]
struct At {
    rate: f64,
    seconds: f64,
    tally: Tally,
}

impl At {
    /// Good answers that came in a second.
    fn goodput(&self) -> f64 {
        self.tally.came as f64 / self.seconds
    }

    fn keeps_up(&self, p99_ms: f64) -> bool {
        let part = self.tally.answered() as f64 / self.tally.meant().max(1) as f64;
        part >= KEPT_UP && self.tally.all().quantile_ms(0.99) <= p99_ms
    }

    fn line(&self) -> String {
        let (latency, each) = (self.tally.all(), |count: u64| count as f64 / self.seconds);
        format!(
            "{:>9.0} {:>9.0} {:>9.2} {:>9.2} {:>9.2} {:>9.0} {:>9.0} {:>9.0}",
            self.rate,
            self.goodput(),
            latency.quantile_ms(0.5),
            latency.quantile_ms(0.99),
            latency.max_ms(),
            each(self.tally.refusals()),
            each(self.tally.lost),
            each(self.tally.unsent)
        )
    }
}

/// Runs all rates, prints and draws what came of them.
///
/// # Errors
/// In words; also when a book is not right afterwards or something acknowledged is missing.
pub async fn run(stand: &stand::Options, options: &Options) -> Result<(), Fault> {
    let stand = Stand::raise(stand).await?;
    println!("{}", database::settings(&stand.client(DATABASE).await?).await?);
    let mix = options.mix.mix();
    let rates = match options.rates.as_slice() {
        [] => parts(capacity(&stand, mix).await?),
        named => named.to_vec(),
    };
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "asked/s", "good/s", "p50 ms", "p99 ms", "max ms", "refused/s", "lost/s", "unsent/s"
    );
    let mut all = Vec::new();
    for rate in rates {
        let at = at(&stand, options, mix, rate).await?;
        println!("{}", at.line());
        all.push(at);
    }
    let knee = all.iter().take_while(|at| at.keeps_up(options.p99_ms)).last();
    match knee {
        Some(at) => println!("knee: {:.0}/s, the last rate that it keeps up with", at.rate),
        None => println!("knee: below all of these rates"),
    }
    draw(&all)?;
    stand.lower().await
}

/// Roughly what goes through a closed loop, in answers a second.
///
/// # Errors
/// In words.
pub async fn capacity(stand: &Stand, mix: Mix) -> Result<f64, Fault> {
    let plan = Closed {
        callers: 256,
        connections: Connections::Own(Reuse::Connection),
        threads: 1,
        mix,
        warm_up: Duration::from_secs(2),
        counted: Duration::from_secs(5),
    };
    let measured = measure::on_fresh_database(stand, "", plan).await?;
    println!("a closed loop of 256 callers gets {:.0}/s through", measured.per_second());
    Ok(measured.per_second())
}

fn parts(capacity: f64) -> Vec<f64> {
    PARTS.iter().map(|part| (capacity * part).round().max(1.0)).collect()
}

async fn at(stand: &Stand, options: &Options, mix: Mix, rate: f64) -> Result<At, Fault> {
    let warm_up = WARM_UP.map(|part| Step { rate: rate * part, lasts: Duration::from_secs(1) });
    let counted = Step { rate, lasts: Duration::from_secs(options.seconds as u64) };
    let steps = warm_up.into_iter().chain([counted]).collect();
    let source = Source::new(mix, steps, options.connections);
    let seen = openloop::on_fresh_database(stand, "", &[source]).await?;
    let tally = seen[0].windows.between(WARM_UP.len(), WARM_UP.len() + options.seconds);
    Ok(At { rate, seconds: options.seconds as f64, tally })
}

fn draw(all: &[At]) -> Result<(), Fault> {
    let curve =
        |name: &str, of: &dyn Fn(&At) -> f64| Curve::new(name, all.iter().map(|at| (at.rate, of(at))));
    let quantile = |part: f64| move |at: &At| at.tally.all().quantile_ms(part);
    let mut latencies =
        vec![curve("p50", &quantile(0.5)), curve("p99", &quantile(0.99)), curve("p99.9", &quantile(0.999))];
    if all.iter().any(|at| at.tally.good.contains_key(&Kind::Withdrawal)) {
        let of =
            |at: &At| at.tally.good.get(&Kind::Withdrawal).map_or(0.0, |latency| latency.quantile_ms(0.99));
        latencies.push(curve("p99, withdrawals", &of));
    }
    Chart {
        title: "Latency from the intended moment".into(),
        across: "arrivals per second".into(),
        up: "ms".into(),
        logarithmic: true,
        curves: latencies,
    }
    .save(&folder().join("sweep-latency.svg"))?;
    Chart {
        title: "Goodput".into(),
        across: "arrivals per second".into(),
        up: "per second".into(),
        logarithmic: false,
        curves: vec![
            curve("answered", &At::goodput),
            curve("asked", &|at| at.rate),
            curve("refused", &|at| at.tally.refusals() as f64 / at.seconds),
            curve("lost or unsent", &|at| (at.tally.lost + at.tally.unsent) as f64 / at.seconds),
        ],
    }
    .save(&folder().join("sweep-goodput.svg"))
}
