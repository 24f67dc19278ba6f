//! Payouts as a batch holds them: enqueued, locked, changed in memory, saved once.
//!
//! A job is changed only by whoever holds the lock of its payout, so jobs need no locks of their own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use money::Money;
use pg::{Shard, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::claim::{Take, take};
use crate::decide::{Effect, apply};
use crate::error::{Error, Refusal};
use crate::jobs::JobRow;
use crate::judged::{Found, Judgement, Truth};
use crate::payout::{HeldBy, Job, JobKind, Payout};
use crate::policy::BankPolicy;
use crate::report::Report;
use crate::state::PayoutState;
use crate::{PayoutId, jobs, judged, named, operate, resolve, rows};

/// A payout to be.
#[derive(Debug, Clone)]
pub struct NewPayout {
    /// Its id, in the shard of the withdrawal or payment.
    pub id: PayoutId,
    /// The withdrawal that it carries out; this or `payment`.
    pub withdrawal: Option<Uuid>,
    /// The reviewed payment that it returns; this or `withdrawal`.
    pub payment: Option<Uuid>,
    /// Whose money it is: this merchant's freeze stops it.
    pub merchant: Option<Uuid>,
    /// Where it is sent.
    pub bank: Arc<str>,
    /// 1 for the first.
    pub attempt: i32,
    /// What the payee is to get; above zero.
    pub amount: Money,
    /// Sealed; the worker's `open` makes a beneficiary of it.
    pub beneficiary_sealed: Vec<u8>,
    /// Held from the start.
    pub held_by: Option<HeldBy>,
}

/// Inserts payouts, and a job for each that isn't held. Wake the worker after the commit.
///
/// # Errors
/// The database's; `Unique` for an id that exists.
pub async fn enqueue(tx: &Tx<'_>, new: &[NewPayout], now: OffsetDateTime) -> Result<(), Error> {
    let jobs: Vec<JobRow<'_>> = new
        .iter()
        .filter(|n| n.held_by.is_none())
        .map(|n| JobRow { id: n.id, bank: &n.bank, merchant: n.merchant, job: Job::new(JobKind::Send, now) })
        .collect();
    let (inserted, put) = tokio::join!(biased; insert(tx, new, now), jobs::put(tx, &jobs));
    inserted?;
    put
}

async fn insert(tx: &Tx<'_>, new: &[NewPayout], now: OffsetDateTime) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = new.iter().map(|n| n.id.shard().number()).collect();
    let ids: Vec<Uuid> = new.iter().map(|n| n.id.uuid()).collect();
    let withdrawals: Vec<Option<Uuid>> = new.iter().map(|n| n.withdrawal).collect();
    let payments: Vec<Option<Uuid>> = new.iter().map(|n| n.payment).collect();
    let merchants: Vec<Option<Uuid>> = new.iter().map(|n| n.merchant).collect();
    let banks: Vec<&str> = new.iter().map(|n| &*n.bank).collect();
    let attempts: Vec<i32> = new.iter().map(|n| n.attempt).collect();
    let amounts: Vec<i64> = new.iter().map(|n| n.amount.minor()).collect();
    let currencies: Vec<&str> = new.iter().map(|n| n.amount.currency().code()).collect();
    let sealed: Vec<&[u8]> = new.iter().map(|n| n.beneficiary_sealed.as_slice()).collect();
    let state = |n: &NewPayout| if n.held_by.is_some() { PayoutState::Held } else { PayoutState::Queued };
    let states: Vec<&str> = new.iter().map(|n| state(n).as_str()).collect();
    let holders: Vec<Option<&str>> = new.iter().map(|n| n.held_by.map(HeldBy::as_str)).collect();
    let inserted = tx
        .execute(
            include_str!("sql/insert.sql"),
            &[
                &shards,
                &ids,
                &withdrawals,
                &payments,
                &merchants,
                &banks,
                &attempts,
                &amounts,
                &currencies,
                &sealed,
                &states,
                &holders,
                &now,
            ],
        )
        .await?;
    expect_count("payouts inserted", inserted, new.len())
}

/// What a payout carries out. None of it ever changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The withdrawal.
    pub withdrawal: Option<Uuid>,
    /// The payment that is returned.
    pub payment: Option<Uuid>,
    /// The merchant.
    pub merchant: Option<Uuid>,
    /// The bank.
    pub bank: Arc<str>,
}

/// What the payouts carry out, without a lock, so that a batch can lock that first. Unknown ids are missing.
///
/// # Errors
/// The database's.
pub async fn subjects(tx: &Tx<'_>, ids: &[PayoutId]) -> Result<HashMap<PayoutId, Subject>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (shards, uuids) = keys(ids);
    let found = tx.query(include_str!("sql/subjects.sql"), &[&shards, &uuids]).await?;
    let subject = |row: &pg::Row| Subject {
        withdrawal: row.get("withdrawal"),
        payment: row.get("payment"),
        merchant: row.get("merchant"),
        bank: Arc::from(row.get::<_, &str>("bank")),
    };
    Ok(found.iter().map(|row| (PayoutId::from_uuid(row.get("id")), subject(row))).collect())
}

/// Whether the outcome of any of a merchant's payouts is to come, unknown or disputed. What returns a payment is nobody's payout:
/// while it is under way the payment says so, and after that [`disputed_returns`].
///
/// # Errors
/// The database's.
pub async fn any_unsettled(tx: &Tx<'_>, shard: Shard, merchant: Uuid) -> Result<bool, Error> {
    let parameters: [&(dyn pg::ToSql + Sync); 2] = [&shard.number(), &merchant];
    Ok(tx.query_one(include_str!("sql/any_unsettled.sql"), &parameters).await?.get("found"))
}

/// The payments of which a bank says that it returned them, after it had said that it could not: at most `limit`, each once, in the
/// order of their ids, `after` one of them.
///
/// # Errors
/// The database's.
pub async fn disputed_returns(tx: &Tx<'_>, after: Option<Uuid>, limit: i64) -> Result<Vec<Uuid>, Error> {
    let after = after.unwrap_or_default();
    let rows = tx.query(include_str!("sql/disputed_returns.sql"), &[&after, &limit]).await?;
    Ok(rows.iter().map(|row| row.get("payment")).collect())
}

/// Which payouts a batch needs. Whatever they belong to must be locked before.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// These.
    pub ids: Vec<PayoutId>,
    /// All attempts of these withdrawals.
    pub withdrawals: Vec<(Shard, Uuid)>,
    /// All attempts to return these payments.
    pub payments: Vec<(Shard, Uuid)>,
    /// Those of these merchants that are queued or held, for their freeze or its end.
    pub not_at_bank_of: Vec<(Shard, Uuid)>,
    /// Those of `ids` that people are about to judge: what banks have said of them is read too.
    pub judged: Vec<PayoutId>,
}

/// Locks all that a batch needs, in one (shard, id) order. What is not there is missing.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn lock_wanted(tx: &Tx<'_>, wanted: &Wanted) -> Result<Payouts, Error> {
    let mut ids = wanted.ids.clone();
    let indirect = [&wanted.withdrawals, &wanted.payments, &wanted.not_at_bank_of];
    if indirect.iter().any(|some| !some.is_empty()) {
        let [(ws, wi), (ps, pi), (ms, mi)] = indirect.map(|pairs| pair_keys(pairs));
        let resolved = tx.query(include_str!("sql/resolve.sql"), &[&ws, &wi, &ps, &pi, &ms, &mi]).await?;
        ids.extend(resolved.iter().map(|row| PayoutId::from_uuid(row.get("id"))));
    }
    let mut locked = lock_with(tx, include_str!("sql/lock.sql"), &ids).await?;
    for (id, text) in judged::heard(tx, &wanted.judged).await? {
        if let Some(held) = locked.rows.get_mut(&id) {
            held.payout.heard.push(text);
        }
    }
    Ok(locked)
}

/// Locks payouts in (shard, id) order; unknown ids are missing.
///
/// # Errors
/// As [`lock_wanted`].
pub async fn lock(tx: &Tx<'_>, ids: &[PayoutId]) -> Result<Payouts, Error> {
    lock_with(tx, include_str!("sql/lock.sql"), ids).await
}

/// Locks what is queued or held of merchants, which the caller holds locked `FOR UPDATE`.
///
/// # Errors
/// As [`lock_wanted`].
pub async fn lock_queued_of_merchants(tx: &Tx<'_>, merchants: &[(Shard, Uuid)]) -> Result<Payouts, Error> {
    lock_wanted(tx, &Wanted { not_at_bank_of: merchants.to_vec(), ..Wanted::default() }).await
}

/// Locks those of the payouts that nobody else holds locked.
pub(crate) async fn lock_free(tx: &Tx<'_>, ids: &[PayoutId]) -> Result<Payouts, Error> {
    lock_with(tx, include_str!("sql/lock_free.sql"), ids).await
}

async fn lock_with(tx: &Tx<'_>, sql: &'static str, ids: &[PayoutId]) -> Result<Payouts, Error> {
    let mut locked = Payouts::default();
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(locked);
    }
    let (shards, uuids) = keys(&ids);
    let parameters: [&(dyn pg::ToSql + Sync); 2] = [&shards, &uuids];
    let (payouts, jobs) = tokio::join!(
        biased;
        tx.query(sql, &parameters),
        tx.query(include_str!("sql/jobs_of.sql"), &parameters),
    );
    for row in payouts? {
        let (judged, disputed_from) = (judged::read(&row)?, rows::disputed_from(&row)?);
        let payout = Payout { judged, disputed_from, ..rows::payout(&row)? };
        let judged_at = payout.judged.as_ref().map(|judged| judged.at);
        let (state, changed) = (payout.state, false);
        locked.rows.insert(payout.id, Held { state, judged_at, job: None, changed, payout });
    }
    for row in jobs? {
        let (id, job) = rows::job(&row)?;
        if let Some(held) = locked.rows.get_mut(&id) {
            held.job = Some(job);
            held.payout.job = Some(job);
        }
    }
    Ok(locked)
}

#[derive(Debug)]
struct Held {
    /// As loaded, for the writes.
    state: PayoutState,
    judged_at: Option<OffsetDateTime>,
    job: Option<Job>,
    changed: bool,
    payout: Payout,
}

/// Payouts locked by this transaction, changed in memory, saved once.
#[derive(Debug, Default)]
pub struct Payouts {
    rows: BTreeMap<PayoutId, Held>,
}

impl Payouts {
    /// The payout as it stands in this batch.
    pub fn get(&self, id: PayoutId) -> Option<&Payout> {
        self.rows.get(&id).map(|held| &held.payout)
    }

    /// All of them, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Payout> {
        self.rows.values().map(|held| &held.payout)
    }

    /// Those that will be saved.
    pub fn changed(&self) -> impl Iterator<Item = &Payout> {
        self.rows.values().filter(|held| held.changed).map(|held| &held.payout)
    }

    /// How many this batch has brought into `state`.
    pub fn brought_to(&self, state: PayoutState) -> usize {
        self.rows.values().filter(|held| held.state != state && held.payout.state == state).count()
    }

    /// The locked attempts of a withdrawal.
    pub fn of_withdrawal(&self, withdrawal: Uuid) -> impl Iterator<Item = &Payout> {
        self.iter().filter(move |payout| payout.withdrawal == Some(withdrawal))
    }

    /// The locked attempts to return a payment.
    pub fn of_payment(&self, payment: Uuid) -> impl Iterator<Item = &Payout> {
        self.iter().filter(move |payout| payout.payment == Some(payment))
    }

    /// The locked payouts of a merchant.
    pub fn of_merchant(&self, merchant: Uuid) -> impl Iterator<Item = &Payout> {
        self.iter().filter(move |payout| payout.merchant == Some(merchant))
    }

    pub(crate) fn get_mut(&mut self, id: PayoutId) -> Option<&mut Payout> {
        self.rows.get_mut(&id).map(|held| {
            held.changed = true;
            &mut held.payout
        })
    }

    /// [`take`] of one of them; nothing is written where it was left alone.
    pub(crate) fn take(
        &mut self,
        id: PayoutId,
        token: Uuid,
        may_send: bool,
        policy: &BankPolicy,
        now: OffsetDateTime,
    ) -> Take {
        let Some(held) = self.rows.get_mut(&id) else { return Take::Left };
        let taken = take(&mut held.payout, token, may_send, policy, now);
        held.changed |= taken != Take::Left;
        taken
    }

    fn known(&mut self, id: PayoutId) -> Result<&mut Payout, Refusal> {
        self.get_mut(id).ok_or(Refusal::NotFound)
    }

    /// [`crate::apply`] to one of them; `None` when it isn't locked. Whether the payout is this bank's is the
    /// caller's to check (R1).
    pub fn apply(
        &mut self,
        id: PayoutId,
        report: &Report,
        policy: &BankPolicy,
        now: OffsetDateTime,
    ) -> Option<Effect> {
        self.get_mut(id).map(|payout| apply(payout, report, policy, now))
    }

    /// [`operate::hold`].
    ///
    /// # Errors
    /// `NotFound` when it isn't locked, `IllegalTransition`.
    pub fn hold(&mut self, id: PayoutId) -> Result<(), Refusal> {
        operate::hold(self.known(id)?)
    }

    /// [`operate::beside_a_dispute`]; false when it isn't locked.
    pub fn beside_a_dispute(&mut self, id: PayoutId) -> bool {
        self.get_mut(id).is_some_and(operate::beside_a_dispute)
    }

    /// [`operate::refuse`].
    ///
    /// # Errors
    /// `NotFound` when it isn't locked, `IllegalTransition`.
    pub fn refuse(&mut self, id: PayoutId) -> Result<(), Refusal> {
        operate::refuse(self.known(id)?)
    }

    /// [`operate::release`].
    ///
    /// # Errors
    /// `NotFound` when it isn't locked, `IllegalTransition`.
    pub fn release(&mut self, id: PayoutId, now: OffsetDateTime) -> Result<(), Refusal> {
        operate::release(self.known(id)?, now)
    }

    /// [`operate::query_now`].
    ///
    /// # Errors
    /// `NotFound` when it isn't locked, `IllegalTransition`.
    pub fn query_now(&mut self, id: PayoutId, now: OffsetDateTime) -> Result<(), Refusal> {
        operate::query_now(self.known(id)?, now)
    }

    /// [`resolve::resolvable`]: the status that it would have.
    ///
    /// # Errors
    /// `NotFound` when it isn't locked, `IllegalTransition`.
    pub fn resolvable(
        &self,
        id: PayoutId,
        truth: Truth,
        policy: &BankPolicy,
        now: OffsetDateTime,
    ) -> Result<PayoutState, Refusal> {
        resolve::resolvable(self.get(id).ok_or(Refusal::NotFound)?, truth, policy, now)
    }

    /// [`resolve::resolve`]; of what was locked as [`Wanted::judged`].
    ///
    /// # Errors
    /// `NotFound` when it isn't locked, `IllegalTransition`.
    pub fn resolve(
        &mut self,
        id: PayoutId,
        found: &Found<'_>,
        policy: &BankPolicy,
        now: OffsetDateTime,
    ) -> Result<(), Refusal> {
        resolve::resolve(self.known(id)?, found, policy, now)
    }

    /// [`operate::paid_after_refund`]; false when it isn't locked.
    pub fn paid_after_refund(&mut self, id: PayoutId) -> bool {
        self.get_mut(id).is_some_and(operate::paid_after_refund)
    }

    /// Holds what is queued of a merchant that is being frozen; how many.
    pub fn freeze(&mut self, merchant: Uuid) -> usize {
        self.each_of(merchant, operate::freeze)
    }

    /// Lets go what a freeze of the merchant held; how many.
    pub fn unfreeze(&mut self, merchant: Uuid, now: OffsetDateTime) -> usize {
        self.each_of(merchant, |payout| operate::unfreeze(payout, now))
    }

    fn each_of(&mut self, merchant: Uuid, mut act: impl FnMut(&mut Payout) -> bool) -> usize {
        let mut count = 0;
        for held in self.rows.values_mut().filter(|held| held.payout.merchant == Some(merchant)) {
            if act(&mut held.payout) {
                held.changed = true;
                count += 1;
            }
        }
        count
    }

    /// Writes what was changed, each from the status that was loaded, with its job and its evidence.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row is not as it was loaded.
    pub async fn save(&self, tx: &Tx<'_>, now: OffsetDateTime) -> Result<(), Error> {
        let changed: Vec<&Held> = self.rows.values().filter(|held| held.changed).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let payouts = changed.iter().map(|held| &held.payout);
        let told = payouts.flat_map(|payout| payout.names.iter().map(|name| (payout.id, name.as_str())));
        let (told, judged) = (told.collect::<Vec<_>>(), newly_judged(&changed));
        let (saved, put, removed, named, judged, noted) = tokio::join!(
            biased;
            save_payouts(tx, &changed, now),
            put_changed_jobs(tx, &changed),
            remove_jobs(tx, &changed),
            named::save(tx, &told),
            judged::save(tx, &judged),
            save_notes(tx, &changed, now),
        );
        // In the order in which they ran: of one that fails those behind it are a consequence.
        saved.and(put).and(removed).and(named).and(judged).and(noted)
    }
}

async fn save_payouts(tx: &Tx<'_>, changed: &[&Held], now: OffsetDateTime) -> Result<(), Error> {
    let payouts = || changed.iter().map(|held| &held.payout);
    let shards: Vec<i16> = payouts().map(|p| p.id.shard().number()).collect();
    let ids: Vec<Uuid> = payouts().map(|p| p.id.uuid()).collect();
    let expected: Vec<&str> = changed.iter().map(|held| held.state.as_str()).collect();
    let states: Vec<&str> = payouts().map(|p| p.state.as_str()).collect();
    let holders: Vec<Option<&str>> = payouts().map(|p| p.held_by.map(HeldBy::as_str)).collect();
    let references: Vec<Option<&str>> = payouts().map(|p| p.bank_reference.as_deref()).collect();
    let received: Vec<Option<i64>> = payouts().map(|p| p.amount_received.map(|m| m.minor())).collect();
    let returned: Vec<Option<i64>> = payouts().map(|p| p.returned.map(|m| m.minor())).collect();
    let reasons: Vec<Option<&str>> = payouts().map(|p| p.reason.as_deref()).collect();
    let sends: Vec<i32> = payouts().map(|p| p.sends).collect();
    let queries: Vec<i32> = payouts().map(|p| p.queries).collect();
    let delays: Vec<i32> = payouts().map(|p| p.delays).collect();
    let for_operators: Vec<bool> = payouts().map(|p| p.needs_operator).collect();
    let sent_at: Vec<Option<OffsetDateTime>> = payouts().map(|p| p.sent_at).collect();
    let disputed_from: Vec<Option<&str>> =
        payouts().map(|p| p.disputed_from.map(PayoutState::as_str)).collect();
    let saved = tx
        .execute(
            include_str!("sql/save.sql"),
            &[
                &shards,
                &ids,
                &expected,
                &states,
                &holders,
                &references,
                &received,
                &returned,
                &reasons,
                &sends,
                &queries,
                &delays,
                &for_operators,
                &sent_at,
                &now,
                &disputed_from,
            ],
        )
        .await?;
    expect_count("payouts saved", saved, changed.len())
}

fn newly_judged<'h>(changed: &[&'h Held]) -> Vec<(PayoutId, &'h Judgement)> {
    let judged = |held: &&'h Held| Some((held.payout.id, held.payout.judged.as_ref()?, held.judged_at));
    let new = changed.iter().filter_map(judged).filter(|(_, judged, before)| Some(judged.at) != *before);
    new.map(|(id, judged, _)| (id, judged)).collect()
}

async fn put_changed_jobs(tx: &Tx<'_>, changed: &[&Held]) -> Result<(), Error> {
    let put: Vec<JobRow<'_>> = changed
        .iter()
        .filter(|held| held.job != held.payout.job)
        .filter_map(|held| {
            let payout = &held.payout;
            payout.job.map(|job| JobRow { id: payout.id, bank: &payout.bank, merchant: payout.merchant, job })
        })
        .collect();
    jobs::put(tx, &put).await
}

async fn remove_jobs(tx: &Tx<'_>, changed: &[&Held]) -> Result<(), Error> {
    let done = |held: &&&Held| held.job.is_some() && held.payout.job.is_none();
    let done: Vec<PayoutId> = changed.iter().filter(done).map(|held| held.payout.id).collect();
    jobs::remove(tx, &done).await
}

async fn save_notes(tx: &Tx<'_>, changed: &[&Held], now: OffsetDateTime) -> Result<(), Error> {
    let notes =
        || changed.iter().flat_map(|held| held.payout.notes.iter().map(|note| (held.payout.id, note)));
    let shards: Vec<i16> = notes().map(|(id, _)| id.shard().number()).collect();
    if shards.is_empty() {
        return Ok(());
    }
    let payouts: Vec<Uuid> = notes().map(|(id, _)| id.uuid()).collect();
    // Made in order, so that evidence of one moment keeps its order.
    let ids: Vec<Uuid> = notes().map(|_| Uuid::now_v7()).collect();
    let sources: Vec<&str> = notes().map(|(_, note)| note.source).collect();
    let texts: Vec<&str> = notes().map(|(_, note)| note.text.as_str()).collect();
    let inserted = tx
        .execute(include_str!("sql/insert_evidence.sql"), &[&shards, &payouts, &ids, &sources, &texts, &now])
        .await?;
    expect_count("lines of evidence", inserted, shards.len())
}

pub(crate) fn keys(ids: &[PayoutId]) -> (Vec<i16>, Vec<Uuid>) {
    (ids.iter().map(|id| id.shard().number()).collect(), ids.iter().map(PayoutId::uuid).collect())
}

fn pair_keys(pairs: &[(Shard, Uuid)]) -> (Vec<i16>, Vec<Uuid>) {
    pairs.iter().map(|(shard, id)| (shard.number(), *id)).unzip()
}

pub(crate) fn expect_count(what: &str, got: u64, expected: usize) -> Result<(), Error> {
    if got == expected as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{what}: {got} rows instead of {expected}")))
}
