//! The bank partner's self-check: what would happen to this very request, and why a signature fails. Changes nothing.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::{event, reason_of, unverified, verify};
use crate::app::App;
use crate::commands::Command;
use crate::engine::NoReply;
use crate::handlers::{Answer, reply};
use crate::problem::{Problem, Refusal};
use crate::request::Request;

/// `POST /v1/banks/{bank}/events?dry_run=true`: 200 with what the answer would be. Nothing of it is kept.
///
/// # Errors
/// `overloaded` where enough is being checked already.
pub async fn check(app: &App, request: Request) -> Answer {
    let bank: Arc<str> = Arc::from(request.parameter());
    let verified = match verify(app, &bank, &request)? {
        Ok(verified) => verified,
        Err(refusal) => return not_verified(app, &bank, reason_of(&refusal), &unverified(&refusal)),
    };
    let (key_id, event_id) = (verified.key_id.clone(), verified.event_id.clone());
    let event = event(app, bank, &verified, &request)?;
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
fn not_verified(app: &App, bank: &str, step: &str, refusal: &Refusal) -> Answer {
    let verifier = app.verifiers.get(bank).ok_or_else(|| Refusal::not_found("bank"))?;
    let expected = verifier.explain();
    report(json!({
        "dry_run": true,
        "verified": false,
        "failed_step": step,
        "expected": {"headers": expected.headers, "signed": expected.signed},
        "would_answer": {"status": refusal.problem.status(), "code": refusal.problem.code()},
        "why": refusal.detail,
    }))
}

fn report(body: Value) -> Result<Response<Full<Bytes>>, Refusal> {
    reply::json(StatusCode::OK, &body)
}
