//! Which payment a reversal means.

use std::collections::HashMap;

use pg::Tx;
use uuid::Uuid;

use super::{Reversal, ReversalId};
use crate::error::Error;
use crate::payment::index_of;
use crate::receipt::{PaymentId, Receipt, reference_key};

/// What a reversal's reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// No payment that was reported so far.
    Unseen,
    /// This one.
    One(PaymentId),
    /// One of several, and it doesn't say which.
    Several,
}

/// A payment under the reference that a reversal names.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    payment: PaymentId,
    account_index: [u8; 32],
    position: i32,
}

/// Looks for the payments of a slice of reversals: by their keys those that were kept before, and among `new` those that this
/// batch has claimed and will keep. Locks nothing.
///
/// # Errors
/// The database's; `Unexpected` for a key that can't be understood.
pub async fn originals(
    tx: &Tx<'_>,
    reversals: &[&Reversal],
    new: &[&Receipt],
) -> Result<HashMap<ReversalId, Original>, Error> {
    if reversals.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = reversals.iter().map(|reversal| reversal.id.uuid()).collect();
    let shards: Vec<i16> = reversals.iter().map(|reversal| reversal.id.shard().number()).collect();
    let banks: Vec<&str> = reversals.iter().map(|reversal| &*reversal.bank).collect();
    let references: Vec<&str> =
        reversals.iter().map(|reversal| reversal.original_reference.as_str()).collect();
    let reference_keys: Vec<i64> = banks
        .iter()
        .zip(&references)
        .map(|(bank, reference)| reference_key(bank, reference).bits())
        .collect();
    let rows = tx
        .query(include_str!("../sql/originals.sql"), &[&ids, &shards, &reference_keys, &banks, &references])
        .await?;
    let mut found = among(reversals, new);
    for row in &rows {
        let (payment, account_index): (Uuid, &[u8]) = (row.get("payment"), row.get("account_index"));
        found.entry(row.get("reversal")).or_default().push(Candidate {
            payment: PaymentId::from_uuid(payment),
            account_index: index_of(account_index)?,
            position: row.get("position"),
        });
    }
    let original = |reversal: &&Reversal| {
        let candidates = found.get(&reversal.id.uuid()).map(Vec::as_slice).unwrap_or_default();
        (reversal.id, narrow(reversal, candidates))
    };
    Ok(reversals.iter().map(original).collect())
}

/// Each reversal's candidates among receipts that are payments now.
fn among(reversals: &[&Reversal], new: &[&Receipt]) -> HashMap<Uuid, Vec<Candidate>> {
    let mut by_reference: HashMap<(&str, &str), Vec<Candidate>> = HashMap::with_capacity(new.len());
    for receipt in new {
        by_reference.entry((&receipt.bank, &receipt.reference)).or_default().push(Candidate {
            payment: receipt.id,
            account_index: receipt.account_index,
            position: receipt.position,
        });
    }
    let of = |reversal: &&Reversal| {
        let candidates = by_reference.get(&(&*reversal.bank, reversal.original_reference.as_str()))?;
        Some((reversal.id.uuid(), candidates.clone()))
    };
    reversals.iter().filter_map(of).collect()
}

/// By the account where the bank names it; among several left, by the place in the document.
fn narrow(reversal: &Reversal, candidates: &[Candidate]) -> Original {
    let in_account =
        |candidate: &&Candidate| reversal.account_index.is_none_or(|index| index == candidate.account_index);
    let left: Vec<&Candidate> = candidates.iter().filter(in_account).collect();
    let mut at_place = left.iter().filter(|candidate| candidate.position == reversal.position);
    match (left.as_slice(), at_place.next(), at_place.next()) {
        ([], ..) => Original::Unseen,
        ([only], ..) => Original::One(only.payment),
        (_, Some(only), None) => Original::One(only.payment),
        _ => Original::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn r8_the_payment_is_found_by_its_account_and_then_by_its_place() {
        let payments = [0; 3].map(|_| PaymentId::new(samples::shard(3)));
        let candidate = |at: usize, account: u8, position| Candidate {
            payment: payments[at],
            account_index: [account; 32],
            position,
        };
        let one = |at: usize| Original::One(payments[at]);
        // the candidates, the account that the bank names, the reversal's place, what it means
        let table = [
            ("none", vec![], None, 0, Original::Unseen),
            ("one, at another place", vec![candidate(0, 7, 4)], None, 0, one(0)),
            ("one, in the account", vec![candidate(0, 7, 0)], Some(7), 1, one(0)),
            ("one, in another account", vec![candidate(0, 8, 0)], Some(7), 0, Original::Unseen),
            ("two accounts, one named", vec![candidate(0, 7, 0), candidate(1, 8, 0)], Some(8), 0, one(1)),
            ("two accounts", vec![candidate(0, 7, 0), candidate(1, 8, 0)], None, 0, Original::Several),
            ("two places", vec![candidate(0, 7, 0), candidate(1, 7, 1)], None, 1, one(1)),
            ("neither place", vec![candidate(0, 7, 0), candidate(1, 7, 1)], None, 2, Original::Several),
            (
                "two contradicting reports at one place",
                vec![candidate(0, 7, 0), candidate(1, 7, 0), candidate(2, 7, 1)],
                Some(7),
                0,
                Original::Several,
            ),
        ];
        for (case, candidates, account, position, expected) in table {
            let mut report = samples::reversal_report(100);
            (report.account_index, report.position) = (account.map(|account: u8| [account; 32]), position);
            let reversal = Reversal::new(&report, false, samples::NOW);
            assert_eq!(narrow(&reversal, &candidates), expected, "{case}");
        }
    }
}
