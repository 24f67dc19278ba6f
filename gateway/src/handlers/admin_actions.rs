//! Operators' POSTs: each with a key and a reason, each handed to a lane.

use std::sync::Arc;

use idempotency::Request as Keyed;
use merchants::{FreezeId, MerchantId};
use money::Money;
use serde::Deserialize;
use time::OffsetDateTime;

use super::fields::{self, Fields};
use super::{Answer, lane};
use crate::app::App;
use crate::body;
use crate::commands::{Action, Command, Decide, NewCharge, Operate, Operator};
use crate::problem::Refusal;
use crate::request::Request;
use crate::route::Route;

/// Longest reason that is kept.
const LONGEST_REASON: usize = 1000;
/// Longest legal reference of a freeze.
const LONGEST_LEGAL_REFERENCE: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonBody {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreditBody {
    merchant_id: Option<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetryBody {
    payee_id: Option<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    outcome: Outcome,
    bank_reference: Option<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Paid,
    NotPaid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplyBody {
    payment_id: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FreezeBody {
    reason: String,
    legal_reference: Option<String>,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargeBody {
    amount: String,
    currency: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerificationBody {
    full: bool,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FreezeAmountBody {
    amount: String,
    currency: String,
    reason: String,
    legal_reference: Option<String>,
    until: Option<String>,
}

/// Any of the operators' actions.
///
/// # Errors
/// What is wrong with the request; the lane's.
pub async fn act(app: &App, request: Request) -> Answer {
    let (operator, keyed) = who(app, &request)?;
    let (action, reason) = read(&request)?;
    check_reason(&reason)?;
    let request_id = request.id.to_string();
    let command = Operate { request: keyed, operator, reason, action, request_id };
    lane::carry_out(app, Command::Operate(Box::new(command))).await
}

/// `POST /admin/v1/approvals/{id}/approve` and `…/reject`.
///
/// # Errors
/// What is wrong with the request; the lane's.
pub async fn decide(app: &App, request: Request) -> Answer {
    let (operator, keyed) = who(app, &request)?;
    let approval = request.id_of("approval")?;
    let ReasonBody { reason } = body::parse(&request.body)?;
    check_reason(&reason)?;
    let approve = request.entry.route == Route::Approve;
    let request_id = request.id.to_string();
    let command = Decide { request: keyed, operator, reason, approval, approve, request_id };
    lane::carry_out(app, Command::Decide(Box::new(command))).await
}

/// The operator and the key of a request that changes something.
///
/// # Errors
/// `unauthenticated`; `idempotency-key-missing`.
pub(super) fn who(app: &App, request: &Request) -> Result<(Operator, Keyed), Refusal> {
    let caller = request.caller.operator()?;
    let shards = app.engine.facts().layout.shards;
    let mut keyed = request.keyed(shards.of(&[b"operator", caller.id.as_bytes()]), &caller.id)?;
    keyed.hash = guarded(app, request.entry.route, keyed.hash);
    let operator = Operator {
        id: Arc::from(caller.id.as_str()),
        person: Arc::from(caller.person.as_str()),
        origin: request.peer.ip().to_string(),
    };
    Ok((operator, keyed))
}

/// A request's hash as it is kept. Where its body is little more than a document's number, which could be guessed by its hash, it is
/// hashed with the key of blind indexes besides (R36).
fn guarded(app: &App, route: Route, hash: [u8; 32]) -> [u8; 32] {
    match route {
        Route::RegisterMerchant | Route::AddDocument => {
            let text: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            app.keyring.blind_index("request", &text)
        }
        _ => hash,
    }
}

fn read(request: &Request) -> Result<(Action, String), Refusal> {
    let body = &request.body;
    let reason_only = || body::parse::<ReasonBody>(body).map(|body| body.reason);
    Ok(match request.entry.route {
        Route::CreditPayment => {
            let payment = request.id_of("payment")?;
            let body: CreditBody = body::parse(body)?;
            let merchant = optional_id(body.merchant_id, "merchant_id")?;
            (Action::CreditPayment { payment, merchant }, body.reason)
        }
        Route::ReturnPayment => {
            (Action::ReturnPayment { payment: request.id_of("payment")? }, reason_only()?)
        }
        Route::RematchPayment => {
            (Action::RematchPayment { payment: request.id_of("payment")? }, reason_only()?)
        }
        Route::ApplyReversal => {
            let reversal = request.id_of("reversal")?;
            let body: ApplyBody = body::parse(body)?;
            let payment = body.payment_id.parse();
            let payment = payment.map_err(|_| Refusal::field("payment_id", "is not an id of this kind"))?;
            (Action::ApplyReversal { reversal, payment }, body.reason)
        }
        Route::DismissReversal => {
            (Action::DismissReversal { reversal: request.id_of("reversal")? }, reason_only()?)
        }
        Route::RetryPayout => {
            let payout = request.id_of("payout")?;
            let body: RetryBody = body::parse(body)?;
            let payee = optional_id(body.payee_id, "payee_id")?;
            (Action::RetryPayout { payout, payee }, body.reason)
        }
        Route::HoldPayout => (Action::HoldPayout { payout: request.id_of("payout")? }, reason_only()?),
        Route::ReleasePayout => (Action::ReleasePayout { payout: request.id_of("payout")? }, reason_only()?),
        Route::QueryPayout => (Action::QueryPayout { payout: request.id_of("payout")? }, reason_only()?),
        Route::ResolvePayout => {
            let payout = request.id_of("payout")?;
            let body: ResolveBody = body::parse(body)?;
            let reference = body.bank_reference.as_deref().unwrap_or("-");
            if !(1..=64).contains(&reference.chars().count()) || reference.chars().any(char::is_control) {
                let message = "must have 1 to 64 characters and no control characters";
                return Err(Refusal::field("bank_reference", message));
            }
            let (executed, bank_reference) = (matches!(body.outcome, Outcome::Paid), body.bank_reference);
            (Action::ResolvePayout { payout, executed, bank_reference }, body.reason)
        }
        Route::RefundWithdrawal => {
            (Action::RefundWithdrawal { withdrawal: request.id_of("withdrawal")? }, reason_only()?)
        }
        Route::RefuseWithdrawal => {
            (Action::RefuseWithdrawal { withdrawal: request.id_of("withdrawal")? }, reason_only()?)
        }
        Route::ChargeMerchant => {
            let merchant = request.id_of("merchant")?;
            let body: ChargeBody = body::parse(body)?;
            let amount = amount(&body.amount, &body.currency)?;
            let charge = NewCharge::new(merchant, amount.minor(), amount.currency());
            (Action::Charge(Box::new(charge)), body.reason)
        }
        Route::VerifyMerchant => {
            let merchant = request.id_of("merchant")?;
            let body: VerificationBody = body::parse(body)?;
            (Action::VerifyMerchant { merchant, full: body.full }, body.reason)
        }
        Route::FreezeAmount => {
            let merchant: MerchantId = request.id_of("merchant")?;
            let body: FreezeAmountBody = body::parse(body)?;
            let amount = amount(&body.amount, &body.currency)?;
            let action = Action::FreezeAmount {
                freeze: FreezeId::new(merchant.shard()),
                merchant,
                minor: amount.minor(),
                currency: amount.currency(),
                legal_reference: legal_reference(body.legal_reference)?,
                until: body.until.map(|text| until(&text)).transpose()?,
            };
            (action, body.reason)
        }
        Route::FreezeMerchant => {
            let merchant = request.id_of("merchant")?;
            let body: FreezeBody = body::parse(body)?;
            let until = body.until.map(|text| until(&text)).transpose()?;
            let legal_reference = legal_reference(body.legal_reference)?;
            (Action::FreezeMerchant { merchant, legal_reference, until }, body.reason)
        }
        Route::ActivateMerchant => {
            (Action::ActivateMerchant { merchant: request.id_of("merchant")? }, reason_only()?)
        }
        Route::UnfreezeMerchant => {
            (Action::UnfreezeMerchant { merchant: request.id_of("merchant")? }, reason_only()?)
        }
        Route::CloseMerchant => {
            (Action::CloseMerchant { merchant: request.id_of("merchant")? }, reason_only()?)
        }
        Route::AcceptRate => (Action::AcceptRate { rate: request.id_of("rate")? }, reason_only()?),
        Route::RejectRate => (Action::RejectRate { rate: request.id_of("rate")? }, reason_only()?),
        _ => return Err(Refusal::not_found("action")),
    })
}

fn amount(amount: &str, currency: &str) -> Result<Money, Refusal> {
    let mut fields = Fields::default();
    let currency = fields.currency("currency", currency);
    let amount = fields.amount("amount", amount, currency);
    fields.finish()?;
    amount.ok_or_else(|| Refusal::field("amount", "is missing"))
}

fn optional_id<T: std::str::FromStr>(text: Option<String>, field: &str) -> Result<Option<T>, Refusal> {
    text.map(|text| text.parse().map_err(|_| Refusal::field(field, "is not an id of this kind"))).transpose()
}

fn legal_reference(text: Option<String>) -> Result<Option<String>, Refusal> {
    let right = |text: &String| {
        text.chars().count() <= LONGEST_LEGAL_REFERENCE
            && !text.trim().is_empty()
            && !text.chars().any(char::is_control)
    };
    if text.as_ref().is_none_or(right) {
        return Ok(text);
    }
    Err(Refusal::field("legal_reference", "must have 1 to 200 characters and no control characters"))
}

/// Whether it is still to come is asked behind the request's key (R22): a repetition comes when it may be over.
fn until(text: &str) -> Result<OffsetDateTime, Refusal> {
    fields::moment(text).ok_or_else(|| Refusal::field("until", "must be a time such as 2026-12-31T00:00:00Z"))
}

/// The body of a request that says nothing but why.
///
/// # Errors
/// `malformed-json`, `invalid-request`.
pub(super) fn reason_of(request: &Request) -> Result<String, Refusal> {
    let ReasonBody { reason } = body::parse(&request.body)?;
    check_reason(&reason)?;
    Ok(reason)
}

/// # Errors
/// `invalid-request` for one that is empty or too long, or has control characters other than new lines and tabs.
pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    let length = reason.chars().count();
    if reason.trim().is_empty() || length > LONGEST_REASON {
        let message = "must say why, in at most 1000 characters";
        return Err(Refusal::field("reason", message));
    }
    if reason.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Refusal::field("reason", "must have no control characters but new lines and tabs"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong_field<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
        result.expect_err("refused").errors.remove(0).field
    }

    #[test]
    fn r32_an_end_is_a_time_that_can_be_kept() {
        let end = until("2100-01-01T08:00:00+08:00").expect("a time");
        assert!(end.offset().is_utc() && end.hour() == 0);
        for wrong in ["9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59Z", "2100-01-01", ""] {
            assert_eq!(wrong_field(until(wrong)), "until", "{wrong}");
        }
    }

    #[test]
    fn a_reason_is_text_of_one_or_more_lines() {
        for right in ["why", "one\ntwo\tthree", "原因", &"x".repeat(1000)] {
            assert_eq!(check_reason(right), Ok(()), "{right}");
        }
        for wrong in ["", " \n", "a\0b", "a\u{1b}[2J", "a\u{7f}", "a\rb", &"x".repeat(1001)] {
            assert_eq!(wrong_field(check_reason(wrong)), "reason", "{wrong:?}");
        }
    }

    #[test]
    fn r32_a_legal_reference_is_one_short_line() {
        let check = |text: &str| legal_reference(Some(text.to_owned()));
        assert_eq!(legal_reference(None), Ok(None));
        for right in ["court 7, 12/2026", &"x".repeat(200)] {
            assert_eq!(check(right), Ok(Some(right.to_owned())));
        }
        for wrong in ["", "  ", "a\0b", "a\nb", &"x".repeat(201)] {
            assert_eq!(wrong_field(check(wrong)), "legal_reference", "{wrong:?}");
        }
    }
}
