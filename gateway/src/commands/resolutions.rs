//! What people book about a payout whose outcome a bank left open or contradicted (R27, R29).

mod decide;

use deposits::{PaymentId, PaymentState, Payments};
use ledger::{Account, MerchantRef, Movement};
use merchants::MerchantId;
use money::{Currency, Money};
use payouts::{BankPolicy, Found, Payout, PayoutId, PayoutState, Payouts, Truth};
use pg::Shard;
use uuid::Uuid;
use withdrawals::{WithdrawalId, WithdrawalState};

use self::decide::{Resolution, of_return, of_withdrawal};
use super::alarms::Alarm;
use super::operators::{No, illegal, payout_problem};
use super::stage::Stage;
use super::void::Void;

/// The balances that a payout of these may be claimed back from: whose, in which currency.
pub(super) fn debtors(
    resolved: &[PayoutId],
    payouts: &Payouts,
    payments: &Payments,
) -> Vec<(MerchantId, Currency)> {
    let of = |id: &PayoutId| {
        let payout = payouts.get(*id)?;
        let credited = || credited(payout, payments).map(|(_, merchant)| merchant);
        let merchant = payout.merchant.map(MerchantId::from_uuid).or_else(credited)?;
        Some((merchant, payout.amount.currency()))
    };
    resolved.iter().filter_map(of).collect()
}

/// The credited payments that payouts of these return, with the shard of their merchants: they may have cover to give back.
pub(super) fn uncovered<'a>(
    resolved: &'a [PayoutId],
    payouts: &'a Payouts,
    payments: &'a Payments,
) -> impl Iterator<Item = (Shard, Uuid)> + 'a {
    let of = |id: &PayoutId| credited(payouts.get(*id)?, payments);
    resolved.iter().filter_map(of).map(|(payment, merchant)| (merchant.shard(), payment.uuid()))
}

/// The accounts of a merchant that a payout is booked to which returned a payment beside its credit (R29).
pub(super) fn of_credited(payouts: &Payouts, payments: &Payments, touched: &mut Vec<Account>) {
    for payout in payouts.iter() {
        if let Some((_, merchant)) = credited(payout, payments) {
            let (shard, currency) = (merchant.shard(), payout.amount.currency());
            touched.push(Account::payout_clearing(shard, &payout.bank, currency));
            touched.push(Account::nostro(shard, &payout.bank, currency));
        }
    }
}

/// The payment that a payout was to return, if it is credited, and whose it is.
fn credited(payout: &Payout, payments: &Payments) -> Option<(PaymentId, MerchantId)> {
    let payment = payments.get(PaymentId::from_uuid(payout.payment?))?;
    (payment.status == PaymentState::Credited).then_some((payment.id, payment.merchant?))
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
        if payout.state.is_in_flight() {
            return Ok(Resolution::AsReported);
        }
        if self.has_new_sibling(id) {
            return Err(illegal("another attempt was made at this moment: try again".into()));
        }
        let others: Vec<PayoutState> = self.siblings(id).map(|other| other.state).collect();
        match (payout.withdrawal, payout.payment) {
            (Some(withdrawal), _) => {
                let withdrawal = WithdrawalId::from_uuid(withdrawal);
                let row = self.withdrawals.get(withdrawal);
                let row = row.ok_or_else(|| illegal(format!("{withdrawal} is gone")))?;
                of_withdrawal(row.state, row.to_send == payout.amount, truth, &others)
            }
            (None, Some(payment)) => {
                let payment = PaymentId::from_uuid(payment);
                let row = self.payments.get(payment);
                let row = row.ok_or_else(|| illegal(format!("{payment} is gone")))?;
                // Whose it is was not known when merchants were locked.
                let unlocked = row.merchant.is_some_and(|merchant| self.merchants.get(merchant).is_none());
                if row.status == PaymentState::Credited && unlocked {
                    return Err(illegal(format!("{payment} was decided at this moment: try again")));
                }
                of_return(row.status, row.open_amount() == payout.amount, truth, &others)
            }
            (None, None) => Err(illegal(format!("{id} is for nothing"))),
        }
    }

    /// R29: why a payment in review can be neither credited nor returned now: it may have been returned already.
    pub(super) fn return_settled(&self, payment: PaymentId) -> Result<(), No> {
        match self.payouts.of_payment(payment.uuid()).find(|payout| payout.state.is_unsettled()) {
            None => Ok(()),
            Some(payout) => {
                let state = payout.state.as_str();
                Err(illegal(format!("{} is {state}: its outcome must be known first", payout.id)))
            }
        }
    }

    /// Books the truth: the payout, what it was sent for, and the book.
    pub(super) fn resolve(&mut self, id: PayoutId, found: &Found<'_>) -> Result<Result<(), No>, Void> {
        let executed = found.truth == Truth::Executed;
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
        if let Err(refusal) = self.payouts.resolve(id, found, policy, self.now) {
            return Ok(Err(payout_problem(refusal)));
        }
        match resolution {
            Resolution::AsReported if executed => self.paid(id)?,
            Resolution::AsReported => self.failed(id)?,
            Resolution::FoundPaid => self.found_paid(id)?,
            Resolution::ReturnFoundPaid => self.return_found_paid(id)?,
            Resolution::PaidTwice => self.paid_twice(id)?,
            Resolution::ReturnPaidTwice => self.return_paid_twice(id)?,
            Resolution::Nothing => {}
        }
        if executed {
            self.returned_with_it(id)?;
        }
        Ok(Ok(()))
    }

    /// R29: a return that was reported while nothing had been sent stands once its payment does.
    fn returned_with_it(&mut self, id: PayoutId) -> Result<(), Void> {
        match self.payouts.get(id) {
            Some(Payout { state: PayoutState::Returned, returned: Some(amount), .. }) => {
                self.returned(id, *amount)
            }
            _ => Ok(()),
        }
    }

    /// What waits to be sent for the same must not be sent as well.
    fn drop_unsent_siblings(&mut self, id: PayoutId) -> Result<(), Void> {
        let unsent = |payout: &&Payout| matches!(payout.state, PayoutState::Queued | PayoutState::Held);
        let siblings: Vec<PayoutId> = self.siblings(id).filter(unsent).map(|payout| payout.id).collect();
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
        self.journal.post(&paid, id.uuid())?;
        Ok(())
    }

    fn paid_twice(&mut self, id: PayoutId) -> Result<(), Void> {
        let merchant = self.payouts.get(id).and_then(|payout| payout.merchant);
        let merchant = merchant.ok_or_else(|| Void::unexpected(format!("{id} is nobody's")))?;
        self.reclaim(id, MerchantId::from_uuid(merchant))
    }

    /// R7, R29: the remitter has it, and the merchant as well: it is the merchant's no more, and its orders cover other money.
    fn return_paid_twice(&mut self, id: PayoutId) -> Result<(), Void> {
        let (amount, _) = self.parts(id)?;
        let payment = self.payment_of(id).ok_or_else(|| Void::unexpected(format!("{id} returns nothing")))?;
        let taken = self.payments.returned_beside_credit(payment, amount);
        let merchant = taken.map_err(|refusal| Void::unexpected(format!("{payment}: {refusal:?}")))?;
        self.reclaim(id, merchant)?;
        self.uncover(payment, amount.minor())
    }

    /// R29: what is free in the balance and covers of it is taken, the rest is owed; then it is paid as any other, in the merchant's shard.
    fn reclaim(&mut self, id: PayoutId, merchant: MerchantId) -> Result<(), Void> {
        let (amount, bank) = self.parts(id)?;
        let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
        let currency = amount.currency();
        let part = |minor| Money::new(minor, currency).map_err(|error| Void::unexpected(error.to_string()));
        let covered = part(amount.minor().min(self.free_of(merchant, currency)?))?;
        let owed = part(amount.minor() - covered.minor())?;
        let reclaimed = Movement::Reclaimed { bank: bank.clone(), merchant: book, covered, owed };
        self.journal.post(&reclaimed, id.uuid())?;
        let paid = Movement::PayoutPaid { bank, shard: merchant.shard(), amount };
        self.journal.post(&paid, id.uuid())?;
        Ok(())
    }

    /// Whether a withdrawal stands as paid by this payout alone. Of every other payout that was paid for it the merchant
    /// was charged: it had the money by a refund or by another attempt.
    pub(super) fn rests_on(&self, withdrawal: WithdrawalId, id: PayoutId) -> bool {
        let is_paid = self.withdrawals.get(withdrawal).is_some_and(|row| row.state == WithdrawalState::Paid);
        is_paid && !self.siblings(id).any(|other| other.state == PayoutState::Paid)
    }

    /// R29: what was charged comes back, perhaps short: what came is the merchant's again, and pays off first what it owes.
    /// Nothing leads out of a closed merchant's balance (R38): of what came for it no more than it owes leaves payout clearing.
    pub(super) fn give_back(
        &mut self,
        id: PayoutId,
        withdrawal: WithdrawalId,
        amount: Money,
    ) -> Result<(), Void> {
        let (_, bank) = self.parts(id)?;
        let gone = || Void::unexpected(format!("{withdrawal} is gone"));
        let row = self.withdrawals.get(withdrawal).ok_or_else(gone)?;
        let (merchant, has_left) = (row.merchant_ref(), self.not_closed(row.merchant).is_err());
        let net = if has_left { self.owed_of(merchant, amount)? } else { amount };
        if net.minor() > 0 {
            let fee = Money::zero(amount.currency());
            let back = Movement::Refund { bank: bank.clone(), merchant, net, fee };
            self.post_credit(&back, withdrawal.uuid())?;
        }
        self.alarms.push(Alarm::GivenBack { bank, payout: id, has_left });
        Ok(())
    }

    /// R7, R29: the same of a payment that had gone back to its remitter beside its credit: what came is credited again, by way of
    /// suspense as the first time.
    pub(super) fn credit_again(
        &mut self,
        id: PayoutId,
        payment: PaymentId,
        amount: Money,
    ) -> Result<(), Void> {
        let (_, bank) = self.parts(id)?;
        let back = self.payments.came_back_to_credit(payment, amount);
        let owner = back.map_err(|refusal| Void::unexpected(format!("{id}, {payment}: {refusal:?}")))?;
        let merchant = MerchantRef { shard: owner.shard(), id: owner.uuid() };
        let has_left = self.not_closed(owner).is_err();
        let net = if has_left { self.owed_of(merchant, amount)? } else { amount };
        if net.minor() > 0 {
            let shard = payment.shard();
            let back = Movement::ReviewReturnFailed { bank: bank.clone(), shard, amount: net };
            self.journal.post(&back, payment.uuid())?;
            let credited = Movement::ReviewCredit { shard, merchant, amount: net };
            self.post_credit(&credited, payment.uuid())?;
        }
        self.alarms.push(Alarm::GivenBack { bank, payout: id, has_left });
        Ok(())
    }

    /// As much of an amount as the merchant owes in its currency.
    fn owed_of(&self, merchant: MerchantRef, amount: Money) -> Result<Money, Void> {
        let currency = amount.currency();
        let owed = self.journal.balance(&Account::receivable(merchant.shard, merchant.id, currency))?;
        Money::new(owed.min(amount.minor()), currency).map_err(|error| Void::unexpected(error.to_string()))
    }
}

pub(super) fn truth(executed: bool) -> Truth {
    if executed { Truth::Executed } else { Truth::NeverExecuted }
}
