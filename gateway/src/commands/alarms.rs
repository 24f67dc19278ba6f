//! What banks do that people must hear of. A batch may be decided several times, and a rehearsal is never committed: so
//! it is counted and logged after the commit, once; again where an answer to COMMIT was lost, rather than never.

use std::sync::Arc;

use merchants::MerchantId;
use payouts::{Effect, PayoutId};

/// Something that a bank reported, and that nobody acts upon by himself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Alarm {
    /// It reports as paid what it had refused, or what was refunded or never sent (R29).
    Disputed { bank: Arc<str>, payout: PayoutId },
    /// It reports as paid, without a reference of its own, what people found never executed: again, or another payment (R29).
    Unnamed { bank: Arc<str>, payout: PayoutId },
    /// It contradicts what is known; nothing was changed.
    Contradicted { bank: Arc<str>, payout: PayoutId },
    /// It gives back what its merchant was charged for, since it had been paid beside a refund or another attempt; the
    /// merchant may have left since (R38).
    GivenBack { bank: Arc<str>, payout: PayoutId, has_left: bool },
    /// It reports a payout that is none of ours at it (R1).
    Stranger { bank: Arc<str> },
    /// A merchant's document has expired: no bank's doing (R40).
    Restricted { merchant: MerchantId },
}

impl Alarm {
    /// What an effect raises.
    pub(super) fn of(effect: Effect, bank: &Arc<str>, payout: PayoutId) -> Option<Alarm> {
        let bank = bank.clone();
        match effect {
            Effect::Disputed => Some(Alarm::Disputed { bank, payout }),
            Effect::Unnamed => Some(Alarm::Unnamed { bank, payout }),
            Effect::Contradiction => Some(Alarm::Contradicted { bank, payout }),
            Effect::Nothing
            | Effect::Duplicate
            | Effect::Judged
            | Effect::Paid
            | Effect::Failed
            | Effect::Returned { .. }
            | Effect::PaidAndReturned { .. } => None,
        }
    }

    /// Counts it and logs it.
    pub(super) fn raise(&self) {
        match self {
            Alarm::Disputed { bank, payout } => {
                payouts::count_effect(bank, Effect::Disputed);
                tracing::error!(%payout, "a bank reports as paid what it had refused, or what was refunded: disputed");
            }
            Alarm::Unnamed { bank, payout } => {
                payouts::count_effect(bank, Effect::Unnamed);
                tracing::error!(%payout, "a bank says again, and names no reference, that it paid what people found never executed");
            }
            Alarm::Contradicted { bank, payout } => {
                payouts::count_effect(bank, Effect::Contradiction);
                tracing::error!(%payout, "a bank contradicts what is known; nothing was changed");
            }
            Alarm::GivenBack { bank, payout, has_left } => {
                payouts::count_given_back(bank);
                let whose = if *has_left {
                    "the merchant has left: what it doesn't owe stays in payout clearing"
                } else {
                    "it is the merchant's again"
                };
                tracing::error!(%payout, "what was charged for a payout came back: {whose}");
            }
            Alarm::Stranger { bank } => {
                payouts::count_stranger(bank);
                tracing::warn!(%bank, "a bank reports a payout that is none of ours at it");
            }
            Alarm::Restricted { merchant } => {
                metrics::counter!("sluice_merchants_restricted_total").increment(1);
                tracing::warn!(%merchant, "a document has expired: restricted until it is renewed");
            }
        }
    }
}
