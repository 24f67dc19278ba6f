//! How a merchant comes in (R39): what is asked of it, checked and sealed, then entered with its first documents.

use std::collections::BTreeSet;

use pg::Tx;
use privacy::Keyring;
use time::{Date, OffsetDateTime};

use crate::documents::{self, DocumentKind, DocumentRequest, NewDocument, Origin, WrongField};
use crate::error::Error;
use crate::keys::{context, email_index, mobile_index, name_index};
use crate::marks::{self, Claimed, MarkKind};
use crate::registry::MerchantKind;
use crate::state::{MerchantEvent, MerchantState};
use crate::unseen::is_unseen;
use crate::{DocumentId, MerchantId};

/// A merchant as it is described.
#[derive(Debug, Clone)]
pub struct RegistrationRequest<'a> {
    /// `individual`, `enterprise`.
    pub kind: &'a str,
    /// `mainland`, `hong_kong`, `other`.
    pub origin: &'a str,
    /// Its legal name.
    pub name: &'a str,
    /// Its e-mail address.
    pub email: &'a str,
    /// Its mobile number, as E.164 writes it: `+8613812345678`.
    pub mobile: &'a str,
    /// Its first documents, one at least.
    pub documents: Vec<DocumentRequest<'a>>,
}

/// A registration whose fields were checked and sealed.
#[derive(Debug)]
pub struct Registration {
    /// The new merchant's id.
    pub id: MerchantId,
    /// What it is.
    pub kind: MerchantKind,
    /// Where it is from.
    pub origin: Origin,
    /// Where it starts: whoever's documents say enough by themselves is active at once (R39).
    pub state: MerchantState,
    /// Its first documents.
    pub documents: Vec<NewDocument>,
    /// Nobody is fully verified by coming in (R30).
    fully_verified: bool,
    name_sealed: Vec<u8>,
    name_index: [u8; 32],
    email_sealed: Vec<u8>,
    email_index: [u8; 32],
    mobile_sealed: Vec<u8>,
    mobile_index: [u8; 32],
}

/// Most documents in one request; nobody needs more kinds.
const MOST_DOCUMENTS: usize = DocumentKind::ALL.len();

impl Registration {
    /// Checks and seals what an operator enters on a day.
    ///
    /// # Errors
    /// The inner list names every field that can't be accepted; the outer error is the keyring's.
    pub fn check(
        keyring: &Keyring,
        id: MerchantId,
        request: &RegistrationRequest<'_>,
        today: Date,
    ) -> Result<Result<Registration, Vec<WrongField>>, Error> {
        let (mut errors, name, email) = (Vec::new(), request.name.trim(), request.email.trim());
        let mut refuse = |field: &str, message: &str| errors.push(WrongField::new(field, message));
        let kind = MerchantKind::parse(request.kind);
        let origin = Origin::parse(request.origin);
        if kind.is_none() {
            refuse("kind", "must be individual or enterprise");
        }
        if origin.is_none() {
            refuse("origin", "must be mainland, hong_kong or other");
        }
        if name.is_empty() || name.chars().count() > 140 || name.chars().any(is_unseen) {
            refuse("name", "must have 1 to 140 characters and none that is not seen");
        }
        // It is written into files for authorities as it is, and a table program would take it for a formula.
        if name.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
            refuse("name", "must not begin with =, +, - or @");
        }
        if !is_email(email) {
            refuse("email", "must be an e-mail address");
        }
        if !is_mobile(request.mobile) {
            refuse("mobile", "must be a mobile number such as +8613812345678 (E.164)");
        }
        if request.documents.is_empty() || request.documents.len() > MOST_DOCUMENTS {
            refuse("documents", "must be 1 to 6 documents");
        }
        let (Some(kind), Some(origin)) = (kind, origin) else { return Ok(Err(errors)) };
        let mut documents = Vec::new();
        for (at, one) in request.documents.iter().take(MOST_DOCUMENTS).enumerate() {
            let new = DocumentId::new(id.shard());
            let wrong = match NewDocument::check(keyring, new, (kind, Some(origin)), one, today)? {
                Ok(document) => {
                    let expired = document.expired(today);
                    documents.push(document);
                    Vec::from_iter(expired)
                }
                Err(wrong) => wrong,
            };
            let within = |wrong: &WrongField| format!("documents[{at}].{}", wrong.field);
            errors.extend(wrong.into_iter().map(|wrong| WrongField { field: within(&wrong), ..wrong }));
        }
        let kinds: BTreeSet<DocumentKind> = documents.iter().map(|document| document.kind).collect();
        if kinds.len() < documents.len() {
            errors.push(WrongField::new("documents", "must be one of each kind"));
        }
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        let seal = |text: &str, column: &str| keyring.seal(text.as_bytes(), &context(column, id.uuid()));
        Ok(Ok(Registration {
            id,
            kind,
            origin,
            state: first_state(kind, origin)?,
            documents,
            fully_verified: false,
            name_sealed: seal(name, "merchants.name")?,
            name_index: name_index(keyring, name),
            email_sealed: seal(email, "merchants.email")?,
            email_index: email_index(keyring, email),
            mobile_sealed: seal(request.mobile, "merchants.mobile")?,
            mobile_index: mobile_index(keyring, request.mobile),
        }))
    }

    /// The same merchant, active and fully verified (R30), for who enters merchants that were identified elsewhere.
    #[must_use]
    pub fn identified(self) -> Registration {
        Registration { state: MerchantState::Active, fully_verified: true, ..self }
    }

    /// Enters the merchant with its documents. `review_due_at` counts while it is pending.
    ///
    /// # Errors
    /// The inner one names what is another living merchant's already; the outer one is the database's. Either way the caller
    /// rolls back.
    pub async fn enter(
        &self,
        tx: &Tx<'_>,
        now: OffsetDateTime,
        review_due_at: Option<OffsetDateTime>,
    ) -> Result<Result<(), Vec<WrongField>>, Error> {
        let taken = self.claim_marks(tx).await?;
        if !taken.is_empty() {
            return Ok(Err(taken));
        }
        let due = review_due_at.filter(|_| self.state == MerchantState::Pending);
        let parameters: [&(dyn pg::ToSql + Sync); 14] = [
            &self.id.shard().number(),
            &self.id.uuid(),
            &self.kind.as_str(),
            &self.origin.as_str(),
            &self.state.as_str(),
            &self.name_sealed,
            &self.name_index.as_slice(),
            &self.email_sealed,
            &self.email_index.as_slice(),
            &self.mobile_sealed,
            &self.mobile_index.as_slice(),
            &due,
            &self.fully_verified.then_some(now),
            &now,
        ];
        tx.execute(include_str!("sql/register_merchant.sql"), &parameters).await?;
        for document in &self.documents {
            documents::insert(tx, self.id, document, now).await?;
        }
        Ok(Ok(()))
    }

    /// One merchant for each address, number and legal subject.
    async fn claim_marks(&self, tx: &Tx<'_>) -> Result<Vec<WrongField>, Error> {
        let mut marks = vec![
            (MarkKind::Email, self.email_index, "email".to_owned()),
            (MarkKind::Mobile, self.mobile_index, "mobile".to_owned()),
        ];
        let origin = Some(self.origin);
        let numbered = self.documents.iter().enumerate();
        let numbered = numbered.filter(|(_, one)| one.kind.names_one_subject(origin));
        marks.extend(
            numbered
                .map(|(at, one)| (MarkKind::Document, one.number_index, format!("documents[{at}].number"))),
        );
        marks.sort();
        let mut taken = Vec::new();
        for (kind, index, field) in marks {
            if marks::claim(tx, self.id, kind, &index).await? == Claimed::Others {
                taken.push(WrongField::new(field, "is another merchant's already"));
            }
        }
        Ok(taken)
    }
}

/// R39: the identity number of a mainland resident says by itself whether it can be, and was checked with its document;
/// everybody else waits for an operator.
fn first_state(kind: MerchantKind, origin: Origin) -> Result<MerchantState, Error> {
    if (kind, origin) != (MerchantKind::Individual, Origin::Mainland) {
        return Ok(MerchantState::Pending);
    }
    let state = MerchantState::Pending.next(MerchantEvent::Activate);
    state.ok_or_else(|| Error::Unexpected("who is pending can't be activated".into()))
}

/// Something that mail can be sent to: one address in ASCII, without quotes.
fn is_email(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label = |label: &str| {
        let inside = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (1..=63).contains(&label.len()) && inside && !label.starts_with('-') && !label.ends_with('-')
    };
    let dots = |text: &str| text.starts_with('.') || text.ends_with('.') || text.contains("..");
    (1..=64).contains(&local.len())
        && local.chars().all(atom)
        && !dots(local)
        && address.len() <= 254
        && domain.contains('.')
        && domain.split('.').all(label)
}

/// E.164: a plus, a country's code that begins with no zero, 8 to 15 digits in all.
fn is_mobile(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r39_who_is_answered_at_once() {
        for kind in MerchantKind::ALL {
            for origin in Origin::ALL {
                let at_once = kind == MerchantKind::Individual && origin == Origin::Mainland;
                let expected = if at_once { MerchantState::Active } else { MerchantState::Pending };
                assert_eq!(first_state(kind, origin).unwrap(), expected, "{kind:?} {origin:?}");
            }
        }
    }

    #[test]
    fn r39_addresses_and_mobile_numbers() {
        for (text, right) in [
            ("li@example.com", true),
            ("li.na+shop@mail.example.co.jp", true),
            ("li@example", false),
            ("li@@example.com", false),
            ("li na@example.com", false),
            ("li@exa mple.com", false),
            ("li@-example.com", false),
            ("li@example..com", false),
            (".li@example.com", false),
            ("li@example.com\r\nBcc: x@y.example", false),
            ("李@example.com", false),
            ("@example.com", false),
            ("", false),
        ] {
            assert_eq!(is_email(text), right, "{text:?}");
        }
        for (text, right) in [
            ("+8613812345678", true),
            ("+85291234567", true),
            ("+12345678", true),
            ("+1234567", false),
            ("+1234567890123456", false),
            ("8613812345678", false),
            ("+0613812345678", false),
            ("+86 138 1234 5678", false),
            ("+861381234567x", false),
            ("", false),
        ] {
            assert_eq!(is_mobile(text), right, "{text:?}");
        }
    }
}
