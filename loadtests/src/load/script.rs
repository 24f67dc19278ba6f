//! What one thread of the generator asks, one request after the other, and what it makes of the answers.

use std::io::Write as _;

use super::acknowledged::Acknowledged;
use super::tally::{End, Kind};
use super::webhook::{Bank, Payment};
use crate::Fault;
use crate::stand::Handout;
use crate::wire::Answer;
use crate::wire::response::id_in;

/// Shares of what is asked, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mix {
    /// Of the webhooks, how many are redeliveries.
    pub redeliveries: u8,
    /// Of the webhooks, how many go to the first merchant; the others go to all in turn.
    pub hot: u8,
}

/// A request that was written, for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// What it asks.
    pub kind: Kind,
    serial: usize,
}

/// One thread's part of a run.
#[derive(Debug)]
pub struct Script {
    mix: Mix,
    bank: Bank,
    accounts: Vec<String>,
    /// In front of the serial in each event's id: no other run and no other thread has it.
    prefix: String,
    serial: usize,
    chance: Chance,
    event_id: Vec<u8>,
    /// What was acknowledged.
    pub acknowledged: Acknowledged,
}

impl Script {
    /// The part of thread number `thread` in run `run`.
    ///
    /// # Errors
    /// A bank's secret that is none.
    pub fn new(handout: &Handout, host: &str, mix: Mix, run: &str, thread: usize) -> Result<Script, Fault> {
        Ok(Script {
            mix,
            bank: Bank::new(&handout.bank.id, &handout.bank.secret, host)?,
            accounts: handout.accounts.iter().map(|account| account.number.clone()).collect(),
            prefix: prefix(run, thread),
            serial: 0,
            chance: Chance(1 + thread as u64),
            event_id: Vec::new(),
            acknowledged: Acknowledged::default(),
        })
    }

    /// Appends the next request.
    ///
    /// # Errors
    /// None that depends on the gateway.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Sent, Fault> {
        let again = self.chance.below(100) < u64::from(self.mix.redeliveries);
        let (kind, serial) = match self.serial.checked_sub(1) {
            Some(last) if again => (Kind::Redelivery, last - self.chance.up_to(last.min(1000))),
            _ => {
                self.serial += 1;
                (Kind::Webhook, self.serial - 1)
            }
        };
        self.event_id.clear();
        write!(self.event_id, "{}{serial}", self.prefix)?;
        let payment = Payment {
            event_id: std::str::from_utf8(&self.event_id)?,
            account: &self.accounts[self.account_of(serial)],
            serial: serial as u64,
        };
        self.bank.payment(payment, out)?;
        Ok(Sent { kind, serial })
    }

    /// Always the same for the same event.
    fn account_of(&self, serial: usize) -> usize {
        let hot = usize::from(self.mix.hot);
        if serial % 100 < hot { 0 } else { serial % self.accounts.len() }
    }

    /// Takes note of an answer.
    pub fn heard(&mut self, sent: Sent, answer: &Answer<'_>) -> End {
        let status = answer.head.status;
        if status != 200 && status != 201 {
            return End::Refused { status, retry_after: answer.head.retry_after.is_some() };
        }
        match id_in(answer.body, b"\"pay_") {
            Some(payment) => {
                self.acknowledged.record(sent.serial, payment);
                End::Good
            }
            None => End::Lost,
        }
    }
}

/// What the ids of a thread's events begin with.
pub fn prefix(run: &str, thread: usize) -> String {
    format!("{run}-{thread}-")
}

/// Cheap, repeatable, good enough to choose by (xorshift64*).
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    fn up_to(&mut self, most: usize) -> usize {
        usize::try_from(self.below(most as u64 + 1)).unwrap_or(0)
    }
}
