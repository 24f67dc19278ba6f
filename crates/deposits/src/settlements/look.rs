//! The search for announced settlements in their merchants' statements: a page at a time, from where it has come to.

use std::collections::HashSet;

use ledger::{Layout, MerchantRef, StatementCursor, StatementLine, TransferKind};
use merchants::MerchantId;
use money::Money;
use pg::{Connection, Row, Tx};
use time::{Date, Duration, OffsetDateTime, Time};
use uuid::Uuid;

use super::arrivals::{arrivals, paid_after};
use super::store::{read, save};
use super::{Settlement, SettlementId};
use crate::error::Error;
use crate::payment::Payment;
use crate::receipt::PaymentId;

/// Days are the banks' own, and a statement's times are ours: the day before the first one counts, too.
const SLACK: Duration = Duration::days(1);

/// A merchant that waits for settlements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// Who.
    pub merchant: MerchantId,
    /// Up to where its statement was looked through for all of them.
    pub seen: StatementCursor,
}

/// The next merchants, behind `after`, that wait for settlements.
///
/// # Errors
/// The database's.
pub async fn awaited(
    conn: &Connection,
    after: Option<MerchantId>,
    limit: i64,
) -> Result<Vec<Awaited>, Error> {
    let (shard, merchant) = after.map_or((-1, Uuid::nil()), |id| (id.shard().number(), id.uuid()));
    let sql = include_str!("../sql/awaited_settlements.sql");
    let rows = conn.query(sql, &[&shard, &merchant, &limit]).await?;
    let one = |row: &Row| Awaited { merchant: MerchantId::from_uuid(row.get("merchant")), seen: place(row) };
    Ok(rows.iter().map(one).collect())
}

/// What came of looking through one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Those that have arrived, as they were saved.
    pub arrived: Vec<Settlement>,
    /// Whether there may be more to look through.
    pub more: bool,
}

/// Looks through the next `lines` lines of a merchant's statement for its settlements, and notes how far it has come. Nobody else does
/// the same before the transaction ends: who comes meanwhile finds nothing to do. `today` is the institution's day.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn look(
    tx: &Tx<'_>,
    merchant: MerchantId,
    today: Date,
    now: OffsetDateTime,
    lines: i64,
) -> Result<Looked, Error> {
    let (shard, id) = (merchant.shard().number(), merchant.uuid());
    let mut looked = Looked { arrived: Vec::new(), more: false };
    let mark = tx.query_opt(include_str!("../sql/lock_settlement_mark.sql"), &[&shard, &id]).await?;
    let Some(seen) = mark.as_ref().map(place) else { return Ok(looked) };
    let sql = include_str!("../sql/lock_awaited_settlements.sql");
    let rows = tx.query(sql, &[&shard, &id, &paid_after(today)]).await?;
    let mut open = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if !open.is_empty() {
        let owner = MerchantRef { shard: merchant.shard(), id };
        let page = ledger::statement_after(tx, owner, seen, lines).await.map_err(of_the_book)?;
        looked.arrived = arrive(tx, &mut open, &page, now).await?;
        looked.more = i64::try_from(page.len()).is_ok_and(|read| read >= lines);
        if let Some((seq, position)) = page.last().map(|line| line.cursor.parts()) {
            let sql = include_str!("../sql/move_settlement_mark.sql");
            tx.execute(sql, &[&shard, &id, &seq, &position]).await?;
        }
    }
    if open.iter().all(|row| !row.is_open()) {
        tx.execute(include_str!("../sql/delete_settlement_mark.sql"), &[&shard, &id]).await?;
        looked.more = false;
    }
    Ok(looked)
}

/// Saves those that this page of the statement has brought.
async fn arrive(
    tx: &Tx<'_>,
    open: &mut [Settlement],
    page: &[StatementLine],
    now: OffsetDateTime,
) -> Result<Vec<Settlement>, Error> {
    let credited = credited(tx, open, page).await?;
    if credited.is_empty() {
        return Ok(Vec::new());
    }
    let taken = taken(tx, open, &credited).await?;
    let pairs: Vec<(SettlementId, PaymentId)> = arrivals(open, &credited, &taken);
    let mut arrived = Vec::new();
    for (settlement, payment) in pairs {
        let Some(row) = open.iter_mut().find(|row| row.id == settlement) else { continue };
        let from = row.state;
        if row.arrive(payment, now) {
            save(tx, row, from).await?;
            arrived.push(row.clone());
        }
    }
    Ok(arrived)
}

/// The payments of these lines, as far as their amounts are waited for.
async fn credited(tx: &Tx<'_>, open: &[Settlement], page: &[StatementLine]) -> Result<Vec<Payment>, Error> {
    let amounts: HashSet<Money> = open.iter().map(|row| row.amount).collect();
    let wanted = |line: &&StatementLine| {
        matches!(line.kind, TransferKind::Payment | TransferKind::ReviewCredit)
            && amounts.contains(&line.amount)
    };
    let ids: Vec<PaymentId> =
        page.iter().filter(wanted).map(|line| PaymentId::from_uuid(line.cause)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = tx.query(include_str!("../sql/payments.sql"), &[&shards, &uuids]).await?;
    rows.iter().map(Payment::from_row).collect()
}

/// Which of these payments are settlements already.
async fn taken(tx: &Tx<'_>, open: &[Settlement], credited: &[Payment]) -> Result<HashSet<PaymentId>, Error> {
    let Some(shard) = open.first().map(|row| row.id.shard().number()) else { return Ok(HashSet::new()) };
    let ids: Vec<Uuid> = credited.iter().map(|payment| payment.id.uuid()).collect();
    let rows = tx.query(include_str!("../sql/settled_payments.sql"), &[&shard, &ids]).await?;
    Ok(rows.iter().map(|row| PaymentId::from_uuid(row.get("payment"))).collect())
}

/// Has the merchant's statement looked through from the day on which this one was paid.
pub(super) async fn look_back(tx: &Tx<'_>, layout: Layout, new: &Settlement) -> Result<(), Error> {
    let shard = new.merchant.shard();
    let from = OffsetDateTime::new_utc(new.paid_on, Time::MIDNIGHT).saturating_sub(SLACK);
    let place = ledger::place_before(tx, layout, shard, from).await.map_err(of_the_book)?;
    let (seq, position) = place.parts();
    let sql = include_str!("../sql/settlement_mark.sql");
    tx.execute(sql, &[&shard.number(), &new.merchant.uuid(), &seq, &position]).await?;
    Ok(())
}

fn place(row: &Row) -> StatementCursor {
    StatementCursor::from_parts(row.get("seq"), row.get("position"))
}

fn of_the_book(error: ledger::Error) -> Error {
    match error {
        ledger::Error::Database(error) => Error::Database(error),
        other => Error::Unexpected(other.to_string()),
    }
}
