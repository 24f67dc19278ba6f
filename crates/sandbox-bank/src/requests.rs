//! What the bank answers, and to which requests it doesn't.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bank::Refusal;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use money::{Currency, Money};
use ring::digest;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::account_checks::Verdict;
use crate::behaviour::Behaviour;
use crate::book::{Admission, Payout, Status};
use crate::carry_out;
use crate::sandbox::Bank;

/// A request's body, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// For a body to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The gateway's, over TLS, signed.
    Https,
    /// People's and tests', on loopback: the journal only.
    Http,
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
pub(crate) struct Dropped;

type Answer = Response<Full<Bytes>>;

/// Answers one request, or drops its connection.
pub(crate) async fn answer(
    bank: &Arc<Bank>,
    door: Door,
    request: Request<Incoming>,
) -> Result<Answer, Dropped> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    match (&head.method, path, path.strip_prefix("/payouts/"), door) {
        (&Method::GET, "/journal", _, _) => {
            Ok(json_answer(StatusCode::OK, &json!({ "data": bank.book.executions() })))
        }
        (&Method::POST, "/payouts" | "/account-checks", _, Door::Https) => {
            let Ok(Ok(body)) = timeout(BODY_TIME, Limited::new(body, MAX_BODY).collect()).await else {
                return Ok(error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, broken or too slow"));
            };
            let body = body.to_bytes();
            match path {
                "/payouts" => take_order(bank, &head.headers, &body).await,
                _ => Ok(check_account(bank, &head.headers, &body)),
            }
        }
        (&Method::GET, _, Some(reference), Door::Https) => Ok(state(bank, &head.headers, reference)),
        _ => Ok(error(StatusCode::NOT_FOUND, "no such path here")),
    }
}

#[derive(Deserialize)]
struct OrderBody {
    reference: String,
    amount: String,
    currency: String,
    beneficiary: BeneficiaryBody,
}

#[derive(Deserialize)]
struct BeneficiaryBody {
    name: String,
    account_number: String,
    bank_code: String,
    country: String,
}

async fn take_order(bank: &Arc<Bank>, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Dropped> {
    let signed_for = match verified(bank, headers, body) {
        Ok(id) => id,
        Err(refusal) => return Ok(error(StatusCode::UNAUTHORIZED, &refusal.to_string())),
    };
    let order: OrderBody = match serde_json::from_slice(body) {
        Ok(order) => order,
        Err(_) => return Ok(error(StatusCode::BAD_REQUEST, "the body is no payout order")),
    };
    let known = bank.book.knows(&order.reference);
    let Some(payout) = payout(&order).filter(|payout| payout.reference == signed_for) else {
        // What is known was or will be executed, whatever is wrong with this request.
        let status = if known { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
        return Ok(rejected(status, &order.reference, "FF01"));
    };
    if !known {
        match payout.behaviour {
            Behaviour::NeverArrives => return Err(Dropped),
            Behaviour::BusyTwice if bank.tried(&payout.reference) <= 2 => {
                return Ok(error(StatusCode::SERVICE_UNAVAILABLE, "busy, as asked for"));
            }
            _ => {}
        }
    }
    admit(bank, payout).await
}

async fn admit(bank: &Arc<Bank>, payout: Payout) -> Result<Answer, Dropped> {
    let busy = || error(StatusCode::SERVICE_UNAVAILABLE, "too much at once");
    let Ok(open) = bank.open.clone().try_acquire_owned() else { return Ok(busy()) };
    let (reference, behaviour) = (payout.reference.clone(), payout.behaviour);
    let mut bank_reference = payout.bank_reference.clone();
    let mut first_report = None;
    let settled = match bank.book.admit(payout, &bank.journal) {
        Ok(Admission::New(written)) => {
            let (sender, receiver) = oneshot::channel();
            // Before anything is awaited: the caller may hang up any time.
            carry_out::start(bank, reference.clone(), Some(sender), Some(open));
            first_report = Some(receiver);
            written.wait().await
        }
        Ok(Admission::Known(known)) => {
            drop(open);
            bank.tried(&reference);
            bank_reference = known.bank_reference;
            bank.journal.settled().await
        }
        Ok(Admission::Conflict) => return Ok(rejected(StatusCode::CONFLICT, &reference, "AM05")),
        Err(_) => return Ok(busy()),
    };
    if settled.is_err() {
        return Ok(busy());
    }
    match (behaviour, first_report) {
        (Behaviour::Silent, _) | (Behaviour::Forgets, Some(_)) => {
            let _ = timeout(bank.timing.hold, bank.stopping.cancelled()).await;
            return Err(Dropped);
        }
        // Answers after its own report, if the gateway takes that in time.
        (Behaviour::ReportsTwice, Some(reported)) => drop(timeout(bank.timing.hold, reported).await),
        _ => {}
    }
    let accepted = json!({"reference": reference, "status": "accepted", "bank_reference": bank_reference});
    Ok(json_answer(StatusCode::ACCEPTED, &accepted))
}

/// The order, if it makes sense.
fn payout(order: &OrderBody) -> Option<Payout> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let referenced = (1..=64).contains(&order.reference.len()) && order.reference.bytes().all(plain);
    let payee = &order.beneficiary;
    let addressed = (1..=64).contains(&payee.account_number.chars().count()) && !payee.name.trim().is_empty();
    if !referenced || !addressed {
        return None;
    }
    let amount = Money::parse(&order.amount, Currency::parse(&order.currency).ok()?).ok()?;
    let all = json!([
        amount.to_string(),
        order.currency,
        payee.name,
        payee.account_number,
        payee.bank_code,
        payee.country
    ]);
    Some(Payout {
        reference: order.reference.clone(),
        bank_reference: format!("SB{}", Uuid::now_v7().simple()),
        amount,
        behaviour: Behaviour::of(&payee.account_number),
        fingerprint: hex::encode(digest::digest(&digest::SHA256, all.to_string().as_bytes())),
        status: Status::Accepted,
        delivered: Vec::new(),
    })
}

fn state(bank: &Bank, headers: &HeaderMap, reference: &str) -> Answer {
    match verified(bank, headers, b"") {
        Ok(id) if id == reference => {}
        Ok(_) => return error(StatusCode::UNAUTHORIZED, "signed for another reference"),
        Err(refusal) => return error(StatusCode::UNAUTHORIZED, &refusal.to_string()),
    }
    let remembered = |payout: &Payout| payout.behaviour != Behaviour::Forgets || bank.tries(reference) > 0;
    let Some(payout) = bank.book.get(reference).filter(remembered) else {
        return json_answer(StatusCode::NOT_FOUND, &json!({"reference": reference, "status": "never_seen"}));
    };
    let mut body = json!({
        "reference": payout.reference,
        "bank_reference": payout.bank_reference,
        "amount": payout.amount.to_string(),
        "currency": payout.amount.currency().code(),
    });
    let more = match &payout.status {
        Status::Accepted => json!({"status": "pending"}),
        Status::Paid => json!({"status": "paid", "amount_received": payout.amount.to_string()}),
        Status::Failed { reason } => json!({"status": "failed", "reason": reason}),
        Status::Returned { amount, reason } => {
            json!({"status": "returned", "amount_returned": amount.to_string(), "reason": reason})
        }
    };
    extend(&mut body, more);
    json_answer(StatusCode::OK, &body)
}

#[derive(Deserialize)]
struct CheckBody {
    reference: String,
    account: BeneficiaryBody,
}

fn check_account(bank: &Bank, headers: &HeaderMap, body: &[u8]) -> Answer {
    let signed_for = match verified(bank, headers, body) {
        Ok(id) => id,
        Err(refusal) => return error(StatusCode::UNAUTHORIZED, &refusal.to_string()),
    };
    let check: CheckBody = match serde_json::from_slice(body) {
        Ok(check) => check,
        Err(_) => return error(StatusCode::BAD_REQUEST, "the body is no question about an account"),
    };
    if check.reference != signed_for || check.account.name.trim().is_empty() {
        return error(StatusCode::UNPROCESSABLE_ENTITY, "signed for another reference, or without a name");
    }
    let verdict = bank.checks.answer(&check.reference, &check.account.account_number, Instant::now());
    let (status, said) = match verdict {
        Verdict::Matches => (StatusCode::OK, json!({"status": "matches"})),
        Verdict::NoMatch => (StatusCode::OK, json!({"status": "no_match", "reason": "other_holder"})),
        Verdict::Pending => (StatusCode::ACCEPTED, json!({"status": "pending"})),
    };
    let mut body = json!({"reference": check.reference});
    extend(&mut body, said);
    json_answer(status, &body)
}

fn extend(body: &mut Value, more: Value) {
    if let (Value::Object(body), Value::Object(more)) = (body, more) {
        body.extend(more);
    }
}

/// The id that the gateway signed.
fn verified(bank: &Bank, headers: &HeaderMap, body: &[u8]) -> Result<String, Refusal> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let verified = bank.verifier.verify(headers, body, i64::try_from(now).unwrap_or(i64::MAX))?;
    Ok(verified.event_id)
}

fn rejected(status: StatusCode, reference: &str, reason: &str) -> Answer {
    json_answer(status, &json!({"reference": reference, "status": "rejected", "reason": reason}))
}

fn error(status: StatusCode, message: &str) -> Answer {
    json_answer(status, &json!({"error": message}))
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
