//! To whom a payout goes, sealed with it: an attempt keeps its beneficiary whatever becomes of the payee.

use bank::{Beneficiary, Hidden};
use deposits::{Payment, PaymentDetails};
use merchants::Payee;
use payouts::PayoutId;
use privacy::Keyring;
use serde::{Deserialize, Serialize};

use super::void::Void;

#[derive(Serialize, Deserialize)]
struct Sealed {
    name: String,
    account_number: String,
    bank_code: String,
    country: String,
}

/// Seals a payee for `payout`.
pub(super) fn of_payee(keyring: &Keyring, payout: PayoutId, payee: &Payee) -> Result<Vec<u8>, Void> {
    let account = beneficiary_of(keyring, payee)?;
    let sealed = Sealed {
        name: account.name.expose().to_owned(),
        account_number: account.account_number.expose().to_owned(),
        bank_code: account.bank_code,
        country: account.country,
    };
    seal(keyring, payout, &sealed)
}

/// A payee as banks are told of it.
///
/// # Errors
/// When the sealed data can't be opened.
pub fn beneficiary_of(keyring: &Keyring, payee: &Payee) -> Result<Beneficiary, merchants::Error> {
    Ok(Beneficiary {
        name: Hidden::new(payee.holder_name(keyring)?.reveal().as_str()),
        account_number: Hidden::new(payee.account_number(keyring)?.reveal().as_str()),
        bank_code: payee.bank_code.clone().unwrap_or_default(),
        country: payee.country.clone(),
    })
}

/// Seals the remitter of `payment` for the payout that returns it. Where the bank did not name the remitter's
/// account, it is named by the payment's own reference, by which a bank returns.
pub(super) fn of_remitter(keyring: &Keyring, payout: PayoutId, payment: &Payment) -> Result<Vec<u8>, Void> {
    let details = PaymentDetails::open(&payment.details_sealed, keyring, payment.id)?;
    let by_reference = || format!("REF:{}:RETURN", payment.reference);
    let sealed = Sealed {
        name: details.remitter_name.clone().unwrap_or_else(|| "REMITTER".to_owned()),
        account_number: details.remitter_account.clone().unwrap_or_else(by_reference),
        bank_code: String::new(),
        country: String::new(),
    };
    seal(keyring, payout, &sealed)
}

fn seal(keyring: &Keyring, payout: PayoutId, sealed: &Sealed) -> Result<Vec<u8>, Void> {
    let text = serde_json::to_vec(sealed)?;
    Ok(keyring.seal(&text, &context(payout))?)
}

/// Opens the beneficiary of `payout`, for the bank.
///
/// # Errors
/// In words, when it was changed or is not a beneficiary.
pub fn open(keyring: &Keyring, payout: PayoutId, sealed: &[u8]) -> Result<Beneficiary, String> {
    let text = keyring.open(sealed, &context(payout)).map_err(|error| error.to_string())?;
    let sealed: Sealed = serde_json::from_slice(&text).map_err(|_| "not a beneficiary".to_owned())?;
    Ok(Beneficiary {
        name: Hidden::new(sealed.name),
        account_number: Hidden::new(sealed.account_number),
        bank_code: sealed.bank_code,
        country: sealed.country,
    })
}

fn context(payout: PayoutId) -> Vec<u8> {
    let mut context = b"payouts.beneficiary\0".to_vec();
    context.extend_from_slice(payout.uuid().as_bytes());
    context
}
