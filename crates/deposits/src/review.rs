//! R7: what becomes of payments in review. Lock a set, decide in memory, save it once.

use std::collections::BTreeMap;

use ledger::{MerchantRef, Movement};
use merchants::{MerchantId, MerchantState, OpenOrders};
use money::Money;
use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::decide::Reason;
use crate::error::{Error, Refusal, expect_count};
use crate::matching::{Case, Matching, MerchantStates};
use crate::payment::Payment;
use crate::receipt::PaymentId;
use crate::receive::used;
use crate::reversals::Reversal;
use crate::state::{PaymentEvent, PaymentState};

/// Payments locked by this transaction, changed in memory, saved once.
#[derive(Debug, Default)]
pub struct Payments {
    rows: BTreeMap<PaymentId, Held>,
}

#[derive(Debug)]
struct Held {
    loaded: PaymentState,
    loaded_reversed: i64,
    /// Whether it was known whose it is.
    loaded_owned: bool,
    payment: Payment,
    changed: bool,
}

/// What matching again came to.
#[derive(Debug)]
pub enum Rematched {
    /// Nothing stands against it any more: it is credited, and this is to be posted, in this order.
    Credited(Vec<Movement>),
    /// It stays in review; the reason may be another one now.
    StillInReview(Reason),
}

/// Locks payments until the transaction ends, in (shard, id) order. Those that don't exist are not in the set.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &Tx<'_>, ids: &[PaymentId]) -> Result<Payments, Error> {
    if ids.is_empty() {
        return Ok(Payments::default());
    }
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = tx.query(include_str!("sql/lock_payments.sql"), &[&shards, &uuids]).await?;
    Ok(Payments::from_locked(rows.iter().map(Payment::from_row).collect::<Result<_, _>>()?))
}

impl Payments {
    /// Those that will be saved.
    pub fn changed(&self) -> impl Iterator<Item = &Payment> {
        self.rows.values().filter(|held| held.changed).map(|held| &held.payment)
    }

    fn from_locked(payments: Vec<Payment>) -> Payments {
        let held = |payment: Payment| {
            let (loaded, loaded_reversed, loaded_owned) =
                (payment.status, payment.reversed_minor, payment.merchant.is_some());
            (payment.id, Held { loaded, loaded_reversed, loaded_owned, payment, changed: false })
        };
        Payments { rows: payments.into_iter().map(held).collect() }
    }

    /// All that are locked.
    pub fn iter(&self) -> impl Iterator<Item = &Payment> {
        self.rows.values().map(|held| &held.payment)
    }

    /// Those whose status this batch has changed.
    pub fn decided(&self) -> impl Iterator<Item = &Payment> {
        self.rows.values().filter(|held| held.loaded != held.payment.status).map(|held| &held.payment)
    }

    /// Those that go on waiting, and of which this batch has learned whose they are.
    pub fn owned_now(&self) -> impl Iterator<Item = &Payment> {
        let still = |held: &&Held| held.loaded == held.payment.status;
        let owned = |held: &&Held| !held.loaded_owned && held.payment.merchant.is_some();
        self.rows.values().filter(still).filter(owned).map(|held| &held.payment)
    }

    /// One of the set, as it is now in memory.
    pub fn get(&self, id: PaymentId) -> Option<&Payment> {
        self.rows.get(&id).map(|held| &held.payment)
    }

    /// Whom an operator would credit with a payment: its own merchant, or `named` where nobody knows whose it is. The merchant must be
    /// locked; it may be one that doesn't receive by itself, but not a closed one.
    ///
    /// # Errors
    /// A [`Refusal`]: [`Payments::credit`] would answer it, too.
    pub fn creditable(
        &self,
        id: PaymentId,
        named: Option<MerchantId>,
        merchants: &dyn MerchantStates,
    ) -> Result<MerchantId, Refusal> {
        let payment = self.get(id).ok_or(Refusal::NotFound)?;
        payment.status.after(PaymentEvent::Credit).ok_or(Refusal::IllegalTransition(payment.status))?;
        let merchant = match (payment.merchant, named) {
            (Some(own), Some(other)) if own != other => return Err(Refusal::MerchantDiffers),
            (Some(own), _) => own,
            (None, Some(named)) => named,
            (None, None) => return Err(Refusal::MerchantUnknown),
        };
        match merchants.state(merchant) {
            None => Err(Refusal::MerchantUnknown),
            Some((MerchantState::Closed, _)) => Err(Refusal::MerchantClosed),
            Some(_) => Ok(merchant),
        }
    }

    /// An operator credits a payment to whom it is [`Payments::creditable`]. It needs no orders to cover it and uses none.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    pub fn credit(
        &mut self,
        id: PaymentId,
        named: Option<MerchantId>,
        matching: &Matching<'_>,
    ) -> Result<Movement, Refusal> {
        let merchant = self.creditable(id, named, matching.merchants)?;
        let (held, next) = self.step(id, PaymentEvent::Credit)?;
        Ok(held.credit(next, merchant, matching.now))
    }

    /// An operator sends a payment back to its remitter.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    pub fn start_return(&mut self, id: PaymentId, now: OffsetDateTime) -> Result<Movement, Refusal> {
        let (held, next) = self.step(id, PaymentEvent::Return)?;
        held.change(next, now);
        let (bank, amount) = (held.payment.bank.clone(), held.payment.open_amount());
        Ok(Movement::ReviewReturn { bank, shard: id.shard(), amount })
    }

    /// The bank has paid the return: the money has left.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    pub fn return_paid(&mut self, id: PaymentId, now: OffsetDateTime) -> Result<Movement, Refusal> {
        let (held, next) = self.step(id, PaymentEvent::ReturnPaid)?;
        held.change(next, now);
        let (bank, amount) = (held.payment.bank.clone(), held.payment.open_amount());
        Ok(Movement::PayoutPaid { bank, shard: id.shard(), amount })
    }

    /// The bank would not carry the return out: in review again, for the reason it was there before.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    pub fn return_failed(&mut self, id: PaymentId, now: OffsetDateTime) -> Result<Movement, Refusal> {
        let (held, next) = self.step(id, PaymentEvent::ReturnFailed)?;
        held.change(next, now);
        let (bank, amount) = (held.payment.bank.clone(), held.payment.open_amount());
        Ok(Movement::ReviewReturnFailed { bank, shard: id.shard(), amount })
    }

    /// R29: the bank had paid the return, and gives `amount` of it back: in review again, for the reason it was there before.
    /// What was lost on the way is gone from the payment as if the bank had taken it back, so that what is left of it is
    /// what lies in suspense.
    ///
    /// # Errors
    /// A [`Refusal`], also where more comes back than was left of it; nothing has changed then.
    pub fn return_came_back(
        &mut self,
        id: PaymentId,
        amount: Money,
        now: OffsetDateTime,
    ) -> Result<Movement, Refusal> {
        let (held, next) = self.step(id, PaymentEvent::ReturnCameBack)?;
        let left = held.payment.open_amount();
        let lost = left.minor() - amount.minor();
        if lost < 0 || amount.minor() <= 0 || amount.currency() != left.currency() {
            return Err(Refusal::IllegalTransition(held.payment.status));
        }
        held.payment.reversed_minor += lost;
        held.change(next, now);
        let bank = held.payment.bank.clone();
        Ok(Movement::ReviewReturnFailed { bank, shard: id.shard(), amount })
    }

    /// R29: people found out that a return of it, taken for failed, was carried out with all that is left of it, and it was credited
    /// meanwhile. The money is its merchant's no more, as if the bank had taken it back. Whose that was.
    ///
    /// # Errors
    /// A [`Refusal`], also where another amount is left of it; nothing has changed then.
    pub fn returned_beside_credit(&mut self, id: PaymentId, amount: Money) -> Result<MerchantId, Refusal> {
        let (held, merchant) = self.credited(id)?;
        if held.payment.open_amount() != amount {
            return Err(Refusal::IllegalTransition(held.payment.status));
        }
        held.payment.reversed_minor += amount.minor();
        held.changed = true;
        Ok(merchant)
    }

    /// The bank gives `amount` of that back: it is its merchant's again. Whose that is.
    ///
    /// # Errors
    /// A [`Refusal`], also where more comes back than went away; nothing has changed then.
    pub fn came_back_to_credit(&mut self, id: PaymentId, amount: Money) -> Result<MerchantId, Refusal> {
        let (held, merchant) = self.credited(id)?;
        if amount.currency() != held.payment.amount.currency() || amount.minor() > held.payment.reversed_minor
        {
            return Err(Refusal::IllegalTransition(held.payment.status));
        }
        held.payment.reversed_minor -= amount.minor();
        held.changed = true;
        Ok(merchant)
    }

    fn credited(&mut self, id: PaymentId) -> Result<(&mut Held, MerchantId), Refusal> {
        let held = self.rows.get_mut(&id).ok_or(Refusal::NotFound)?;
        match (held.payment.status, held.payment.merchant) {
            (PaymentState::Credited, Some(merchant)) => Ok((held, merchant)),
            (PaymentState::Credited, None) => Err(Refusal::MerchantUnknown),
            (other, _) => Err(Refusal::IllegalTransition(other)),
        }
    }

    /// Matches a payment in review again, with what is known now. Who is credited takes the orders that cover it out
    /// of `orders`.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    pub fn rematch(
        &mut self,
        id: PaymentId,
        remitter: Option<&str>,
        matching: &Matching<'_>,
        orders: &mut OpenOrders,
    ) -> Result<Rematched, Refusal> {
        let (held, next) = self.step(id, PaymentEvent::Credit)?;
        let payment = &mut held.payment;
        let account = matching.account(&payment.bank, &payment.account_index);
        if let Some(account) = account {
            if payment.merchant.is_some_and(|known| known != account.merchant) {
                return Err(Refusal::MerchantDiffers);
            }
            held.changed |= payment.account.is_none();
            payment.account = Some(account.id);
            payment.merchant = Some(account.merchant);
        }
        let case = Case {
            payment: id,
            amount: payment.open_amount(),
            conflict: payment.conflict,
            sum_mismatch: payment.sum_mismatch,
            remitter,
        };
        match (matching.judge(account, &case, orders), payment.merchant) {
            (Ok(evidence), Some(merchant)) => {
                let mut movements = vec![held.credit(next, merchant, matching.now)];
                movements.extend(used(&evidence));
                Ok(Rematched::Credited(movements))
            }
            (judged, _) => {
                let reason = judged.err().unwrap_or(Reason::UnknownAccount);
                held.changed |= payment.reason != Some(reason);
                payment.reason = Some(reason);
                Ok(Rematched::StillInReview(reason))
            }
        }
    }

    /// The bank takes money back (R8); as [`Reversal::apply`], on a payment of this set.
    ///
    /// # Errors
    /// `NotFound` when the payment is not locked, `MerchantUnknown` as there; nothing has changed then.
    pub fn reverse(
        &mut self,
        id: PaymentId,
        reversal: &mut Reversal,
        available_minor: i64,
        now: OffsetDateTime,
    ) -> Result<Option<Movement>, Refusal> {
        let held = self.rows.get_mut(&id).ok_or(Refusal::NotFound)?;
        let movement = reversal.apply(&mut held.payment, available_minor, now)?;
        held.changed |= movement.is_some();
        Ok(movement)
    }

    /// An operator books a held reversal (R8); as [`Reversal::book`], on a payment of this set.
    ///
    /// # Errors
    /// As [`Payments::reverse`].
    pub fn book_reversal(
        &mut self,
        id: PaymentId,
        reversal: &mut Reversal,
        available_minor: i64,
        now: OffsetDateTime,
    ) -> Result<Option<Movement>, Refusal> {
        let held = self.rows.get_mut(&id).ok_or(Refusal::NotFound)?;
        let movement = reversal.book(&mut held.payment, available_minor, now)?;
        held.changed |= movement.is_some();
        Ok(movement)
    }

    fn step(&mut self, id: PaymentId, event: PaymentEvent) -> Result<(&mut Held, PaymentState), Refusal> {
        let held = self.rows.get_mut(&id).ok_or(Refusal::NotFound)?;
        let next = held.payment.status.after(event).ok_or(Refusal::IllegalTransition(held.payment.status))?;
        Ok((held, next))
    }
}

impl Held {
    fn change(&mut self, next: PaymentState, now: OffsetDateTime) {
        self.payment.status = next;
        self.payment.decided_at = Some(now);
        self.changed = true;
    }

    fn credit(&mut self, next: PaymentState, merchant: MerchantId, now: OffsetDateTime) -> Movement {
        self.payment.merchant = Some(merchant);
        self.change(next, now);
        Movement::ReviewCredit {
            shard: self.payment.id.shard(),
            merchant: MerchantRef { shard: merchant.shard(), id: merchant.uuid() },
            amount: self.payment.open_amount(),
        }
    }
}

/// Writes what was decided, each row only from the status and the reversed amount that were loaded.
///
/// # Errors
/// The database's; `Unexpected` when a row was not as loaded.
pub async fn save(tx: &Tx<'_>, payments: &Payments) -> Result<(), Error> {
    let changed: Vec<&Held> = payments.rows.values().filter(|held| held.changed).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let rows: Vec<&Payment> = changed.iter().map(|held| &held.payment).collect();
    let shards: Vec<i16> = rows.iter().map(|p| p.id.shard().number()).collect();
    let ids: Vec<Uuid> = rows.iter().map(|p| p.id.uuid()).collect();
    let loaded: Vec<&str> = changed.iter().map(|held| held.loaded.as_str()).collect();
    let statuses: Vec<&str> = rows.iter().map(|p| p.status.as_str()).collect();
    let reasons: Vec<Option<&str>> = rows.iter().map(|p| p.reason.map(Reason::as_str)).collect();
    let accounts: Vec<Option<Uuid>> = rows.iter().map(|p| p.account.map(|id| id.uuid())).collect();
    let merchants: Vec<Option<Uuid>> = rows.iter().map(|p| p.merchant.map(|id| id.uuid())).collect();
    let merchant_shards: Vec<Option<i16>> =
        rows.iter().map(|p| p.merchant.map(|id| id.shard().number())).collect();
    let decided: Vec<Option<OffsetDateTime>> = rows.iter().map(|p| p.decided_at).collect();
    let loaded_reversed: Vec<i64> = changed.iter().map(|held| held.loaded_reversed).collect();
    let reversed: Vec<i64> = rows.iter().map(|p| p.reversed_minor).collect();
    let saved = tx
        .execute(
            include_str!("sql/save_payments.sql"),
            &[
                &shards,
                &ids,
                &loaded,
                &statuses,
                &reasons,
                &accounts,
                &merchants,
                &merchant_shards,
                &decided,
                &loaded_reversed,
                &reversed,
            ],
        )
        .await?;
    expect_count("payments saved", saved, changed.len())
}

#[cfg(test)]
mod tests;
