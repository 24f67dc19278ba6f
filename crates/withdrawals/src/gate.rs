//! R32 at the door of the bank: whose queued payouts may be sent.

use std::collections::HashSet;

use merchants::MerchantId;
use pg::{Shard, Tx};
use uuid::Uuid;

use crate::error::Error;

/// Locks the merchants' rows `FOR SHARE`, so that a freeze waits for the claim or the claim for the freeze, and
/// answers those whose queued payouts may go to a bank.
///
/// # Errors
/// The database's.
pub async fn senders(tx: &Tx<'_>, merchants: &[(Shard, Uuid)]) -> Result<HashSet<Uuid>, Error> {
    let ids: Vec<MerchantId> = merchants.iter().map(|(_, id)| MerchantId::from_uuid(*id)).collect();
    let locked = merchants::lock(tx, &ids, &[]).await?;
    let may_send = |id: &MerchantId| {
        locked.get(*id).is_some_and(|merchant| merchants::queued_payouts_are_sent(merchant.state))
    };
    Ok(ids.iter().filter(|id| may_send(id)).map(|id| id.uuid()).collect())
}
