//! R4: an entry that was booked whole, since it told no transactions, or some that didn't sum up to it, and comes again with
//! transactions that do: the same money under other references, which no key tells. A person decides which of the two stays.

use std::collections::{HashMap, HashSet};

use money::Money;
use pg::Tx;

use crate::claim::{Claimed, amount_of};
use crate::error::Error;
use crate::payment::index_of;
use crate::receipt::Receipt;
use crate::references::References;

/// An entry in an account: bank, reference, the account's index.
type Place = (String, String, [u8; 32]);

/// What lies under an entry's reference.
#[derive(Default)]
struct Booked {
    /// The whole entry, whose transactions didn't sum up to it.
    whole: bool,
    /// Payments that are the whole of it if it is as much.
    amounts: HashSet<Money>,
}

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
    let mut booked = read(tx, &named).await?;
    for whole in receipts.iter().filter(|receipt| receipt.sum_mismatch) {
        booked.entry(place(whole, &whole.reference)).or_default().whole = true;
    }
    for (receipt, claimed) in receipts.iter().zip(claimed) {
        if asked(&(receipt, claimed)) && was_booked(receipt, &booked) {
            *claimed = Claimed::New { conflict: true };
        }
    }
    Ok(())
}

fn was_booked(receipt: &Receipt, booked: &HashMap<Place, Booked>) -> bool {
    let Some(entry) = &receipt.entry else { return false };
    booked.get(&place(receipt, &entry.reference)).is_some_and(|booked| {
        booked.whole || entry.whole.is_some_and(|whole| booked.amounts.contains(&whole))
    })
}

fn place(receipt: &Receipt, reference: &str) -> Place {
    (receipt.bank.to_string(), reference.to_owned(), receipt.account_index)
}

/// What was booked before under the references of these entries, in whatever account.
async fn read(tx: &Tx<'_>, named: &[&Receipt]) -> Result<HashMap<Place, Booked>, Error> {
    let entries = References::of_entries(named);
    let References { shards, banks, references } = &entries;
    let keys = entries.keys();
    let rows = tx.query(include_str!("sql/booked_whole.sql"), &[shards, &keys, banks, references]).await?;
    let mut found: HashMap<Place, Booked> = HashMap::new();
    for row in &rows {
        let place = (row.get("bank"), row.get("reference"), index_of(row.get("account_index"))?);
        let booked = found.entry(place).or_default();
        booked.whole |= row.get::<_, bool>("sum_mismatch");
        booked.amounts.insert(amount_of(row)?);
    }
    Ok(found)
}
