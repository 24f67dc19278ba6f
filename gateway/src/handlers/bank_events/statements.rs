//! A camt.053 as the reconciliation takes it: booked lines only, each with every reference that it has (R44).

use std::sync::Arc;

use bank::camt::{self, Detail, Entry, Report, Status};
use money::Money;
use reconciliation::{Covers, Direction, Statement, StatementId, StatementLine};

use crate::app::App;

/// One statement for each of the document's reports.
pub(super) fn of(app: &App, bank: &Arc<str>, statement: &camt::Statement) -> Vec<Statement> {
    statement.reports.iter().filter_map(|report| one(app, bank, report)).collect()
}

/// None for one that names no currency: nothing was booked in it.
fn one(app: &App, bank: &Arc<str>, report: &Report) -> Option<Statement> {
    let facts = app.engine.facts();
    let account = merchants::account_index(&facts.keyring, &report.account_number);
    let currency = report
        .currency
        .or_else(|| report.balances.first().map(|balance| balance.amount.currency()))
        .or_else(|| report.entries.first().map(|entry| entry.amount.currency()))?;
    let booked = report.entries.iter().filter(|entry| entry.status == Status::Booked);
    let lines = booked.filter(|entry| entry.amount.currency() == currency).flat_map(lines_of).enumerate();
    let position = |(at, line)| StatementLine { position: i32::try_from(at).unwrap_or(i32::MAX), ..line };
    Some(Statement {
        id: StatementId::new(reconciliation::shard_of(facts.layout.shards, bank, &account)),
        bank: bank.clone(),
        account,
        // The batch knows whether the number is one of ours.
        covers: Covers::OwnAccount,
        number: report.id.clone(),
        currency,
        period: report.from.zip(report.to),
        opening_minor: balance(report, &["OPBD", "PRCD"]),
        closing_minor: balance(report, &["CLBD"]),
        event: uuid::Uuid::nil(),
        lines: lines.map(position).collect(),
    })
}

fn balance(report: &Report, kinds: &[&str]) -> Option<i64> {
    let found = report.balances.iter().find(|balance| kinds.contains(&balance.kind.as_str()))?;
    let minor = found.amount.minor();
    Some(if found.direction == camt::Direction::Debit { -minor } else { minor })
}

/// One for each transaction where all have amounts of their own, else one for the entry.
fn lines_of(entry: &Entry) -> Vec<StatementLine> {
    let whole = Detail::default();
    let own = |detail: &Detail| {
        detail.amount.filter(|amount| amount.currency() == entry.amount.currency() && amount.minor() > 0)
    };
    if entry.details.len() > 1 && entry.details.iter().all(|detail| own(detail).is_some()) {
        return entry.details.iter().filter_map(|d| Some(line(entry, d, own(d)?))).collect();
    }
    vec![line(entry, entry.details.first().unwrap_or(&whole), entry.amount)]
}

fn line(entry: &Entry, detail: &Detail, amount: Money) -> StatementLine {
    let refs = &detail.refs;
    let all = [
        &refs.bank,
        &entry.reference,
        &refs.end_to_end,
        &refs.transaction,
        &refs.instruction,
        &refs.payment_information,
        &refs.uetr,
    ];
    let mut references: Vec<String> = all.into_iter().flatten().cloned().collect();
    references.dedup();
    StatementLine {
        position: 0,
        booked_on: entry.booking_date,
        value_date: entry.value_date,
        amount,
        direction: match detail.direction.unwrap_or(entry.direction) {
            camt::Direction::Credit => Direction::Credit,
            camt::Direction::Debit => Direction::Debit,
        },
        reversal: entry.reversal,
        references,
    }
}
