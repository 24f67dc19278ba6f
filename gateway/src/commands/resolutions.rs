//! What people book about a payout whose outcome a bank left open or contradicted (R27, R29).

use deposits::PaymentState;
use ledger::{MerchantRef, Movement};
use merchants::MerchantId;
use money::{Currency, Money};
use payouts::{BankPolicy, Payout, PayoutId, PayoutState, Payouts, Truth};
use withdrawals::{Withdrawal, WithdrawalId, WithdrawalState};

use super::operators::{No, illegal, payout_problem};
use super::stage::Stage;
use super::void::Void;

/// What the rest of the books makes of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolution {
    /// As if the bank had said so: the money is on its way out, and leaves or stays.
    AsReported,
    /// The withdrawal had been taken for failed; what there is to send has left.
    FoundPaid,
    /// A returned payment had been taken for one that could not be returned.
    ReturnFoundPaid,
    /// The merchant has the money already, by a refund or another attempt: it owes it.
    PaidTwice,
    /// Everything else stands already.
    Nothing,
}

/// The balances that a payout of these may be claimed back from: whose, in which currency.
pub(super) fn debtors(resolved: &[PayoutId], payouts: &Payouts) -> Vec<(MerchantId, Currency)> {
    let of = |id: &PayoutId| {
        let payout = payouts.get(*id)?;
        Some((MerchantId::from_uuid(payout.merchant?), payout.amount.currency()))
    };
    resolved.iter().filter_map(of).collect()
}

/// What becomes of a withdrawal when its disputed payout turns out to be executed. `others`: the other attempts' states.
fn of_withdrawal(row: &Withdrawal, amount: Money, others: &[PayoutState]) -> Result<Resolution, No> {
    if others.iter().any(|state| state.is_in_flight() || *state == PayoutState::Disputed) {
        return Err(illegal(
            "another attempt of its withdrawal is open: its outcome must be known first".into(),
        ));
    }
    let to_send = row.to_send == amount;
    Ok(match row.state {
        WithdrawalState::Processing if to_send => Resolution::AsReported,
        // What waits to be sent is another amount: neither can be taken for the other.
        WithdrawalState::Processing => {
            return Err(illegal(
                "its withdrawal is being sent with another amount: that must end first".into(),
            ));
        }
        WithdrawalState::PayeeActionRequired | WithdrawalState::Failed | WithdrawalState::Returned
            if to_send =>
        {
            Resolution::FoundPaid
        }
        _ => Resolution::PaidTwice,
    })
}

impl Stage<'_> {
    fn policy_of(&self, payout: &Payout) -> Result<&BankPolicy, No> {
        let policy = self.facts.banks.get(&payout.bank);
        policy.ok_or_else(|| illegal(format!("{} is at a bank that is not configured", payout.id)))
    }

    /// What resolving a payout would do, or why it can't be resolved now.
    pub(super) fn resolution(&self, id: PayoutId, executed: bool) -> Result<Resolution, No> {
        let payout = self.payouts.get(id).ok_or_else(|| payout_problem(payouts::Refusal::NotFound))?;
        let truth = truth(executed);
        let policy = self.policy_of(payout)?;
        self.payouts.resolvable(id, truth, policy, self.now).map_err(payout_problem)?;
        if payout.state == PayoutState::Unknown {
            return Ok(Resolution::AsReported);
        }
        match (payout.withdrawal, payout.payment) {
            (Some(withdrawal), _) => {
                self.of_disputed_withdrawal(payout, WithdrawalId::from_uuid(withdrawal), truth)
            }
            (None, Some(payment)) => {
                self.of_disputed_return(id, deposits::PaymentId::from_uuid(payment), truth)
            }
            (None, None) => Err(illegal(format!("{id} is for nothing"))),
        }
    }

    fn of_disputed_withdrawal(
        &self,
        payout: &Payout,
        id: WithdrawalId,
        truth: Truth,
    ) -> Result<Resolution, No> {
        let row = self.withdrawals.get(id).ok_or_else(|| illegal(format!("{id} is gone")))?;
        let others: Vec<PayoutState> = self
            .payouts
            .of_withdrawal(id.uuid())
            .filter(|other| other.id != payout.id)
            .map(|other| other.state)
            .collect();
        match truth {
            Truth::Executed => of_withdrawal(row, payout.amount, &others),
            // Reported as paid before it was ever sent, and nothing else carries the withdrawal.
            Truth::NeverExecuted
                if row.state == WithdrawalState::Processing
                    && !others.iter().any(|state| state.is_open()) =>
            {
                Ok(Resolution::AsReported)
            }
            Truth::NeverExecuted => Ok(Resolution::Nothing),
        }
    }

    fn of_disputed_return(
        &self,
        payout: PayoutId,
        id: deposits::PaymentId,
        truth: Truth,
    ) -> Result<Resolution, No> {
        let status = self.payments.get(id).map(|payment| payment.status);
        let mut others = self.payouts.of_payment(id.uuid()).filter(|other| other.id != payout);
        let open = others.any(|other| other.state.is_open() || other.state == PayoutState::Disputed);
        match (status, truth) {
            // The payment is being returned by another attempt: this one must neither end it nor go out beside it.
            (_, Truth::NeverExecuted) if open => Ok(Resolution::Nothing),
            (_, Truth::Executed) if open => {
                Err(illegal("another attempt to return the payment is open: it must end first".into()))
            }
            (Some(PaymentState::Returning), _) => Ok(Resolution::AsReported),
            (_, Truth::NeverExecuted) => Ok(Resolution::Nothing),
            (Some(PaymentState::InReview), Truth::Executed) => Ok(Resolution::ReturnFoundPaid),
            (Some(other), Truth::Executed) => {
                Err(illegal(format!("the payment is {} meanwhile: take it back first", other.as_str())))
            }
            (None, Truth::Executed) => Err(illegal(format!("{id} is gone"))),
        }
    }

    /// Books the truth: the payout, what it was sent for, and the book.
    pub(super) fn resolve(
        &mut self,
        id: PayoutId,
        executed: bool,
        bank_reference: Option<&str>,
    ) -> Result<Result<(), No>, Void> {
        let resolution = match self.resolution(id, executed) {
            Ok(resolution) => resolution,
            Err(why) => return Ok(Err(why)),
        };
        if executed {
            self.drop_unsent_siblings(id)?;
        }
        let bank = self.payouts.get(id).map(|payout| payout.bank.clone());
        let policy = bank.and_then(|bank| self.facts.banks.get(&bank));
        let policy = policy.ok_or_else(|| Void::unexpected(format!("{id} has no bank")))?;
        let found = (truth(executed), bank_reference);
        if let Err(refusal) = self.payouts.resolve(id, found, policy, self.now) {
            return Ok(Err(payout_problem(refusal)));
        }
        match resolution {
            Resolution::AsReported if executed => self.paid(id)?,
            Resolution::AsReported => self.failed(id)?,
            Resolution::FoundPaid => self.found_paid(id)?,
            Resolution::ReturnFoundPaid => self.return_found_paid(id)?,
            Resolution::PaidTwice => self.paid_twice(id)?,
            Resolution::Nothing => {}
        }
        Ok(Ok(()))
    }

    /// What waits to be sent for the same withdrawal must not be sent as well.
    fn drop_unsent_siblings(&mut self, id: PayoutId) -> Result<(), Void> {
        let Some(withdrawal) = self.payouts.get(id).and_then(|payout| payout.withdrawal) else {
            return Ok(());
        };
        let unsent = |payout: &&Payout| {
            payout.id != id && matches!(payout.state, PayoutState::Queued | PayoutState::Held)
        };
        let siblings: Vec<PayoutId> =
            self.payouts.of_withdrawal(withdrawal).filter(unsent).map(|payout| payout.id).collect();
        for sibling in siblings {
            self.payouts
                .refuse(sibling)
                .map_err(|refusal| Void::unexpected(format!("{sibling} can't be dropped: {refusal}")))?;
        }
        Ok(())
    }

    fn found_paid(&mut self, id: PayoutId) -> Result<(), Void> {
        let (amount, bank) = self.parts(id)?;
        self.journal.post(&Movement::PayoutPaid { bank, shard: id.shard(), amount }, id.uuid())?;
        let withdrawal = self.withdrawal_of(id);
        let followed = withdrawal.is_some_and(|row| self.withdrawals.found_paid(row, self.now));
        if followed { Ok(()) } else { Err(Void::unexpected(format!("{id} was paid, its withdrawal is not"))) }
    }

    fn return_found_paid(&mut self, id: PayoutId) -> Result<(), Void> {
        let payment = self.payment_of(id).ok_or_else(|| Void::unexpected(format!("{id} returns nothing")))?;
        let refused = |refusal: deposits::Refusal| Void::unexpected(format!("{payment}: {refusal:?}"));
        let back = self.payments.start_return(payment, self.now).map_err(refused)?;
        self.journal.post(&back, payment.uuid())?;
        let paid = self.payments.return_paid(payment, self.now).map_err(refused)?;
        Ok(self.journal.post(&paid, id.uuid())?)
    }

    /// R29: what the balance covers of it is taken, the rest is owed; then it is paid as any other.
    fn paid_twice(&mut self, id: PayoutId) -> Result<(), Void> {
        let (amount, bank) = self.parts(id)?;
        let merchant = self.payouts.get(id).and_then(|payout| payout.merchant);
        let merchant = merchant.ok_or_else(|| Void::unexpected(format!("{id} is nobody's")))?;
        let merchant = MerchantId::from_uuid(merchant);
        let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
        let currency = amount.currency();
        let free = self.journal.balance(&book.balance(currency))? - self.frozen.frozen(merchant, currency);
        let part = |minor| Money::new(minor, currency).map_err(|error| Void::unexpected(error.to_string()));
        let covered = part(amount.minor().min(free.max(0)))?;
        let owed = part(amount.minor() - covered.minor())?;
        let reclaimed = Movement::Reclaimed { bank: bank.clone(), merchant: book, covered, owed };
        self.journal.post(&reclaimed, id.uuid())?;
        let paid = Movement::PayoutPaid { bank, shard: id.shard(), amount };
        Ok(self.journal.post(&paid, id.uuid())?)
    }
}

fn truth(executed: bool) -> Truth {
    if executed { Truth::Executed } else { Truth::NeverExecuted }
}
