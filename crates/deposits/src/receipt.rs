//! One incoming transfer, as a bank reported it and before anything is decided.

use std::sync::Arc;

use money::Money;
use privacy::Sensitive;
use time::Date;
use uuid::Uuid;

/// What kinds of ids this crate gives out.
pub mod kind {
    /// One incoming payment.
    #[derive(Debug)]
    pub enum Payment {}

    impl pg::Kind for Payment {
        const PREFIX: &'static str = "pay";
    }
}

/// A payment's id; it lies in the shard of hash(bank, reference), for ever, whoever owns the account.
pub type PaymentId = pg::Id<kind::Payment>;

/// The shard in which the payments of this bank and reference lie.
pub fn shard_of(shards: pg::Shards, bank: &str, reference: &str) -> pg::Shard {
    reference_key(bank, reference).shard(shards)
}

/// What the payments of this bank and reference have in common.
pub(crate) fn reference_key(bank: &str, reference: &str) -> pg::KeyHash {
    pg::KeyHash::of(&[bank.as_bytes(), reference.as_bytes()])
}

/// An entry of a document, by the bank's reference of it: what payments it is booked as lie where payments of that reference do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryName {
    pub(crate) shard: pg::Shard,
    pub(crate) reference: String,
    /// What the whole of it is, where a payment under its reference that is as much must be it.
    pub(crate) whole: Option<Money>,
}

impl EntryName {
    /// The entry that this bank calls so.
    pub fn new(shards: pg::Shards, bank: &str, reference: String, whole: Option<Money>) -> EntryName {
        EntryName { shard: shard_of(shards, bank, &reference), reference, whole }
    }
}

/// A verified report of money that arrived.
#[derive(Debug)]
pub struct Receipt {
    /// The id that the payment gets if it is new; made for the shard of [`shard_of`].
    pub id: PaymentId,
    /// The bank that reported it, as configured.
    pub bank: Arc<str>,
    /// The blind index of the account number that it was paid into.
    pub account_index: [u8; 32],
    /// The bank's reference.
    pub reference: String,
    /// Its place among equal references within one document; 0 where there is only one.
    pub position: i32,
    /// What arrived, more than zero.
    pub amount: Money,
    /// It is an entry whose details don't sum up to it, or a credit inside a debit entry (R6).
    pub sum_mismatch: bool,
    /// The entry that it is a transaction of, where that has a reference and is not known by the receipt's own key. If it was
    /// booked whole before, this is the same money once more (R4).
    pub entry: Option<EntryName>,
    /// Who sent it, if the bank says so: compared with the platforms' names.
    pub remitter_name: Option<Sensitive<String>>,
    /// [`PaymentDetails`](crate::PaymentDetails), sealed for this id.
    pub details_sealed: Arc<[u8]>,
    /// The unique end-to-end transaction reference, if it has one.
    pub uetr: Option<Uuid>,
    /// The day on which the bank counts it.
    pub value_date: Option<Date>,
    /// The bank event that reported it.
    pub event: Uuid,
}
