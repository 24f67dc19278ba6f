//! Claims what is due at a bank, in one short transaction.

use std::collections::{BTreeSet, HashSet};

use changes::{Changes, Kind};
use pg::{Pool, Shard};
use uuid::Uuid;

use crate::PayoutId;
use crate::claim::Take;
use crate::error::Error;
use crate::payout::{JobKind, Payout};
use crate::policy::BankPolicy;
use crate::store::lock_free;

/// A job taken under a token.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) payout: Payout,
    pub(crate) kind: JobKind,
    pub(crate) token: Uuid,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    /// These are ours, durably: attempt and reference are there before the bank hears of them.
    Committed(Vec<Taken>),
    /// These may be ours; nothing may be sent.
    Unsure(Vec<Taken>),
}

/// At most `limit` jobs. Merchants are locked `FOR SHARE` before payouts, the order of every batch; payouts that a
/// lane works on are skipped, so a claim never waits for one while it holds merchants. Without `sends`, only what the bank
/// may have already is claimed, to be asked about.
pub(crate) async fn claim(
    pool: &Pool,
    bank: &str,
    policy: &BankPolicy,
    limit: usize,
    sends: bool,
) -> Result<Outcome, Error> {
    let mut conn = pool.get().await?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due = conn.query(include_str!("sql/due.sql"), &[&bank, &limit, &sends]).await?;
    if due.is_empty() {
        return Ok(Outcome::Committed(Vec::new()));
    }
    let ids: Vec<PayoutId> = due.iter().map(|row| PayoutId::from_uuid(row.get("payout"))).collect();
    let tx = conn.begin().await?;
    let senders = match owners(&due)? {
        owners if owners.is_empty() => HashSet::new(),
        owners => withdrawals::senders(&tx, &owners).await?,
    };
    let mut payouts = lock_free(&tx, &ids).await?;
    let now = tx.now().await?;
    let mut taken = Vec::new();
    for id in ids {
        let Some(merchant) = payouts.get(id).map(|payout| payout.merchant) else { continue };
        let may_send = sends && merchant.is_none_or(|merchant| senders.contains(&merchant));
        let token = Uuid::now_v7();
        match payouts.take(id, token, may_send, policy, now) {
            Take::Claimed(kind) => {
                taken.extend(payouts.get(id).cloned().map(|payout| Taken { payout, kind, token }));
            }
            Take::Dropped => tracing::error!(payout = %id, "a job was left over and is dropped"),
            Take::Postponed | Take::Left => {}
        }
    }
    payouts.save(&tx, now).await?;
    let mut changes = Changes::of_a_transaction();
    changes.extend(Kind::Payout, payouts.changed().map(|payout| payout.id.uuid()));
    changes::record(&tx, &changes).await?;
    match tx.commit().await {
        Ok(()) => Ok(Outcome::Committed(taken)),
        Err(pg::Error::CommitUnknown) => Ok(Outcome::Unsure(taken)),
        Err(error) => Err(error.into()),
    }
}

/// The merchants whose payouts would be sent, in order, each once.
fn owners(due: &[pg::Row]) -> Result<Vec<(Shard, Uuid)>, Error> {
    let mut owners = BTreeSet::new();
    for row in due {
        let merchant: Option<Uuid> = row.get("merchant");
        if let (Some(merchant), Some(JobKind::Send)) = (merchant, JobKind::parse(row.get("kind"))) {
            let number: i16 = row.get("shard");
            let shard = Shard::new(number).ok_or_else(|| Error::Unexpected(format!("shard {number}")))?;
            owners.insert((shard, merchant));
        }
    }
    Ok(owners.into_iter().collect())
}
