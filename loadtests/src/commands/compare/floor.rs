//! The floor: the gateway's own batches straight into PostgreSQL, without network, signatures and lanes. Events are
//! prepared while the clock stands.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::floor::{Floor, Prepared};

use crate::Fault;
use crate::load::Kept;
use crate::load::script::Names;
use crate::load::webhook::{Bank, Payment};
use crate::measure;
use crate::proof;
use crate::stand::Stand;
use crate::wire::response::id_in;

const DATABASE: &str = "load_floor";
/// As the gateway's defaults have it.
const LANES: usize = 2;
const BATCH: usize = 256;
/// Batches of each lane between two stops of the clock.
const BATCHES: usize = 32;

/// What the floor did while its clock ran.
#[derive(Debug, Clone, Copy)]
pub struct FloorRun {
    /// Events committed.
    pub events: u64,
    /// How long that took.
    pub took: Duration,
    /// CPU of PostgreSQL for it.
    pub postgres: Duration,
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
    stand.fresh(DATABASE).await?;
    let config = stand.configure(DATABASE, "", None)?;
    let floor = Arc::new(open(&config).await?);
    let mut source = Source::new(stand)?;
    let mut run = FloorRun { events: 0, took: Duration::ZERO, postgres: Duration::ZERO };
    // The first turn warms up: plans are made, and where merchants live is learned.
    commit(&floor, source.lanes(&floor)?, &mut source.kept).await?;
    while run.took < counted {
        let lanes = source.lanes(&floor)?;
        run.events += lanes.iter().map(|lane| lane.len() as u64).sum::<u64>();
        let cpu = stand.postgres()?.cpu()?;
        run.took += commit(&floor, lanes, &mut source.kept).await?;
        run.postgres += stand.postgres()?.cpu()?.saturating_sub(cpu);
    }
    Arc::into_inner(floor).ok_or("a lane is left over")?.close().await;
    stand.verify(DATABASE).await?;
    proof::prove(&stand.client(DATABASE).await?, &source.run, &[source.kept]).await?;
    stand.clear(DATABASE).await?;
    Ok(run)
}

async fn open(config: &Path) -> Result<Floor, Fault> {
    Ok(Floor::open(config, LANES).await?)
}

/// An event with its serial.
type Event = (usize, Prepared);

/// Commits what waits in each lane, batch by batch, the lanes beside each other; how long it took.
async fn commit(floor: &Arc<Floor>, lanes: Vec<Vec<Event>>, kept: &mut Kept) -> Result<Duration, Fault> {
    let begun = Instant::now();
    let lanes: Vec<_> = lanes.into_iter().map(|lane| tokio::spawn(serve(floor.clone(), lane))).collect();
    let mut answers = Vec::new();
    for lane in lanes {
        answers.extend(lane.await??);
    }
    let took = begun.elapsed();
    for (serial, payment) in answers {
        kept.events.record(serial, payment);
    }
    Ok(took)
}

/// The payment of each event, by serial.
async fn serve(floor: Arc<Floor>, mut lane: Vec<Event>) -> Result<Vec<(usize, u128)>, Fault> {
    let mut answers = Vec::with_capacity(lane.len());
    while !lane.is_empty() {
        let (serials, batch): (Vec<_>, Vec<_>) = lane.drain(..BATCH.min(lane.len())).unzip();
        for (serial, body) in serials.into_iter().zip(floor.commit(&batch).await?) {
            answers.push((serial, id_in(&body, b"\"pay_").ok_or("an event without a payment")?));
        }
    }
    Ok(answers)
}

/// Events, one after the other.
struct Source {
    run: String,
    bank_id: Arc<str>,
    bank: Bank,
    accounts: Vec<String>,
    serial: usize,
    kept: Kept,
}

impl Source {
    fn new(stand: &Stand) -> Result<Source, Fault> {
        let bank = &stand.handout.banks[0];
        let own = stand.handout.accounts.iter().filter(|account| account.bank == bank.id);
        Ok(Source {
            run: measure::run_name(),
            bank_id: Arc::from(bank.id.as_str()),
            bank: Bank::new(&bank.id, &bank.secret, "")?,
            accounts: own.map(|account| account.number.clone()).collect(),
            serial: 0,
            kept: Kept::default(),
        })
    }

    /// As many events for each lane as one turn takes.
    fn lanes(&mut self, floor: &Floor) -> Result<Vec<Vec<Event>>, Fault> {
        let prefix = Names::of(&self.run, 0).events;
        let mut lanes: Vec<Vec<Event>> = (0..LANES).map(|_| Vec::new()).collect();
        for _ in 0..LANES * BATCHES * BATCH {
            let (serial, account) = (self.serial, &self.accounts[self.serial % self.accounts.len()]);
            self.serial += 1;
            let event_id = format!("{prefix}{serial}");
            let body = self.bank.body_of(Payment { event_id: &event_id, account, serial: serial as u64 })?;
            let event = floor.prepare(&self.bank_id, &event_id, body)?;
            lanes[floor.lane(&event, LANES)].push((serial, event));
        }
        Ok(lanes)
    }
}
