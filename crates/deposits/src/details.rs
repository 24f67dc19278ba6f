//! What a payment says about persons: sealed at rest, never printed.

use std::fmt;

use privacy::Keyring;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::receipt::PaymentId;

/// A bank's words about one payment, in the clear. Sealed as one JSON text for the payment's id, so that the
/// bytes of one payment can't be passed off as another's.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentDetails {
    /// The account that it was paid into.
    pub account_number: String,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remitter_name: Option<String>,
    /// The account that it came from: a return goes there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remitter_account: Option<String>,
    /// What the remitter wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remittance_information: Option<String>,
    /// The remitter's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end_id: Option<String>,
}

impl PaymentDetails {
    /// The bytes to store with payment `id`.
    ///
    /// # Errors
    /// `Details` when there is no key to seal with.
    pub fn seal(&self, keyring: &Keyring, id: PaymentId) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(self).map_err(|error| Error::Details(error.to_string()))?;
        keyring.seal(&json, &context(id)).map_err(|error| Error::Details(error.to_string()))
    }

    /// Reads what [`seal`](PaymentDetails::seal) made for the same id.
    ///
    /// # Errors
    /// `Details` when the key is not in the ring, or the bytes are not this payment's.
    pub fn open(sealed: &[u8], keyring: &Keyring, id: PaymentId) -> Result<PaymentDetails, Error> {
        let json = keyring.open(sealed, &context(id)).map_err(|error| Error::Details(error.to_string()))?;
        // serde's message could quote the text: only its place is told.
        serde_json::from_slice(&json)
            .map_err(|error| Error::Details(format!("not readable at column {}", error.column())))
    }
}

impl fmt::Debug for PaymentDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentDetails(…)")
    }
}

fn context(id: PaymentId) -> Vec<u8> {
    [b"payments.details".as_slice(), id.uuid().as_bytes()].concat()
}
