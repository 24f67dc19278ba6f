//! What a camt.054 or camt.053 says, as one type for every version.

use money::{Currency, Money};
use time::Date;

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// camt.054, `BkToCstmrDbtCdtNtfctn`: something happened on an account.
    Notification(Notification),
    /// camt.053, `BkToCstmrStmt`: an account's booked entries and balances.
    Statement(Statement),
}

/// A camt.054: one report per `Ntfctn`, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// In the document's order.
    pub reports: Vec<Report>,
}

/// A camt.053: one report per `Stmt`, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// In the document's order.
    pub reports: Vec<Report>,
}

/// One `Ntfctn` or `Stmt`: one account.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// The bank's id of it.
    pub id: String,
    /// `IBAN` or `Othr/Id`, as it came: 1–64 characters.
    pub account_number: String,
    /// The account's currency, where the bank says it.
    pub currency: Option<Currency>,
    /// First day of the period, where one is given.
    pub from: Option<Date>,
    /// Last day of the period.
    pub to: Option<Date>,
    /// Balances; a notification has none.
    pub balances: Vec<Balance>,
    /// In the document's order.
    pub entries: Vec<Entry>,
}

impl std::fmt::Debug for Report {
    /// Without the account's number (R37).
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Report")
            .field("id", &self.id)
            .field("balances", &self.balances)
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

/// Which way money went, seen from the account's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `CRDT`: into the account.
    Credit,
    /// `DBIT`: out of it, or an overdrawn balance.
    Debit,
}

/// How final an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `BOOK`
    Booked,
    /// `PDNG`, `INFO`, `FUTR` and whatever else a bank may write.
    NotBooked,
}

/// A balance of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// `OPBD`, `CLBD`, `PRCD`, …, or the bank's own.
    pub kind: String,
    /// Zero or more.
    pub amount: Money,
    /// Debit: overdrawn.
    pub direction: Direction,
    /// Its day.
    pub date: Option<Date>,
}

/// One `Ntry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `NtryRef`, the entry's number within its report.
    pub entry_ref: Option<String>,
    /// Zero or more.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
    /// `RvslInd`: it takes an earlier entry of the other direction back.
    pub reversal: bool,
    /// Only a booked one moved money.
    pub status: Status,
    /// When it was booked.
    pub booking_date: Option<Date>,
    /// When it counts from.
    pub value_date: Option<Date>,
    /// `AcctSvcrRef`: the bank's own reference of the entry.
    pub reference: Option<String>,
    /// Every `TxDtls`; may be empty.
    pub details: Vec<Detail>,
}

/// One `TxDtls`: one payment of an entry.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// In the entry's currency where one of `Amt`, `AmtDtls/TxAmt/Amt`, `AmtDtls/CntrValAmt/Amt` is, else the first of them.
    pub amount: Option<Money>,
    /// `CdtDbtInd`; the entry's where it has none.
    pub direction: Option<Direction>,
    /// What it is called.
    pub refs: Refs,
    /// `RtrInf` is there: it is money sent back.
    pub returned: bool,
    /// `RtrInf/Rsn`'s code, or the bank's own; `NARR` where that is words.
    pub return_reason: Option<String>,
    /// Who sent it.
    pub debtor_name: Option<String>,
    /// Its account.
    pub debtor_account: Option<String>,
    /// `RmtInf`, all of its words.
    pub remittance: Option<String>,
}

impl std::fmt::Debug for Detail {
    /// Without the debtor's data (R37).
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Detail")
            .field("amount", &self.amount)
            .field("direction", &self.direction)
            .field("returned", &self.returned)
            .finish_non_exhaustive()
    }
}

/// `Refs`: each as it came, placeholders taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// `AcctSvcrRef`: the bank's own.
    pub bank: Option<String>,
    /// `PmtInfId`
    pub payment_information: Option<String>,
    /// `InstrId`
    pub instruction: Option<String>,
    /// `EndToEndId`
    pub end_to_end: Option<String>,
    /// `UETR`, lowercase; nothing where it is no UUID version 4.
    pub uetr: Option<String>,
    /// `TxId`
    pub transaction: Option<String>,
    /// `ClrSysRef`
    pub clearing: Option<String>,
}
