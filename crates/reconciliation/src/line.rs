//! A line as it lies in the database.

use std::sync::Arc;

use money::{Currency, Money};
use pg::Row;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::entry::{Direction, EntryKind};
use crate::error::Error;
use crate::matching::Outcome;
use crate::state::LineState;
use crate::statement::StatementId;

/// What kinds of ids this crate gives out.
pub mod kind {
    /// One statement.
    #[derive(Debug)]
    pub enum Statement {}

    impl pg::Kind for Statement {
        const PREFIX: &'static str = "stm";
    }

    /// One line that is or was to be matched.
    #[derive(Debug)]
    pub enum Line {}

    impl pg::Kind for Line {
        const PREFIX: &'static str = "rec";
    }
}

/// `rec_…`; lies in its statement's shard, or in that of the entry that the bank's statements lack.
pub type LineId = pg::Id<kind::Line>;

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A bank's statement.
    Bank,
    /// The book; the bank's statements lack it.
    Book,
}

impl Origin {
    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Bank => "bank",
            Origin::Book => "book",
        }
    }
}

/// One line that is or was to be matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: LineId,
    /// Who says it.
    pub origin: Origin,
    /// The bank.
    pub bank: Arc<str>,
    /// The statement it stands in.
    pub statement: Option<StatementId>,
    /// Its place there.
    pub position: i32,
    /// The receiving account that it is about, by blind index, if it is about one.
    pub account: Option<[u8; 32]>,
    /// The bank's booking day; the day of the posting for what the bank lacks.
    pub booked_on: Option<Date>,
    /// The day from which it counts.
    pub value_date: Option<Date>,
    /// How much.
    pub amount: Money,
    /// Which way.
    pub direction: Direction,
    /// The bank calls it a reversal.
    pub reversal: bool,
    /// Its references.
    pub references: Vec<String>,
    /// Where it stands.
    pub state: LineState,
    /// What the last look found.
    pub outcome: Outcome,
    /// What kind of entries it has to do with.
    pub entry_kind: Option<EntryKind>,
    /// The entries that it is matched with, or else the one that comes nearest.
    pub entries: Vec<Uuid>,
    /// What these amount to in the book: minor units.
    pub book_minor: Option<i64>,
    /// Why it doesn't match, in an operator's words.
    pub explanation: Option<String>,
    /// Who said so.
    pub explained_by: Option<String>,
    /// Since when it is known here.
    pub received_at: OffsetDateTime,
    /// When it was matched or explained.
    pub settled_at: Option<OffsetDateTime>,
}

impl Line {
    pub(crate) fn from_row(row: &Row) -> Result<Line, Error> {
        let account: Option<&[u8]> = row.get("account");
        let (statement, kind): (Option<Uuid>, Option<&str>) = (row.get("statement"), row.get("entry_kind"));
        let bank: &str = row.get("bank");
        Ok(Line {
            id: LineId::from_uuid(row.get("id")),
            origin: if row.get::<_, &str>("origin") == "book" { Origin::Book } else { Origin::Bank },
            bank: Arc::from(bank),
            statement: statement.map(StatementId::from_uuid),
            position: row.get("position"),
            account: account.map(index_of).transpose()?,
            booked_on: row.get("booked_on"),
            value_date: row.get("value_date"),
            amount: amount_of(row)?,
            direction: Direction::from_column(row.get("direction"))?,
            reversal: row.get("reversal"),
            references: row.get("refs"),
            state: LineState::from_column(row.get("state"))?,
            outcome: Outcome::from_column(row.get("outcome"))?,
            entry_kind: kind.map(EntryKind::from_column).transpose()?,
            entries: row.get("entries"),
            book_minor: row.get("book_minor"),
            explanation: row.get("explanation"),
            explained_by: row.get("explained_by"),
            received_at: row.get("received_at"),
            settled_at: row.get("settled_at"),
        })
    }
}

pub(crate) fn index_of(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|_| Error::Unexpected("an account index that has not 32 bytes".into()))
}

pub(crate) fn amount_of(row: &Row) -> Result<Money, Error> {
    let code: &str = row.get("currency");
    let currency = Currency::from_db(code).map_err(|_| Error::Unexpected(format!("currency {code}")))?;
    Money::new(row.get("amount_minor"), currency)
        .map_err(|_| Error::Unexpected("a line that is below zero".into()))
}
