//! The one enum of commands that lanes carry: everything that moves money, or changes a state that money
//! depends on. `batch.rs` carries a slice of them out in one transaction; the other files decide one kind each.

mod accounts;
mod action;
mod alarms;
mod answers;
mod approvals;
mod bank_events;
mod batch;
mod beneficiary;
mod changed;
mod charges;
mod closing;
mod covers;
mod early;
mod evidence;
mod facts;
mod fees;
mod freezes;
mod imports;
mod interventions;
mod keys;
mod limits;
mod notices;
mod operators;
mod outlook;
mod rates;
mod receivables;
mod registration;
mod replays;
mod reports;
mod resolutions;
mod reversals;
mod save;
mod second_person;
mod settlements;
mod stage;
mod sweeps;
#[cfg(test)]
mod tests;
mod void;
mod withdraw;

use std::sync::Arc;

use audit::ApprovalId;
use bytes::Bytes;
use deposits::{PaymentId, Receipt, ReversalId, ReversalReport};
use exchange::PublishedRate;
use idempotency::Request;
use merchants::orders::OrderLine;
use merchants::{MerchantId, PayeeId, StoreId};
use payouts::{PayoutId, Report};
use uuid::Uuid;
use vault::{Delivery, EventId};
use withdrawals::{Order, WithdrawalId};

use crate::shares::Share;

pub use action::Action;
pub use answers::{PayeeView, payout_json, rfc3339, withdrawal_json};
pub use batch::Commands;
pub use beneficiary::{beneficiary_of, open as open_beneficiary};
pub use charges::NewCharge;
pub use closing::remains;
pub use covers::{NewCover, cover_json};
pub use facts::Facts;
pub use fees::{NewFee, fee_json};
pub use freezes::{amount_freeze_json, freeze_json};
pub use registration::{activated, validity};
pub use settlements::{settlement_arrived, settlement_closed};

/// What a caller is answered: a status and a body that was stored as it is before it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// JSON: the contract's answer or a problem.
    pub body: Bytes,
    /// The answer is an earlier one, repeated.
    pub replayed: bool,
}

/// A command on its way through a lane.
#[derive(Debug)]
pub enum Command {
    /// A bank said something, and its signature verified.
    BankEvent(Box<BankEvent>),
    /// An operator has a kept event run through again.
    Replay(Box<Replay>),
    /// A merchant withdraws.
    Withdraw(Box<Withdraw>),
    /// A merchant names another payee for a withdrawal that failed.
    ChangePayee(Box<ChangePayee>),
    /// The payout worker learned something about a payout.
    PayoutReport(Box<PayoutReport>),
    /// An operator acts.
    Operate(Box<Operate>),
    /// A second operator approves or rejects.
    Decide(Box<Decide>),
    /// Reviewed payments whose cause may have disappeared are matched again (R7).
    Rematch(Vec<PaymentId>),
    /// What banks took back before the payment was seen is looked for again (R8).
    ApplyReversals(Vec<ReversalId>),
    /// A merchant brings orders: trade evidence (R6).
    ImportOrders(Box<ImportOrders>),
    /// Freezes whose time is over are lifted (R32).
    LiftFreezes(Vec<MerchantId>),
    /// Documents of these merchants are near their end, or over it (R40).
    AgeDocuments(Vec<MerchantId>),
    /// Merchants on their way out are closed where nothing of them is left (R38).
    CloseEmptied(Vec<MerchantId>),
}

/// A verified event with what it says.
#[derive(Debug)]
pub struct BankEvent {
    /// The bank that signed it.
    pub bank: Arc<str>,
    /// Its bytes and key, for the vault.
    pub delivery: Delivery,
    /// What it says.
    pub content: Content,
    /// For the problem's body, should it be refused.
    pub request_id: String,
    /// Its part of the bank's share, given back when the lane is done with it.
    #[expect(dead_code, reason = "held, not read")]
    pub share: Option<Share>,
}

/// `POST /admin/v1/events/{id}/replay`.
#[derive(Debug)]
pub struct Replay {
    /// Its idempotency key.
    pub request: Request,
    /// Who.
    pub operator: Operator,
    /// Why; never empty.
    pub reason: String,
    /// Which event.
    pub event: EventId,
    /// The bank that signed it.
    pub bank: Arc<str>,
    /// What its bytes say now; none when they are not kept any more.
    pub content: Option<Content>,
    /// For the problem's body, should it be refused.
    pub request_id: String,
}

/// What a bank event says.
#[derive(Debug)]
pub enum Content {
    /// Movements of money, as many as the message holds; they post together.
    Lines(Vec<Line>),
    /// An account's statements, to be reconciled with the book.
    Statements(Vec<reconciliation::Statement>),
    /// Prices.
    Rates(Prices),
    /// It can't be understood: kept under this verdict and answered this problem.
    Refused { verdict: vault::Verdict, reply: Reply },
}

/// The prices of a message.
#[derive(Debug, Default)]
pub struct Prices {
    /// Of pairs that are configured for the bank.
    pub rates: Vec<PublishedRate>,
    /// The other pairs, each with its place among all of the message.
    pub unknown: Vec<(usize, String)>,
}

/// One movement of money that a bank reports.
#[derive(Debug)]
pub enum Line {
    /// Money arrived.
    Receipt(Receipt),
    /// Money that came is taken back (R8).
    Returned(ReversalReport),
    /// A payout's result; `payout` is none where the reference can't be one of ours.
    Payout { reference: String, payout: Option<PayoutId>, report: Report },
    /// Nothing to act on: kept, and the bank is told why.
    Kept { reference: String, reason: &'static str },
}

impl Content {
    /// What it says of money.
    pub fn lines(&self) -> &[Line] {
        match self {
            Content::Lines(lines) => lines,
            Content::Statements(_) | Content::Rates(_) | Content::Refused { .. } => &[],
        }
    }

    /// The statements in it.
    pub fn statements(&self) -> &[reconciliation::Statement] {
        match self {
            Content::Statements(statements) => statements,
            Content::Lines(_) | Content::Rates(_) | Content::Refused { .. } => &[],
        }
    }

    /// The money that arrived.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.lines().iter().filter_map(|line| match line {
            Line::Receipt(receipt) => Some(receipt),
            Line::Returned(_) | Line::Payout { .. } | Line::Kept { .. } => None,
        })
    }

    /// The money that is taken back.
    pub fn returns(&self) -> impl Iterator<Item = &ReversalReport> {
        self.lines().iter().filter_map(|line| match line {
            Line::Returned(report) => Some(report),
            Line::Receipt(_) | Line::Payout { .. } | Line::Kept { .. } => None,
        })
    }

    /// Those of these payouts that come back.
    pub fn came_back(&self) -> impl Iterator<Item = PayoutId> {
        self.lines().iter().filter_map(|line| match line {
            Line::Payout { payout, report, .. } if report.finding.is_return() => *payout,
            Line::Payout { .. } | Line::Receipt(_) | Line::Returned(_) | Line::Kept { .. } => None,
        })
    }

    /// Payouts that it names and that can be ours.
    pub fn payouts(&self) -> impl Iterator<Item = PayoutId> {
        self.lines().iter().filter_map(|line| match line {
            Line::Payout { payout, .. } => *payout,
            Line::Receipt(_) | Line::Returned(_) | Line::Kept { .. } => None,
        })
    }
}

/// `POST /v1/withdrawals`.
#[derive(Debug)]
pub struct Withdraw {
    /// Its idempotency key.
    pub request: Request,
    /// What is ordered.
    pub order: Order,
    /// For the problem's body, should it be refused.
    pub request_id: String,
}

/// `POST /v1/withdrawals/{id}/payee`.
#[derive(Debug)]
pub struct ChangePayee {
    /// Its idempotency key.
    pub request: Request,
    /// Whose withdrawal.
    pub merchant: MerchantId,
    /// Which.
    pub withdrawal: WithdrawalId,
    /// The payee that gets it now.
    pub payee: PayeeId,
    /// For the problem's body, should it be refused.
    pub request_id: String,
}

/// `POST /v1/stores/{id}/orders`: all of a file, or nothing. Idempotent by the orders' ids.
#[derive(Debug)]
pub struct ImportOrders {
    /// Who brings them.
    pub merchant: MerchantId,
    /// Of which store.
    pub store: StoreId,
    /// Names this import in the ledger.
    pub import: Uuid,
    /// Its lines, each understood.
    pub lines: Vec<OrderLine>,
    /// For the problem's body, should it be refused.
    pub request_id: String,
}

/// What the worker learned.
#[derive(Debug)]
pub struct PayoutReport {
    /// About which payout.
    pub payout: PayoutId,
    /// What.
    pub report: Report,
}

/// A member of the institution's staff, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// `op_…`
    pub id: Arc<str>,
    /// The person behind it: four eyes are two persons, not two tokens.
    pub person: Arc<str>,
    /// Where the request came from.
    pub origin: String,
}

/// An operator's POST.
#[derive(Debug)]
pub struct Operate {
    /// Its idempotency key.
    pub request: Request,
    /// Who.
    pub operator: Operator,
    /// Why; never empty.
    pub reason: String,
    /// What.
    pub action: Action,
    /// For the problem's body, should it be refused.
    pub request_id: String,
}

/// `POST /admin/v1/approvals/{id}/approve|reject`.
#[derive(Debug)]
pub struct Decide {
    /// Its idempotency key.
    pub request: Request,
    /// Who.
    pub operator: Operator,
    /// Why; never empty.
    pub reason: String,
    /// Which.
    pub approval: ApprovalId,
    /// Yes or no.
    pub approve: bool,
    /// For the problem's body, should it be refused.
    pub request_id: String,
}

impl Command {
    /// The lane that should carry it: commands of one merchant meet in one lane, so that lanes which own
    /// disjoint shards don't fight over its rows. A hint for speed; keys and locks keep it right.
    pub fn lane(&self, facts: &Facts) -> usize {
        let shard = match self {
            Command::BankEvent(event) => event.content.home(facts).unwrap_or(event.delivery.shard),
            Command::Replay(command) => {
                let home = command.content.as_ref().and_then(|content| content.home(facts));
                home.unwrap_or_else(|| command.event.shard())
            }
            Command::Withdraw(command) => command.order.merchant.shard(),
            Command::ChangePayee(command) => command.merchant.shard(),
            Command::PayoutReport(report) => report.payout.shard(),
            Command::Operate(command) => command.request.shard,
            Command::Decide(command) => command.request.shard,
            Command::Rematch(payments) => match payments.first() {
                Some(payment) => payment.shard(),
                None => return 0,
            },
            Command::ApplyReversals(reversals) => match reversals.first() {
                Some(reversal) => reversal.shard(),
                None => return 0,
            },
            Command::ImportOrders(command) => command.store.shard(),
            Command::LiftFreezes(merchants)
            | Command::AgeDocuments(merchants)
            | Command::CloseEmptied(merchants) => match merchants.first() {
                Some(merchant) => merchant.shard(),
                None => return 0,
            },
        };
        usize::from(shard.number().unsigned_abs())
    }
}

impl Command {
    /// What a bank says in it.
    pub(super) fn content(&self) -> Option<&Content> {
        self.said().map(|said| said.content)
    }

    /// The payouts that it names itself. What an approval is about is known once that is locked.
    pub(super) fn payouts(&self) -> Vec<PayoutId> {
        match self {
            Command::PayoutReport(report) => vec![report.payout],
            Command::Operate(command) => command.action.payout().into_iter().collect(),
            _ => self.content().into_iter().flat_map(Content::payouts).collect(),
        }
    }

    /// What a bank says in it, with who says it.
    fn said(&self) -> Option<Said<'_>> {
        match self {
            Command::BankEvent(event) => Some(Said { bank: &event.bank, content: &event.content }),
            Command::Replay(command) => {
                command.content.as_ref().map(|content| Said { bank: &command.bank, content })
            }
            Command::Withdraw(_)
            | Command::ChangePayee(_)
            | Command::PayoutReport(_)
            | Command::Operate(_)
            | Command::Decide(_)
            | Command::Rematch(_)
            | Command::ApplyReversals(_)
            | Command::ImportOrders(_)
            | Command::LiftFreezes(_)
            | Command::AgeDocuments(_)
            | Command::CloseEmptied(_) => None,
        }
    }

    /// Whose idempotency key it carries, and which.
    pub fn key(&self) -> Option<(Arc<str>, String)> {
        self.request().map(|(request, _)| (request.scope.clone(), request.key.clone()))
    }
}

/// A bank's words on their way through a batch.
struct Said<'a> {
    bank: &'a Arc<str>,
    content: &'a Content,
}

impl Content {
    /// The shard of what it is about, as far as that is known beforehand.
    fn home(&self, facts: &Facts) -> Option<pg::Shard> {
        match self.lines().first()? {
            Line::Receipt(receipt) => Some(facts.home_of(receipt).unwrap_or_else(|| receipt.id.shard())),
            Line::Returned(report) => Some(report.id.shard()),
            Line::Payout { payout, .. } => payout.map(|payout| payout.shard()),
            Line::Kept { .. } => None,
        }
    }

    /// What is written down under an event carries the event's id.
    pub fn name_event(mut self, event: Uuid) -> Content {
        match &mut self {
            Content::Statements(statements) => {
                statements.iter_mut().for_each(|statement| statement.event = event);
            }
            Content::Lines(lines) => {
                for line in lines {
                    match line {
                        Line::Receipt(receipt) => receipt.event = event,
                        Line::Returned(report) => report.event = event,
                        Line::Payout { .. } | Line::Kept { .. } => {}
                    }
                }
            }
            Content::Rates(_) | Content::Refused { .. } => {}
        }
        self
    }

    /// What the vault calls it.
    fn verdict(&self) -> vault::Verdict {
        match self {
            Content::Lines(lines) if lines.iter().all(|line| matches!(line, Line::Kept { .. })) => {
                vault::Verdict::Ignored
            }
            Content::Lines(_) | Content::Statements(_) | Content::Rates(_) => vault::Verdict::Accepted,
            Content::Refused { verdict, .. } => *verdict,
        }
    }
}
