//! How each list can be filtered and sorted by the server.

use super::Source;
use crate::text::T;

/// What the server understands of a list.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub fields: &'static [Field],
    /// The parameter that takes any other text.
    pub text: Option<&'static str>,
    /// The orders it can come in; the first is the usual one.
    pub sorts: &'static [Sort],
}

/// One field of a filter: `bank:sandbox`.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As it is typed.
    pub name: &'static str,
    /// As it is asked for.
    pub param: &'static str,
    /// What it can be; anything where none are listed. Those of several letters alone mean the field too.
    pub values: &'static [&'static str],
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The value of `sort`; none for the usual order.
    pub param: Option<&'static str>,
    pub label: T,
}

const fn field(name: &'static str, values: &'static [&'static str]) -> Field {
    Field { name, param: name, values }
}

const fn usual(label: T) -> Sort {
    Sort { param: None, label }
}

const fn by(param: &'static str, label: T) -> Sort {
    Sort { param: Some(param), label }
}

const BANK: Field = field("bank", &[]);
const CURRENCY: Field = field("currency", &[]);
const MERCHANT: Field = Field { name: "merchant", param: "merchant_id", values: &[] };
const NEEDS: Field = Field { name: "needs", param: "needs_operator", values: &["operator", "nobody"] };

const OLDEST: &[Sort] = &[usual(T::OrderOldest)];
const NEWEST: &[Sort] = &[usual(T::OrderNewest)];
const FIXED: &[Sort] = &[usual(T::OrderFixed)];

const NONE: Rules = Rules { fields: &[], text: None, sorts: &[] };
const PAYOUTS: Rules = Rules {
    fields: &[
        field("status", &["unknown", "disputed", "held", "queued", "sent", "failed", "returned", "paid"]),
        NEEDS,
        BANK,
        MERCHANT,
        CURRENCY,
    ],
    text: None,
    sorts: &[
        usual(T::OrderUrgent),
        by("-created_at", T::OrderNewest),
        by("created_at", T::OrderOldest),
        by("-amount", T::OrderLargest),
        by("amount", T::OrderSmallest),
    ],
};
const WITHDRAWALS: Rules = Rules {
    fields: &[
        field(
            "status",
            &["payee_action_required", "failed", "returned", "processing", "refused", "refunded", "paid"],
        ),
        MERCHANT,
        CURRENCY,
    ],
    text: None,
    sorts: &[usual(T::OrderNeedful), by("-created_at", T::OrderNewest), by("created_at", T::OrderOldest)],
};
const PAYMENTS: Rules = Rules {
    fields: &[
        field("status", &["in_review", "credited", "returning", "returned"]),
        field(
            "reason",
            &[
                "unknown_account",
                "currency_mismatch",
                "reference_conflict",
                "entry_sum_mismatch",
                "merchant_not_active",
                "unlinked_store",
                "store_authorization_lapsed",
                "remitter_not_platform",
                "orders_do_not_cover",
            ],
        ),
        BANK,
        CURRENCY,
        MERCHANT,
    ],
    text: None,
    sorts: &[
        usual(T::OrderOldest),
        by("-received_at", T::OrderNewest),
        by("-amount", T::OrderLargest),
        by("amount", T::OrderSmallest),
    ],
};
const REVERSALS: Rules = Rules {
    fields: &[field("status", &["held", "waiting", "applied", "dismissed"])],
    text: None,
    sorts: &[usual(T::OrderOldest)],
};
const LINES: Rules = Rules {
    fields: &[
        field("status", &["open", "matched", "explained"]),
        field("outcome", &["new", "amount_differs", "unknown", "duplicate", "missing_at_bank"]),
        BANK,
    ],
    text: None,
    sorts: &[usual(T::OrderOldest)],
};
const APPROVALS: Rules = Rules {
    fields: &[
        field("status", &["pending", "approved", "rejected", "void", "expired"]),
        field("action", &[]),
        field("subject", &[]),
        Field { name: "by", param: "requested_by", values: &[] },
    ],
    text: None,
    sorts: &[usual(T::OrderNewest), by("created_at", T::OrderOldest)],
};
const EVENTS: Rules = Rules {
    fields: &[field("verdict", &["accepted", "malformed", "invalid", "ignored", "conflict"]), BANK],
    text: None,
    sorts: &[usual(T::OrderNewest), by("received_at", T::OrderOldest)],
};
const SUMS: Rules = Rules {
    fields: &[
        field(
            "kind",
            &["nostro", "suspense", "payout_clearing", "exchange", "fees", "receivable", "intershard"],
        ),
        CURRENCY,
    ],
    text: None,
    sorts: &[usual(T::OrderFixed)],
};
const MERCHANTS: Rules = Rules {
    fields: &[field("status", &["pending", "active", "restricted", "frozen", "closing", "closed"])],
    text: Some("query"),
    sorts: &[usual(T::OrderOldest), by("-created_at", T::OrderNewest)],
};
const QUOTES: Rules = Rules {
    fields: &[field("status", &["open", "used", "expired"]), MERCHANT],
    text: None,
    sorts: &[usual(T::OrderNewest), by("created_at", T::OrderOldest)],
};
const AUDIT: Rules = Rules {
    fields: &[field("subject", &[]), field("actor", &[]), field("action", &[])],
    text: Some("subject"),
    sorts: &[usual(T::OrderNewest), by("at", T::OrderOldest)],
};

impl Source {
    pub fn rules(&self) -> Rules {
        match self {
            Source::Payouts => PAYOUTS,
            Source::Withdrawals => WITHDRAWALS,
            Source::Payments => PAYMENTS,
            Source::Reversals => REVERSALS,
            Source::Merchants => MERCHANTS,
            Source::Events => EVENTS,
            Source::Sums => SUMS,
            Source::Quotes => QUOTES,
            Source::Reconciliation => LINES,
            Source::Approvals => APPROVALS,
            Source::Audit => AUDIT,
            Source::Notices => Rules { sorts: OLDEST, ..NONE },
            Source::Covers
            | Source::Fees
            | Source::Statements
            | Source::History(_)
            | Source::Transfers(_) => Rules { sorts: NEWEST, ..NONE },
            Source::WithdrawalsOf(_) => Rules { fields: &[], ..WITHDRAWALS },
            Source::QuotesOf(_) => Rules { fields: &[], ..QUOTES },
            Source::AuditOf(_) => Rules { fields: &[], text: None, ..AUDIT },
            _ => Rules { sorts: FIXED, ..NONE },
        }
    }
}
