//! R44's decision: what a bank's line is in the book. Pure.

use std::collections::HashSet;

use crate::entry::{BookEntry, EntryId};
use crate::error::Error;
use crate::line::Line;

/// What was found about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Nobody looked yet.
    New,
    /// The book says the same.
    Matched,
    /// The book knows the reference, with another amount or currency.
    AmountDiffers,
    /// Not in the book.
    Unknown,
    /// The book says it once, and another line has taken that.
    Duplicate,
    /// The book says it, and the bank's statements don't.
    MissingAtBank,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 6] = [
        Outcome::New,
        Outcome::Matched,
        Outcome::AmountDiffers,
        Outcome::Unknown,
        Outcome::Duplicate,
        Outcome::MissingAtBank,
    ];

    /// The name in the database, in the API and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::New => "new",
            Outcome::Matched => "matched",
            Outcome::AmountDiffers => "amount_differs",
            Outcome::Unknown => "unknown",
            Outcome::Duplicate => "duplicate",
            Outcome::MissingAtBank => "missing_at_bank",
        }
    }

    pub(crate) fn from_column(name: &str) -> Result<Outcome, Error> {
        Outcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
            .ok_or_else(|| Error::Unexpected(format!("a line whose outcome is {name}")))
    }
}

/// An outcome, and what in the book it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub outcome: Outcome,
    /// The entries matched; else the one that comes nearest, if there is one. All of one kind.
    pub entries: Vec<EntryId>,
    /// What they amount to in the book: minor units.
    pub book_minor: Option<i64>,
}

impl Finding {
    fn about(outcome: Outcome, entries: &[&BookEntry]) -> Finding {
        let sum = entries.iter().try_fold(0i64, |sum, entry| sum.checked_add(entry.amount.minor()));
        Finding {
            outcome,
            entries: entries.iter().map(|entry| entry.id).collect(),
            book_minor: sum.filter(|_| !entries.is_empty()),
        }
    }
}

/// What `line` is, given everything in the book that may be meant by it and what other lines have taken of that.
///
/// An entry is meant when it is at the line's bank, goes the same way, and shares a reference; for a line of a
/// receiving account also that account. A line that the bank calls a reversal means only what takes back.
///
/// The line is one of those that share most references with it, or all that are free together. Banks use a name twice: a
/// line that has our reference beside it must not take another payout, or what the bank paid twice would look right.
pub fn find(line: &Line, book: &[BookEntry], taken: &HashSet<EntryId>) -> Finding {
    let mut meant: Vec<&BookEntry> = book.iter().filter(|entry| means(line, entry)).collect();
    meant.sort_unstable_by_key(|entry| entry.id.sort_key());
    let most = meant.iter().map(|entry| shared(line, entry)).max().unwrap_or_default();
    let nearest = meant.iter().copied().filter(|entry| shared(line, entry) == most);
    let (booked, under_way): (Vec<&BookEntry>, Vec<&BookEntry>) = nearest.partition(|entry| entry.booked);
    let equal: Vec<&BookEntry> = booked.iter().copied().filter(|entry| entry.amount == line.amount).collect();
    let free = |entry: &&BookEntry| !taken.contains(&entry.id);
    if let Some(entry) = equal.iter().copied().find(free) {
        return Finding::about(Outcome::Matched, &[entry]);
    }
    let all = meant.iter().copied().filter(|entry| entry.booked);
    if let Some(whole) = adding_up(line, all.filter(free)) {
        return Finding::about(Outcome::Matched, &whole);
    }
    if let Some(entry) = equal.first() {
        return Finding::about(Outcome::Duplicate, &[entry]);
    }
    let differing = booked.iter().copied().find(free).or(booked.first().copied());
    match differing {
        Some(entry) => Finding::about(Outcome::AmountDiffers, &[entry]),
        None => Finding::about(Outcome::Unknown, under_way.get(..1).unwrap_or_default()),
    }
}

fn means(line: &Line, entry: &BookEntry) -> bool {
    let account_fits = match (line.account, entry.account) {
        (Some(of_line), Some(of_entry)) => of_line == of_entry,
        _ => true,
    };
    entry.bank == line.bank
        && entry.id.kind.direction() == line.direction
        && (!line.reversal || entry.id.kind.takes_back())
        && account_fits
        && shared(line, entry) > 0
}

/// How many references they have in common.
fn shared(line: &Line, entry: &BookEntry) -> usize {
    let common: HashSet<&String> =
        entry.references.iter().filter(|reference| line.references.contains(reference)).collect();
    common.len()
}

/// A bank may book many as one line: all that are meant and free, of one kind, are matched if their sum is the
/// line's.
fn adding_up<'e>(line: &Line, free: impl Iterator<Item = &'e BookEntry>) -> Option<Vec<&'e BookEntry>> {
    let all: Vec<&BookEntry> = free.collect();
    let kind = all.first()?.id.kind;
    let alike =
        all.iter().all(|entry| entry.id.kind == kind && entry.amount.currency() == line.amount.currency());
    let sum: i128 = all.iter().map(|entry| i128::from(entry.amount.minor())).sum();
    (all.len() > 1 && alike && sum == i128::from(line.amount.minor())).then_some(all)
}
