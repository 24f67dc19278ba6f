//! What a bank has said about each reference, over all its files. Pure.
//!
//! A final status stays final: *pending* after it changes nothing. Two finals contradict each other, and both are told,
//! *paid* first: a payout that was taken as failed becomes disputed, one that was taken as paid stays paid and the
//! contradiction is counted, and one that is still open counts as paid, since a second payment is the error that can't
//! be taken back.

use std::collections::HashMap;

use money::Money;
use time::OffsetDateTime;

use super::pain_002::Status;
use crate::connector::QueryOutcome;

/// Different things that are kept about one reference; banks say two or three.
const MOST: usize = 8;

/// Everything that was said and is ours.
#[derive(Debug, Default)]
pub(super) struct Answers(HashMap<Box<str>, Vec<Said>>);

/// One outcome, and its place in the order of files.
#[derive(Debug)]
struct Said {
    order: (Option<OffsetDateTime>, Box<str>),
    outcome: QueryOutcome,
}

impl Answers {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds what a file, made then, says about an order of the amount `sent`; tells whether it is a result that was
    /// not known.
    pub(super) fn add(
        &mut self,
        reference: &str,
        sent: Money,
        status: Status,
        made: Option<OffsetDateTime>,
        file: &str,
    ) -> bool {
        let said = Said { order: (made, file.into()), outcome: outcome(status, sent) };
        let all = self.0.entry(reference.into()).or_default();
        if let Some(same) = all.iter_mut().find(|other| is_same(&other.outcome, &said.outcome)) {
            if said.order < same.order {
                *same = said;
                all.sort_by(|a, b| a.order.cmp(&b.order));
            }
            return false;
        }
        if all.len() == MOST {
            return false;
        }
        let is_result = said.outcome != QueryOutcome::Pending;
        let at = all.partition_point(|other| other.order <= said.order);
        all.insert(at, said);
        is_result
    }

    /// What became of an order, if anything was said about it.
    pub(super) fn about(&self, reference: &str) -> Option<QueryOutcome> {
        let said = self.0.get(reference).map(|_| QueryOutcome::Pending);
        self.results(reference).into_iter().next().or(said)
    }

    /// Every result that was told, *paid* first, else in the order of files. Of one order there should be one.
    pub(super) fn results(&self, reference: &str) -> Vec<QueryOutcome> {
        let all = self.0.get(reference).map(Vec::as_slice).unwrap_or_default().iter();
        let results = all.map(|said| &said.outcome).filter(|outcome| **outcome != QueryOutcome::Pending);
        let mut told: Vec<QueryOutcome> = results.cloned().collect();
        told.sort_by_key(|outcome| !matches!(outcome, QueryOutcome::Paid { .. }));
        told
    }
}

/// Where the bank doesn't repeat the amount, it is ours.
fn outcome(status: Status, sent: Money) -> QueryOutcome {
    match status {
        Status::Paid { amount, bank_reference } => {
            QueryOutcome::Paid { amount: amount.unwrap_or(sent), amount_received: None, bank_reference }
        }
        Status::Failed { reason } => QueryOutcome::Failed { reason },
        Status::Pending => QueryOutcome::Pending,
    }
}

/// A repetition, whatever stands beside the result.
fn is_same(one: &QueryOutcome, other: &QueryOutcome) -> bool {
    use QueryOutcome as O;
    match (one, other) {
        (O::Paid { amount: one, .. }, O::Paid { amount: other, .. }) => one == other,
        (O::Failed { .. }, O::Failed { .. }) => true,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{REFERENCE, cny};
    use super::*;

    fn paid(amount: Option<i64>, bank_reference: &str) -> Status {
        Status::Paid { amount: amount.map(cny), bank_reference: Some(bank_reference.into()) }
    }

    fn failed(reason: &str) -> Status {
        Status::Failed { reason: reason.into() }
    }

    fn at(second: i64) -> Option<OffsetDateTime> {
        Some(OffsetDateTime::from_unix_timestamp(second).unwrap())
    }

    /// What is told about an order of 7.00 after these files, in this order of reading.
    fn told(files: &[(i64, &str, Status)]) -> (Option<String>, Vec<String>) {
        let mut answers = Answers::default();
        for (second, file, status) in files {
            answers.add(REFERENCE, cny(700), status.clone(), at(*second), file);
        }
        let word = |outcome: QueryOutcome| match outcome {
            QueryOutcome::Paid { amount, bank_reference, .. } => {
                format!("paid {amount} {}", bank_reference.unwrap_or_default())
            }
            QueryOutcome::Failed { reason } => format!("failed {reason}"),
            other => format!("{other:?}"),
        };
        let results = answers.results(REFERENCE).into_iter().map(word).collect();
        (answers.about(REFERENCE).map(word), results)
    }

    #[test]
    fn r27_r29_what_several_files_say_together() {
        let pending = || Status::Pending;
        type Files = Vec<(i64, &'static str, Status)>;
        let table: [(&str, Files, Option<&str>, &[&str]); 11] = [
            ("nothing", vec![], None, &[]),
            ("pending", vec![(1, "a", pending()), (2, "b", pending())], Some("Pending"), &[]),
            (
                "paid, then pending",
                vec![(1, "a", paid(None, "B1")), (2, "b", pending())],
                Some("paid 7.00 B1"),
                &["paid 7.00 B1"],
            ),
            (
                "paid twice",
                vec![(1, "a", paid(None, "B1")), (2, "b", paid(None, "B2"))],
                Some("paid 7.00 B1"),
                &["paid 7.00 B1"],
            ),
            (
                "paid twice, the amount once",
                vec![(1, "a", paid(None, "B1")), (2, "b", paid(Some(700), "B2"))],
                Some("paid 7.00 B1"),
                &["paid 7.00 B1"],
            ),
            (
                "read in another order",
                vec![(2, "b", paid(None, "B2")), (1, "a", paid(None, "B1"))],
                Some("paid 7.00 B1"),
                &["paid 7.00 B1"],
            ),
            (
                "the same second, by name",
                vec![(1, "b", failed("AC04")), (1, "a", failed("AC01"))],
                Some("failed AC01"),
                &["failed AC01"],
            ),
            (
                "refused, then paid",
                vec![(1, "a", failed("AC01")), (2, "b", paid(None, "B1"))],
                Some("paid 7.00 B1"),
                &["paid 7.00 B1", "failed AC01"],
            ),
            (
                "paid, then refused",
                vec![(1, "a", paid(None, "B1")), (2, "b", failed("AC01"))],
                Some("paid 7.00 B1"),
                &["paid 7.00 B1", "failed AC01"],
            ),
            (
                "another amount, as it stands there",
                vec![(1, "a", paid(Some(699), "B1"))],
                Some("paid 6.99 B1"),
                &["paid 6.99 B1"],
            ),
            (
                "two amounts",
                vec![(1, "a", paid(Some(699), "B1")), (2, "b", paid(Some(700), "B2"))],
                Some("paid 6.99 B1"),
                &["paid 6.99 B1", "paid 7.00 B2"],
            ),
        ];
        for (case, files, about, results) in table {
            assert_eq!(
                told(&files),
                (about.map(str::to_owned), results.iter().map(|r| (*r).to_owned()).collect()),
                "{case}"
            );
        }
    }

    #[test]
    fn only_a_result_that_was_not_known_is_new() {
        let mut answers = Answers::default();
        let mut add = |status: Status, file: &str| answers.add(REFERENCE, cny(700), status, at(1), file);
        assert!(!add(Status::Pending, "a"));
        assert!(add(paid(None, "B1"), "b"));
        assert!(!add(paid(None, "B1"), "c"));
        assert!(!add(Status::Pending, "d"));
        assert!(add(failed("AC01"), "e"));
        for minor in 1..20 {
            add(paid(Some(minor), "B"), "f");
        }
        assert_eq!(answers.results(REFERENCE).len(), MOST - 1, "bounded, pending beside them");
    }
}
