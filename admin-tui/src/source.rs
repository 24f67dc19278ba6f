//! The lists that the admin API gives: where each is, how it can be filtered, in which order it comes.

mod rules;

use admin_api::Page;
use serde_json::{Value, json};

use crate::item::{Item, Shape};
use crate::text::T;

pub use rules::{Field, Rules, Sort};

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
    /// The institution's accounts, each summed over its shards.
    Sums,
    /// One of them, shard by shard: its kind and currency.
    Shards(String, String),
    /// A merchant's accounts.
    AccountsOf(String),
    /// An account's transfers.
    Transfers(String),
    Reconciliation,
    Approvals,
    Audit,
    /// What was done to one thing.
    AuditOf(String),
    /// A merchant's withdrawals.
    WithdrawalsOf(String),
    /// A merchant's stopped amounts.
    FrozenOf(String),
    UsersOf(String),
    /// A merchant's payees.
    PayeesOf(String),
    Fees,
    Quotes,
    /// A merchant's quotes.
    QuotesOf(String),
    /// Notices that were given up.
    Notices,
    /// All that banks published of a pair.
    History(String),
    Positions,
    Covers,
    Statements,
    /// A statement's lines.
    LinesOf(String),
}

impl Source {
    /// Its path.
    pub fn path(&self) -> String {
        let name = match self {
            Source::Payouts => "payouts",
            Source::Withdrawals => "withdrawals",
            Source::Payments => "payments",
            Source::Reversals => "reversals",
            Source::Merchants => "merchants",
            Source::Events => "events",
            Source::Rates => "rates",
            Source::Sums => "ledger/accounts",
            Source::Shards(kind, currency) => {
                return format!("/admin/v1/accounts?kind={kind}&currency={currency}");
            }
            Source::AccountsOf(merchant) => return format!("/admin/v1/accounts?merchant_id={merchant}"),
            Source::Transfers(account) => return format!("/admin/v1/accounts/{account}/transfers"),
            Source::Reconciliation => "reconciliation",
            Source::Approvals => "approvals",
            Source::Audit => "audit",
            Source::AuditOf(subject) => return format!("/admin/v1/audit?subject={subject}"),
            Source::WithdrawalsOf(merchant) => {
                return format!("/admin/v1/withdrawals?merchant_id={merchant}");
            }
            Source::FrozenOf(merchant) => return format!("/admin/v1/merchants/{merchant}/amount-freezes"),
            Source::UsersOf(merchant) => return format!("/admin/v1/merchants/{merchant}/users"),
            Source::PayeesOf(merchant) => return format!("/admin/v1/merchants/{merchant}/payees"),
            Source::QuotesOf(merchant) => return format!("/admin/v1/quotes?merchant_id={merchant}"),
            Source::Quotes => "quotes",
            Source::Fees => "fees",
            Source::Notices => "dead-letters",
            Source::History(pair) => return format!("/admin/v1/rates/history?pair={pair}"),
            Source::Positions => "positions",
            Source::Covers => "cover-deals",
            Source::Statements => "reconciliation/statements",
            Source::LinesOf(statement) => {
                return format!("/admin/v1/reconciliation?statement_id={statement}");
            }
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
            Source::Sums | Source::Shards(..) | Source::AccountsOf(_) => T::Accounts,
            Source::Transfers(_) => T::Transfers,
            Source::Reconciliation => T::Reconciliation,
            Source::Approvals => T::Approvals,
            Source::Audit | Source::AuditOf(_) => T::Audit,
            Source::WithdrawalsOf(_) => T::Withdrawals,
            Source::FrozenOf(_) => T::FrozenAmounts,
            Source::UsersOf(_) => T::Users,
            Source::PayeesOf(_) => T::Payees,
            Source::Quotes | Source::QuotesOf(_) => T::Quotes,
            Source::Fees => T::Fees,
            Source::Notices => T::Notices,
            Source::History(_) => T::RateHistory,
            Source::Positions => T::Positions,
            Source::Covers => T::CoverDeals,
            Source::Statements => T::Statements,
            Source::LinesOf(_) => T::Reconciliation,
        }
    }

    /// Whether `limit` and `cursor` are understood.
    pub fn has_pages(&self) -> bool {
        !matches!(self, Source::Rates | Source::Positions | Source::FrozenOf(_) | Source::Sums)
    }

    fn shape(&self) -> Shape {
        match self {
            Source::Payouts => Shape::Payout,
            Source::Withdrawals | Source::WithdrawalsOf(_) => Shape::Withdrawal,
            Source::Payments => Shape::Payment,
            Source::Reversals => Shape::Reversal,
            Source::Merchants => Shape::Merchant,
            Source::Events => Shape::Event,
            Source::Rates => Shape::Rate,
            Source::Sums => Shape::Sum,
            Source::Shards(..) | Source::AccountsOf(_) => Shape::Account,
            Source::Transfers(_) => Shape::Transfer,
            Source::Reconciliation | Source::LinesOf(_) => Shape::Line,
            Source::Approvals => Shape::Approval,
            Source::Audit | Source::AuditOf(_) => Shape::Audit,
            Source::FrozenOf(_) => Shape::FrozenAmount,
            Source::UsersOf(_) => Shape::User,
            Source::PayeesOf(_) => Shape::Payee,
            Source::Quotes | Source::QuotesOf(_) => Shape::Quote,
            Source::Fees => Shape::Fee,
            Source::Notices => Shape::Notice,
            Source::History(_) => Shape::Published,
            Source::Positions => Shape::Position,
            Source::Covers => Shape::Cover,
            Source::Statements => Shape::Statement,
        }
    }

    /// The rows of an answer, and the cursor of the next page.
    ///
    /// # Errors
    /// In words, when the answer is no page.
    pub fn read(&self, answer: Value) -> Result<Rows, String> {
        let answer = if *self == Source::Positions { positions(&answer) } else { answer };
        let page: Page<Value> = serde_json::from_value(answer).map_err(|error| error.to_string())?;
        let items = page.data.into_iter().map(|value| Item::read(self.shape(), value)).collect();
        Ok(Rows { items, next: page.next_cursor.filter(|_| page.has_more) })
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    pub items: Vec<Item>,
    pub next: Option<String>,
}

/// The position's pairs as rows, each with what open quotes would add to it.
fn positions(answer: &Value) -> Value {
    let list = |member: &str| answer[member].as_array().cloned();
    let Some(mut rows) = list("pairs") else { return Value::Null };
    let pair = |row: &Value| (row["sell_currency"].clone(), row["buy_currency"].clone());
    for open in list("open_quotes").unwrap_or_default() {
        let at = rows.iter().position(|row| pair(row) == pair(&open)).unwrap_or(rows.len());
        if at == rows.len() {
            rows.push(json!({"sell_currency": open["sell_currency"], "buy_currency": open["buy_currency"],
                "held": "0", "short": "0"}));
        }
        for member in ["quotes", "net_amount", "buy_amount"] {
            rows[at][member] = open[member].clone();
        }
    }
    json!({"data": rows, "next_cursor": null, "has_more": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_held_and_promised() {
        let answer = json!({"at": "2026-11-26T03:00:00Z",
            "pairs": [{"sell_currency": "USD", "buy_currency": "CNY", "held": "97.00", "short": "-679.70"}],
            "currencies": [], "open_quotes": [
                {"sell_currency": "USD", "buy_currency": "CNY", "quotes": 2, "net_amount": "10.00", "buy_amount": "71.00"},
                {"sell_currency": "EUR", "buy_currency": "CNY", "quotes": 1, "net_amount": "1.00", "buy_amount": "8.20"}]});
        let rows = Source::Positions.read(answer).expect("a page");
        let said: Vec<_> = rows.items.iter().map(|item| (item.key(), item.text("held").to_owned())).collect();
        assert_eq!(said, [("USDCNY".to_owned(), "97.00".to_owned()), ("EURCNY".to_owned(), "0".to_owned())]);
        assert_eq!(rows.items[0].raw["quotes"], 2);
    }

    #[test]
    fn what_is_no_page_is_said() {
        assert!(Source::Payouts.read(json!({"rows": []})).is_err());
        assert!(Source::Positions.read(json!({"rows": []})).is_err());
    }
}
