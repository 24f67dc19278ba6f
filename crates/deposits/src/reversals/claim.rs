//! The key of a reversal is claimed before anything else is done with it, as a payment's is (R4): inserted, never
//! looked up first; equals inside the slice are settled in memory, first come first.

use std::collections::{BTreeMap, HashMap, HashSet};

use money::Money;
use pg::{KeyHash, Tx};
use uuid::Uuid;

use super::{ReversalId, ReversalReport};
use crate::claim::amount_of;
use crate::error::Error;
use crate::payment::index_of;

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
    /// Empty for the first report; else in what one differs from it.
    variant: String,
}

impl<'a> Key<'a> {
    fn of(report: &'a ReversalReport, apart: Apart) -> Key<'a> {
        Key {
            shard: report.id.shard().number(),
            bank: &report.bank,
            original_reference: &report.original_reference,
            reference: &report.reference,
            position: report.position,
            variant: apart.variant(report),
        }
    }
}

/// In what a report differs from those that hold the keys which it wanted before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Apart {
    /// References are unique within an account only: in another one it is another reversal.
    account: bool,
    /// Another amount or currency contradicts what was reported.
    amount: bool,
}

impl Apart {
    /// The account, `USD 1234`, or both; empty for who differs from nobody.
    fn variant(self, report: &ReversalReport) -> String {
        let account = report.account_index.filter(|_| self.account);
        let amount = Some(report.amount).filter(|_| self.amount);
        let words = [
            account.map(|index| format!("account {}", KeyHash::of(&[&index]).uuid())),
            amount.map(|amount| format!("{} {}", amount.currency().code(), amount.minor())),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Who holds a key.
#[derive(Debug, Clone, Copy)]
struct Holder {
    /// Inserted just now.
    won: bool,
    reversal: Uuid,
    account_index: Option<[u8; 32]>,
    amount: Money,
}

impl Holder {
    /// Of the key that it has just inserted.
    fn new(report: &ReversalReport) -> Holder {
        let ReversalReport { account_index, amount, .. } = *report;
        Holder { won: true, reversal: report.id.uuid(), account_index, amount }
    }

    /// What it means for a report that wants its key; where it is another one, in what they differ. Who names no account
    /// may mean any.
    fn settle(&self, report: &ReversalReport, apart: Apart) -> Result<ReversalClaim, Apart> {
        let both = self.account_index.zip(report.account_index);
        if self.won && self.reversal == report.id.uuid() {
            Ok(ReversalClaim::New { conflict: apart.amount })
        } else if both.is_some_and(|(its, wanted)| its != wanted) {
            Err(Apart { account: true, ..apart })
        } else if self.amount != report.amount {
            Err(Apart { amount: true, ..apart })
        } else {
            Ok(ReversalClaim::Duplicate(ReversalId::from_uuid(self.reversal)))
        }
    }
}

/// A report, and how far it is from those before it.
type Wanted<'a> = (&'a ReversalReport, Apart);

/// Claims the keys of a slice, in its order; the answers lie in the same order. Behind the payments' keys, or beside them, in
/// every batch. One round trip when all is new, six at most: what a variant names, its holder has.
///
/// # Errors
/// The database's; `Unexpected` when a key that was refused can't be read.
pub async fn claim_reversals(tx: &Tx<'_>, reports: &[&ReversalReport]) -> Result<Vec<ReversalClaim>, Error> {
    let mut claims: Vec<Option<ReversalClaim>> = vec![None; reports.len()];
    let mut open: Vec<(usize, Apart)> = (0..reports.len()).map(|at| (at, Apart::default())).collect();
    while !open.is_empty() {
        let wanted: Vec<Wanted<'_>> = open.iter().map(|(at, apart)| (reports[*at], *apart)).collect();
        let held = holders(tx, &wanted).await?;
        let mut left = Vec::new();
        for ((at, apart), holder) in open.into_iter().zip(held) {
            match holder.settle(reports[at], apart) {
                Ok(claim) => claims[at] = Some(claim),
                Err(further) if further != apart => left.push((at, further)),
                Err(_) => return Err(Error::Unexpected("a variant is not what its key says".into())),
            }
        }
        open = left;
    }
    let unsettled = || Error::Unexpected("a reversal's key was not settled".into());
    claims.into_iter().map(|claim| claim.ok_or_else(unsettled)).collect()
}

/// Inserts the distinct keys that the reports want and tells, in the reports' order, who holds each now.
async fn holders(tx: &Tx<'_>, wanted: &[Wanted<'_>]) -> Result<Vec<Holder>, Error> {
    let keys: Vec<Key<'_>> = wanted.iter().map(|(report, apart)| Key::of(report, *apart)).collect();
    let mut candidates: BTreeMap<&Key<'_>, &ReversalReport> = BTreeMap::new();
    for (key, (report, _)) in keys.iter().zip(wanted) {
        candidates.entry(key).or_insert(report);
    }
    let won = insert(tx, &candidates).await?;
    let mut held: HashMap<&Key<'_>, Holder> = HashMap::with_capacity(candidates.len());
    candidates.retain(|key, report| {
        let won = won.contains(&report.id.uuid());
        if won {
            held.insert(key, Holder::new(report));
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
        let index: Option<&[u8]> = row.get("account_index");
        let account_index = index.map(index_of).transpose()?;
        let (reversal, amount) = (row.get("reversal"), amount_of(row)?);
        let holder = Holder { won: false, reversal, account_index, amount };
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
