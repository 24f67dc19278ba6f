//! When something can be done: by the thing's state and the operator's role.

use admin_api::{PayoutRow, WithdrawalRow};

use super::Action::{self, *};
use super::{Role, Who};
use crate::item::{Item, Row, Shape};
use crate::text::T;

impl Action {
    /// Whether the thing's state and the operator's role allow it; if not, why.
    ///
    /// # Errors
    /// The reason, for the operator.
    pub fn allowed(self, item: &Item, who: &Who) -> Result<(), T> {
        let needs = if matches!(self, Approve | Reject) { Role::Approver } else { Role::Operator };
        if who.role.is_some_and(|role| role < needs) {
            return Err(if needs == Role::Approver { T::NeedsApprover } else { T::NeedsOperator });
        }
        match (self, &item.row) {
            (_, Row::Payout(row)) => self.allowed_payout(&Attempt::of_payout(row)),
            (_, Row::Withdrawal(row)) => {
                let attempt = Attempt::of_withdrawal(row).ok_or(T::NoPayout)?;
                let again = matches!(self, RetryPayout | RetryOtherPayee | RefundWithdrawal);
                when(!(again && matches!(&*row.status, "refunded" | "refused")), T::OnlyFailed)?;
                self.allowed_payout(&attempt)
            }
            (CreditPayment | ReturnPayment | RematchPayment, Row::Payment(row)) => {
                when(row.status == "in_review", T::OnlyInReview)
            }
            (NotePayment, Row::Payment(_)) => Ok(()),
            (ApplyReversal | DismissReversal, Row::Reversal(row)) => {
                when(matches!(&*row.status, "held" | "waiting"), T::OnlyOpenReversal)
            }
            (UnfreezeMerchant, Row::Merchant(row)) => when(row.status == "frozen", T::NotFrozen),
            (CloseMerchant, Row::Merchant(row)) => {
                when(matches!(&*row.status, "active" | "restricted" | "closing"), T::CantLeave)
            }
            (VerifyMerchant, Row::Merchant(row)) => when(!row.fully_verified, T::VerifiedAlready),
            (UnverifyMerchant, Row::Merchant(row)) => when(row.fully_verified, T::NotVerified),
            (ActivateMerchant, Row::Merchant(row)) => when(row.status == "pending", T::OnlyPending),
            (
                AddDocument | FreezeMerchant | FreezeAmount | ChargeMerchant | SetTier | SetFee,
                Row::Merchant(row),
            ) => when(row.status != "closed", T::ItIsClosed),
            (ReplayEvent, Row::Event(row)) => when(row.verdict != "conflict", T::NoReplayOfConflict),
            (UnmaskBody | UnmaskHeaders, Row::Event(_)) => {
                when(item.raw["bytes_expired"] != true, T::BytesGone)
            }
            (ExplainLine, Row::Line(row)) => when(row.status == "open", T::OnlyOpenLine),
            (AcceptRate | RejectRate, Row::Rate(row)) => when(row.held.is_some(), T::NothingHeld),
            (AcceptRate | RejectRate, Row::Simple) if item.shape == Shape::Published => {
                when(item.status() == "held", T::NothingHeld)
            }
            (FreezeUser, Row::Simple) => when(item.status() == "active", T::UserNotActive),
            (UnfreezeUser, Row::Simple) => when(item.status() == "frozen", T::UserNotFrozen),
            (DeleteUser, Row::Simple) => when(item.status() != "deleted", T::UserDeleted),
            (LiftAmount | ReplayNotice | SetFee | BookCover, Row::Simple) => Ok(()),
            (Approve | Reject, Row::Approval(row)) => {
                when(row.status == "pending", T::Decided)?;
                when(self == Reject || item.raw["request"].is_string(), T::OpenFirst)?;
                // The server knows persons, this console only tokens.
                when(self != Approve || item.raw["may_approve"] != false, T::OwnRequest)?;
                when(self == Reject || who.id.as_ref() != Some(&row.requested_by), T::OwnRequest)
            }
            _ => Err(T::NotUnderstood),
        }
    }

    fn allowed_payout(self, row: &Attempt<'_>) -> Result<(), T> {
        match self {
            QueryPayout => when(matches!(row.status, "sent" | "unknown"), T::OnlyAtBank),
            ResolvePaid | ResolveNotPaid => {
                // Whether a result is overdue the gateway knows.
                when(matches!(row.status, "sent" | "unknown" | "disputed"), T::OnlyUnresolved)
            }
            HoldPayout => {
                when(row.status == "queued" || (row.status == "held" && row.by_freeze), T::OnlyQueued)
            }
            ReleasePayout => {
                when(row.status == "held", T::OnlyHeld)?;
                when(!row.by_freeze, T::HeldByFreeze)
            }
            RefuseWithdrawal => {
                when(row.has_withdrawal, T::NoWithdrawal)?;
                when(matches!(row.status, "queued" | "held") && !row.was_sent, T::OnlyUnsent)
            }
            RetryPayout | RetryOtherPayee | RefundWithdrawal => {
                when(row.has_withdrawal, T::NoWithdrawal)?;
                match row.status {
                    "failed" | "returned" => Ok(()),
                    "unknown" | "sent" => Err(T::WhileUnknown),
                    "disputed" => Err(T::WhileDisputed),
                    _ => Err(T::OnlyFailed),
                }
            }
            _ => Err(T::NotUnderstood),
        }
    }
}

/// What decides about a payout.
struct Attempt<'r> {
    status: &'r str,
    by_freeze: bool,
    was_sent: bool,
    has_withdrawal: bool,
}

impl Attempt<'_> {
    fn of_payout(row: &PayoutRow) -> Attempt<'_> {
        Attempt {
            status: &row.status,
            by_freeze: row.held_by.as_deref() == Some("freeze"),
            was_sent: row.sends > 0,
            has_withdrawal: row.withdrawal_id.is_some(),
        }
    }

    /// A withdrawal is acted upon by its last attempt. Who holds it, and whether it was sent, only the server knows.
    fn of_withdrawal(row: &WithdrawalRow) -> Option<Attempt<'_>> {
        let last = row.payouts.last()?;
        Some(Attempt { status: &last.status, by_freeze: false, was_sent: false, has_withdrawal: true })
    }
}

fn when(allowed: bool, otherwise: T) -> Result<(), T> {
    if allowed { Ok(()) } else { Err(otherwise) }
}
