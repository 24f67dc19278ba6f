//! What people found out about a payout that a bank left open or contradicted (R27, R29), pure.

use time::OffsetDateTime;

use crate::error::Refusal;
use crate::judged::{Found, Truth};
use crate::payout::Payout;
use crate::policy::BankPolicy;
use crate::state::{PayoutEvent, PayoutState, next};

/// Whether `truth` can be booked now: only of a payout that is unknown, disputed or overdue, while no worker is busy with
/// it; one that may be at the bank is *never executed* only once no request can be under way any more.
///
/// # Errors
/// `IllegalTransition`.
pub fn resolvable(
    payout: &Payout,
    truth: Truth,
    policy: &BankPolicy,
    now: OffsetDateTime,
) -> Result<PayoutState, Refusal> {
    let state = next(payout.state, event_of(payout, truth)).ok_or(Refusal::IllegalTransition(
        "only a payout whose outcome is unknown, disputed or overdue can be resolved",
    ))?;
    if payout.state == PayoutState::Sent && !is_overdue(payout, policy, now) {
        return Err(Refusal::IllegalTransition("the bank has it, and its result is not overdue yet"));
    }
    if payout.is_claimed(now) {
        return Err(Refusal::IllegalTransition("the bank is being asked at this moment: try again"));
    }
    let settled =
        !payout.state.is_in_flight() || payout.sent_at.is_none_or(|sent| sent + policy.settle <= now);
    if truth == Truth::NeverExecuted && !settled {
        return Err(Refusal::IllegalTransition(
            "a request may still be under way to the bank: try again later",
        ));
    }
    Ok(state)
}

/// Books the truth about a payout; what its withdrawal and the book make of it is the caller's. It stays with the payout,
/// with what banks had said until then.
///
/// # Errors
/// `IllegalTransition`.
pub fn resolve(
    payout: &mut Payout,
    found: &Found<'_>,
    policy: &BankPolicy,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    payout.state = resolvable(payout, found.truth, policy, now)?;
    payout.disputed_from = None;
    payout.judge(found, now);
    payout.held_by = None;
    payout.needs_operator = false;
    payout.rest();
    match found.truth {
        Truth::Executed => {
            if let Some(reference) = found.bank_reference {
                payout.is_named(reference);
            }
            if payout.bank_reference.is_none() {
                payout.bank_reference = found.bank_reference.map(str::to_owned);
            }
            payout.note("operator", "found out: executed");
        }
        Truth::NeverExecuted => {
            if payout.state == PayoutState::Failed && payout.returned.take().is_some() {
                payout.reason = None;
                payout.note("worker", "what was reported as returned was never paid");
            }
            // ISO 20022: not specified.
            payout.reason.get_or_insert_with(|| "MS03".to_owned());
            payout.note("operator", "found out: never executed, or not again");
        }
    }
    Ok(())
}

/// Whether the result of what is sent may never come by itself: a person was called, since the bank contradicts itself or
/// can't be asked; or it has answered *pending* for so long that it isn't asked any more rarely.
fn is_overdue(payout: &Payout, policy: &BankPolicy, now: OffsetDateTime) -> bool {
    // It is asked at a quarter of the order's age.
    let patience = policy.poll.most.saturating_mul(4);
    payout.needs_operator || payout.sent_at.is_some_and(|sent| sent + patience <= now)
}

fn event_of(payout: &Payout, truth: Truth) -> PayoutEvent {
    event(truth, payout.returned.is_some(), payout.disputed_from)
}

/// What the truth makes of a return that was reported. One that was posted before the dispute stands; one that made the dispute
/// was never posted, and neither was its payment: both are true, or neither. Where nobody knows where the dispute came from, it is
/// taken for posted.
fn event(truth: Truth, is_returned: bool, disputed_from: Option<PayoutState>) -> PayoutEvent {
    let was_posted = disputed_from.is_none_or(|from| from == PayoutState::Returned);
    match (truth, is_returned) {
        (Truth::Executed, true) if !was_posted => PayoutEvent::FoundReturned,
        (Truth::Executed, _) => PayoutEvent::FoundPaid,
        (Truth::NeverExecuted, true) if was_posted => PayoutEvent::FoundReturned,
        (Truth::NeverExecuted, _) => PayoutEvent::FoundFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::apply;
    use crate::report::Finding;
    use crate::samples::*;
    use crate::state::PayoutState as S;

    #[test]
    fn r27_r29_only_what_is_unknown_disputed_or_overdue_is_resolved() {
        for state in S::ALL {
            for (truth, becomes) in [(Truth::Executed, S::Paid), (Truth::NeverExecuted, S::Failed)] {
                let mut payout = in_state(state);
                payout.job = None;
                payout.returned = None;
                payout.needs_operator = true;
                let open = matches!(state, S::Sent | S::Unknown | S::Disputed);
                let done = resolve(&mut payout, &found(truth), &policy(), NOW + secs(60));
                assert_eq!(done.is_ok(), open, "{state} {truth:?}");
                if open {
                    assert_eq!((payout.state, payout.needs_operator, payout.job), (becomes, false, None));
                    let judged = payout.judged.unwrap();
                    assert_eq!((judged.truth, judged.by.as_deref()), (truth, Some("op_bruno")));
                    assert_eq!(judged.at, NOW + secs(60));
                } else {
                    assert_eq!(payout.judged, None, "{state} {truth:?}");
                }
            }
        }
    }

    /// A return was reported or not, and the dispute came from there; then what it is if it was executed, and if it never was.
    const RETURNS: [(bool, Option<S>, S, S); 10] = [
        (false, None, S::Paid, S::Failed),
        (false, Some(S::Queued), S::Paid, S::Failed),
        (false, Some(S::Held), S::Paid, S::Failed),
        (false, Some(S::Failed), S::Paid, S::Failed),
        (false, Some(S::Returned), S::Paid, S::Failed),
        // From before it was kept.
        (true, None, S::Paid, S::Returned),
        // Posted both: it was executed once more, or was not.
        (true, Some(S::Returned), S::Paid, S::Returned),
        // Posted neither.
        (true, Some(S::Queued), S::Returned, S::Failed),
        (true, Some(S::Held), S::Returned, S::Failed),
        (true, Some(S::Failed), S::Returned, S::Failed),
    ];

    #[test]
    fn r29_what_was_reported_as_returned_stands_where_it_was_posted_and_else_with_its_payment() {
        for (is_returned, from, executed, never) in RETURNS {
            for (truth, becomes) in [(Truth::Executed, executed), (Truth::NeverExecuted, never)] {
                let mut payout = in_state(S::Disputed);
                (payout.returned, payout.disputed_from) = (is_returned.then(|| cny(90_000)), from);
                payout.reason = is_returned.then(|| "AC04".to_owned());
                resolve(&mut payout, &found(truth), &policy(), NOW + secs(60)).unwrap();
                let what = format!("returned {is_returned} from {from:?}, {truth:?}");
                assert_eq!((payout.state, payout.disputed_from), (becomes, None), "{what}");
                let stays = is_returned && becomes != S::Failed;
                assert_eq!(payout.returned.is_some(), stays, "{what}");
                assert_eq!(payout.reason.as_deref() == Some("AC04"), stays, "{what}");
            }
        }
    }

    #[test]
    fn r29_a_dispute_knows_where_it_came_from() {
        for (state, finding) in [(S::Queued, returned(99_000)), (S::Held, paid()), (S::Failed, paid())] {
            let mut payout = in_state(state);
            apply(&mut payout, &callback(finding), &policy(), NOW);
            assert_eq!((payout.state, payout.disputed_from), (S::Disputed, Some(state)));
        }
        let mut payout = in_state(S::Returned);
        assert!(crate::operate::paid_after_refund(&mut payout));
        assert_eq!((payout.state, payout.disputed_from), (S::Disputed, Some(S::Returned)));
    }

    #[test]
    fn r27_nothing_is_called_never_executed_while_a_request_may_be_under_way() {
        for state in [S::Sent, S::Unknown] {
            let mut payout = in_state(state);
            payout.job = None;
            payout.needs_operator = true;
            assert!(!at(&payout, Truth::NeverExecuted, 19), "{state}");
            assert!(at(&payout, Truth::NeverExecuted, 20), "{state}");
            assert!(at(&payout, Truth::Executed, 1), "{state}: what was executed was sent");
            payout.job = Some(crate::Job::new(crate::JobKind::Query, NOW));
            claim(&mut payout, NOW + secs(30));
            assert!(!at(&payout, Truth::Executed, 31), "{state}: not while a worker asks");
        }
    }

    fn at(payout: &Payout, truth: Truth, seconds: u64) -> bool {
        resolvable(payout, truth, &policy(), NOW + secs(seconds)).is_ok()
    }

    fn asked(payout: &mut Payout, finding: Finding) {
        let now = payout.job.unwrap().run_at;
        claim(payout, now);
        let report = answer(payout, finding);
        apply(payout, &report, &policy(), now);
    }

    #[test]
    fn r29_what_its_bank_contradicts_whenever_it_is_asked_is_for_people_to_end() {
        let short = Finding::Paid { amount: cny(99_000), amount_received: None, bank_reference: None };
        for (truth, becomes) in [(Truth::Executed, S::Paid), (Truth::NeverExecuted, S::Failed)] {
            let mut payout = in_state(S::Sent);
            assert!(!at(&payout, truth, 60), "its result may come by itself");
            asked(&mut payout, short.clone());
            assert_eq!((payout.state, payout.job, payout.needs_operator), (S::Sent, None, true));
            resolve(&mut payout, &found(truth), &policy(), NOW + secs(60)).unwrap();
            assert_eq!((payout.state, payout.job, payout.needs_operator), (becomes, None, false));
        }
    }

    #[test]
    fn r27_what_a_bank_has_and_can_not_be_asked_about_is_for_people_to_end() {
        let mut payout = in_state(S::Sent);
        for _ in 0..policy().max_queries {
            assert!(!at(&payout, Truth::Executed, 600));
            asked(&mut payout, Finding::Unreachable { why: "connection refused".into() });
        }
        assert_eq!((payout.state, payout.needs_operator), (S::Sent, true));
        assert!(at(&payout, Truth::Executed, 600) && at(&payout, Truth::NeverExecuted, 600));
    }

    #[test]
    fn r27_what_a_bank_calls_pending_for_ever_is_for_people_to_end() {
        let mut payout = in_state(S::Sent);
        for hour in 1..5 {
            payout.job = Some(crate::Job::new(crate::JobKind::Query, NOW + secs(hour * 3600)));
            assert!(!at(&payout, Truth::NeverExecuted, hour * 3600 - 1), "{hour}");
            asked(&mut payout, Finding::Pending);
        }
        assert!(!payout.needs_operator);
        assert!(at(&payout, Truth::Executed, 5 * 3600) && at(&payout, Truth::NeverExecuted, 5 * 3600));
    }
}
