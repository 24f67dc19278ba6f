//! What an operator's POST answers, and what anything answers that is refused.

use serde::{Deserialize, Serialize};

/// A refusal (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemAnswer {
    pub title: String,
    pub status: u16,
    /// What programs branch on.
    pub code: String,
    #[serde(default)]
    pub detail: String,
    #[serde(default)]
    pub request_id: String,
    /// Which fields are wrong, where any are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<WrongField>,
}

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrongField {
    pub field: String,
    pub message: String,
}

/// 202: it waits for a second person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalAsked {
    pub approval_id: String,
}
