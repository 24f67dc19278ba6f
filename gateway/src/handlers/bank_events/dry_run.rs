//! The bank partner's self-check: what would happen to this very request, and why a signature fails. Changes nothing.

use std::sync::Arc;

use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::event;
use super::verify::{NotVerified, verify};
use crate::app::App;
use crate::body::Outgoing;
use crate::commands::Command;
use crate::engine::NoReply;
use crate::handlers::{Answer, reply};
use crate::live::Door;
use crate::metrics;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

/// `POST /v1/banks/{bank}/events?dry_run=true`: 200 with what the answer would be. Nothing of it is kept.
///
/// # Errors
/// `overloaded` beyond the bank's share, and where enough is being checked already.
pub async fn check(app: &App, request: Request) -> Answer {
    let bank: Arc<str> = Arc::from(request.parameter());
    let live = app.live.get();
    let door = live.door(&bank).ok_or_else(|| Refusal::not_found("bank"))?;
    let Some(_share) = app.shares.take(&bank) else {
        metrics::over_share(&bank);
        return Err(Refusal::new(Problem::Overloaded, "too many bank events at once"));
    };
    let verified = match verify(door, &request) {
        Ok(verified) => verified,
        Err(failed) => {
            metrics::signature_failed(&bank, failed.step());
            return not_verified(door, &failed);
        }
    };
    request.busy.is_known()?;
    let event = event(app, door, bank, &verified, &request)?;
    let (key_id, event_id) = (verified.key_id, event.delivery.event_id.clone());
    match app.engine.rehearse(&Command::BankEvent(Box::new(event))).await {
        Ok(reply) => {
            let answer: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
            report(json!({
                "dry_run": true,
                "verified": true,
                "key_id": key_id,
                "event_id": event_id,
                "would_answer": {"status": reply.status, "replayed": reply.replayed, "body": answer},
            }))
        }
        Err(NoReply::Refused(refused)) => Err(refused.into()),
        Err(NoReply::InProgress) => Err(Refusal::new(Problem::Overloaded, "try again")),
    }
}

/// Which step failed and what was expected there; no secret, and nothing of the database.
fn not_verified(door: &Door, failed: &NotVerified) -> Answer {
    let (expected, refusal) = (door.verifier.explain(), failed.refusal());
    report(json!({
        "dry_run": true,
        "verified": false,
        "failed_step": failed.step(),
        "expected": {
            "headers": expected.headers,
            "signed": expected.signed,
            "client_certificate": door.certificates.is_some(),
        },
        "would_answer": {"status": refusal.problem.status(), "code": refusal.problem.code()},
        "why": refusal.detail,
    }))
}

fn report(body: Value) -> Result<Response<Outgoing>, Refusal> {
    reply::json(StatusCode::OK, &body)
}
