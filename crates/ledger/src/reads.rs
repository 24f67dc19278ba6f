//! What merchants look at; nothing here locks.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use money::{Currency, Money};
use pg::{Connection, Looked, Paged, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::{Account, AccountKind};
use crate::error::Error;
use crate::span::StatementSpan;
use crate::templates::{MerchantRef, TransferKind};

/// What a merchant has, and what it owes, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// What we owe the merchant.
    pub balance: Money,
    /// What the merchant owes us.
    pub receivable: Money,
}

/// What a merchant has and owes in each currency in which anything was ever posted for it; all of it at one moment.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn holdings(
    conn: &Connection,
    merchant: MerchantRef,
) -> Result<BTreeMap<Currency, Holding>, Error> {
    let (shard, owner) = (merchant.shard.number(), merchant.id.simple().to_string());
    let rows = conn.query(include_str!("sql/holdings.sql"), &[&shard, &owner]).await?;
    let mut holdings = BTreeMap::new();
    for row in &rows {
        let (kind, amount) = (row.get("kind"), money(row.get("minor"), row.get("currency"))?);
        let zero = Money::zero(amount.currency());
        let holding =
            holdings.entry(amount.currency()).or_insert(Holding { balance: zero, receivable: zero });
        match AccountKind::parse(kind) {
            Some(AccountKind::Merchant) => holding.balance = amount,
            Some(AccountKind::Receivable) => holding.receivable = amount,
            _ => return Err(Error::Unexpected(format!("a merchant's account of the kind {kind:?}"))),
        }
    }
    Ok(holdings)
}

/// Whether a merchant's balance and what it owes are other than zero, in any currency.
///
/// # Errors
/// The database's.
pub async fn holds_anything(tx: &Tx<'_>, merchant: MerchantRef) -> Result<(bool, bool), Error> {
    let (shard, owner) = (merchant.shard.number(), merchant.id.simple().to_string());
    let row = tx.query_one(include_str!("sql/holds_anything.sql"), &[&shard, &owner]).await?;
    Ok((row.get("balance"), row.get("receivable")))
}

/// In which currencies a merchant owes something.
///
/// # Errors
/// The database's; `Unexpected` for a currency that can't be understood.
pub async fn owed_in(tx: &Tx<'_>, merchant: MerchantRef) -> Result<Vec<Currency>, Error> {
    let (shard, owner) = (merchant.shard.number(), merchant.id.simple().to_string());
    let rows = tx.query(include_str!("sql/owed_in.sql"), &[&shard, &owner]).await?;
    rows.iter().map(|row| Ok(money(0, row.get("currency"))?.currency())).collect()
}

/// A place in a merchant's statement, which is in the order of commits. The text form is for callers to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementCursor {
    pub(crate) seq: i64,
    pub(crate) position: i32,
}

impl StatementCursor {
    /// After everything: a statement begins with the newest line.
    pub const NEWEST: StatementCursor = StatementCursor { seq: i64::MAX, position: i32::MAX };

    /// The seal's number and the place in it, for tables that compare places.
    pub fn parts(self) -> (i64, i32) {
        (self.seq, self.position)
    }

    /// The place with these.
    pub fn from_parts(seq: i64, position: i32) -> StatementCursor {
        StatementCursor { seq, position }
    }
}

impl fmt::Display for StatementCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.seq, self.position)
    }
}

/// A text that is no place in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct BadCursor;

impl FromStr for StatementCursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<StatementCursor, BadCursor> {
        let (seq, position) = text.split_once('.').ok_or(BadCursor)?;
        let seq = seq.parse().map_err(|_| BadCursor)?;
        let cursor = StatementCursor { seq, position: position.parse().map_err(|_| BadCursor)? };
        if cursor.to_string() == text { Ok(cursor) } else { Err(BadCursor) }
    }
}

/// What a transfer did to a merchant's balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It grew.
    Credit,
    /// It shrank.
    Debit,
    /// Nothing: the money moved on its way out.
    None,
}

/// One transfer, as the merchant whom it concerns sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Where it stands.
    pub cursor: StatementCursor,
    /// What it was.
    pub kind: TransferKind,
    /// How much, in the balance's currency.
    pub amount: Money,
    /// What it did to the balance.
    pub change: Change,
    /// The payment, withdrawal or payout behind it.
    pub cause: Uuid,
    /// When it was posted, by the database's clock.
    pub posted_at: OffsetDateTime,
}

/// Lines of a statement that one page looks at, where a filter may let few of them through: some milliseconds' work,
/// and a statement of a hundred thousand lines is looked through in fifty pages.
const STRETCH: i64 = 2_000;

/// Which lines of a statement are wanted.
#[derive(Debug, Clone)]
pub struct StatementFilter {
    /// Posted in this span.
    pub span: StatementSpan,
    /// Of these kinds.
    pub kinds: Vec<TransferKind>,
    /// In this currency; any if none.
    pub currency: Option<Currency>,
}

/// At most `limit` lines of a merchant's statement behind `after`, newest first. A page may hold fewer, even none, and
/// not be the last: no index knows what is wanted, so one page looks at so many lines and no more.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn statement(
    conn: &Connection,
    merchant: MerchantRef,
    filter: &StatementFilter,
    after: StatementCursor,
    limit: usize,
) -> Result<Paged<StatementLine>, Error> {
    let StatementFilter { span, kinds, currency } = filter;
    if kinds.is_empty() {
        return Ok(Paged { rows: Vec::new(), last: None });
    }
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let after = after.min(StatementCursor { seq: span.until, position: i32::MAX });
    let rows = conn
        .query(
            include_str!("sql/statement.sql"),
            &[
                &merchant.shard.number(),
                &merchant.id,
                &after.seq,
                &after.position,
                &span.behind,
                &span.from,
                &span.to,
                &kinds,
                &currency.as_ref().map(Currency::code),
                &STRETCH,
                &pg::one_more(limit),
            ],
        )
        .await?;
    let looked = |row: &pg::Row| {
        Ok(Looked { row: line(row, merchant)?, matches: row.get("matches"), stops: row.get("stops") })
    };
    Ok(Paged::cut(rows.iter().map(looked).collect::<Result<_, Error>>()?, limit))
}

pub(crate) fn line(row: &pg::Row, merchant: MerchantRef) -> Result<StatementLine, Error> {
    let amount = money(row.get("amount"), row.get("currency"))?;
    let name: &str = row.get("kind");
    let kind =
        TransferKind::parse(name).ok_or_else(|| Error::Unexpected(format!("a transfer of kind {name}")))?;
    let balance = Account::merchant(merchant.shard, merchant.id, amount.currency());
    Ok(StatementLine {
        cursor: StatementCursor { seq: row.get("seq"), position: row.get("position") },
        kind,
        amount,
        change: match balance.key().id {
            id if id == row.get::<_, Uuid>("credit_account") => Change::Credit,
            id if id == row.get::<_, Uuid>("debit_account") => Change::Debit,
            _ => Change::None,
        },
        cause: row.get("cause"),
        posted_at: row.get("posted_at"),
    })
}

pub(crate) fn money(minor: i64, code: &str) -> Result<Money, Error> {
    let currency =
        Currency::parse(code).map_err(|error| Error::Unexpected(format!("currency {code}: {error}")))?;
    Money::new(minor, currency).map_err(|error| Error::Unexpected(format!("{minor} {code}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_nothing_else_is_one() {
        for cursor in [StatementCursor { seq: 1, position: 0 }, StatementCursor::NEWEST] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in ["", "1", "1.", "+1.0", "1.x", "1.0.0", "01.0"] {
            assert_eq!(text.parse::<StatementCursor>(), Err(BadCursor), "{text:?}");
        }
    }
}
