//! Bank statements against the book (R44): what doesn't match, and operators' explanations.

use admin_api::{Page, ReconciledWith, ReconciliationRow, StatementRow};
use deposits::{PaymentId, ReversalId};
use exchange::cover::CoverId;
use hyper::StatusCode;
use money::{Currency, Money};
use payouts::PayoutId;
use reconciliation::{
    Cursor, EntryKind, Line, LineFilter, LineId, LineState, Outcome, Refusal as No, StatementId,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::EventId;

use super::act::{Act, kept};
use super::{Answer, reply};
use crate::app::App;
use crate::commands::rfc3339;
use crate::problem::{Problem, Refusal};
use crate::request::Request;

/// `GET /admin/v1/reconciliation?status=&outcome=&bank=&statement_id=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn lines(app: &App, request: &Request) -> Answer {
    let query = request.query(&["status", "outcome", "bank", "statement_id", "limit", "cursor"])?;
    let asked = query.page()?;
    let after = query.cursor::<Cursor>()?.unwrap_or(Cursor::START);
    let of_statement = query.get("statement_id").map(|text| {
        let id: Result<StatementId, _> = text.parse();
        id.map_err(|_| Refusal::field("statement_id", "is not an id of a statement"))
    });
    let status = match query.get("status") {
        None => LineState::Open,
        Some(name) => {
            LineState::parse(name).ok_or_else(|| unknown("status", &LineState::ALL.map(LineState::as_str)))?
        }
    };
    let outcome = match query.get("outcome") {
        None => None,
        Some(name) => Some(
            Outcome::ALL
                .into_iter()
                .find(|outcome| outcome.as_str() == name)
                .ok_or_else(|| unknown("outcome", &Outcome::ALL.map(Outcome::as_str)))?,
        ),
    };
    let conn = app.pool.get().await?;
    let now = conn.now().await?;
    let row = |line: &Line| Ok(row(line, now));
    let page = match of_statement.transpose()? {
        Some(statement) => {
            if ["status", "outcome", "bank"].into_iter().any(|name| query.get(name).is_some()) {
                return Err(Refusal::field(
                    "statement_id",
                    "lists all lines of the statement; ask for it alone",
                ));
            }
            let lines = reconciliation::lines_of(&conn, statement, after, asked.fetch()).await?;
            page(lines, asked.limit, |line| Cursor::after_in_statement(line).to_string(), row)?
        }
        None if status == LineState::Matched => {
            return Err(Refusal::field("status", "matched lines are listed with their statement_id"));
        }
        None => {
            let filter = LineFilter { bank: query.get("bank"), outcome };
            let lines = reconciliation::list(&conn, status, filter, after, asked.fetch()).await?;
            page(lines, asked.limit, |line| Cursor::after(line).to_string(), row)?
        }
    };
    reply::json(StatusCode::OK, &page)
}

/// `GET /admin/v1/reconciliation/statements?bank=`.
///
/// # Errors
/// What is wrong with the query; the database's.
pub async fn statements(app: &App, request: &Request) -> Answer {
    let query = request.query(&["bank", "limit", "cursor"])?;
    let asked = query.page()?;
    let after = query.cursor::<Cursor>()?.unwrap_or(Cursor::NEWEST);
    let conn = app.pool.get().await?;
    let rows = reconciliation::statements(&conn, query.get("bank"), after, asked.fetch()).await?;
    let cursor = |row: &reconciliation::StatementRow| Cursor::after_statement(row).to_string();
    reply::json(StatusCode::OK, &page(rows, asked.limit, cursor, |row| Ok(statement_row(row)))?)
}

/// `POST /admin/v1/reconciliation/lines/{id}/explain`.
///
/// # Errors
/// What is wrong with the request; the database's.
pub async fn explain(app: &App, request: Request) -> Answer {
    let id: LineId = request.id_of("line")?;
    let act = Act::read(app, &request)?;
    let mut conn = app.pool.get().await?;
    let tx = conn.begin().await?;
    if let Some(answer) = act.claim(&tx).await? {
        tx.commit().await?;
        return Ok(answer);
    }
    let now = tx.now().await?;
    let explained = reconciliation::explain(&tx, id, &act.reason, &act.operator.id, now).await?;
    let answer = match explained {
        Ok((before, after)) => {
            let state =
                |line: &Line| json!({"status": line.state.as_str(), "outcome": line.outcome.as_str()});
            let change = (Some(state(&before)), Some(state(&after)));
            act.audit(&tx, now, "reconciliation.explain", id.to_string(), change).await?;
            kept(200, &row(&after, now))?
        }
        Err(no) => {
            let problem = match no {
                No::NotFound => Problem::NotFound,
                No::IllegalTransition(_) => Problem::IllegalTransition,
            };
            act.refused(problem, &no.to_string())
        }
    };
    act.finish(tx, answer).await
}

fn row(line: &Line, now: OffsetDateTime) -> ReconciliationRow {
    let currency = line.amount.currency();
    ReconciliationRow {
        id: line.id.to_string(),
        status: line.state.as_str().to_owned(),
        outcome: line.outcome.as_str().to_owned(),
        origin: line.origin.as_str().to_owned(),
        amount: line.amount.to_string(),
        currency: currency.code().to_owned(),
        direction: line.direction.as_str().to_owned(),
        reversal: line.reversal,
        bank: line.bank.to_string(),
        statement_id: line.statement.map(|id| id.to_string()),
        references: line.references.clone(),
        booked_on: line.booked_on.map(|date| date.to_string()),
        value_date: line.value_date.map(|date| date.to_string()),
        matches: line
            .entry_kind
            .map(|kind| line.entries.iter().map(|id| with(kind, *id)).collect())
            .unwrap_or_default(),
        book_amount: line.book_minor.map(|minor| signed(i128::from(minor), currency)),
        reason: line.explanation.clone(),
        explained_by: line.explained_by.clone(),
        received_at: rfc3339(line.received_at),
        age_seconds: (line.settled_at.unwrap_or(now) - line.received_at).as_seconds_f64().max(0.0),
        settled_at: line.settled_at.map(rfc3339),
    }
}

fn with(kind: EntryKind, id: Uuid) -> ReconciledWith {
    let text = match kind {
        EntryKind::Payment => PaymentId::from_uuid(id).to_string(),
        EntryKind::Reversal => ReversalId::from_uuid(id).to_string(),
        EntryKind::Payout | EntryKind::PayoutReturn => PayoutId::from_uuid(id).to_string(),
        EntryKind::CoverSold | EntryKind::CoverBought => CoverId::from_uuid(id).to_string(),
    };
    ReconciledWith { kind: kind.as_str().to_owned(), id: text }
}

fn statement_row(row: &reconciliation::StatementRow) -> StatementRow {
    let balance = |minor: Option<i64>| minor.map(|minor| signed(i128::from(minor), row.currency));
    StatementRow {
        id: row.id.to_string(),
        status: if row.open > 0 { "open" } else { "reconciled" }.to_owned(),
        bank: row.bank.clone(),
        covers: row.covers.as_str().to_owned(),
        number: row.number.clone(),
        currency: row.currency.code().to_owned(),
        from: row.period.map(|period| period.0.to_string()),
        to: row.period.map(|period| period.1.to_string()),
        opening_balance: balance(row.opening_minor),
        closing_balance: balance(row.closing_minor),
        difference: row.difference_minor.map(|minor| signed(minor, row.currency)),
        lines: row.lines,
        new_lines: row.new_lines,
        open: row.open,
        matched: row.matched,
        explained: row.explained,
        event_id: EventId::from_uuid(row.event).to_string(),
        received_at: rfc3339(row.received_at),
    }
}

/// Minor units of either sign in major ones. A bank's balance may be below zero, and a difference beyond 64 bits.
fn signed(minor: i128, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    match i64::try_from(minor.unsigned_abs()).ok().and_then(|minor| Money::new(minor, currency).ok()) {
        Some(amount) => format!("{sign}{amount}"),
        None => format!("{minor} minor units"),
    }
}

/// One more row than the page holds was asked for.
fn page<R, T>(
    mut rows: Vec<R>,
    limit: usize,
    cursor: impl Fn(&R) -> String,
    row: impl Fn(&R) -> Result<T, Refusal>,
) -> Result<Page<T>, Refusal> {
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| has_more).map(cursor);
    Ok(Page { data: rows.iter().map(row).collect::<Result<_, _>>()?, next_cursor, has_more })
}

fn unknown(field: &'static str, known: &[&str]) -> Refusal {
    Refusal::field(field, format!("must be one of {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r44_amounts_of_either_sign_are_told_in_major_units() {
        for (minor, currency, expected) in [
            (0, Currency::USD, "0.00"),
            (-5, Currency::USD, "-0.05"),
            (123_456, Currency::USD, "1234.56"),
            (-7, Currency::JPY, "-7"),
            (1 << 64, Currency::USD, "18446744073709551616 minor units"),
        ] {
            assert_eq!(signed(minor, currency), expected);
        }
    }
}
