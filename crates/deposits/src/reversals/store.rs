//! Reversals as they lie in the database.

use std::sync::Arc;

use pg::{Row, ToSql, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{HoldReason, Reversal, ReversalId, ReversalState};
use crate::claim::amount_of;
use crate::error::{Error, expect_count};
use crate::payment::index_of;
use crate::receipt::{PaymentId, Receipt};
use crate::references::References;

impl Reversal {
    pub(crate) fn from_row(row: &Row) -> Result<Reversal, Error> {
        let (bank, index): (&str, Option<&[u8]>) = (row.get("bank"), row.get("account_index"));
        let hold: Option<&str> = row.get("hold");
        let payment: Option<Uuid> = row.get("payment");
        let state = ReversalState::from_column(row.get("state"))?;
        Ok(Reversal {
            id: ReversalId::from_uuid(row.get("id")),
            bank: Arc::from(bank),
            account_index: index.map(index_of).transpose()?,
            reference: row.get("reference"),
            original_reference: row.get("original_reference"),
            position: row.get("position"),
            amount: amount_of(row)?,
            reason: row.get("reason"),
            state,
            hold: hold.map(HoldReason::from_column).transpose()?,
            payment: payment.map(PaymentId::from_uuid),
            covered_minor: row.get("covered_minor"),
            owed_minor: row.get("owed_minor"),
            event: row.get("event"),
            received_at: row.get("received_at"),
            applied_at: row.get("applied_at"),
            loaded: Some(state),
        })
    }

    fn is_changed(&self) -> bool {
        self.loaded != Some(self.state)
    }
}

/// Whether any reversal waits for these payments: mostly none does, and then nothing is to be locked. One that begins to wait
/// at this moment is found by a sweep.
///
/// # Errors
/// The database's.
pub async fn any_waiting_for(tx: &Tx<'_>, receipts: &[&Receipt]) -> Result<bool, Error> {
    let named = References::of_receipts(receipts);
    if named.is_empty() {
        return Ok(false);
    }
    let parameters: [&(dyn ToSql + Sync); 3] = [&named.shards, &named.banks, &named.references];
    Ok(tx.query_one(include_str!("../sql/any_waiting_for.sql"), &parameters).await?.get("found"))
}

/// The waiting reversals that name these payments, locked until the transaction ends. Ask before any payment is
/// locked; then [`originals`](super::originals) tells which payment each one means.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn waiting_for(tx: &Tx<'_>, receipts: &[&Receipt]) -> Result<Vec<Reversal>, Error> {
    let named = References::of_receipts(receipts);
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let parameters: [&(dyn ToSql + Sync); 3] = [&named.shards, &named.banks, &named.references];
    let rows = tx.query(include_str!("../sql/waiting_for.sql"), &parameters).await?;
    rows.iter().map(Reversal::from_row).collect()
}

/// Locks reversals until the transaction ends, in (shard, id) order, before any payment. Those that don't exist
/// are missing.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn lock_reversals(tx: &Tx<'_>, ids: &[ReversalId]) -> Result<Vec<Reversal>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = tx.query(include_str!("../sql/lock_reversals.sql"), &[&shards, &uuids]).await?;
    rows.iter().map(Reversal::from_row).collect()
}

/// Inserts new reversals as they were decided. Their keys were claimed in the same transaction.
///
/// # Errors
/// The database's; `Unexpected` when fewer rows were written than given.
pub async fn store_reversals(tx: &Tx<'_>, reversals: &[&Reversal]) -> Result<(), Error> {
    if reversals.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<&Reversal> = reversals.to_vec();
    rows.sort_unstable_by_key(|r| (r.id.shard().number(), r.id));
    let shards: Vec<i16> = rows.iter().map(|r| r.id.shard().number()).collect();
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id.uuid()).collect();
    let banks: Vec<&str> = rows.iter().map(|r| &*r.bank).collect();
    let indexes: Vec<Option<&[u8]>> =
        rows.iter().map(|r| r.account_index.as_ref().map(|index| index.as_slice())).collect();
    let references: Vec<&str> = rows.iter().map(|r| r.reference.as_str()).collect();
    let originals: Vec<&str> = rows.iter().map(|r| r.original_reference.as_str()).collect();
    let positions: Vec<i32> = rows.iter().map(|r| r.position).collect();
    let amounts: Vec<i64> = rows.iter().map(|r| r.amount.minor()).collect();
    let currencies: Vec<&str> = rows.iter().map(|r| r.amount.currency().code()).collect();
    let reasons: Vec<Option<&str>> = rows.iter().map(|r| r.reason.as_deref()).collect();
    let states: Vec<&str> = rows.iter().map(|r| r.state.as_str()).collect();
    let holds: Vec<Option<&str>> = rows.iter().map(|r| r.hold.map(HoldReason::as_str)).collect();
    let payments: Vec<Option<Uuid>> = rows.iter().map(|r| r.payment.map(|id| id.uuid())).collect();
    let covered: Vec<i64> = rows.iter().map(|r| r.covered_minor).collect();
    let owed: Vec<i64> = rows.iter().map(|r| r.owed_minor).collect();
    let events: Vec<Uuid> = rows.iter().map(|r| r.event).collect();
    let received: Vec<OffsetDateTime> = rows.iter().map(|r| r.received_at).collect();
    let applied: Vec<Option<OffsetDateTime>> = rows.iter().map(|r| r.applied_at).collect();
    let inserted = tx
        .execute(
            include_str!("../sql/insert_reversals.sql"),
            &[
                &shards,
                &ids,
                &banks,
                &indexes,
                &references,
                &originals,
                &positions,
                &amounts,
                &currencies,
                &reasons,
                &states,
                &holds,
                &payments,
                &covered,
                &owed,
                &events,
                &received,
                &applied,
            ],
        )
        .await?;
    expect_count("reversals inserted", inserted, rows.len())
}

/// Writes what was decided about locked reversals, each row only from the state that was loaded.
///
/// # Errors
/// The database's; `Unexpected` when a row was not as loaded.
pub async fn save_reversals(tx: &Tx<'_>, reversals: &[&Reversal]) -> Result<(), Error> {
    let rows: Vec<&Reversal> = reversals.iter().copied().filter(|r| r.is_changed()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = rows.iter().map(|r| r.id.shard().number()).collect();
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id.uuid()).collect();
    let loaded: Vec<Option<&str>> = rows.iter().map(|r| r.loaded.map(ReversalState::as_str)).collect();
    let states: Vec<&str> = rows.iter().map(|r| r.state.as_str()).collect();
    let holds: Vec<Option<&str>> = rows.iter().map(|r| r.hold.map(HoldReason::as_str)).collect();
    let payments: Vec<Option<Uuid>> = rows.iter().map(|r| r.payment.map(|id| id.uuid())).collect();
    let covered: Vec<i64> = rows.iter().map(|r| r.covered_minor).collect();
    let owed: Vec<i64> = rows.iter().map(|r| r.owed_minor).collect();
    let applied: Vec<Option<OffsetDateTime>> = rows.iter().map(|r| r.applied_at).collect();
    let saved = tx
        .execute(
            include_str!("../sql/save_reversals.sql"),
            &[&shards, &ids, &loaded, &states, &holds, &payments, &covered, &owed, &applied],
        )
        .await?;
    expect_count("reversals saved", saved, rows.len())
}
