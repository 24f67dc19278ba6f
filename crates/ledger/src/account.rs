//! The chart of accounts. An account's id follows from what it is, so nothing is looked up to post to it.

use std::fmt;
use std::sync::Arc;

use money::Currency;
use pg::Shard;
use ring::digest;
use uuid::Uuid;

/// What an account is for. System accounts exist once per shard and are summed for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountKind {
    /// Our money at a bank (asset): debited when money arrives, credited when it leaves.
    Nostro,
    /// A merchant's balance (liability), never below zero.
    Merchant,
    /// Money that arrived and is not yet known to be someone's (liability), never below zero.
    Suspense,
    /// Money on its way out through a bank (liability), never below zero.
    PayoutClearing,
    /// What was sold less what was bought, in one currency: a position of either sign.
    Exchange,
    /// Fees earned (income).
    Fees,
    /// What a merchant owes (asset), never below zero.
    Receivable,
    /// Carries money between shards inside one transaction; its sum over all shards is zero.
    Intershard,
    /// What a store's orders still cover, never below zero. Counts trade evidence, not money: outside the
    /// balance sheet.
    Evidence,
    /// The other side of every movement of evidence, either sign. Outside the balance sheet.
    EvidenceSource,
}

impl AccountKind {
    /// All kinds, in chart order.
    pub const ALL: [AccountKind; 10] = [
        AccountKind::Nostro,
        AccountKind::Merchant,
        AccountKind::Suspense,
        AccountKind::PayoutClearing,
        AccountKind::Exchange,
        AccountKind::Fees,
        AccountKind::Receivable,
        AccountKind::Intershard,
        AccountKind::Evidence,
        AccountKind::EvidenceSource,
    ];

    /// The name stored in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountKind::Nostro => "nostro",
            AccountKind::Merchant => "merchant",
            AccountKind::Suspense => "suspense",
            AccountKind::PayoutClearing => "payout_clearing",
            AccountKind::Exchange => "exchange",
            AccountKind::Fees => "fees",
            AccountKind::Receivable => "receivable",
            AccountKind::Intershard => "intershard",
            AccountKind::Evidence => "evidence",
            AccountKind::EvidenceSource => "evidence_source",
        }
    }

    /// The kind stored under this name.
    pub fn parse(name: &str) -> Option<AccountKind> {
        AccountKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The side that may never be smaller than the other one.
    pub fn floor(self) -> Floor {
        match self {
            AccountKind::Merchant
            | AccountKind::Suspense
            | AccountKind::PayoutClearing
            | AccountKind::Evidence => Floor::Credit,
            AccountKind::Receivable => Floor::Debit,
            AccountKind::Nostro
            | AccountKind::Exchange
            | AccountKind::Fees
            | AccountKind::Intershard
            | AccountKind::EvidenceSource => Floor::None,
        }
    }

    /// Whether it counts money: I1 holds for these and for the others apart, and no transfer joins the two.
    pub fn in_balance_sheet(self) -> bool {
        !matches!(self, AccountKind::Evidence | AccountKind::EvidenceSource)
    }

    /// Whose a row of this kind says that it is; none where the code would not have written it so.
    fn owner(self, text: &str) -> Option<Owner> {
        let owner = match self {
            AccountKind::Nostro | AccountKind::PayoutClearing => Owner::Bank(Arc::from(text)),
            AccountKind::Merchant | AccountKind::Receivable => Owner::Merchant(Uuid::try_parse(text).ok()?),
            AccountKind::Evidence => Owner::Store(Uuid::try_parse(text).ok()?),
            AccountKind::Suspense
            | AccountKind::Exchange
            | AccountKind::Fees
            | AccountKind::Intershard
            | AccountKind::EvidenceSource => Owner::Institution,
        };
        // Rows are looked for by this text: another spelling of the same owner would not be found.
        (owner.to_string() == text).then_some(owner)
    }

    /// Where in a batch accounts of this kind are locked.
    pub(crate) fn lock_class(self) -> LockClass {
        match self {
            AccountKind::Evidence | AccountKind::EvidenceSource => LockClass::Evidence,
            AccountKind::Receivable => LockClass::Receivable,
            _ => LockClass::Balance,
        }
    }
}

/// The order in which every batch locks its accounts, the last class last; in (shard, id) order inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LockClass {
    /// What decides whether a payment is covered.
    Evidence,
    /// Balances, and every other account of the balance sheet.
    Balance,
    /// Guarded by the merchant's balance, which its holder has locked: in any order among themselves.
    Receivable,
}

/// Which counter of an account may never be smaller than the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// Credits never below debits: what we owe somebody.
    Credit,
    /// Debits never below credits: what somebody owes us.
    Debit,
    /// Either sign.
    None,
}

impl Floor {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Floor::Credit => "credit",
            Floor::Debit => "debit",
            Floor::None => "none",
        }
    }
}

/// Whose an account is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The institution's own.
    Institution,
    /// At this bank.
    Bank(Arc<str>),
    /// This merchant's.
    Merchant(Uuid),
    /// This store's.
    Store(Uuid),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Institution => Ok(()),
            Owner::Bank(bank) => f.write_str(bank),
            Owner::Merchant(id) | Owner::Store(id) => write!(f, "{}", id.simple()),
        }
    }
}

/// The key of an account: shard and an id derived from everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey {
    /// The shard in which the row lies.
    pub shard: Shard,
    /// UUIDv8: SHA-256 over shard, kind, owner and currency, cut to 128 bits.
    pub id: Uuid,
}

/// One account of the book, as a value: what it is says where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    key: AccountKey,
    kind: AccountKind,
    owner: Owner,
    currency: Currency,
}

impl Account {
    /// Our account at `bank`.
    pub fn nostro(shard: Shard, bank: &Arc<str>, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Nostro, Owner::Bank(bank.clone()), currency)
    }

    /// The balance of `merchant`.
    pub fn merchant(shard: Shard, merchant: Uuid, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Merchant, Owner::Merchant(merchant), currency)
    }

    /// Money of unknown owner.
    pub fn suspense(shard: Shard, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Suspense, Owner::Institution, currency)
    }

    /// Money on its way out through `bank`.
    pub fn payout_clearing(shard: Shard, bank: &Arc<str>, currency: Currency) -> Account {
        Account::new(shard, AccountKind::PayoutClearing, Owner::Bank(bank.clone()), currency)
    }

    /// The exchange position.
    pub fn exchange(shard: Shard, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Exchange, Owner::Institution, currency)
    }

    /// Fees earned.
    pub fn fees(shard: Shard, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Fees, Owner::Institution, currency)
    }

    /// What `merchant` owes.
    pub fn receivable(shard: Shard, merchant: Uuid, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Receivable, Owner::Merchant(merchant), currency)
    }

    /// The shard's side of movements between shards.
    pub fn intershard(shard: Shard, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Intershard, Owner::Institution, currency)
    }

    /// What the orders of `store` still cover; `shard` is its merchant's.
    pub fn evidence(shard: Shard, store: Uuid, currency: Currency) -> Account {
        Account::new(shard, AccountKind::Evidence, Owner::Store(store), currency)
    }

    /// Where the shard's evidence comes from and goes to.
    pub fn evidence_source(shard: Shard, currency: Currency) -> Account {
        Account::new(shard, AccountKind::EvidenceSource, Owner::Institution, currency)
    }

    fn new(shard: Shard, kind: AccountKind, owner: Owner, currency: Currency) -> Account {
        let key = AccountKey { shard, id: derive_id(shard, kind, &owner, currency.code()) };
        Account { key, kind, owner, currency }
    }

    /// Where its row lies.
    pub fn key(&self) -> AccountKey {
        self.key
    }

    /// What it is for.
    pub fn kind(&self) -> AccountKind {
        self.kind
    }

    /// Whose it is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Its one currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.as_str())?;
        if self.owner != Owner::Institution {
            write!(f, ":{}", self.owner)?;
        }
        write!(f, " {} in shard {}", self.currency.code(), self.key.shard.number())
    }
}

/// The id that follows from what a row says; none where no account can be like that. It is the row's own, unless somebody
/// changed what the row says.
pub(crate) fn id_of_row(shard: i16, kind: AccountKind, owner: &str, currency: &str) -> Option<Uuid> {
    Some(derive_id(Shard::new(shard)?, kind, &kind.owner(owner)?, currency))
}

/// Stable for ever: rows already written depend on it.
fn derive_id(shard: Shard, kind: AccountKind, owner: &Owner, currency: &str) -> Uuid {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"sluice account 1\0");
    context.update(&shard.number().to_be_bytes());
    context.update(kind.as_str().as_bytes());
    context.update(b"\0");
    match owner {
        Owner::Institution => context.update(b"-"),
        Owner::Bank(bank) => {
            context.update(b"b");
            context.update(bank.as_bytes());
        }
        Owner::Merchant(merchant) => {
            context.update(b"m");
            context.update(merchant.as_bytes());
        }
        Owner::Store(store) => {
            context.update(b"s");
            context.update(store.as_bytes());
        }
    }
    context.update(b"\0");
    context.update(currency.as_bytes());
    let hash = context.finish();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
