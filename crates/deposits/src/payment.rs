//! A payment as it lies in the database.

use std::sync::Arc;

use merchants::{MerchantId, ReceivingAccountId};
use money::Money;
use pg::{Row, Tx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::claim::amount_of;
use crate::decide::Reason;
use crate::error::{Error, expect_count};
use crate::receipt::PaymentId;
use crate::state::PaymentState;

/// One incoming transfer of money and where it stands.
#[derive(Debug, Clone)]
pub struct Payment {
    /// Its id and, in it, the shard of its row and of its money in suspense.
    pub id: PaymentId,
    /// The bank that reported it.
    pub bank: Arc<str>,
    /// The bank's reference.
    pub reference: String,
    /// The place among equal references of one document.
    pub position: i32,
    /// The blind index of the account number that the bank named.
    pub account_index: [u8; 32],
    /// Our receiving account, if the number is one of ours at this bank.
    pub account: Option<ReceivingAccountId>,
    /// Whose it is, as far as we know.
    pub merchant: Option<MerchantId>,
    /// What arrived.
    pub amount: Money,
    /// Where it stands.
    pub status: PaymentState,
    /// Why it was in review; kept after the decision.
    pub reason: Option<Reason>,
    /// Another report of the same payment came before, with another amount or currency (R4).
    pub conflict: bool,
    /// The document's entry differs from the sum of its details; this is the entry (R6).
    pub sum_mismatch: bool,
    /// What the bank has taken back of it: minor units of `amount`'s currency, never more than it (R8).
    pub reversed_minor: i64,
    /// [`PaymentDetails`](crate::PaymentDetails), sealed for this id.
    pub details_sealed: Arc<[u8]>,
    /// The unique end-to-end transaction reference.
    pub uetr: Option<Uuid>,
    /// The day on which the bank counts it.
    pub value_date: Option<Date>,
    /// The bank event that reported it.
    pub event: Uuid,
    /// When its batch decided for the first time.
    pub received_at: OffsetDateTime,
    /// When its status changed last: crediting at once counts, coming into review doesn't.
    pub decided_at: Option<OffsetDateTime>,
}

impl Payment {
    /// What of it the bank has not taken back: this much can be credited or returned. Never less than nothing:
    /// reversals don't exceed their payment (R8), here and by the table's own check.
    pub fn open_amount(&self) -> Money {
        let currency = self.amount.currency();
        Money::new(self.amount.minor() - self.reversed_minor, currency).unwrap_or(Money::zero(currency))
    }

    pub(crate) fn from_row(row: &Row) -> Result<Payment, Error> {
        let id: Uuid = row.get("id");
        let bank: &str = row.get("bank");
        let (index, details): (&[u8], &[u8]) = (row.get("account_index"), row.get("details_sealed"));
        let account: Option<Uuid> = row.get("account");
        let merchant: Option<Uuid> = row.get("merchant");
        let reason: Option<&str> = row.get("reason");
        Ok(Payment {
            id: PaymentId::from_uuid(id),
            bank: Arc::from(bank),
            reference: row.get("reference"),
            position: row.get("position"),
            account_index: index_of(index)?,
            account: account.map(ReceivingAccountId::from_uuid),
            merchant: merchant.map(MerchantId::from_uuid),
            amount: amount_of(row)?,
            status: PaymentState::from_column(row.get("status"))?,
            reason: reason.map(Reason::from_column).transpose()?,
            conflict: row.get("conflict"),
            sum_mismatch: row.get("sum_mismatch"),
            reversed_minor: row.get("reversed_minor"),
            details_sealed: Arc::from(details),
            uetr: row.get("uetr"),
            value_date: row.get("value_date"),
            event: row.get("event"),
            received_at: row.get("received_at"),
            decided_at: row.get("decided_at"),
        })
    }
}

pub(crate) fn index_of(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|_| Error::Unexpected("an account index that has not 32 bytes".into()))
}

/// Inserts the payments that were decided. Their keys were claimed in the same transaction.
///
/// # Errors
/// The database's; `Unexpected` when fewer rows were written than given.
pub async fn insert(tx: &Tx<'_>, payments: &[&Payment]) -> Result<(), Error> {
    if payments.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<&Payment> = payments.to_vec();
    rows.sort_unstable_by_key(|p| (p.id.shard().number(), p.id));
    let shards: Vec<i16> = rows.iter().map(|p| p.id.shard().number()).collect();
    let ids: Vec<Uuid> = rows.iter().map(|p| p.id.uuid()).collect();
    let banks: Vec<&str> = rows.iter().map(|p| &*p.bank).collect();
    let references: Vec<&str> = rows.iter().map(|p| p.reference.as_str()).collect();
    let positions: Vec<i32> = rows.iter().map(|p| p.position).collect();
    let indexes: Vec<&[u8]> = rows.iter().map(|p| p.account_index.as_slice()).collect();
    let accounts: Vec<Option<Uuid>> = rows.iter().map(|p| p.account.map(|id| id.uuid())).collect();
    let merchants: Vec<Option<Uuid>> = rows.iter().map(|p| p.merchant.map(|id| id.uuid())).collect();
    let merchant_shards: Vec<Option<i16>> =
        rows.iter().map(|p| p.merchant.map(|id| id.shard().number())).collect();
    let amounts: Vec<i64> = rows.iter().map(|p| p.amount.minor()).collect();
    let currencies: Vec<String> = rows.iter().map(|p| p.amount.currency().code().to_owned()).collect();
    let statuses: Vec<&str> = rows.iter().map(|p| p.status.as_str()).collect();
    let reasons: Vec<Option<&str>> = rows.iter().map(|p| p.reason.map(Reason::as_str)).collect();
    let conflicts: Vec<bool> = rows.iter().map(|p| p.conflict).collect();
    let mismatches: Vec<bool> = rows.iter().map(|p| p.sum_mismatch).collect();
    let reversed: Vec<i64> = rows.iter().map(|p| p.reversed_minor).collect();
    let details: Vec<&[u8]> = rows.iter().map(|p| &*p.details_sealed).collect();
    let uetrs: Vec<Option<Uuid>> = rows.iter().map(|p| p.uetr).collect();
    let value_dates: Vec<Option<Date>> = rows.iter().map(|p| p.value_date).collect();
    let events: Vec<Uuid> = rows.iter().map(|p| p.event).collect();
    let received: Vec<OffsetDateTime> = rows.iter().map(|p| p.received_at).collect();
    let decided: Vec<Option<OffsetDateTime>> = rows.iter().map(|p| p.decided_at).collect();
    let inserted = tx
        .execute(
            include_str!("sql/insert_payments.sql"),
            &[
                &shards,
                &ids,
                &banks,
                &references,
                &positions,
                &indexes,
                &accounts,
                &merchants,
                &merchant_shards,
                &amounts,
                &currencies,
                &statuses,
                &reasons,
                &conflicts,
                &mismatches,
                &details,
                &uetrs,
                &value_dates,
                &events,
                &received,
                &decided,
                &reversed,
            ],
        )
        .await?;
    expect_count("payments inserted", inserted, rows.len())
}
