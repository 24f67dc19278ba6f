//! What a run costs: CPU and memory of each part, and what PostgreSQL writes.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::Fault;
use crate::database::{self, Counters};
use crate::machine::{Part, Usage};
use crate::stand::{Gateway, Stand};

/// Sessions tell their counters to the server's statistics at most this often.
const REPORTING: Duration = Duration::from_millis(1100);

/// What all parts had used at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    at: Instant,
    gateway: Usage,
    postgres: Usage,
    generator: Usage,
    carrier: Usage,
    counters: Counters,
}

impl Moment {
    /// This moment.
    ///
    /// # Errors
    /// When one of them has ended.
    pub async fn now(stand: &Stand, gateway: &Gateway, client: &Client) -> Result<Moment, Fault> {
        Ok(Moment {
            at: Instant::now(),
            gateway: gateway.part()?.usage()?,
            postgres: stand.postgres()?.usage()?,
            generator: Part::own().usage()?,
            carrier: gateway.carrier()?.map_or(Ok(Usage::default()), Part::usage)?,
            counters: database::counters(client).await?,
        })
    }

    /// The same with the commits that sessions had not told of yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn with_late_commits(mut self, client: &Client) -> Result<Moment, Fault> {
        tokio::time::sleep(REPORTING).await;
        self.counters.commits = database::counters(client).await?.commits;
        Ok(self)
    }
}

/// What was used between two moments: CPU in between, memory at the end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// How long it was.
    pub took: Duration,
    /// The gateway.
    pub gateway: Usage,
    /// All of PostgreSQL's processes.
    pub postgres: Usage,
    /// The generator.
    pub generator: Usage,
    /// The bank that carries payouts; nothing where none runs.
    pub carrier: Usage,
    /// What PostgreSQL counted.
    pub counters: Counters,
}

impl Cost {
    /// What was used between `begin` and `end`.
    pub fn between(begin: &Moment, end: &Moment) -> Cost {
        Cost {
            took: end.at - begin.at,
            gateway: used(begin.gateway, end.gateway),
            postgres: used(begin.postgres, end.postgres),
            generator: used(begin.generator, end.generator),
            carrier: used(begin.carrier, end.carrier),
            counters: end.counters.since(begin.counters),
        }
    }
}

fn used(begin: Usage, end: Usage) -> Usage {
    Usage { cpu: end.cpu.saturating_sub(begin.cpu), memory: end.memory }
}
