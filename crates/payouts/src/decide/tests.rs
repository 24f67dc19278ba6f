use money::{Currency, Money};

use crate::operate::{beside_a_dispute, freeze, release, unfreeze};
use crate::payout::{HeldBy, Job, JobKind, Payout};
use crate::policy::BankPolicy;
use crate::report::{Finding, Report, Source};
use crate::samples::*;
use crate::state::PayoutState as S;

use super::{Effect, apply};

fn unknown() -> Finding {
    Finding::Unknown { why: "timed out".into() }
}

fn not_sent() -> Finding {
    Finding::NotSent { why: "connection refused".into() }
}

fn unreachable() -> Finding {
    Finding::Unreachable { why: "connection refused".into() }
}

/// A bank's results by its own event, in every state: the effect and the state after it.
#[test]
fn r29_results_in_every_state() {
    let back = cny(99_000);
    let wrong = Finding::Paid { amount: cny(99_999), amount_received: None, bank_reference: None };
    let rows: [(S, [(Effect, S); 4]); 8] = [
        // state, [paid, failed, returned 990.00, paid with another amount]
        (
            S::Queued,
            [
                (Effect::Disputed, S::Disputed),
                (Effect::Contradiction, S::Held),
                (Effect::Disputed, S::Disputed),
                (Effect::Contradiction, S::Held),
            ],
        ),
        (
            S::Held,
            [
                (Effect::Disputed, S::Disputed),
                (Effect::Contradiction, S::Held),
                (Effect::Disputed, S::Disputed),
                (Effect::Contradiction, S::Held),
            ],
        ),
        (
            S::Sent,
            [
                (Effect::Paid, S::Paid),
                (Effect::Failed, S::Failed),
                (Effect::PaidAndReturned { amount: back }, S::Returned),
                (Effect::Contradiction, S::Sent),
            ],
        ),
        (
            S::Unknown,
            [
                (Effect::Paid, S::Paid),
                (Effect::Failed, S::Failed),
                (Effect::PaidAndReturned { amount: back }, S::Returned),
                (Effect::Contradiction, S::Unknown),
            ],
        ),
        (
            S::Paid,
            [
                (Effect::Duplicate, S::Paid),
                (Effect::Contradiction, S::Paid),
                (Effect::Returned { amount: back }, S::Returned),
                (Effect::Contradiction, S::Paid),
            ],
        ),
        (
            S::Failed,
            [
                (Effect::Disputed, S::Disputed),
                (Effect::Duplicate, S::Failed),
                (Effect::Contradiction, S::Failed),
                (Effect::Contradiction, S::Failed),
            ],
        ),
        (
            S::Returned,
            [
                (Effect::Duplicate, S::Returned),
                (Effect::Contradiction, S::Returned),
                (Effect::Duplicate, S::Returned),
                (Effect::Contradiction, S::Returned),
            ],
        ),
        (
            S::Disputed,
            [
                (Effect::Duplicate, S::Disputed),
                (Effect::Duplicate, S::Disputed),
                (Effect::Contradiction, S::Disputed),
                (Effect::Contradiction, S::Disputed),
            ],
        ),
    ];
    for (state, cells) in rows {
        for (finding, (effect, after)) in
            [paid(), failed(), returned(99_000), wrong.clone()].into_iter().zip(cells)
        {
            let mut payout = in_state(state);
            let told = apply(&mut payout, &callback(finding.clone()), &policy(), NOW);
            assert_eq!((told, payout.state), (effect, after), "{state} {finding:?}");
            assert!(!payout.notes.is_empty(), "evidence of everything");
            assert_eq!(payout.held_by.is_some(), payout.state == S::Held);
            if !payout.state.is_open() {
                assert_eq!(payout.job, None, "{state} {finding:?}");
            }
        }
    }
}

#[test]
fn r29_amounts_that_can_not_have_come_back() {
    let usd = Money::new(99_000, Currency::USD).unwrap();
    let more = returned(100_001);
    let none = returned(0);
    let foreign = Finding::Returned { amount: usd, sent: None, reason: None, bank_reference: None };
    let other_sent =
        Finding::Returned { amount: cny(1), sent: Some(cny(2)), reason: None, bank_reference: None };
    for finding in [more, none, foreign, other_sent] {
        let mut payout = in_state(S::Paid);
        let effect = apply(&mut payout, &callback(finding), &policy(), NOW);
        assert_eq!((effect, payout.state, payout.returned), (Effect::Contradiction, S::Paid, None));
    }
    let mut payout = in_state(S::Returned);
    assert_eq!(apply(&mut payout, &callback(returned(98_000)), &policy(), NOW), Effect::Contradiction);
    assert_eq!(payout.returned, Some(cny(99_000)), "the first return stays");
}

#[test]
fn r29_a_return_before_its_payment_ends_as_in_order() {
    let mut straight = in_state(S::Sent);
    apply(&mut straight, &callback(paid()), &policy(), NOW);
    apply(&mut straight, &callback(returned(99_000)), &policy(), NOW);
    let mut crossed = in_state(S::Sent);
    apply(&mut crossed, &callback(returned(99_000)), &policy(), NOW);
    assert_eq!(apply(&mut crossed, &callback(paid()), &policy(), NOW), Effect::Duplicate);
    for payout in [straight, crossed] {
        assert_eq!((payout.state, payout.returned), (S::Returned, Some(cny(99_000))));
        assert_eq!(payout.bank_reference.as_deref(), Some("B-1"));
        assert_eq!(payout.reason.as_deref(), Some("AC04"));
    }
}

#[test]
fn r23_what_arrived_is_kept_apart() {
    let mut payout = in_state(S::Sent);
    let short = Finding::Paid {
        amount: cny(100_000),
        amount_received: Some(cny(98_500)),
        bank_reference: Some("B-1".into()),
    };
    assert_eq!(apply(&mut payout, &callback(short), &policy(), NOW), Effect::Paid);
    assert_eq!((payout.amount, payout.amount_received), (cny(100_000), Some(cny(98_500))));
}

#[test]
fn r27_unknown_is_resolved_by_asking() {
    let mut payout = queued();
    claim(&mut payout, NOW);
    assert_eq!((payout.state, payout.sends, payout.sent_at), (S::Sent, 1, Some(NOW)));
    let report = answer(&payout, unknown());
    assert_eq!(apply(&mut payout, &report, &policy(), NOW + secs(4)), Effect::Nothing);
    assert_eq!(payout.state, S::Unknown);
    let job = payout.job.unwrap();
    assert_eq!((job.kind, job.lease), (JobKind::Query, None));
    assert!(job.run_at > NOW + secs(4) && job.run_at <= NOW + secs(6));

    claim(&mut payout, job.run_at);
    assert_eq!((payout.state, payout.sends), (S::Unknown, 1), "asking is no send");
    let report = answer(&payout, paid());
    assert_eq!(apply(&mut payout, &report, &policy(), job.run_at), Effect::Paid);
    assert_eq!((payout.state, payout.job), (S::Paid, None));
}

/// A lost send and the bank's "never seen", asked `after` the send.
fn never_seen_after(after: u64, policy: &BankPolicy, sends: i32) -> Payout {
    let mut payout = in_state(S::Unknown);
    payout.sends = sends;
    claim(&mut payout, NOW + secs(after));
    let report = answer(&payout, Finding::NeverSeen);
    assert_eq!(apply(&mut payout, &report, policy, NOW + secs(after + 1)), Effect::Nothing);
    assert_eq!(payout.state, S::Unknown);
    payout
}

#[test]
fn r27_never_seen_is_not_believed_before_the_settle_time() {
    for dedup in [true, false] {
        let policy = BankPolicy { deduplicates_references: dedup, ..policy() };
        // The answer comes after the settle time, but the question was put before.
        for after in [1, 19] {
            let payout = never_seen_after(after, &policy, 1);
            let again = Job::new(JobKind::Query, NOW + secs(20));
            assert_eq!((payout.job, payout.needs_operator), (Some(again), false), "{dedup} {after}");
        }
    }
}

#[test]
fn r27_the_same_reference_again_only_where_it_is_deduplicated() {
    let payout = never_seen_after(20, &policy(), 1);
    assert_eq!(payout.job, Some(Job::new(JobKind::Send, NOW + secs(21))));
    assert!(!payout.needs_operator);

    let elsewhere = BankPolicy { deduplicates_references: false, ..policy() };
    let payout = never_seen_after(20, &elsewhere, 1);
    assert_eq!((payout.job, payout.needs_operator), (None, true));
}

#[test]
fn r27_not_for_ever() {
    assert!(never_seen_after(20, &policy(), 2).job.is_some());
    let payout = never_seen_after(20, &policy(), 3);
    assert_eq!((payout.job, payout.needs_operator, payout.state), (None, true, S::Unknown));
}

#[test]
fn r27_a_second_send_lost_and_never_seen_waits_from_the_second_send_on() {
    let mut payout = never_seen_after(20, &policy(), 1);
    let second = NOW + secs(30);
    claim(&mut payout, second);
    assert_eq!((payout.state, payout.sends, payout.sent_at), (S::Sent, 2, Some(second)));
    let report = answer(&payout, unknown());
    apply(&mut payout, &report, &policy(), second + secs(1));
    let asked = payout.job.unwrap().run_at;
    claim(&mut payout, asked);
    let report = answer(&payout, Finding::NeverSeen);
    apply(&mut payout, &report, &policy(), asked + secs(1));
    assert_eq!(payout.job, Some(Job::new(JobKind::Query, second + secs(20))));
}

#[test]
fn r31_what_was_not_sent_is_queued_again_and_counts_as_no_try() {
    let mut payout = queued();
    let mut now = NOW;
    let mut waits = Vec::new();
    for _ in 0..12 {
        claim(&mut payout, now);
        let report = answer(&payout, not_sent());
        assert_eq!(apply(&mut payout, &report, &policy(), now), Effect::Nothing);
        assert_eq!((payout.state, payout.sends, payout.sent_at), (S::Queued, 0, None));
        let job = payout.job.unwrap();
        assert_eq!((job.kind, job.lease), (JobKind::Send, None));
        waits.push(job.run_at - now);
        now = job.run_at;
    }
    assert!(waits[0] <= secs(1) && waits[11] >= secs(30) && waits[11] <= secs(60), "{waits:?}");
    assert!(!payout.needs_operator);
}

#[test]
fn r27_a_second_send_that_did_not_leave_is_still_unknown() {
    let mut payout = never_seen_after(20, &policy(), 1);
    claim(&mut payout, NOW + secs(30));
    let report = answer(&payout, not_sent());
    apply(&mut payout, &report, &policy(), NOW + secs(30));
    assert_eq!((payout.state, payout.sends), (S::Unknown, 1), "the first one may be there");
    assert_eq!(payout.job.unwrap().kind, JobKind::Send);
}

#[test]
fn r26_an_accepted_payout_is_asked_about_ever_more_rarely() {
    let mut payout = queued();
    claim(&mut payout, NOW);
    let report = answer(&payout, Finding::Accepted { bank_reference: Some("B-9".into()) });
    apply(&mut payout, &report, &policy(), NOW + secs(1));
    assert_eq!((payout.state, payout.bank_reference.as_deref()), (S::Sent, Some("B-9")));
    for (age, wait) in [(1, 15), (100, 25), (4000, 1000), (200_000, 3600)] {
        payout.job = Some(Job::new(JobKind::Query, NOW));
        claim(&mut payout, NOW + secs(age));
        let report = answer(&payout, Finding::Pending);
        apply(&mut payout, &report, &policy(), NOW + secs(age));
        assert_eq!(payout.job, Some(Job::new(JobKind::Query, NOW + secs(age + wait))));
    }
}

#[test]
fn i8_a_bank_that_can_not_be_asked_is_asked_for_ever() {
    let mut payout = in_state(S::Unknown);
    let mut now = NOW;
    for n in 1..=20 {
        claim(&mut payout, now);
        let report = answer(&payout, unreachable());
        apply(&mut payout, &report, &policy(), now);
        let job = payout.job.unwrap();
        assert_eq!((job.kind, payout.state, payout.queries), (JobKind::Query, S::Unknown, n));
        assert!(job.run_at > now && job.run_at <= now + secs(100));
        assert_eq!(payout.needs_operator, n >= 4);
        now = job.run_at;
    }
    claim(&mut payout, now);
    let report = answer(&payout, paid());
    assert_eq!(apply(&mut payout, &report, &policy(), now), Effect::Paid);
    assert!(!payout.needs_operator);
}

#[test]
fn a_worker_that_lost_its_lease_is_not_believed() {
    let quiet = [
        Finding::Accepted { bank_reference: Some("B-1".into()) },
        Finding::Failed { reason: "AC01".into(), amount: None, bank_reference: None },
        not_sent(),
        unknown(),
        Finding::Pending,
        Finding::NeverSeen,
        unreachable(),
    ];
    for finding in quiet {
        let mut payout = queued();
        let token = claim(&mut payout, NOW);
        claim(&mut payout, NOW + secs(10));
        let (state, job) = (payout.state, payout.job);
        let late = Report { source: Source::Send { token }, finding };
        assert_eq!(apply(&mut payout, &late, &policy(), NOW + secs(11)), Effect::Nothing);
        assert_eq!((payout.state, payout.job), (state, job), "{late:?}");
    }
    // What was executed was executed, whoever heard it.
    let mut payout = in_state(S::Unknown);
    let token = claim(&mut payout, NOW);
    claim(&mut payout, NOW + secs(10));
    let late = Report { source: Source::Query { token }, finding: paid() };
    assert_eq!(apply(&mut payout, &late, &policy(), NOW + secs(11)), Effect::Paid);
}

#[test]
fn a_contradiction_is_not_sent() {
    let mut payout = queued();
    let wrong = Finding::Paid { amount: cny(1), amount_received: None, bank_reference: None };
    assert_eq!(apply(&mut payout, &callback(wrong.clone()), &policy(), NOW), Effect::Contradiction);
    assert_eq!((payout.state, payout.held_by, payout.job), (S::Held, Some(HeldBy::Operator), None));
    assert!(payout.needs_operator);

    let mut payout = in_state(S::Sent);
    claim(&mut payout, NOW);
    let report = answer(&payout, wrong);
    assert_eq!(apply(&mut payout, &report, &policy(), NOW), Effect::Contradiction);
    assert_eq!((payout.state, payout.job, payout.needs_operator), (S::Sent, None, true));
    assert_eq!(payout.amount_received, None);
}

fn wrong_amount() -> Finding {
    Finding::Paid { amount: cny(1), amount_received: None, bank_reference: None }
}

#[test]
fn r29_who_was_called_for_a_contradiction_stays_called_until_the_result() {
    for finding in [Finding::Pending, Finding::NeverSeen, unreachable()] {
        let mut payout = in_state(S::Unknown);
        apply(&mut payout, &callback(wrong_amount()), &policy(), NOW);
        assert!(payout.needs_operator);
        claim(&mut payout, NOW + secs(20));
        let report = answer(&payout, finding.clone());
        apply(&mut payout, &report, &policy(), NOW + secs(21));
        assert!(payout.needs_operator, "{finding:?}");
    }
    let mut payout = in_state(S::Unknown);
    apply(&mut payout, &callback(wrong_amount()), &policy(), NOW);
    assert_eq!(apply(&mut payout, &callback(paid()), &policy(), NOW), Effect::Paid);
    assert!(!payout.needs_operator);
}

#[test]
fn r27_what_a_bank_contradicted_is_not_sent_again_by_itself() {
    // The bank has told of it, so that it knows it: its "never seen" is not believed.
    let mut payout = in_state(S::Unknown);
    apply(&mut payout, &callback(wrong_amount()), &policy(), NOW);
    claim(&mut payout, NOW + secs(20));
    let report = answer(&payout, Finding::NeverSeen);
    apply(&mut payout, &report, &policy(), NOW + secs(21));
    assert_eq!((payout.state, payout.job, payout.needs_operator), (S::Unknown, None, true));

    // The second send was due when the bank contradicted: it is asked instead.
    let mut payout = never_seen_after(20, &policy(), 1);
    apply(&mut payout, &callback(wrong_amount()), &policy(), NOW + secs(22));
    claim(&mut payout, NOW + secs(30));
    assert_eq!((payout.job.unwrap().kind, payout.sends), (JobKind::Query, 1));

    // The first send was under way when the bank contradicted, and did not leave us.
    let mut payout = queued();
    claim(&mut payout, NOW);
    apply(&mut payout, &callback(wrong_amount()), &policy(), NOW);
    let report = answer(&payout, not_sent());
    apply(&mut payout, &report, &policy(), NOW);
    assert_eq!((payout.state, payout.held_by, payout.job), (S::Held, Some(HeldBy::Operator), None));
    assert!(payout.needs_operator);
}

/// It is asked when that is due, but not before `earliest`.
fn asked(payout: &mut Payout, earliest: u64, finding: Finding) -> Effect {
    let now = payout.job.unwrap().run_at.max(NOW + secs(earliest));
    claim(payout, now);
    let report = answer(payout, finding);
    apply(payout, &report, &policy(), now)
}

fn silent(payout: &mut Payout, queries: i32) {
    for _ in 0..queries {
        asked(payout, 0, unreachable());
    }
}

#[test]
fn i8_a_call_for_lack_of_answers_ends_with_an_answer() {
    for finding in [Finding::Pending, Finding::NeverSeen] {
        let mut payout = in_state(S::Unknown);
        silent(&mut payout, policy().max_queries);
        assert!(payout.needs_operator);
        asked(&mut payout, 60, finding.clone());
        assert!(!payout.needs_operator && payout.job.is_some(), "{finding:?}");
    }
}

fn contradicted(payout: &mut Payout) {
    assert_eq!(apply(payout, &callback(wrong_amount()), &policy(), NOW), Effect::Contradiction);
}

fn disputed_beside(payout: &mut Payout) {
    assert!(beside_a_dispute(payout), "people hear of it");
    assert!(!beside_a_dispute(payout), "once");
}

/// Whatever came first, the silence or what a person is called for besides: the first answer doesn't end that call.
#[test]
fn r27_r29_silence_never_takes_over_a_call_for_anything_else() {
    for called_for in [contradicted, disputed_beside] {
        for called_first in [true, false] {
            for finding in [Finding::Pending, Finding::NeverSeen] {
                let mut payout = in_state(S::Unknown);
                if called_first {
                    called_for(&mut payout);
                }
                silent(&mut payout, policy().max_queries + 1);
                if !called_first {
                    called_for(&mut payout);
                    silent(&mut payout, 1);
                }
                assert_eq!(asked(&mut payout, 60, finding.clone()), Effect::Nothing);
                let sends = payout.job.is_some_and(|job| job.kind == JobKind::Send);
                assert!(payout.needs_operator && !sends, "{called_first} {finding:?} {payout:?}");
            }
        }
    }
}

#[test]
fn r29_a_result_ends_every_call() {
    for called_for in [contradicted, disputed_beside] {
        for (finding, becomes) in [(paid(), S::Paid), (failed(), S::Failed)] {
            let mut payout = in_state(S::Unknown);
            silent(&mut payout, policy().max_queries);
            called_for(&mut payout);
            asked(&mut payout, 60, finding);
            assert_eq!((payout.state, payout.needs_operator, payout.job), (becomes, false, None));
        }
    }
}

#[test]
fn i8_while_a_person_is_called_for_anything_else_it_is_asked_ever_more_rarely() {
    for max_queries in [1, 4] {
        let policy = BankPolicy { max_queries, ..policy() };
        let mut payout = in_state(S::Sent);
        contradicted(&mut payout);
        let mut last = secs(0);
        for _ in 0..40 {
            let now = payout.job.unwrap().run_at;
            claim(&mut payout, now);
            let report = answer(&payout, unreachable());
            apply(&mut payout, &report, &policy, now);
            let wait = (payout.job.unwrap().run_at - now).unsigned_abs();
            assert!(wait >= last.max(policy.query_backoff.first), "{wait:?} after {last:?}");
            last = wait;
        }
        assert_eq!((last, payout.needs_operator), (policy.query_backoff.most, true));
    }
}

#[test]
fn r32_what_its_bank_contradicts_outlives_the_freeze_that_holds_it() {
    for finding in [wrong_amount(), failed()] {
        let mut payout = queued();
        assert!(freeze(&mut payout));
        assert_eq!(apply(&mut payout, &callback(finding), &policy(), NOW), Effect::Contradiction);
        assert!(!unfreeze(&mut payout, NOW + secs(60)), "nobody has looked yet");
        assert_eq!((payout.state, payout.held_by, payout.job), (S::Held, Some(HeldBy::Operator), None));
        assert!(payout.needs_operator);
        release(&mut payout, NOW + secs(90)).unwrap();
        assert_eq!((payout.state, payout.needs_operator), (S::Queued, false));
    }
}
