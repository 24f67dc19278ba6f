//! R4: an entry that was booked whole, since its transactions didn't sum up to it, and comes again with transactions that do: the
//! same money under other references, which no key tells. A person decides which of the two stays.

use std::collections::HashSet;

use pg::Tx;

use crate::claim::Claimed;
use crate::error::Error;
use crate::payment::index_of;
use crate::receipt::{EntryName, Receipt};
use crate::references::References;

/// An entry in an account: bank, reference, the account's index.
type Place = (String, String, [u8; 32]);

/// Marks those new transactions whose entry was booked whole, before or in this slice. One round trip where there is one that
/// names its entry, else none. It waits for nobody: an entry that is only being committed isn't seen.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub(crate) async fn contradict(
    tx: &Tx<'_>,
    receipts: &[&Receipt],
    claimed: &mut [Claimed],
) -> Result<(), Error> {
    let asked = |(receipt, claimed): &(&&Receipt, &Claimed)| {
        // What is reviewed anyway keeps its own reason.
        let new = matches!(claimed, Claimed::New { conflict: false });
        new && receipt.entry.is_some() && !receipt.sum_mismatch
    };
    let named: Vec<&Receipt> =
        receipts.iter().zip(claimed.iter()).filter(asked).map(|(receipt, _)| *receipt).collect();
    if named.is_empty() {
        return Ok(());
    }
    let mut whole = read(tx, &named).await?;
    whole.extend(
        receipts.iter().filter(|receipt| receipt.sum_mismatch).map(|whole| place(whole, &whole.reference)),
    );
    for (receipt, claimed) in receipts.iter().zip(claimed) {
        let booked = |entry: &EntryName| whole.contains(&place(receipt, &entry.reference));
        if asked(&(receipt, claimed)) && receipt.entry.as_ref().is_some_and(booked) {
            *claimed = Claimed::New { conflict: true };
        }
    }
    Ok(())
}

fn place(receipt: &Receipt, reference: &str) -> Place {
    (receipt.bank.to_string(), reference.to_owned(), receipt.account_index)
}

/// The entries of these that were booked whole before, in whatever account.
async fn read(tx: &Tx<'_>, named: &[&Receipt]) -> Result<HashSet<Place>, Error> {
    let entries = References::of_entries(named);
    let References { shards, banks, references } = &entries;
    let keys = entries.keys();
    let rows = tx.query(include_str!("sql/booked_whole.sql"), &[shards, &keys, banks, references]).await?;
    rows.iter()
        .map(|row| Ok((row.get("bank"), row.get("reference"), index_of(row.get("account_index"))?)))
        .collect()
}
