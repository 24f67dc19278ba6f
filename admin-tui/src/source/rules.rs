//! How each list can be filtered by the server.

use super::Source;

/// How a list can be filtered by the server.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Words that stand for a parameter: `unknown` is `status=unknown`.
    pub words: &'static [(&'static str, &'static [&'static str])],
    /// Parameters that are written out: `bank=sandbox`.
    pub named: &'static [&'static str],
    /// The parameter that takes any other text.
    pub text: Option<&'static str>,
}

const NONE: Rules = Rules { words: &[], named: &[], text: None };

const fn status(words: &'static [(&'static str, &'static [&'static str])]) -> Rules {
    Rules { words, named: &["status"], text: None }
}

const PAYOUTS: Rules =
    status(&[("status", &["unknown", "disputed", "held", "queued", "sent", "failed", "returned", "paid"])]);
const PAYMENTS: Rules = status(&[("status", &["in_review", "credited", "returning", "returned"])]);
const REVERSALS: Rules = status(&[("status", &["held", "waiting", "applied", "dismissed"])]);
const LINES: Rules = Rules {
    words: &[("status", &["open", "matched", "explained"])],
    named: &["status", "bank", "outcome"],
    text: None,
};
const APPROVALS: Rules = status(&[("status", &["pending", "approved", "rejected", "void", "expired"])]);
const EVENTS: Rules = Rules {
    words: &[("verdict", &["accepted", "malformed", "invalid", "ignored", "conflict"])],
    named: &["verdict", "bank"],
    text: None,
};
const ACCOUNTS: Rules = Rules {
    words: &[(
        "kind",
        &["nostro", "suspense", "payout_clearing", "exchange", "fees", "receivable", "intershard"],
    )],
    named: &["kind", "currency", "merchant_id", "store_id"],
    text: None,
};
const WITHDRAWALS: Rules = Rules {
    words: &[(
        "status",
        &["payee_action_required", "failed", "returned", "processing", "refused", "refunded", "paid"],
    )],
    named: &["status", "merchant_id", "currency"],
    text: None,
};
const MERCHANTS: Rules = Rules { words: &[], named: &["query"], text: Some("query") };
const AUDIT: Rules = Rules { words: &[], named: &["subject"], text: Some("subject") };

impl Source {
    pub fn rules(&self) -> Rules {
        match self {
            Source::Payouts => PAYOUTS,
            Source::Withdrawals => WITHDRAWALS,
            Source::Payments => PAYMENTS,
            Source::Reversals => REVERSALS,
            Source::Merchants => MERCHANTS,
            Source::Events => EVENTS,
            Source::Accounts => ACCOUNTS,
            Source::Reconciliation => LINES,
            Source::Approvals => APPROVALS,
            Source::Audit => AUDIT,
            _ => NONE,
        }
    }
}
