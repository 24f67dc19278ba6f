//! The floor: what the gateway's own batches reach by themselves.

use std::time::Duration;

use crate::Fault;
use crate::batches::Batches;
use crate::stand::{DATABASE, Stand};

const FLOOR: &str = "load_floor";

/// What the floor did while its clock ran.
#[derive(Debug, Clone, Copy)]
pub struct FloorRun {
    events: u64,
    took: Duration,
    postgres: Duration,
}

impl FloorRun {
    /// Events in a second.
    pub fn per_second(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64()
    }

    /// CPU microseconds of PostgreSQL for each event.
    pub fn postgres_micros(&self) -> f64 {
        self.postgres.as_secs_f64() * 1e6 / self.events.max(1) as f64
    }
}

/// Runs until its clock has counted so long; then the book is verified and every event is looked for.
///
/// # Errors
/// In words.
pub async fn run(stand: &Stand, counted: Duration) -> Result<FloorRun, Fault> {
    stand.fresh(FLOOR, DATABASE).await?;
    let mut batches = Batches::open(stand, FLOOR).await?;
    // The first turn warms up: plans are made, and where merchants live is learned.
    batches.turn(stand).await?;
    let mut run = FloorRun { events: 0, took: Duration::ZERO, postgres: Duration::ZERO };
    while run.took < counted {
        let turn = batches.turn(stand).await?;
        run.events += turn.events;
        run.took += turn.took;
        run.postgres += turn.postgres;
    }
    batches.close(stand).await?;
    stand.clear(FLOOR).await?;
    Ok(run)
}
