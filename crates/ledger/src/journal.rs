//! The journal of one batch: accounts locked once, postings decided in memory, all written at the end.

use std::collections::{BTreeMap, HashMap, HashSet};

use money::Currency;
use pg::{Shard, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::{Account, AccountKey, Floor, LockClass, Owner};
use crate::error::Error;
use crate::layout::Layout;
use crate::store::{self, AccountRow};
use crate::templates::{Leg, Movement, TransferKind};

/// A transfer as decided; its sequence number and position are given when the batch is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The shard of both accounts.
    pub shard: Shard,
    /// The account debited.
    pub debit: Uuid,
    /// The account credited.
    pub credit: Uuid,
    /// Minor units, positive.
    pub amount: i64,
    /// The currency of both accounts.
    pub currency: Currency,
    /// What it is.
    pub kind: TransferKind,
    /// The payment, withdrawal or payout that caused it; of what payments used up of a store's orders, the store.
    pub cause: Uuid,
    /// The merchant whose statement shows it.
    pub owner: Option<Uuid>,
}

/// An account's counters while a batch is decided.
#[derive(Debug, Clone, Copy)]
struct Counters {
    floor: Floor,
    debits: i64,
    credits: i64,
    debit_delta: i64,
    credit_delta: i64,
}

impl Counters {
    fn debit(&mut self, amount: i64) -> Option<()> {
        self.debit_delta = self.debit_delta.checked_add(amount)?;
        self.debits.checked_add(self.debit_delta).map(|_| ())
    }

    fn credit(&mut self, amount: i64) -> Option<()> {
        self.credit_delta = self.credit_delta.checked_add(amount)?;
        self.credits.checked_add(self.credit_delta).map(|_| ())
    }

    /// Credits less debits, as they would be if the batch were written now.
    fn credit_balance(&self) -> i128 {
        i128::from(self.credits) + i128::from(self.credit_delta)
            - i128::from(self.debits)
            - i128::from(self.debit_delta)
    }

    fn holds_floor(&self) -> bool {
        match self.floor {
            Floor::Credit => self.credit_balance() >= 0,
            Floor::Debit => self.credit_balance() <= 0,
            Floor::None => true,
        }
    }
}

/// Accounts in the order in which they are locked.
type Wanted<'a> = BTreeMap<AccountKey, &'a Account>;

/// What one batch posts. Open it with every account the batch may touch (that locks them, in one order),
/// `post` while deciding, `write` once, last.
///
/// What is known only later can be added, as long as the order of classes is kept: evidence, then the balance
/// sheet, then receivables. Whoever names a receivable holds the merchant's balance, so these need no order among
/// themselves, and one that isn't there can't come to be meanwhile.
#[derive(Debug)]
pub struct Journal {
    layout: Layout,
    counters: HashMap<AccountKey, Counters>,
    /// Whether accounts had to be made.
    made: bool,
    /// Looked for under the lock that guards them, and not there.
    absent: HashSet<AccountKey>,
    /// The last class of which accounts were locked.
    reached: Option<LockClass>,
    transfers: Vec<Transfer>,
    /// Where among them stands what the batch used up of each evidence account: one transfer, however many payments it were.
    used: HashMap<AccountKey, usize>,
}

impl Journal {
    /// Locks `accounts` class by class, in (shard, id) order inside each, until the transaction ends, creating
    /// those that are not there yet.
    ///
    /// # Errors
    /// The database's; `OutOfOrder` for a receivable without its merchant's balance; `Unexpected` when a row that
    /// was just created can't be found.
    pub async fn open(tx: &Tx<'_>, layout: Layout, accounts: &[Account]) -> Result<Journal, Error> {
        let mut journal = Journal {
            layout,
            counters: HashMap::with_capacity(accounts.len()),
            made: false,
            absent: HashSet::new(),
            reached: None,
            transfers: Vec::new(),
            used: HashMap::new(),
        };
        journal.add(tx, accounts).await?;
        Ok(journal)
    }

    /// Whether some of its accounts were not there and had to be made: then they were locked later than by the statement that
    /// looked for them first.
    pub fn has_made_accounts(&self) -> bool {
        self.made
    }

    /// Locks further accounts, creating those that are not there yet; those locked already stay as they are.
    ///
    /// # Errors
    /// As [`Journal::open`]; `OutOfOrder` also when accounts of the same class or a later one are locked already
    /// (receivables may be added at any time).
    pub async fn add(&mut self, tx: &Tx<'_>, accounts: &[Account]) -> Result<(), Error> {
        for (class, wanted) in self.by_class(accounts) {
            self.enter(class, &wanted)?;
            let found = store::lock_accounts(tx, wanted.keys().copied()).await?;
            self.complete(tx, &wanted, found).await?;
        }
        Ok(())
    }

    /// Takes accounts of one class that were `found`, or makes those that are missing.
    async fn complete(
        &mut self,
        tx: &Tx<'_>,
        wanted: &Wanted<'_>,
        found: Vec<AccountRow>,
    ) -> Result<(), Error> {
        let mut found = found;
        if found.len() < wanted.len() {
            // None of the class is locked yet. Making one waits for whoever makes the same: it holds earlier
            // classes and what it made.
            self.made = true;
            store::create_accounts(tx, wanted.values().copied()).await?;
            found = store::lock_accounts(tx, wanted.keys().copied()).await?;
        }
        if found.len() != wanted.len() {
            return Err(Error::Unexpected("an account that was just created is not there".into()));
        }
        self.take(wanted, found);
        Ok(())
    }

    /// [`Journal::add`], and [`Journal::add_existing`] of receivables whose merchants' balances are then locked. Where all
    /// `accounts` are of one class, as mostly, both are asked for at once: the receivables are locked behind what guards them.
    ///
    /// # Errors
    /// As [`Journal::add`].
    pub async fn add_guarding(
        &mut self,
        tx: &Tx<'_>,
        accounts: &[Account],
        receivables: &[Account],
    ) -> Result<(), Error> {
        let (mut classes, mut guarded) = (self.by_class(accounts), self.by_class(receivables));
        let (Some((class, wanted)), Some((LockClass::Receivable, receivable)), true, true) =
            (classes.pop_first(), guarded.pop_first(), classes.is_empty(), guarded.is_empty())
        else {
            self.add(tx, accounts).await?;
            return self.add_existing(tx, receivables).await;
        };
        self.enter(class, &wanted)?;
        let (found, owed) = tokio::join!(
            biased;
            store::lock_accounts(tx, wanted.keys().copied()),
            store::lock_existing(tx, receivable.keys().copied(), wanted.keys().copied()),
        );
        let (found, owed) = (found?, owed?);
        if found.len() < wanted.len() {
            // Whoever makes the last of them between the two statements has receivables locked here that nothing guards yet:
            // what they say is not used, and if two wait for each other by that, one of them is tried again.
            self.complete(tx, &wanted, found).await?;
            return self.add_existing(tx, receivables).await;
        }
        self.take(&wanted, found);
        self.enter(LockClass::Receivable, &receivable)?;
        self.absent.extend(receivable.keys());
        self.take(&receivable, owed);
        Ok(())
    }

    /// Locks those of further accounts that exist. One that doesn't counts as zero ([`Journal::balance`]) and
    /// can't be posted to, unless it is added after all.
    ///
    /// # Errors
    /// As [`Journal::add`].
    pub async fn add_existing(&mut self, tx: &Tx<'_>, accounts: &[Account]) -> Result<(), Error> {
        for (class, wanted) in self.by_class(accounts) {
            self.enter(class, &wanted)?;
            let found = store::lock_existing(tx, wanted.keys().copied(), std::iter::empty()).await?;
            self.absent.extend(wanted.keys());
            self.take(&wanted, found);
        }
        Ok(())
    }

    /// What of `accounts` is not locked yet, in the order in which to lock.
    fn by_class<'a>(&self, accounts: &'a [Account]) -> BTreeMap<LockClass, Wanted<'a>> {
        let mut classes: BTreeMap<LockClass, Wanted<'_>> = BTreeMap::new();
        for account in accounts.iter().filter(|account| !self.counters.contains_key(&account.key())) {
            classes.entry(account.kind().lock_class()).or_default().insert(account.key(), account);
        }
        classes
    }

    fn enter(&mut self, class: LockClass, wanted: &Wanted<'_>) -> Result<(), Error> {
        for account in wanted.values() {
            let in_order = match (class, account.owner()) {
                (LockClass::Receivable, Owner::Merchant(merchant)) => {
                    let balance = Account::merchant(account.key().shard, *merchant, account.currency());
                    self.counters.contains_key(&balance.key())
                }
                _ => self.reached.is_none_or(|reached| reached < class),
            };
            if !in_order {
                return Err(Error::OutOfOrder(account.to_string()));
            }
        }
        self.reached = self.reached.max(Some(class));
        Ok(())
    }

    fn take(&mut self, wanted: &Wanted<'_>, found: Vec<AccountRow>) {
        for row in found {
            let floor = wanted.get(&row.key).map_or(Floor::None, |account| account.kind().floor());
            let (debits, credits) = (row.debits, row.credits);
            self.absent.remove(&row.key);
            self.counters
                .insert(row.key, Counters { floor, debits, credits, debit_delta: 0, credit_delta: 0 });
        }
    }

    /// What the account holds with all of the batch's postings so far, in minor units on its normal side:
    /// credits less debits, but debits less credits where debits may not fall below credits. Zero for one that
    /// was looked for and isn't there.
    ///
    /// # Errors
    /// `NotOpened` when the account was not locked; `Overflow` beyond 64 bits.
    pub fn balance(&self, account: &Account) -> Result<i64, Error> {
        let Some(counters) = self.counters.get(&account.key()) else {
            let absent = self.absent.contains(&account.key());
            return if absent { Ok(0) } else { Err(Error::NotOpened(account.to_string())) };
        };
        let balance = match account.kind().floor() {
            Floor::Debit => -counters.credit_balance(),
            Floor::Credit | Floor::None => counters.credit_balance(),
        };
        i64::try_from(balance).map_err(|_| Error::Overflow(account.to_string()))
    }

    /// Posts all legs of `movement` or none of them; they are given back.
    ///
    /// # Errors
    /// `BelowFloor` when a constrained account would fall below zero: nothing was posted and the caller may
    /// decide otherwise. Everything else is a bug or a broken book.
    pub fn post(&mut self, movement: &Movement, cause: Uuid) -> Result<Vec<Leg>, Error> {
        let legs = movement.legs();
        let before: Vec<(AccountKey, Counters)> = legs
            .iter()
            .flat_map(|leg| [leg.debit.key(), leg.credit.key()])
            .filter_map(|key| self.counters.get(&key).map(|counters| (key, *counters)))
            .collect();
        let result = self.apply(&legs, cause);
        match result {
            Ok(()) => {
                legs.iter().for_each(|leg| self.note(leg, cause));
                Ok(legs)
            }
            Err(error) => {
                // In reverse, so that an account named twice gets its oldest value back.
                for (key, counters) in before.into_iter().rev() {
                    self.counters.insert(key, counters);
                }
                Err(error)
            }
        }
    }

    fn apply(&mut self, legs: &[Leg], cause: Uuid) -> Result<(), Error> {
        for leg in legs {
            let currency = leg.amount.currency();
            let same_shard = leg.debit.key().shard == leg.credit.key().shard;
            if leg.debit.currency() != currency || leg.credit.currency() != currency || !same_shard {
                return Err(Error::MixedCurrencies(cause));
            }
            let amount = leg.amount.minor();
            if amount <= 0 {
                return Err(Error::Unexpected(format!("a leg of {cause} moves nothing")));
            }
            self.counters_of(&leg.debit)?
                .debit(amount)
                .ok_or_else(|| Error::Overflow(leg.debit.to_string()))?;
            self.counters_of(&leg.credit)?
                .credit(amount)
                .ok_or_else(|| Error::Overflow(leg.credit.to_string()))?;
        }
        for leg in legs {
            for account in [&leg.debit, &leg.credit] {
                if !self.counters_of(account)?.holds_floor() {
                    return Err(Error::BelowFloor { account: account.to_string(), amount: leg.amount });
                }
            }
        }
        Ok(())
    }

    /// As a transfer of its own, but for evidence that is used up. An account's counters bound what it can sum up to.
    fn note(&mut self, leg: &Leg, cause: Uuid) {
        if leg.kind != TransferKind::EvidenceUsed {
            self.transfers.push(transfer(leg, cause));
            return;
        }
        let next = self.transfers.len();
        let place = *self.used.entry(leg.debit.key()).or_insert(next);
        match self.transfers.get_mut(place) {
            Some(sum) => sum.amount += leg.amount.minor(),
            None => self.transfers.push(transfer(leg, store_of(&leg.debit).unwrap_or(cause))),
        }
    }

    fn counters_of(&mut self, account: &Account) -> Result<&mut Counters, Error> {
        self.counters.get_mut(&account.key()).ok_or_else(|| Error::NotOpened(account.to_string()))
    }

    /// What the batch has posted so far.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// Writes balances and transfers and seals them, one seal for each chain touched. The chains' heads are
    /// locked here, last of all locks. `now` is the database's time of the batch.
    ///
    /// # Errors
    /// The database's; `Unexpected` when a row count is not what was locked.
    pub async fn write(&self, tx: &Tx<'_>, now: OffsetDateTime) -> Result<(), Error> {
        if self.transfers.is_empty() {
            return Ok(());
        }
        let mut deltas: Vec<(AccountKey, i64, i64)> = self
            .counters
            .iter()
            .filter(|(_, c)| c.debit_delta != 0 || c.credit_delta != 0)
            .map(|(key, c)| (*key, c.debit_delta, c.credit_delta))
            .collect();
        deltas.sort_unstable();
        store::write(tx, &self.layout, &deltas, &self.transfers, now).await
    }
}

fn store_of(account: &Account) -> Option<Uuid> {
    match account.owner() {
        Owner::Store(store) => Some(*store),
        Owner::Institution | Owner::Bank(_) | Owner::Merchant(_) => None,
    }
}

fn transfer(leg: &Leg, cause: Uuid) -> Transfer {
    let own = |account: &Account| match account.owner() {
        Owner::Merchant(merchant) => Some(*merchant),
        Owner::Institution | Owner::Bank(_) | Owner::Store(_) => None,
    };
    let owner = leg.shown_to.or_else(|| own(&leg.debit)).or_else(|| own(&leg.credit));
    Transfer {
        shard: leg.debit.key().shard,
        debit: leg.debit.key().id,
        credit: leg.credit.key().id,
        amount: leg.amount.minor(),
        currency: leg.amount.currency(),
        kind: leg.kind,
        cause,
        owner,
    }
}

impl Transfer {
    /// The bytes that a seal's Merkle leaf is made of. Fixed for ever: every field in column order, integers
    /// big-endian, texts prefixed by their length, times in microseconds since 1970.
    pub(crate) fn leaf_bytes(&self, seq: i64, position: i32, posted_at: OffsetDateTime) -> Vec<u8> {
        let raw = RawTransfer {
            shard: self.shard.number(),
            seq,
            position,
            debit: self.debit,
            credit: self.credit,
            amount: self.amount,
            currency: self.currency.code(),
            kind: self.kind.as_str(),
            cause: self.cause,
            owner: self.owner,
            posted_at,
        };
        raw.leaf_bytes()
    }
}

/// A transfer's columns as they lie in the database.
#[derive(Debug)]
pub(crate) struct RawTransfer<'a> {
    pub shard: i16,
    pub seq: i64,
    pub position: i32,
    pub debit: Uuid,
    pub credit: Uuid,
    pub amount: i64,
    pub currency: &'a str,
    pub kind: &'a str,
    pub cause: Uuid,
    pub owner: Option<Uuid>,
    pub posted_at: OffsetDateTime,
}

impl RawTransfer<'_> {
    pub(crate) fn leaf_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        bytes.extend_from_slice(&self.shard.to_be_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.position.to_be_bytes());
        bytes.extend_from_slice(self.debit.as_bytes());
        bytes.extend_from_slice(self.credit.as_bytes());
        bytes.extend_from_slice(&self.amount.to_be_bytes());
        for text in [self.currency, self.kind] {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(self.cause.as_bytes());
        bytes.extend_from_slice(self.owner.unwrap_or(Uuid::nil()).as_bytes());
        let micros = self.posted_at.unix_timestamp_nanos() / 1_000;
        bytes.extend_from_slice(&micros.to_be_bytes());
        bytes
    }
}
