//! What freezes and disputes stop, and their ends let go (R29, R32): also what was made in the same batch before them.

use merchants::{AmountFreeze, Freeze, Frozen, Merchant, MerchantId};
use payouts::{HeldBy, NewPayout, PayoutId};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::answers::rfc3339;
use super::operators::No;
use super::stage::Stage;
use super::void::Void;
use crate::problem::Problem;

impl Stage<'_> {
    /// R32: an end that has passed is none. Asked here, behind the request's key: whoever repeats a request after the end that it
    /// named gets its first answer (R22).
    pub(super) fn ends_later(&self, until: Option<OffsetDateTime>) -> Result<(), No> {
        if until.is_some_and(|until| until <= self.now) {
            return Err((Problem::InvalidRequest, "until: must be in the future".into()));
        }
        Ok(())
    }

    /// R32: what certainly is not at the bank is held.
    pub(super) fn hold_for_freeze(&mut self, merchant: MerchantId) {
        self.payouts.freeze(merchant.uuid());
        for payout in new_of(&mut self.new_payouts, merchant).filter(|payout| payout.held_by.is_none()) {
            payout.held_by = Some(HeldBy::Freeze);
        }
    }

    /// R32: what the freeze holds goes on; what the merchant came to owe meanwhile is paid off before anything can leave (R8).
    pub(super) fn let_go(&mut self, merchant: MerchantId) -> Result<(), Void> {
        self.payouts.unfreeze(merchant.uuid(), self.now);
        let frozen = |payout: &&mut NewPayout| payout.held_by == Some(HeldBy::Freeze);
        for payout in new_of(&mut self.new_payouts, merchant).filter(frozen) {
            payout.held_by = None;
        }
        self.repay_released(merchant)
    }

    /// R29: of what has a disputed payout nothing more leaves by itself.
    pub(super) fn stop_siblings(&mut self, id: PayoutId) {
        let siblings: Vec<PayoutId> = self.siblings(id).map(|payout| payout.id).collect();
        for sibling in siblings {
            if self.payouts.beside_a_dispute(sibling) {
                tracing::warn!(payout = %sibling, "stopped: another attempt at the same is disputed");
            }
        }
        let subject = self.payouts.get(id).map(|payout| (payout.withdrawal, payout.payment));
        let same = |new: &&mut NewPayout| Some((new.withdrawal, new.payment)) == subject;
        for new in self.new_payouts.iter_mut().filter(same) {
            new.held_by = Some(HeldBy::Operator);
            tracing::warn!(payout = %new.id, "stopped: another attempt at the same is disputed");
        }
    }

    /// Another attempt at what this payout is for was made in this batch.
    pub(super) fn has_new_sibling(&self, id: PayoutId) -> bool {
        let subject = self.payouts.get(id).map(|payout| (payout.withdrawal, payout.payment));
        self.new_payouts.iter().any(|new| Some((new.withdrawal, new.payment)) == subject)
    }
}

fn new_of(new: &mut [NewPayout], merchant: MerchantId) -> impl Iterator<Item = &mut NewPayout> {
    new.iter_mut().filter(move |payout| payout.merchant == Some(merchant.uuid()))
}

/// With every freeze that it is under: who approves the end means these, and none that has followed them. What stands on the
/// merchant itself is the one that ends last.
pub(super) fn freeze_shown(merchant: &Merchant) -> Value {
    let mut shown = json!({"id": merchant.id.to_string(), "status": merchant.state.as_str()});
    let freezes = &merchant.freezes;
    if let (Some(last), Some(members)) = (freezes.last_to_end(), shown.as_object_mut()) {
        members.insert("reason".to_owned(), json!(last.freeze.reason));
        members.insert("legal_reference".to_owned(), json!(last.freeze.legal_reference));
        members.insert("frozen_until".to_owned(), json!(last.freeze.until.map(rfc3339)));
        members.insert("freezes".to_owned(), freezes.in_force().iter().map(freeze_json).collect());
    }
    shown
}

/// One of a merchant's freezes.
pub fn freeze_json(frozen: &Frozen) -> Value {
    let Freeze { reason, legal_reference, until } = &frozen.freeze;
    json!({
        "reason": reason,
        "legal_reference": legal_reference,
        "until": until.map(rfc3339),
        "since": rfc3339(frozen.since),
    })
}

/// An amount that is stopped, or was: as the trail and approvals show it, and operators list it. In major units.
pub fn amount_freeze_json(freeze: &AmountFreeze) -> Value {
    json!({
        "id": freeze.id.to_string(),
        "status": if freeze.lifted_at.is_some() { "lifted" } else { "frozen" },
        "merchant_id": freeze.merchant.to_string(),
        "amount": freeze.amount.to_string(),
        "currency": freeze.amount.currency().code(),
        "reason": freeze.reason,
        "legal_reference": freeze.legal_reference,
        "until": freeze.until.map(rfc3339),
        "created_at": rfc3339(freeze.created_at),
    })
}
