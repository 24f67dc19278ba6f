//! What `GET /admin/v1/stream` tells, as server-sent events: the `data` of each kind, and its name.

use serde::{Deserialize, Serialize};

/// `event: hello`: the first one of a stream that begins, or goes on where its `Last-Event-ID` says.
pub const HELLO: &str = "hello";
/// `event: reset`: the first one of a stream whose `Last-Event-ID` is too old or not of this database, and later where
/// what changed was lost. Whatever was fetched before must be fetched anew.
pub const RESET: &str = "reset";
/// `event: changed`, with an `id`.
pub const CHANGED: &str = "changed";
/// `event: overview`, without an `id`: its data is an [`Overview`](crate::Overview).
pub const OVERVIEW: &str = "overview";

/// The data of `hello` and `reset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStart {
    /// Where the stream goes on, the same as the event's `id`; opaque.
    pub cursor: String,
}

/// The data of `changed`: which rows are new or not as they were. An id may come again without a change, and
/// never is a change left out; that a bank repeated an event changes no more than how often it did, and is not told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// At most 100 of each kind.
    #[serde(default)]
    pub payouts: Vec<String>,
    #[serde(default)]
    pub payments: Vec<String>,
    #[serde(default)]
    pub withdrawals: Vec<String>,
    #[serde(default)]
    pub bank_events: Vec<String>,
    #[serde(default)]
    pub approvals: Vec<String>,
    /// Published rates, held ones and those that were decided.
    #[serde(default)]
    pub rates: Vec<String>,
    /// The audit trail has new entries.
    #[serde(default)]
    pub audit: bool,
    /// Kinds of which others changed besides those that are named.
    #[serde(default)]
    pub more: More,
}

/// Kinds of which not every id is named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct More {
    #[serde(default, skip_serializing_if = "is_false")]
    pub payouts: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub payments: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub withdrawals: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub bank_events: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub approvals: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub rates: bool,
}

// serde hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !*value
}
