//! What can be done, to what, when; and what it means. The server decides: this only keeps an operator from asking for
//! what would be refused anyway, and says why.

use serde_json::{Map, Value, json};

use crate::item::{Item, Row, Shape};
use crate::text::T;

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    QueryPayout,
    ResolvePaid,
    ResolveNotPaid,
    HoldPayout,
    ReleasePayout,
    RetryPayout,
    RetryOtherPayee,
    RefundWithdrawal,
    RefuseWithdrawal,
    CreditPayment,
    ReturnPayment,
    RematchPayment,
    DismissReversal,
    FreezeMerchant,
    UnfreezeMerchant,
    ReplayEvent,
    ExplainLine,
    AcceptRate,
    RejectRate,
    Approve,
    Reject,
}

/// What is asked for besides the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extra {
    /// The member of the request's body.
    pub member: &'static str,
    pub label: T,
    pub needed: bool,
}

/// What an operator's role allows, as far as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Viewer,
    Operator,
    Approver,
}

impl Role {
    pub fn parse(name: &str) -> Option<Role> {
        match name {
            "viewer" => Some(Role::Viewer),
            "operator" => Some(Role::Operator),
            "approver" => Some(Role::Approver),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Approver => "approver",
        }
    }
}

/// Who acts. Unknown where only a token was given: then the server alone says what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    pub id: Option<String>,
    pub role: Option<Role>,
}

use Action::*;

const PAYOUT: &[Action] = &[
    QueryPayout,
    ResolvePaid,
    ResolveNotPaid,
    HoldPayout,
    ReleasePayout,
    RetryPayout,
    RetryOtherPayee,
    RefundWithdrawal,
    RefuseWithdrawal,
];

/// What there is for things of this shape, allowed or not.
pub fn of(shape: Shape) -> &'static [Action] {
    match shape {
        Shape::Payout | Shape::Withdrawal => PAYOUT,
        Shape::Payment => &[CreditPayment, ReturnPayment, RematchPayment],
        Shape::Reversal => &[DismissReversal],
        Shape::Merchant => &[FreezeMerchant, UnfreezeMerchant],
        Shape::Event => &[ReplayEvent],
        Shape::Line => &[ExplainLine],
        Shape::Approval => &[Approve, Reject],
        Shape::Rate => &[AcceptRate, RejectRate],
        Shape::Account | Shape::Transfer | Shape::Audit => &[],
    }
}

impl Action {
    /// Its word in the palette.
    pub fn word(self) -> &'static str {
        match self {
            QueryPayout => "query",
            ResolvePaid => "resolve-paid",
            ResolveNotPaid => "resolve-not-paid",
            HoldPayout => "hold",
            ReleasePayout => "release",
            RetryPayout => "retry",
            RetryOtherPayee => "retry-other",
            RefundWithdrawal => "refund",
            RefuseWithdrawal => "refuse",
            CreditPayment => "credit",
            ReturnPayment => "return",
            RematchPayment => "rematch",
            DismissReversal => "dismiss",
            FreezeMerchant => "freeze",
            UnfreezeMerchant => "unfreeze",
            ReplayEvent => "replay",
            ExplainLine => "explain",
            AcceptRate => "accept-rate",
            RejectRate => "reject-rate",
            Approve => "approve",
            Reject => "reject",
        }
    }

    pub fn label(self) -> T {
        match self {
            QueryPayout => T::Query,
            ResolvePaid => T::ResolvePaid,
            ResolveNotPaid => T::ResolveNotPaid,
            HoldPayout => T::Hold,
            ReleasePayout => T::Release,
            RetryPayout => T::Retry,
            RetryOtherPayee => T::RetryOther,
            RefundWithdrawal => T::Refund,
            RefuseWithdrawal => T::Refuse,
            CreditPayment => T::Credit,
            ReturnPayment => T::Return,
            RematchPayment => T::Rematch,
            DismissReversal => T::Dismiss,
            FreezeMerchant => T::Freeze,
            UnfreezeMerchant => T::Unfreeze,
            ReplayEvent => T::Replay,
            ExplainLine => T::Explain,
            AcceptRate => T::AcceptRate,
            RejectRate => T::RejectRate,
            Approve => T::Approve,
            Reject => T::Reject,
        }
    }

    /// What happens if it is done.
    pub fn consequence(self) -> T {
        match self {
            QueryPayout => T::QueryMeans,
            ResolvePaid => T::ResolvePaidMeans,
            ResolveNotPaid => T::ResolveNotPaidMeans,
            HoldPayout => T::HoldMeans,
            ReleasePayout => T::ReleaseMeans,
            RetryPayout => T::RetryMeans,
            RetryOtherPayee => T::RetryOtherMeans,
            RefundWithdrawal => T::RefundMeans,
            RefuseWithdrawal => T::RefuseMeans,
            CreditPayment => T::CreditMeans,
            ReturnPayment => T::ReturnMeans,
            RematchPayment => T::RematchMeans,
            DismissReversal => T::DismissMeans,
            FreezeMerchant => T::FreezeMeans,
            UnfreezeMerchant => T::UnfreezeMeans,
            ReplayEvent => T::ReplayMeans,
            ExplainLine => T::ExplainMeans,
            AcceptRate => T::AcceptRateMeans,
            RejectRate => T::RejectRateMeans,
            Approve => T::ApproveMeans,
            Reject => T::RejectMeans,
        }
    }

    /// What is asked for besides the reason.
    pub fn extras(self, item: &Item) -> Vec<Extra> {
        let extra = |member, label, needed| Extra { member, label, needed };
        match self {
            ResolvePaid => vec![extra("bank_reference", T::BankReferenceField, false)],
            RetryOtherPayee => vec![extra("payee_id", T::PayeeId, true)],
            CreditPayment => vec![extra("merchant_id", T::MerchantId, item.text("merchant_id").is_empty())],
            FreezeMerchant => {
                vec![extra("legal_reference", T::LegalReference, false), extra("until", T::Until, false)]
            }
            _ => Vec::new(),
        }
    }

    /// Where it is posted to.
    pub fn path(self, item: &Item) -> String {
        let (list, id, verb) = match self {
            QueryPayout => ("payouts", item.text("id"), "query"),
            ResolvePaid | ResolveNotPaid => ("payouts", item.text("id"), "resolve"),
            HoldPayout => ("payouts", item.text("id"), "hold"),
            ReleasePayout => ("payouts", item.text("id"), "release"),
            RetryPayout | RetryOtherPayee => ("payouts", item.text("id"), "retry"),
            RefundWithdrawal => ("withdrawals", item.text("withdrawal_id"), "refund"),
            RefuseWithdrawal => ("withdrawals", item.text("withdrawal_id"), "refuse"),
            CreditPayment => ("payments", item.id(), "credit"),
            ReturnPayment => ("payments", item.id(), "return"),
            RematchPayment => ("payments", item.id(), "rematch"),
            DismissReversal => ("reversals", item.id(), "dismiss"),
            FreezeMerchant => ("merchants", item.id(), "freeze"),
            UnfreezeMerchant => ("merchants", item.id(), "unfreeze"),
            ReplayEvent => ("events", item.id(), "replay"),
            ExplainLine => ("reconciliation/lines", item.id(), "explain"),
            AcceptRate => ("rates", item.id(), "accept"),
            RejectRate => ("rates", item.id(), "reject"),
            Approve => ("approvals", item.id(), "approve"),
            Reject => ("approvals", item.id(), "reject"),
        };
        format!("/admin/v1/{list}/{id}/{verb}")
    }

    /// The request's body. What was left empty is left out.
    pub fn body(self, reason: &str, extras: &[(&'static str, String)]) -> Value {
        let mut body = Map::from_iter([("reason".to_owned(), json!(reason))]);
        match self {
            ResolvePaid => drop(body.insert("outcome".to_owned(), json!("paid"))),
            ResolveNotPaid => drop(body.insert("outcome".to_owned(), json!("not_paid"))),
            _ => {}
        }
        for (member, value) in extras.iter().filter(|(_, value)| !value.trim().is_empty()) {
            body.insert((*member).to_owned(), json!(value.trim()));
        }
        Value::Object(body)
    }

    /// Whether the thing's state and the operator's role allow it; if not, why.
    ///
    /// # Errors
    /// The reason, for the operator.
    pub fn allowed(self, item: &Item, who: &Who) -> Result<(), T> {
        let needs = if matches!(self, Approve | Reject) { Role::Approver } else { Role::Operator };
        if who.role.is_some_and(|role| role < needs) {
            return Err(if needs == Role::Approver { T::NeedsApprover } else { T::NeedsOperator });
        }
        match (self, &item.row) {
            (_, Row::Payout(row) | Row::Withdrawal(row)) => self.allowed_payout(row),
            (CreditPayment | ReturnPayment | RematchPayment, Row::Payment(row)) => {
                when(row.status == "in_review", T::OnlyInReview)
            }
            (DismissReversal, Row::Reversal(row)) => when(row.status == "held", T::OnlyHeldReversal),
            (FreezeMerchant, Row::Merchant(row)) => {
                when(!matches!(&*row.status, "frozen" | "closed"), T::FrozenAlready)
            }
            (UnfreezeMerchant, Row::Merchant(row)) => when(row.status == "frozen", T::NotFrozen),
            (ReplayEvent, Row::Event(row)) => when(row.verdict != "conflict", T::NoReplayOfConflict),
            (ExplainLine, Row::Line(row)) => when(row.status == "open", T::OnlyOpenLine),
            (AcceptRate | RejectRate, Row::Rate(row)) => when(row.held.is_some(), T::NothingHeld),
            (Approve | Reject, Row::Approval(row)) => {
                when(row.status == "pending", T::Decided)?;
                when(self == Reject || who.id.as_ref() != Some(&row.requested_by), T::OwnRequest)
            }
            _ => Err(T::NotUnderstood),
        }
    }

    fn allowed_payout(self, row: &admin_api::PayoutRow) -> Result<(), T> {
        let status = row.status.as_str();
        let never_sent = matches!(status, "queued" | "held") && row.sends == 0;
        match self {
            QueryPayout => when(matches!(status, "sent" | "unknown"), T::OnlyAtBank),
            ResolvePaid | ResolveNotPaid => when(matches!(status, "unknown" | "disputed"), T::OnlyUnresolved),
            HoldPayout => {
                let by_freeze = status == "held" && row.held_by.as_deref() == Some("freeze");
                when(status == "queued" || by_freeze, T::OnlyQueued)
            }
            ReleasePayout => {
                when(status == "held", T::OnlyHeld)?;
                when(row.held_by.as_deref() != Some("freeze"), T::HeldByFreeze)
            }
            RefuseWithdrawal => {
                when(row.withdrawal_id.is_some(), T::NoWithdrawal)?;
                when(never_sent, T::OnlyUnsent)
            }
            RetryPayout | RetryOtherPayee | RefundWithdrawal => {
                when(row.withdrawal_id.is_some(), T::NoWithdrawal)?;
                match status {
                    "failed" | "returned" => Ok(()),
                    "unknown" | "sent" => Err(T::WhileUnknown),
                    "disputed" => Err(T::WhileDisputed),
                    _ => Err(T::OnlyFailed),
                }
            }
            _ => Err(T::NotUnderstood),
        }
    }

    /// Whether a slip would move money or stop somebody; shown, not enforced.
    pub fn is_heavy(self) -> bool {
        !matches!(self, QueryPayout | RematchPayment | ReplayEvent | HoldPayout | Reject)
    }
}

fn when(allowed: bool, otherwise: T) -> Result<(), T> {
    if allowed { Ok(()) } else { Err(otherwise) }
}
