#![doc = include_str!("../README.md")]

mod accounts;
mod answers;
mod details;
mod events;
mod overview;
mod reconciliation;
mod rows;
mod withdrawals;

pub use accounts::{AccountRow, TransferRow};
pub use answers::{ApprovalAsked, ProblemAnswer, WrongField};
pub use details::{BalanceRow, MerchantDetail, NoteRow, PaymentDetail, SearchHit, SearchHits, TimelineEntry};
pub use events::{EventAnswer, EventBody, EventConflict, EventDetail, EventHeader, Unmasked};
pub use overview::{
    BankHealth, Exposure, LaneHealth, Overview, PayoutQueue, PoolHealth, RateAge, ReviewLine, Suspense,
};
pub use reconciliation::{ReconciledWith, ReconciliationRow, StatementRow};
pub use rows::{
    ApprovalRow, AuditRow, EventRow, EvidenceLine, HeldRate, MerchantRow, Page, PaymentRow, PayoutDetail,
    PayoutRow, PublishedRateRow, RateRow, ReversalRow,
};
pub use withdrawals::{AttemptRow, FailureRow, PayeeRow, WithdrawalDetail, WithdrawalRow};
