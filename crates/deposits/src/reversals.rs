//! R8: money that a bank takes back, each time its own entry beside the payment that it names.

mod apply;
mod claim;
mod originals;
mod reads;
mod state;
mod store;

use std::sync::Arc;

use money::Money;
use time::OffsetDateTime;
use uuid::Uuid;

pub use apply::NotBooked;
pub use claim::{ReversalClaim, claim_reversals};
pub use originals::{Original, originals};
pub use reads::{HeldReversals, held_reversals, list_reversals, reversals_of, waiting_reversals};
pub use state::{HoldReason, ReversalEvent, ReversalState};
pub use store::{any_waiting_for, lock_reversals, save_reversals, store_reversals, waiting_for};

use crate::receipt::PaymentId;

/// Marks ids of reversals.
#[derive(Debug)]
pub enum ReversalMark {}

impl pg::Kind for ReversalMark {
    const PREFIX: &'static str = "rev";
}

/// `rev_…`; it lies in the shard of [`shard_of`](crate::shard_of) of the reference that its bank names, like the payment that
/// is called so.
pub type ReversalId = pg::Id<ReversalMark>;

/// A verified report of money that a bank took back.
#[derive(Debug, Clone)]
pub struct ReversalReport {
    /// The id that the reversal gets if it is new; made for the shard of `shard_of(bank, original_reference)`.
    pub id: ReversalId,
    /// The bank that reported it, as configured.
    pub bank: Arc<str>,
    /// The blind index of the account number, if the bank names the account.
    pub account_index: Option<[u8; 32]>,
    /// The bank's reference of the reversal.
    pub reference: String,
    /// The bank's reference of the payment.
    pub original_reference: String,
    /// Its place among equal references within one document; 0 where there is only one.
    pub position: i32,
    /// What was taken back, more than zero.
    pub amount: Money,
    /// Why, a code as a rule (`AC04`).
    pub reason: Option<String>,
    /// The bank event that reported it.
    pub event: Uuid,
}

/// A reversal and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// Its id and, in it, its shard, which is the payment's.
    pub id: ReversalId,
    /// The bank that reported it.
    pub bank: Arc<str>,
    /// The blind index of the account number, if the bank named the account.
    pub account_index: Option<[u8; 32]>,
    /// The bank's reference of the reversal.
    pub reference: String,
    /// The bank's reference of the payment.
    pub original_reference: String,
    /// Its place among equal references.
    pub position: i32,
    /// What was taken back.
    pub amount: Money,
    /// Why, as the bank says.
    pub reason: Option<String>,
    /// Where it stands.
    pub state: ReversalState,
    /// Why a person has to look; kept when it is dismissed.
    pub hold: Option<HoldReason>,
    /// The payment that it was applied to.
    pub payment: Option<PaymentId>,
    /// What the merchant's balance covered, in minor units; nothing for a payment in review.
    pub covered_minor: i64,
    /// What became a receivable, in minor units.
    pub owed_minor: i64,
    /// The bank event that reported it.
    pub event: Uuid,
    /// When its batch took it in.
    pub received_at: OffsetDateTime,
    /// When it was applied.
    pub applied_at: Option<OffsetDateTime>,
    /// Its state in the database when it was read; none before it is there.
    loaded: Option<ReversalState>,
}

impl Reversal {
    /// A report whose key is won: it waits, or is held at once where an earlier report contradicts it.
    pub fn new(report: &ReversalReport, conflict: bool, now: OffsetDateTime) -> Reversal {
        let mut new = Reversal {
            id: report.id,
            bank: report.bank.clone(),
            account_index: report.account_index,
            reference: report.reference.clone(),
            original_reference: report.original_reference.clone(),
            position: report.position,
            amount: report.amount,
            reason: report.reason.clone(),
            state: ReversalState::Waiting,
            hold: None,
            payment: None,
            covered_minor: 0,
            owed_minor: 0,
            event: report.event,
            received_at: now,
            applied_at: None,
            loaded: None,
        };
        if conflict {
            new.hold(HoldReason::ReferenceConflict);
        }
        new
    }
}
