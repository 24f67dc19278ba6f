//! A client over real TLS, of banks, merchants and operators.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bank::https::{HttpsClient, Limits, client_tls};
use bank::signing::standard_webhooks::{Signer, SigningKey};
use bytes::Bytes;
use hyper::Method;
use serde_json::Value;
use tokio::time::Instant;

/// For one request.
const DEADLINE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null where it is not JSON.
    pub json: Value,
    /// `Idempotency-Replayed: true`.
    pub replayed: bool,
    /// In how many seconds to come again, where it says so.
    pub retry_after: Option<u64>,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The problem's code.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// A member that is text.
    pub fn text_of(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_default()
    }

    /// Status and code, for comparing refusals.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// The only outcome of a bank event: what became of it, and why.
    pub fn outcome(&self) -> (&str, &str) {
        let outcome = &self.json["outcomes"][0];
        (outcome["outcome"].as_str().unwrap_or_default(), outcome["reason"].as_str().unwrap_or_default())
    }
}

/// A listener of the gateway.
pub struct Client {
    https: HttpsClient,
}

impl Client {
    /// A client of this listener.
    pub fn new(url: &str, ca: &Path) -> Client {
        let pem = std::fs::read(ca).expect("the CA");
        let limits = Limits { idle: 128, answer: 8 << 20, ..Limits::default() };
        let https = HttpsClient::new(url, client_tls(&pem).expect("a CA"), limits).expect("a client");
        Client { https }
    }

    /// One request, whatever the answer.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Option<Answer> {
        let answer = self.https.request(method, path, headers, body, Instant::now() + DEADLINE).await.ok()?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        Some(Answer {
            status: answer.status.as_u16(),
            json: serde_json::from_str(&text).unwrap_or(Value::Null),
            retry_after: answer
                .headers
                .get("retry-after")
                .and_then(|value| value.to_str().ok()?.parse().ok()),
            replayed: answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true"),
            text,
        })
    }

    /// One request that is answered.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Answer {
        self.try_send(method, path, headers, body).await.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// GET with a bearer token.
    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(Method::GET, path, &[bearer(token)], Bytes::new()).await
    }

    /// POST of JSON with a bearer token, and an idempotency key if given.
    pub async fn post(&self, token: &str, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let mut headers = vec![bearer(token)];
        headers.extend(key.map(|key| ("idempotency-key", key.to_owned())));
        self.send(Method::POST, path, &headers, body.to_string().into()).await
    }
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// Signs as the bank with this secret does.
pub(crate) fn signed(secret: &str, event_id: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    signed_at(secret, event_id, i64::try_from(now).expect("a clock"), body)
}

/// Signs with a time of one's own.
pub(crate) fn signed_at(secret: &str, event_id: &str, at: i64, body: &[u8]) -> Vec<(&'static str, String)> {
    let signer = Signer::new(vec![SigningKey::parse(secret).expect("a secret")]);
    signer.headers(event_id, at, body).expect("signed").to_vec()
}

/// A number that no other call gets.
pub(crate) fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
