//! The connector for banks that speak JSON over HTTPS, signed with Standard Webhooks: the sandbox bank's protocol.
//!
//! `POST /payouts` is answered `{"reference","status":"accepted","bank_reference"}` or, with a 4xx other than 409,
//! `{"reference","status":"rejected","reason"}`; `GET /payouts/{reference}` with `status` `paid`, `failed`, `pending`,
//! `returned`, or 404 and `never_seen`; `POST /account-checks` with `matches`, `no_match`, `pending` or `not_supported`.
//! Anything else, and every 5xx, is no answer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use money::{Currency, Money};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::connector::{
    AccountCheck, Beneficiary, BoxFuture, CheckOutcome, Connector, PayoutOrder, QueryOutcome, SendOutcome,
};
use crate::https::{Answer, Failure, HttpsClient};
use crate::reason;
use crate::signing::Signer;

/// Longest reference of the bank's that is handed on.
const MAX_TEXT: usize = 64;

/// One bank, asked over HTTPS.
#[derive(Debug)]
pub struct HttpsJson {
    client: HttpsClient,
    signer: Signer,
    timeout: Duration,
}

impl HttpsJson {
    /// `timeout` bounds each request as a whole, connecting included; shorter than the lease of whoever sends.
    pub fn new(client: HttpsClient, signer: Signer, timeout: Duration) -> HttpsJson {
        HttpsJson { client, signer, timeout }
    }

    /// The reference is the id that is signed: stable over repetition, and it ties a query's signature to its path.
    async fn call(
        &self,
        method: Method,
        path: &str,
        id: &str,
        body: Vec<u8>,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let headers = self
            .signer
            .headers(id, i64::try_from(now).unwrap_or(i64::MAX), &body)
            .map_err(|error| Failure::NotSent(error.to_string()))?;
        let deadline = deadline.min(Instant::now() + self.timeout);
        self.client.request(method, path, &headers, Bytes::from(body), deadline).await
    }

    async fn send_order(&self, order: &PayoutOrder, deadline: Instant) -> SendOutcome {
        let body = match serde_json::to_vec(&OrderBody::of(order)) {
            Ok(body) => body,
            Err(error) => return SendOutcome::NotSent { why: format!("writing the order: {error}") },
        };
        match self.call(Method::POST, "/payouts", &order.reference, body, deadline).await {
            Ok(answer) => read_send(&order.reference, &answer),
            Err(Failure::NotSent(why)) => SendOutcome::NotSent { why },
            Err(Failure::Unknown(why)) => SendOutcome::Unknown { why },
        }
    }

    async fn query_reference(&self, reference: &str, deadline: Instant) -> QueryOutcome {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if reference.is_empty() || !reference.bytes().all(plain) {
            return QueryOutcome::Unreachable { why: "not a reference of ours".into() };
        }
        let path = format!("/payouts/{reference}");
        match self.call(Method::GET, &path, reference, Vec::new(), deadline).await {
            Ok(answer) => read_query(reference, &answer)
                .unwrap_or_else(|| QueryOutcome::Unreachable { why: undecodable(&answer) }),
            Err(failure) => QueryOutcome::Unreachable { why: failure.to_string() },
        }
    }

    async fn ask_about(&self, check: &AccountCheck, deadline: Instant) -> CheckOutcome {
        let unavailable = |why: String| CheckOutcome::Unavailable { why };
        let body = match serde_json::to_vec(&CheckBody::of(check)) {
            Ok(body) => body,
            Err(error) => return unavailable(format!("writing the question: {error}")),
        };
        match self.call(Method::POST, "/account-checks", &check.reference, body, deadline).await {
            Ok(answer) => {
                read_check(&check.reference, &answer).unwrap_or_else(|| unavailable(undecodable(&answer)))
            }
            Err(failure) => unavailable(failure.to_string()),
        }
    }
}

impl Connector for HttpsJson {
    fn send<'a>(&'a self, order: &'a PayoutOrder, deadline: Instant) -> BoxFuture<'a, SendOutcome> {
        Box::pin(self.send_order(order, deadline))
    }

    fn query<'a>(&'a self, reference: &'a str, deadline: Instant) -> BoxFuture<'a, QueryOutcome> {
        Box::pin(self.query_reference(reference, deadline))
    }

    fn check_account<'a>(
        &'a self,
        check: &'a AccountCheck,
        deadline: Instant,
    ) -> BoxFuture<'a, CheckOutcome> {
        Box::pin(self.ask_about(check, deadline))
    }
}

#[derive(Serialize)]
struct OrderBody<'a> {
    reference: &'a str,
    amount: String,
    currency: String,
    beneficiary: BeneficiaryBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remittance_information: Option<&'a str>,
}

#[derive(Serialize)]
struct BeneficiaryBody<'a> {
    name: &'a str,
    account_number: &'a str,
    bank_code: &'a str,
    country: &'a str,
}

impl<'a> OrderBody<'a> {
    fn of(order: &'a PayoutOrder) -> OrderBody<'a> {
        OrderBody {
            reference: &order.reference,
            amount: order.amount.to_string(),
            currency: order.amount.currency().code().to_owned(),
            beneficiary: BeneficiaryBody::of(&order.beneficiary),
            remittance_information: order.remittance.as_deref(),
        }
    }
}

impl<'a> BeneficiaryBody<'a> {
    fn of(beneficiary: &'a Beneficiary) -> BeneficiaryBody<'a> {
        BeneficiaryBody {
            name: beneficiary.name.expose(),
            account_number: beneficiary.account_number.expose(),
            bank_code: &beneficiary.bank_code,
            country: &beneficiary.country,
        }
    }
}

#[derive(Serialize)]
struct CheckBody<'a> {
    reference: &'a str,
    currency: &'a str,
    account: BeneficiaryBody<'a>,
}

impl<'a> CheckBody<'a> {
    fn of(check: &'a AccountCheck) -> CheckBody<'a> {
        CheckBody {
            reference: &check.reference,
            currency: check.currency.code(),
            account: BeneficiaryBody::of(&check.account),
        }
    }
}

#[derive(Deserialize)]
struct AnswerBody {
    reference: String,
    status: String,
    bank_reference: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    amount_received: Option<String>,
    amount_returned: Option<String>,
    reason: Option<String>,
}

impl AnswerBody {
    /// Only an answer about this reference is one.
    fn read(reference: &str, answer: &Answer) -> Option<AnswerBody> {
        let body: AnswerBody = serde_json::from_slice(&answer.body).ok()?;
        (body.reference == reference).then_some(body)
    }

    fn money(&self, amount: Option<&str>) -> Option<Money> {
        let currency = Currency::parse(self.currency.as_deref()?).ok()?;
        Money::parse(amount?, currency).ok()
    }

    fn reason(&self) -> Option<String> {
        self.reason.as_deref().and_then(reason::code)
    }

    fn reason_or(&self, default: &str) -> String {
        self.reason().unwrap_or_else(|| default.to_owned())
    }
}

fn read_send(reference: &str, answer: &Answer) -> SendOutcome {
    let unknown = || SendOutcome::Unknown { why: undecodable(answer) };
    let Some(body) = AnswerBody::read(reference, answer) else { return unknown() };
    // A proxy's 4xx has no such body; a 5xx is unknown whatever it says (R27).
    match (body.status.as_str(), &body.bank_reference) {
        ("accepted", Some(bank_reference)) if answer.status.is_success() => {
            SendOutcome::Accepted { bank_reference: short(bank_reference) }
        }
        // A conflict means that the reference is another order's, which may well have been executed.
        ("rejected", _) if answer.status.is_client_error() && answer.status != StatusCode::CONFLICT => {
            SendOutcome::Rejected { reason: body.reason_or("rejected") }
        }
        _ => unknown(),
    }
}

fn read_query(reference: &str, answer: &Answer) -> Option<QueryOutcome> {
    let body = AnswerBody::read(reference, answer)?;
    let bank_reference = body.bank_reference.as_deref().map(short);
    match (answer.status, body.status.as_str()) {
        (StatusCode::NOT_FOUND, "never_seen") => Some(QueryOutcome::NeverSeen),
        (StatusCode::OK, "pending") => Some(QueryOutcome::Pending),
        (StatusCode::OK, "failed") => Some(QueryOutcome::Failed { reason: body.reason_or("failed") }),
        (StatusCode::OK, "paid") => Some(QueryOutcome::Paid {
            amount: body.money(body.amount.as_deref())?,
            amount_received: body.money(body.amount_received.as_deref()),
            bank_reference,
        }),
        (StatusCode::OK, "returned") => Some(QueryOutcome::Returned {
            amount: body.money(body.amount.as_deref())?,
            amount_returned: body.money(body.amount_returned.as_deref())?,
            bank_reference,
            reason: body.reason(),
        }),
        _ => None,
    }
}

fn read_check(reference: &str, answer: &Answer) -> Option<CheckOutcome> {
    let body = AnswerBody::read(reference, answer).filter(|_| answer.status.is_success())?;
    match body.status.as_str() {
        "matches" => Some(CheckOutcome::Matches),
        "no_match" => Some(CheckOutcome::NoMatch { reason: mismatch(&body) }),
        "pending" => Some(CheckOutcome::Pending),
        "not_supported" => Some(CheckOutcome::NotSupported),
        _ => None,
    }
}

/// What a bank says about a holder may be the name of the real one, even where it looks like a code: only one in small
/// letters is handed on (R37).
fn mismatch(body: &AnswerBody) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    body.reason().filter(|code| code.bytes().all(plain)).unwrap_or_else(|| "no_match".to_owned())
}

/// The status only: a bank's error page may hold anything.
fn undecodable(answer: &Answer) -> String {
    format!("the bank answered {} without a usable body", answer.status.as_u16())
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
