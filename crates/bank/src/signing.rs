//! Who said it: signatures over the raw bytes of what a bank posts, by the scheme configured for that bank (R1).

pub mod standard_webhooks;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use hyper::HeaderMap;

pub use standard_webhooks::{KeyError, Unsignable};

/// How a bank signs, as named in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks,
}

impl Scheme {
    /// The name in the configuration and in `sandbox.json`.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::StandardWebhooks => "standard-webhooks",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A scheme's name that we don't know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown signature scheme; known: standard-webhooks")]
pub struct UnknownScheme;

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Scheme, UnknownScheme> {
        match text {
            "standard-webhooks" => Ok(Scheme::StandardWebhooks),
            _ => Err(UnknownScheme),
        }
    }
}

/// What a signature proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The bank's own id of the event, stable over redelivery: 1–256 visible ASCII characters.
    pub event_id: String,
    /// Which of the configured keys matched.
    pub key_id: String,
    /// When the bank signed, in Unix seconds; changes with each redelivery.
    pub timestamp: i64,
}

/// Why a request is not taken for the bank's. All are answered 401; nothing of the body has been looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header that the scheme needs is absent.
    #[error("header {0} is missing")]
    MissingHeader(&'static str),
    /// A header is there twice, or its text can't be what the scheme says.
    #[error("header {0} is malformed")]
    MalformedHeader(&'static str),
    /// No signature matches any live key.
    #[error("no signature matches")]
    BadSignature,
    /// Signed by the bank, but too long ago or too far ahead.
    #[error("the timestamp is out of tolerance")]
    TimestampOutOfTolerance,
}

/// Checks a bank's requests with its live keys.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verifier {
    /// See [`standard_webhooks`].
    StandardWebhooks(standard_webhooks::Verifier),
}

impl Verifier {
    /// A verifier from configuration: `keys` are pairs of key id and secret text, several while a bank rotates.
    pub fn from_secrets(
        scheme: Scheme,
        keys: &[(&str, &str)],
        tolerance: Duration,
    ) -> Result<Verifier, KeyError> {
        match scheme {
            Scheme::StandardWebhooks => {
                let keys = keys
                    .iter()
                    .map(|(id, secret)| standard_webhooks::VerifyingKey::parse(id, secret))
                    .collect::<Result<_, _>>()?;
                Ok(Verifier::StandardWebhooks(standard_webhooks::Verifier::new(keys, tolerance)))
            }
        }
    }

    /// Whether these headers sign exactly these bytes, at `now_unix` seconds.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now_unix: i64) -> Result<Verified, Refusal> {
        match self {
            Verifier::StandardWebhooks(verifier) => verifier.verify(headers, body, now_unix),
        }
    }
}

/// Signs as a bank does, or as we do towards a bank.
#[derive(Debug)]
#[non_exhaustive]
pub enum Signer {
    /// See [`standard_webhooks`].
    StandardWebhooks(standard_webhooks::Signer),
}

impl Signer {
    /// A signer from configuration; with several secrets it signs with each of them.
    pub fn from_secrets(scheme: Scheme, secrets: &[&str]) -> Result<Signer, KeyError> {
        match scheme {
            Scheme::StandardWebhooks => {
                let keys = secrets
                    .iter()
                    .map(|secret| standard_webhooks::SigningKey::parse(secret))
                    .collect::<Result<_, _>>()?;
                Ok(Signer::StandardWebhooks(standard_webhooks::Signer::new(keys)))
            }
        }
    }

    /// The headers that sign `body` under `id` at `timestamp` (Unix seconds).
    pub fn headers(
        &self,
        id: &str,
        timestamp: i64,
        body: &[u8],
    ) -> Result<[(&'static str, String); 3], Unsignable> {
        match self {
            Signer::StandardWebhooks(signer) => signer.headers(id, timestamp, body),
        }
    }
}

/// The one value of a header; twice the same header is refused, since two readers might pick different ones.
fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h [u8], Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Refusal::MissingHeader(name))?;
    match values.next() {
        None => Ok(value.as_bytes()),
        Some(_) => Err(Refusal::MalformedHeader(name)),
    }
}
