//! What the books make of the truth about a disputed payout (R29), over values alone.

use deposits::PaymentState;
use payouts::{PayoutState, Truth};
use withdrawals::WithdrawalState;

use crate::commands::operators::{No, illegal};

/// What the rest of the books makes of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Resolution {
    /// As if the bank had said so: the money is on its way out, and leaves or stays.
    AsReported,
    /// The withdrawal had been taken for failed; what there is to send has left.
    FoundPaid,
    /// A returned payment had been taken for one that could not be returned.
    ReturnFoundPaid,
    /// The merchant has the money already, by a refund or another attempt: it owes it.
    PaidTwice,
    /// A returned payment had been taken for one that could not be returned, and was credited: its merchant owes it.
    ReturnPaidTwice,
    /// Everything else stands already.
    Nothing,
}

/// Of a withdrawal with a disputed payout. `same_amount`: what there is to send of it is the payout's amount. `others`:
/// where its other attempts stand; those that certainly are not at the bank are dropped if this one was executed.
pub(super) fn of_withdrawal(
    state: WithdrawalState,
    same_amount: bool,
    truth: Truth,
    others: &[PayoutState],
) -> Result<Resolution, No> {
    match truth {
        // Reported as paid before it was ever sent, and nothing else carries the withdrawal, or may have.
        Truth::NeverExecuted
            if state == WithdrawalState::Processing && !others.iter().any(|other| other.is_unsettled()) =>
        {
            Ok(Resolution::AsReported)
        }
        Truth::NeverExecuted => Ok(Resolution::Nothing),
        Truth::Executed if may_be_at_the_bank(others) => {
            let why = "another attempt of its withdrawal is open: its outcome must be known first";
            Err(illegal(why.into()))
        }
        Truth::Executed => match state {
            WithdrawalState::Processing if same_amount => Ok(Resolution::AsReported),
            // What waits to be sent is another amount: neither can be taken for the other.
            WithdrawalState::Processing => {
                let why = "its withdrawal is being sent with another amount: that must end first";
                Err(illegal(why.into()))
            }
            WithdrawalState::PayeeActionRequired | WithdrawalState::Failed | WithdrawalState::Returned
                if same_amount =>
            {
                Ok(Resolution::FoundPaid)
            }
            _ => Ok(Resolution::PaidTwice),
        },
    }
}

/// Of a reviewed payment whose return is disputed. `same_amount`: what is left of the payment is the payout's amount.
/// `others`: where the other attempts to return it stand; as in [`of_withdrawal`].
pub(super) fn of_return(
    status: PaymentState,
    same_amount: bool,
    truth: Truth,
    others: &[PayoutState],
) -> Result<Resolution, No> {
    match (status, truth) {
        // Another attempt returns the payment: this one must neither end it nor go out beside it.
        (PaymentState::Returning, Truth::NeverExecuted)
            if !others.iter().any(|other| other.is_unsettled()) =>
        {
            Ok(Resolution::AsReported)
        }
        (_, Truth::NeverExecuted) => Ok(Resolution::Nothing),
        (_, Truth::Executed) if may_be_at_the_bank(others) => {
            Err(illegal("another attempt to return the payment is open: it must end first".into()))
        }
        (PaymentState::Returning | PaymentState::InReview | PaymentState::Credited, Truth::Executed)
            if !same_amount =>
        {
            let why = "the bank took part of the payment back meanwhile: what is left is another amount";
            Err(illegal(why.into()))
        }
        (PaymentState::Returning, Truth::Executed) => Ok(Resolution::AsReported),
        (PaymentState::InReview, Truth::Executed) => Ok(Resolution::ReturnFoundPaid),
        (PaymentState::Credited, Truth::Executed) => Ok(Resolution::ReturnPaidTwice),
        (PaymentState::Returned, Truth::Executed) => {
            Err(illegal("the payment is returned meanwhile: take it back first".into()))
        }
    }
}

fn may_be_at_the_bank(others: &[PayoutState]) -> bool {
    others.iter().any(|state| state.is_in_flight() || *state == PayoutState::Disputed)
}

#[cfg(test)]
mod tests;
