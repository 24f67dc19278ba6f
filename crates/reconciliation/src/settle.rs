//! Open lines are looked at again until they are matched or explained.

use std::collections::HashSet;

use pg::{Connection, Shard, Tx};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::entry::{BookEntry, EntryId, EntryKind};
use crate::error::{Error, expect_count};
use crate::line::{Line, Origin};
use crate::matching::{Finding, Outcome, find};
use crate::state::{LineEvent, LineState};

/// A line is looked at again after an eighth of its age, within these bounds.
const SOONEST: Duration = Duration::seconds(5);
const LATEST: Duration = Duration::minutes(10);

/// The open lines whose turn it is, the longest overdue first. Look their references up in the book, then
/// [`settle`] them.
///
/// # Errors
/// The database's; `Unexpected` for a row that can't be understood.
pub async fn due(conn: &Connection, now: OffsetDateTime, limit: i64) -> Result<Vec<Line>, Error> {
    let rows = conn.query(include_str!("sql/due.sql"), &[&now, &limit]).await?;
    rows.iter().map(Line::from_row).collect()
}

/// What a round of looking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Lines looked at.
    pub looked_at: usize,
    /// Lines that are matched now.
    pub matched: usize,
}

/// Looks at these lines with what the book has about them: all that shares a reference with one of them. Lines that
/// are not open any more, or that another gateway is looking at, are left alone.
///
/// # Errors
/// The database's; `Contended` when another gateway took the same entries: roll back and look again later.
pub async fn settle(
    tx: &Tx<'_>,
    lines: &[Line],
    book: &[BookEntry],
    now: OffsetDateTime,
) -> Result<Settled, Error> {
    let mut lines = lock_open(tx, lines).await?;
    lines.sort_by_key(|line| (line.received_at, line.statement.map(|id| id.uuid()), line.position, line.id));
    let asked = book.iter().map(|entry| entry.id).chain(lines.iter().filter_map(missing_entry));
    let mut taken = taken(tx, asked).await?;
    let mut takes = Vec::new();
    let mut findings = Vec::with_capacity(lines.len());
    for line in &lines {
        let finding = look(line, book, &taken);
        if finding.outcome == Outcome::Matched && line.origin == Origin::Bank {
            taken.extend(finding.entries.iter().copied());
            takes.extend(finding.entries.iter().map(|entry| (*entry, line)));
        }
        findings.push(finding);
    }
    take(tx, &takes).await?;
    save(tx, &lines, &findings, now).await?;
    let matched = findings.iter().filter(|finding| finding.outcome == Outcome::Matched).count();
    Ok(Settled { looked_at: lines.len(), matched })
}

/// A bank's line asks the book; what the bank lacked asks whether a line has come since.
fn look(line: &Line, book: &[BookEntry], taken: &HashSet<EntryId>) -> Finding {
    let Some(entry) = missing_entry(line) else { return find(line, book, taken) };
    let outcome = if taken.contains(&entry) { Outcome::Matched } else { Outcome::MissingAtBank };
    Finding { outcome, entries: vec![entry], book_minor: line.book_minor }
}

fn missing_entry(line: &Line) -> Option<EntryId> {
    match (line.origin, line.entry_kind, line.entries.first()) {
        (Origin::Book, Some(kind), Some(id)) => Some(EntryId { shard: line.id.shard(), kind, id: *id }),
        _ => None,
    }
}

async fn lock_open(tx: &Tx<'_>, lines: &[Line]) -> Result<Vec<Line>, Error> {
    let shards: Vec<i16> = lines.iter().map(|line| line.id.shard().number()).collect();
    let ids: Vec<Uuid> = lines.iter().map(|line| line.id.uuid()).collect();
    let rows = tx.query(include_str!("sql/lock_open.sql"), &[&shards, &ids]).await?;
    rows.iter().map(Line::from_row).collect()
}

/// Which of these entries lines have taken.
pub(crate) async fn taken(
    tx: &Tx<'_>,
    entries: impl Iterator<Item = EntryId>,
) -> Result<HashSet<EntryId>, Error> {
    let entries: Vec<EntryId> = entries.collect();
    let shards: Vec<i16> = entries.iter().map(|entry| entry.shard.number()).collect();
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let rows = tx.query(include_str!("sql/taken.sql"), &[&shards, &kinds, &ids]).await?;
    let entry = |row: &pg::Row| {
        let number: i16 = row.get("shard");
        let shard = Shard::new(number).ok_or_else(|| Error::Unexpected(format!("shard {number}")))?;
        Ok(EntryId { shard, kind: EntryKind::from_column(row.get("kind"))?, id: row.get("entry") })
    };
    rows.iter().map(entry).collect()
}

async fn take(tx: &Tx<'_>, takes: &[(EntryId, &Line)]) -> Result<(), Error> {
    if takes.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = takes.iter().map(|(entry, _)| entry.shard.number()).collect();
    let kinds: Vec<&str> = takes.iter().map(|(entry, _)| entry.kind.as_str()).collect();
    let ids: Vec<Uuid> = takes.iter().map(|(entry, _)| entry.id).collect();
    let line_shards: Vec<i16> = takes.iter().map(|(_, line)| line.id.shard().number()).collect();
    let lines: Vec<Uuid> = takes.iter().map(|(_, line)| line.id.uuid()).collect();
    let won =
        tx.execute(include_str!("sql/take.sql"), &[&shards, &kinds, &ids, &line_shards, &lines]).await?;
    if won == takes.len() as u64 { Ok(()) } else { Err(Error::Contended) }
}

async fn save(tx: &Tx<'_>, lines: &[Line], findings: &[Finding], now: OffsetDateTime) -> Result<(), Error> {
    if lines.is_empty() {
        return Ok(());
    }
    let state = |finding: &Finding| match finding.outcome {
        Outcome::Matched => LineState::Open.next(LineEvent::Match).unwrap_or(LineState::Open),
        _ => LineState::Open,
    };
    let joined =
        |finding: &Finding| finding.entries.iter().map(|entry| entry.id.to_string()).collect::<Vec<_>>();
    let shards: Vec<i16> = lines.iter().map(|line| line.id.shard().number()).collect();
    let ids: Vec<Uuid> = lines.iter().map(|line| line.id.uuid()).collect();
    let states: Vec<&str> = findings.iter().map(|finding| state(finding).as_str()).collect();
    let outcomes: Vec<&str> = findings.iter().map(|finding| finding.outcome.as_str()).collect();
    let kinds: Vec<Option<&str>> =
        findings.iter().map(|finding| finding.entries.first().map(|entry| entry.kind.as_str())).collect();
    let entries: Vec<String> = findings.iter().map(|finding| joined(finding).join(",")).collect();
    let minors: Vec<Option<i64>> = findings.iter().map(|finding| finding.book_minor).collect();
    let look_at: Vec<OffsetDateTime> = lines.iter().map(|line| next_look(line.received_at, now)).collect();
    let saved = tx
        .execute(
            include_str!("sql/save_lines.sql"),
            &[&shards, &ids, &states, &outcomes, &kinds, &entries, &minors, &look_at, &now],
        )
        .await?;
    expect_count("lines saved", saved, lines.len())
}

fn next_look(received_at: OffsetDateTime, now: OffsetDateTime) -> OffsetDateTime {
    let wait: Duration = (now - received_at) / 8;
    now + wait.clamp(SOONEST, LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r44_the_older_a_line_the_rarer_it_is_looked_at() {
        let now = OffsetDateTime::UNIX_EPOCH;
        for (age, wait) in [(0, 5), (40, 5), (80, 10), (4_800, 600), (1_000_000, 600), (-9, 5)] {
            let next = next_look(now - Duration::seconds(age), now);
            assert_eq!(next, now + Duration::seconds(wait), "{age}");
        }
    }
}
