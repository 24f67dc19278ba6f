//! The one door for everything a bank says: verify, understand, hand to a lane.

mod dry_run;
mod rates;
mod statements;
mod understand;
mod verify;

use std::sync::Arc;

use bank::Verified;
use vault::Delivery;

use super::{Answer, lane};
use crate::app::App;
use crate::commands::{BankEvent, Command};
use crate::live::Door;
use crate::metrics;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

use verify::verify;

pub use understand::{Message, understand};

/// `POST /v1/banks/{bank}/events`.
///
/// # Errors
/// R1's refusals, before anything touches the database; `overloaded` beyond the bank's share; the lane's.
pub async fn receive(app: &App, request: Request) -> Answer {
    if request.switch("dry_run")? {
        // On the heap: its room would be every event's otherwise.
        return Box::pin(dry_run::check(app, request)).await;
    }
    let command = heard(app, &request)?;
    // All that is needed of it is in the command: thousands may wait, none with its headers and body.
    drop(request);
    lane::carry_out(app, command).await
}

/// Within the bank's share, verified, understood: an event beyond the share costs no signature. A stranger's gives its place
/// back at once.
fn heard(app: &App, request: &Request) -> Result<Command, Refusal> {
    let live = app.live.get();
    let bank: Arc<str> = Arc::from(request.parameter());
    let door = live.door(&bank).ok_or_else(|| Refusal::not_found("bank"))?;
    let Some(share) = app.shares.take(&bank) else {
        metrics::over_share(&bank);
        return Err(Refusal::new(Problem::Overloaded, "too many bank events at once"));
    };
    let verified = verify(door, request).map_err(|failed| {
        metrics::signature_failed(&bank, failed.step());
        failed.refusal()
    })?;
    request.busy.is_known()?;
    let event = BankEvent { share: Some(share), ..event(app, door, bank, &verified, request)? };
    Ok(Command::BankEvent(Box::new(event)))
}

/// By the content type; the door takes JSON and XML only.
fn is_xml(request: &Request) -> bool {
    let kind = request.headers.get(hyper::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| {
        matches!(kind.trim().to_ascii_lowercase().as_str(), "application/xml" | "text/xml")
    })
}

fn event(
    app: &App,
    door: &Door,
    bank: Arc<str>,
    verified: &Verified,
    request: &Request,
) -> Result<BankEvent, Refusal> {
    let facts = app.engine.facts();
    let delivery = Delivery::new(
        &facts.keyring,
        facts.layout.shards,
        &bank,
        &verified.event_id,
        &verified.key_id,
        &kept_headers(door, request),
        &request.body,
    )
    .map_err(|error| internal(&error))?;
    // R36: as it is kept. An event without an id has its hash, which must not stand in an answer that is kept either.
    let event_id = &*delivery.event_id;
    let is_xml = is_xml(request);
    let message = Message { bank: &bank, event_id, body: &request.body, is_xml, request_id: &request.id };
    let content = understand(app, &message)?.name_event(delivery.id.uuid());
    Ok(BankEvent { bank, delivery, content, request_id: request.id.to_string(), share: None })
}

fn internal(error: &dyn std::error::Error) -> Refusal {
    let cause = Some(format!("a bank event could not be prepared: {error}").into());
    let detail = "an unexpected error; nothing was done, and it was logged";
    Refusal { cause, ..Refusal::new(Problem::Internal, detail) }
}

/// The headers that say how the event was signed, for the vault.
fn kept_headers(door: &Door, request: &Request) -> String {
    let mut lines = String::with_capacity(256);
    for (name, value) in request.headers.iter().filter(|(name, _)| door.kept_headers.contains(name)) {
        lines.push_str(name.as_str());
        lines.push_str(": ");
        lines.push_str(&String::from_utf8_lossy(value.as_bytes()));
        lines.push('\n');
    }
    lines
}
