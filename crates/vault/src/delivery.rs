//! A verified event on its way in: hashed and sealed before any transaction begins.

use std::sync::Arc;

use pg::{KeyHash, Shard, Shards};
use privacy::Keyring;
use ring::digest;
use uuid::Uuid;

use crate::{Error, EventId};

/// What we made of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Understood and applied.
    Accepted,
    /// Not the format it claims to be: 400.
    Malformed,
    /// A known type with fields that can't be understood: 422.
    Invalid,
    /// A type that we don't know.
    Ignored,
}

impl Verdict {
    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Malformed => "malformed",
            Verdict::Invalid => "invalid",
            Verdict::Ignored => "ignored",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Verdict, Error> {
        [Verdict::Accepted, Verdict::Malformed, Verdict::Invalid, Verdict::Ignored]
            .into_iter()
            .find(|verdict| verdict.as_str() == name)
            .ok_or_else(|| Error::Unexpected(format!("the verdict {name}")))
    }
}

/// One delivery of an event whose signature verified.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The shard of (bank, event id).
    pub shard: Shard,
    /// Our id of it, should it be the first.
    pub id: EventId,
    /// Who signed it.
    pub bank: Arc<str>,
    /// The bank's id of it, stable over redelivery; `hmac-` and [`body_hash`](Self::body_hash) in hexadecimal where the bank gave it
    /// none.
    pub event_id: String,
    /// Under what (bank, event id) is looked up.
    pub(crate) key: Uuid,
    /// Where an event without an id of its bank's was kept before such ids were keyed.
    pub(crate) before: Option<(Shard, Uuid)>,
    /// What is kept to know the bytes by: their SHA-256, hashed with the key of blind indexes (R36).
    pub body_hash: [u8; 32],
    /// SHA-256 of the raw bytes, by which those are known that came before hashes were keyed. Never kept.
    plain_hash: [u8; 32],
    /// Which of the bank's keys verified.
    pub key_id: String,
    pub(crate) headers_sealed: Vec<u8>,
    pub(crate) body_sealed: Vec<u8>,
}

impl Delivery {
    /// Hashes and seals what arrived. `headers` are those worth keeping, as one text: `name: value`, a line each. An `event_id` that
    /// is `sha256-` and the body's hash, as of a bank that gives none, is not kept.
    ///
    /// # Errors
    /// The keyring's.
    pub fn new(
        keyring: &Keyring,
        shards: Shards,
        bank: &Arc<str>,
        event_id: &str,
        key_id: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<Delivery, Error> {
        let mut plain_hash = [0; 32];
        plain_hash.copy_from_slice(digest::digest(&digest::SHA256, body).as_ref());
        let plain = hex(&plain_hash);
        let body_hash = keyring.blind_index("bank_event_body", &plain);
        let by_hash = event_id.strip_prefix("sha256-") == Some(plain.as_str());
        let event_id = if by_hash { format!("hmac-{}", hex(&body_hash)) } else { event_id.to_owned() };
        let before = by_hash.then(|| key_of(bank, &format!("sha256-{plain}")));
        let key = key_of(bank, &event_id);
        let shard = key.shard(shards);
        let id = EventId::new(shard);
        Ok(Delivery {
            shard,
            id,
            bank: bank.clone(),
            event_id,
            key: key.uuid(),
            before: before.map(|key| (key.shard(shards), key.uuid())),
            body_hash,
            plain_hash,
            key_id: key_id.to_owned(),
            headers_sealed: keyring.seal(headers.as_bytes(), &context("headers", id))?,
            body_sealed: keyring.seal(body, &context("body", id))?,
        })
    }

    /// Whether bytes that are known by this are the same, also those of before.
    pub(crate) fn has_bytes_of(&self, kept: &[u8]) -> bool {
        kept == self.body_hash || kept == self.plain_hash
    }
}

fn hex(hash: &[u8; 32]) -> String {
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// What names an event and says where it lies, whatever is in it.
pub(crate) fn key_of(bank: &str, event_id: &str) -> KeyHash {
    KeyHash::of(&[bank.as_bytes(), event_id.as_bytes()])
}

pub(crate) fn context(column: &str, id: EventId) -> Vec<u8> {
    let mut context = b"bank_event_bytes.".to_vec();
    context.extend_from_slice(column.as_bytes());
    context.push(0);
    context.extend_from_slice(id.uuid().as_bytes());
    context
}
