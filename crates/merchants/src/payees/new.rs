//! A payee as a merchant describes it, checked, sealed and entered.

use money::Currency;
use privacy::Keyring;

use super::scheme::{Destination, Scheme, Warning, judge};
use super::state::PayeeState;
use super::{FieldError, Payee, checks, country, read};
use crate::error::Error;
use crate::keys::{account_index, context, name_index};
use crate::numbers::tail_of;
use crate::unseen::is_unseen;
use crate::{MerchantId, PayeeId};

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

impl PayeeRequest<'_> {
    /// What is wrong with single fields, whatever the others say.
    fn faults(&self, number: &str, currency: Option<Currency>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut refuse = |field, message: &str| errors.push(FieldError { field, message: message.into() });
        if self.holder_name.trim().is_empty() || !printable(self.holder_name.trim()) {
            refuse("holder_name", "must have 1 to 140 characters and none that is not seen");
        }
        if !country::exists(self.country) {
            refuse("country", "must be a country's two capital letters (ISO 3166)");
        }
        if currency.is_none() {
            refuse("currency", "must be a currency code (ISO 4217)");
        }
        if !(4..=34).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            refuse("account_number", "must have 4 to 34 letters and digits");
        }
        for (field, value) in [("bank_code", self.bank_code), ("bank_name", self.bank_name)] {
            if value.is_some_and(|value| value.is_empty() || !printable(value)) {
                refuse(field, "must have 1 to 140 characters and none that is not seen");
            }
        }
        errors
    }
}

fn printable(text: &str) -> bool {
    text.chars().count() <= 140 && !text.chars().any(is_unseen)
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
    scheme: Scheme,
    warnings: Vec<Warning>,
    bank_is_asked: bool,
    holder_sealed: Vec<u8>,
    holder_index: [u8; 32],
    number_sealed: Vec<u8>,
    number_index: [u8; 32],
    tail: Vec<u8>,
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
        let number = privacy::normalise_account_number(request.account_number);
        let bank_code = request.bank_code.map(privacy::normalise_account_number);
        let currency = Currency::parse(request.currency).ok();
        let errors = request.faults(&number, currency);
        let (Some(currency), true) = (currency, errors.is_empty()) else { return Ok(Err(errors)) };
        let destination =
            Destination { country: request.country, currency, number: &number, code: bank_code.as_deref() };
        let (scheme, warnings) = match judge(&destination) {
            Ok(judged) => judged,
            Err(errors) => return Ok(Err(errors)),
        };
        let holder = request.holder_name.trim();
        Ok(Ok(NewPayee {
            id,
            merchant,
            country: request.country.to_owned(),
            currency,
            bank_code,
            bank_name: request.bank_name.map(str::to_owned),
            scheme,
            warnings,
            bank_is_asked: false,
            holder_sealed: keyring.seal(holder.as_bytes(), &context("payees.holder", id.uuid()))?,
            holder_index: name_index(keyring, holder),
            number_sealed: keyring.seal(number.as_bytes(), &context("payees.number", id.uuid()))?,
            number_index: account_index(keyring, &number),
            tail: tail_of(keyring, &number),
        }))
    }

    /// The currency that it is to receive.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The merchant's name is not enough: the payee is pending until its bank has answered.
    #[must_use]
    pub fn to_be_asked_about(self) -> NewPayee {
        NewPayee { bank_is_asked: true, ..self }
    }
}

/// Adds a payee. One with another holder than the merchant is rejected; one about which a bank is to be asked is pending,
/// and comes up by itself when whoever entered it has not settled it soon. None when there is no such merchant.
///
/// # Errors
/// The database's.
pub async fn create_payee(conn: &pg::Connection, new: &NewPayee) -> Result<Option<Payee>, Error> {
    let shard = new.merchant.shard().number();
    let rows =
        conn.query(include_str!("../sql/merchant_name_index.sql"), &[&shard, &new.merchant.uuid()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    // Compared blindly, as names are normalised.
    let same_name = row.get::<_, &[u8]>("name_index") == new.holder_index.as_slice();
    let state = PayeeState::first(same_name, new.bank_is_asked);
    let rejection = (state == PayeeState::Rejected).then_some("the holder is not the merchant");
    let warnings: Vec<&str> = new.warnings.iter().map(|warning| warning.as_str()).collect();
    let asked_again = (state == PayeeState::Pending).then(|| checks::FIRST_PAUSE.as_secs_f64());
    let inserted = conn
        .query_one(
            include_str!("../sql/insert_payee.sql"),
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
                &new.scheme.as_str(),
                &warnings,
                &asked_again,
                &new.tail,
            ],
        )
        .await?;
    read(&inserted).map(Some)
}
