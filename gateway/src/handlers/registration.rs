//! How merchants come in, and their documents (R39, R40): no authority is asked here; what a document says by itself is
//! checked, and everything else waits for an operator.

use std::time::Instant;

use ::merchants::documents::{Document, DocumentRequest, NewDocument, WrongField};
use ::merchants::{
    DocumentId, MerchantId, MerchantKind, MerchantProfile, MerchantState, Registration, RegistrationRequest,
};
use audit::Entry;
use hyper::StatusCode;
use pg::Tx;
use privacy::Sensitive;
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::act::{Act, kept};
use super::{Answer, admin_actions, lane, lists, reply};
use crate::app::App;
use crate::body::{self, Object};
use crate::commands::{Action, Command, Facts, Operate, Operator, activated, rfc3339, validity};
use crate::problem::{self, FieldError, Refusal};
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistrationBody {
    kind: String,
    origin: String,
    name: String,
    email: String,
    mobile: String,
    documents: Vec<Object<FirstDocument>>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstDocument {
    kind: String,
    number: String,
    expires_on: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentBody {
    kind: String,
    number: String,
    expires_on: Option<String>,
    reason: String,
}

/// `POST /admin/v1/merchants`: in one transaction with its audit and its answer. A mainland individual is active in the
/// 201, everybody else waits for an operator.
///
/// # Errors
/// What is wrong with the request; `rate-limited` for who was refused too often for what is another merchant's; the database's.
pub async fn register(app: &App, request: Request) -> Answer {
    let body: RegistrationBody = body::parse(&request.body)?;
    admin_actions::check_reason(&body.reason)?;
    let act = Act::because(app, &request, body.reason.clone())?;
    let facts = app.engine.facts();
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = act.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let now = tx.now().await?;
    let id = MerchantId::new(facts.layout.shards.of(&[Uuid::now_v7().as_bytes()]));
    let checked = Registration::check(&app.keyring, id, &asked(&body), facts.day(now))?;
    let new = match checked {
        Ok(new) => new,
        Err(wrong) => return refuse(tx, wrong).await,
    };
    let due = facts.review_due(new.origin, now);
    guess(app, &act.operator)?;
    if let Err(taken) = new.enter(&tx, now, Some(due)).await? {
        tx.rollback().await?;
        return refuse_taken(conn.begin().await?, &act, taken).await;
    }
    app.guesses.marks.give_back(&act.operator.person);
    let profile = profile(&new, &body, now, due);
    let documents: Vec<Value> = new.documents.iter().map(new_document).collect();
    let after = json!({
        "id": id.to_string(),
        "status": new.state.as_str(),
        "kind": new.kind.as_str(),
        "origin": new.origin.as_str(),
        "documents": documents.clone(),
    });
    act.audit(&tx, now, "merchant.register", id.to_string(), (None, Some(after))).await?;
    if new.state == MerchantState::Active {
        answered_at_once(&tx, id, facts, now).await?;
    }
    let mut shown =
        serde_json::to_value(lists::merchants::row(&profile)).map_err(|error| problem::internal(&error))?;
    shown["documents"] = documents.into();
    let answer = act.finish(tx, kept(201, &shown)?).await?;
    app.engine.wake_notices();
    Ok(answer)
}

/// The key is free again, and so is what the merchant would have had alone.
async fn refuse(tx: Tx<'_>, wrong: Vec<WrongField>) -> Answer {
    tx.rollback().await?;
    Err(fields(wrong))
}

/// R35: whoever enters what another merchant has learns that it has it. So each may fail so often and no more, and nothing is looked at
/// before; what is entered is given back.
fn guess(app: &App, operator: &Operator) -> Result<(), Refusal> {
    app.guesses.marks.take(&operator.person, Instant::now()).map_err(|wait| {
        tracing::warn!(operator = &*operator.id, "more entries of what others have than one person may make");
        Refusal::rate_limited("what is another merchant's already is refused thirty times a minute", wait)
    })
}

/// Nothing is told before it is written down who asked (R35): which fields, never what stood in them.
async fn refuse_taken(tx: Tx<'_>, act: &Act, taken: Vec<WrongField>) -> Answer {
    let names: Vec<&str> = taken.iter().map(|wrong| wrong.field.as_str()).collect();
    let after = Some(json!({ "refused": names }));
    act.audit(&tx, tx.now().await?, "merchant.register.refused", "registration".to_owned(), (None, after))
        .await?;
    tx.commit().await?;
    Err(fields(taken))
}

fn fields(wrong: Vec<WrongField>) -> Refusal {
    Refusal::fields(wrong.into_iter().map(|wrong| FieldError::new(wrong.field, wrong.message)).collect())
}

/// R39: nobody looked at it but the gateway, and the trail says so.
async fn answered_at_once(
    tx: &Tx<'_>,
    id: MerchantId,
    facts: &Facts,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let entry = Entry {
        at: now,
        actor: "gateway".into(),
        person: "gateway".into(),
        origin: "gateway".into(),
        action: "merchant.activate".into(),
        subject: id.to_string(),
        reason: "the resident identity number can be, and its holder is of age; no authority was asked"
            .into(),
        before: Some(json!({"status": "pending"}).to_string()),
        after: Some(json!({"status": "active"}).to_string()),
        idempotency_key: None,
    };
    audit::append(tx, &[entry]).await?;
    notifications::enqueue(tx, &[activated(id)], facts.emails, now).await?;
    Ok(())
}

fn asked(body: &RegistrationBody) -> RegistrationRequest<'_> {
    RegistrationRequest {
        kind: &body.kind,
        origin: &body.origin,
        name: &body.name,
        email: &body.email,
        mobile: &body.mobile,
        documents: body.documents.iter().map(|Object(document)| document.request()).collect(),
    }
}

impl FirstDocument {
    fn request(&self) -> DocumentRequest<'_> {
        DocumentRequest { kind: &self.kind, number: &self.number, expires_on: self.expires_on.as_deref() }
    }
}

/// As it will be read.
fn profile(
    new: &Registration,
    body: &RegistrationBody,
    now: OffsetDateTime,
    due: OffsetDateTime,
) -> MerchantProfile {
    MerchantProfile {
        id: new.id,
        kind: new.kind.as_str().to_owned(),
        state: new.state,
        name: Sensitive::new(body.name.clone()),
        email: Sensitive::new(body.email.clone()),
        mobile: Some(Sensitive::new(body.mobile.clone())),
        origin: Some(new.origin),
        review_due_at: Some(due).filter(|_| new.state == MerchantState::Pending),
        frozen_reason: None,
        frozen_legal_reference: None,
        frozen_until: None,
        tier: "standard".to_owned(),
        fully_verified: false,
        created_at: now,
        updated_at: now,
    }
}

/// Without its number: it goes into the trail, too.
fn new_document(new: &NewDocument) -> Value {
    json!({
        "id": new.id.to_string(),
        "kind": new.kind.as_str(),
        "expires_on": new.expires_on.map(|last| last.to_string()),
    })
}

/// `POST /admin/v1/merchants/{id}/documents`: adds one, or renews the one of its kind.
///
/// # Errors
/// What is wrong with the request; `not-found`; `rate-limited` as [`register`]; the lane's.
pub async fn add_document(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let merchant: MerchantId = request.id_of("merchant")?;
    let body: DocumentBody = body::parse(&request.body)?;
    admin_actions::check_reason(&body.reason)?;
    let conn = app.pool.get().await?;
    let found = ::merchants::merchant(&conn, &app.keyring, merchant).await?;
    let today = app.engine.facts().day(conn.now().await?);
    drop(conn);
    let found = found.ok_or_else(|| Refusal::not_found("merchant"))?;
    let kind = MerchantKind::parse(&found.kind).ok_or_else(|| Refusal::not_found("merchant"))?;
    let asked =
        DocumentRequest { kind: &body.kind, number: &body.number, expires_on: body.expires_on.as_deref() };
    let id = DocumentId::new(merchant.shard());
    let new = NewDocument::check(&app.keyring, id, (kind, found.origin), &asked, today)?.map_err(fields)?;
    let action = Action::AddDocument { merchant, document: Box::new(new) };
    let request_id = request.id.to_string();
    guess(app, &operator)?;
    let person = operator.person.clone();
    let command = Operate { request: keyed, operator, reason: body.reason, action, request_id };
    let answer = lane::carry_out(app, Command::Operate(Box::new(command))).await;
    // Where nothing was answered it may have been decided all the same, and be asked for again.
    if answer.as_ref().is_ok_and(|answer| answer.status() != StatusCode::UNPROCESSABLE_ENTITY) {
        app.guesses.marks.give_back(&person);
    }
    answer
}

/// `GET /admin/v1/merchants/{id}/documents`: newest first, those that were replaced, too.
///
/// # Errors
/// `not-found`; what is wrong with the query; the database's.
pub async fn documents(app: &App, request: &Request) -> Answer {
    let merchant: MerchantId = request.id_of("merchant")?;
    let query = request.query(&["limit", "cursor"])?;
    let (page, after) = (query.page()?, query.cursor::<DocumentId>()?);
    let conn = app.pool.get().await?;
    if ::merchants::merchant(&conn, &app.keyring, merchant).await?.is_none() {
        return Err(Refusal::not_found("merchant"));
    }
    let today = app.engine.facts().day(conn.now().await?);
    let rows = ::merchants::documents::list_documents(&conn, merchant, after, page.fetch()).await?;
    reply::list(&page, rows, |row| row.id.to_string(), |row| render(app, row, today))
}

/// A merchant's documents in effect, for its page.
///
/// # Errors
/// The database's; the keyring's.
pub async fn in_effect(
    app: &App,
    conn: &pg::Connection,
    merchant: MerchantId,
) -> Result<Vec<Value>, Refusal> {
    let today = app.engine.facts().day(conn.now().await?);
    let rows = ::merchants::documents::documents_of(conn, merchant).await?;
    rows.iter().map(|row| render(app, row, today)).collect()
}

fn render(app: &App, row: &Document, today: Date) -> Result<Value, Refusal> {
    Ok(json!({
        "id": row.id.to_string(),
        "status": validity(row, today),
        "kind": row.kind.as_str(),
        "number": privacy::mask_account_number(row.number(&app.keyring)?.reveal()),
        "expires_on": row.expires_on.map(|last| last.to_string()),
        "added_at": rfc3339(row.added_at),
        "told_at": row.told_at.map(rfc3339),
        "replaced_at": row.replaced_at.map(rfc3339),
    }))
}
