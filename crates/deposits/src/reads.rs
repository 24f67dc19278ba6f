//! What operators and merchants look at; nothing here locks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use merchants::{MerchantId, ReceivingAccountId};
use money::{Currency, Money};
use pg::{Connection, Place};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::claim::{amount_of, currency_of};
use crate::decide::Reason;
use crate::error::Error;
use crate::payment::{Payment, index_of};
use crate::receipt::PaymentId;

/// One payment.
///
/// # Errors
/// The database's.
pub async fn get(conn: &Connection, id: PaymentId) -> Result<Option<Payment>, Error> {
    let shard = id.shard().number();
    let row = conn.query_opt(include_str!("sql/get_payment.sql"), &[&shard, &id.uuid()]).await?;
    row.as_ref().map(Payment::from_row).transpose()
}

/// These payments, in the order of shards and ids; what is none of them is missing.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn payments(conn: &Connection, ids: &[PaymentId]) -> Result<Vec<Payment>, Error> {
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = conn.query(include_str!("sql/payments.sql"), &[&shards, &uuids]).await?;
    rows.iter().map(Payment::from_row).collect()
}

/// A payment inside a transaction, without a lock: what names the rows to lock before it (its merchant, its
/// account's number) is read first and read again under the lock.
///
/// # Errors
/// The database's; `Unexpected` when the row can't be understood.
pub async fn peek(tx: &pg::Tx<'_>, id: PaymentId) -> Result<Option<Payment>, Error> {
    let shard = id.shard().number();
    let row = tx.query_opt(include_str!("sql/get_payment.sql"), &[&shard, &id.uuid()]).await?;
    row.as_ref().map(Payment::from_row).transpose()
}

/// Into which of our receiving accounts payments came; those that came into none are missing.
///
/// # Errors
/// The database's.
pub async fn accounts_of(
    conn: &Connection,
    ids: &[PaymentId],
) -> Result<HashMap<PaymentId, ReceivingAccountId>, Error> {
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = conn.query(include_str!("sql/accounts_of.sql"), &[&shards, &uuids]).await?;
    let pair = |row: &pg::Row| {
        let (id, account): (Uuid, Uuid) = (row.get("id"), row.get("account"));
        (PaymentId::from_uuid(id), ReceivingAccountId::from_uuid(account))
    };
    Ok(rows.iter().map(pair).collect())
}

/// What a merchant has in review, minor units of each currency that has any. A sum may be more than any one amount is.
///
/// # Errors
/// The database's.
pub async fn in_review_sums(
    conn: &Connection,
    merchant: MerchantId,
) -> Result<BTreeMap<Currency, Decimal>, Error> {
    let rows = conn.query(include_str!("sql/in_review_sums.sql"), &[&merchant.uuid()]).await?;
    rows.iter().map(|row| Ok((currency_of(row)?, row.get("amount_minor")))).collect()
}

/// Whether a merchant has payments in review, and whether any are on their way back to their remitters.
///
/// # Errors
/// The database's.
pub async fn open_of(tx: &pg::Tx<'_>, merchant: MerchantId) -> Result<(bool, bool), Error> {
    let row = tx.query_one(include_str!("sql/open_of_merchant.sql"), &[&merchant.uuid()]).await?;
    Ok((row.get("in_review"), row.get("returning")))
}

/// Whether any of these payments is this merchant's.
///
/// # Errors
/// The database's.
pub async fn any_of(tx: &pg::Tx<'_>, merchant: MerchantId, payments: &[PaymentId]) -> Result<bool, Error> {
    let shards: Vec<i16> = payments.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = payments.iter().map(PaymentId::uuid).collect();
    let parameters: [&(dyn pg::ToSql + Sync); 3] = [&merchant.uuid(), &shards, &uuids];
    Ok(tx.query_one(include_str!("sql/any_of_merchant.sql"), &parameters).await?.get("found"))
}

/// What lies in review for one reason in one currency, less what banks have taken back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspenseLine {
    /// Why.
    pub reason: Reason,
    /// How many payments.
    pub payments: i64,
    /// In which currency.
    pub currency: Currency,
    /// Their sum, minor units: it may be more than any one amount is.
    pub minor: Decimal,
    /// When the oldest of them arrived.
    pub oldest: OffsetDateTime,
    /// How many of them are older than a day.
    pub older_than_1_day: i64,
    /// How many of them are older than five days.
    pub older_than_5_days: i64,
}

/// What lies in review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SuspenseSummary {
    /// By reason and currency.
    pub lines: Vec<SuspenseLine>,
}

impl SuspenseSummary {
    /// How many payments there are in all.
    pub fn payments(&self) -> i64 {
        self.lines.iter().map(|line| line.payments).sum()
    }

    /// What lies in review, for whatever reason, minor units by currency.
    pub fn by_currency(&self) -> BTreeMap<Currency, Decimal> {
        let mut sums = BTreeMap::new();
        for line in &self.lines {
            *sums.entry(line.currency).or_default() += line.minor;
        }
        sums
    }

    /// When the oldest of all arrived.
    pub fn oldest(&self) -> Option<OffsetDateTime> {
        self.lines.iter().map(|line| line.oldest).min()
    }
}

/// Counts the review queue. It reads the open payments only.
///
/// # Errors
/// The database's.
pub async fn suspense_summary(conn: &Connection) -> Result<SuspenseSummary, Error> {
    let rows = conn.query(include_str!("sql/suspense_summary.sql"), &[]).await?;
    let line = |row: &pg::Row| {
        Ok(SuspenseLine {
            reason: Reason::from_column(row.get("reason"))?,
            payments: row.get("payments"),
            currency: currency_of(row)?,
            minor: row.get("amount_minor"),
            oldest: row.get("oldest"),
            older_than_1_day: row.get("older_than_1_day"),
            older_than_5_days: row.get("older_than_5_days"),
        })
    };
    Ok(SuspenseSummary { lines: rows.iter().map(line).collect::<Result<_, Error>>()? })
}

/// A payment in review whose cause may have disappeared (R7): ask `merchants` about its account, lock the
/// merchant, then the payment, and match it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RematchCandidate {
    /// The payment.
    pub id: PaymentId,
    /// The bank that reported it.
    pub bank: Arc<str>,
    /// The blind index of the account number.
    pub account_index: [u8; 32],
    /// Whose it is, if that was known when it came.
    pub merchant: Option<MerchantId>,
    /// What of it could be credited.
    pub amount: Money,
    /// Why it is in review.
    pub reason: Reason,
    /// Where a sweep goes on after it.
    pub cursor: Place,
}

/// The next candidates, oldest first. A sweep starts at [`Place::START`], goes on after the last candidate it
/// got, and is through when it gets none.
///
/// # Errors
/// The database's.
pub async fn rematch_candidates(
    conn: &Connection,
    after: Place,
    limit: i64,
) -> Result<Vec<RematchCandidate>, Error> {
    let reasons: Vec<&str> =
        Reason::ALL.into_iter().filter(|reason| reason.may_disappear()).map(Reason::as_str).collect();
    let rows = conn
        .query(include_str!("sql/rematch_candidates.sql"), &[&reasons, &after.at, &after.id, &limit])
        .await?;
    rows.iter().map(candidate).collect()
}

fn candidate(row: &pg::Row) -> Result<RematchCandidate, Error> {
    let (id, bank, index): (Uuid, &str, &[u8]) = (row.get("id"), row.get("bank"), row.get("account_index"));
    let merchant: Option<Uuid> = row.get("merchant");
    let id = PaymentId::from_uuid(id);
    Ok(RematchCandidate {
        id,
        bank: Arc::from(bank),
        account_index: index_of(index)?,
        merchant: merchant.map(MerchantId::from_uuid),
        amount: amount_of(row)?,
        reason: Reason::from_column(row.get("reason"))?,
        cursor: Place { at: row.get("received_at"), id: id.uuid() },
    })
}
