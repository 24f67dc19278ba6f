//! What the gateway does by itself: matching again (R7), lifting freezes whose time is over (R32).

use audit::Entry;
use bytes::Bytes;
use deposits::{PaymentDetails, PaymentId, Rematched};
use merchants::MerchantId;
use merchants::MerchantState::Frozen;

use super::Reply;
use super::batch::Outcome;
use super::freezes::{amount_freeze_json, freeze_shown};
use super::stage::Stage;
use super::void::Void;

impl Stage<'_> {
    pub(super) fn rematch_all(&mut self, payments: &[PaymentId]) -> Result<Outcome, Void> {
        for payment in payments {
            match self.rematch(*payment)? {
                Some(Rematched::Credited(_)) => tracing::info!(%payment, "matched again and credited"),
                Some(Rematched::StillInReview(_)) | None => {}
            }
        }
        Ok(done())
    }

    /// Matches one payment again with what is known now; posts the credit. None when it is not in review, or may have
    /// been returned (R29).
    pub(super) fn rematch(&mut self, id: PaymentId) -> Result<Option<Rematched>, Void> {
        let Some(payment) = self.payments.get(id) else { return Ok(None) };
        if self.return_settled(id).is_err() {
            return Ok(None);
        }
        let details = PaymentDetails::open(&payment.details_sealed, &self.facts.keyring, id)?;
        let matching = deposits::Matching {
            accounts: &self.directory,
            merchants: &self.merchants,
            remitters: &self.facts.remitters,
            now: self.now,
        };
        match self.payments.rematch(id, details.remitter_name.as_deref(), &matching, &mut self.orders) {
            Err(_) => Ok(None),
            Ok(outcome) => {
                if let Rematched::Credited(movements) = &outcome {
                    for movement in movements {
                        self.post_credit(movement, id.uuid())?;
                    }
                    self.apply_reversals_of(id)?;
                }
                Ok(Some(outcome))
            }
        }
    }

    pub(super) fn lift_freezes(&mut self, merchants: &[MerchantId]) -> Result<Outcome, Void> {
        for merchant in merchants {
            let before = self.merchants.get(*merchant).map(freeze_shown);
            if self.merchants.lift_over(*merchant, self.now) {
                let is_frozen = self.merchants.get(*merchant).is_some_and(|row| row.state == Frozen);
                if !is_frozen {
                    self.let_go(*merchant)?;
                }
                let what = if is_frozen { "merchant.freeze.end" } else { "merchant.unfreeze" };
                self.entries.push(Entry {
                    at: self.now,
                    actor: "gateway".into(),
                    person: "gateway".into(),
                    origin: "gateway".into(),
                    action: what.into(),
                    subject: merchant.to_string(),
                    reason: "the freeze was ordered until now".into(),
                    before: before.map(|shown| shown.to_string()),
                    after: self.merchants.get(*merchant).map(|row| freeze_shown(row).to_string()),
                    idempotency_key: None,
                });
            }
            self.lift_amounts(*merchant)?;
        }
        Ok(done())
    }

    fn lift_amounts(&mut self, merchant: MerchantId) -> Result<(), Void> {
        for freeze in self.frozen.expire(merchant, self.now) {
            self.repay_freed(&freeze)?;
            self.entries.push(Entry {
                at: self.now,
                actor: "gateway".into(),
                person: "gateway".into(),
                origin: "gateway".into(),
                action: "amount.unfreeze".into(),
                subject: merchant.to_string(),
                reason: "the freeze was ordered until now".into(),
                before: Some(amount_freeze_json(&freeze).to_string()),
                after: self.frozen.known(freeze.id).map(|lifted| amount_freeze_json(lifted).to_string()),
                idempotency_key: None,
            });
        }
        Ok(())
    }
}

pub(super) fn done() -> Outcome {
    Outcome { reply: Reply { status: 200, body: Bytes::new(), replayed: false }, stored: true }
}
