//! R4: the key of a payment is claimed before anything else is done with it.
//!
//! Keys are inserted, never looked up first: the insert waits for whoever is still committing the same key, and
//! what it then doesn't insert was there before; or, where all were thought to be new, voids the transaction. Equals
//! inside the slice are settled in memory, first come first.

use std::collections::{HashMap, HashSet};

use money::{Currency, Money};
use pg::types::Type;
use pg::{KeyHash, NewRows, Tx};
use uuid::Uuid;

use crate::error::Error;
use crate::receipt::{PaymentId, Receipt, reference_key};
use crate::whole_entries;

/// What became of one receipt's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Never seen: this receipt is a payment.
    New {
        /// The same key came before with another amount or currency, or the entry that this is a transaction of was booked
        /// whole.
        conflict: bool,
    },
    /// The same payment was reported before.
    Duplicate {
        /// The payment that it became then.
        payment: PaymentId,
    },
}

/// Where a key lies: its shard, what it has in common with its reference's others, and itself.
type Place = (i16, i64, Uuid);

/// Of what R4 calls the key. `variant` is empty for the first report; the contradicting currency and amount otherwise.
fn place_of(receipt: &Receipt, variant: &str) -> Place {
    let key = KeyHash::of(&[
        receipt.bank.as_bytes(),
        receipt.reference.as_bytes(),
        &receipt.account_index,
        &receipt.position.to_be_bytes(),
        variant.as_bytes(),
    ]);
    let common = reference_key(&receipt.bank, &receipt.reference);
    (receipt.id.shard().number(), common.bits(), key.uuid())
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
#[derive(Debug, Clone, Copy)]
struct Candidate {
    place: Place,
    payment: Uuid,
    amount: Money,
}

/// Claims the keys of a slice, in its order; the answers lie in the same order. Two round trips when all is
/// new, four at most. Transactions whose entry goes by another key need one more: that it was not booked whole before.
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
    let mut claimed = claimed
        .into_iter()
        .map(|one| one.ok_or_else(|| Error::Unexpected("a variant's amount is not its key's".into())))
        .collect::<Result<Vec<Claimed>, Error>>()?;
    whole_entries::contradict(tx, receipts, &mut claimed).await?;
    Ok(claimed)
}

/// One insertion: the distinct keys that a slice wants, and which of them each receipt wants.
#[derive(Debug)]
struct Round {
    candidates: Vec<Candidate>,
    wanted: Vec<usize>,
}

impl Round {
    /// The first report of a key has no variant.
    fn first(receipts: &[&Receipt]) -> Round {
        Round::new(receipts, |_| String::new())
    }

    /// One that contradicts it has its own currency and amount.
    fn variants(receipts: &[&Receipt]) -> Round {
        Round::new(receipts, |amount| format!("{} {}", amount.currency().code(), amount.minor()))
    }

    fn new(receipts: &[&Receipt], variant_of: impl Fn(Money) -> String) -> Round {
        let mut places: HashMap<Place, usize> = HashMap::with_capacity(receipts.len());
        let mut candidates = Vec::with_capacity(receipts.len());
        let mut wanted = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            let place = place_of(receipt, &variant_of(receipt.amount));
            let at = *places.entry(place).or_insert_with(|| {
                candidates.push(Candidate { place, payment: receipt.id.uuid(), amount: receipt.amount });
                candidates.len() - 1
            });
            wanted.push(at);
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

/// Those that `insert_keys.sql` names.
const KEY_COLUMNS: &[Type] = &[Type::INT2, Type::INT8, Type::UUID, Type::UUID, Type::INT8, Type::TEXT];

/// Inserts the candidates and tells, in their order, who holds each key now.
async fn insert(tx: &Tx<'_>, candidates: &[Candidate]) -> Result<Vec<Holder>, Error> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_unstable_by_key(|candidate| candidate.place);
    let mut rows = NewRows::new(KEY_COLUMNS);
    for Candidate { place: (shard, reference_key, key), payment, amount } in sorted {
        rows.row(&[shard, reference_key, key, payment, &amount.minor(), &amount.currency().code()])?;
    }
    let claimed =
        tx.claim(include_str!("sql/insert_keys.sql"), include_str!("sql/copy_keys.sql"), rows).await?;
    let won: HashSet<Uuid> = match claimed {
        Some(won) => won.iter().map(|row| row.get("payment")).collect(),
        None => candidates.iter().map(|candidate| candidate.payment).collect(),
    };
    let lost: Vec<&Candidate> = candidates.iter().filter(|c| !won.contains(&c.payment)).collect();
    let held = read(tx, &lost).await?;
    candidates
        .iter()
        .map(|candidate| {
            if won.contains(&candidate.payment) {
                return Ok(Holder { won: true, payment: candidate.payment, amount: candidate.amount });
            }
            held.get(&candidate.place)
                .copied()
                .ok_or_else(|| Error::Unexpected("a payment's key is taken but can't be read".into()))
        })
        .collect()
}

/// Who holds the keys that others claimed before.
async fn read(tx: &Tx<'_>, lost: &[&Candidate]) -> Result<HashMap<Place, Holder>, Error> {
    if lost.is_empty() {
        return Ok(HashMap::new());
    }
    let (shards, reference_keys, keys) = columns(lost.iter().copied());
    let rows = tx.query(include_str!("sql/read_keys.sql"), &[&shards, &reference_keys, &keys]).await?;
    let holder = |row: &pg::Row| {
        let place = (row.get("shard"), row.get("reference_key"), row.get("key"));
        Ok((place, Holder { won: false, payment: row.get("payment"), amount: amount_of(row)? }))
    };
    rows.iter().map(holder).collect()
}

/// The columns `amount_minor` and `currency` as an amount.
pub(crate) fn amount_of(row: &pg::Row) -> Result<Money, Error> {
    Money::new(row.get("amount_minor"), currency_of(row)?)
        .map_err(|_| Error::Unexpected("a payment's amount is negative".into()))
}

/// The column `currency`.
pub(crate) fn currency_of(row: &pg::Row) -> Result<Currency, Error> {
    let code: &str = row.get("currency");
    Currency::from_db(code).map_err(|_| Error::Unexpected(format!("a payment's currency is {code:?}")))
}

/// The places of keys, as arrays to unnest.
fn columns<'c>(candidates: impl Iterator<Item = &'c Candidate>) -> (Vec<i16>, Vec<i64>, Vec<Uuid>) {
    let (mut shards, mut reference_keys, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for Candidate { place: (shard, reference_key, key), .. } in candidates {
        shards.push(*shard);
        reference_keys.push(*reference_key);
        keys.push(*key);
    }
    (shards, reference_keys, keys)
}
