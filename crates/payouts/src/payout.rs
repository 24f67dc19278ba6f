//! One attempt, as the decisions see it.

use std::sync::Arc;

use money::Money;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PayoutId;
use crate::judged::{Judgement, in_evidence};
use crate::state::PayoutState;

/// Who stopped a payout before it went to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// An operator; only an operator releases it.
    Operator,
    /// A freeze of its merchant (R32); only the end of the freeze releases it.
    Freeze,
}

impl HeldBy {
    /// As the database holds it.
    pub fn as_str(self) -> &'static str {
        match self {
            HeldBy::Operator => "operator",
            HeldBy::Freeze => "freeze",
        }
    }

    /// The one of that name.
    pub fn parse(text: &str) -> Option<HeldBy> {
        [HeldBy::Operator, HeldBy::Freeze].into_iter().find(|by| by.as_str() == text)
    }
}

/// What the worker is to do next about a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Send it, the first time or again, always under the same reference.
    Send,
    /// Ask the bank about its reference.
    Query,
}

impl JobKind {
    /// As the database holds it.
    pub fn as_str(self) -> &'static str {
        match self {
            JobKind::Send => "send",
            JobKind::Query => "query",
        }
    }

    /// The one of that name.
    pub fn parse(text: &str) -> Option<JobKind> {
        [JobKind::Send, JobKind::Query].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A worker's hold on a job. What it reports counts only while its token is the job's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Made for this one claim.
    pub token: Uuid,
    /// From then on the worker is taken for dead.
    pub until: OffsetDateTime,
}

/// The next step of a payout. A payout without one waits for the bank or for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// What is to be done.
    pub kind: JobKind,
    /// Not before this time; while leased, the end of the lease.
    pub run_at: OffsetDateTime,
    /// The worker that does it at this moment.
    pub lease: Option<Lease>,
}

impl Job {
    /// A job for whoever comes first.
    pub fn new(kind: JobKind, run_at: OffsetDateTime) -> Job {
        Job { kind, run_at, lease: None }
    }
}

/// One line of evidence, in words without personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who or what says it: `send`, `query`, `callback`, `worker`, `operator`, `freeze`.
    pub source: &'static str,
    /// What.
    pub text: String,
}

/// A payout: one attempt to carry out a withdrawal (or the return of a reviewed payment) at a bank. Its id is the
/// reference that the bank sees; reference, bank, amount and beneficiary never change.
#[derive(Debug, Clone)]
pub struct Payout {
    /// Its id, and the bank's key for deduplication.
    pub id: PayoutId,
    /// The withdrawal that it carries out.
    pub withdrawal: Option<Uuid>,
    /// The reviewed payment that it returns.
    pub payment: Option<Uuid>,
    /// Whose money it is; none for the return of a payment that is nobody's.
    pub merchant: Option<Uuid>,
    /// Where it is sent.
    pub bank: Arc<str>,
    /// 1 for the first attempt.
    pub attempt: i32,
    /// What the payee is to get.
    pub amount: Money,
    /// Sealed by the caller, who alone can open it.
    pub beneficiary_sealed: Vec<u8>,
    /// Where it stands.
    pub state: PayoutState,
    /// Who stopped it; exactly while it is held.
    pub held_by: Option<HeldBy>,
    /// The bank's own reference.
    pub bank_reference: Option<String>,
    /// What arrived at the payee, where the bank says so (R23); recorded, not posted.
    pub amount_received: Option<Money>,
    /// What came back (R29).
    pub returned: Option<Money>,
    /// The bank's reason for a failure or a return.
    pub reason: Option<String>,
    /// Requests that may have reached the bank.
    pub sends: i32,
    /// Queries in a row without a usable answer; none is counted while a person is needed for anything else.
    pub queries: i32,
    /// Sends in a row of which nothing left us; they count for the back-off only.
    pub delays: i32,
    /// Nothing more happens by itself, or something is odd: a person must look.
    pub needs_operator: bool,
    /// When it was enqueued.
    pub created_at: OffsetDateTime,
    /// When it was last claimed for sending.
    pub sent_at: Option<OffsetDateTime>,
    /// When its row changed last.
    pub updated_at: OffsetDateTime,
    /// What the worker does next; always none where a payout was read without its job.
    pub job: Option<Job>,
    /// Where it stood when it became disputed, while it is; none too where a payout was read without a lock, or where that was
    /// not kept yet.
    pub disputed_from: Option<PayoutState>,
    /// What people found out about it last (R27, R29); always none where a payout was read without a lock.
    pub judged: Option<Judgement>,
    /// What banks had said of it before this batch, where people are about to judge it.
    pub(crate) heard: Vec<String>,
    /// Evidence of this batch, not yet written.
    pub(crate) notes: Vec<Note>,
    /// What a bank called it in this batch and had not before, not yet written.
    pub(crate) names: Vec<String>,
}

impl Payout {
    /// Adds a line of evidence; what a bank wrote is cut.
    pub(crate) fn note(&mut self, source: &'static str, text: impl Into<String>) {
        self.notes.push(Note { source, text: in_evidence(&text.into()) });
    }

    /// A bank calls it so, rightly or not: it is to be found by it.
    pub(crate) fn is_named(&mut self, reference: &str) {
        let known = self.names.iter().chain(&self.bank_reference).any(|name| name == reference);
        if !known {
            self.names.push(reference.to_owned());
        }
    }

    /// Nothing more is to be done by the worker.
    pub(crate) fn rest(&mut self) {
        self.job = None;
    }

    /// Whether a worker is busy with it at `now`.
    pub fn is_claimed(&self, now: OffsetDateTime) -> bool {
        self.job.and_then(|job| job.lease).is_some_and(|lease| now < lease.until)
    }
}
