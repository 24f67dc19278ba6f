//! What can be done, to what; what is asked for, and what is sent. The server decides: [`allowed`] only keeps an operator
//! from asking for what would be refused anyway, and says why.

mod allowed;

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, OffsetDateTime, UtcOffset};

use crate::item::{Item, Shape};
use crate::text::{Field, T};

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
    NotePayment,
    ApplyReversal,
    DismissReversal,
    FreezeMerchant,
    UnfreezeMerchant,
    CloseMerchant,
    FreezeAmount,
    LiftAmount,
    FreezeUser,
    UnfreezeUser,
    DeleteUser,
    ChargeMerchant,
    SetTier,
    VerifyMerchant,
    UnverifyMerchant,
    ActivateMerchant,
    AddDocument,
    SetFee,
    ReplayEvent,
    UnmaskBody,
    UnmaskHeaders,
    ReplayNotice,
    ExplainLine,
    AcceptRate,
    RejectRate,
    BookCover,
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
    pub takes: Takes,
}

/// What is typed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Text,
    /// From when on something holds: a time; a day alone is its first moment.
    From,
    /// Until when something holds: a time; a day alone counts to its end, as whoever orders a freeze until then means it.
    Until,
    /// One of the merchant's payees: chosen, or its id typed.
    Payee,
}

/// Where days begin: Asia/Shanghai, which has no summer time. The questions name it.
pub const ZONE: UtcOffset = offset!(+8);

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

/// The likeliest first: the menu shows them in this order, what is possible before what is not.
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
const MERCHANT: &[Action] = &[
    FreezeMerchant,
    UnfreezeMerchant,
    FreezeAmount,
    ChargeMerchant,
    SetTier,
    SetFee,
    VerifyMerchant,
    UnverifyMerchant,
    ActivateMerchant,
    AddDocument,
    CloseMerchant,
];

/// What there is for things of this shape, allowed or not.
pub fn of(shape: Shape) -> &'static [Action] {
    match shape {
        Shape::Payout | Shape::Withdrawal => PAYOUT,
        Shape::Payment => &[CreditPayment, ReturnPayment, RematchPayment, NotePayment],
        Shape::Reversal => &[ApplyReversal, DismissReversal],
        Shape::Merchant => MERCHANT,
        Shape::FrozenAmount => &[LiftAmount],
        Shape::User => &[FreezeUser, UnfreezeUser, DeleteUser],
        Shape::Fee => &[SetFee],
        Shape::Event => &[ReplayEvent, UnmaskBody, UnmaskHeaders],
        Shape::Notice => &[ReplayNotice],
        Shape::Line => &[ExplainLine],
        Shape::Approval => &[Approve, Reject],
        Shape::Rate | Shape::Published => &[AcceptRate, RejectRate],
        Shape::Position => &[BookCover],
        Shape::Account
        | Shape::Transfer
        | Shape::Audit
        | Shape::Cover
        | Shape::Statement
        | Shape::Payee
        | Shape::Quote
        | Shape::Sum
        | Shape::Step => &[],
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
            NotePayment => "note",
            ApplyReversal => "apply",
            DismissReversal => "dismiss",
            FreezeMerchant => "freeze",
            UnfreezeMerchant => "unfreeze",
            CloseMerchant => "close",
            FreezeAmount => "freeze-amount",
            LiftAmount => "lift",
            FreezeUser => "freeze-user",
            UnfreezeUser => "unfreeze-user",
            DeleteUser => "delete-user",
            ChargeMerchant => "charge",
            SetTier => "tier",
            VerifyMerchant => "verify",
            UnverifyMerchant => "unverify",
            ActivateMerchant => "activate",
            AddDocument => "document",
            SetFee => "fee",
            ReplayEvent => "replay",
            UnmaskBody => "unmask-body",
            UnmaskHeaders => "unmask-headers",
            ReplayNotice => "send-notice",
            ExplainLine => "explain",
            AcceptRate => "accept-rate",
            RejectRate => "reject-rate",
            BookCover => "cover",
            Approve => "approve",
            Reject => "reject",
        }
    }

    /// What is asked for besides the reason.
    pub fn extras(self, item: &Item) -> Vec<Extra> {
        let extra = |member, label, needed| Extra { member, label, needed, takes: Takes::Text };
        let amount = [
            extra("amount", T::Field(Field::Amount), true),
            extra("currency", T::Field(Field::Currency), true),
        ];
        let legal = [
            extra("legal_reference", T::LegalReference, false),
            Extra { member: "until", label: T::Field(Field::Until), needed: false, takes: Takes::Until },
        ];
        match self {
            ResolvePaid => vec![extra("bank_reference", T::Field(Field::BankReference), false)],
            RetryOtherPayee => {
                vec![Extra {
                    member: "payee_id",
                    label: T::Field(Field::Payee),
                    needed: true,
                    takes: Takes::Payee,
                }]
            }
            CreditPayment => {
                vec![extra("merchant_id", T::Field(Field::Merchant), item.text("merchant_id").is_empty())]
            }
            ApplyReversal => vec![extra("payment_id", T::Field(Field::Payment), true)],
            FreezeMerchant => legal.to_vec(),
            FreezeAmount => [amount, legal].concat(),
            ChargeMerchant => amount.to_vec(),
            SetTier => vec![extra("tier", T::Field(Field::Tier), true)],
            AddDocument => vec![
                extra("kind", T::Field(Field::DocumentKind), true),
                extra("number", T::Field(Field::DocumentNumber), true),
                extra("expires_on", T::Field(Field::ExpiresOn), false),
            ],
            SetFee => {
                let scope = [
                    extra("sell_currency", T::Field(Field::Sold), true),
                    extra("buy_currency", T::Field(Field::Bought), false),
                ];
                let figures = [
                    extra("fixed", T::Field(Field::Fixed), false),
                    extra("percent", T::Field(Field::Percent), false),
                    extra("minimum", T::Field(Field::Minimum), false),
                    extra("maximum", T::Field(Field::Maximum), false),
                    Extra {
                        member: "valid_from",
                        label: T::Field(Field::ValidFrom),
                        needed: false,
                        takes: Takes::From,
                    },
                ];
                // A newer version of a fee is for the same as that one.
                let scope = if item.shape == Shape::Fee { &[][..] } else { &scope[..] };
                [scope, &figures[..]].concat()
            }
            BookCover => vec![
                extra("bank", T::Field(Field::Bank), true),
                extra("bank_reference", T::Field(Field::BankReference), true),
                extra("sell_amount", T::Field(Field::SellAmount), true),
                extra("buy_amount", T::Field(Field::BuyAmount), true),
            ],
            _ => Vec::new(),
        }
    }

    /// Where it is posted to.
    pub fn path(self, item: &Item) -> String {
        let (list, id, verb) = match self {
            SetFee => return "/admin/v1/fees".to_owned(),
            BookCover => return "/admin/v1/cover-deals".to_owned(),
            QueryPayout => ("payouts", item.payout_id(), "query"),
            ResolvePaid | ResolveNotPaid => ("payouts", item.payout_id(), "resolve"),
            HoldPayout => ("payouts", item.payout_id(), "hold"),
            ReleasePayout => ("payouts", item.payout_id(), "release"),
            RetryPayout | RetryOtherPayee => ("payouts", item.payout_id(), "retry"),
            RefundWithdrawal => ("withdrawals", item.withdrawal_id(), "refund"),
            RefuseWithdrawal => ("withdrawals", item.withdrawal_id(), "refuse"),
            CreditPayment => ("payments", item.id(), "credit"),
            ReturnPayment => ("payments", item.id(), "return"),
            RematchPayment => ("payments", item.id(), "rematch"),
            NotePayment => ("payments", item.id(), "notes"),
            ApplyReversal => ("reversals", item.id(), "apply"),
            DismissReversal => ("reversals", item.id(), "dismiss"),
            FreezeMerchant => ("merchants", item.id(), "freeze"),
            UnfreezeMerchant => ("merchants", item.id(), "unfreeze"),
            CloseMerchant => ("merchants", item.id(), "close"),
            FreezeAmount => ("merchants", item.id(), "amount-freezes"),
            LiftAmount => ("amount-freezes", item.id(), "lift"),
            FreezeUser => ("users", item.id(), "freeze"),
            UnfreezeUser => ("users", item.id(), "unfreeze"),
            DeleteUser => ("users", item.id(), "delete"),
            ChargeMerchant => ("merchants", item.id(), "charge"),
            SetTier => ("merchants", item.id(), "tier"),
            VerifyMerchant | UnverifyMerchant => ("merchants", item.id(), "verification"),
            ActivateMerchant => ("merchants", item.id(), "activate"),
            AddDocument => ("merchants", item.id(), "documents"),
            ReplayEvent => ("events", item.id(), "replay"),
            UnmaskBody | UnmaskHeaders => ("events", item.id(), "unmask"),
            ReplayNotice => ("dead-letters", item.id(), "replay"),
            ExplainLine => ("reconciliation/lines", item.id(), "explain"),
            AcceptRate => ("rates", item.id(), "accept"),
            RejectRate => ("rates", item.id(), "reject"),
            Approve => ("approvals", item.id(), "approve"),
            Reject => ("approvals", item.id(), "reject"),
        };
        format!("/admin/v1/{list}/{id}/{verb}")
    }

    /// The request's body. What was left empty is left out.
    pub fn body(self, item: &Item, reason: &str, extras: &[(Extra, String)]) -> Value {
        let mut body = Map::from_iter([("reason".to_owned(), json!(reason))]);
        let mut set = |member: &str, value: Value| drop(body.insert(member.to_owned(), value));
        match self {
            ResolvePaid => set("outcome", json!("paid")),
            ResolveNotPaid => set("outcome", json!("not_paid")),
            VerifyMerchant => set("full", json!(true)),
            UnverifyMerchant => set("full", json!(false)),
            UnmaskBody => set("field", json!("body")),
            UnmaskHeaders => set("field", json!("headers")),
            BookCover => {
                set("sell_currency", item.raw["sell_currency"].clone());
                set("buy_currency", item.raw["buy_currency"].clone());
            }
            SetFee if item.shape == Shape::Merchant => set("merchant_id", json!(item.id())),
            SetFee => {
                for member in ["merchant_id", "sell_currency", "buy_currency"] {
                    if item.raw[member].is_string() {
                        set(member, item.raw[member].clone());
                    }
                }
            }
            _ => {}
        }
        for (extra, value) in extras.iter().filter(|(_, value)| !value.trim().is_empty()) {
            set(extra.member, json!(extra.takes.sent(value.trim())));
        }
        Value::Object(body)
    }

    /// Whether a slip would move money or stop somebody; shown, not enforced.
    pub fn is_heavy(self) -> bool {
        !matches!(
            self,
            QueryPayout | RematchPayment | NotePayment | ReplayEvent | ReplayNotice | HoldPayout | Reject
        )
    }
}

impl Takes {
    /// What is sent for what was typed. What is no time goes as it is, and the server says so.
    pub fn sent(self, typed: &str) -> String {
        let moment = self.moment(typed).and_then(|at| at.to_offset(UtcOffset::UTC).format(&Rfc3339).ok());
        moment.unwrap_or_else(|| typed.to_owned())
    }

    /// Which moment it is that was typed, in [`ZONE`]; none where no time is wanted, or none was typed.
    pub fn moment(self, typed: &str) -> Option<OffsetDateTime> {
        if !matches!(self, Takes::From | Takes::Until) {
            return None;
        }
        let day = Date::parse(typed, format_description!("[year]-[month]-[day]")).ok();
        let day = if self == Takes::Until { day.and_then(Date::next_day) } else { day };
        let midnight = day.map(|day| day.midnight().assume_offset(ZONE));
        let time = || OffsetDateTime::parse(typed, &Rfc3339).ok()?.checked_to_offset(ZONE);
        midnight.or_else(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r32_a_day_is_meant_whole_where_the_institution_is() {
        for (takes, typed, sent) in [
            (Takes::Until, "2026-12-31", "2026-12-31T16:00:00Z"),
            (Takes::From, "2026-12-31", "2026-12-30T16:00:00Z"),
            (Takes::Until, "2026-12-31T08:00:00Z", "2026-12-31T08:00:00Z"),
            (Takes::From, "2026-12-31T08:00:00+08:00", "2026-12-31T00:00:00Z"),
            (Takes::Until, "9999-12-31", "9999-12-31"),
            (Takes::Until, "2026-02-30", "2026-02-30"),
            (Takes::Until, "tomorrow", "tomorrow"),
            (Takes::Text, "2026-12-31", "2026-12-31"),
        ] {
            assert_eq!(takes.sent(typed), sent, "{takes:?}");
        }
    }
}
