//! The gateway's own batches straight into PostgreSQL, without network, signatures and lanes: the floor of what the rest
//! costs, and the quickest way to fill a book that is right. Events are prepared while the clock stands.

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

/// As the gateway's defaults have it.
const LANES: usize = 2;
const BATCH: usize = 256;
/// Batches of each lane between two stops of the clock.
const BATCHES: usize = 32;

/// An event with its serial.
type Event = (usize, Prepared);

/// Batches on one database.
pub struct Batches {
    floor: Arc<Floor>,
    database: String,
    run: String,
    bank_id: Arc<str>,
    bank: Bank,
    accounts: Vec<String>,
    serial: usize,
    kept: Kept,
}

/// What one turn committed.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Events.
    pub events: u64,
    /// How long their batches took.
    pub took: Duration,
    /// CPU of PostgreSQL for them.
    pub postgres: Duration,
}

impl Batches {
    /// Opens a database of the stand's.
    ///
    /// # Errors
    /// In words.
    pub async fn open(stand: &Stand, database: &str) -> Result<Batches, Fault> {
        let config = stand.configure(database, "", None)?;
        let bank = &stand.handout.banks[0];
        let own = stand.handout.accounts.iter().filter(|account| account.bank == bank.id);
        Ok(Batches {
            floor: Arc::new(Floor::open(&config, LANES).await?),
            database: database.to_owned(),
            run: measure::run_name(),
            bank_id: Arc::from(bank.id.as_str()),
            bank: Bank::new(&bank.id, &bank.secret, "")?,
            accounts: own.map(|account| account.number.clone()).collect(),
            serial: 0,
            kept: Kept::default(),
        })
    }

    /// Commits some batches, the lanes beside each other.
    ///
    /// # Errors
    /// In words.
    pub async fn turn(&mut self, stand: &Stand) -> Result<Turn, Fault> {
        let lanes = self.prepare()?;
        let events = lanes.iter().map(|lane| lane.len() as u64).sum();
        let (cpu, begun) = (stand.postgres()?.cpu()?, Instant::now());
        let lanes: Vec<_> =
            lanes.into_iter().map(|lane| tokio::spawn(serve(self.floor.clone(), lane))).collect();
        let mut answers = Vec::new();
        for lane in lanes {
            answers.extend(lane.await??);
        }
        let (took, postgres) = (begun.elapsed(), stand.postgres()?.cpu()?.saturating_sub(cpu));
        for (serial, payment) in answers {
            self.kept.events.record(serial, payment);
        }
        Ok(Turn { events, took, postgres })
    }

    /// Ends; then the book is verified and every event is looked for.
    ///
    /// # Errors
    /// What doesn't hold, what is missing.
    pub async fn close(self, stand: &Stand) -> Result<(), Fault> {
        Arc::into_inner(self.floor).ok_or("a lane is left over")?.close().await;
        stand.verify(&self.database).await?;
        proof::prove(&stand.client(&self.database).await?, &self.run, &[self.kept]).await.map(drop)
    }

    /// As many events as one turn takes, by lane.
    fn prepare(&mut self) -> Result<Vec<Vec<Event>>, Fault> {
        let prefix = Names::of(&self.run, 0).events;
        let mut lanes: Vec<Vec<Event>> = (0..LANES).map(|_| Vec::new()).collect();
        for _ in 0..LANES * BATCHES * BATCH {
            let (serial, account) = (self.serial, &self.accounts[self.serial % self.accounts.len()]);
            self.serial += 1;
            let event_id = format!("{prefix}{serial}");
            let body = self.bank.body_of(Payment { event_id: &event_id, account, serial: serial as u64 })?;
            let event = self.floor.prepare(&self.bank_id, &event_id, body)?;
            lanes[self.floor.lane(&event, LANES)].push((serial, event));
        }
        Ok(lanes)
    }
}

/// Commits what waits in a lane, batch by batch; the payment of each event, by serial.
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
