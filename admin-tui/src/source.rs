//! The lists that the admin API gives: where each is, how it can be filtered, in which order it comes.

use admin_api::Page;
use serde_json::Value;

use crate::item::{Item, Shape};
use crate::text::T;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Payouts,
    Payments,
    Reversals,
    Withdrawals,
    Merchants,
    Events,
    Rates,
    Accounts,
    /// A merchant's accounts.
    AccountsOf(String),
    /// An account's transfers.
    Transfers(String),
    Reconciliation,
    Approvals,
    Audit,
}

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
const MERCHANTS: Rules = Rules { words: &[], named: &["query"], text: Some("query") };
const AUDIT: Rules = Rules { words: &[], named: &["subject"], text: Some("subject") };

impl Source {
    /// Its path.
    pub fn path(&self) -> String {
        let name = match self {
            // Until the API lists withdrawals, what is known of them comes from their payouts.
            Source::Payouts | Source::Withdrawals => "payouts",
            Source::Payments => "payments",
            Source::Reversals => "reversals",
            Source::Merchants => "merchants",
            Source::Events => "events",
            Source::Rates => "rates",
            Source::Accounts => "accounts",
            Source::AccountsOf(merchant) => return format!("/admin/v1/accounts?merchant_id={merchant}"),
            Source::Transfers(account) => return format!("/admin/v1/accounts/{account}/transfers"),
            Source::Reconciliation => "reconciliation",
            Source::Approvals => "approvals",
            Source::Audit => "audit",
        };
        format!("/admin/v1/{name}")
    }

    pub fn title(&self) -> T {
        match self {
            Source::Payouts => T::Payouts,
            Source::Payments => T::InReview,
            Source::Reversals => T::Reversals,
            Source::Withdrawals => T::Withdrawals,
            Source::Merchants => T::Merchants,
            Source::Events => T::Events,
            Source::Rates => T::Rates,
            Source::Accounts | Source::AccountsOf(_) => T::Accounts,
            Source::Transfers(_) => T::Transfers,
            Source::Reconciliation => T::Reconciliation,
            Source::Approvals => T::Approvals,
            Source::Audit => T::Audit,
        }
    }

    pub fn rules(&self) -> Rules {
        match self {
            Source::Payouts | Source::Withdrawals => PAYOUTS,
            Source::Payments => PAYMENTS,
            Source::Reversals => REVERSALS,
            Source::Merchants => MERCHANTS,
            Source::Events => EVENTS,
            Source::Accounts => ACCOUNTS,
            Source::Reconciliation => LINES,
            Source::Approvals => APPROVALS,
            Source::Audit => AUDIT,
            Source::Rates | Source::AccountsOf(_) | Source::Transfers(_) => NONE,
        }
    }

    /// In which order the server gives it; no list offers another one.
    pub fn order(&self) -> T {
        match self {
            Source::Payouts | Source::Withdrawals => T::OrderUrgent,
            Source::Payments | Source::Reversals => T::OrderOldest,
            Source::Merchants | Source::Accounts | Source::AccountsOf(_) | Source::Rates => T::OrderFixed,
            Source::Reconciliation => T::OrderOldest,
            Source::Events | Source::Transfers(_) | Source::Approvals | Source::Audit => T::OrderNewest,
        }
    }

    /// What the API can't give yet.
    pub fn gap(&self) -> Option<T> {
        match self {
            Source::Withdrawals => Some(T::GapWithdrawals),
            Source::Rates => Some(T::GapQuotes),
            _ => None,
        }
    }

    /// Whether `limit` and `cursor` are understood.
    pub fn has_pages(&self) -> bool {
        !matches!(self, Source::Rates)
    }

    fn shape(&self) -> Shape {
        match self {
            Source::Payouts => Shape::Payout,
            Source::Withdrawals => Shape::Withdrawal,
            Source::Payments => Shape::Payment,
            Source::Reversals => Shape::Reversal,
            Source::Merchants => Shape::Merchant,
            Source::Events => Shape::Event,
            Source::Rates => Shape::Rate,
            Source::Accounts | Source::AccountsOf(_) => Shape::Account,
            Source::Transfers(_) => Shape::Transfer,
            Source::Reconciliation => Shape::Line,
            Source::Approvals => Shape::Approval,
            Source::Audit => Shape::Audit,
        }
    }

    /// The rows of an answer, and the cursor of the next page.
    ///
    /// # Errors
    /// In words, when the answer is no page.
    pub fn read(&self, answer: Value) -> Result<Rows, String> {
        let page: Page<Value> = serde_json::from_value(answer).map_err(|error| error.to_string())?;
        let mut items: Vec<Item> =
            page.data.into_iter().map(|value| Item::read(self.shape(), value)).collect();
        if *self == Source::Withdrawals {
            items.retain(|item| item.raw["withdrawal_id"].is_string());
            last_attempts(&mut items);
        }
        Ok(Rows { items, next: page.next_cursor.filter(|_| page.has_more) })
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    pub items: Vec<Item>,
    pub next: Option<String>,
}

/// Of each withdrawal's payouts the last attempt, where the first one stood.
fn last_attempts(items: &mut Vec<Item>) {
    let attempt = |item: &Item| item.raw["attempt"].as_i64().unwrap_or_default();
    let mut kept: Vec<Item> = Vec::new();
    for item in items.drain(..) {
        match kept.iter_mut().find(|one| one.id() == item.id()) {
            Some(one) if attempt(&item) > attempt(one) => *one = item,
            Some(_) => {}
            None => kept.push(item),
        }
    }
    *items = kept;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_withdrawal_is_its_last_attempt() {
        let row = |id: &str, withdrawal: Option<&str>, attempt: i64| json!({"id": id, "withdrawal_id": withdrawal, "attempt": attempt});
        let answer = json!({"data": [row("po_1", Some("wd_a"), 1), row("po_2", None, 1),
            row("po_3", Some("wd_b"), 1), row("po_4", Some("wd_a"), 2)],
            "next_cursor": "c", "has_more": true});
        let rows = Source::Withdrawals.read(answer).expect("a page");
        let ids: Vec<_> =
            rows.items.iter().map(|item| (item.id().to_owned(), item.raw["id"].clone())).collect();
        assert_eq!(ids, [("wd_a".to_owned(), json!("po_4")), ("wd_b".to_owned(), json!("po_3"))]);
        assert_eq!(rows.next.as_deref(), Some("c"));
    }

    #[test]
    fn what_is_no_page_is_said() {
        assert!(Source::Payouts.read(json!({"rows": []})).is_err());
    }
}
