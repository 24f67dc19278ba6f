//! How a merchant ends (R38): two persons let it go, and it is closed once nothing of it is left.

use audit::Entry;
use deposits::{PaymentId, PaymentState, Received};
use ledger::MerchantRef;
use merchants::{FrozenAmounts, MerchantEvent, MerchantId, MerchantState, Obstacle, Remains};
use payouts::{Payout, PayoutState};
use pg::Tx;
use serde_json::{Value, json};

use super::batch::Outcome;
use super::operators::{No, illegal};
use super::stage::Stage;
use super::sweeps::done;
use super::void::Void;
use crate::problem::Problem;

/// What there still is of a merchant. What is on its way is read before balances: money comes from there into a balance at any time, but
/// leaves a balance only under a lock on the merchant, which whoever decides by this holds against it.
///
/// # Errors
/// The database's.
pub async fn remains<E>(tx: &Tx<'_>, merchant: MerchantId) -> Result<Remains, E>
where
    E: From<withdrawals::Error>
        + From<payouts::Error>
        + From<deposits::Error>
        + From<ledger::Error>
        + From<merchants::Error>,
{
    let withdrawal = withdrawals::any_open(tx, merchant).await?;
    let payout = payouts::any_unsettled(tx, merchant.shard(), merchant.uuid()).await?
        || any_return_disputed::<E>(tx, merchant).await?;
    let (payment_in_review, payment_returning) = deposits::open_of(tx, merchant).await?;
    let book = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let (balance, receivable) = ledger::holds_anything(tx, book).await?;
    let frozen_amount = FrozenAmounts::load(tx, &[merchant]).await?.any(merchant);
    Ok(Remains {
        balance,
        receivable,
        frozen_amount,
        withdrawal,
        payout,
        payment_in_review,
        payment_returning,
    })
}

/// Disputed returns that are read at a time: there are hardly ever any.
const AT_ONCE: i64 = 1_000;

/// Whether a bank says that it returned a payment of this merchant after all (R29): the merchant may come to owe it.
async fn any_return_disputed<E>(tx: &Tx<'_>, merchant: MerchantId) -> Result<bool, E>
where
    E: From<payouts::Error> + From<deposits::Error>,
{
    let mut after = None;
    loop {
        let returned = payouts::disputed_returns(tx, after, AT_ONCE).await?;
        after = returned.last().copied();
        if after.is_none() {
            return Ok(false);
        }
        let payments: Vec<PaymentId> = returned.into_iter().map(PaymentId::from_uuid).collect();
        if deposits::any_of(tx, merchant, &payments).await? {
            return Ok(true);
        }
    }
}

/// The same of all merchants that a batch may close, whose rows it has locked exclusively.
pub(super) async fn load(
    tx: &Tx<'_>,
    wanted: &[MerchantId],
) -> Result<std::collections::HashMap<MerchantId, Remains>, Void> {
    let mut found = std::collections::HashMap::new();
    for merchant in wanted {
        found.insert(*merchant, remains::<Void>(tx, *merchant).await?);
    }
    Ok(found)
}

impl Stage<'_> {
    /// Lets a merchant go, or closes one that is on its way out, or that was never in business.
    pub(super) fn close_merchant(&mut self, id: MerchantId) -> Result<(), No> {
        self.closable(id)?;
        match self.merchants.get(id).map(|row| row.state) {
            Some(state) if self.merchants.leave(id, MerchantEvent::StartClosing) => {
                tracing::info!(merchant = %id, from = state.as_str(), "on its way out");
                Ok(())
            }
            _ => self.close_if_empty(id),
        }
    }

    /// Whether [`Stage::close_merchant`] would do it.
    pub(super) fn closable(&self, id: MerchantId) -> Result<(), No> {
        match self.merchants.get(id).map(|row| row.state) {
            Some(MerchantState::Closing | MerchantState::Pending) => self.nothing_left(id),
            Some(MerchantState::Closed) => Err((Problem::MerchantClosed, "the merchant is closed".into())),
            Some(state) if state.next(MerchantEvent::StartClosing).is_some() => Ok(()),
            Some(state) => Err(illegal(format!("the merchant is {}", state.as_str()))),
            None => Err((Problem::NotFound, "there is no such merchant".into())),
        }
    }

    /// Whether a second person has to agree: it can't be called off. The end itself, of one that is on its way out, decides nothing
    /// any more.
    pub(super) fn decides_the_end(&self, id: MerchantId) -> bool {
        let state = self.merchants.get(id).map(|row| row.state);
        state.is_some_and(|state| {
            state == MerchantState::Pending || state.next(MerchantEvent::StartClosing).is_some()
        })
    }

    fn nothing_left(&self, id: MerchantId) -> Result<(), No> {
        let obstacles = self.left_of(id).obstacles();
        if obstacles.is_empty() {
            return Ok(());
        }
        let words: Vec<&str> = obstacles.into_iter().map(Obstacle::as_str).collect();
        Err(illegal(format!("the merchant can't be closed yet: {}", words.join(", "))))
    }

    fn close_if_empty(&mut self, id: MerchantId) -> Result<(), No> {
        self.nothing_left(id)?;
        let closed = self.merchants.leave(id, MerchantEvent::Close);
        if closed { Ok(()) } else { Err(illegal("the merchant is not on its way out".into())) }
    }

    /// What was found of it, and what this batch has done to it since, or is about to: where both differ, it is not closed now.
    fn left_of(&self, id: MerchantId) -> Remains {
        // What was not looked at may be there.
        let found = self.closing.get(&id).copied().unwrap_or(Remains { balance: true, ..Remains::default() });
        let comes = self.received.iter().flatten().any(|received| match received {
            Received::Payment { payment, .. } => payment.merchant == Some(id),
            Received::Duplicate(_) => false,
        });
        let posted = self.journal.transfers().iter().any(|transfer| transfer.owner == Some(id.uuid()));
        let withdrawals = self.withdrawals.iter().chain(&self.new_withdrawals);
        let payouts = self.payouts.iter().filter(|payout| self.may_cost(id, payout));
        let payment = |status: PaymentState| {
            let mut payments = self.payments.iter().chain(&self.new_payments);
            payments.any(|payment| payment.merchant == Some(id) && payment.status == status)
        };
        Remains {
            balance: found.balance || posted || comes,
            receivable: found.receivable,
            frozen_amount: found.frozen_amount || self.frozen.any(id),
            withdrawal: found.withdrawal
                || withdrawals.into_iter().any(|row| row.merchant == id && row.state.in_transit()),
            payout: found.payout
                || payouts.into_iter().any(|payout| payout.state.is_unsettled())
                || self.new_payouts.iter().any(|payout| payout.merchant == Some(id.uuid())),
            payment_in_review: found.payment_in_review || payment(PaymentState::InReview),
            payment_returning: found.payment_returning || payment(PaymentState::Returning),
        }
    }

    /// Whether it is the merchant's payout, or says that a payment of the merchant went back after all.
    fn may_cost(&self, id: MerchantId, payout: &Payout) -> bool {
        let disputed = payout.payment.filter(|_| payout.state == PayoutState::Disputed);
        let payment = disputed.and_then(|payment| self.payments.get(PaymentId::from_uuid(payment)));
        payout.merchant == Some(id.uuid()) || payment.is_some_and(|payment| payment.merchant == Some(id))
    }

    /// The gateway closes what is on its way out and empty.
    pub(super) fn close_emptied(&mut self, merchants: &[MerchantId]) -> Outcome {
        for merchant in merchants {
            let before = self.merchants.get(*merchant).map(|row| row.state);
            if before != Some(MerchantState::Closing) || self.close_if_empty(*merchant).is_err() {
                continue;
            }
            self.entries.push(Entry {
                at: self.now,
                actor: "gateway".into(),
                person: "gateway".into(),
                origin: "gateway".into(),
                action: "merchant.close".into(),
                subject: merchant.to_string(),
                reason: "nothing of it is left".into(),
                before: before.map(|state| closing_shown(*merchant, state).to_string()),
                after: Some(closing_shown(*merchant, MerchantState::Closed).to_string()),
                idempotency_key: None,
            });
        }
        done()
    }

    /// Refuses what would give a closed merchant money, or owe it to somebody.
    pub(super) fn not_closed(&self, id: MerchantId) -> Result<(), No> {
        match self.merchants.get(id).map(|row| row.state) {
            Some(MerchantState::Closed) => Err((Problem::MerchantClosed, "the merchant is closed".into())),
            _ => Ok(()),
        }
    }
}

pub(super) fn closing_shown(merchant: MerchantId, state: MerchantState) -> Value {
    json!({"id": merchant.to_string(), "status": state.as_str()})
}
