//! Settlements' rows: announced, listed, locked and saved.

use ledger::Layout;
use merchants::{MerchantId, ReceivingAccountId, StoreId};
use pg::{Connection, Place, Row, Shard, ToSql, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::arrivals::paid_after;
use super::look::look_back;
use super::{Finding, Settlement, SettlementId, SettlementState};
use crate::claim::amount_of;
use crate::error::{Error, expect_count};
use crate::receipt::PaymentId;

/// Most settlements of one merchant whose arrival is waited for.
pub const MAX_OPEN: i64 = 500;

/// Why a settlement is not announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnnouncement {
    /// One with this reference was announced for the same account.
    SameReference,
    /// The merchant waits for [`MAX_OPEN`] already.
    TooMany,
}

/// What the contract calls a settlement, which the clock has its part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Still on its way, for all that is known.
    Announced,
    /// Announced, and its days are over.
    Overdue,
    /// As its row says.
    Of(SettlementState),
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 5] = [
        Status::Announced,
        Status::Overdue,
        Status::Of(SettlementState::Investigating),
        Status::Of(SettlementState::Arrived),
        Status::Of(SettlementState::Closed),
    ];

    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Announced => SettlementState::Announced.as_str(),
            Status::Overdue => "overdue",
            Status::Of(state) => state.as_str(),
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// The row's state, and whether its days are over where that matters.
    fn row(self) -> (SettlementState, Option<bool>) {
        match self {
            Status::Announced => (SettlementState::Announced, Some(false)),
            Status::Overdue => (SettlementState::Announced, Some(true)),
            Status::Of(state) => (state, None),
        }
    }
}

/// Enters a settlement as it is, and has the merchant's statement looked through for it. The caller has seen that the account is the
/// merchant's; `today` is the institution's day.
///
/// # Errors
/// The database's; the inner one says why not.
pub async fn announce(
    tx: &Tx<'_>,
    layout: Layout,
    new: &Settlement,
    today: Date,
) -> Result<Result<(), NoAnnouncement>, Error> {
    let (shard, merchant, account) = (new.id.shard().number(), new.merchant.uuid(), new.account.uuid());
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &shard,
        &new.id.uuid(),
        &merchant,
        &account,
        &new.store.map(|id| id.uuid()),
        &new.amount.minor(),
        &new.amount.currency().code(),
        &new.reference,
        &new.paid_on,
        &new.due_at,
        &new.created_at,
        &MAX_OPEN,
        &paid_after(today),
    ];
    if tx.execute(include_str!("../sql/insert_settlement.sql"), &parameters).await? == 1 {
        look_back(tx, layout, new).await?;
        return Ok(Ok(()));
    }
    let named: [&(dyn ToSql + Sync); 4] = [&shard, &merchant, &account, &new.reference];
    let same = tx.query_opt(include_str!("../sql/settlement_named.sql"), &named).await?;
    Ok(Err(if same.is_some() { NoAnnouncement::SameReference } else { NoAnnouncement::TooMany }))
}

/// A merchant's settlements, newest first, at most `limit`, older than `before`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list(
    conn: &Connection,
    merchant: MerchantId,
    status: Option<Status>,
    before: Option<SettlementId>,
    limit: i64,
) -> Result<Vec<Settlement>, Error> {
    let (state, over) = match status.map(Status::row) {
        Some((state, over)) => (Some(state.as_str()), over),
        None => (None, None),
    };
    let before = before.map(|id| id.uuid());
    let parameters: [&(dyn ToSql + Sync); 6] =
        [&merchant.shard().number(), &merchant.uuid(), &state, &over, &before, &limit];
    conn.query(include_str!("../sql/list_settlements.sql"), &parameters).await?.iter().map(read).collect()
}

/// Locks settlements of one shard, in the order of their ids.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn lock(tx: &Tx<'_>, shard: Shard, ids: &[SettlementId]) -> Result<Vec<Settlement>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = tx.query(include_str!("../sql/lock_settlements.sql"), &[&shard.number(), &ids]).await?;
    rows.iter().map(read).collect()
}

/// Writes what has changed of a settlement that was locked in the state `from`.
///
/// # Errors
/// The database's; `Unexpected` when it is not in that state.
pub async fn save(tx: &Tx<'_>, row: &Settlement, from: SettlementState) -> Result<(), Error> {
    let payment = row.payment.map(|id| id.uuid());
    let parameters: [&(dyn ToSql + Sync); 9] = [
        &row.id.shard().number(),
        &row.id.uuid(),
        &from.as_str(),
        &row.state.as_str(),
        &payment,
        &row.asked_at,
        &row.finding.map(Finding::as_str),
        &row.finding_reason,
        &row.settled_at,
    ];
    let saved = tx.execute(include_str!("../sql/save_settlement.sql"), &parameters).await?;
    expect_count("settlements", saved, 1)
}

/// The place of this one among those under investigation; none where nobody has asked.
pub fn place_of(row: &Settlement) -> Option<Place> {
    row.asked_at.map(|at| Place { at, id: row.id.uuid() })
}

/// Those under investigation, of everybody or of one merchant, who has asked first first.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn investigated(
    conn: &Connection,
    merchant: Option<MerchantId>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Settlement>, Error> {
    let Place { at, id } = after.unwrap_or(Place::START);
    let parameters: [&(dyn ToSql + Sync); 4] = [&at, &id, &merchant.map(|id| id.uuid()), &limit];
    conn.query(include_str!("../sql/investigated_settlements.sql"), &parameters)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// What is under investigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Investigated {
    /// How many.
    pub count: i64,
    /// When the first of them was asked for.
    pub oldest: Option<OffsetDateTime>,
}

/// How many are under investigation, and since when.
///
/// # Errors
/// The database's.
pub async fn under_investigation(conn: &Connection) -> Result<Investigated, Error> {
    let row = conn.query_one(include_str!("../sql/count_investigated.sql"), &[]).await?;
    Ok(Investigated { count: row.get("settlements"), oldest: row.get("oldest") })
}

pub(super) fn read(row: &Row) -> Result<Settlement, Error> {
    let id = SettlementId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("{what} of {id}"));
    let finding: Option<&str> = row.get("finding");
    Ok(Settlement {
        id,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        account: ReceivingAccountId::from_uuid(row.get("account")),
        store: row.get::<_, Option<Uuid>>("store").map(StoreId::from_uuid),
        amount: amount_of(row)?,
        reference: row.get("reference"),
        paid_on: row.get("paid_on"),
        due_at: row.get("due_at"),
        state: SettlementState::parse(row.get("state")).ok_or_else(|| broken("state"))?,
        payment: row.get::<_, Option<Uuid>>("payment").map(PaymentId::from_uuid),
        asked_at: row.get("asked_at"),
        finding: finding.map(|name| Finding::parse(name).ok_or_else(|| broken("finding"))).transpose()?,
        finding_reason: row.get("finding_reason"),
        created_at: row.get("created_at"),
        settled_at: row.get("settled_at"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_the_clock_tells_announced_from_overdue() {
        let rows = Status::ALL.map(|status| (status.as_str(), status.row().1));
        assert_eq!(rows[..2], [("announced", Some(false)), ("overdue", Some(true))]);
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
    }
}
