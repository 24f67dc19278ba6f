//! The other way round: what the book has and the bank's statements lack.

use std::collections::HashSet;
use std::sync::Arc;

use money::Currency;
use pg::{Connection, Tx};
use ring::digest::{SHA256, digest};
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use crate::entry::{BookEntry, EntryKind};
use crate::error::Error;
use crate::line::{LineId, index_of};
use crate::settle::taken;
use crate::statement::{Covers, StatementId};
use crate::store::LineRows;

/// How many days before its first a statement is asked about, too: what was posted late, or on the last day of the
/// statement before.
const BACK: Duration = Duration::days(7);
/// Our day and the bank's may differ by one.
const SLACK: Duration = Duration::days(1);

/// One statement whose other side is to be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The statement.
    pub statement: StatementId,
    /// Its bank.
    pub bank: Arc<str>,
    /// The currency of its account.
    pub currency: Currency,
    /// What must be in this statement or an earlier one; none where that can't be known.
    pub expected: Option<Expected>,
}

/// What the book must have told the bank of, or heard from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Posted from the beginning of this day on, in UTC.
    pub from: Date,
    /// To the end of this one.
    pub to: Date,
    /// What the bank may have moved before this day, it may have told of in statements that we don't have.
    pub told_from: Date,
    /// Payments into this receiving account only, and no payouts.
    pub only: Option<[u8; 32]>,
    /// Not payments into these: they have statements of their own.
    pub except: HashSet<[u8; 32]>,
}

/// The oldest statement whose other side was not looked for yet; its own lines were.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn next_check(conn: &Connection) -> Result<Option<Check>, Error> {
    let Some(row) = conn.query_opt(include_str!("sql/next_check.sql"), &[]).await? else { return Ok(None) };
    let (bank, code): (&str, &str) = (row.get("bank"), row.get("currency"));
    let currency = Currency::from_db(code).map_err(|_| Error::Unexpected(format!("currency {code}")))?;
    let covers =
        Covers::parse(row.get("covers")).ok_or_else(|| Error::Unexpected("a statement of nothing".into()))?;
    let dates = (row.get("from_date"), row.get("to_date"), row.get("first_date"));
    let window = match dates {
        (Some(from), Some(to), Some(first)) => window(from, to, first),
        _ => None,
    };
    let expected = match (window, covers) {
        (Some(window), Covers::ReceivingAccount) => {
            Some(Expected { only: Some(index_of(row.get("account"))?), ..window })
        }
        (Some(window), Covers::OwnAccount) => {
            let rows = conn.query(include_str!("sql/accounts_with_statements.sql"), &[&bank, &code]).await?;
            let except = rows.iter().map(|row| index_of(row.get("account"))).collect::<Result<_, _>>()?;
            Some(Expected { except, ..window })
        }
        (None, _) => None,
    };
    Ok(Some(Check {
        statement: StatementId::from_uuid(row.get("id")),
        bank: Arc::from(bank),
        currency,
        expected,
    }))
}

/// The days of which a statement from `from` to `to` must tell, if the bank tells of the account since `first`.
fn window(from: Date, to: Date, first: Date) -> Option<Expected> {
    let told_from = first.checked_add(SLACK)?;
    let from = from.checked_sub(BACK)?.max(told_from);
    let to = to.checked_sub(SLACK)?;
    (from <= to).then(|| Expected { from, to, told_from, only: None, except: HashSet::new() })
}

impl Check {
    /// Whether `entry` must stand in this statement or an earlier one.
    pub fn expects(&self, entry: &BookEntry) -> bool {
        entry.bank == self.bank
            && entry.amount.currency() == self.currency
            && self.expected.as_ref().is_some_and(|expected| expected.contains(entry))
    }
}

impl Expected {
    /// Whether a statement must have told of `entry`.
    pub fn contains(&self, entry: &BookEntry) -> bool {
        let day = |at: OffsetDateTime| at.to_offset(UtcOffset::UTC).date();
        let tells = match (self.only, entry.account) {
            (Some(only), account) => account == Some(only),
            (None, Some(account)) => !self.except.contains(&account),
            (None, None) => true,
        };
        let due = entry.at.saturating_add(entry.id.kind.settles_within());
        let in_time = day(entry.since) >= self.told_from && (self.from..=self.to).contains(&day(due));
        entry.booked && in_time && tells
    }
}

/// Lists what of `book` is missing at the bank; how many are new. `last`: there is no more to look at, the check is
/// done.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn list_missing(
    tx: &Tx<'_>,
    check: &Check,
    book: &[BookEntry],
    last: bool,
    now: OffsetDateTime,
) -> Result<usize, Error> {
    let expected: Vec<&BookEntry> = book.iter().filter(|entry| check.expects(entry)).collect();
    let taken = taken(tx, expected.iter().map(|entry| entry.id)).await?;
    let untaken: Vec<&BookEntry> = expected.into_iter().filter(|entry| !taken.contains(&entry.id)).collect();
    let named = named_by_lines(tx, &untaken).await?;
    let mut rows = LineRows::default();
    let named_as = |entry: &BookEntry| (entry.id.kind, entry.id.id);
    for entry in untaken.into_iter().filter(|entry| !named.contains(&named_as(entry))) {
        rows.push_missing(entry);
    }
    let listed = rows.insert(tx, now).await?.len();
    if last {
        let (shard, id) = (check.statement.shard().number(), check.statement.uuid());
        tx.execute(include_str!("sql/checked.sql"), &[&shard, &id, &now]).await?;
    }
    Ok(listed)
}

async fn named_by_lines(tx: &Tx<'_>, entries: &[&BookEntry]) -> Result<HashSet<(EntryKind, Uuid)>, Error> {
    if entries.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id.id).collect();
    let rows = tx.query(include_str!("sql/named_by_lines.sql"), &[&ids]).await?;
    let named = |row: &pg::Row| {
        let kind: Option<&str> = row.get("entry_kind");
        Some(EntryKind::from_column(kind?).map(|kind| (kind, row.get("entry"))))
    };
    rows.iter().filter_map(named).collect()
}

impl LineRows {
    fn push_missing(&mut self, entry: &BookEntry) {
        let id = LineId::new(entry.id.shard);
        self.shards.push(id.shard().number());
        self.ids.push(id.uuid());
        self.banks.push(entry.bank.to_string());
        self.statements.push(None);
        self.positions.push(0);
        self.accounts.push(entry.account.map(|account| account.to_vec()));
        self.booked_on.push(Some(entry.at.to_offset(UtcOffset::UTC).date()));
        self.value_dates.push(None);
        self.amounts.push(entry.amount.minor());
        self.currencies.push(entry.amount.currency().code());
        self.directions.push(entry.id.kind.direction().as_str());
        self.reversals.push(entry.id.kind.takes_back());
        self.references.push(entry.references.join("\n"));
        self.digests.push(
            digest(&SHA256, format!("sluice missing entry 1\0{}", entry.id).as_bytes()).as_ref().to_vec(),
        );
        self.entry_kinds.push(Some(entry.id.kind.as_str()));
        self.entries.push(Some(entry.id.id));
    }
}

#[cfg(test)]
mod tests {
    use money::Money;
    use pg::Shard;
    use time::macros::{date, datetime};

    use super::*;
    use crate::entry::EntryId;

    #[test]
    fn r44_the_days_that_a_statement_must_tell_of() {
        let day = date!(2026 - 11 - 20);
        for (from, to, first, expected) in [
            // The first statement of all: its own first day may belong to the one before.
            (day, day, day, None),
            (day, date!(2026 - 11 - 23), day, Some((date!(2026 - 11 - 21), date!(2026 - 11 - 22)))),
            // Day by day, the day before is asked about, and a week back.
            (day, day, date!(2026 - 11 - 18), Some((date!(2026 - 11 - 19), date!(2026 - 11 - 19)))),
            (day, day, date!(2026 - 01 - 01), Some((date!(2026 - 11 - 13), date!(2026 - 11 - 19)))),
            (Date::MIN, Date::MIN, Date::MIN, None),
        ] {
            let window = window(from, to, first).map(|window| (window.from, window.to));
            assert_eq!(window, expected, "{from} {to} {first}");
        }
    }

    #[test]
    fn r44_what_a_statement_must_tell_of() {
        let entry = |kind, account, at, booked| BookEntry {
            id: EntryId { shard: Shard::new(1).unwrap(), kind, id: Uuid::from_u128(1) },
            bank: "hb".into(),
            references: vec![],
            account,
            amount: Money::new(1, Currency::USD).unwrap(),
            booked,
            at,
            since: at,
        };
        let own = Expected {
            from: date!(2026 - 11 - 20),
            to: date!(2026 - 11 - 21),
            told_from: date!(2026 - 11 - 06),
            only: None,
            except: HashSet::from([[9; 32]]),
        };
        let receiving = Expected { only: Some([9; 32]), except: HashSet::new(), ..own.clone() };
        let at = datetime!(2026-11-21 23:59 UTC);
        let (payment, payout) = (EntryKind::Payment, EntryKind::Payout);
        for (entry, in_own, in_receiving) in [
            (entry(payout, None, at, true), true, false),
            (entry(payout, None, at, false), false, false),
            (entry(payment, Some([8; 32]), at, true), true, false),
            (entry(payment, Some([9; 32]), at, true), false, true),
            (entry(payout, None, datetime!(2026-11-22 07:59 +8), true), true, false),
            (entry(payout, None, datetime!(2026-11-22 00:00 UTC), true), false, false),
            (entry(payment, Some([9; 32]), datetime!(2026-11-19 23:59 UTC), true), false, false),
        ] {
            assert_eq!(
                (own.contains(&entry), receiving.contains(&entry)),
                (in_own, in_receiving),
                "{entry:?}"
            );
        }
        // Posted in these days, of what was sent before: not if the bank told nobody yet.
        for (since, in_own) in
            [(datetime!(2026-11-06 00:00 UTC), true), (datetime!(2026-11-05 23:59 UTC), false)]
        {
            let late = BookEntry { since, ..entry(payout, None, at, true) };
            assert_eq!(own.contains(&late), in_own, "{since}");
        }
    }
}
