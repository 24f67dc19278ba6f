#![doc = include_str!("../README.md")]

mod approvals;
mod arming;
mod heads;
mod listed;
mod state;
mod trail;

pub use approvals::{
    Approval, Approvals, DecideRefusal, NewApproval, approval, approval_naming, lock_approvals,
    open_approvals, pending_by_person, pending_count,
};
pub use arming::{Armer, Arming, LONGEST_ARMING, arm, arming, disarm};
pub use heads::{Head, NotAHead, head, head_up_to};
pub use listed::{ApprovalFilter, TrailFilter, list_approvals, list_trail};
pub use state::{ApprovalEvent, ApprovalState};
pub use trail::{AuditReport, AuditRow, Entry, append, head_seq, list, verify};

/// The tables of the trail, of approvals and of armings.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "audit",
    migrations: &[
        pg::Migration { version: 1, name: "audit", sql: include_str!("../migrations/0001_audit.sql") },
        pg::Migration { version: 2, name: "armings", sql: include_str!("../migrations/0002_armings.sql") },
        pg::Migration {
            version: 3,
            name: "first entry",
            sql: include_str!("../migrations/0003_first_entry.sql"),
        },
    ],
};

/// Marks ids of approvals.
#[derive(Debug)]
pub enum ApprovalMark {}
impl pg::Kind for ApprovalMark {
    const PREFIX: &'static str = "apr";
}
/// `apr_…`
pub type ApprovalId = pg::Id<ApprovalMark>;

/// Why the trail or an approval could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed; the transaction is void.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// Rows are not as the code left them; nothing goes on until a person has looked.
    #[error("unexpected state of the audit trail: {0}")]
    Unexpected(String),
}
