//! Who the operator is, and whether it may change anything at this moment.

use serde::{Deserialize, Serialize};

/// The header by which a request says that a console sent it: such a request changes something only while its operator is
/// armed, whatever the configuration says. Any value counts; the console sends `1`.
pub const CONSOLE_HEADER: &str = "sluice-console";

/// `GET /admin/v1/me`; `POST /admin/v1/arm` and `POST /admin/v1/disarm` answer the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub operator_id: String,
    pub person: String,
    /// `viewer`, `operator` or `approver`.
    pub role: String,
    /// The environment, for the band.
    pub environment: String,
    /// Whether it can't change anything unarmed, wherever its requests come from.
    #[serde(default)]
    pub must_arm: bool,
    /// Until when it may change something, by the database's clock; none: it is not armed.
    pub armed_until: Option<String>,
    /// Why.
    pub armed_reason: Option<String>,
}

/// The body of `POST /admin/v1/arm`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmRequest {
    /// From now on, 1 to 60.
    pub minutes: u32,
    /// Why; not empty.
    pub reason: String,
}

/// The body of `POST /admin/v1/disarm`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisarmRequest {}
