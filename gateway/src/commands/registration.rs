//! R39, R40: who is identified, and what becomes of merchants as their documents are added and grow old.

use audit::Entry;
use bytes::Bytes;
use merchants::documents::{AddRefusal, Aged, Document, NewDocument, Validity};
use merchants::{DocumentId, MerchantId, MerchantState};
use notifications::{Notice, NoticeKind};
use serde_json::{Value, json};
use time::Date;

use super::alarms::Alarm;
use super::batch::Outcome;
use super::operators::{No, illegal};
use super::stage::Stage;
use super::{Action, Operate, Reply};
use crate::problem::Problem;

const OTHER_NUMBER: &str = "number: is another one than that of the document it renews";
const OTHERS_NUMBER: &str = "number: is another merchant's already";

impl Stage<'_> {
    /// R39: an operator has looked at what the merchant shows.
    pub(super) fn activate(&mut self, merchant: MerchantId) -> Result<(), No> {
        if let Some(row) = self.merchants.get(merchant).filter(|row| row.state != MerchantState::Pending) {
            return Err(illegal(format!("the merchant is {}", row.state.as_str())));
        }
        if let Some(lack) = self.documents.lack(merchant, self.facts.day(self.now)) {
            return Err(illegal(lack.to_string()));
        }
        if !self.merchants.activate(merchant) {
            return Err(illegal("the merchant can't be activated in its state".into()));
        }
        self.told.push(activated(merchant));
        Ok(())
    }

    /// R40: what was missing or has expired is there now; a merchant that was restricted for it goes on.
    pub(super) fn add_document(&mut self, merchant: MerchantId, new: &NewDocument) -> Result<(), No> {
        if self.merchants.get(merchant).is_some_and(|row| row.state == MerchantState::Closed) {
            return Err((Problem::MerchantClosed, "the merchant is closed".into()));
        }
        // Not before the key was claimed: what was done under it stays done, whatever day it is.
        if let Some(wrong) = new.expired(self.facts.day(self.now)) {
            return Err((Problem::InvalidRequest, format!("{}: {}", wrong.field, wrong.message)));
        }
        self.documents.add(merchant, new, self.now).map_err(|refusal| {
            let why = match refusal {
                AddRefusal::OtherNumber => OTHER_NUMBER,
                AddRefusal::OthersNumber => OTHERS_NUMBER,
            };
            (Problem::InvalidRequest, why.to_owned())
        })?;
        let does = self.documents.lack(merchant, self.facts.day(self.now)).is_none();
        if does && self.merchants.renew(merchant) && self.is_active(merchant) {
            self.told.push(activated(merchant));
        }
        Ok(())
    }

    /// R35: an operator who is told that a number is not the merchant's, or is another's, has learned something that is masked.
    /// So it is written down who was, and never which number.
    pub(super) fn note_refused(&mut self, command: &Operate, why: &No) {
        let of_document = matches!(command.action, Action::AddDocument { .. });
        if !of_document || !matches!(why.1.as_str(), OTHER_NUMBER | OTHERS_NUMBER) {
            return;
        }
        self.entries.push(Entry {
            at: self.now,
            actor: command.operator.id.to_string(),
            person: command.operator.person.to_string(),
            origin: command.operator.origin.clone(),
            action: format!("{}.refused", command.action.name()),
            subject: command.action.subject(),
            reason: command.reason.clone(),
            before: None,
            after: Some(json!({"refused": ["number"]}).to_string()),
            idempotency_key: Some(command.request.key.clone()),
        });
    }

    fn is_active(&self, merchant: MerchantId) -> bool {
        self.merchants.get(merchant).is_some_and(|row| row.state == MerchantState::Active)
    }

    /// R40: what the day does to these merchants. Another gateway may have seen it before.
    pub(super) fn age_documents(&mut self, merchants: &[MerchantId]) -> Outcome {
        let today = self.facts.day(self.now);
        for merchant in merchants {
            let before = self.identity_shown(*merchant);
            let Aged { expiring, expired } = self.documents.age(*merchant, today, self.now);
            if self.merchants.get(*merchant).is_none_or(|row| row.state == MerchantState::Closed) {
                continue;
            }
            let soon: Vec<Notice> = expiring.iter().filter_map(|id| self.expiring(*id, today)).collect();
            self.told.extend(soon);
            if expired.is_empty() || !self.merchants.restrict(*merchant) {
                continue;
            }
            self.told.push(self.restricted(*merchant, &expired));
            self.alarms.push(Alarm::Restricted { merchant: *merchant });
            self.entries.push(Entry {
                at: self.now,
                actor: "gateway".into(),
                person: "gateway".into(),
                origin: "gateway".into(),
                action: "merchant.restrict".into(),
                subject: merchant.to_string(),
                reason: "a document has expired".into(),
                before: before.map(|shown| shown.to_string()),
                after: self.identity_shown(*merchant).map(|shown| shown.to_string()),
                idempotency_key: None,
            });
        }
        Outcome { reply: Reply { status: 200, body: Bytes::new(), replayed: false }, stored: true }
    }

    /// State and documents, without their numbers: for answers and for the trail. Of a frozen merchant also what it will be.
    pub(super) fn identity_shown(&self, merchant: MerchantId) -> Option<Value> {
        let row = self.merchants.get(merchant)?;
        let today = self.facts.day(self.now);
        let shown: Vec<Value> =
            self.documents.of(merchant).into_iter().map(|document| document_shown(document, today)).collect();
        Some(json!({
            "id": merchant.to_string(),
            "status": row.state.as_str(),
            "status_before_freeze": row.before_freeze.map(MerchantState::as_str),
            "documents": shown,
        }))
    }

    fn expiring(&self, id: DocumentId, today: Date) -> Option<Notice> {
        let document = self.documents.get(id)?;
        let last = document.expires_on?;
        let data = json!({
            "merchant_id": document.merchant.to_string(),
            "document_id": id.to_string(),
            "kind": document.kind.as_str(),
            "expires_on": last.to_string(),
            "days_left": (last - today).whole_days(),
        });
        Some(notice(document.merchant, NoticeKind::DocumentExpiring, id.to_string(), data))
    }

    fn restricted(&self, merchant: MerchantId, expired: &[DocumentId]) -> Notice {
        let documents = expired.iter().filter_map(|id| self.documents.get(*id));
        let kinds: Vec<&str> = documents.map(|document| document.kind.as_str()).collect();
        let data = json!({"merchant_id": merchant.to_string(), "kind": kinds.join(", ")});
        notice(merchant, NoticeKind::MerchantRestricted, merchant.to_string(), data)
    }
}

/// The merchant may do business, for the first time or again.
pub fn activated(merchant: MerchantId) -> Notice {
    let data = json!({"merchant_id": merchant.to_string()});
    notice(merchant, NoticeKind::MerchantActivated, merchant.to_string(), data)
}

fn notice(merchant: MerchantId, kind: NoticeKind, subject: String, data: Value) -> Notice {
    Notice { shard: merchant.shard(), merchant: merchant.uuid(), kind, subject, data, due_at: None }
}

/// A document without its number, for the trail, which is for ever.
fn document_shown(document: &Document, today: Date) -> Value {
    json!({
        "id": document.id.to_string(),
        "kind": document.kind.as_str(),
        "expires_on": document.expires_on.map(|last| last.to_string()),
        "status": validity(document, today),
    })
}

/// `valid`, `expiring`, `expired`; `replaced` once another one is in effect.
pub fn validity(document: &Document, today: Date) -> &'static str {
    match document.replaced_at {
        Some(_) => "replaced",
        None => Validity::as_str(document.validity(today)),
    }
}
