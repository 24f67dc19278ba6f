//! The one place where errors become HTTP: every code of the contract, and the body it is told in (RFC 9457).

mod errors;

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::body::{Outgoing, whole};

pub use errors::internal;

/// The media type of every error.
pub const CONTENT: &str = "application/problem+json";
/// What 503 says in `Retry-After`, and 429 where nothing better is known, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 1;
/// What a merchant or an operator is told to authenticate with.
const CHALLENGE: &str = "Bearer realm=\"sluice\"";

/// Everything that can go wrong, as callers see it. Codes are for ever: programs branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    IdempotencyKeyMissing,
    MalformedJson,
    MalformedXml,
    Unauthenticated,
    BadSignature,
    TimestampOutOfTolerance,
    Forbidden,
    MerchantFrozen,
    MerchantRestricted,
    MerchantClosed,
    UserFrozen,
    NotArmed,
    NotFound,
    MethodNotAllowed,
    EventIdReused,
    IdempotencyInProgress,
    QuoteExpired,
    QuoteUsed,
    IllegalTransition,
    ApprovalRequired,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidRequest,
    IdempotencyKeyReused,
    InsufficientFunds,
    LimitExceeded,
    PayeeNotVerified,
    PayeeHolderMismatch,
    UnsupportedCorridor,
    RateLimited,
    RateUnavailable,
    Overloaded,
    LedgerUnavailable,
    RequestTimeout,
    Internal,
}

use Problem::*;

/// (problem, code, status, title) of each, in the contract's order.
const TABLE: [(Problem, &str, u16, &str); 35] = [
    (IdempotencyKeyMissing, "idempotency-key-missing", 400, "An Idempotency-Key header is needed"),
    (MalformedJson, "malformed-json", 400, "The body is not well-formed JSON"),
    (MalformedXml, "malformed-xml", 400, "The body is not well-formed XML"),
    (Unauthenticated, "unauthenticated", 401, "No valid credentials"),
    (BadSignature, "bad-signature", 401, "The signature does not verify"),
    (TimestampOutOfTolerance, "timestamp-out-of-tolerance", 401, "The signed timestamp is too far off"),
    (Forbidden, "forbidden", 403, "Not allowed with these credentials"),
    (MerchantFrozen, "merchant-frozen", 403, "The merchant is frozen"),
    (MerchantRestricted, "merchant-restricted", 403, "The merchant is restricted"),
    (MerchantClosed, "merchant-closed", 403, "The merchant is closed"),
    (UserFrozen, "user-frozen", 403, "The user is frozen"),
    (NotArmed, "not-armed", 403, "The operator is not armed"),
    (NotFound, "not-found", 404, "There is no such thing"),
    (MethodNotAllowed, "method-not-allowed", 405, "The path does not take this method"),
    (EventIdReused, "event-id-reused", 409, "The event id was used for other bytes"),
    (IdempotencyInProgress, "idempotency-in-progress", 409, "The same key is being worked on"),
    (QuoteExpired, "quote-expired", 409, "The quote has expired"),
    (QuoteUsed, "quote-used", 409, "The quote was used"),
    (IllegalTransition, "illegal-transition", 409, "Not possible in the present state"),
    (ApprovalRequired, "approval-required", 409, "A second person must approve"),
    (BodyTooLarge, "body-too-large", 413, "The body is too large"),
    (UnsupportedMediaType, "unsupported-media-type", 415, "The media type is not supported"),
    (InvalidRequest, "invalid-request", 422, "The request is not valid"),
    (IdempotencyKeyReused, "idempotency-key-reused", 422, "The key was used for another request"),
    (InsufficientFunds, "insufficient-funds", 422, "The balance is too small"),
    (LimitExceeded, "limit-exceeded", 422, "A limit would be exceeded"),
    (PayeeNotVerified, "payee-not-verified", 422, "The payee is not verified"),
    (PayeeHolderMismatch, "payee-holder-mismatch", 422, "The payee's holder is not the merchant"),
    (UnsupportedCorridor, "unsupported-corridor", 422, "These currencies are not exchanged or paid out"),
    (RateLimited, "rate-limited", 429, "Too many requests"),
    (RateUnavailable, "rate-unavailable", 503, "No fresh rate for this pair"),
    (Overloaded, "overloaded", 503, "Too busy"),
    (LedgerUnavailable, "ledger-unavailable", 503, "The book cannot be written now"),
    (RequestTimeout, "request-timeout", 408, "The request took too long to arrive"),
    (Internal, "internal", 500, "An error on our side"),
];

impl Problem {
    /// Every problem.
    #[cfg(test)]
    pub fn all() -> impl Iterator<Item = Problem> {
        TABLE.iter().map(|row| row.0)
    }

    /// The problem with this code.
    pub fn of_code(code: &str) -> Option<Problem> {
        TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    fn row(self) -> &'static (Problem, &'static str, u16, &'static str) {
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[TABLE.len() - 1])
    }

    /// What programs branch on.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// The HTTP status it is told with.
    pub fn status(self) -> u16 {
        self.row().2
    }

    /// One line, the same for each occurrence.
    pub fn title(self) -> &'static str {
        self.row().3
    }
}

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Its path (`payee.country`); empty for the whole body.
    pub field: String,
    /// What is wrong with it. Never quotes personal data.
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into() }
    }
}

/// The members of an error's body.
#[derive(Serialize)]
pub struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

/// An error's body.
pub fn body(problem: Problem, detail: &str, request_id: &str, errors: &[FieldError]) -> Bytes {
    let body = ProblemBody {
        kind: format!("/problems/{}", problem.code()),
        title: problem.title(),
        status: problem.status(),
        code: problem.code(),
        detail,
        request_id,
        errors,
    };
    // Strings and numbers only: writing them cannot fail.
    Bytes::from(serde_json::to_vec(&body).unwrap_or_default())
}

/// A refusal on its way to the caller: a problem and what is particular to this occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub problem: Problem,
    pub detail: String,
    pub errors: Vec<FieldError>,
    /// For 405: the methods that the path takes.
    pub allow: Option<&'static str>,
    /// For 429: in how many seconds to come again, where it is known.
    pub retry_after: Option<u32>,
    /// What went wrong on our side. The caller learns nothing of it; the log does, under the request's id.
    pub cause: Option<Box<str>>,
}

impl Refusal {
    pub fn new(problem: Problem, detail: impl Into<String>) -> Refusal {
        Refusal {
            problem,
            detail: detail.into(),
            errors: Vec::new(),
            allow: None,
            retry_after: None,
            cause: None,
        }
    }

    /// 429: there is room again after `wait`.
    pub fn rate_limited(what: &str, wait: Duration) -> Refusal {
        // Whole seconds, so that whoever waits as long gets through.
        let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
        let detail = format!("{what}; again in {seconds} s");
        Refusal { retry_after: Some(seconds), ..Refusal::new(RateLimited, detail) }
    }

    /// 422 with one wrong field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Refusal {
        Refusal::fields(vec![FieldError::new(field, message)])
    }

    /// 422 with all wrong fields.
    pub fn fields(errors: Vec<FieldError>) -> Refusal {
        let detail = match errors.as_slice() {
            [only] if only.field.is_empty() => only.message.clone(),
            [only] => format!("{}: {}", only.field, only.message),
            more => format!("{} fields are wrong", more.len()),
        };
        Refusal { errors, ..Refusal::new(InvalidRequest, detail) }
    }

    pub fn not_found(what: &str) -> Refusal {
        Refusal::new(NotFound, format!("no such {what}"))
    }

    /// What the log says of it.
    pub fn why(&self) -> &str {
        self.cause.as_deref().unwrap_or(&self.detail)
    }

    /// Where it is answered: what is ours to mend, or the database's, is logged with what it is found by.
    pub fn log(&self, request_id: &str, route: &'static str) {
        let error = self.why();
        if self.problem == Internal {
            tracing::error!(request_id, route, error, "unexpected error");
        } else if self.cause.is_some() {
            tracing::warn!(request_id, route, error, "the database is unavailable");
        }
    }

    /// The response, with the headers that its status asks for.
    pub fn response(&self, request_id: &str) -> Response<Outgoing> {
        let mut response = respond(self.problem, body(self.problem, &self.detail, request_id, &self.errors));
        if let Some(allow) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Puts an error's body into a response.
fn respond(problem: Problem, body: Bytes) -> Response<Outgoing> {
    let mut response = Response::new(whole(body));
    *response.status_mut() =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT));
    if matches!(problem.status(), 429 | 503) {
        headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    if problem == Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_their_pages_exist() {
        let mut codes: Vec<_> = Problem::all().map(Problem::code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TABLE.len());
        for problem in Problem::all() {
            assert_eq!(Problem::of_code(problem.code()), Some(problem));
            assert!(!crate::problem_pages::meaning(problem).is_empty());
            assert!(!crate::problem_pages::remedy(problem).is_empty());
        }
    }

    #[test]
    fn errors_stand_in_the_body_only_where_there_are_some() {
        let text = |errors: &[FieldError]| {
            String::from_utf8(body(InvalidRequest, "d", "r1", errors).to_vec()).expect("text")
        };
        assert_eq!(
            text(&[]),
            r#"{"type":"/problems/invalid-request","title":"The request is not valid","status":422,"code":"invalid-request","detail":"d","request_id":"r1"}"#
        );
        assert!(text(&[FieldError::new("a", "b")]).ends_with(r#""errors":[{"field":"a","message":"b"}]}"#));
    }

    #[test]
    fn a_503_says_when_to_come_back() {
        let response = Refusal::new(Overloaded, "busy").response("r");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
        assert_eq!(response.headers()[CONTENT_TYPE], CONTENT);
    }

    #[test]
    fn a_429_says_when_there_is_room_again() {
        for (millis, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (2000, "2")] {
            let refusal = Refusal::rate_limited("too fast", Duration::from_millis(millis));
            let response = refusal.response("r");
            assert_eq!(response.status(), 429);
            assert_eq!(response.headers()[RETRY_AFTER], seconds, "{millis}");
            assert_eq!(refusal.detail, format!("too fast; again in {seconds} s"));
        }
    }
}
