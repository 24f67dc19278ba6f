//! Which payment a reversal means.

use std::collections::HashMap;

use money::Money;
use pg::Tx;
use uuid::Uuid;

use super::{Reversal, ReversalId};
use crate::claim::amount_of;
use crate::error::Error;
use crate::payment::index_of;
use crate::receipt::{PaymentId, Receipt, reference_key};
use crate::state::PaymentState;

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
    /// What its bank has not taken back of it.
    left: Money,
    /// None for one that this batch decides about.
    status: Option<PaymentState>,
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
            left: amount_of(row)?,
            status: Some(PaymentState::from_column(row.get("status"))?),
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
            left: receipt.amount,
            status: None,
        });
    }
    let of = |reversal: &&Reversal| {
        let candidates = by_reference.get(&(&*reversal.bank, reversal.original_reference.as_str()))?;
        Some((reversal.id.uuid(), candidates.clone()))
    };
    reversals.iter().filter_map(of).collect()
}

/// By the account where the bank names it; among several of one account, by the amount: the one of which just as much is left, or
/// the only one of which as much is left. The place in the document counts the returns there. It decides between those that differ in
/// nothing else; of a part of one only where it is not the first, which an event that has no places says, too. Between accounts
/// nothing decides but the bank: they may be two merchants'.
fn narrow(reversal: &Reversal, candidates: &[Candidate]) -> Original {
    let in_account =
        |candidate: &&Candidate| reversal.account_index.is_none_or(|index| index == candidate.account_index);
    let same: Vec<&Candidate> = candidates.iter().filter(in_account).collect();
    match same.as_slice() {
        [] => return Original::Unseen,
        [only] => return Original::One(only.payment),
        [first, others @ ..] if others.iter().any(|other| other.account_index != first.account_index) => {
            return Original::Several;
        }
        _ => {}
    }
    let (taken, place) = (reversal.amount, reversal.position);
    let has =
        |candidate: &Candidate| (candidate.left.currency() == taken.currency()).then_some(candidate.left);
    let enough =
        same.iter().filter(|candidate| has(candidate).is_some_and(|left| left.minor() >= taken.minor()));
    let whole = enough.clone().filter(|candidate| candidate.left == taken);
    let first = whole.clone().next().map(|candidate| candidate.status);
    let alike = whole.clone().all(|candidate| Some(candidate.status) == first);
    let whole_there = whole.clone().filter(|candidate| alike && candidate.position == place);
    let part_there = enough.clone().filter(|candidate| place > 0 && candidate.position == place);
    let meant = only(whole).or_else(|| only(whole_there)).or_else(|| only(enough));
    let meant = meant.or_else(|| only(part_there).filter(|_| first.is_none()));
    meant.map_or(Original::Several, |candidate| Original::One(candidate.payment))
}

/// The only one, where there is one and no other.
fn only<'a, 'c: 'a>(mut candidates: impl Iterator<Item = &'a &'c Candidate>) -> Option<&'c Candidate> {
    let first = candidates.next()?;
    candidates.next().is_none().then_some(*first)
}

#[cfg(test)]
mod tests {
    use money::Currency;

    use super::*;
    use crate::samples;

    const CREDITED: Option<PaymentState> = Some(PaymentState::Credited);

    #[test]
    fn r8_the_payment_is_found_by_its_account_its_amount_and_then_by_its_place() {
        let payments = [0; 3].map(|_| PaymentId::new(samples::shard(3)));
        let of = |at: usize, account: u8, position, minor, status| Candidate {
            payment: payments[at],
            account_index: [account; 32],
            position,
            left: samples::usd(minor),
            status,
        };
        let candidate = |at, account, position| of(at, account, position, 100, CREDITED);
        let (one, review) = (|at: usize| Original::One(payments[at]), Some(PaymentState::InReview));
        let euros = Candidate { left: Money::new(100, Currency::EUR).unwrap(), ..candidate(0, 7, 0) };
        // the candidates, the account that the bank names, the reversal's place, what 1.00 USD taken back means
        let table = [
            ("none", vec![], None, 0, Original::Unseen),
            ("one, at another place", vec![candidate(0, 7, 4)], None, 0, one(0)),
            ("one, of which less is left", vec![of(0, 7, 0, 99, CREDITED)], None, 0, one(0)),
            ("one, in the account", vec![candidate(0, 7, 0)], Some(7), 1, one(0)),
            ("one, in another account", vec![candidate(0, 8, 0)], Some(7), 0, Original::Unseen),
            ("two accounts, one named", vec![candidate(0, 7, 0), candidate(1, 8, 0)], Some(8), 0, one(1)),
            ("two accounts", vec![candidate(0, 7, 0), candidate(1, 8, 0)], None, 0, Original::Several),
            ("two places", vec![candidate(0, 7, 0), candidate(1, 7, 1)], None, 1, one(1)),
            (
                "another amount in another account",
                vec![of(0, 7, 0, 200, CREDITED), candidate(1, 8, 0)],
                None,
                0,
                Original::Several,
            ),
            (
                "one that went back to its remitter",
                vec![candidate(0, 7, 0), of(1, 7, 1, 100, Some(PaymentState::Returned))],
                None,
                0,
                Original::Several,
            ),
            (
                "a part, at a place",
                vec![of(0, 7, 0, 200, CREDITED), of(1, 7, 1, 300, CREDITED)],
                None,
                1,
                one(1),
            ),
            ("neither place", vec![candidate(0, 7, 0), candidate(1, 7, 1)], None, 2, Original::Several),
            ("one of two amounts", vec![of(0, 7, 0, 200, CREDITED), candidate(1, 7, 1)], None, 0, one(1)),
            (
                "the only one with as much",
                vec![of(0, 7, 0, 99, CREDITED), of(1, 7, 1, 200, CREDITED)],
                None,
                0,
                one(1),
            ),
            (
                "two with more",
                vec![of(0, 7, 0, 101, CREDITED), of(1, 7, 1, 200, CREDITED)],
                None,
                0,
                Original::Several,
            ),
            (
                "none with as much",
                vec![of(0, 7, 0, 99, CREDITED), of(1, 7, 1, 98, CREDITED)],
                None,
                0,
                Original::Several,
            ),
            (
                "one credited, one in review",
                vec![candidate(0, 7, 0), of(1, 7, 1, 100, review)],
                None,
                0,
                Original::Several,
            ),
            ("one in another currency", vec![euros, candidate(1, 7, 1)], None, 0, one(1)),
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
