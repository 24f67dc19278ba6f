//! What operators do about a merchant's money besides payments and payouts: refusals (R45), amounts that an authority
//! stops (R32).

use merchants::{AmountFreeze, FreezeId, MerchantId};
use money::Money;
use serde_json::{Value, json};
use time::OffsetDateTime;
use withdrawals::{Declared, WithdrawalId};

use super::action::Action;
use super::freezes::amount_freeze_json;
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
            Action::FreezeAmount { freeze, merchant, .. } => {
                self.merchants.get(*merchant)?;
                let known = self.frozen.known(*freeze).map(amount_freeze_json);
                Some(known.unwrap_or_else(|| json!({"id": freeze.to_string()})))
            }
            Action::LiftAmountFreeze { freeze, .. } => {
                let known = self.frozen.known(*freeze).map(amount_freeze_json);
                Some(known.unwrap_or_else(|| json!({"id": freeze.to_string(), "status": "lifted"})))
            }
            _ => None,
        }
    }
}
