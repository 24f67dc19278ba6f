//! Who said it: signatures over the raw bytes of what a bank posts, by the scheme configured for that bank (R1).

mod keys;
pub mod recipe;
pub mod standard_webhooks;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use hyper::HeaderMap;

pub use keys::{BadKey, RecipeKey, RecipeSigningKey};
pub use recipe::Recipe;
pub use standard_webhooks::{KeyError, Unsignable};

/// Longest event id that is taken.
pub const MAX_ID: usize = 256;
/// Fifteen digits of milliseconds are thirty thousand years; no more need parsing.
const MAX_TIMESTAMP_DIGITS: usize = 15;

/// How a bank signs, as named in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks,
    /// HMAC-SHA256 by a [`Recipe`].
    Hmac,
    /// RSA (PKCS #1 v1.5) with SHA-256 by a [`Recipe`].
    RsaSha256,
}

impl Scheme {
    /// The name in the configuration and in `sandbox.json`.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::StandardWebhooks => "standard-webhooks",
            Scheme::Hmac => "hmac",
            Scheme::RsaSha256 => "rsa-sha256",
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
#[error("unknown signature scheme; known: standard-webhooks, hmac, rsa-sha256")]
pub struct UnknownScheme;

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Scheme, UnknownScheme> {
        match text {
            "standard-webhooks" => Ok(Scheme::StandardWebhooks),
            "hmac" => Ok(Scheme::Hmac),
            "rsa-sha256" => Ok(Scheme::RsaSha256),
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
    MissingHeader(Cow<'static, str>),
    /// A header is there twice, or its text can't be what the scheme says.
    #[error("header {0} is malformed")]
    MalformedHeader(Cow<'static, str>),
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
    /// See [`recipe`].
    Recipe(recipe::Verifier),
}

/// What a request must bring, for whoever looks for a mistake in it. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The headers, in lower case.
    pub headers: Vec<String>,
    /// What is signed, `{id}`, `{timestamp}` and `{body}` standing for themselves.
    pub signed: String,
}

impl Verifier {
    /// A verifier of Standard Webhooks: `keys` are pairs of key id and secret text, several while a bank rotates.
    pub fn from_secrets(keys: &[(&str, &str)], tolerance: Duration) -> Result<Verifier, KeyError> {
        let keys = keys
            .iter()
            .map(|(id, secret)| standard_webhooks::VerifyingKey::parse(id, secret))
            .collect::<Result<_, _>>()?;
        Ok(Verifier::StandardWebhooks(standard_webhooks::Verifier::new(keys, tolerance)))
    }

    /// Whether these headers sign exactly these bytes, at `now_unix` seconds.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now_unix: i64) -> Result<Verified, Refusal> {
        match self {
            Verifier::StandardWebhooks(verifier) => verifier.verify(headers, body, now_unix),
            Verifier::Recipe(verifier) => verifier.verify(headers, body, now_unix),
        }
    }

    /// What it expects.
    pub fn explain(&self) -> Expectation {
        match self {
            Verifier::StandardWebhooks(_) => Expectation {
                headers: [standard_webhooks::ID, standard_webhooks::TIMESTAMP, standard_webhooks::SIGNATURE]
                    .map(str::to_owned)
                    .to_vec(),
                signed: "{id}.{timestamp}.{body}".to_owned(),
            },
            Verifier::Recipe(verifier) => {
                Expectation { headers: verifier.recipe().headers(), signed: verifier.recipe().template() }
            }
        }
    }
}

/// Signs as a bank does, or as we do towards a bank.
#[derive(Debug)]
#[non_exhaustive]
pub enum Signer {
    /// See [`standard_webhooks`].
    StandardWebhooks(standard_webhooks::Signer),
    /// See [`recipe`].
    Recipe(recipe::Signer),
}

impl Signer {
    /// A signer of Standard Webhooks; with several secrets it signs with each of them.
    pub fn from_secrets(secrets: &[&str]) -> Result<Signer, KeyError> {
        let keys = secrets
            .iter()
            .map(|secret| standard_webhooks::SigningKey::parse(secret))
            .collect::<Result<_, _>>()?;
        Ok(Signer::StandardWebhooks(standard_webhooks::Signer::new(keys)))
    }

    /// The headers that sign `body` under `id` at `timestamp` (Unix seconds).
    pub fn headers(
        &self,
        id: &str,
        timestamp: i64,
        body: &[u8],
    ) -> Result<Vec<(String, String)>, Unsignable> {
        match self {
            Signer::StandardWebhooks(signer) => {
                let headers = signer.headers(id, timestamp, body)?;
                Ok(headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }
            Signer::Recipe(signer) => Ok(signer.headers(id, timestamp, body)),
        }
    }
}

fn digits(bytes: &[u8]) -> Option<&str> {
    let fits = (1..=MAX_TIMESTAMP_DIGITS).contains(&bytes.len());
    if fits && bytes.iter().all(u8::is_ascii_digit) { std::str::from_utf8(bytes).ok() } else { None }
}

/// The one value of a header; twice the same header is refused, since two readers might pick different ones.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h [u8], Refusal> {
    let mut values = headers.get_all(name).iter();
    let owned = || Cow::Owned(name.to_owned());
    let value = values.next().ok_or_else(|| Refusal::MissingHeader(owned()))?;
    match values.next() {
        None => Ok(value.as_bytes()),
        Some(_) => Err(Refusal::MalformedHeader(owned())),
    }
}
