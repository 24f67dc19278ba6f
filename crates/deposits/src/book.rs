//! What came in, for whoever compares it with the banks' statements; nothing here locks.

use std::collections::HashSet;
use std::sync::Arc;

use money::Money;
use pg::{Connection, Shard, Shards, ToSql};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::claim::amount_of;
use crate::error::Error;
use crate::payment::index_of;
use crate::receipt::PaymentId;
use crate::references::References;
use crate::reversals::{Reversal, ReversalId};

/// A reference that banks give to more reversals than so many is none of any.
const BEARERS: i64 = 100;
/// None is expected to wait longer for its payment, or for the end of a return to the remitter; who does is not looked for in
/// statements. Reversals are few: those of so many days are some pages.
const LONGEST_WAIT: time::Duration = time::Duration::days(90);

/// A payment, as far as a bank's statement can agree with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedPayment {
    /// Which.
    pub id: PaymentId,
    /// The bank that reported it.
    pub bank: Arc<str>,
    /// The bank's reference.
    pub reference: String,
    /// The blind index of the account number that the bank named.
    pub account_index: [u8; 32],
    /// What arrived, whatever became of it.
    pub amount: Money,
    /// When its batch booked it.
    pub received_at: OffsetDateTime,
}

impl BookedPayment {
    fn from_row(row: &pg::Row) -> Result<BookedPayment, Error> {
        let (bank, index): (&str, &[u8]) = (row.get("bank"), row.get("account_index"));
        Ok(BookedPayment {
            id: PaymentId::from_uuid(row.get("id")),
            bank: Arc::from(bank),
            reference: row.get("reference"),
            account_index: index_of(index)?,
            amount: amount_of(row)?,
            received_at: row.get("received_at"),
        })
    }
}

/// Every payment that one of these banks reported under one of these references.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn booked_under(
    conn: &Connection,
    shards: Shards,
    references: &[(&str, &str)],
) -> Result<Vec<BookedPayment>, Error> {
    let named = References::of_pairs(shards, references);
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&named.shards, &named.keys(), &named.banks, &named.references];
    let rows = conn.query(include_str!("sql/booked_under.sql"), &parameters).await?;
    rows.iter().map(BookedPayment::from_row).collect()
}

/// Every reversal that one of these banks reported under one of these references, its own or that of its payment, whatever
/// its state.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn taken_back_under(
    conn: &Connection,
    shards: Shards,
    references: &[(&str, &str)],
) -> Result<Vec<Reversal>, Error> {
    let named = References::of_pairs(shards, references);
    let parameters: [&(dyn ToSql + Sync); 4] = [&named.shards, &named.banks, &named.references, &BEARERS];
    let rows = conn.query(include_str!("sql/taken_back_under.sql"), &parameters).await?;
    rows.iter().map(Reversal::from_row).collect()
}

/// Which of these are payments: an id alone doesn't say what it names.
///
/// # Errors
/// The database's.
pub async fn which_are_payments(conn: &Connection, ids: &[Uuid]) -> Result<HashSet<PaymentId>, Error> {
    let ids: Vec<PaymentId> = ids.iter().map(|id| PaymentId::from_uuid(*id)).collect();
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = conn.query(include_str!("sql/which_are_payments.sql"), &[&shards, &uuids]).await?;
    Ok(rows.iter().map(|row| PaymentId::from_uuid(row.get("id"))).collect())
}

/// What one look at payments found.
#[derive(Debug)]
pub struct BookedPage {
    /// Those that were booked in the time asked for; few, even none, where most that were looked at are not.
    pub payments: Vec<BookedPayment>,
    /// The last that was looked at, behind which it goes on; none at the end.
    pub last: Option<PaymentId>,
}

/// The payments that were booked from `from` until before `to`, in the order of their ids, after `after`, of as many as
/// `limit` that are looked at. It reads the range of ids made an hour around that time; ids carry the time at which they were made.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn booked_between(
    conn: &Connection,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<PaymentId>,
    limit: i64,
) -> Result<BookedPage, Error> {
    let slack = time::Duration::hours(1);
    let (first, last) = (first_id_at(from - slack), first_id_at(to + slack));
    let after = after.map_or(first, |after| after.uuid());
    let rows = conn.query(include_str!("sql/booked_between.sql"), &[&after, &last, &limit]).await?;
    let looked_at: Vec<BookedPayment> = rows.iter().map(BookedPayment::from_row).collect::<Result<_, _>>()?;
    let last = looked_at.last().map(|payment| payment.id);
    let booked = |payment: &BookedPayment| (from..to).contains(&payment.received_at);
    Ok(BookedPage { payments: looked_at.into_iter().filter(booked).collect(), last })
}

/// The applied reversals of one shard that were reported from 90 days before `from` until before `to`, in the order of
/// their ids, after `after`. They hold all that were applied from `from` until before `to` and waited no longer.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn taken_back_between(
    conn: &Connection,
    shard: Shard,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<ReversalId>,
    limit: i64,
) -> Result<Vec<Reversal>, Error> {
    let slack = time::Duration::hours(1);
    let (first, last) = (first_id_at(from - LONGEST_WAIT - slack), first_id_at(to + slack));
    let after = after.map_or(first, |after| after.uuid());
    let rows = conn
        .query(include_str!("sql/taken_back_between.sql"), &[&shard.number(), &after, &last, &limit])
        .await?;
    rows.iter().map(Reversal::from_row).collect()
}

/// The smallest UUID of version 7 made at that time.
fn first_id_at(at: OffsetDateTime) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_at_a_time_lie_behind_the_first_of_that_time() {
        let id = Uuid::now_v7();
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        let made = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).unwrap()).unwrap()
            + time::Duration::nanoseconds(i64::from(nanos));
        assert!(first_id_at(made) <= id);
        assert!(id < first_id_at(made + time::Duration::milliseconds(2)));
        assert_eq!(first_id_at(OffsetDateTime::UNIX_EPOCH), Uuid::nil());
    }
}
