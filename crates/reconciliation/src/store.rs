//! R44: statements are kept once, and so is each of their lines.

use std::collections::{HashMap, HashSet};

use pg::Tx;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;
use crate::line::LineId;
use crate::statement::{Covers, Statement, StatementLine};

/// What became of one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// It was not here before.
    pub new: bool,
    /// How many of its lines were not.
    pub lines: usize,
}

/// Keeps what is new of these statements: two statements at most, whatever the size. It waits for whoever is
/// committing the same one, so call it where a batch inserts its keys. Matching comes later, by itself.
///
/// # Errors
/// The database's.
pub async fn store(
    tx: &Tx<'_>,
    statements: &[&Statement],
    now: OffsetDateTime,
) -> Result<Vec<Stored>, Error> {
    let new = insert_statements(tx, statements, now).await?;
    let mut lines: HashMap<Uuid, usize> = HashMap::new();
    let mut rows = LineRows::default();
    for statement in statements.iter().filter(|statement| new.contains(&statement.id.uuid())) {
        for (line, digest) in statement.lines.iter().zip(statement.line_digests()) {
            rows.push_line(statement, line, digest);
        }
    }
    for statement in rows.insert(tx, now).await?.into_iter().flatten() {
        *lines.entry(statement).or_default() += 1;
    }
    let stored = |statement: &&Statement| Stored {
        new: new.contains(&statement.id.uuid()),
        lines: lines.get(&statement.id.uuid()).copied().unwrap_or_default(),
    };
    Ok(statements.iter().map(stored).collect())
}

async fn insert_statements(
    tx: &Tx<'_>,
    statements: &[&Statement],
    now: OffsetDateTime,
) -> Result<HashSet<Uuid>, Error> {
    if statements.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = statements;
    let shards: Vec<i16> = rows.iter().map(|s| s.id.shard().number()).collect();
    let ids: Vec<Uuid> = rows.iter().map(|s| s.id.uuid()).collect();
    let banks: Vec<&str> = rows.iter().map(|s| &*s.bank).collect();
    let accounts: Vec<&[u8]> = rows.iter().map(|s| s.account.as_slice()).collect();
    let covers: Vec<&str> = rows.iter().map(|s| s.covers.as_str()).collect();
    let numbers: Vec<&str> = rows.iter().map(|s| s.number.as_str()).collect();
    let currencies: Vec<&str> = rows.iter().map(|s| s.currency.code()).collect();
    let from: Vec<Option<Date>> = rows.iter().map(|s| s.period.map(|period| period.0)).collect();
    let to: Vec<Option<Date>> = rows.iter().map(|s| s.period.map(|period| period.1)).collect();
    let openings: Vec<Option<i64>> = rows.iter().map(|s| s.opening_minor).collect();
    let closings: Vec<Option<i64>> = rows.iter().map(|s| s.closing_minor).collect();
    let differences: Vec<Option<String>> =
        rows.iter().map(|s| s.difference().map(|difference| difference.to_string())).collect();
    let lines: Vec<i32> = rows.iter().map(|s| i32::try_from(s.lines.len()).unwrap_or(i32::MAX)).collect();
    let digests: Vec<Vec<u8>> = rows.iter().map(|s| s.digest()).collect();
    let events: Vec<Uuid> = rows.iter().map(|s| s.event).collect();
    let inserted = tx
        .query(
            include_str!("sql/insert_statements.sql"),
            &[
                &shards,
                &ids,
                &banks,
                &accounts,
                &covers,
                &numbers,
                &currencies,
                &from,
                &to,
                &openings,
                &closings,
                &differences,
                &lines,
                &digests,
                &events,
                &now,
            ],
        )
        .await?;
    Ok(inserted.iter().map(|row| row.get("id")).collect())
}

/// Columns of lines to be.
#[derive(Default)]
pub(crate) struct LineRows {
    pub shards: Vec<i16>,
    pub ids: Vec<Uuid>,
    pub banks: Vec<String>,
    pub statements: Vec<Option<Uuid>>,
    pub positions: Vec<i32>,
    pub accounts: Vec<Option<Vec<u8>>>,
    pub booked_on: Vec<Option<Date>>,
    pub value_dates: Vec<Option<Date>>,
    pub amounts: Vec<i64>,
    pub currencies: Vec<&'static str>,
    pub directions: Vec<&'static str>,
    pub reversals: Vec<bool>,
    pub references: Vec<String>,
    pub digests: Vec<Vec<u8>>,
    pub entry_kinds: Vec<Option<&'static str>>,
    pub entries: Vec<Option<Uuid>>,
}

impl LineRows {
    fn push_line(&mut self, statement: &Statement, line: &StatementLine, digest: Vec<u8>) {
        let id = LineId::new(statement.id.shard());
        self.shards.push(id.shard().number());
        self.ids.push(id.uuid());
        self.banks.push(statement.bank.to_string());
        self.statements.push(Some(statement.id.uuid()));
        self.positions.push(line.position);
        let receiving = statement.covers == Covers::ReceivingAccount;
        self.accounts.push(receiving.then(|| statement.account.to_vec()));
        self.booked_on.push(line.booked_on);
        self.value_dates.push(line.value_date);
        self.amounts.push(line.amount.minor());
        self.currencies.push(line.amount.currency().code());
        self.directions.push(line.direction.as_str());
        self.reversals.push(line.reversal);
        self.references.push(line.usable_references().join("\n"));
        self.digests.push(digest);
        self.entry_kinds.push(None);
        self.entries.push(None);
    }

    /// Inserts those that are new; the statement of each of them.
    pub(crate) async fn insert(&self, tx: &Tx<'_>, now: OffsetDateTime) -> Result<Vec<Option<Uuid>>, Error> {
        if self.ids.is_empty() {
            return Ok(Vec::new());
        }
        let inserted = tx
            .query(
                include_str!("sql/insert_lines.sql"),
                &[
                    &self.shards,
                    &self.ids,
                    &self.banks,
                    &self.statements,
                    &self.positions,
                    &self.accounts,
                    &self.booked_on,
                    &self.value_dates,
                    &self.amounts,
                    &self.currencies,
                    &self.directions,
                    &self.reversals,
                    &self.references,
                    &self.digests,
                    &self.entry_kinds,
                    &self.entries,
                    &now,
                ],
            )
            .await?;
        Ok(inserted.iter().map(|row| row.get("statement")).collect())
    }
}
