//! Keys of the recipes' signatures: HMAC-SHA256 secrets, and RSA keys as PEM or JWK.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use spki::SubjectPublicKeyInfoRef;
use spki::der::Decode as _;
use subtle::ConstantTimeEq as _;

/// Shortest secret: 128 bits if it is random text.
const MIN_SECRET: usize = 16;
/// Bytes of the shortest RSA modulus, 2048 bits.
const MIN_MODULUS: usize = 256;

/// Why a text is no key of the scheme. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// An HMAC secret that can be guessed.
    #[error("an HMAC secret has at least 16 characters")]
    Short,
    /// Neither PEM nor JWK, or of another kind.
    #[error("an RSA key is PEM (PUBLIC KEY) or a JWK with n and e; to sign, PEM (PRIVATE KEY)")]
    NotRsa,
    /// Below 2048 bits.
    #[error("an RSA key has at least 2048 bits")]
    Weak,
}

/// A key that verifies, under the name it has in the configuration.
pub struct RecipeKey {
    id: String,
    kind: Kind,
}

enum Kind {
    Hmac(Box<hmac::Key>),
    /// PKCS#1 `RSAPublicKey`.
    RsaDer(Vec<u8>),
    RsaJwk {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl RecipeKey {
    /// An HMAC secret: the text's bytes, as the bank shows it.
    ///
    /// # Errors
    /// `Short`.
    pub fn hmac(id: &str, secret: &str) -> Result<RecipeKey, BadKey> {
        let key = hmac_key(secret)?;
        Ok(RecipeKey { id: id.to_owned(), kind: Kind::Hmac(Box::new(key)) })
    }

    /// A public RSA key, PEM or JWK (RFC 7517).
    ///
    /// # Errors
    /// `NotRsa`, `Weak`.
    pub fn rsa(id: &str, text: &str) -> Result<RecipeKey, BadKey> {
        let kind = if text.trim_start().starts_with('{') { jwk(text)? } else { pem(text)? };
        Ok(RecipeKey { id: id.to_owned(), kind })
    }

    /// Its name.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn matches(&self, content: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Hmac(key) => bool::from(hmac::sign(key, content).as_ref().ct_eq(signature)),
            Kind::RsaDer(der) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).verify(content, signature).is_ok()
            }
            Kind::RsaJwk { n, e } => {
                PublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, content, signature).is_ok()
            }
        }
    }
}

impl fmt::Debug for RecipeKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RecipeKey({})", self.id)
    }
}

/// A key that signs.
pub enum RecipeSigningKey {
    /// With a shared secret.
    Hmac(Box<hmac::Key>),
    /// With a private RSA key.
    Rsa(Box<KeyPair>),
}

impl RecipeSigningKey {
    /// An HMAC secret.
    ///
    /// # Errors
    /// `Short`.
    pub fn hmac(secret: &str) -> Result<RecipeSigningKey, BadKey> {
        Ok(RecipeSigningKey::Hmac(Box::new(hmac_key(secret)?)))
    }

    /// A private RSA key, PEM (PKCS#8 or PKCS#1).
    ///
    /// # Errors
    /// `NotRsa`; `Weak` is told as that, too.
    pub fn rsa(text: &str) -> Result<RecipeSigningKey, BadKey> {
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| BadKey::NotRsa)?;
        let pair = match &der {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(BadKey::NotRsa),
        };
        Ok(RecipeSigningKey::Rsa(Box::new(pair.map_err(|_| BadKey::NotRsa)?)))
    }

    /// Empty where the system has no randomness: such a signature matches nothing.
    pub(super) fn sign(&self, content: &[u8]) -> Vec<u8> {
        match self {
            RecipeSigningKey::Hmac(key) => hmac::sign(key, content).as_ref().to_vec(),
            RecipeSigningKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let done = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content, &mut signature);
                if done.is_ok() { signature } else { Vec::new() }
            }
        }
    }
}

impl fmt::Debug for RecipeSigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecipeSigningKey(…)")
    }
}

fn hmac_key(secret: &str) -> Result<hmac::Key, BadKey> {
    if secret.len() < MIN_SECRET {
        return Err(BadKey::Short);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
}

fn jwk(text: &str) -> Result<Kind, BadKey> {
    let json = crate::json::parse(text.as_bytes()).map_err(|_| BadKey::NotRsa)?;
    let member = |name: &str| {
        let text = json.member(name)?.text()?;
        URL_SAFE_NO_PAD.decode(text).ok()
    };
    let is_rsa = json.member("kty").and_then(|kind| kind.text()) == Some("RSA");
    match (is_rsa, member("n"), member("e")) {
        (true, Some(n), Some(e)) if n.len() >= MIN_MODULUS => Ok(Kind::RsaJwk { n, e }),
        (true, Some(_), Some(_)) => Err(BadKey::Weak),
        _ => Err(BadKey::NotRsa),
    }
}

/// An SPKI `PUBLIC KEY` (RFC 5280), of which the inner `RSAPublicKey` is kept.
fn pem(text: &str) -> Result<Kind, BadKey> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).map_err(|_| BadKey::NotRsa)?;
    let info = SubjectPublicKeyInfoRef::from_der(&der).map_err(|_| BadKey::NotRsa)?;
    let key = info.subject_public_key.as_bytes().ok_or(BadKey::NotRsa)?;
    if info.algorithm.oid != RSA_ENCRYPTION {
        return Err(BadKey::NotRsa);
    }
    // Beside the modulus an RSAPublicKey has few bytes.
    if key.len() < MIN_MODULUS { Err(BadKey::Weak) } else { Ok(Kind::RsaDer(key.to_vec())) }
}

/// PKCS #1's rsaEncryption.
const RSA_ENCRYPTION: spki::ObjectIdentifier = spki::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
