//! One bank event: what it came to, masked (R35); its bytes, against a reason; and once more, from the vault.

use std::sync::Arc;

use admin_api::{EventAnswer, EventBody, EventConflict, EventDetail, EventHeader, Unmasked};
use audit::Entry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use idempotency::{Answer as Kept, Claim};
use serde::Deserialize;
use serde_json::{Value, json};
use vault::{Answer as Said, EventId, RawEvent, Verdict, masked};

use super::bank_events::{Message, understand};
use super::{Answer, admin_actions, lane, reply};
use crate::app::App;
use crate::body;
use crate::commands::{Command, Operator, Replay, rfc3339};
use crate::problem::{Problem, Refusal};
use crate::request::Request;

/// `GET /admin/v1/events/{id}`.
///
/// # Errors
/// `not-found`; the database's.
pub async fn show(app: &App, request: &Request) -> Answer {
    let id: EventId = request.id_of("event")?;
    let conn = app.pool.get().await?;
    let event = vault::event(&conn, id).await?.ok_or_else(|| Refusal::not_found("event"))?;
    let raw = vault::raw(&conn, &app.keyring, event.id).await?;
    let last = event.later.as_ref().map_or(event.verdict, |later| later.verdict);
    let headers = |raw: &RawEvent| {
        masked::headers(raw).into_iter().map(|(name, value)| EventHeader { name, value }).collect()
    };
    let conflict = |conflict: &vault::Conflict| EventConflict {
        id: conflict.id.to_string(),
        received_at: rfc3339(conflict.received_at),
    };
    let detail = EventDetail {
        id: event.id.to_string(),
        bank: event.bank.clone(),
        event_id: event.event_id.clone(),
        verdict: last.as_str().to_owned(),
        key_id: event.key_id.clone(),
        received_at: rfc3339(event.received_at),
        last_received_at: rfc3339(event.last_received_at),
        redeliveries: event.redeliveries,
        replays: event.replays,
        first: answered(event.verdict, &event.answer, event.received_at),
        later: event.later.as_ref().map(|later| answered(later.verdict, &later.answer, later.at)),
        headers: raw.as_ref().map(headers),
        body: raw.as_ref().map(shown),
        bytes_expired: raw.is_none(),
        conflicts: event.conflicts.iter().map(conflict).collect(),
    };
    reply::json(StatusCode::OK, &detail)
}

fn answered(verdict: Verdict, answer: &Said, at: time::OffsetDateTime) -> EventAnswer {
    EventAnswer {
        verdict: verdict.as_str().to_owned(),
        status: answer.status,
        answer: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
        at: rfc3339(at),
    }
}

fn shown(raw: &RawEvent) -> EventBody {
    let (format, masked) = match masked::body(raw) {
        masked::Body::Json(value) => ("json", value),
        masked::Body::Xml(text) => ("xml", Value::String(text)),
        masked::Body::Opaque => ("opaque", Value::Null),
    };
    EventBody { format: format.to_owned(), length: raw.body.len(), masked }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Field {
    Body,
    Headers,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Field::Body => "body",
            Field::Headers => "headers",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnmaskBody {
    reason: String,
    field: Field,
}

/// `POST /admin/v1/events/{id}/unmask`. A repetition reads the bytes again: they never change, and what is stored
/// under the key must not hold them. Each look is in the trail.
///
/// # Errors
/// What is wrong with the request; `not-found`; `illegal-transition` once the bytes are gone; the database's.
pub async fn unmask(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let id: EventId = request.id_of("event")?;
    let UnmaskBody { reason, field } = body::parse(&request.body)?;
    admin_actions::check_reason(&reason)?;
    let mut conn = app.pool.get().await?;
    vault::event(&conn, id).await?.ok_or_else(|| Refusal::not_found("event"))?;
    let raw = vault::raw(&conn, &app.keyring, id).await?.ok_or_else(|| {
        Refusal::new(Problem::IllegalTransition, "its bytes were removed when their retention was over")
    })?;
    let tx = conn.begin().await?;
    let replayed = match idempotency::claim(&tx, &[&keyed]).await?.into_iter().next() {
        // R35: a repetition is another look, and is written down like the first.
        Some(Claim::Repeat(_)) => true,
        Some(Claim::OtherRequest) => {
            let detail = "this Idempotency-Key was used before, for another request";
            return Err(Refusal::new(Problem::IdempotencyKeyReused, detail));
        }
        Some(Claim::First | Claim::SameAs(_)) | None => {
            let marker = json!({"id": id.to_string(), "field": field.name()}).to_string().into_bytes();
            idempotency::record(&tx, &[(&keyed, Kept { status: 200, body: marker })]).await?;
            false
        }
    };
    let now = tx.now().await?;
    audit::append(&tx, &[unmasking(&operator, id, field, reason, &keyed.key, now)]).await?;
    // Nothing is shown before it is written down who looked.
    tx.commit().await?;
    let bytes = match field {
        Field::Body => raw.body,
        Field::Headers => raw.headers.into_bytes(),
    };
    let unmasked = Unmasked {
        id: id.to_string(),
        field: field.name().to_owned(),
        length: bytes.len(),
        base64: STANDARD.encode(&bytes),
        text: String::from_utf8(bytes).ok(),
    };
    Ok(reply::marked(reply::json(StatusCode::OK, &unmasked)?, replayed))
}

fn unmasking(
    operator: &Operator,
    id: EventId,
    field: Field,
    reason: String,
    key: &str,
    at: time::OffsetDateTime,
) -> Entry {
    Entry {
        at,
        actor: operator.id.to_string(),
        person: operator.person.to_string(),
        origin: operator.origin.clone(),
        action: "event.unmask".to_owned(),
        subject: id.to_string(),
        reason,
        before: None,
        after: Some(json!({"field": field.name()}).to_string()),
        idempotency_key: Some(key.to_owned()),
    }
}

/// `POST /admin/v1/events/{id}/replay`.
///
/// # Errors
/// What is wrong with the request; `not-found`; the lane's.
pub async fn replay(app: &App, request: Request) -> Answer {
    let (operator, keyed) = admin_actions::who(app, &request)?;
    let id: EventId = request.id_of("event")?;
    let reason = admin_actions::reason_of(&request)?;
    let conn = app.pool.get().await?;
    // The id of a refused reuse finds the event, but those bytes are nothing to run (R3).
    let found = vault::event(&conn, id).await?.filter(|event| event.id == id);
    let event = found.ok_or_else(|| Refusal::not_found("event"))?;
    let raw = vault::raw(&conn, &app.keyring, id).await?;
    drop(conn);
    let bank: Arc<str> = Arc::from(event.bank.as_str());
    let content = match &raw {
        None => None,
        Some(raw) => {
            let message = Message {
                bank: &bank,
                event_id: &event.event_id,
                body: &raw.body,
                is_xml: raw.is_xml(),
                request_id: &request.id,
            };
            Some(understand(app, &message)?.name_event(id.uuid()))
        }
    };
    let request_id = request.id.to_string();
    let command = Replay { request: keyed, operator, reason, event: id, bank, content, request_id };
    lane::carry_out(app, Command::Replay(Box::new(command))).await
}
