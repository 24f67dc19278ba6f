//! What a batch reads of money that arrives before anything is locked: beside the claim of its keys, which needs none of it.

use std::sync::Arc;

use deposits::Receipt;
use merchants::Directory;
use pg::{Shards, Tx};
use reconciliation::Statement;
use time::OffsetDateTime;

use super::keys::{Standing, receipts_of};
use super::void::{Void, both};
use super::{Command, Content};

/// Read without a lock.
pub(super) struct Early {
    pub now: OffsetDateTime,
    /// Whether any reversal waits for one of the receipts.
    pub awaited: bool,
    /// Whose accounts the batch's events name.
    pub directory: Directory,
}

impl Early {
    pub(super) async fn read(
        tx: &Tx<'_>,
        shards: Shards,
        batch: &[&Command],
        standing: &[Standing],
    ) -> Result<Early, Void> {
        let named = batch.iter().zip(standing);
        let receipts: Vec<&Receipt> =
            named.clone().flat_map(|(command, standing)| receipts_of(command, standing)).collect();
        let live = named.filter(|(_, standing)| matches!(standing, Standing::Live));
        let numbers: Vec<Number> =
            live.filter_map(|(command, _)| command.content()).flat_map(numbers).collect();
        let (now, awaited, directory) = tokio::join!(
            biased;
            tx.now(),
            deposits::any_waiting_for(tx, &receipts),
            merchants::receiving_accounts(tx, shards, &numbers),
        );
        let (now, awaited) = both(now.map_err(Void::from), awaited.map_err(Void::from))?;
        Ok(Early { now, awaited, directory: directory? })
    }
}

/// An account number, as the bank whose account it is knows it.
pub(super) type Number = (Arc<str>, [u8; 32]);

/// The account numbers that an event names.
pub(super) fn numbers(content: &Content) -> impl Iterator<Item = Number> {
    let paid_into = |receipt: &Receipt| (receipt.bank.clone(), receipt.account_index);
    let account = |statement: &Statement| (statement.bank.clone(), statement.account);
    content.receipts().map(paid_into).chain(content.statements().iter().map(account))
}
