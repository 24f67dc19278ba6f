//! Standard Webhooks 1.0.0: `{id}.{timestamp}.{raw body}`, signed by HMAC-SHA256 (`v1`) or ed25519 (`v1a`).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use hyper::HeaderMap;
use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{MAX_ID, Refusal, Verified, digits, single};

/// Header with the event's id.
pub const ID: &str = "webhook-id";
/// Header with the time of signing, Unix seconds.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header with the space-separated signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// Signatures looked at; each ed25519 one costs a pass over the body before anything is known about the sender.
pub const MAX_SIGNATURES: usize = 8;

/// Secrets come with and without padding.
const SECRET: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is no key. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// None of the three prefixes.
    #[error("a key starts with whsec_, whpk_ (verifying) or whsk_ (signing)")]
    Prefix,
    /// The rest is not base64.
    #[error("a key is base64 after its prefix")]
    Base64,
    /// Not 24–64 bytes (whsec_), 32 (whpk_), or 32 or 64 (whsk_).
    #[error("a key has the wrong length: whsec_ 24 to 64 bytes, whpk_ 32, whsk_ 32 or 64")]
    Length,
    /// A whsk_ whose public half doesn't belong to its private half.
    #[error("the two halves of a whsk_ key don't belong together")]
    Halves,
}

/// Why something can't be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsignable {
    /// The id is not 1–256 visible ASCII characters without a dot.
    #[error("an event id is 1 to 256 visible ASCII characters without a dot")]
    Id,
    /// Before 1970.
    #[error("a timestamp is not negative")]
    Timestamp,
}

/// A key that verifies, under the name it has in the configuration.
pub struct VerifyingKey {
    id: String,
    kind: VerifyingKind,
}

enum VerifyingKind {
    Hmac(Box<hmac::Key>),
    Ed25519([u8; 32]),
}

impl VerifyingKey {
    /// Reads `whsec_…` (HMAC) or `whpk_…` (ed25519). A verifier has no use for a private `whsk_` key and refuses it.
    pub fn parse(id: &str, text: &str) -> Result<VerifyingKey, KeyError> {
        let kind = if let Some(encoded) = text.strip_prefix("whsec_") {
            VerifyingKind::Hmac(Box::new(hmac_key(encoded)?))
        } else if let Some(encoded) = text.strip_prefix("whpk_") {
            let bytes = decode(encoded)?;
            VerifyingKind::Ed25519(bytes.as_slice().try_into().map_err(|_| KeyError::Length)?)
        } else {
            return Err(KeyError::Prefix);
        };
        Ok(VerifyingKey { id: id.to_owned(), kind })
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({})", self.id)
    }
}

/// A key that signs.
pub enum SigningKey {
    /// From `whsec_…`.
    Hmac(Box<hmac::Key>),
    /// From `whsk_…`.
    Ed25519(Box<Ed25519KeyPair>),
}

impl SigningKey {
    /// Reads `whsec_…` (HMAC) or `whsk_…` (ed25519: the 32-byte seed, alone or followed by its public key).
    pub fn parse(text: &str) -> Result<SigningKey, KeyError> {
        if let Some(encoded) = text.strip_prefix("whsec_") {
            return Ok(SigningKey::Hmac(Box::new(hmac_key(encoded)?)));
        }
        let encoded = text.strip_prefix("whsk_").ok_or(KeyError::Prefix)?;
        let bytes = decode(encoded)?;
        let pair = match bytes.len() {
            32 => Ed25519KeyPair::from_seed_unchecked(&bytes).map_err(|_| KeyError::Length)?,
            64 => {
                let (seed, public) = bytes.split_at(32);
                Ed25519KeyPair::from_seed_and_public_key(seed, public).map_err(|_| KeyError::Halves)?
            }
            _ => return Err(KeyError::Length),
        };
        Ok(SigningKey::Ed25519(Box::new(pair)))
    }

    /// For an ed25519 key, what the other side verifies with (`whpk_…`).
    pub fn verifying_text(&self) -> Option<String> {
        match self {
            SigningKey::Hmac(_) => None,
            SigningKey::Ed25519(pair) => {
                Some(format!("whpk_{}", STANDARD.encode(pair.public_key().as_ref())))
            }
        }
    }

    fn sign(&self, content: &[u8]) -> String {
        match self {
            SigningKey::Hmac(key) => format!("v1,{}", STANDARD.encode(hmac::sign(key, content))),
            SigningKey::Ed25519(pair) => format!("v1a,{}", STANDARD.encode(pair.sign(content))),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(…)")
    }
}

fn hmac_key(encoded: &str) -> Result<hmac::Key, KeyError> {
    let bytes = decode(encoded)?;
    if !(24..=64).contains(&bytes.len()) {
        return Err(KeyError::Length);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn decode(encoded: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    SECRET.decode(encoded).map(Zeroizing::new).map_err(|_| KeyError::Base64)
}

/// Verifies with several live keys.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<VerifyingKey>,
    tolerance: Duration,
}

impl Verifier {
    /// `tolerance` holds in both directions; the contract's is 300 s.
    pub fn new(keys: Vec<VerifyingKey>, tolerance: Duration) -> Verifier {
        Verifier { keys, tolerance }
    }

    /// Any signature that matches any key passes. The timestamp is judged last, since only then is it the bank's.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now_unix: i64) -> Result<Verified, Refusal> {
        let id = id_text(single(headers, ID)?).ok_or(Refusal::MalformedHeader(ID.into()))?;
        let stamp = digits(single(headers, TIMESTAMP)?).ok_or(Refusal::MalformedHeader(TIMESTAMP.into()))?;
        let timestamp: i64 = stamp.parse().map_err(|_| Refusal::MalformedHeader(TIMESTAMP.into()))?;
        let signatures = std::str::from_utf8(single(headers, SIGNATURE)?)
            .ok()
            .and_then(signatures)
            .ok_or(Refusal::MalformedHeader(SIGNATURE.into()))?;

        let content = content(id, stamp, body);
        let key =
            self.keys.iter().find(|key| key.matches(&content, &signatures)).ok_or(Refusal::BadSignature)?;
        if now_unix.abs_diff(timestamp) > self.tolerance.as_secs() {
            return Err(Refusal::TimestampOutOfTolerance);
        }
        Ok(Verified { event_id: id.to_owned(), key_id: key.id.clone(), timestamp })
    }
}

impl VerifyingKey {
    fn matches(&self, content: &[u8], signatures: &[Signature]) -> bool {
        match &self.kind {
            VerifyingKind::Hmac(key) => {
                // One pass over the body however many signatures there are.
                let tag = hmac::sign(key, content);
                signatures.iter().any(|signature| match signature {
                    Signature::Hmac(claimed) => bool::from(tag.as_ref().ct_eq(claimed)),
                    Signature::Ed25519(_) => false,
                })
            }
            VerifyingKind::Ed25519(public) => {
                let public = UnparsedPublicKey::new(&ED25519, public);
                signatures.iter().any(|signature| match signature {
                    Signature::Ed25519(claimed) => public.verify(content, claimed).is_ok(),
                    Signature::Hmac(_) => false,
                })
            }
        }
    }
}

/// Signs with every key it has, so that a receiver can be moved from one to the next.
#[derive(Debug)]
pub struct Signer {
    keys: Vec<SigningKey>,
}

impl Signer {
    /// At most [`MAX_SIGNATURES`] keys make sense.
    pub fn new(keys: Vec<SigningKey>) -> Signer {
        Signer { keys }
    }

    /// The three headers for `body`.
    pub fn headers(
        &self,
        id: &str,
        timestamp: i64,
        body: &[u8],
    ) -> Result<[(&'static str, String); 3], Unsignable> {
        let id = id_text(id.as_bytes()).ok_or(Unsignable::Id)?;
        let stamp = u64::try_from(timestamp).map_err(|_| Unsignable::Timestamp)?.to_string();
        let content = content(id, &stamp, body);
        let signatures: Vec<String> = self.keys.iter().map(|key| key.sign(&content)).collect();
        Ok([(ID, id.to_owned()), (TIMESTAMP, stamp), (SIGNATURE, signatures.join(" "))])
    }
}

enum Signature {
    Hmac(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// Entries of versions that we don't know are passed over, as the specification asks; too many are refused.
fn signatures(header: &str) -> Option<Vec<Signature>> {
    let entries: Vec<&str> = header.split(' ').filter(|entry| !entry.is_empty()).collect();
    if entries.is_empty() || entries.len() > MAX_SIGNATURES {
        return None;
    }
    let decoded = entries.iter().filter_map(|entry| {
        let (version, encoded) = entry.split_once(',')?;
        match version {
            "v1" => Some(Signature::Hmac(STANDARD.decode(encoded).ok()?)),
            "v1a" => Some(Signature::Ed25519(STANDARD.decode(encoded).ok()?)),
            _ => None,
        }
    });
    Some(decoded.collect())
}

/// A dot would let bytes move between id, timestamp and body under the same signature.
fn id_text(bytes: &[u8]) -> Option<&str> {
    let fits = (1..=MAX_ID).contains(&bytes.len());
    let visible = bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'.');
    if fits && visible { std::str::from_utf8(bytes).ok() } else { None }
}

fn content(id: &str, stamp: &str, body: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(id.len() + stamp.len() + body.len() + 2);
    content.extend_from_slice(id.as_bytes());
    content.push(b'.');
    content.extend_from_slice(stamp.as_bytes());
    content.push(b'.');
    content.extend_from_slice(body);
    content
}
