//! The key of a reversal is claimed before anything else is done with it, as a payment's is (R4): inserted, never
//! looked up first; equals inside the slice are settled in memory, first come first.

use std::collections::{BTreeMap, HashMap, HashSet};

use money::Money;
use pg::Tx;
use uuid::Uuid;

use super::{ReversalId, ReversalReport};
use crate::claim::amount_of;
use crate::error::Error;

/// What became of one report's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReversalClaim {
    /// Never seen: this report is a reversal.
    New {
        /// The same key came before with another amount or currency.
        conflict: bool,
    },
    /// The same reversal was reported before.
    Duplicate(ReversalId),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key<'a> {
    shard: i16,
    bank: &'a str,
    original_reference: &'a str,
    reference: &'a str,
    position: i32,
    /// Empty for the first report; the contradicting currency and amount otherwise.
    variant: String,
}

impl<'a> Key<'a> {
    fn of(report: &'a ReversalReport, variant: String) -> Key<'a> {
        Key {
            shard: report.id.shard().number(),
            bank: &report.bank,
            original_reference: &report.original_reference,
            reference: &report.reference,
            position: report.position,
            variant,
        }
    }
}

/// Who holds a key.
#[derive(Debug, Clone, Copy)]
struct Holder {
    /// Inserted just now.
    won: bool,
    reversal: Uuid,
    amount: Money,
}

impl Holder {
    /// What it means for a report that wants its key; `None` where the holder contradicts it.
    fn settle(&self, report: &ReversalReport, conflict: bool) -> Option<ReversalClaim> {
        if self.won && self.reversal == report.id.uuid() {
            Some(ReversalClaim::New { conflict })
        } else if self.amount == report.amount {
            Some(ReversalClaim::Duplicate(ReversalId::from_uuid(self.reversal)))
        } else {
            None
        }
    }
}

/// Claims the keys of a slice, in its order; the answers lie in the same order. Behind the payments' keys, or beside them, in
/// every batch. One round trip when all is new, four at most.
///
/// # Errors
/// The database's; `Unexpected` when a key that was refused can't be read.
pub async fn claim_reversals(tx: &Tx<'_>, reports: &[&ReversalReport]) -> Result<Vec<ReversalClaim>, Error> {
    let first = holders(tx, reports, |_| String::new()).await?;
    let mut claims: Vec<Option<ReversalClaim>> =
        reports.iter().zip(&first).map(|(report, holder)| holder.settle(report, false)).collect();
    let open: Vec<usize> = (0..reports.len()).filter(|at| claims[*at].is_none()).collect();
    let contradicting: Vec<&ReversalReport> = open.iter().map(|at| reports[*at]).collect();
    let second = holders(tx, &contradicting, variant).await?;
    for (at, holder) in open.into_iter().zip(second) {
        claims[at] = holder.settle(reports[at], true);
    }
    let unsettled = || Error::Unexpected("a variant's amount is not its key's".into());
    claims.into_iter().map(|claim| claim.ok_or_else(unsettled)).collect()
}

fn variant(amount: Money) -> String {
    format!("{} {}", amount.currency().code(), amount.minor())
}

/// Inserts the distinct keys that the reports want and tells, in the reports' order, who holds each now.
async fn holders(
    tx: &Tx<'_>,
    reports: &[&ReversalReport],
    variant_of: fn(Money) -> String,
) -> Result<Vec<Holder>, Error> {
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Key<'_>> =
        reports.iter().map(|report| Key::of(report, variant_of(report.amount))).collect();
    let mut candidates: BTreeMap<&Key<'_>, &ReversalReport> = BTreeMap::new();
    for (key, report) in keys.iter().zip(reports) {
        candidates.entry(key).or_insert(report);
    }
    let won = insert(tx, &candidates).await?;
    let mut held: HashMap<&Key<'_>, Holder> = HashMap::with_capacity(candidates.len());
    candidates.retain(|key, report| {
        let won = won.contains(&report.id.uuid());
        if won {
            held.insert(key, Holder { won, reversal: report.id.uuid(), amount: report.amount });
        }
        !won
    });
    read(tx, &candidates, &mut held).await?;
    let taken = || Error::Unexpected("a reversal's key is taken but can't be read".into());
    keys.iter().map(|key| held.get(key).copied().ok_or_else(taken)).collect()
}

/// The ids that won their keys.
async fn insert(
    tx: &Tx<'_>,
    candidates: &BTreeMap<&Key<'_>, &ReversalReport>,
) -> Result<HashSet<Uuid>, Error> {
    let keys = Columns::of(candidates.keys().copied());
    let ids: Vec<Uuid> = candidates.values().map(|report| report.id.uuid()).collect();
    let amounts: Vec<i64> = candidates.values().map(|report| report.amount.minor()).collect();
    let currencies: Vec<&str> = candidates.values().map(|report| report.amount.currency().code()).collect();
    let rows = tx
        .query(
            include_str!("../sql/insert_reversal_keys.sql"),
            &[
                &keys.shards,
                &keys.banks,
                &keys.originals,
                &keys.references,
                &keys.positions,
                &keys.variants,
                &ids,
                &amounts,
                &currencies,
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("reversal")).collect())
}

/// Who holds the keys that others claimed before.
async fn read<'k>(
    tx: &Tx<'_>,
    lost: &BTreeMap<&'k Key<'k>, &ReversalReport>,
    held: &mut HashMap<&'k Key<'k>, Holder>,
) -> Result<(), Error> {
    if lost.is_empty() {
        return Ok(());
    }
    let keys = Columns::of(lost.keys().copied());
    let rows = tx
        .query(
            include_str!("../sql/read_reversal_keys.sql"),
            &[&keys.shards, &keys.banks, &keys.originals, &keys.references, &keys.positions, &keys.variants],
        )
        .await?;
    let lost: Vec<&'k Key<'k>> = lost.keys().copied().collect();
    for row in &rows {
        let place: i64 = row.get("place");
        let key = usize::try_from(place - 1).ok().and_then(|place| lost.get(place));
        let holder = Holder { won: false, reversal: row.get("reversal"), amount: amount_of(row)? };
        held.extend(key.map(|key| (*key, holder)));
    }
    Ok(())
}

/// The key's columns, as arrays to unnest.
#[derive(Debug)]
struct Columns<'a> {
    shards: Vec<i16>,
    banks: Vec<&'a str>,
    originals: Vec<&'a str>,
    references: Vec<&'a str>,
    positions: Vec<i32>,
    variants: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(keys: impl Iterator<Item = &'a Key<'a>> + Clone) -> Columns<'a> {
        Columns {
            shards: keys.clone().map(|key| key.shard).collect(),
            banks: keys.clone().map(|key| key.bank).collect(),
            originals: keys.clone().map(|key| key.original_reference).collect(),
            references: keys.clone().map(|key| key.reference).collect(),
            positions: keys.clone().map(|key| key.position).collect(),
            variants: keys.map(|key| key.variant.as_str()).collect(),
        }
    }
}
