//! One row of a list, or one thing looked at closely.

use admin_api::{
    AccountRow, ApprovalRow, AuditRow, EventRow, MerchantRow, PaymentRow, PayoutRow, RateRow,
    ReconciliationRow, ReversalRow, TransferRow, WithdrawalRow,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    Payout,
    Payment,
    Reversal,
    Withdrawal,
    Merchant,
    Event,
    Rate,
    Account,
    Transfer,
    Line,
    Approval,
    Audit,
    /// A rate that a bank published, whatever became of it.
    Published,
    /// What the institution holds of a pair.
    Position,
    Cover,
    FrozenAmount,
    /// Who speaks for a merchant.
    User,
    /// A notice that was given up.
    Notice,
    Statement,
    Fee,
    Payee,
    Quote,
    /// An account summed over its shards.
    Sum,
    /// One step of a timeline.
    Step,
}

impl Shape {
    /// What an id says that it names; `None` for what can't be opened by its id alone.
    pub fn of_id(id: &str) -> Option<Shape> {
        let (prefix, rest) = id.split_once('_')?;
        if rest.len() != 32 || !rest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        match prefix {
            "po" => Some(Shape::Payout),
            "pay" => Some(Shape::Payment),
            "wd" => Some(Shape::Withdrawal),
            "mer" => Some(Shape::Merchant),
            "evt" => Some(Shape::Event),
            "apr" => Some(Shape::Approval),
            _ => None,
        }
    }
}

impl Shape {
    /// What has no address of its own.
    pub fn is_listed_only(self) -> bool {
        !matches!(
            self,
            Shape::Payout
                | Shape::Withdrawal
                | Shape::Payment
                | Shape::Merchant
                | Shape::Event
                | Shape::Approval
        )
    }

    /// What never changes.
    pub fn is_final(self) -> bool {
        matches!(self, Shape::Transfer | Shape::Audit | Shape::Cover | Shape::Fee | Shape::Step)
    }
}

/// The row as the contract has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    Payout(Box<PayoutRow>),
    Payment(Box<PaymentRow>),
    Reversal(Box<ReversalRow>),
    Withdrawal(Box<WithdrawalRow>),
    Merchant(Box<MerchantRow>),
    Event(Box<EventRow>),
    Rate(Box<RateRow>),
    Account(Box<AccountRow>),
    Transfer(Box<TransferRow>),
    Line(Box<ReconciliationRow>),
    Approval(Box<ApprovalRow>),
    Audit(Box<AuditRow>),
    /// Shown by the names of its members.
    Simple,
    /// Not as this console expects it, as from a gateway of another version: shown as it came, nothing can be done to it.
    Strange,
}

/// A row, and the same as it came: what the contract added since is in there too.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub shape: Shape,
    pub row: Row,
    pub raw: Value,
}

impl Item {
    pub fn read(shape: Shape, raw: Value) -> Item {
        let row = match shape {
            Shape::Payout => typed(&raw, Row::Payout),
            Shape::Payment => typed(&raw, Row::Payment),
            Shape::Reversal => typed(&raw, Row::Reversal),
            Shape::Withdrawal => typed(&raw, Row::Withdrawal),
            Shape::Merchant => typed(&raw, Row::Merchant),
            Shape::Event => typed(&event_row(&raw), Row::Event),
            Shape::Rate => typed(&raw, Row::Rate),
            Shape::Account => typed(&raw, Row::Account),
            Shape::Transfer => typed(&raw, Row::Transfer),
            Shape::Line => typed(&raw, Row::Line),
            Shape::Approval => typed(&raw, Row::Approval),
            Shape::Audit => typed(&raw, Row::Audit),
            Shape::Published
            | Shape::Position
            | Shape::Cover
            | Shape::FrozenAmount
            | Shape::User
            | Shape::Notice
            | Shape::Statement
            | Shape::Fee
            | Shape::Payee
            | Shape::Quote
            | Shape::Sum
            | Shape::Step => {
                if raw.is_object() {
                    Row::Simple
                } else {
                    Row::Strange
                }
            }
        };
        Item { shape, row, raw }
    }

    /// What it is known by: selection, marks and details hold on to it.
    pub fn id(&self) -> &str {
        match self.shape {
            // What waits for an operator is decided upon; else the rate that counts.
            Shape::Rate => self.raw["held"]["id"].as_str().unwrap_or_else(|| self.text("id")),
            _ => self.text("id"),
        }
    }

    /// What identifies a row among others. Most have an id of their own.
    pub fn key(&self) -> String {
        match self.shape {
            Shape::Rate => format!("{}{} {}", self.text("base"), self.text("quote"), self.text("bank")),
            Shape::Audit => self.raw["seq"].to_string(),
            Shape::Sum => format!("{} {}", self.text("name"), self.text("currency")),
            Shape::Position => format!("{}{}", self.text("sell_currency"), self.text("buy_currency")),
            Shape::Step => format!("{} {}", self.text("at"), self.text("kind")),
            _ => self.id().to_owned(),
        }
    }

    /// The payout that is acted upon: of a withdrawal the last one.
    pub fn payout_id(&self) -> &str {
        match &self.row {
            Row::Withdrawal(row) => row.payouts.last().map_or("", |attempt| attempt.id.as_str()),
            _ => self.id(),
        }
    }

    pub fn withdrawal_id(&self) -> &str {
        match self.shape {
            Shape::Withdrawal => self.id(),
            _ => self.text("withdrawal_id"),
        }
    }

    /// What somebody wants to paste elsewhere.
    pub fn to_copy(&self) -> String {
        match self.shape {
            Shape::Audit => self.text("subject").to_owned(),
            Shape::Rate => format!("{}{}", self.text("base"), self.text("quote")),
            _ => self.key(),
        }
    }

    /// A member that is text; empty where there is none.
    pub fn text(&self, member: &str) -> &str {
        self.raw[member].as_str().unwrap_or_default()
    }

    pub fn status(&self) -> &str {
        match self.shape {
            Shape::Event => self.text("verdict"),
            _ => self.text("status"),
        }
    }

    /// `1000.00 CNY`, where it is about an amount.
    pub fn amount(&self) -> Option<String> {
        let amount = self.raw["amount"].as_str()?;
        Some(format!("{amount} {}", self.text("currency")))
    }

    /// What is done to it later must still find it like this: its state, and how much of it there is to act upon.
    pub fn standing(&self) -> Value {
        let members = ["needs_operator", "held", "reversed_amount", "returned_amount"];
        let attempts = self.raw["payouts"].as_array().into_iter().flatten();
        let attempts = attempts.map(|one| [&one["id"], &one["status"], &one["returned_amount"]]);
        json!([self.status(), members.map(|name| &self.raw[name]), attempts.collect::<Vec<_>>()])
    }
}

/// An event looked at closely has its HTTP status with its first answer.
fn event_row(raw: &Value) -> Value {
    let mut row = raw.clone();
    if let Some(members) = row.as_object_mut() {
        members.entry("status").or_insert_with(|| raw["first"]["status"].clone());
    }
    row
}

fn typed<T: DeserializeOwned>(raw: &Value, row: fn(Box<T>) -> Row) -> Row {
    T::deserialize(raw).map_or(Row::Strange, |typed| row(Box::new(typed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_what_they_name() {
        let hex = "0123456789abcdef0123456789abcdef";
        for (id, expected) in [
            (format!("po_{hex}"), Some(Shape::Payout)),
            (format!("mer_{hex}"), Some(Shape::Merchant)),
            (format!("acct_{hex}"), None),
            ("po_0123".to_owned(), None),
            (format!("po_{}/", &hex[1..]), None),
            ("nonsense".to_owned(), None),
        ] {
            assert_eq!(Shape::of_id(&id), expected, "{id}");
        }
    }

    #[test]
    fn a_row_of_another_version_is_shown_as_it_came() {
        let item = Item::read(Shape::Payout, json!({"id": "po_1", "status": "resting"}));
        assert_eq!((&item.row, item.id(), item.status()), (&Row::Strange, "po_1", "resting"));
    }
}
