//! What a reversal does to its payment: pure.

use ledger::{MerchantRef, Movement};
use money::Money;
use time::OffsetDateTime;

use super::{HoldReason, Original, Reversal, ReversalEvent, ReversalState};
use crate::error::Refusal;
use crate::payment::Payment;
use crate::state::{PaymentEvent, PaymentState};

/// What stands against taking an amount back from a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    TakeBack,
    Wait,
    Hold(HoldReason),
}

/// Why a reversal is not booked on the payment that an operator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBooked {
    /// It is applied or put aside.
    #[error("the reversal is {0}")]
    State(ReversalState),
    /// The payment came to another bank than the one that took the money back.
    #[error("the payment came to another bank")]
    OtherBank,
    /// The bank named an account, and the payment came into another one.
    #[error("the bank took it from another account")]
    OtherAccount,
    /// It is on its way back to the remitter: what comes of that decides what is left of it.
    #[error("the payment is returning")]
    OnItsWay,
    /// It is in another currency.
    #[error("the payment is in another currency")]
    OtherCurrency,
    /// More was taken back than is left of the payment (R8).
    #[error("it is more than is left of the payment")]
    Exceeds,
}

/// The payment's state decides under its lock. What is on its way back to the remitter may be in review again
/// tomorrow, or gone: until then nobody knows what is left of it.
fn verdict(payment: &Payment, amount: Money) -> Verdict {
    if amount.currency() != payment.amount.currency() {
        return Verdict::Hold(HoldReason::CurrencyDiffers);
    }
    let left = payment.amount.minor() - payment.reversed_minor;
    match payment.status {
        PaymentState::Returning => Verdict::Wait,
        PaymentState::InReview | PaymentState::Credited if amount.minor() <= left => Verdict::TakeBack,
        PaymentState::InReview | PaymentState::Credited | PaymentState::Returned => {
            Verdict::Hold(HoldReason::Exceeds)
        }
    }
}

impl Reversal {
    /// What follows from looking for its payment: nothing as long as it isn't seen, a hold where several match,
    /// and the payment to lock where it is one.
    pub fn look(&mut self, original: Original) -> Option<crate::PaymentId> {
        match original {
            Original::Unseen => None,
            Original::Several => {
                self.hold(HoldReason::SeveralPayments);
                None
            }
            Original::One(payment) => (self.state == ReversalState::Waiting).then_some(payment),
        }
    }

    /// Takes the amount back from its payment, which is locked or not yet inserted. `available_minor` is the
    /// merchant's balance in the payment's currency at this moment; what it doesn't cover is owed. The movement is
    /// to be posted with the payment's id as cause.
    ///
    /// Nothing is to be posted when the reversal isn't waiting, when it goes on waiting and when it is held now:
    /// `self.state` tells.
    ///
    /// # Errors
    /// `MerchantUnknown` for a credited payment that is nobody's; nothing has changed then.
    pub fn apply(
        &mut self,
        payment: &mut Payment,
        available_minor: i64,
        now: OffsetDateTime,
    ) -> Result<Option<Movement>, Refusal> {
        let Some(applied) = self.state.after(ReversalEvent::Apply) else { return Ok(None) };
        match verdict(payment, self.amount) {
            Verdict::Wait => Ok(None),
            Verdict::Hold(reason) => {
                self.hold(reason);
                Ok(None)
            }
            Verdict::TakeBack => self.take_back(applied, payment, available_minor, now).map(Some),
        }
    }

    /// Whether an operator may book it on this payment.
    ///
    /// # Errors
    /// What stands against it.
    pub fn bookable(&self, payment: &Payment) -> Result<(), NotBooked> {
        if self.state.after(ReversalEvent::Book).is_none() {
            return Err(NotBooked::State(self.state));
        }
        if payment.bank != self.bank {
            return Err(NotBooked::OtherBank);
        }
        if self.account_index.is_some_and(|index| index != payment.account_index) {
            return Err(NotBooked::OtherAccount);
        }
        match verdict(payment, self.amount) {
            Verdict::TakeBack => Ok(()),
            Verdict::Wait => Err(NotBooked::OnItsWay),
            Verdict::Hold(HoldReason::CurrencyDiffers) => Err(NotBooked::OtherCurrency),
            Verdict::Hold(_) => Err(NotBooked::Exceeds),
        }
    }

    /// Books what is [`Reversal::bookable`] on this payment, as [`Reversal::apply`] would have, and no longer says why it was held.
    /// Nothing is to be posted where it is not bookable.
    pub(crate) fn book(
        &mut self,
        payment: &mut Payment,
        available_minor: i64,
        now: OffsetDateTime,
    ) -> Result<Option<Movement>, Refusal> {
        let Some(applied) = self.state.after(ReversalEvent::Book) else { return Ok(None) };
        if self.bookable(payment).is_err() {
            return Ok(None);
        }
        let movement = self.take_back(applied, payment, available_minor, now)?;
        self.hold = None;
        Ok(Some(movement))
    }

    fn take_back(
        &mut self,
        applied: ReversalState,
        payment: &mut Payment,
        available_minor: i64,
        now: OffsetDateTime,
    ) -> Result<Movement, Refusal> {
        let movement = match payment.status {
            PaymentState::Credited => self.out_of_balance(payment, available_minor)?,
            _ => self.out_of_suspense(payment, now),
        };
        self.state = applied;
        self.payment = Some(payment.id);
        self.applied_at = Some(now);
        payment.reversed_minor += self.amount.minor();
        Ok(movement)
    }

    /// An operator puts a reversal aside that is held, or whose payment is not found.
    ///
    /// # Errors
    /// The state that it is in, when that is final; nothing has changed then.
    pub fn dismiss(&mut self) -> Result<(), ReversalState> {
        self.state = self.state.after(ReversalEvent::Dismiss).ok_or(self.state)?;
        self.hold.get_or_insert(HoldReason::PaymentNotFound);
        Ok(())
    }

    pub(super) fn hold(&mut self, reason: HoldReason) {
        if let Some(held) = self.state.after(ReversalEvent::Hold) {
            self.state = held;
            self.hold = Some(reason);
        }
    }

    fn out_of_balance(&mut self, payment: &Payment, available_minor: i64) -> Result<Movement, Refusal> {
        let merchant = payment.merchant.ok_or(Refusal::MerchantUnknown)?;
        let currency = self.amount.currency();
        let covered = self.amount.minor().min(available_minor.max(0));
        let owed = self.amount.minor() - covered;
        (self.covered_minor, self.owed_minor) = (covered, owed);
        let money = |minor| Money::new(minor, currency).unwrap_or_else(|_| Money::zero(currency));
        Ok(Movement::PaymentReversed {
            bank: payment.bank.clone(),
            merchant: MerchantRef { shard: merchant.shard(), id: merchant.uuid() },
            covered: money(covered),
            owed: money(owed),
        })
    }

    /// What is taken back whole leaves the queue; in part, the rest stays to be decided.
    fn out_of_suspense(&self, payment: &mut Payment, now: OffsetDateTime) -> Movement {
        let whole = payment.reversed_minor + self.amount.minor() == payment.amount.minor();
        if let Some(next) = payment.status.after(PaymentEvent::TakenBack).filter(|_| whole) {
            payment.status = next;
            payment.decided_at = Some(now);
        }
        let (bank, shard) = (payment.bank.clone(), payment.id.shard());
        Movement::SuspenseReversed { bank, shard, amount: self.amount }
    }
}

#[cfg(test)]
mod tests;
