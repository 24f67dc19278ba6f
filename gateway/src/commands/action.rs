//! What operators can do, as a value: it is carried by a lane, kept in an approval, and decided again there.

use deposits::{PaymentId, ReversalId};
use exchange::RateId;
use merchants::documents::NewDocument;
use merchants::{FreezeId, MerchantId, PayeeId};
use money::Currency;
use payouts::PayoutId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use withdrawals::WithdrawalId;

use super::charges::NewCharge;
use super::covers::NewCover;
use super::fees::{self, NewFee};

/// An operator's action on one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Credits a reviewed payment, to `merchant` where it is not known.
    CreditPayment {
        payment: PaymentId,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        merchant: Option<MerchantId>,
    },
    /// Sends a reviewed payment back to its remitter.
    ReturnPayment { payment: PaymentId },
    /// Matches a reviewed payment again.
    RematchPayment { payment: PaymentId },
    /// Books what a bank took back on the payment that it is of (R8), which the gateway could not tell.
    ApplyReversal { reversal: ReversalId, payment: PaymentId },
    /// Puts aside what a bank took back and nobody can book.
    DismissReversal { reversal: ReversalId },
    /// Sends a failed withdrawal again, to another payee if named.
    RetryPayout {
        payout: PayoutId,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        payee: Option<PayeeId>,
    },
    /// Keeps a queued payout from being sent.
    HoldPayout { payout: PayoutId },
    /// Lets a held payout go.
    ReleasePayout { payout: PayoutId },
    /// Asks the bank about a payout now.
    QueryPayout { payout: PayoutId },
    /// Books what people found out about a payout whose outcome is open: unknown, disputed, or overdue (R27, R29); always by two
    /// persons.
    ResolvePayout {
        payout: PayoutId,
        executed: bool,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        bank_reference: Option<String>,
    },
    /// Refuses a new withdrawal before it is sent (R45).
    RefuseWithdrawal { withdrawal: WithdrawalId },
    /// Charges a merchant (R46); always by two persons.
    Charge(Box<NewCharge>),
    /// Stops an amount of a merchant's (R32), `minor` units of `currency`.
    FreezeAmount {
        freeze: FreezeId,
        merchant: MerchantId,
        minor: i64,
        currency: Currency,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        legal_reference: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", default, with = "time::serde::rfc3339::option")]
        until: Option<OffsetDateTime>,
    },
    /// Lets a stopped amount go; always by two persons (R32).
    LiftAmountFreeze { freeze: FreezeId, merchant: MerchantId },
    /// Gives a failed same-currency withdrawal back to the balance.
    RefundWithdrawal { withdrawal: WithdrawalId },
    /// Puts a new version of a fee in force (R23); always by two persons.
    SetFee(Box<NewFee>),
    /// Prices a merchant's exchanges with another tier's spread (R19); always by two persons.
    SetTier { merchant: MerchantId, tier: String },
    /// Books what the institution exchanged with a bank to settle its position.
    CoverDeal(Box<NewCover>),
    /// Says whether a merchant is fully verified (R30).
    VerifyMerchant { merchant: MerchantId, full: bool },
    /// Lets an identified merchant do business (R39).
    ActivateMerchant { merchant: MerchantId },
    /// Puts a document in effect (R40).
    AddDocument { merchant: MerchantId, document: Box<NewDocument> },
    /// Freezes a merchant.
    FreezeMerchant {
        merchant: MerchantId,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        legal_reference: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none", default, with = "time::serde::rfc3339::option")]
        until: Option<OffsetDateTime>,
    },
    /// Unfreezes a merchant; always by two persons (R32).
    UnfreezeMerchant { merchant: MerchantId },
    /// Lets a merchant go, by two persons; closes one that is on its way out and empty (R38).
    CloseMerchant { merchant: MerchantId },
    /// Believes a rate that jumps (R16).
    AcceptRate { rate: RateId },
    /// Discards a rate that jumps (R16).
    RejectRate { rate: RateId },
}

impl Action {
    /// Its name in the audit trail.
    pub fn name(&self) -> &'static str {
        match self {
            Action::CreditPayment { .. } => "payment.credit",
            Action::ReturnPayment { .. } => "payment.return",
            Action::RematchPayment { .. } => "payment.rematch",
            Action::ApplyReversal { .. } => "reversal.apply",
            Action::DismissReversal { .. } => "reversal.dismiss",
            Action::RetryPayout { .. } => "payout.retry",
            Action::HoldPayout { .. } => "payout.hold",
            Action::ReleasePayout { .. } => "payout.release",
            Action::QueryPayout { .. } => "payout.query",
            Action::ResolvePayout { .. } => "payout.resolve",
            Action::RefundWithdrawal { .. } => "withdrawal.refund",
            Action::RefuseWithdrawal { .. } => "withdrawal.refuse",
            Action::Charge(_) => "merchant.charge",
            Action::FreezeAmount { .. } => "amount.freeze",
            Action::LiftAmountFreeze { .. } => "amount.unfreeze",
            Action::SetFee(_) => "fee.set",
            Action::SetTier { .. } => "merchant.tier",
            Action::CoverDeal(_) => "cover_deal.book",
            Action::VerifyMerchant { .. } => "merchant.verify",
            Action::ActivateMerchant { .. } => "merchant.activate",
            Action::AddDocument { .. } => "merchant.document",
            Action::FreezeMerchant { .. } => "merchant.freeze",
            Action::UnfreezeMerchant { .. } => "merchant.unfreeze",
            Action::CloseMerchant { .. } => "merchant.close",
            Action::AcceptRate { .. } => "rate.accept",
            Action::RejectRate { .. } => "rate.reject",
        }
    }

    /// The id of what it is done to. Of an amount's freeze it is the merchant, when it begins and when it ends: whoever reads the
    /// merchant's trail sees both.
    pub fn subject(&self) -> String {
        match self {
            Action::CreditPayment { payment, .. }
            | Action::ReturnPayment { payment }
            | Action::RematchPayment { payment } => payment.to_string(),
            Action::ApplyReversal { reversal, .. } | Action::DismissReversal { reversal } => {
                reversal.to_string()
            }
            Action::RetryPayout { payout, .. }
            | Action::HoldPayout { payout }
            | Action::ReleasePayout { payout }
            | Action::QueryPayout { payout }
            | Action::ResolvePayout { payout, .. } => payout.to_string(),
            Action::RefundWithdrawal { withdrawal } | Action::RefuseWithdrawal { withdrawal } => {
                withdrawal.to_string()
            }
            Action::SetFee(fee) => fees::subject(fee),
            Action::AcceptRate { rate } | Action::RejectRate { rate } => rate.to_string(),
            Action::CoverDeal(deal) => deal.id.to_string(),
            Action::Charge(charge) => charge.merchant.to_string(),
            Action::SetTier { merchant, .. }
            | Action::FreezeAmount { merchant, .. }
            | Action::LiftAmountFreeze { merchant, .. }
            | Action::VerifyMerchant { merchant, .. }
            | Action::ActivateMerchant { merchant }
            | Action::AddDocument { merchant, .. }
            | Action::FreezeMerchant { merchant, .. }
            | Action::UnfreezeMerchant { merchant }
            | Action::CloseMerchant { merchant } => merchant.to_string(),
        }
    }

    pub(super) fn payment(&self) -> Option<PaymentId> {
        match self {
            Action::CreditPayment { payment, .. }
            | Action::ReturnPayment { payment }
            | Action::RematchPayment { payment } => Some(*payment),
            Action::ApplyReversal { .. }
            | Action::DismissReversal { .. }
            | Action::RetryPayout { .. }
            | Action::HoldPayout { .. }
            | Action::ReleasePayout { .. }
            | Action::QueryPayout { .. }
            | Action::ResolvePayout { .. }
            | Action::RefuseWithdrawal { .. }
            | Action::Charge(_)
            | Action::FreezeAmount { .. }
            | Action::LiftAmountFreeze { .. }
            | Action::RefundWithdrawal { .. }
            | Action::SetFee(_)
            | Action::SetTier { .. }
            | Action::CoverDeal(_)
            | Action::VerifyMerchant { .. }
            | Action::ActivateMerchant { .. }
            | Action::AddDocument { .. }
            | Action::FreezeMerchant { .. }
            | Action::UnfreezeMerchant { .. }
            | Action::CloseMerchant { .. }
            | Action::AcceptRate { .. }
            | Action::RejectRate { .. } => None,
        }
    }

    pub(super) fn payout(&self) -> Option<PayoutId> {
        match self {
            Action::RetryPayout { payout, .. }
            | Action::HoldPayout { payout }
            | Action::ReleasePayout { payout }
            | Action::QueryPayout { payout }
            | Action::ResolvePayout { payout, .. } => Some(*payout),
            Action::CreditPayment { .. }
            | Action::ReturnPayment { .. }
            | Action::RematchPayment { .. }
            | Action::ApplyReversal { .. }
            | Action::DismissReversal { .. }
            | Action::RefuseWithdrawal { .. }
            | Action::Charge(_)
            | Action::FreezeAmount { .. }
            | Action::LiftAmountFreeze { .. }
            | Action::RefundWithdrawal { .. }
            | Action::SetFee(_)
            | Action::SetTier { .. }
            | Action::CoverDeal(_)
            | Action::VerifyMerchant { .. }
            | Action::ActivateMerchant { .. }
            | Action::AddDocument { .. }
            | Action::FreezeMerchant { .. }
            | Action::UnfreezeMerchant { .. }
            | Action::CloseMerchant { .. }
            | Action::AcceptRate { .. }
            | Action::RejectRate { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r33_an_action_survives_the_wait_for_a_second_person() {
        let shard = pg::Shards::new(16).of(&[b"x"]);
        for action in [
            Action::CreditPayment { payment: PaymentId::new(shard), merchant: Some(MerchantId::new(shard)) },
            Action::ApplyReversal { reversal: ReversalId::new(shard), payment: PaymentId::new(shard) },
            Action::RetryPayout { payout: PayoutId::new(shard), payee: None },
            Action::FreezeMerchant {
                merchant: MerchantId::new(shard),
                legal_reference: Some("court 7".into()),
                until: Some(OffsetDateTime::UNIX_EPOCH),
            },
            Action::UnfreezeMerchant { merchant: MerchantId::new(shard) },
            Action::CloseMerchant { merchant: MerchantId::new(shard) },
            Action::Charge(Box::new(NewCharge::new(MerchantId::new(shard), 1_250, Currency::USD))),
            Action::LiftAmountFreeze { freeze: FreezeId::new(shard), merchant: MerchantId::new(shard) },
        ] {
            let text = serde_json::to_string(&action).unwrap();
            assert_eq!(serde_json::from_str::<Action>(&text).unwrap(), action, "{text}");
        }
    }
}
