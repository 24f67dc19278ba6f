//! Payouts for tests of pure decisions.

// Only tests use it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use money::{Currency, Money};
use pg::Shard;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::PayoutId;
use crate::claim::{Take, take};
use crate::judged::{Found, Truth};
use crate::payout::{HeldBy, Job, JobKind, Payout};
use crate::policy::{Backoff, BankPolicy};
use crate::report::{Finding, Report, Source};
use crate::state::PayoutState;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-23 03:00 UTC);

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn policy() -> BankPolicy {
    BankPolicy {
        deduplicates_references: true,
        request_timeout: secs(4),
        lease: secs(10),
        settle: secs(20),
        max_sends: 3,
        max_queries: 4,
        send_backoff: Backoff { first: secs(1), most: secs(60) },
        query_backoff: Backoff { first: secs(2), most: secs(100) },
        poll: Backoff { first: secs(15), most: secs(3600) },
    }
}

pub(crate) fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY).unwrap()
}

/// 1000.00 CNY, queued.
pub(crate) fn queued() -> Payout {
    Payout {
        id: PayoutId::new(Shard::new(3).unwrap()),
        withdrawal: Some(Uuid::now_v7()),
        payment: None,
        merchant: Some(Uuid::now_v7()),
        bank: Arc::from("harbour"),
        attempt: 1,
        amount: cny(100_000),
        beneficiary_sealed: Vec::new(),
        state: PayoutState::Queued,
        held_by: None,
        bank_reference: None,
        amount_received: None,
        returned: None,
        reason: None,
        sends: 0,
        queries: 0,
        delays: 0,
        needs_operator: false,
        created_at: NOW,
        sent_at: None,
        updated_at: NOW,
        job: Some(Job::new(JobKind::Send, NOW)),
        notes: Vec::new(),
        names: Vec::new(),
        disputed_from: None,
        judged: None,
        heard: Vec::new(),
    }
}

/// Claims whatever is due at `now`; the token.
pub(crate) fn claim(payout: &mut Payout, now: OffsetDateTime) -> Uuid {
    let token = Uuid::now_v7();
    assert!(matches!(take(payout, token, true, &policy(), now), Take::Claimed(_)), "{payout:?}");
    token
}

/// The claimed job's answer.
pub(crate) fn answer(payout: &Payout, finding: Finding) -> Report {
    let job = payout.job.unwrap();
    let token = job.lease.unwrap().token;
    let source = match job.kind {
        JobKind::Send => Source::Send { token },
        JobKind::Query => Source::Query { token },
    };
    Report { source, finding }
}

pub(crate) fn callback(finding: Finding) -> Report {
    Report { source: Source::Callback, finding }
}

/// A payout in each state, as it gets there by itself.
pub(crate) fn in_state(state: PayoutState) -> Payout {
    let mut payout = queued();
    payout.state = state;
    match state {
        PayoutState::Queued => {}
        PayoutState::Held => {
            payout.held_by = Some(HeldBy::Operator);
            payout.job = None;
        }
        PayoutState::Sent | PayoutState::Unknown => {
            payout.sends = 1;
            payout.sent_at = Some(NOW);
            payout.job = Some(Job::new(JobKind::Query, NOW));
        }
        PayoutState::Paid | PayoutState::Failed | PayoutState::Returned | PayoutState::Disputed => {
            payout.sends = 1;
            payout.sent_at = Some(NOW);
            payout.job = None;
            payout.returned = (state == PayoutState::Returned).then(|| cny(99_000));
        }
    }
    payout
}

pub(crate) fn paid() -> Finding {
    Finding::Paid { amount: cny(100_000), amount_received: None, bank_reference: Some("B-1".into()) }
}

pub(crate) fn failed() -> Finding {
    Finding::Failed { reason: "AC01".into(), amount: Some(cny(100_000)), bank_reference: None }
}

pub(crate) fn returned(minor: i64) -> Finding {
    Finding::Returned { amount: cny(minor), sent: None, reason: Some("AC04".into()), bank_reference: None }
}

/// What two persons found out, the second of whom is Bruno.
pub(crate) fn found(truth: Truth) -> Found<'static> {
    Found { truth, bank_reference: Some("HB-1"), by: "op_bruno" }
}
