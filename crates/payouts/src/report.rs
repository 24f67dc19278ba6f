//! What was learned about a payout, by whom.

use bank::{PayoutReport, QueryOutcome, SendOutcome};
use money::Money;
use uuid::Uuid;

/// Something learned about one payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it was learned.
    pub source: Source,
    /// What.
    pub finding: Finding,
}

/// How it was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The bank's answer to a send, or the lack of one.
    Send {
        /// The claim under which it was sent.
        token: Uuid,
    },
    /// The bank's answer to a query, or the lack of one.
    Query {
        /// The claim under which it was asked.
        token: Uuid,
    },
    /// The bank's own word, unasked: an event, verified, or a file.
    Callback,
}

impl Source {
    /// The words in the evidence of what a bank said, or that it said nothing.
    pub(crate) const WORDS: [&str; 3] = ["send", "query", "callback"];

    /// The word in the evidence.
    pub fn word(&self) -> &'static str {
        match self {
            Source::Send { .. } => "send",
            Source::Query { .. } => "query",
            Source::Callback => "callback",
        }
    }

    /// The claim under which it was learned.
    pub fn token(&self) -> Option<Uuid> {
        match self {
            Source::Send { token } | Source::Query { token } => Some(*token),
            Source::Callback => None,
        }
    }
}

/// What was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The bank has the order.
    Accepted {
        /// Its reference there, where the bank gave one.
        bank_reference: Option<String>,
    },
    /// A definite refusal: never executed under this reference.
    Failed {
        /// The bank's reason, `AC01` and the like.
        reason: String,
        /// The amount the bank names; another one than ours is a contradiction.
        amount: Option<Money>,
        /// The bank's own reference.
        bank_reference: Option<String>,
    },
    /// Nothing of the request left us.
    NotSent {
        /// Without personal data.
        why: String,
    },
    /// The request may or may not have arrived.
    Unknown {
        /// Without personal data.
        why: String,
    },
    /// Executed.
    Paid {
        /// What was sent; another amount or currency than ours is a contradiction.
        amount: Money,
        /// What arrived, where the bank knows.
        amount_received: Option<Money>,
        /// The bank's own reference.
        bank_reference: Option<String>,
    },
    /// Executed, and the money came back.
    Returned {
        /// What came back, perhaps less than was sent.
        amount: Money,
        /// What was sent, where the bank says so.
        sent: Option<Money>,
        /// The bank's reason.
        reason: Option<String>,
        /// The bank's own reference.
        bank_reference: Option<String>,
    },
    /// The bank has it and no result yet.
    Pending,
    /// The bank doesn't know the reference.
    NeverSeen,
    /// No usable answer to a query.
    Unreachable {
        /// Without personal data.
        why: String,
    },
}

impl Report {
    /// What a verified `payout.paid` says.
    pub fn paid(event: &PayoutReport) -> Report {
        let finding = Finding::Paid {
            amount: event.amount,
            amount_received: event.amount_received,
            bank_reference: event.bank_reference.clone(),
        };
        Report { source: Source::Callback, finding }
    }

    /// What a verified `payout.failed` says.
    pub fn failed(event: &PayoutReport) -> Report {
        let reason = event.reason.clone().unwrap_or_else(|| UNSPECIFIED.to_owned());
        let bank_reference = event.bank_reference.clone();
        let finding = Finding::Failed { reason, amount: Some(event.amount), bank_reference };
        Report { source: Source::Callback, finding }
    }

    /// What a verified `payout.returned` says.
    pub fn returned(event: &PayoutReport) -> Report {
        let finding = Finding::Returned {
            amount: event.amount,
            sent: None,
            reason: event.reason.clone(),
            bank_reference: event.bank_reference.clone(),
        };
        Report { source: Source::Callback, finding }
    }

    /// What a send came to.
    pub fn of_send(token: Uuid, outcome: SendOutcome) -> Report {
        let finding = match outcome {
            SendOutcome::Accepted { bank_reference } => Finding::Accepted {
                bank_reference: Some(bank_reference).filter(|reference| !reference.is_empty()),
            },
            SendOutcome::Rejected { reason } => Finding::refused(reason),
            SendOutcome::NotSent { why } => Finding::NotSent { why },
            SendOutcome::Unknown { why } => Finding::Unknown { why },
        };
        Report { source: Source::Send { token }, finding }
    }

    /// What a query came to.
    pub fn of_query(token: Uuid, outcome: QueryOutcome) -> Report {
        Report { source: Source::Query { token }, finding: Finding::of(outcome) }
    }

    /// What a bank told without being asked, in a file.
    pub fn of_news(outcome: QueryOutcome) -> Report {
        Report { source: Source::Callback, finding: Finding::of(outcome) }
    }
}

/// ISO 20022: a reason was not given.
const UNSPECIFIED: &str = "MS03";

impl Finding {
    /// Whether it says that what was paid came back.
    pub fn is_return(&self) -> bool {
        matches!(self, Finding::Returned { .. })
    }

    /// A refusal in answer to what was asked.
    fn refused(reason: String) -> Finding {
        Finding::Failed { reason, amount: None, bank_reference: None }
    }

    fn of(outcome: QueryOutcome) -> Finding {
        match outcome {
            QueryOutcome::Paid { amount, amount_received, bank_reference } => {
                Finding::Paid { amount, amount_received, bank_reference }
            }
            QueryOutcome::Failed { reason } => Finding::refused(reason),
            QueryOutcome::Pending => Finding::Pending,
            QueryOutcome::Returned { amount, amount_returned, bank_reference, reason } => {
                Finding::Returned { amount: amount_returned, sent: Some(amount), reason, bank_reference }
            }
            QueryOutcome::NeverSeen => Finding::NeverSeen,
            QueryOutcome::Unreachable { why } => Finding::Unreachable { why },
        }
    }

    /// The bank's own reference, where it told one.
    pub(crate) fn bank_reference(&self) -> Option<&str> {
        match self {
            Finding::Accepted { bank_reference }
            | Finding::Failed { bank_reference, .. }
            | Finding::Paid { bank_reference, .. }
            | Finding::Returned { bank_reference, .. } => bank_reference.as_deref(),
            Finding::NotSent { .. }
            | Finding::Unknown { .. }
            | Finding::Pending
            | Finding::NeverSeen
            | Finding::Unreachable { .. } => None,
        }
    }

    /// For the evidence. What people judged is known again by these words: what is worded otherwise counts as new.
    pub(crate) fn in_words(&self) -> String {
        let money = |money: &Money| format!("{money} {}", money.currency().code());
        let at = |reference: &Option<String>| match reference {
            Some(reference) => format!(", bank reference {reference}"),
            None => String::new(),
        };
        match self {
            Finding::Accepted { bank_reference } => format!("accepted{}", at(bank_reference)),
            Finding::Failed { reason, amount, bank_reference } => {
                let amount = amount.as_ref().map(|amount| format!("{} ", money(amount))).unwrap_or_default();
                format!("{amount}failed: {reason}{}", at(bank_reference))
            }
            Finding::NotSent { why } => format!("not sent: {why}"),
            Finding::Unknown { why } => format!("outcome unknown: {why}"),
            Finding::Paid { amount, amount_received, bank_reference } => {
                let received = amount_received.as_ref().map(|m| format!(", {} arrived", money(m)));
                format!("{} paid{}{}", money(amount), received.unwrap_or_default(), at(bank_reference))
            }
            Finding::Returned { amount, sent, reason, bank_reference } => {
                let sent = sent.as_ref().map(|sent| format!(" of {}", money(sent))).unwrap_or_default();
                let why = reason.as_deref().unwrap_or("no reason given");
                format!("{}{sent} returned: {why}{}", money(amount), at(bank_reference))
            }
            Finding::Pending => "pending".to_owned(),
            Finding::NeverSeen => "never seen".to_owned(),
            Finding::Unreachable { why } => format!("no usable answer: {why}"),
        }
    }
}
