//! R8: banks take money back: from the balance as far as it goes, the rest is owed; the orders' cover comes back.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use deposits::{
    NotBooked, Original, Payment, PaymentId, PaymentState, Payments, Receipt, Reversal, ReversalClaim,
    ReversalId, ReversalReport, ReversalState,
};
use ledger::{Account, Journal, MerchantRef, Movement};
use pg::{Shard, Tx};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::bank_events::{Told, told};
use super::batch::Outcome;
use super::keys::{Claims, returns_of};
use super::operators::{No, illegal};
use super::stage::Stage;
use super::void::Void;
use super::{Command, Reply};
use crate::problem::Problem;

/// The reversals that a batch's commands name, and the payments that operators say some of them are of.
#[derive(Debug, Default)]
pub(super) struct NamedReversals {
    pub ids: Vec<ReversalId>,
    pub payments: Vec<PaymentId>,
}

/// The reversals of a batch: those that it brings, and those that waited for its payments.
#[derive(Debug, Default)]
pub(super) struct Reversals {
    rows: BTreeMap<ReversalId, Reversal>,
    new: HashSet<ReversalId>,
    originals: HashMap<ReversalId, Original>,
    /// The payments that operators say.
    told: Vec<PaymentId>,
}

impl Reversals {
    /// Takes what `waiting` has of those that waited, and looks for the payments that are meant, also among the new `receipts`.
    pub(super) async fn load(
        tx: &Tx<'_>,
        batch: &[&Command],
        claims: &Claims,
        receipts: &[&Receipt],
        waiting: Vec<Reversal>,
        named: &NamedReversals,
        now: OffsetDateTime,
    ) -> Result<Reversals, Void> {
        let mut rows = BTreeMap::new();
        let mut new = HashSet::new();
        for ((command, standing), claimed) in batch.iter().zip(&claims.standing).zip(&claims.returns) {
            for (report, claim) in returns_of(command, standing).into_iter().zip(claimed) {
                if let ReversalClaim::New { conflict } = claim {
                    rows.insert(report.id, Reversal::new(report, *conflict, now));
                    new.insert(report.id);
                }
            }
        }
        rows.extend(waiting.into_iter().map(|reversal| (reversal.id, reversal)));
        let missing: Vec<ReversalId> =
            named.ids.iter().filter(|id| !rows.contains_key(id)).copied().collect();
        for locked in deposits::lock_reversals(tx, &missing).await? {
            rows.insert(locked.id, locked);
        }
        let originals = deposits::originals(tx, &rows.values().collect::<Vec<_>>(), receipts).await?;
        Ok(Reversals { rows, new, originals, told: named.payments.clone() })
    }

    /// The payments that are meant, as far as they are known.
    pub(super) fn payments(&self) -> Vec<PaymentId> {
        let one = |original: &Original| match original {
            Original::One(payment) => Some(*payment),
            Original::Unseen | Original::Several => None,
        };
        self.originals.values().filter_map(one).chain(self.told.iter().copied()).collect()
    }

    /// Those of them that were credited before, with the shard of their merchants: they may have cover to give back.
    pub(super) fn credited(&self, payments: &Payments) -> Vec<(Shard, Uuid)> {
        let home = |id: PaymentId| Some((payments.get(id)?.merchant?.shard(), id.uuid()));
        self.payments().into_iter().filter_map(home).collect()
    }

    /// What merchants may come to owe by them.
    pub(super) fn receivables(&self, payments: &Payments, arriving: &[&Payment]) -> Vec<Account> {
        let owed = |payment: &Payment| {
            let merchant = payment.merchant?;
            let merchant = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
            Some(merchant.receivable(payment.amount.currency()))
        };
        let meant: HashSet<PaymentId> = self.payments().into_iter().collect();
        let locked = meant.iter().filter_map(|id| payments.get(*id));
        let credited = |payment: &&Payment| payment.status == PaymentState::Credited;
        let arriving =
            arriving.iter().copied().filter(credited).filter(|payment| meant.contains(&payment.id));
        locked.chain(arriving).filter_map(owed).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Reversal> {
        self.rows.values()
    }

    pub(super) fn get(&self, id: ReversalId) -> Option<&Reversal> {
        self.rows.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: ReversalId) -> Option<&mut Reversal> {
        self.rows.get_mut(&id)
    }

    /// Those that wait for this payment.
    fn waiting_for(&self, payment: PaymentId) -> Vec<ReversalId> {
        let meant = |id: &&ReversalId| self.originals.get(id) == Some(&Original::One(payment));
        self.rows
            .iter()
            .filter(|(_, reversal)| reversal.state == ReversalState::Waiting)
            .map(|(id, _)| id)
            .filter(meant)
            .copied()
            .collect()
    }

    pub(super) async fn save(&self, tx: &Tx<'_>) -> Result<(), Void> {
        let (new, old): (Vec<&Reversal>, Vec<&Reversal>) =
            self.rows.values().partition(|reversal| self.new.contains(&reversal.id));
        deposits::store_reversals(tx, &new).await?;
        deposits::save_reversals(tx, &old).await?;
        Ok(())
    }
}

impl Stage<'_> {
    /// What a bank is told about money that it took back.
    pub(super) fn returned_money(
        &mut self,
        report: &ReversalReport,
        claim: ReversalClaim,
    ) -> Result<Told, Void> {
        if let ReversalClaim::Duplicate(_) = claim {
            return Ok(told(&report.reference, "duplicate", None));
        }
        self.apply_reversal(report.id)?;
        let reversal = self
            .reversals
            .get(report.id)
            .ok_or_else(|| Void::unexpected(format!("{} was not read", report.id)))?;
        let payment_id = reversal.payment.map(|payment| payment.to_string());
        let told = match reversal.state {
            ReversalState::Applied => told(&report.reference, "applied", None),
            ReversalState::Waiting => told(&report.reference, "in_review", Some("waiting_for_payment")),
            ReversalState::Held | ReversalState::Dismissed => {
                let why = reversal.hold.map(deposits::HoldReason::as_str);
                told(&report.reference, "in_review", why)
            }
        };
        Ok(Told { payment_id, ..told })
    }

    /// The sweep's: whatever waited for a payment that is there now.
    pub(super) fn apply_waiting(&mut self, ids: &[ReversalId]) -> Result<Outcome, Void> {
        for id in ids {
            self.apply_reversal(*id)?;
        }
        Ok(Outcome { reply: Reply { status: 200, body: Bytes::new(), replayed: false }, stored: true })
    }

    /// A payment has just been posted: what a bank took back of it before it was seen is taken now.
    pub(super) fn apply_reversals_of(&mut self, payment: PaymentId) -> Result<(), Void> {
        for id in self.reversals.waiting_for(payment) {
            self.apply_reversal(id)?;
        }
        Ok(())
    }

    /// Takes the money back if the payment is there; else it goes on waiting.
    fn apply_reversal(&mut self, id: ReversalId) -> Result<(), Void> {
        let Some(original) = self.reversals.originals.get(&id).copied() else { return Ok(()) };
        let Some(reversal) = self.reversals.rows.get_mut(&id) else { return Ok(()) };
        let Some(payment) = reversal.look(original) else { return Ok(()) };
        let arrived = self.new_payments.iter_mut().find(|new| new.id == payment);
        let Some(current) = arrived.as_deref().or(self.payments.get(payment)) else { return Ok(()) };
        let available = available(&self.journal, current)?;
        let movement = match arrived {
            Some(arrived) => reversal.apply(arrived, available, self.now),
            None => self.payments.reverse(payment, reversal, available, self.now),
        };
        let taken = reversal.amount.minor();
        let movement =
            movement.map_err(|refusal| Void::unexpected(format!("{id} of {payment}: {refusal}")))?;
        if let Some(movement) = movement {
            self.journal.post(&movement, payment.uuid())?;
            self.uncover(payment, taken)?;
        }
        Ok(())
    }

    pub(super) fn reversal_shown(&self, id: ReversalId) -> Option<Value> {
        self.reversals.get(id).map(|row| {
            json!({
                "id": id.to_string(),
                "status": row.state.as_str(),
                "reason": row.hold.map(deposits::HoldReason::as_str),
                "amount": row.amount.to_string(),
                "currency": row.amount.currency().code(),
            })
        })
    }

    /// Whether an operator may book a held reversal on this payment.
    pub(super) fn reversal_bookable(&self, id: ReversalId, payment: PaymentId) -> Result<(), No> {
        let invalid = |why: &str| (Problem::InvalidRequest, format!("payment_id: {why}"));
        let reversal = self.reversals.get(id).ok_or((Problem::NotFound, format!("there is no {id}")))?;
        let payment = self.payments.get(payment).ok_or_else(|| invalid("there is no such payment"))?;
        reversal.bookable(payment).map_err(|why| match why {
            NotBooked::State(_) | NotBooked::OnItsWay | NotBooked::Exceeds => illegal(why.to_string()),
            NotBooked::OtherBank | NotBooked::OtherAccount | NotBooked::OtherCurrency => {
                invalid(&why.to_string())
            }
        })
    }

    /// An operator says which payment a held reversal is of.
    pub(super) fn book_reversal(
        &mut self,
        id: ReversalId,
        payment: PaymentId,
    ) -> Result<Result<(), No>, Void> {
        if let Err(why) = self.reversal_bookable(id, payment) {
            return Ok(Err(why));
        }
        let unread = || Void::unexpected(format!("{id} or {payment} was not read"));
        let available = available(&self.journal, self.payments.get(payment).ok_or_else(unread)?)?;
        let reversal = self.reversals.rows.get_mut(&id).ok_or_else(unread)?;
        let taken = reversal.amount.minor();
        let booked = self.payments.book_reversal(payment, reversal, available, self.now);
        let movement = booked.map_err(|refusal| Void::unexpected(format!("{id} of {payment}: {refusal}")))?;
        let movement =
            movement.ok_or_else(|| Void::unexpected(format!("{id} was not booked on {payment}")))?;
        self.journal.post(&movement, payment.uuid())?;
        self.uncover(payment, taken)?;
        Ok(Ok(()))
    }

    /// What is taken of a credited payment gives its orders' cover back.
    pub(super) fn uncover(&mut self, payment: PaymentId, minor: i64) -> Result<(), Void> {
        for (store, amount) in self.orders.uncover(payment.uuid(), minor) {
            let (shard, store) = (store.shard(), store.uuid());
            let released = Movement::EvidenceReleased { shard, store, amount };
            self.journal.post(&released, payment.uuid())?;
        }
        Ok(())
    }
}

/// What a credited payment's merchant has in its currency; nothing is asked of anybody for one that is not.
fn available(journal: &Journal, payment: &Payment) -> Result<i64, Void> {
    let Some(merchant) = payment.merchant.filter(|_| payment.status == PaymentState::Credited) else {
        return Ok(0);
    };
    let merchant = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    Ok(journal.balance(&merchant.balance(payment.amount.currency()))?)
}
