//! What merchants order: withdrawals, and another payee for one that failed.

use bytes::Bytes;
use merchants::MerchantState;
use money::Money;
use payouts::{HeldBy, NewPayout, PayoutId};
use serde_json::Value;
use withdrawals::{Declaration, Declared, Desk, Refusal, Withdrawal};

use super::answers::{PayeeView, new_payout_json, payout_json, withdrawal_json};
use super::batch::Outcome;
use super::beneficiary;
use super::stage::Stage;
use super::void::Void;
use super::{ChangePayee, Reply, Withdraw};
use crate::problem::{self, FieldError, Problem};

/// A withdrawal that goes out again, with all of its attempts as the contract shows them.
pub(super) struct SentAgain {
    withdrawal: Withdrawal,
    attempts: Vec<Value>,
}

impl Stage<'_> {
    pub(super) fn withdraw(&mut self, command: &Withdraw) -> Result<Outcome, Void> {
        let order = &command.order;
        if order.client_reference.is_some() && !self.references.contains(&order.id) {
            let taken = Refusal::Invalid {
                field: "client_reference",
                message: "another withdrawal has this reference".into(),
            };
            return Ok(refused(&taken, &command.request_id));
        }
        let Some(merchant) = self.merchants.get(order.merchant).cloned() else {
            return Ok(refused(&Refusal::NotFound, &command.request_id));
        };
        let decided = Desk {
            policy: &self.facts.policy,
            payees: &self.payees,
            frozen: &self.frozen,
            fees: &mut self.fees,
            usage: &mut self.usage,
            market: &self.market,
            quotes: &mut self.quotes,
            journal: &mut self.journal,
            now: self.now,
        }
        .submit(order, &merchant)?;
        match decided {
            Err(refusal) => Ok(refused(&refusal, &command.request_id)),
            Ok(withdrawal) => {
                let payout = self.payout_for(&withdrawal, withdrawal.buy)?;
                let body = self.rendered(&withdrawal, &[new_payout_json(&payout)])?;
                self.new_payouts.push(payout);
                self.declare(&withdrawal, Declared::Conversion)?;
                if withdrawal.is_exchanged() {
                    let bought = total(&withdrawal)?;
                    self.positions.exchanged(withdrawal.id.shard(), withdrawal.net, bought);
                }
                self.new_withdrawals.push(withdrawal);
                Ok(Outcome { reply: Reply { status: 201, body, replayed: false }, stored: true })
            }
        }
    }

    pub(super) fn change_payee(&mut self, command: &ChangePayee) -> Result<Outcome, Void> {
        let own =
            self.withdrawals.get(command.withdrawal).is_some_and(|row| row.merchant == command.merchant);
        if !own {
            return Ok(refused(&Refusal::NotFound, &command.request_id));
        }
        match self.send_again(command.withdrawal, Some(command.payee))? {
            Err(refusal) => Ok(refused(&refusal, &command.request_id)),
            Ok(again) => {
                let body = self.rendered(&again.withdrawal, &again.attempts)?;
                Ok(Outcome { reply: Reply { status: 200, body, replayed: false }, stored: true })
            }
        }
    }

    /// R28, R29: a new attempt under a new reference, for what there is to send. Never while an attempt's
    /// outcome is unknown. Answers the withdrawal and all of its attempts.
    pub(super) fn send_again(
        &mut self,
        id: withdrawals::WithdrawalId,
        payee: Option<merchants::PayeeId>,
    ) -> Result<Result<SentAgain, Refusal>, Void> {
        if let Some(refusal) = self.unsettled(id) {
            return Ok(Err(refusal));
        }
        let declared = self.country_of(self.withdrawals.get(id).map(|row| row.payee)).map(str::to_owned);
        let desk = Desk {
            policy: &self.facts.policy,
            payees: &self.payees,
            frozen: &self.frozen,
            fees: &mut self.fees,
            usage: &mut self.usage,
            market: &self.market,
            quotes: &mut self.quotes,
            journal: &mut self.journal,
            now: self.now,
        };
        match desk.send_again(&mut self.withdrawals, id, payee) {
            Err(refusal) => Ok(Err(refusal)),
            Ok(withdrawal) => {
                let payout = self.payout_for(&withdrawal, withdrawal.to_send)?;
                let mut attempts: Vec<Value> =
                    self.payouts.of_withdrawal(id.uuid()).map(payout_json).collect();
                attempts.push(new_payout_json(&payout));
                self.new_payouts.push(payout);
                if self.country_of(Some(withdrawal.payee)) != declared.as_deref() {
                    self.declare(&withdrawal, Declared::Amended)?;
                }
                Ok(Ok(SentAgain { withdrawal, attempts }))
            }
        }
    }

    /// R28: why nothing may be sent again or refunded now: an attempt is unknown, disputed, or was just made.
    pub(super) fn unsettled(&self, id: withdrawals::WithdrawalId) -> Option<Refusal> {
        let open = self.payouts.of_withdrawal(id.uuid()).find(|payout| payout.state.is_unsettled());
        if let Some(payout) = open {
            let why = format!("{} is {}: its outcome must be known first", payout.id, payout.state.as_str());
            return Some(Refusal::IllegalTransition(why));
        }
        None
    }

    fn country_of(&self, payee: Option<merchants::PayeeId>) -> Option<&str> {
        Some(&self.payees.get(&payee?)?.country)
    }

    /// R43: with the conversion, with what undoes it, or with what sends it to another country.
    pub(super) fn declare(&mut self, withdrawal: &Withdrawal, declared: Declared) -> Result<(), Void> {
        let payee = self
            .payees
            .get(&withdrawal.payee)
            .ok_or_else(|| Void::unexpected(format!("{} has no payee", withdrawal.id)))?;
        let policy = &self.facts.policy.declarations;
        let record = Declaration::of(withdrawal, declared, &payee.country, policy, self.now);
        self.declarations.extend(record);
        Ok(())
    }

    fn payout_for(&self, withdrawal: &Withdrawal, amount: Money) -> Result<NewPayout, Void> {
        let payee = self
            .payees
            .get(&withdrawal.payee)
            .ok_or_else(|| Void::unexpected(format!("{} has no payee", withdrawal.id)))?;
        let id = PayoutId::new(withdrawal.id.shard());
        let frozen = self
            .merchants
            .get(withdrawal.merchant)
            .is_some_and(|merchant| merchant.state == MerchantState::Frozen);
        let looked_at = withdrawal.attempts == 1 && self.waits_for_a_look(withdrawal.sell);
        Ok(NewPayout {
            id,
            withdrawal: Some(withdrawal.id.uuid()),
            payment: None,
            merchant: Some(withdrawal.merchant.uuid()),
            bank: withdrawal.bank.clone(),
            attempt: withdrawal.attempts,
            amount,
            beneficiary_sealed: beneficiary::of_payee(&self.facts.keyring, id, payee)?,
            held_by: match (looked_at, frozen) {
                (true, _) => Some(HeldBy::Operator),
                (false, true) => Some(HeldBy::Freeze),
                (false, false) => None,
            },
        })
    }

    pub(super) fn rendered(&self, withdrawal: &Withdrawal, payouts: &[Value]) -> Result<Bytes, Void> {
        let payee = self
            .payees
            .get(&withdrawal.payee)
            .ok_or_else(|| Void::unexpected(format!("{} has no payee", withdrawal.id)))?;
        let payee = PayeeView::new(&self.facts.keyring, payee)?;
        Ok(serde_json::to_vec(&withdrawal_json(withdrawal, &payee, payouts))?.into())
    }
}

/// What left the exchange position for a withdrawal.
pub(super) fn total(withdrawal: &Withdrawal) -> Result<Money, Void> {
    withdrawal.bought().total().map_err(|error| Void::unexpected(format!("{}: {error}", withdrawal.id)))
}

/// A refusal as the contract tells it.
pub(super) fn problem_of(refusal: &Refusal) -> (Problem, String) {
    let text = |text: &str| text.to_owned();
    match refusal {
        Refusal::MerchantFrozen => (Problem::MerchantFrozen, text("the merchant is frozen")),
        Refusal::MerchantRestricted => {
            (Problem::MerchantRestricted, text("the merchant's documents have expired"))
        }
        Refusal::MerchantClosed => (Problem::MerchantClosed, text("the merchant is closed")),
        Refusal::MerchantNotActive => (Problem::Forbidden, text("the merchant is not active yet")),
        Refusal::PayeeNotFound => (Problem::NotFound, text("there is no such payee")),
        Refusal::PayeeNotVerified => (Problem::PayeeNotVerified, text("the payee is not verified")),
        Refusal::PayeeHolderMismatch => {
            (Problem::PayeeHolderMismatch, text("the payee's holder is not the merchant"))
        }
        Refusal::QuoteNotFound => (Problem::NotFound, text("there is no such quote")),
        Refusal::QuoteExpired => (Problem::QuoteExpired, text("the quote has expired: ask for a new one")),
        Refusal::QuoteUsed => (Problem::QuoteUsed, text("the quote was used before")),
        Refusal::UnsupportedCorridor => {
            (Problem::UnsupportedCorridor, text("these currencies can't be exchanged and paid out here"))
        }
        Refusal::RateUnavailable => {
            (Problem::RateUnavailable, text("there is no rate that is new enough; try again soon"))
        }
        Refusal::InsufficientFunds { needed, available } => (
            Problem::InsufficientFunds,
            format!("{needed} {} are needed, {available} are available", needed.currency().code()),
        ),
        Refusal::LimitExceeded { limit, most, used, left, worth } => {
            let worth = worth.map_or_else(|| "more".to_owned(), |worth| format!("{worth} USD"));
            let told =
                format!("limit `{limit}`: {most} USD, {used} used, {left} left; this is worth {worth}");
            (Problem::LimitExceeded, told)
        }
        Refusal::Invalid { field, message } => (Problem::InvalidRequest, format!("{field}: {message}")),
        Refusal::NotFound => (Problem::NotFound, text("there is no such withdrawal")),
        Refusal::IllegalTransition(why) => (Problem::IllegalTransition, why.clone()),
    }
}

fn refused(refusal: &Refusal, request_id: &str) -> Outcome {
    let (problem, detail) = problem_of(refusal);
    let errors = match refusal {
        Refusal::Invalid { field, message } => vec![FieldError::new(*field, message)],
        _ => Vec::new(),
    };
    let body = problem::body(problem, &detail, request_id, &errors);
    let reply = Reply { status: problem.status(), body, replayed: false };
    Outcome { reply, stored: refusal.is_stored() }
}
