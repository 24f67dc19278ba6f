//! Payees: bank accounts that a merchant withdraws to; the holder must be the merchant (R21).

use std::collections::HashMap;

use money::Currency;
use pg::Tx;
use privacy::{Keyring, Sensitive};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::keys::{account_index, context, name_index, open_text};
use crate::{MerchantId, PayeeId};

/// Whether money may go to a payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayeeState {
    /// The holder is the merchant.
    Verified,
    /// Not known yet.
    Pending,
    /// The holder is somebody else.
    Rejected,
}

impl PayeeState {
    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            PayeeState::Verified => "verified",
            PayeeState::Pending => "pending",
            PayeeState::Rejected => "rejected",
        }
    }

    fn parse(name: &str) -> Option<PayeeState> {
        [PayeeState::Verified, PayeeState::Pending, PayeeState::Rejected]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

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

/// A payee as a merchant describes it.
#[derive(Debug, Clone)]
pub struct PayeeRequest<'a> {
    /// The holder's name.
    pub holder_name: &'a str,
    /// ISO 3166 alpha-2.
    pub country: &'a str,
    /// ISO 4217.
    pub currency: &'a str,
    /// The account number or IBAN.
    pub account_number: &'a str,
    /// CNAPS, BIC or local code.
    pub bank_code: Option<&'a str>,
    /// The bank's name.
    pub bank_name: Option<&'a str>,
}

/// One field that can't be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Its name in the request.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// A payee whose fields were checked and sealed.
#[derive(Debug)]
pub struct NewPayee {
    id: PayeeId,
    merchant: MerchantId,
    country: String,
    currency: Currency,
    bank_code: Option<String>,
    bank_name: Option<String>,
    holder_sealed: Vec<u8>,
    holder_index: [u8; 32],
    number_sealed: Vec<u8>,
    number_index: [u8; 32],
}

impl NewPayee {
    /// Checks and seals what a merchant sent.
    ///
    /// # Errors
    /// The inner list names every field that can't be accepted; the outer error is the keyring's.
    pub fn check(
        keyring: &Keyring,
        id: PayeeId,
        merchant: MerchantId,
        request: &PayeeRequest<'_>,
    ) -> Result<Result<NewPayee, Vec<FieldError>>, Error> {
        let mut errors = Vec::new();
        let mut refuse = |field, message: &str| errors.push(FieldError { field, message: message.into() });
        let holder = request.holder_name.trim();
        if holder.is_empty() || holder.chars().count() > 140 || holder.chars().any(char::is_control) {
            refuse("holder_name", "must have 1 to 140 characters and no control characters");
        }
        let country = request.country;
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            refuse("country", "must be two capital letters (ISO 3166)");
        }
        let currency = Currency::parse(request.currency);
        if currency.is_err() {
            refuse("currency", "must be a currency code (ISO 4217)");
        }
        let number = privacy::normalise_account_number(request.account_number);
        if !(4..=34).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            refuse("account_number", "must have 4 to 34 letters and digits");
        }
        for (field, value) in [("bank_code", request.bank_code), ("bank_name", request.bank_name)] {
            if value
                .is_some_and(|v| v.is_empty() || v.chars().count() > 140 || v.chars().any(char::is_control))
            {
                refuse(field, "must have 1 to 140 characters and no control characters");
            }
        }
        let (Ok(currency), true) = (currency, errors.is_empty()) else { return Ok(Err(errors)) };
        Ok(Ok(NewPayee {
            id,
            merchant,
            country: country.to_owned(),
            currency,
            bank_code: request.bank_code.map(str::to_owned),
            bank_name: request.bank_name.map(str::to_owned),
            holder_sealed: keyring.seal(holder.as_bytes(), &context("payees.holder", id.uuid()))?,
            holder_index: name_index(keyring, holder),
            number_sealed: keyring.seal(number.as_bytes(), &context("payees.number", id.uuid()))?,
            number_index: account_index(keyring, &number),
        }))
    }
}

/// R21: the holder must be the merchant. Compared blindly, as names are normalised.
fn verdict(merchant_name: &[u8], holder: &[u8; 32]) -> (PayeeState, Option<&'static str>) {
    if merchant_name == holder.as_slice() {
        (PayeeState::Verified, None)
    } else {
        (PayeeState::Rejected, Some("the holder is not the merchant"))
    }
}

/// Adds a payee and decides whether its holder is the merchant. None when there is no such merchant.
///
/// # Errors
/// The database's.
pub async fn create_payee(conn: &pg::Connection, new: &NewPayee) -> Result<Option<Payee>, Error> {
    let shard = new.merchant.shard().number();
    let rows =
        conn.query(include_str!("sql/merchant_name_index.sql"), &[&shard, &new.merchant.uuid()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (state, rejection) = verdict(row.get("name_index"), &new.holder_index);
    let inserted = conn
        .query_one(
            include_str!("sql/insert_payee.sql"),
            &[
                &shard,
                &new.id.uuid(),
                &new.merchant.uuid(),
                &new.holder_sealed,
                &new.holder_index.as_slice(),
                &new.country,
                &new.currency.code(),
                &new.number_sealed,
                &new.number_index.as_slice(),
                &new.bank_code,
                &new.bank_name,
                &state.as_str(),
                &rejection,
            ],
        )
        .await?;
    read(&inserted).map(Some)
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
    let after = after.map(|id| id.uuid());
    let rows = conn
        .query(
            include_str!("sql/list_payees.sql"),
            &[&merchant.shard().number(), &merchant.uuid(), &after, &limit],
        )
        .await?;
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

fn read(row: &pg::Row) -> Result<Payee, Error> {
    let id = PayeeId::from_uuid(row.get("id"));
    let broken = |what: &str| Error::Unexpected(format!("{what} of {id}"));
    Ok(Payee {
        id,
        merchant: MerchantId::from_uuid(row.get("merchant")),
        country: row.get("country"),
        currency: Currency::from_db(row.get("currency")).map_err(|_| broken("currency"))?,
        bank_code: row.get("bank_code"),
        bank_name: row.get("bank_name"),
        state: PayeeState::parse(row.get("state")).ok_or_else(|| broken("state"))?,
        rejection: row.get("rejection"),
        created_at: row.get("created_at"),
        holder_sealed: row.get("holder_sealed"),
        number_sealed: row.get("number_sealed"),
        deleted: row.get::<_, Option<OffsetDateTime>>("deleted_at").is_some(),
    })
}
