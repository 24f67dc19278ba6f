//! What becomes of a payout when something is learned about it: the book, the withdrawal or payment behind it,
//! and nothing else.

use bytes::Bytes;
use deposits::{PaymentId, PaymentState};
use ledger::Movement;
use money::Money;
use payouts::{Effect, Finding, Payout, PayoutId, Report};
use withdrawals::{Failure, WithdrawalId, WithdrawalState};

use super::alarms::Alarm;
use super::batch::Outcome;
use super::stage::Stage;
use super::void::Void;
use super::{PayoutReport, Reply};

impl Stage<'_> {
    /// What the worker learned; nobody reads the answer.
    pub(super) fn payout_report(&mut self, report: &PayoutReport) -> Result<Outcome, Void> {
        let (outcome, _) = self.report(report.payout, &report.report)?;
        tracing::debug!(payout = %report.payout, outcome, "payout report");
        Ok(Outcome { reply: Reply { status: 200, body: Bytes::new(), replayed: false }, stored: true })
    }

    /// Applies one finding; answers what a bank is told about it.
    pub(super) fn report(
        &mut self,
        id: PayoutId,
        report: &Report,
    ) -> Result<(&'static str, Option<String>), Void> {
        let Some(owner) = self.owners.get(&id) else {
            return Ok(("ignored", Some("unknown_reference".to_owned())));
        };
        let policy = self
            .facts
            .banks
            .get(&owner.bank)
            .ok_or_else(|| Void::unexpected(format!("{id} is at a bank that is not configured")))?;
        let Some(effect) = self.payouts.apply(id, report, policy, self.now) else {
            return Ok(("ignored", Some("unknown_reference".to_owned())));
        };
        let disputed = effect == Effect::Duplicate
            && self.is_paid_after_refund(id, report)
            && self.payouts.paid_after_refund(id);
        let effect = if disputed { Effect::Disputed } else { effect };
        self.alarms.extend(Alarm::of(effect, &owner.bank, id));
        Ok(match effect {
            Effect::Nothing => ("applied", None),
            Effect::Duplicate | Effect::Judged | Effect::Unnamed => ("duplicate", None),
            Effect::Paid => {
                self.paid(id)?;
                ("applied", None)
            }
            Effect::Failed => {
                self.failed(id)?;
                ("applied", None)
            }
            Effect::Returned { amount } => {
                self.returned(id, amount)?;
                ("applied", None)
            }
            Effect::PaidAndReturned { amount } => {
                self.paid(id)?;
                self.returned(id, amount)?;
                ("applied", None)
            }
            Effect::Disputed => {
                self.stop_siblings(id);
                ("applied", Some("disputed".to_owned()))
            }
            Effect::Contradiction => ("ignored", Some("contradiction".to_owned())),
        })
    }

    /// R29: paid again, after what came back was refunded.
    fn is_paid_after_refund(&self, id: PayoutId, report: &Report) -> bool {
        let refunded = self
            .withdrawal_of(id)
            .and_then(|id| self.withdrawals.get(id))
            .is_some_and(|row| row.state == WithdrawalState::Refunded);
        refunded && matches!(report.finding, Finding::Paid { .. })
    }

    pub(super) fn parts(&self, id: PayoutId) -> Result<(Money, std::sync::Arc<str>), Void> {
        let payout = self.payouts.get(id).ok_or_else(|| Void::unexpected(format!("{id} is not locked")))?;
        Ok((payout.amount, payout.bank.clone()))
    }

    pub(super) fn paid(&mut self, id: PayoutId) -> Result<(), Void> {
        let (amount, bank) = self.parts(id)?;
        let movement = Movement::PayoutPaid { bank, shard: id.shard(), amount };
        self.journal.post(&movement, id.uuid())?;
        if let Some(withdrawal) = self.withdrawal_of(id) {
            let followed = self.withdrawals.payout_paid(withdrawal, self.now);
            expect(followed, id, "paid")?;
        }
        if let Some(payment) = self.payment_of(id) {
            let now = self.now;
            let followed = self.payments.return_paid(payment, now).is_ok();
            expect(followed, id, "paid")?;
        }
        Ok(())
    }

    pub(super) fn failed(&mut self, id: PayoutId) -> Result<(), Void> {
        if let Some(withdrawal) = self.withdrawal_of(id) {
            let failure = self.failure(id);
            let followed = self.withdrawals.payout_failed(withdrawal, failure, self.now);
            expect(followed, id, "failed")?;
        }
        if let Some(payment) = self.payment_of(id) {
            let movement = self
                .payments
                .return_failed(payment, self.now)
                .map_err(|refusal| Void::unexpected(format!("{id} failed, but its payment: {refusal:?}")))?;
            self.journal.post(&movement, id.uuid())?;
        }
        Ok(())
    }

    pub(super) fn returned(&mut self, id: PayoutId, amount: Money) -> Result<(), Void> {
        let (_, bank) = self.parts(id)?;
        let merchant = self.owners.get(&id).and_then(|owner| owner.merchant);
        let movement = Movement::PayoutReturned { bank, shard: id.shard(), merchant, amount };
        self.journal.post(&movement, id.uuid())?;
        if let Some(withdrawal) = self.withdrawal_of(id) {
            if !self.rests_on(withdrawal, id) {
                return self.give_back(id, withdrawal, amount);
            }
            let failure = self.failure(id);
            let followed = self.withdrawals.payout_returned(withdrawal, amount, failure, self.now);
            expect(followed, id, "returned")?;
        }
        if let Some(payment) = self.payment_of(id) {
            if self.payments.get(payment).is_some_and(|row| row.status == PaymentState::Credited) {
                return self.credit_again(id, payment, amount);
            }
            let movement = self.payments.return_came_back(payment, amount, self.now).map_err(|refusal| {
                Void::unexpected(format!("{id} came back, but its payment: {refusal:?}"))
            })?;
            self.journal.post(&movement, id.uuid())?;
        }
        Ok(())
    }

    pub(super) fn withdrawal_of(&self, id: PayoutId) -> Option<WithdrawalId> {
        self.owners.get(&id)?.withdrawal.map(WithdrawalId::from_uuid)
    }

    pub(super) fn payment_of(&self, id: PayoutId) -> Option<PaymentId> {
        self.owners.get(&id)?.payment.map(PaymentId::from_uuid)
    }

    fn failure(&self, id: PayoutId) -> Failure {
        let reason = self.payouts.get(id).and_then(|payout| payout.reason.clone());
        let code = reason.unwrap_or_else(|| "MS03".to_owned());
        Failure { reason: in_words(&code).to_owned(), code }
    }

    /// The other attempts at what this payout is for.
    pub(super) fn siblings(&self, id: PayoutId) -> impl Iterator<Item = &Payout> {
        let subject = self.payouts.get(id).map(|payout| (payout.withdrawal, payout.payment));
        self.payouts
            .iter()
            .filter(move |other| other.id != id && Some((other.withdrawal, other.payment)) == subject)
    }
}

/// ISO 20022's reason codes in words, as far as banks use them here.
fn in_words(code: &str) -> &'static str {
    match code {
        "AC01" => "the account number is wrong",
        "AC04" => "the account is closed",
        "AC06" => "the account is blocked",
        "AM05" => "the bank has seen this payment before",
        "BE04" => "the holder's address is missing",
        _ => "the bank gave no closer reason",
    }
}

fn expect(followed: bool, id: PayoutId, what: &str) -> Result<(), Void> {
    if followed {
        return Ok(());
    }
    Err(Void::unexpected(format!("{id} was {what}, but what it was sent for could not follow")))
}
