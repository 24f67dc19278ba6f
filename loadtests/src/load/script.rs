//! What one thread of the generator asks, one request after the other, and what it makes of the answers.

use std::fmt;

use super::acknowledged::Kept;
use super::chance::Chance;
use super::merchant::Merchants;
use super::tally::{End, Kind};
use super::webhook::{Bank, Payment};
use crate::Fault;
use crate::stand::{Account, Handout};
use crate::wire::Answer;
use crate::wire::response::id_in;

/// Shares of what is asked, in hundredths; the rest are webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mix {
    /// Withdrawals by merchants that have been paid.
    pub withdrawals: u8,
    /// Merchants that read their balances.
    pub reads: u8,
    /// Of the webhooks, how many are redeliveries.
    pub redeliveries: u8,
    /// Of the webhooks, how many go to the first merchant; the others go to all in turn.
    pub hot: u8,
    /// Nothing but camt.054 documents of a thousand transactions.
    pub statements: bool,
}

impl Mix {
    /// New bank events, for all merchants alike.
    pub const PLAIN: Mix = Mix { withdrawals: 0, reads: 0, redeliveries: 0, hot: 0, statements: false };
    /// Eighty webhooks, fifteen withdrawals, five reads.
    pub const EVERYDAY: Mix = Mix { withdrawals: 15, reads: 5, redeliveries: 0, hot: 0, statements: false };
}

/// A request that was written, for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// What it asks.
    pub kind: Kind,
    serial: usize,
}

/// What the ids of a thread's requests begin with.
#[derive(Debug, Clone)]
pub struct Names {
    /// Of its events.
    pub events: String,
    /// Of its statements' events.
    pub statements: String,
    /// Of its withdrawals' keys and references.
    pub withdrawals: String,
}

impl Names {
    /// No other run and no other thread has them.
    pub fn of(run: &str, thread: usize) -> Names {
        let name = |kind: &str| format!("{run}-{thread}{kind}-");
        Names { events: name(""), statements: name("s"), withdrawals: name("w") }
    }
}

/// One thread's part of a run.
#[derive(Debug)]
pub struct Script {
    mix: Mix,
    bank: Bank,
    merchants: Merchants,
    accounts: Vec<Account>,
    names: Names,
    events: usize,
    statements: usize,
    withdrawals: usize,
    /// Accounts that have been paid.
    funded: Vec<bool>,
    chance: Chance,
    name: String,
    /// What was acknowledged.
    pub kept: Kept,
}

impl Script {
    /// The part of thread number `thread` in run `run`, posted by the bank of this number.
    ///
    /// # Errors
    /// A bank's secret that is none; a bank without accounts.
    pub fn new(
        handout: &Handout,
        host: &str,
        mix: Mix,
        run: &str,
        thread: usize,
        bank: usize,
    ) -> Result<Script, Fault> {
        let bank = handout.banks.get(bank).ok_or("no such bank")?;
        let own = handout.accounts.iter().filter(|account| account.bank == bank.id);
        let accounts: Vec<Account> = own.cloned().collect();
        if accounts.is_empty() {
            return Err(format!("no merchant has an account at the bank {}", bank.id).into());
        }
        Ok(Script {
            mix,
            bank: Bank::new(&bank.id, &bank.secret, host)?,
            merchants: Merchants::new(host),
            funded: vec![false; accounts.len()],
            accounts,
            names: Names::of(run, thread),
            events: 0,
            statements: 0,
            withdrawals: 0,
            chance: Chance::new(thread),
            name: String::new(),
            kept: Kept::default(),
        })
    }

    /// Appends the next request.
    ///
    /// # Errors
    /// None that depends on the gateway.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Sent, Fault> {
        let draw = self.chance.hundredth();
        if self.mix.statements {
            self.statement(out)
        } else if draw < self.mix.withdrawals
            && let Some(account) = self.paid_account()
        {
            self.withdrawal(account, out)
        } else if draw.saturating_sub(self.mix.withdrawals) < self.mix.reads {
            let account = self.chance.up_to(self.accounts.len() - 1);
            self.merchants.balances(&self.accounts[account].api_key, out)?;
            Ok(Sent { kind: Kind::Read, serial: 0 })
        } else {
            self.webhook(out)
        }
    }

    fn webhook(&mut self, out: &mut Vec<u8>) -> Result<Sent, Fault> {
        let again = self.chance.hundredth() < self.mix.redeliveries;
        let (kind, serial) = match self.events.checked_sub(1) {
            Some(last) if again => (Kind::Redelivery, last - self.chance.up_to(last.min(1000))),
            _ => {
                self.events += 1;
                (Kind::Webhook, self.events - 1)
            }
        };
        let account = self.account_of(serial);
        name(&mut self.name, &self.names.events, serial)?;
        let account = &self.accounts[account].number;
        self.bank.payment(Payment { event_id: &self.name, account, serial: serial as u64 }, out)?;
        Ok(Sent { kind, serial })
    }

    fn statement(&mut self, out: &mut Vec<u8>) -> Result<Sent, Fault> {
        let serial = self.statements;
        self.statements += 1;
        name(&mut self.name, &self.names.statements, serial)?;
        let account = &self.accounts[serial % self.accounts.len()].number;
        self.bank.statement(&self.name, account, out)?;
        Ok(Sent { kind: Kind::Statement, serial })
    }

    fn withdrawal(&mut self, account: usize, out: &mut Vec<u8>) -> Result<Sent, Fault> {
        let serial = self.withdrawals;
        self.withdrawals += 1;
        name(&mut self.name, &self.names.withdrawals, serial)?;
        let Account { api_key, payee, .. } = &self.accounts[account];
        self.merchants.withdrawal(api_key, *payee, &self.name, out)?;
        Ok(Sent { kind: Kind::Withdrawal, serial })
    }

    /// Any account that has been paid; none at the very start.
    fn paid_account(&mut self) -> Option<usize> {
        let account = self.chance.up_to(self.accounts.len() - 1);
        self.funded[account].then_some(account)
    }

    /// Always the same for the same event.
    fn account_of(&self, serial: usize) -> usize {
        if serial % 100 < usize::from(self.mix.hot) { 0 } else { serial % self.accounts.len() }
    }

    /// Takes note of an answer.
    pub fn heard(&mut self, sent: Sent, answer: &Answer<'_>) -> End {
        let status = answer.head.status;
        if status != 200 && status != 201 {
            return End::Refused { status, retry_after: answer.head.retry_after.is_some() };
        }
        let (kept, prefix) = match sent.kind {
            Kind::Read => return End::Good,
            Kind::Webhook | Kind::Redelivery => (&mut self.kept.events, "\"pay_"),
            Kind::Statement => (&mut self.kept.statements, "\"pay_"),
            Kind::Withdrawal => (&mut self.kept.withdrawals, "\"wd_"),
        };
        let Some(id) = id_in(answer.body, prefix.as_bytes()) else {
            kept.nameless += 1;
            return End::Lost;
        };
        kept.record(sent.serial, id);
        if sent.kind == Kind::Webhook {
            let account = self.account_of(sent.serial);
            self.funded[account] = true;
        }
        End::Good
    }
}

fn name(out: &mut String, prefix: &str, serial: usize) -> fmt::Result {
    use fmt::Write as _;
    out.clear();
    write!(out, "{prefix}{serial}")
}
