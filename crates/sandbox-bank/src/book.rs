//! What the bank knows of its payouts: the journal's lines, applied. Live and at the start by the same function.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use money::{Currency, Money};
use serde::Serialize;
use time::OffsetDateTime;

use crate::behaviour::{Behaviour, Step};
use crate::journal::{Journal, Record, Report, WriteError, Written};

/// One order and how far it is.
#[derive(Clone, Debug)]
pub(crate) struct Payout {
    pub(crate) reference: String,
    pub(crate) bank_reference: String,
    pub(crate) amount: Money,
    pub(crate) behaviour: Behaviour,
    pub(crate) fingerprint: String,
    pub(crate) status: Status,
    pub(crate) delivered: Vec<Report>,
}

/// Accepted → Paid → Returned, or Accepted → Failed; `77770015` goes on from Failed to Paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Accepted,
    Paid,
    Failed { reason: String },
    Returned { amount: Money, reason: String },
}

/// One line of `GET /journal`: money that really went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Execution {
    reference: String,
    amount: String,
    currency: String,
    #[serde(with = "time::serde::rfc3339")]
    executed_at: OffsetDateTime,
}

/// What came of an order.
pub(crate) enum Admission {
    /// New: queued for the journal.
    New(Written),
    /// The same order as before, as the bank knows it.
    Known(Payout),
    /// The reference is another order's.
    Conflict,
}

#[derive(Default)]
struct Contents {
    payouts: HashMap<String, Payout>,
    executions: Vec<Execution>,
}

/// All payouts, in memory. Grows with the journal, as a sandbox may.
#[derive(Default)]
pub(crate) struct Book {
    contents: Mutex<Contents>,
}

impl Book {
    /// Rebuilds the book; a line that contradicts those before it is an error, given with its number.
    pub(crate) fn replay(records: &[Record]) -> Result<Book, (usize, String)> {
        let book = Book::default();
        for (at, record) in records.iter().enumerate() {
            book.apply(record).map_err(|why| (at + 1, why))?;
        }
        Ok(book)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an order unless its reference is known. Looking, queueing the line and remembering are one step, so of
    /// any number of concurrent equal orders one is new, and its line stands before whatever the others wait for.
    pub(crate) fn admit(&self, payout: Payout, journal: &Journal) -> Result<Admission, WriteError> {
        let mut contents = self.lock();
        if let Some(known) = contents.payouts.get(&payout.reference) {
            let same = known.fingerprint == payout.fingerprint;
            return Ok(if same { Admission::Known(known.clone()) } else { Admission::Conflict });
        }
        let written = journal.queue(&payout.accepted())?;
        contents.payouts.insert(payout.reference.clone(), payout);
        Ok(Admission::New(written))
    }

    pub(crate) fn knows(&self, reference: &str) -> bool {
        self.lock().payouts.contains_key(reference)
    }

    pub(crate) fn get(&self, reference: &str) -> Option<Payout> {
        self.lock().payouts.get(reference).cloned()
    }

    pub(crate) fn executions(&self) -> Vec<Execution> {
        self.lock().executions.clone()
    }

    /// References that the bank still has something to do for.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let contents = self.lock();
        contents
            .payouts
            .values()
            .filter(|payout| payout.next_step().is_some())
            .map(|payout| payout.reference.clone())
            .collect()
    }

    /// Takes a line in that is on disk.
    pub(crate) fn apply(&self, record: &Record) -> Result<(), String> {
        let mut contents = self.lock();
        let Contents { payouts, executions } = &mut *contents;
        if let Record::Accepted { .. } = record {
            let payout = Payout::from_accepted(record).ok_or("no such order")?;
            return match payouts.insert(payout.reference.clone(), payout) {
                None => Ok(()),
                Some(_) => Err("accepted twice".into()),
            };
        }
        let payout = payouts.get_mut(record.reference()).ok_or("a payout that was never accepted")?;
        match (record, &payout.status) {
            (Record::Executed { executed_at, .. }, status) if payout.may_execute(status) => {
                payout.status = Status::Paid;
                executions.push(payout.execution(*executed_at));
            }
            (Record::Failed { reason, .. }, Status::Accepted) => {
                payout.status = Status::Failed { reason: reason.clone() };
            }
            (Record::Returned { amount, reason, .. }, Status::Paid) => {
                let amount =
                    Money::parse(amount, payout.amount.currency()).map_err(|error| error.to_string())?;
                payout.status = Status::Returned { amount, reason: reason.clone() };
            }
            (Record::Delivered { report, .. }, _) => payout.delivered.push(*report),
            (record, status) => return Err(format!("{record:?} while {status:?}")),
        }
        Ok(())
    }
}

impl Record {
    fn reference(&self) -> &str {
        match self {
            Record::Accepted { reference, .. }
            | Record::Executed { reference, .. }
            | Record::Failed { reference, .. }
            | Record::Returned { reference, .. }
            | Record::Delivered { reference, .. } => reference,
        }
    }
}

impl Payout {
    fn accepted(&self) -> Record {
        Record::Accepted {
            reference: self.reference.clone(),
            bank_reference: self.bank_reference.clone(),
            amount: self.amount.to_string(),
            currency: self.amount.currency().code().to_owned(),
            behaviour: self.behaviour,
            fingerprint: self.fingerprint.clone(),
        }
    }

    fn from_accepted(record: &Record) -> Option<Payout> {
        let Record::Accepted { reference, bank_reference, amount, currency, behaviour, fingerprint } = record
        else {
            return None;
        };
        Some(Payout {
            reference: reference.clone(),
            bank_reference: bank_reference.clone(),
            amount: Money::parse(amount, Currency::parse(currency).ok()?).ok()?,
            behaviour: *behaviour,
            fingerprint: fingerprint.clone(),
            status: Status::Accepted,
            delivered: Vec::new(),
        })
    }

    fn execution(&self, executed_at: OffsetDateTime) -> Execution {
        Execution {
            reference: self.reference.clone(),
            amount: self.amount.to_string(),
            currency: self.amount.currency().code().to_owned(),
            executed_at,
        }
    }

    fn may_execute(&self, status: &Status) -> bool {
        match status {
            Status::Accepted => true,
            Status::Failed { .. } => self.behaviour == Behaviour::PaysAfterFailure,
            Status::Paid | Status::Returned { .. } => false,
        }
    }

    /// What is to be done or said next; nothing when all is.
    pub(crate) fn next_step(&self) -> Option<Step> {
        self.behaviour.steps().iter().copied().find(|step| !self.has_done(*step))
    }

    fn has_done(&self, step: Step) -> bool {
        match step {
            Step::Execute => matches!(self.status, Status::Paid | Status::Returned { .. }),
            Step::Fail => self.status != Status::Accepted,
            Step::Return => matches!(self.status, Status::Returned { .. }),
            Step::Tell(report) => self.delivered.contains(&report),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn accepted(reference: &str) -> Record {
        Record::Accepted {
            reference: reference.into(),
            bank_reference: "SB1".into(),
            amount: "700.00".into(),
            currency: "CNY".into(),
            behaviour: Behaviour::Pays,
            fingerprint: "f".into(),
        }
    }

    fn executed(reference: &str) -> Record {
        Record::Executed { reference: reference.into(), executed_at: datetime!(2026-11-23 08:00:00 UTC) }
    }

    #[test]
    fn lines_that_contradict_are_refused_by_number() {
        for (records, line) in [
            (vec![executed("a")], 1),
            (vec![accepted("a"), accepted("a")], 2),
            (vec![accepted("a"), executed("a"), executed("a")], 3),
            (
                vec![
                    accepted("a"),
                    executed("a"),
                    Record::Failed { reference: "a".into(), reason: "AC01".into() },
                ],
                3,
            ),
        ] {
            assert_eq!(Book::replay(&records).err().map(|(line, _)| line), Some(line));
        }
    }

    #[test]
    fn what_is_unfinished_is_known_after_replay() {
        let delivered = Record::Delivered { reference: "c".into(), report: Report::Paid };
        let records = [accepted("a"), accepted("b"), accepted("c"), executed("b"), executed("c"), delivered];
        let book = Book::replay(&records).unwrap();
        let mut unfinished = book.unfinished();
        unfinished.sort();
        assert_eq!(unfinished, ["a", "b"]);
        assert_eq!(book.executions().len(), 2);
    }
}
