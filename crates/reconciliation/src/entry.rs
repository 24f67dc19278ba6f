//! What the book has to say to a bank's line, as plain values: the gateway collects them from the crates that own them.

use std::fmt;
use std::sync::Arc;

use money::Money;
use pg::Shard;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;

/// Which way money went on the bank's account, seen from its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// In.
    Credit,
    /// Out.
    Debit,
}

impl Direction {
    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Credit => "credit",
            Direction::Debit => "debit",
        }
    }

    pub(crate) fn from_column(name: &str) -> Result<Direction, Error> {
        [Direction::Credit, Direction::Debit]
            .into_iter()
            .find(|direction| direction.as_str() == name)
            .ok_or_else(|| Error::Unexpected(format!("a line that is neither credit nor debit: {name}")))
    }
}

/// What kind of thing in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// A payment that came in.
    Payment,
    /// What a bank took back of a payment.
    Reversal,
    /// A payout that a bank carried out.
    Payout,
    /// What a bank gave back of a payout.
    PayoutReturn,
    /// What the institution sold to a bank in a deal.
    CoverSold,
    /// What it bought from it in the same deal.
    CoverBought,
}

/// A deal is settled two working days after it was made; with a weekend between these are four.
const DEAL_SETTLES: Duration = Duration::days(4);

impl EntryKind {
    const ALL: [EntryKind; 6] = [
        EntryKind::Payment,
        EntryKind::Reversal,
        EntryKind::Payout,
        EntryKind::PayoutReturn,
        EntryKind::CoverSold,
        EntryKind::CoverBought,
    ];

    /// Which way its money goes.
    pub fn direction(self) -> Direction {
        match self {
            EntryKind::Payment | EntryKind::PayoutReturn | EntryKind::CoverBought => Direction::Credit,
            EntryKind::Reversal | EntryKind::Payout | EntryKind::CoverSold => Direction::Debit,
        }
    }

    /// Whether it takes back what went the other way before.
    pub fn takes_back(self) -> bool {
        matches!(self, EntryKind::Reversal | EntryKind::PayoutReturn)
    }

    /// For how long after it was posted a bank may not have booked it yet.
    pub fn settles_within(self) -> Duration {
        match self {
            EntryKind::CoverSold | EntryKind::CoverBought => DEAL_SETTLES,
            EntryKind::Payment | EntryKind::Reversal | EntryKind::Payout | EntryKind::PayoutReturn => {
                Duration::ZERO
            }
        }
    }

    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Payment => "payment",
            EntryKind::Reversal => "reversal",
            EntryKind::Payout => "payout",
            EntryKind::PayoutReturn => "payout_return",
            EntryKind::CoverSold => "cover_sold",
            EntryKind::CoverBought => "cover_bought",
        }
    }

    pub(crate) fn from_column(name: &str) -> Result<EntryKind, Error> {
        EntryKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| Error::Unexpected(format!("an entry of kind {name}")))
    }
}

/// One entry of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryId {
    /// The shard of its row.
    pub shard: Shard,
    /// What it is.
    pub kind: EntryKind,
    /// The payment's, reversal's, payout's or deal's id; a payout's for its return, too, and a deal's for either side.
    pub id: Uuid,
}

impl EntryId {
    pub(crate) fn sort_key(&self) -> (i16, EntryKind, Uuid) {
        (self.shard.number(), self.kind, self.id)
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.id)
    }
}

/// What a line can be matched with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookEntry {
    /// Which it is.
    pub id: EntryId,
    /// At which bank.
    pub bank: Arc<str>,
    /// Every reference that the bank may know it by.
    pub references: Vec<String>,
    /// The blind index of the receiving account, for what came into one.
    pub account: Option<[u8; 32]>,
    /// How much, in the currency of the bank's account.
    pub amount: Money,
    /// Whether it is posted. A payout under way is known, but not in the book.
    pub booked: bool,
    /// When it was posted, as far as is known.
    pub at: OffsetDateTime,
    /// Before this the bank didn't move the money.
    pub since: OffsetDateTime,
}
