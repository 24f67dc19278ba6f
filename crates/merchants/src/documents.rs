//! What shows who a merchant is, and until when it does (R39, R40).

mod age;
mod decide;
mod kind;
mod new;
mod number;
mod store;

use privacy::{Keyring, Sensitive};
use time::{Date, OffsetDateTime};

use crate::error::Error;
use crate::keys::open_text;
use crate::{DocumentId, MerchantId};

pub use age::{TOLD_DAYS, Validity};
pub use decide::{Aged, Lack};
pub use kind::{DocumentKind, Origin};
pub use new::{DocumentRequest, NewDocument, WrongField};
pub(crate) use store::insert;
pub use store::{AddRefusal, Documents, Reviews, aging, documents_of, list_documents, reviews};

/// A document's row; its number stays sealed until somebody needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What it is.
    pub kind: DocumentKind,
    /// Its last day; none where it doesn't expire.
    pub expires_on: Option<Date>,
    /// When it was added.
    pub added_at: OffsetDateTime,
    /// When the merchant was told that it expires soon.
    pub told_at: Option<OffsetDateTime>,
    /// When it was seen that it has expired.
    pub lapsed_at: Option<OffsetDateTime>,
    /// When a newer one took its place; none while it is in effect.
    pub replaced_at: Option<OffsetDateTime>,
    number_sealed: Vec<u8>,
    number_index: [u8; 32],
}

impl Document {
    /// Whether it holds on this day.
    pub fn validity(&self, today: Date) -> Validity {
        Validity::of(self.expires_on, today)
    }

    /// Its number, to be masked.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn number(&self, keyring: &Keyring) -> Result<Sensitive<String>, Error> {
        open_text(keyring, &self.number_sealed, NUMBER, self.id.uuid())
    }
}

/// What a sealed number is bound to, beside its row.
const NUMBER: &str = "merchant_documents.number";
