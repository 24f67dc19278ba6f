//! What operators do about a merchant's money besides payments and payouts: refusals (R45), charges (R46), amounts
//! that an authority stops (R32).

use ledger::MerchantRef;
use merchants::{AmountFreeze, FreezeId, MerchantId};
use money::{Currency, Money};
use serde_json::{Value, json};
use time::OffsetDateTime;
use withdrawals::{ChargeId, Declared, WithdrawalId};

use super::action::Action;
use super::operators::{No, illegal, payout_problem};
use super::stage::Stage;
use super::void::Void;
use super::withdraw::{problem_of, total};
use crate::problem::Problem;

impl Stage<'_> {
    /// R45: refuses a new withdrawal of which nothing was sent; everything is booked back as it was booked.
    pub(super) fn refuse_withdrawal(
        &mut self,
        id: WithdrawalId,
        reason: &str,
    ) -> Result<Result<(), No>, Void> {
        let movement = match self.withdrawals.refuse_movement(id) {
            Ok(movement) => movement,
            Err(refusal) => return Ok(Err(problem_of(&refusal))),
        };
        let Some(payout) = self.payouts.of_withdrawal(id.uuid()).map(|payout| payout.id).next() else {
            return Err(Void::unexpected(format!("{id} has no payout")));
        };
        if let Err(refusal) = self.payouts.refuse(payout) {
            return Ok(Err(payout_problem(refusal)));
        }
        self.post_credit(&movement, id.uuid())?;
        self.give_limits_back(id);
        if let Some(withdrawal) = self.withdrawals.get(id).cloned() {
            self.declare(&withdrawal, Declared::Undone)?;
            if withdrawal.is_exchanged() {
                self.positions.settled(id.shard(), withdrawal.net, total(&withdrawal)?);
            }
        }
        Ok(self.withdrawals.refused(id, reason, self.now).map_err(|refusal| problem_of(&refusal)))
    }

    /// R46: charges a merchant; what is frozen isn't taken, and what is free and doesn't suffice becomes owed.
    pub(super) fn charge(&mut self, merchant: MerchantId, amount: Money) -> Result<(), Void> {
        let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
        let balance = self.journal.balance(&book.balance(amount.currency()))?;
        let free = balance - self.frozen.frozen(merchant, amount.currency());
        let movement = withdrawals::charge(book, amount, free)
            .map_err(|error| Void::unexpected(format!("a charge of {merchant}: {error}")))?;
        self.journal.post(&movement, ChargeId::new(merchant.shard()).uuid())?;
        Ok(())
    }

    pub(super) fn freeze_amount(
        &mut self,
        freeze: FreezeId,
        merchant: MerchantId,
        amount: Money,
        (reason, legal_reference): (&str, Option<String>),
        until: Option<OffsetDateTime>,
    ) -> Result<(), No> {
        if self.merchants.get(merchant).is_some_and(|row| row.state.is_final()) {
            return Err((Problem::MerchantClosed, "the merchant is closed".into()));
        }
        self.frozen.add(AmountFreeze {
            id: freeze,
            merchant,
            amount,
            reason: reason.to_owned(),
            legal_reference,
            until,
            created_at: self.now,
            lifted_at: None,
        });
        Ok(())
    }

    pub(super) fn lift_amount(&mut self, freeze: FreezeId) -> Result<Result<(), No>, Void> {
        let Some(lifted) = self.frozen.lift(freeze, self.now) else {
            return Ok(Err(illegal("the amount is not frozen any more".into())));
        };
        self.repay_freed(&lifted)?;
        Ok(Ok(()))
    }

    /// What is shown of the actions in this file.
    pub(super) fn intervention_shown(&self, action: &Action) -> Option<Value> {
        match action {
            Action::RefuseWithdrawal { withdrawal } => {
                let shown = self.withdrawal_shown(Some(*withdrawal));
                (!shown.is_null()).then_some(shown)
            }
            Action::Charge { merchant, minor, currency } => {
                let row = self.merchants.get(*merchant)?;
                Some(json!({
                    "id": merchant.to_string(),
                    "status": row.state.as_str(),
                    "charge": text(*minor, *currency),
                    "currency": currency.code(),
                }))
            }
            Action::FreezeAmount { freeze, merchant, .. } => {
                self.merchants.get(*merchant)?;
                Some(self.frozen.get(*freeze).map_or(json!({"id": freeze.to_string()}), freeze_json))
            }
            Action::LiftAmountFreeze { freeze, .. } => match self.frozen.get(*freeze) {
                Some(row) => Some(freeze_json(row)),
                None => Some(json!({"id": freeze.to_string(), "status": "lifted"})),
            },
            _ => None,
        }
    }
}

fn freeze_json(freeze: &AmountFreeze) -> Value {
    json!({
        "id": freeze.id.to_string(),
        "status": "frozen",
        "merchant_id": freeze.merchant.to_string(),
        "amount": freeze.amount.to_string(),
        "currency": freeze.amount.currency().code(),
    })
}

fn text(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).map_or_else(|_| minor.to_string(), |amount| amount.to_string())
}
