//! Payees: bank accounts that a merchant withdraws to; the holder must be the merchant (R21).

mod bic;
mod checks;
mod china;
mod country;
mod iban;
mod local;
mod new;
mod scheme;
mod state;

use std::collections::HashMap;

use money::Currency;
use pg::Tx;
use privacy::{Keyring, Sensitive};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::keys::open_text;
use crate::{MerchantId, PayeeId};

pub use checks::{PendingPayees, claim_account_checks, pending_payees, settle_payee};
pub use new::{NewPayee, PayeeRequest, create_payee};
pub use scheme::{Scheme, Warning};
pub use state::{PayeeEvent, PayeeState};

/// A payee's row; name and number stay sealed until somebody needs them.
#[derive(Debug, Clone)]
pub struct Payee {
    /// Its id.
    pub id: PayeeId,
    /// Whose payee it is.
    pub merchant: MerchantId,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// The currency that it receives.
    pub currency: Currency,
    /// CNAPS, BIC or local code.
    pub bank_code: Option<String>,
    /// The bank's name.
    pub bank_name: Option<String>,
    /// Whether money may go to it.
    pub state: PayeeState,
    /// Why not.
    pub rejection: Option<String>,
    /// How money reaches it; none of one that was added before schemes were told apart.
    pub scheme: Option<Scheme>,
    /// What looked wrong when it was added.
    pub warnings: Vec<Warning>,
    /// While it is pending: when its bank is asked again; none when it was asked often enough.
    pub next_check_at: Option<OffsetDateTime>,
    /// When it was added.
    pub created_at: OffsetDateTime,
    holder_sealed: Vec<u8>,
    number_sealed: Vec<u8>,
    deleted: bool,
}

impl Payee {
    /// Whether the merchant removed it; payouts under way to it go on.
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// The holder's name.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn holder_name(&self, keyring: &Keyring) -> Result<Sensitive<String>, Error> {
        open_text(keyring, &self.holder_sealed, "payees.holder", self.id.uuid())
    }

    /// The account number.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn account_number(&self, keyring: &Keyring) -> Result<Sensitive<String>, Error> {
        open_text(keyring, &self.number_sealed, "payees.number", self.id.uuid())
    }
}

/// One field that can't be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Its name in the request.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// Payees for decisions, by id, deleted ones among them.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn payees(tx: &Tx<'_>, ids: &[PayeeId]) -> Result<HashMap<PayeeId, Payee>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let shards: Vec<i16> = ids.iter().map(|id| id.shard().number()).collect();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = tx.query(include_str!("sql/payees.sql"), &[&shards, &uuids]).await?;
    rows.iter().map(|row| read(row).map(|payee| (payee.id, payee))).collect()
}

/// A merchant's own payee, deleted or not; none where it is somebody else's.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn payee(conn: &pg::Connection, merchant: MerchantId, id: PayeeId) -> Result<Option<Payee>, Error> {
    let (shards, ids) = (vec![id.shard().number()], vec![id.uuid()]);
    let rows = conn.query(include_str!("sql/payees.sql"), &[&shards, &ids]).await?;
    let found = rows.first().map(read).transpose()?;
    Ok(found.filter(|payee| payee.merchant == merchant))
}

/// A merchant's payees, oldest first, at most `limit`, after `after`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn list_payees(
    conn: &pg::Connection,
    merchant: MerchantId,
    after: Option<PayeeId>,
    limit: i64,
) -> Result<Vec<Payee>, Error> {
    page(conn, include_str!("sql/list_payees.sql"), merchant, after, limit).await
}

/// All payees that are kept of a merchant, removed ones among them (R38), oldest first, at most `limit`, after `after`.
///
/// # Errors
/// The database's; `Unexpected` when a row can't be understood.
pub async fn payees_of(
    conn: &pg::Connection,
    merchant: MerchantId,
    after: Option<PayeeId>,
    limit: i64,
) -> Result<Vec<Payee>, Error> {
    page(conn, include_str!("sql/payees_of.sql"), merchant, after, limit).await
}

async fn page(
    conn: &pg::Connection,
    sql: &'static str,
    merchant: MerchantId,
    after: Option<PayeeId>,
    limit: i64,
) -> Result<Vec<Payee>, Error> {
    let (shard, after) = (merchant.shard().number(), after.map(|id| id.uuid()));
    let rows = conn.query(sql, &[&shard, &merchant.uuid(), &after, &limit]).await?;
    rows.iter().map(read).collect()
}

/// Removes a payee; false when the merchant has no such payee.
///
/// # Errors
/// The database's.
pub async fn delete_payee(conn: &pg::Connection, merchant: MerchantId, id: PayeeId) -> Result<bool, Error> {
    let removed = conn
        .execute(include_str!("sql/delete_payee.sql"), &[&id.shard().number(), &id.uuid(), &merchant.uuid()])
        .await?;
    Ok(removed == 1)
}

/// A row of payees.
pub(crate) fn read(row: &pg::Row) -> Result<Payee, Error> {
    let id = PayeeId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("{what} of {id}"));
    let scheme: Option<&str> = row.get("scheme");
    let warnings: Option<Vec<Warning>> =
        row.get::<_, Vec<&str>>("warnings").into_iter().map(Warning::parse).collect();
    Ok(Payee {
        id,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        country: row.get("country"),
        currency: Currency::from_db(row.get("currency")).map_err(|_| broken("currency"))?,
        bank_code: row.get("bank_code"),
        bank_name: row.get("bank_name"),
        state: PayeeState::parse(row.get("state")).ok_or_else(|| broken("state"))?,
        rejection: row.get("rejection"),
        scheme: scheme.map(|name| Scheme::parse(name).ok_or_else(|| broken("scheme"))).transpose()?,
        warnings: warnings.ok_or_else(|| broken("warnings"))?,
        next_check_at: row.get("check_at"),
        created_at: row.get("created_at"),
        holder_sealed: row.get("holder_sealed"),
        number_sealed: row.get("number_sealed"),
        deleted: row.get::<_, Option<OffsetDateTime>>("deleted_at").is_some(),
    })
}
