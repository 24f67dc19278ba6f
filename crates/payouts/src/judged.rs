//! What people found out about a payout, and what its bank had said of it until then (R27, R29).
//!
//! A bank says many things twice: a webhook comes again under another event id, a folder of files is read anew by each
//! new process. What people had before them when they judged is known for ever and contradicts nothing; what is said
//! otherwise, with another amount, reference or reason, is new and does.

use std::collections::BTreeSet;

use pg::Tx;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::Error;
use crate::payout::Payout;
use crate::report::{Finding, Source};
use crate::{PayoutId, store};

/// What is true, as the bank's staff or statements say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// The bank executed it under this reference.
    Executed,
    /// The bank never executed it and never will.
    NeverExecuted,
}

impl Truth {
    /// As the database holds it.
    pub fn as_str(self) -> &'static str {
        match self {
            Truth::Executed => "executed",
            Truth::NeverExecuted => "never_executed",
        }
    }

    /// The one of that name.
    pub fn parse(text: &str) -> Option<Truth> {
        [Truth::Executed, Truth::NeverExecuted].into_iter().find(|truth| truth.as_str() == text)
    }
}

/// What somebody books about a payout.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// What is true.
    pub truth: Truth,
    /// The bank's own reference, where it is known.
    pub bank_reference: Option<&'a str>,
    /// Who says so: the last of those whom it needs.
    pub by: &'a str,
}

/// A judgement that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What was found.
    pub truth: Truth,
    /// By whom; none where that stands in the audit trail alone.
    pub by: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// All that banks had said of it until then, as the evidence has it.
    pub answers: BTreeSet<String>,
}

impl Payout {
    /// People found this out at `now`, and had before them what banks had said until then.
    pub(crate) fn judge(&mut self, found: &Found<'_>, now: OffsetDateTime) {
        let earlier = self.judged.take().map(|judged| judged.answers).unwrap_or_default();
        let heard = std::mem::take(&mut self.heard);
        let of_banks = self.notes.iter().filter(|note| Source::WORDS.contains(&note.source));
        let answers = of_banks.map(|note| note.text.clone()).chain(heard).chain(earlier).collect();
        self.judged = Some(Judgement { truth: found.truth, by: Some(found.by.to_owned()), at: now, answers });
    }

    /// Whether people had this very answer before them when they judged.
    pub(crate) fn has_judged(&self, finding: &Finding) -> bool {
        let words = in_evidence(&finding.in_words());
        self.judged.as_ref().is_some_and(|judged| judged.answers.contains(&words))
    }
}

/// A text as the evidence keeps it: what a bank wrote is cut.
pub(crate) fn in_evidence(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(400).collect()
}

/// A locked row's judgement.
pub(crate) fn read(row: &pg::Row) -> Result<Option<Judgement>, Error> {
    let (Some(truth), Some(at)) = (row.get::<_, Option<&str>>("judged_as"), row.get("judged_at")) else {
        return Ok(None);
    };
    let truth =
        Truth::parse(truth).ok_or_else(|| Error::Unexpected(format!("a payout was judged as {truth:?}")))?;
    let answers = row.get::<_, Option<Vec<String>>>("judged_answers").unwrap_or_default();
    Ok(Some(Judgement { truth, by: row.get("judged_by"), at, answers: answers.into_iter().collect() }))
}

/// What banks have said of locked payouts.
pub(crate) async fn heard(tx: &Tx<'_>, ids: &[PayoutId]) -> Result<Vec<(PayoutId, String)>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (shards, uuids) = store::keys(ids);
    let words = Source::WORDS.as_slice();
    let rows = tx.query(include_str!("sql/heard.sql"), &[&shards, &uuids, &words]).await?;
    Ok(rows.iter().map(|row| (PayoutId::from_uuid(row.get("payout")), row.get("text"))).collect())
}

/// Writes what was judged.
pub(crate) async fn save(tx: &Tx<'_>, judged: &[(PayoutId, &Judgement)]) -> Result<(), Error> {
    if judged.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = judged.iter().map(|(id, _)| id.shard().number()).collect();
    let ids: Vec<Uuid> = judged.iter().map(|(id, _)| id.uuid()).collect();
    let truths: Vec<&str> = judged.iter().map(|(_, judged)| judged.truth.as_str()).collect();
    let by: Vec<Option<&str>> = judged.iter().map(|(_, judged)| judged.by.as_deref()).collect();
    let at: Vec<OffsetDateTime> = judged.iter().map(|(_, judged)| judged.at).collect();
    let lines = |judged: &Judgement| judged.answers.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let answers: Vec<String> = judged.iter().map(|(_, judged)| lines(judged)).collect();
    let saved =
        tx.execute(include_str!("sql/judge.sql"), &[&shards, &ids, &truths, &by, &at, &answers]).await?;
    store::expect_count("judgements saved", saved, judged.len())
}

#[cfg(test)]
mod tests;
