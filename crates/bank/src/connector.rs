//! The process boundary to a bank that pays out: what we may know after a call, and nothing more.

use std::future::{Future, ready};
use std::pin::Pin;

use money::{Currency, Money};
use tokio::time::Instant;

use crate::hidden::Hidden;

/// A future that can be called through `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A payout as the bank is asked to carry it out. The reference is ours and the bank's key for deduplication.
#[derive(Clone, Debug)]
pub struct PayoutOrder {
    /// Our reference (`po_…`), committed before any call.
    pub reference: String,
    /// What the payee is to get.
    pub amount: Money,
    /// Who gets it.
    pub beneficiary: Beneficiary,
    /// What the payee's statement says.
    pub remittance: Option<String>,
}

/// Whose account the money goes to.
#[derive(Clone, Debug)]
pub struct Beneficiary {
    /// The account holder's name.
    pub name: Hidden,
    /// The account's number.
    pub account_number: Hidden,
    /// CNAPS, BIC or the country's own code.
    pub bank_code: String,
    /// ISO 3166 alpha-2.
    pub country: String,
}

/// What is known after asking a bank to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The bank has the order; the result comes later, by event or query.
    Accepted {
        /// The bank's own reference; empty where it gave none.
        bank_reference: String,
    },
    /// A definite refusal: the bank will never execute this reference.
    Rejected {
        /// The bank's reason: a code, never its words.
        reason: String,
    },
    /// No byte of the request left us: the bank can't know of it. May be sent again as it is.
    NotSent {
        /// For operators; holds no personal data.
        why: String,
    },
    /// The bank may or may not have it (R27): only [`Connector::query`] tells.
    Unknown {
        /// For operators; holds no personal data.
        why: String,
    },
}

/// An account about which a bank is asked whether it is its holder's, before any money goes there.
#[derive(Clone, Debug)]
pub struct AccountCheck {
    /// Our reference (`pye_…`), the same each time this account is asked about.
    pub reference: String,
    /// The currency that the account is to receive.
    pub currency: Currency,
    /// The account, and who is said to hold it.
    pub account: Beneficiary,
}

/// What a bank says about an account and its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// The account is there and the holder's.
    Matches,
    /// There is no such account, or it is somebody else's.
    NoMatch {
        /// The bank's reason: a code, never a name.
        reason: String,
    },
    /// The bank has the question and no answer yet: ask again.
    Pending,
    /// The bank doesn't answer such questions, or not about such an account.
    NotSupported,
    /// No usable answer; nothing is known.
    Unavailable {
        /// For operators; holds no personal data.
        why: String,
    },
}

/// What a bank says about a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryOutcome {
    /// Executed.
    Paid {
        /// What was sent.
        amount: Money,
        /// What arrived at the payee, where the bank knows.
        amount_received: Option<Money>,
        /// The bank's own reference.
        bank_reference: Option<String>,
    },
    /// Never executed and never will be.
    Failed {
        /// The bank's reason: a code, never its words.
        reason: String,
    },
    /// Accepted, no result yet.
    Pending,
    /// Executed, then returned (R29).
    Returned {
        /// What was sent.
        amount: Money,
        /// What came back, perhaps less.
        amount_returned: Money,
        /// The bank's own reference.
        bank_reference: Option<String>,
        /// The bank's reason: a code, never its words.
        reason: Option<String>,
    },
    /// The bank answers that it doesn't know the reference. A request may still be under way to it (R27).
    NeverSeen,
    /// No usable answer; nothing is known.
    Unreachable {
        /// For operators; holds no personal data.
        why: String,
    },
}

/// What a bank said about a reference without being asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Ours, surely sent to this bank.
    pub reference: String,
    /// The result.
    pub outcome: QueryOutcome,
}

/// One bank's way to be asked. Implementations hold no state that correctness rests on.
pub trait Connector: Send + Sync {
    /// Sends one order, ending at `deadline` at the latest (and by the connector's own time-out, if earlier).
    /// After `deadline` nothing is sent: [`SendOutcome::NotSent`].
    fn send<'a>(&'a self, order: &'a PayoutOrder, deadline: Instant) -> BoxFuture<'a, SendOutcome>;

    /// Asks what became of a reference.
    fn query<'a>(&'a self, reference: &'a str, deadline: Instant) -> BoxFuture<'a, QueryOutcome>;

    /// Asks whether an account is its holder's (R21). Asking again is harmless: no money moves. A bank without such a
    /// service is [`CheckOutcome::NotSupported`].
    fn check_account<'a>(
        &'a self,
        _check: &'a AccountCheck,
        _deadline: Instant,
    ) -> BoxFuture<'a, CheckOutcome> {
        Box::pin(ready(CheckOutcome::NotSupported))
    }

    /// Results that came since the last call, for banks that have no door of ours to knock at. Each is told at least
    /// once while the process lives; after a restart only [`Connector::query`] and contradictions tell of it.
    fn news(&self, _deadline: Instant) -> BoxFuture<'_, Vec<News>> {
        Box::pin(ready(Vec::new()))
    }
}
