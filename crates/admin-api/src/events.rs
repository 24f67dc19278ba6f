//! One bank event, whole, with personal data masked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is known of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventDetail {
    pub id: String,
    pub bank: String,
    /// The bank's id of it.
    pub event_id: String,
    /// What it has come to: by its first delivery, or by a replay that understood more.
    pub verdict: String,
    /// The key that verified it.
    pub key_id: String,
    pub received_at: String,
    pub last_received_at: String,
    pub redeliveries: i64,
    pub replays: i64,
    /// The first answer.
    pub first: EventAnswer,
    /// What a replay made of it, where that was more.
    pub later: Option<EventAnswer>,
    /// What it was signed by, signatures shortened; null when its bytes are gone.
    pub headers: Option<Vec<EventHeader>>,
    /// Null when its bytes are gone.
    pub body: Option<EventBody>,
    pub bytes_expired: bool,
    /// Other bytes under the same id, refused.
    pub conflicts: Vec<EventConflict>,
}

/// An answer to an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventAnswer {
    pub verdict: String,
    pub status: u16,
    pub answer: Value,
    pub at: String,
}

/// A header that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventHeader {
    pub name: String,
    pub value: String,
}

/// A body as it may be shown to anyone in the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventBody {
    /// `json`, `xml` or `opaque`.
    pub format: String,
    /// In bytes.
    pub length: usize,
    /// The same JSON or, as text, the same XML, masked; null where it can't be parsed.
    pub masked: Value,
}

/// A refused reuse of the event's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventConflict {
    pub id: String,
    pub received_at: String,
}

/// What an unmasking answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unmasked {
    pub id: String,
    /// `body` or `headers`.
    pub field: String,
    /// In bytes.
    pub length: usize,
    pub base64: String,
    /// The same, where it is UTF-8.
    pub text: Option<String>,
}
