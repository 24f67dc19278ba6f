//! What merchants announce that platforms have paid them, until it has arrived or was looked for (R10).

mod arrivals;
mod look;
mod state;
mod store;

use merchants::{MerchantId, ReceivingAccountId, StoreId};
use money::Money;
use time::{Date, OffsetDateTime};

use crate::receipt::PaymentId;

pub use arrivals::{AWAITED_DAYS, arrivals, paid_after};
pub use look::{Awaited, Looked, awaited, look};
pub use state::{Finding, SettlementEvent, SettlementState};
pub use store::{
    Investigated, MAX_OPEN, NoAnnouncement, Status, announce, investigated, list, lock, place_of, save,
    under_investigation,
};

/// Marks ids of settlements.
#[derive(Debug)]
pub enum SettlementMark {}
impl pg::Kind for SettlementMark {
    const PREFIX: &'static str = "set";
}
/// `set_…`, in the merchant's shard.
pub type SettlementId = pg::Id<SettlementMark>;

/// A settlement that a merchant has announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Its id.
    pub id: SettlementId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Where it is to arrive.
    pub account: ReceivingAccountId,
    /// Of which store, where the merchant named it so.
    pub store: Option<StoreId>,
    /// How much, in the account's currency.
    pub amount: Money,
    /// The platform's reference.
    pub reference: String,
    /// The day on which the platform paid, as the merchant says.
    pub paid_on: Date,
    /// The end of the last working day on which it may still be on its way.
    pub due_at: OffsetDateTime,
    /// Where it stands.
    pub state: SettlementState,
    /// The payment that it was.
    pub payment: Option<PaymentId>,
    /// When the merchant asked where it is.
    pub asked_at: Option<OffsetDateTime>,
    /// What came of the search.
    pub finding: Option<Finding>,
    /// What the operator said to it; the merchant is told.
    pub finding_reason: Option<String>,
    /// When it was announced.
    pub created_at: OffsetDateTime,
    /// When it arrived or was closed.
    pub settled_at: Option<OffsetDateTime>,
}

impl Settlement {
    /// Whether its arrival is waited for.
    pub fn is_open(&self) -> bool {
        self.state.next(SettlementEvent::Arrive).is_some()
    }

    /// Whether its days are over and nobody has asked yet.
    pub fn is_overdue(&self, now: OffsetDateTime) -> bool {
        self.state == SettlementState::Announced && now >= self.due_at
    }

    /// What the contract calls it by now.
    pub fn status(&self, now: OffsetDateTime) -> &'static str {
        if self.is_overdue(now) { Status::Overdue.as_str() } else { self.state.as_str() }
    }

    /// It is this payment. False: it is not waited for.
    pub fn arrive(&mut self, payment: PaymentId, now: OffsetDateTime) -> bool {
        let Some(next) = self.state.next(SettlementEvent::Arrive) else { return false };
        (self.state, self.payment, self.settled_at) = (next, Some(payment), Some(now));
        true
    }

    /// The merchant asks where it is. False: it may still be on its way, or it is not waited for.
    pub fn investigate(&mut self, now: OffsetDateTime) -> bool {
        let next = self.state.next(SettlementEvent::Investigate).filter(|_| now >= self.due_at);
        let Some(next) = next else { return false };
        (self.state, self.asked_at) = (next, Some(now));
        true
    }

    /// An operator ends the search. False: nobody searches.
    pub fn close(&mut self, finding: Finding, reason: &str, now: OffsetDateTime) -> bool {
        let Some(next) = self.state.next(SettlementEvent::Close) else { return false };
        (self.state, self.finding, self.settled_at) = (next, Some(finding), Some(now));
        self.finding_reason = Some(reason.to_owned());
        true
    }
}
