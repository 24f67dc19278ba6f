//! R4: the key of a payment is claimed before anything else is done with it.
//!
//! Keys are inserted, never looked up first: the insert waits for whoever is still committing the same key, and
//! what it then doesn't insert was there before. Equals inside the slice are settled in memory, first come first.

use std::collections::{HashMap, HashSet};

use money::{Currency, Money};
use pg::Tx;
use uuid::Uuid;

use crate::error::Error;
use crate::receipt::{PaymentId, Receipt};

/// What became of one receipt's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Never seen: this receipt is a payment.
    New {
        /// The same key came before with another amount or currency.
        conflict: bool,
    },
    /// The same payment was reported before.
    Duplicate {
        /// The payment that it became then.
        payment: PaymentId,
    },
}

/// What R4 calls the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key<'a> {
    shard: i16,
    bank: &'a str,
    account_index: &'a [u8],
    reference: &'a str,
    position: i32,
}

impl<'a> Key<'a> {
    fn of(receipt: &'a Receipt) -> Key<'a> {
        Key {
            shard: receipt.id.shard().number(),
            bank: &receipt.bank,
            account_index: &receipt.account_index,
            reference: &receipt.reference,
            position: receipt.position,
        }
    }
}

/// Who holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holder {
    /// Inserted just now. A batch that is run again after an unknown commit finds its own ids: not won again.
    won: bool,
    payment: Uuid,
    amount: Money,
}

/// A key about to be inserted: the first receipt of the slice that wants it.
#[derive(Debug, Clone)]
struct Candidate<'a> {
    key: Key<'a>,
    /// Empty for the first report; the contradicting currency and amount otherwise.
    variant: String,
    payment: Uuid,
    amount: Money,
}

/// Claims the keys of a slice, in its order; the answers lie in the same order. Two round trips when all is
/// new, four at most.
///
/// # Errors
/// The database's; `Unexpected` when a key that was refused can't be read.
pub async fn claim(tx: &Tx<'_>, receipts: &[&Receipt]) -> Result<Vec<Claimed>, Error> {
    let mut round = Round::first(receipts);
    let holders = insert(tx, &round.candidates).await?;
    let mut claimed: Vec<Option<Claimed>> = round.settle(receipts, &holders, false);
    let open: Vec<usize> = (0..receipts.len()).filter(|at| claimed[*at].is_none()).collect();
    if !open.is_empty() {
        let contradicting: Vec<&Receipt> = open.iter().map(|at| receipts[*at]).collect();
        round = Round::variants(&contradicting);
        let holders = insert(tx, &round.candidates).await?;
        for (at, settled) in open.into_iter().zip(round.settle(&contradicting, &holders, true)) {
            claimed[at] = settled;
        }
    }
    claimed
        .into_iter()
        .map(|one| one.ok_or_else(|| Error::Unexpected("a variant's amount is not its key's".into())))
        .collect()
}

/// One insertion: the distinct keys that a slice wants, and which of them each receipt wants.
#[derive(Debug)]
struct Round<'a> {
    candidates: Vec<Candidate<'a>>,
    wanted: Vec<usize>,
}

impl<'a> Round<'a> {
    fn first(receipts: &[&'a Receipt]) -> Round<'a> {
        Round::new(receipts, |_| String::new())
    }

    fn variants(receipts: &[&'a Receipt]) -> Round<'a> {
        Round::new(receipts, |amount| format!("{} {}", amount.currency().code(), amount.minor()))
    }

    fn new(receipts: &[&'a Receipt], variant_of: impl Fn(Money) -> String) -> Round<'a> {
        let mut places: HashMap<(Key<'a>, String), usize> = HashMap::with_capacity(receipts.len());
        let mut candidates = Vec::with_capacity(receipts.len());
        let mut wanted = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            let (key, variant) = (Key::of(receipt), variant_of(receipt.amount));
            let place = *places.entry((key, variant.clone())).or_insert_with(|| {
                candidates.push(Candidate {
                    key,
                    variant,
                    payment: receipt.id.uuid(),
                    amount: receipt.amount,
                });
                candidates.len() - 1
            });
            wanted.push(place);
        }
        Round { candidates, wanted }
    }

    /// Each receipt against the holder of the key it wants: its own, an equal one's, or `None` where the
    /// holder contradicts it.
    fn settle(&self, receipts: &[&Receipt], holders: &[Holder], conflict: bool) -> Vec<Option<Claimed>> {
        let settle_one = |(receipt, place): (&&Receipt, &usize)| {
            let holder = holders.get(*place)?;
            if holder.won && holder.payment == receipt.id.uuid() {
                Some(Claimed::New { conflict })
            } else if holder.amount == receipt.amount {
                Some(Claimed::Duplicate { payment: PaymentId::from_uuid(holder.payment) })
            } else {
                None
            }
        };
        receipts.iter().zip(&self.wanted).map(settle_one).collect()
    }
}

/// Inserts the candidates and tells, in their order, who holds each key now.
async fn insert(tx: &Tx<'_>, candidates: &[Candidate<'_>]) -> Result<Vec<Holder>, Error> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Columns::of(candidates.iter());
    let payments: Vec<Uuid> = candidates.iter().map(|c| c.payment).collect();
    let amounts: Vec<i64> = candidates.iter().map(|c| c.amount.minor()).collect();
    let currencies: Vec<String> = candidates.iter().map(|c| c.amount.currency().code().to_owned()).collect();
    let rows = tx
        .query(
            include_str!("sql/insert_keys.sql"),
            &[
                &columns.shards,
                &columns.banks,
                &columns.accounts,
                &columns.references,
                &columns.positions,
                &columns.variants,
                &payments,
                &amounts,
                &currencies,
            ],
        )
        .await?;
    let won: HashSet<Uuid> = rows.iter().map(|row| row.get("payment")).collect();
    let lost: Vec<&Candidate<'_>> = candidates.iter().filter(|c| !won.contains(&c.payment)).collect();
    let held = read(tx, &lost).await?;
    candidates
        .iter()
        .map(|candidate| {
            if won.contains(&candidate.payment) {
                return Ok(Holder { won: true, payment: candidate.payment, amount: candidate.amount });
            }
            held.get(&(candidate.key, candidate.variant.as_str()))
                .copied()
                .ok_or_else(|| Error::Unexpected("a payment's key is taken but can't be read".into()))
        })
        .collect()
}

/// Who holds the keys that others claimed before.
async fn read<'c>(
    tx: &Tx<'_>,
    lost: &[&'c Candidate<'c>],
) -> Result<HashMap<(Key<'c>, &'c str), Holder>, Error> {
    if lost.is_empty() {
        return Ok(HashMap::new());
    }
    let columns = Columns::of(lost.iter().copied());
    let rows = tx
        .query(
            include_str!("sql/read_keys.sql"),
            &[
                &columns.shards,
                &columns.banks,
                &columns.accounts,
                &columns.references,
                &columns.positions,
                &columns.variants,
            ],
        )
        .await?;
    let mut found: HashMap<(Key<'_>, &str), Holder> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let key = Key {
            shard: row.get("shard"),
            bank: row.get("bank"),
            account_index: row.get("account_index"),
            reference: row.get("reference"),
            position: row.get("position"),
        };
        let holder = Holder { won: false, payment: row.get("payment"), amount: amount_of(row)? };
        found.insert((key, row.get("variant")), holder);
    }
    let mut held = HashMap::with_capacity(lost.len());
    for candidate in lost {
        let wanted = (candidate.key, candidate.variant.as_str());
        if let Some(holder) = found.get(&wanted) {
            held.insert(wanted, *holder);
        }
    }
    Ok(held)
}

/// The columns `amount_minor` and `currency` as an amount.
pub(crate) fn amount_of(row: &pg::Row) -> Result<Money, Error> {
    let code: &str = row.get("currency");
    let currency = Currency::from_db(code)
        .map_err(|_| Error::Unexpected(format!("a payment's currency is {code:?}")))?;
    Money::new(row.get("amount_minor"), currency)
        .map_err(|_| Error::Unexpected("a payment's amount is negative".into()))
}

/// The key's columns, as arrays to unnest.
#[derive(Debug)]
struct Columns<'a> {
    shards: Vec<i16>,
    banks: Vec<&'a str>,
    accounts: Vec<&'a [u8]>,
    references: Vec<&'a str>,
    positions: Vec<i32>,
    variants: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(candidates: impl Iterator<Item = &'a Candidate<'a>> + Clone) -> Columns<'a> {
        Columns {
            shards: candidates.clone().map(|c| c.key.shard).collect(),
            banks: candidates.clone().map(|c| c.key.bank).collect(),
            accounts: candidates.clone().map(|c| c.key.account_index).collect(),
            references: candidates.clone().map(|c| c.key.reference).collect(),
            positions: candidates.clone().map(|c| c.key.position).collect(),
            variants: candidates.map(|c| c.variant.as_str()).collect(),
        }
    }
}
