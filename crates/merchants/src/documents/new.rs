//! A document as somebody describes it, checked and sealed.

use privacy::Keyring;
use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::format_description;

use super::kind::{DocumentKind, Origin};
use super::{NUMBER, Validity, number};
use crate::DocumentId;
use crate::error::Error;
use crate::keys::{context, document_index};
use crate::registry::MerchantKind;

/// A document as it is described.
#[derive(Debug, Clone)]
pub struct DocumentRequest<'a> {
    /// One of the names of [`DocumentKind`].
    pub kind: &'a str,
    /// Its number.
    pub number: &'a str,
    /// Its last day, `YYYY-MM-DD`; none where it doesn't expire.
    pub expires_on: Option<&'a str>,
}

/// One field that can't be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongField {
    /// Its name in the request, `documents[0].number` in a list.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl WrongField {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> WrongField {
        WrongField { field: field.into(), message: message.into() }
    }
}

/// A document whose fields were checked and sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDocument {
    /// Its id, in the merchant's shard.
    pub id: DocumentId,
    /// What it is.
    pub kind: DocumentKind,
    /// Its last day.
    pub expires_on: Option<Date>,
    pub(super) number_sealed: Vec<u8>,
    pub(crate) number_index: [u8; 32],
}

impl NewDocument {
    /// Checks and seals what shows who a merchant of this kind and origin is. Whether it has expired is asked for by itself, with
    /// [`NewDocument::expired`]: it depends on the day alone, and whoever repeats a request on a later day gets its first answer.
    ///
    /// # Errors
    /// The inner list names every field that can't be accepted; the outer error is the keyring's.
    pub fn check(
        keyring: &Keyring,
        id: DocumentId,
        (kind_of_merchant, origin): (MerchantKind, Option<Origin>),
        request: &DocumentRequest<'_>,
        today: Date,
    ) -> Result<Result<NewDocument, Vec<WrongField>>, Error> {
        let mut errors = Vec::new();
        let kind = DocumentKind::parse(request.kind).filter(|kind| kind.fits(kind_of_merchant, origin));
        let number = number::normalise(request.number);
        match kind {
            None => errors.push(WrongField::new("kind", not_needed(kind_of_merchant, origin))),
            Some(kind) => {
                let fault = number::fault(kind, origin, &number, today);
                errors.extend(fault.map(|message| WrongField::new("number", message)));
            }
        }
        let expires_on = match request.expires_on.map(last_day) {
            None if kind.is_some_and(DocumentKind::expires) => {
                errors.push(WrongField::new("expires_on", "is missing: such a document expires"));
                None
            }
            None => None,
            Some(None) => {
                errors.push(WrongField::new("expires_on", "must be a day (YYYY-MM-DD)"));
                None
            }
            Some(Some(day)) => Some(day),
        };
        let (Some(kind), true) = (kind, errors.is_empty()) else { return Ok(Err(errors)) };
        Ok(Ok(NewDocument {
            id,
            kind,
            expires_on,
            number_sealed: keyring.seal(number.as_bytes(), &context(NUMBER, id.uuid()))?,
            number_index: document_index(keyring, kind.as_str(), &number),
        }))
    }

    /// R39: an expired document can't pass.
    pub fn expired(&self, today: Date) -> Option<WrongField> {
        let over = Validity::of(self.expires_on, today) == Validity::Expired;
        over.then(|| WrongField::new("expires_on", "the document has expired"))
    }
}

fn not_needed(kind: MerchantKind, origin: Option<Origin>) -> String {
    let fitting = DocumentKind::ALL.into_iter().filter(|one| one.fits(kind, origin));
    let names: Vec<&str> = fitting.map(DocumentKind::as_str).collect();
    format!("must be {} for this merchant", names.join(" or "))
}

/// YYYY-MM-DD and nothing else, of the years that the database keeps and everybody writes alike.
fn last_day(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
    Some(day).filter(|day| plain && (1..=9998).contains(&day.year()))
}
