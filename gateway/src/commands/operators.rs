//! What operators do, each with a reason, each audited with what it was before and after (R33).

use audit::Entry;
use deposits::{PaymentId, PaymentState, Rematched, Reversal};
use merchants::Freeze;
use money::{Currency, Money};
use payouts::{Found, NewPayout, Payout, PayoutId, PayoutState};
use serde_json::{Value, json};
use withdrawals::WithdrawalId;

use super::action::Action;
use super::batch::Outcome;
use super::closing::closing_shown;
use super::freezes::freeze_shown;
use super::keys::refusal;
use super::resolutions::truth;
use super::stage::Stage;
use super::void::Void;
use super::withdraw::problem_of;
use super::{Operate, Operator, Reply, beneficiary};
use crate::problem::Problem;

/// A decision against an operator: what is answered, and why. Of an invalid request `field: what is wrong with it`.
pub(super) type No = (Problem, String);

/// An operator's word that something be done.
pub(super) struct Word<'a> {
    pub operator: &'a Operator,
    /// Why they do it.
    pub reason: &'a str,
    /// Why it was asked for: the same, but where another person approves.
    pub asked: &'a str,
    pub key: &'a str,
}

impl Stage<'_> {
    pub(super) fn operate(&mut self, command: &Operate) -> Result<Outcome, Void> {
        let Some(shown) = self.shown(&command.action) else {
            let detail = format!("there is no {}", command.action.subject());
            return Ok(no(&(Problem::NotFound, detail), &command.request_id));
        };
        if self.needs_approval(&command.action) {
            if let Err(why) = self.possible(&command.action) {
                return Ok(no(&why, &command.request_id));
            }
            return self.ask_approval(command, &shown);
        }
        let (operator, reason, key) = (&command.operator, &*command.reason, &*command.request.key);
        match self.perform(&command.action, &Word { operator, reason, asked: reason, key })? {
            Err(why) => {
                self.note_refused(command, &why);
                Ok(no(&why, &command.request_id))
            }
            Ok(after) => Ok(Outcome { reply: answer(200, &after)?, stored: true }),
        }
    }

    /// The subject as it is now: shown to whoever approves, and compared when they do. None: it is not there.
    pub(super) fn shown(&self, action: &Action) -> Option<Value> {
        if let Some(id) = action.payment() {
            return self.payment_shown(id);
        }
        if let Some(id) = action.payout() {
            return self.payouts.get(id).map(|payout| self.payout_shown(payout));
        }
        match action {
            Action::ApplyReversal { reversal, payment } => self.reversal_shown(*reversal).map(|mut shown| {
                shown["payment"] = json!(self.payment_shown(*payment));
                shown
            }),
            Action::DismissReversal { reversal } => self.reversal_shown(*reversal),
            Action::RefundWithdrawal { withdrawal } => {
                let shown = self.withdrawal_shown(Some(*withdrawal));
                (!shown.is_null()).then_some(shown)
            }
            Action::FreezeMerchant { merchant, .. } | Action::UnfreezeMerchant { merchant } => {
                self.merchants.get(*merchant).map(freeze_shown)
            }
            Action::ActivateMerchant { merchant } | Action::AddDocument { merchant, .. } => {
                self.identity_shown(*merchant)
            }
            Action::CloseMerchant { merchant } => {
                self.merchants.get(*merchant).map(|row| closing_shown(*merchant, row.state))
            }
            Action::VerifyMerchant { merchant, .. } => self
                .merchants
                .get(*merchant)
                .map(|row| json!({"id": merchant.to_string(), "fully_verified": row.fully_verified})),
            Action::SetTier { merchant, .. } => {
                self.merchants.get(*merchant).map(|row| json!({"id": merchant.to_string(), "tier": row.tier}))
            }
            Action::SetFee(fee) => Some(self.fee_shown(fee)),
            Action::CoverDeal(deal) => self.cover_shown(deal),
            Action::AcceptRate { rate } | Action::RejectRate { rate } => self.rate_shown(*rate),
            Action::Charge(charge) => self.charge_shown(charge),
            _ => self.intervention_shown(action),
        }
    }

    pub(super) fn payment_shown(&self, id: PaymentId) -> Option<Value> {
        self.payments.get(id).map(|payment| {
            json!({
                "id": id.to_string(),
                "status": payment.status.as_str(),
                "reason": payment.reason.map(deposits::Reason::as_str),
                "amount": payment.amount.to_string(),
                "reversed_amount": payment.reversed().to_string(),
                "currency": payment.amount.currency().code(),
                "merchant": payment.merchant.map(|merchant| merchant.to_string()),
            })
        })
    }

    /// With what its truth decides about: the withdrawal, or the payment that it returns; and a return that was reported of it.
    fn payout_shown(&self, payout: &Payout) -> Value {
        let mut shown = json!({
            "id": payout.id.to_string(),
            "status": payout.state.as_str(),
            "amount": payout.amount.to_string(),
            "currency": payout.amount.currency().code(),
            "withdrawal": self.withdrawal_shown(payout.withdrawal.map(WithdrawalId::from_uuid)),
        });
        if let Some(payment) = payout.payment.and_then(|id| self.payment_shown(PaymentId::from_uuid(id))) {
            shown["payment"] = payment;
        }
        if let Some(returned) = payout.returned {
            shown["returned_amount"] = json!(returned.to_string());
        }
        shown
    }

    pub(super) fn withdrawal_shown(&self, id: Option<WithdrawalId>) -> Value {
        id.and_then(|id| self.withdrawals.get(id)).map_or(Value::Null, |row| {
            json!({
                "id": row.id.to_string(),
                "status": row.state.as_str(),
                "to_send": row.to_send.to_string(),
                "currency": row.buy.currency().code(),
                "attempts": row.attempts,
            })
        })
    }

    /// Does it, and writes it down. The answer is the subject afterwards.
    pub(super) fn perform(&mut self, action: &Action, word: &Word<'_>) -> Result<Result<Value, No>, Void> {
        let before = self.shown(action);
        if let Err(why) = self.act(action, word)? {
            return Ok(Err(why));
        }
        let after = self.shown(action);
        let operator = word.operator;
        self.entries.push(Entry {
            at: self.now,
            actor: operator.id.to_string(),
            person: operator.person.to_string(),
            origin: operator.origin.clone(),
            action: action.name().to_owned(),
            subject: action.subject(),
            reason: word.reason.to_owned(),
            before: before.map(|value| value.to_string()),
            after: after.as_ref().map(Value::to_string),
            idempotency_key: Some(word.key.to_owned()),
        });
        Ok(Ok(after.unwrap_or(Value::Null)))
    }

    fn act(&mut self, action: &Action, word: &Word<'_>) -> Result<Result<(), No>, Void> {
        let Word { operator, reason, .. } = *word;
        if let Some(Err(why)) = self.decided_payment(action).map(|payment| self.return_settled(payment)) {
            return Ok(Err(why));
        }
        match action {
            Action::CreditPayment { payment, merchant } => {
                let matching = deposits::Matching {
                    accounts: &self.directory,
                    merchants: &self.merchants,
                    remitters: &self.facts.remitters,
                    now: self.now,
                };
                match self.payments.credit(*payment, *merchant, &matching) {
                    Err(refusal) => Ok(Err(payment_problem(&refusal))),
                    Ok(movement) => Ok(Ok(self.post_credit(&movement, payment.uuid())?)),
                }
            }
            Action::ReturnPayment { payment } => self.return_payment(*payment),
            Action::RematchPayment { payment } => match self.rematch(*payment)? {
                Some(Rematched::Credited(_) | Rematched::StillInReview(_)) => Ok(Ok(())),
                None => Ok(Err(illegal("the payment is not in review".into()))),
            },
            Action::ApplyReversal { reversal, payment } => self.book_reversal(*reversal, *payment),
            Action::DismissReversal { reversal } => {
                let row = self.reversals.get_mut(*reversal);
                let row = row.ok_or_else(|| Void::unexpected(format!("{reversal} was not read")))?;
                Ok(dismiss(row))
            }
            Action::RetryPayout { payout, payee } => {
                let withdrawal = match self.retriable(*payout) {
                    Ok(withdrawal) => withdrawal,
                    Err(why) => return Ok(Err(why)),
                };
                let sent = self.send_again(withdrawal, *payee)?;
                Ok(sent.map(|_| ()).map_err(|refusal| problem_of(&refusal)))
            }
            Action::HoldPayout { payout } => Ok(self.payouts.hold(*payout).map_err(payout_problem)),
            Action::ReleasePayout { payout } => {
                Ok(self.payouts.release(*payout, self.now).map_err(payout_problem))
            }
            Action::QueryPayout { payout } => {
                Ok(self.payouts.query_now(*payout, self.now).map_err(payout_problem))
            }
            Action::RefundWithdrawal { withdrawal } => self.refund(*withdrawal),
            Action::RefuseWithdrawal { withdrawal } => self.refuse_withdrawal(*withdrawal, reason),
            Action::Charge(charge) => {
                if let Err(why) = self.not_closed(charge.merchant) {
                    return Ok(Err(why));
                }
                self.charge(charge, word.asked)?;
                Ok(Ok(()))
            }
            Action::FreezeAmount { freeze, merchant, minor, currency, legal_reference, until } => {
                if let Err(why) = self.ends_later(*until) {
                    return Ok(Err(why));
                }
                let (amount, why) = (amount_of(*minor, *currency)?, (reason, legal_reference.clone()));
                Ok(self.freeze_amount(*freeze, *merchant, amount, why, *until))
            }
            Action::LiftAmountFreeze { freeze, .. } => self.lift_amount(*freeze),
            Action::SetFee(fee) => Ok(self.set_fee(fee)),
            Action::CoverDeal(deal) => self.cover(deal),
            Action::ResolvePayout { payout, executed, bank_reference } => {
                let (truth, bank_reference) = (truth(*executed), bank_reference.as_deref());
                self.resolve(*payout, &Found { truth, bank_reference, by: &operator.id })
            }
            Action::SetTier { merchant, tier } => {
                self.merchants.set_tier(*merchant, tier);
                Ok(Ok(()))
            }
            Action::AcceptRate { rate } => Ok(self.accept_rate(*rate)),
            Action::RejectRate { rate } => Ok(self.reject_rate(*rate)),
            Action::VerifyMerchant { merchant, full } => {
                self.merchants.set_fully_verified(*merchant, *full);
                Ok(Ok(()))
            }
            Action::ActivateMerchant { merchant } => Ok(self.activate(*merchant)),
            Action::AddDocument { merchant, document } => Ok(self.add_document(*merchant, document)),
            Action::FreezeMerchant { merchant, legal_reference, until } => {
                if let Err(why) = self.ends_later(*until) {
                    return Ok(Err(why));
                }
                let freeze = Freeze {
                    reason: reason.to_owned(),
                    legal_reference: legal_reference.clone(),
                    until: *until,
                };
                if !self.merchants.freeze(*merchant, freeze, self.now) {
                    return Ok(Err(illegal("the merchant can't be frozen in its state".into())));
                }
                self.hold_for_freeze(*merchant);
                Ok(Ok(()))
            }
            Action::CloseMerchant { merchant } => Ok(self.close_merchant(*merchant)),
            Action::UnfreezeMerchant { merchant } => {
                if !self.merchants.unfreeze(*merchant, self.now) {
                    return Ok(Err(illegal("the merchant is not frozen".into())));
                }
                self.let_go(*merchant)?;
                Ok(Ok(()))
            }
        }
    }

    /// The payment in review that an action decides about.
    pub(super) fn decided_payment(&self, action: &Action) -> Option<deposits::PaymentId> {
        let payment = self.payments.get(action.payment()?)?;
        (payment.status == PaymentState::InReview).then_some(payment.id)
    }

    /// R7: what was sent back must be able to end. A bank that only receives carries no payouts.
    pub(super) fn bank_can_return(&self, id: deposits::PaymentId) -> Result<(), No> {
        match self.payments.get(id) {
            Some(payment) if !self.facts.banks.contains_key(&payment.bank) => Err(illegal(format!(
                "no payouts go out through {}: let it return the money itself",
                payment.bank
            ))),
            _ => Ok(()),
        }
    }

    fn return_payment(&mut self, id: deposits::PaymentId) -> Result<Result<(), No>, Void> {
        if let Err(why) = self.bank_can_return(id) {
            return Ok(Err(why));
        }
        let movement = match self.payments.start_return(id, self.now) {
            Ok(movement) => movement,
            Err(refusal) => return Ok(Err(payment_problem(&refusal))),
        };
        self.journal.post(&movement, id.uuid())?;
        let payment = self.payments.get(id).ok_or_else(|| Void::unexpected(format!("{id} is gone")))?;
        let payout = PayoutId::new(id.shard());
        let earlier = self.payouts.iter().filter(|payout| payout.payment == Some(id.uuid())).count();
        let attempt = i32::try_from(earlier).unwrap_or(i32::MAX).saturating_add(1);
        self.new_payouts.push(NewPayout {
            id: payout,
            withdrawal: None,
            payment: Some(id.uuid()),
            merchant: None,
            bank: payment.bank.clone(),
            attempt,
            amount: payment.open_amount(),
            beneficiary_sealed: beneficiary::of_remitter(&self.facts.keyring, payout, payment)?,
            held_by: None,
        });
        Ok(Ok(()))
    }

    /// R38: what came back after its end is not a closed merchant's balance any more, and nothing is sent for it.
    pub(super) fn owner_not_closed(&self, id: WithdrawalId) -> Result<(), No> {
        self.withdrawals.get(id).map_or(Ok(()), |row| self.not_closed(row.merchant))
    }

    /// Whether the bank had carried out one of its attempts, all of which are locked, before it gave the money back.
    pub(super) fn was_paid(&self, id: WithdrawalId) -> bool {
        self.payouts.of_withdrawal(id.uuid()).any(|payout| payout.state == PayoutState::Returned)
    }

    fn refund(&mut self, id: WithdrawalId) -> Result<Result<(), No>, Void> {
        if let Err(why) = self.owner_not_closed(id) {
            return Ok(Err(why));
        }
        if let Some(refusal) = self.unsettled(id) {
            return Ok(Err(problem_of(&refusal)));
        }
        let was_paid = self.was_paid(id);
        let movement = match self.withdrawals.refund_movement(id, was_paid, &self.facts.policy) {
            Ok(movement) => movement,
            Err(refusal) => return Ok(Err(problem_of(&refusal))),
        };
        self.post_credit(&movement, id.uuid())?;
        // What was paid has left, however much of it came back: it counts on, as its fee is kept.
        if !was_paid {
            self.give_limits_back(id);
        }
        Ok(self.withdrawals.refunded(id, self.now).map_err(|refusal| problem_of(&refusal)))
    }
}

/// Puts a reversal aside.
pub(super) fn dismiss(reversal: &mut Reversal) -> Result<(), No> {
    reversal.dismiss().map_err(|state| illegal(format!("the reversal is {}", state.as_str())))
}

pub(super) fn amount_of(minor: i64, currency: Currency) -> Result<Money, Void> {
    Money::new(minor, currency).map_err(|error| Void::unexpected(error.to_string()))
}

pub(super) fn illegal(why: String) -> No {
    (Problem::IllegalTransition, why)
}

pub(super) fn payment_problem(refusal: &deposits::Refusal) -> No {
    let text = |text: &str| text.to_owned();
    match refusal {
        deposits::Refusal::NotFound => (Problem::NotFound, text("there is no such payment")),
        deposits::Refusal::IllegalTransition(state) => illegal(format!("the payment is {}", state.as_str())),
        deposits::Refusal::MerchantUnknown => {
            (Problem::InvalidRequest, text("merchant_id: name the merchant whose payment this is"))
        }
        deposits::Refusal::MerchantDiffers => {
            (Problem::InvalidRequest, text("merchant_id: the payment's account belongs to another merchant"))
        }
        deposits::Refusal::MerchantClosed => (Problem::MerchantClosed, text("the merchant is closed")),
    }
}

pub(super) fn payout_problem(refusal: payouts::Refusal) -> No {
    match refusal {
        payouts::Refusal::NotFound => (Problem::NotFound, "there is no such payout".to_owned()),
        payouts::Refusal::IllegalTransition(why) => illegal(why.to_owned()),
    }
}

/// A refusal that is repeated under the same key, unless the request itself was invalid.
pub(super) fn no(why: &No, request_id: &str) -> Outcome {
    let (problem, detail) = why;
    let stored = *problem != Problem::InvalidRequest;
    Outcome { reply: refusal(*problem, detail, request_id), stored }
}

pub(super) fn answer(status: u16, body: &Value) -> Result<Reply, Void> {
    Ok(Reply { status, body: serde_json::to_vec(body)?.into(), replayed: false })
}
