#![doc = include_str!("../README.md")]

mod accounts;
mod answers;
mod details;
mod events;
mod operators;
mod overview;
mod quotes;
mod reconciliation;
mod rows;
mod stream;
mod withdrawals;

pub use accounts::{AccountRow, AccountSum, TransferRow};
pub use answers::{ApprovalAsked, ProblemAnswer, WrongField};
pub use details::{
    ApprovalDetail, BalanceRow, FreezeRow, MerchantDetail, NoteRow, PaymentDetail, SearchHit, SearchHits,
    TimelineEntry,
};
pub use events::{EventAnswer, EventBody, EventConflict, EventDetail, EventHeader, Unmasked};
pub use operators::{ArmRequest, CONSOLE_HEADER, DisarmRequest, Me};
pub use overview::{
    Activity, ActivitySecond, BankHealth, Exposure, LaneHealth, Overview, PayoutQueue, PoolHealth, RateAge,
    ReviewLine, Suspense, Verification, WithdrawalQueue,
};
pub use quotes::QuoteRow;
pub use reconciliation::{ReconciledWith, ReconciliationRow, StatementRow};
pub use rows::{
    ApprovalRow, AuditRow, EventRow, EvidenceLine, HeldRate, MerchantRow, Page, PaymentRow, PayoutDetail,
    PayoutPayee, PayoutRow, PublishedRateRow, RateRow, ReversalRow,
};
pub use stream::{CHANGED, Changed, HELLO, More, OVERVIEW, RESET, StreamStart};
pub use withdrawals::{
    AttemptRow, FailureRow, MerchantPayeeRow, PayeeRow, PayeeWarning, WithdrawalDetail, WithdrawalRow,
};
