//! What a batch reads before anything is locked: beside the claim of its keys, which needs none of it.

use std::collections::HashMap;
use std::sync::Arc;

use deposits::Receipt;
use merchants::Directory;
use payouts::{PayoutId, Subject};
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
    /// What the payouts that are named belong to.
    pub owners: HashMap<PayoutId, Subject>,
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
        let live =
            named.filter(|(_, standing)| matches!(standing, Standing::Live)).map(|(command, _)| *command);
        let numbers: Vec<Number> = live.clone().filter_map(Command::content).flat_map(numbers).collect();
        let payouts: Vec<PayoutId> = live.flat_map(Command::payouts).collect();
        let (now, awaited, directory, owners) = tokio::join!(
            biased;
            tx.now(),
            deposits::any_waiting_for(tx, &receipts),
            merchants::receiving_accounts(tx, shards, &numbers),
            payouts::subjects(tx, &payouts),
        );
        let now_and_awaited = both(now.map_err(Void::from), awaited.map_err(Void::from));
        let read = both(directory.map_err(Void::from), owners.map_err(Void::from));
        let ((now, awaited), (directory, owners)) = both(now_and_awaited, read)?;
        Ok(Early { now, awaited, directory, owners })
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
