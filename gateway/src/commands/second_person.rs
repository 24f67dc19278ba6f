//! What needs a second person (R33), and whether it could be done now: nobody is asked to approve what can't be.

use deposits::{PaymentId, PaymentState};
use merchants::MerchantState;
use money::Money;
use payouts::PayoutId;
use withdrawals::{WithdrawalEvent, WithdrawalId};

use super::action::Action;
use super::operators::{No, dismiss, illegal, payment_problem};
use super::stage::Stage;
use super::withdraw::problem_of;
use crate::problem::Problem;

impl Stage<'_> {
    /// R33: as the table in the gateway's README has it.
    pub(super) fn needs_approval(&self, action: &Action) -> bool {
        let amount = match action {
            Action::CreditPayment { payment, .. } | Action::ReturnPayment { payment } => {
                self.payments.get(*payment).map(|payment| payment.amount)
            }
            Action::RetryPayout { payout, .. } => self
                .payouts
                .get(*payout)
                .and_then(|payout| payout.withdrawal)
                .and_then(|id| self.withdrawals.get(WithdrawalId::from_uuid(id)))
                .map(|row| row.to_send),
            Action::RefundWithdrawal { withdrawal } => self.withdrawals.get(*withdrawal).map(|row| row.sell),
            Action::ApplyReversal { reversal, .. } | Action::DismissReversal { reversal } => {
                self.reversals.get(*reversal).map(|row| row.amount)
            }
            Action::CoverDeal(deal) => return self.are_above_limit(&deal.sides()),
            Action::CloseMerchant { merchant } => return self.decides_the_end(*merchant),
            Action::UnfreezeMerchant { .. }
            | Action::LiftAmountFreeze { .. }
            | Action::Charge(_)
            | Action::SetTier { .. }
            | Action::ResolvePayout { .. }
            | Action::SetFee(_) => return true,
            Action::RematchPayment { .. }
            | Action::HoldPayout { .. }
            | Action::ReleasePayout { .. }
            | Action::QueryPayout { .. }
            | Action::RefuseWithdrawal { .. }
            | Action::FreezeAmount { .. }
            | Action::VerifyMerchant { .. }
            | Action::ActivateMerchant { .. }
            | Action::AddDocument { .. }
            | Action::AcceptRate { .. }
            | Action::RejectRate { .. }
            | Action::FreezeMerchant { .. } => return false,
        };
        amount.is_some_and(|amount| self.are_above_limit(&[Some(amount)]))
    }

    /// Whether the largest of these amounts is worth more than one person may decide about.
    fn are_above_limit(&self, amounts: &[Option<Money>]) -> bool {
        let worths = amounts.iter().map(|amount| self.market.usd_equivalent((*amount)?));
        above(self.facts.approval_limit, worths)
    }

    /// Whether the state of things allows what a second person is asked about: what [`Stage::perform`] would refuse now is refused.
    pub(super) fn possible(&self, action: &Action) -> Result<(), No> {
        match action {
            Action::CreditPayment { payment, merchant } => {
                self.in_review(*payment)?;
                self.return_settled(*payment)?;
                let credited = self.payments.creditable(*payment, *merchant, &self.merchants);
                credited.map(|_| ()).map_err(|refusal| payment_problem(&refusal))
            }
            Action::ReturnPayment { payment } => {
                self.in_review(*payment)?;
                self.bank_can_return(*payment)?;
                self.return_settled(*payment)
            }
            Action::ApplyReversal { reversal, payment } => self.reversal_bookable(*reversal, *payment),
            Action::DismissReversal { reversal } => {
                let row = self.reversals.get(*reversal);
                dismiss(&mut row.ok_or((Problem::NotFound, format!("there is no {reversal}")))?.clone())
            }
            Action::RetryPayout { payout, payee } => {
                let sent = self.withdrawals.sendable(self.retriable(*payout)?, *payee, &self.payees);
                sent.map(|_| ()).map_err(|refusal| problem_of(&refusal))
            }
            Action::Charge(charge) => self.not_closed(charge.merchant),
            Action::RefundWithdrawal { withdrawal } => self.refundable(*withdrawal),
            Action::CloseMerchant { merchant } => self.closable(*merchant),
            Action::UnfreezeMerchant { merchant } => {
                match self.merchants.get(*merchant).map(|row| row.state) {
                    Some(MerchantState::Frozen) => Ok(()),
                    Some(other) => Err(illegal(format!("the merchant is {}", other.as_str()))),
                    None => Err((Problem::NotFound, "there is no such merchant".into())),
                }
            }
            Action::LiftAmountFreeze { freeze, .. } => match self.frozen.get(*freeze) {
                Some(_) => Ok(()),
                None => Err(illegal("the amount is not frozen any more".into())),
            },
            Action::SetFee(fee) => self.fee_possible(fee),
            Action::CoverDeal(deal) => self.cover_possible(deal),
            Action::ResolvePayout { payout, executed, .. } => self.resolution(*payout, *executed).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn in_review(&self, payment: PaymentId) -> Result<(), No> {
        match self.payments.get(payment).map(|payment| payment.status) {
            Some(PaymentState::InReview) => Ok(()),
            Some(other) => Err(illegal(format!("the payment is {}", other.as_str()))),
            None => Err((Problem::NotFound, "there is no such payment".into())),
        }
    }

    fn refundable(&self, withdrawal: WithdrawalId) -> Result<(), No> {
        self.owner_not_closed(withdrawal)?;
        if let Some(refusal) = self.unsettled(withdrawal) {
            return Err(problem_of(&refusal));
        }
        let was_paid = self.was_paid(withdrawal);
        let refunded = self.withdrawals.refund_movement(withdrawal, was_paid, &self.facts.policy);
        refunded.map(|_| ()).map_err(|refusal| problem_of(&refusal))
    }

    /// The withdrawal that would be sent again.
    pub(super) fn retriable(&self, payout: PayoutId) -> Result<WithdrawalId, No> {
        let row = self.payouts.get(payout).ok_or((Problem::NotFound, "there is no such payout".into()))?;
        let Some(withdrawal) = row.withdrawal.map(WithdrawalId::from_uuid) else {
            return Err(illegal("a payment's return is started again from the review queue".into()));
        };
        self.owner_not_closed(withdrawal)?;
        if let Some(refusal) = self.unsettled(withdrawal) {
            return Err(problem_of(&refusal));
        }
        let state = self.withdrawals.get(withdrawal).map(|row| row.state);
        match state {
            Some(state) if state.next(WithdrawalEvent::SentAgain).is_some() => Ok(withdrawal),
            Some(state) => Err(illegal(format!("the withdrawal is {}", state.as_str()))),
            None => Err((Problem::NotFound, "there is no such withdrawal".into())),
        }
    }
}

/// Whether one of these worths, all in USD, is above the limit. One that nobody knows counts as above it.
fn above(limit: Money, worths: impl IntoIterator<Item = Option<Money>>) -> bool {
    worths.into_iter().any(|worth| worth.is_none_or(|worth| worth.minor() > limit.minor()))
}

#[cfg(test)]
mod tests {
    use money::Currency;

    use super::*;

    #[test]
    fn r33_the_larger_side_counts_and_what_nobody_knows_is_above_the_limit() {
        let usd = |minor| Money::new(minor, Currency::USD).expect("an amount");
        // worths in cents, none where no rate tells it; whether a second person is needed above 100.00
        let table: [(&[Option<i64>], bool); 9] = [
            (&[Some(10_000)], false),
            (&[Some(10_001)], true),
            (&[None], true),
            (&[Some(0), Some(10_000)], false),
            (&[Some(100), Some(70_000_000_000)], true),
            (&[Some(70_000_000_000), Some(100)], true),
            (&[Some(100), None], true),
            (&[None, Some(100)], true),
            (&[None, None], true),
        ];
        for (worths, expected) in table {
            let worths_usd = worths.iter().map(|worth| worth.map(usd));
            assert_eq!(above(usd(10_000), worths_usd), expected, "{worths:?}");
        }
    }
}
