//! Bank statements against the book.

use serde::{Deserialize, Serialize};

/// A line of a statement, or what the bank's statements lack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReconciliationRow {
    pub id: String,
    /// `open`, `matched` or `explained`.
    pub status: String,
    /// `new`, `matched`, `amount_differs`, `unknown`, `duplicate` or `missing_at_bank`.
    pub outcome: String,
    /// Who says it: `bank` or `book`.
    pub origin: String,
    pub amount: String,
    pub currency: String,
    /// `credit` or `debit`, as the account's holder sees it.
    pub direction: String,
    /// The bank calls it a reversal.
    pub reversal: bool,
    pub bank: String,
    pub statement_id: Option<String>,
    /// The bank's references.
    pub references: Vec<String>,
    /// The bank's booking day, or the day of the posting.
    pub booked_on: Option<String>,
    pub value_date: Option<String>,
    /// What it is matched with, or what comes nearest.
    pub matches: Vec<ReconciledWith>,
    /// What these amount to in the book.
    pub book_amount: Option<String>,
    /// An operator's explanation.
    pub reason: Option<String>,
    pub explained_by: Option<String>,
    pub received_at: String,
    /// How long it has been open, or was.
    pub age_seconds: f64,
    pub settled_at: Option<String>,
}

/// Something in the book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReconciledWith {
    /// `payment`, `reversal`, `payout`, `payout_return`, `cover_sold` or `cover_bought`.
    pub kind: String,
    pub id: String,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementRow {
    pub id: String,
    /// `open` while a line of it is, else `reconciled`.
    pub status: String,
    pub bank: String,
    /// `own_account` or `receiving_account`.
    pub covers: String,
    /// The bank's own.
    pub number: String,
    pub currency: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// Below zero with a minus sign.
    pub opening_balance: Option<String>,
    pub closing_balance: Option<String>,
    /// Opening balance and lines less closing balance; null where it can't be known.
    pub difference: Option<String>,
    pub lines: i32,
    pub new_lines: i64,
    pub open: i64,
    pub matched: i64,
    pub explained: i64,
    pub event_id: String,
    pub received_at: String,
}
