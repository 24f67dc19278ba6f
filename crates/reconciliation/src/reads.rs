//! What operators look at; nothing here locks.

use std::fmt;
use std::str::FromStr;

use money::Currency;
use pg::Connection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;
use crate::line::{Line, LineId};
use crate::matching::Outcome;
use crate::state::LineState;
use crate::statement::{Covers, StatementId};

/// Where the next page begins: after this row. The text form is for callers to carry, not to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Microseconds since 1970, or a position in a statement.
    place: i64,
    id: Uuid,
}

impl Cursor {
    /// Before everything.
    pub const START: Cursor = Cursor { place: -1, id: Uuid::nil() };
    /// After everything: lists that begin with the newest.
    pub const NEWEST: Cursor = Cursor { place: 32_503_680_000_000_000, id: Uuid::max() };

    /// After this line in a list of open or explained ones.
    pub fn after(line: &Line) -> Cursor {
        Cursor { place: micros(line.received_at), id: line.id.uuid() }
    }

    /// After this line in the list of a statement.
    pub fn after_in_statement(line: &Line) -> Cursor {
        Cursor { place: i64::from(line.position), id: line.id.uuid() }
    }

    /// After this statement.
    pub fn after_statement(row: &StatementRow) -> Cursor {
        Cursor { place: micros(row.received_at), id: row.id.uuid() }
    }

    fn time(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.place) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.place, self.id.simple())
    }
}

/// A text that is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Cursor, BadCursor> {
        let (place, id) = text.split_once('.').ok_or(BadCursor)?;
        let place: i64 = place.parse().map_err(|_| BadCursor)?;
        let cursor = Cursor { place, id: Uuid::try_parse(id).map_err(|_| BadCursor)? };
        let known = (Cursor::START.place..=Cursor::NEWEST.place).contains(&place);
        if known && cursor.to_string() == text { Ok(cursor) } else { Err(BadCursor) }
    }
}

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct LineFilter<'a> {
    /// Of this bank.
    pub bank: Option<&'a str>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
}

/// One line.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn get(conn: &Connection, id: LineId) -> Result<Option<Line>, Error> {
    let shard = id.shard().number();
    let row = conn.query_opt(include_str!("sql/get_line.sql"), &[&shard, &id.uuid()]).await?;
    row.as_ref().map(Line::from_row).transpose()
}

/// Lines that don't match, oldest first: open ones, or explained ones. Matched ones are listed by statement only
/// ([`lines_of`]); asked for here there are none.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn list(
    conn: &Connection,
    state: LineState,
    filter: LineFilter<'_>,
    after: Cursor,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let sql = match state {
        LineState::Open => include_str!("sql/list_open.sql"),
        LineState::Explained => include_str!("sql/list_explained.sql"),
        LineState::Matched => return Ok(Vec::new()),
    };
    let outcome = filter.outcome.map(Outcome::as_str);
    let rows = conn.query(sql, &[&after.time(), &after.id, &limit, &filter.bank, &outcome]).await?;
    rows.iter().map(Line::from_row).collect()
}

/// The lines that a statement brought, in its order, whatever became of them.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn lines_of(
    conn: &Connection,
    statement: StatementId,
    after: Cursor,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let position = i32::try_from(after.place).unwrap_or(i32::MAX);
    let shard = statement.shard().number();
    let rows = conn
        .query(
            include_str!("sql/list_of_statement.sql"),
            &[&shard, &statement.uuid(), &position, &after.id, &limit],
        )
        .await?;
    rows.iter().map(Line::from_row).collect()
}

/// A statement and how far it is reconciled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    /// Its id.
    pub id: StatementId,
    /// The bank.
    pub bank: String,
    /// Whose account it is of.
    pub covers: Covers,
    /// The bank's number.
    pub number: String,
    /// The account's currency.
    pub currency: Currency,
    /// First and last booking day.
    pub period: Option<(Date, Date)>,
    /// The balance before, in minor units.
    pub opening_minor: Option<i64>,
    /// The balance after.
    pub closing_minor: Option<i64>,
    /// Opening and lines less closing, in minor units; not zero is an error of the bank's, or a file that lacks
    /// lines. None where it can't be known.
    pub difference_minor: Option<i128>,
    /// Lines it has.
    pub lines: i32,
    /// Lines of it that no earlier version of it had.
    pub new_lines: i64,
    /// How many of these are open.
    pub open: i64,
    /// How many are matched.
    pub matched: i64,
    /// How many are explained.
    pub explained: i64,
    /// The event that brought it.
    pub event: Uuid,
    /// When it came.
    pub received_at: OffsetDateTime,
}

/// Statements, newest first.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn statements(
    conn: &Connection,
    bank: Option<&str>,
    after: Cursor,
    limit: i64,
) -> Result<Vec<StatementRow>, Error> {
    let rows = conn
        .query(include_str!("sql/list_statements.sql"), &[&after.time(), &after.id, &limit, &bank])
        .await?;
    rows.iter().map(statement_row).collect()
}

fn statement_row(row: &pg::Row) -> Result<StatementRow, Error> {
    let broken = |what: &str| Error::Unexpected(format!("a statement's {what}"));
    let (from, to): (Option<Date>, Option<Date>) = (row.get("from_date"), row.get("to_date"));
    let difference: Option<&str> = row.get("difference");
    Ok(StatementRow {
        id: StatementId::from_uuid(row.get("id")),
        bank: row.get("bank"),
        covers: Covers::parse(row.get("covers")).ok_or_else(|| broken("account"))?,
        number: row.get("number"),
        currency: Currency::from_db(row.get("currency")).map_err(|_| broken("currency"))?,
        period: from.zip(to),
        opening_minor: row.get("opening_minor"),
        closing_minor: row.get("closing_minor"),
        difference_minor: difference.map(str::parse).transpose().map_err(|_| broken("difference"))?,
        lines: row.get("lines"),
        new_lines: row.get("stored"),
        open: row.get("open"),
        matched: row.get("matched"),
        explained: row.get("explained"),
        event: row.get("event"),
        received_at: row.get("received_at"),
    })
}

/// How many lines of a bank are open for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLines {
    /// The bank.
    pub bank: String,
    /// What the last look found.
    pub outcome: Outcome,
    /// How many.
    pub lines: i64,
    /// Since when the oldest is known.
    pub oldest: OffsetDateTime,
}

/// What is open, by bank and outcome.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn open_lines(conn: &Connection) -> Result<Vec<OpenLines>, Error> {
    let rows = conn.query(include_str!("sql/open_lines.sql"), &[]).await?;
    let line = |row: &pg::Row| {
        Ok(OpenLines {
            bank: row.get("bank"),
            outcome: Outcome::from_column(row.get("outcome"))?,
            lines: row.get("lines"),
            oldest: row.get("oldest"),
        })
    };
    rows.iter().map(line).collect()
}

/// How many statements of a bank contradict their own balances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbalanced {
    /// The bank.
    pub bank: String,
    /// How many.
    pub statements: i64,
}

/// Statements whose lines don't lead from the opening to the closing balance, by bank.
///
/// # Errors
/// The database's.
pub async fn unbalanced(conn: &Connection) -> Result<Vec<Unbalanced>, Error> {
    let rows = conn.query(include_str!("sql/unbalanced.sql"), &[]).await?;
    Ok(rows
        .iter()
        .map(|row| Unbalanced { bank: row.get("bank"), statements: row.get("statements") })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_nothing_else_is_one() {
        let cursor = Cursor { place: 1_763_900_000_123_456, id: Uuid::from_u128(77) };
        for cursor in [cursor, Cursor::START, Cursor::NEWEST] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in [
            "",
            ".",
            "1",
            "-2.00000000000000000000000000000000",
            "+1.00000000000000000000000000000000",
            "1.x",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(BadCursor), "{text:?}");
        }
        let too_late = format!("{}.{}", i64::MAX, Uuid::nil().simple());
        assert_eq!(too_late.parse::<Cursor>(), Err(BadCursor));
    }
}
