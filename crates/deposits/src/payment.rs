//! A payment as it lies in the database.

use std::sync::Arc;

use merchants::{MerchantId, ReceivingAccountId};
use money::Money;
use pg::types::Type;
use pg::{NewRows, Row, Tx};
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
    /// Another report of the same payment came before, with another amount or currency, or its entry was booked whole (R4).
    pub conflict: bool,
    /// The document's entry differs from the sum of its details, and this is the entry; or this is a credit inside a debit
    /// entry (R6).
    pub sum_mismatch: bool,
    /// What the bank has taken back of it (R8), what a return that came back has lost on its way, and what went back to the
    /// remitter though it was credited (R29): minor units of `amount`'s currency, never more than it.
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
    /// What the bank has taken back of it so far.
    pub fn reversed(&self) -> Money {
        let currency = self.amount.currency();
        Money::new(self.reversed_minor, currency).unwrap_or(Money::zero(currency))
    }

    /// What of it is left: this much can be credited or returned. Never less than nothing:
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

/// Those that `insert_payments.sql` names.
const COLUMNS: &[Type] = &[
    Type::INT2,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::INT4,
    Type::BYTEA,
    Type::UUID,
    Type::UUID,
    Type::INT2,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::BOOL,
    Type::BOOL,
    Type::BYTEA,
    Type::UUID,
    Type::DATE,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::INT8,
];

/// Inserts the payments that were decided. Their keys were claimed in the same transaction.
///
/// # Errors
/// The database's; `Unexpected` when fewer rows were written than given.
pub async fn insert(tx: &Tx<'_>, payments: &[&Payment]) -> Result<(), Error> {
    if payments.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<&Payment> = payments.to_vec();
    rows.sort_unstable_by_key(|p| p.id);
    let mut new = NewRows::in_time(COLUMNS);
    for p in &rows {
        new.row(&[
            &p.id.shard().number(),
            &p.id.uuid(),
            &&*p.bank,
            &p.reference,
            &p.position,
            &p.account_index.as_slice(),
            &p.account.map(|id| id.uuid()),
            &p.merchant.map(|id| id.uuid()),
            &p.merchant.map(|id| id.shard().number()),
            &p.amount.minor(),
            &p.amount.currency().code(),
            &p.status.as_str(),
            &p.reason.map(Reason::as_str),
            &p.conflict,
            &p.sum_mismatch,
            &&*p.details_sealed,
            &p.uetr,
            &p.value_date,
            &p.event,
            &p.received_at,
            &p.decided_at,
            &p.reversed_minor,
        ])?;
    }
    let inserted = tx
        .insert(include_str!("sql/insert_payments.sql"), include_str!("sql/copy_payments.sql"), new)
        .await?;
    expect_count("payments inserted", inserted, rows.len())
}
