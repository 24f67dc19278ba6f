//! What a report makes of a payout: R27 and R29, pure.

use std::time::Duration;

use time::OffsetDateTime;

use money::Money;

use crate::judged::Truth;
use crate::payout::{HeldBy, Job, JobKind, Payout};
use crate::policy::{Backoff, BankPolicy};
use crate::report::{Finding, Report, Source};
use crate::state::{PayoutEvent, PayoutState, next};

/// What a report came to; what the book and the withdrawal must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// No result yet, or a report that came too late to count.
    Nothing,
    /// A result that was known already.
    Duplicate,
    /// Word for word what people had before them when they judged (R29): their word stands.
    Judged,
    /// The same, of a payment that people found never executed and that bears no reference of the bank's: it may be what they
    /// judged, or a second one. Nothing changes, people are told.
    Unnamed,
    /// Executed: to be posted.
    Paid,
    /// Definitely refused: nothing is posted, the withdrawal goes on (R28).
    Failed,
    /// What was paid came back: `amount` is to be posted.
    Returned {
        /// What came back.
        amount: Money,
    },
    /// Executed and come back, and the payment was not posted yet: both are to be posted, the whole and `amount`.
    PaidAndReturned {
        /// What came back.
        amount: Money,
    },
    /// The bank contradicts what was acted upon: nothing is retried, operators are alarmed (R29).
    Disputed,
    /// Another amount or currency than ours, or a result against a final one: nothing is posted.
    Contradiction,
}

/// Applies what was learned at `now` (the database's clock). Evidence is kept of everything, also of what changes
/// nothing.
///
/// A result counts whoever reports it. What a worker reports beside results counts only under the token of the
/// job's present claim: whoever lost its lease knows nothing about what happened since.
pub fn apply(payout: &mut Payout, report: &Report, policy: &BankPolicy, now: OffsetDateTime) -> Effect {
    payout.note(report.source.word(), report.finding.in_words());
    if let Some(reference) = report.finding.bank_reference() {
        payout.is_named(&cut(reference));
    }
    let current = is_current(payout, &report.source);
    let is_judged = payout.has_judged(&report.finding);
    let effect = match &report.finding {
        Finding::Paid { amount, amount_received, bank_reference } => {
            paid(payout, (*amount, *amount_received), bank_reference.as_ref(), is_judged)
        }
        Finding::Returned { amount, sent, reason, bank_reference } => {
            let names = (reason.as_ref(), bank_reference.as_ref());
            returned(payout, (*amount, *sent), names, is_judged)
        }
        // A worker that lost its lease may have been refused before another one's send was accepted.
        _ if !current => {
            payout.note("worker", "too late to count: the job has another claim or is done");
            Effect::Nothing
        }
        Finding::Failed { reason, amount, bank_reference } => {
            failed(payout, reason, *amount, bank_reference.as_ref())
        }
        finding => unfinished(payout, finding, policy, now),
    };
    match effect {
        Effect::Judged | Effect::Duplicate | Effect::Contradiction if is_judged => {
            heard_again(payout, &report.finding)
        }
        Effect::Contradiction => {
            contradicted(payout, &report.source);
            effect
        }
        _ => effect,
    }
}

/// R29: of what people have judged, word for word, nothing changes. But a bank may carry out later what it had only reported: two
/// payments that it doesn't name can't be told from one that it reports twice.
fn heard_again(payout: &mut Payout, finding: &Finding) -> Effect {
    payout.note("worker", "people have judged this answer: nothing changes");
    let denied = payout.judged.as_ref().is_some_and(|judged| judged.truth == Truth::NeverExecuted);
    let unnamed = matches!(finding, Finding::Paid { .. }) && finding.bank_reference().is_none();
    // About what is disputed again people decide anyhow.
    if !(denied && unnamed) || payout.state == PayoutState::Disputed {
        return Effect::Judged;
    }
    payout.note("worker", "the bank names no reference: it may be another payment");
    Effect::Unnamed
}

fn is_current(payout: &Payout, source: &Source) -> bool {
    match source.token() {
        None => true,
        Some(token) => payout.job.and_then(|job| job.lease).is_some_and(|lease| lease.token == token),
    }
}

fn paid(
    payout: &mut Payout,
    (amount, received): (Money, Option<Money>),
    reference: Option<&String>,
    is_judged: bool,
) -> Effect {
    if amount != payout.amount {
        return Effect::Contradiction;
    }
    let Some(state) = next(payout.state, PayoutEvent::Paid) else {
        return match payout.state {
            PayoutState::Paid | PayoutState::Returned | PayoutState::Disputed => {
                learn(payout, received, reference);
                Effect::Duplicate
            }
            _ => Effect::Contradiction,
        };
    };
    if is_judged && state == PayoutState::Disputed {
        return Effect::Judged;
    }
    learn(payout, received, reference);
    conclude(payout, state);
    if state == PayoutState::Disputed { Effect::Disputed } else { Effect::Paid }
}

fn failed(payout: &mut Payout, reason: &str, amount: Option<Money>, reference: Option<&String>) -> Effect {
    if amount.is_some_and(|amount| amount != payout.amount) {
        return Effect::Contradiction;
    }
    match next(payout.state, PayoutEvent::Failed) {
        Some(state) => {
            learn(payout, None, reference);
            payout.reason = Some(cut(reason));
            conclude(payout, state);
            Effect::Failed
        }
        None if matches!(payout.state, PayoutState::Failed | PayoutState::Disputed) => Effect::Duplicate,
        None => Effect::Contradiction,
    }
}

fn returned(
    payout: &mut Payout,
    (amount, sent): (Money, Option<Money>),
    (reason, reference): (Option<&String>, Option<&String>),
    is_judged: bool,
) -> Effect {
    let fits = amount.currency() == payout.amount.currency()
        && (1..=payout.amount.minor()).contains(&amount.minor())
        && sent.is_none_or(|sent| sent == payout.amount);
    if !fits {
        return Effect::Contradiction;
    }
    let before = payout.state;
    let Some(state) = next(before, PayoutEvent::Returned) else {
        let again = before == PayoutState::Returned && payout.returned == Some(amount);
        return if again { Effect::Duplicate } else { Effect::Contradiction };
    };
    if is_judged && state == PayoutState::Disputed {
        return Effect::Judged;
    }
    learn(payout, None, reference);
    payout.returned = Some(amount);
    payout.reason = reason.map(|reason| cut(reason)).or(payout.reason.take());
    conclude(payout, state);
    match (state, before) {
        (PayoutState::Disputed, _) => Effect::Disputed,
        (_, PayoutState::Paid) => Effect::Returned { amount },
        _ => Effect::PaidAndReturned { amount },
    }
}

/// What a bank tells beside the result; the first telling stays.
fn learn(payout: &mut Payout, received: Option<Money>, reference: Option<&String>) {
    // The row has one currency; an amount in another one stays in the evidence.
    let received = received.filter(|received| received.currency() == payout.amount.currency());
    payout.amount_received = payout.amount_received.or(received);
    if payout.bank_reference.is_none() {
        payout.bank_reference = reference.map(|reference| cut(reference));
    }
}

fn conclude(payout: &mut Payout, state: PayoutState) {
    payout.disputed_from = (state == PayoutState::Disputed).then_some(payout.state);
    payout.state = state;
    payout.held_by = None;
    payout.needs_operator = state == PayoutState::Disputed;
    payout.rest();
}

/// What is contradicted doesn't change, but it isn't sent either, and a bank that insists isn't asked for ever.
fn contradicted(payout: &mut Payout, source: &Source) {
    payout.note("worker", "contradicts what is known; nothing was posted");
    if !payout.state.is_open() {
        return;
    }
    let _ = call_operator(payout);
    hold_for_operator(payout);
    if source.token().is_some() {
        payout.rest();
    }
}

/// Calls a person for more than silence: nothing is sent by itself until the result. A call for silence is told by the
/// count of it and ends with an answer, so nothing is counted any more. Whether it is news.
pub(crate) fn call_operator(payout: &mut Payout) -> bool {
    let is_news = !payout.needs_operator || payout.queries > 0;
    payout.needs_operator = true;
    payout.queries = 0;
    is_news
}

fn hold_for_operator(payout: &mut Payout) {
    // A freeze that holds it would let it go when it ends, and nobody would have looked (R32).
    if payout.state == PayoutState::Held {
        payout.held_by = Some(HeldBy::Operator);
    }
    if let Some(held) = next(payout.state, PayoutEvent::Hold) {
        payout.state = held;
        payout.held_by = Some(HeldBy::Operator);
        payout.rest();
    }
}

/// An operator who was called because the bank didn't answer is needed no more; one who was called for another
/// reason is, until the result.
fn answered(payout: &mut Payout, policy: &BankPolicy) {
    if payout.queries >= policy.max_queries {
        payout.needs_operator = false;
    }
    payout.queries = 0;
}

/// Findings that end nothing: the state and the next step.
fn unfinished(payout: &mut Payout, finding: &Finding, policy: &BankPolicy, now: OffsetDateTime) -> Effect {
    let seed = payout.id.uuid();
    match finding {
        Finding::Accepted { bank_reference } => {
            step(payout, PayoutEvent::Accepted);
            learn(payout, None, bank_reference.as_ref());
            poll(payout, policy, now);
        }
        Finding::Pending => {
            step(payout, PayoutEvent::Accepted);
            poll(payout, policy, now);
        }
        Finding::NotSent { .. } => not_sent(payout, policy, now),
        Finding::Unknown { .. } => {
            step(payout, PayoutEvent::Lost);
            payout.delays = 0;
            payout.queries = 0;
            payout.job = Some(Job::new(JobKind::Query, now + policy.query_backoff.wait(0, seed)));
        }
        Finding::Unreachable { .. } => unanswered(payout, policy, now),
        Finding::NeverSeen => never_seen(payout, policy, now),
        // Results are decided by the caller.
        Finding::Paid { .. } | Finding::Returned { .. } | Finding::Failed { .. } => {}
    }
    Effect::Nothing
}

fn step(payout: &mut Payout, event: PayoutEvent) {
    if let Some(state) = next(payout.state, event) {
        payout.state = state;
    }
}

/// The bank has it: its event should come; it is asked at a quarter of the order's age.
fn poll(payout: &mut Payout, policy: &BankPolicy, now: OffsetDateTime) {
    payout.delays = 0;
    answered(payout, policy);
    let wait = quarter_of_age(payout, policy.poll, now);
    payout.job = Some(Job::new(JobKind::Query, now + wait));
}

/// I8: it is asked for ever, ever more rarely. Silence is not counted while a person is called for anything else, or that
/// call would end with an answer as one for silence does; the order's age makes the waits longer then.
fn unanswered(payout: &mut Payout, policy: &BankPolicy, now: OffsetDateTime) {
    let wait = if payout.needs_operator && payout.queries < policy.max_queries {
        payout.queries = 0;
        quarter_of_age(payout, policy.query_backoff, now)
    } else {
        payout.queries = payout.queries.saturating_add(1);
        payout.needs_operator |= payout.queries >= policy.max_queries;
        policy.query_backoff.wait(payout.queries, payout.id.uuid())
    };
    payout.job = Some(Job::new(JobKind::Query, now + wait));
}

fn quarter_of_age(payout: &Payout, bounds: Backoff, now: OffsetDateTime) -> Duration {
    let age = payout.sent_at.map(|sent| (now - sent).unsigned_abs()).unwrap_or_default();
    (age / 4).clamp(bounds.first, bounds.most)
}

/// The claim was no send (R31). Only what was never sent at all is certainly not at the bank.
fn not_sent(payout: &mut Payout, policy: &BankPolicy, now: OffsetDateTime) {
    payout.sends = (payout.sends - 1).max(0);
    if payout.sends == 0 {
        step(payout, PayoutEvent::NotSent);
        payout.sent_at = None;
    } else {
        step(payout, PayoutEvent::Lost);
    }
    let wait = policy.send_backoff.wait(payout.delays, payout.id.uuid());
    payout.delays = payout.delays.saturating_add(1);
    payout.job = Some(Job::new(JobKind::Send, now + wait));
    if payout.needs_operator {
        hold_for_operator(payout);
    }
}

/// R27: the same reference again, only at a bank that deduplicates, only when the bank was asked later than any
/// request could be under way, not for ever, and not where a person was called for anything but silence. Else people
/// decide.
fn never_seen(payout: &mut Payout, policy: &BankPolicy, now: OffsetDateTime) {
    let asked_at = payout.job.and_then(|job| job.lease).map_or(now, |lease| lease.until - policy.lease);
    let settled_at = payout.sent_at.unwrap_or(payout.updated_at) + policy.settle;
    step(payout, PayoutEvent::NeverSeen);
    answered(payout, policy);
    let may_send =
        policy.deduplicates_references && payout.sends < policy.max_sends && !payout.needs_operator;
    payout.job = if asked_at < settled_at {
        Some(Job::new(JobKind::Query, settled_at.max(now)))
    } else if may_send {
        Some(Job::new(JobKind::Send, now))
    } else {
        payout.needs_operator = true;
        payout.note("worker", "no further send is allowed: operators decide");
        None
    };
}

/// What a bank wrote, as it is stored and shown.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(140).collect()
}

#[cfg(test)]
mod tests;
