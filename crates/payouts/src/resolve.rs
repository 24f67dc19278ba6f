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
    let state = next(payout.state, event(payout, truth)).ok_or(Refusal::IllegalTransition(
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

fn event(payout: &Payout, truth: Truth) -> PayoutEvent {
    match truth {
        Truth::Executed => PayoutEvent::FoundPaid,
        Truth::NeverExecuted if payout.returned.is_some() => PayoutEvent::FoundReturned,
        Truth::NeverExecuted => PayoutEvent::FoundFailed,
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

    #[test]
    fn r29_what_came_back_before_stays_returned() {
        let mut payout = in_state(S::Disputed);
        payout.returned = Some(cny(90_000));
        resolve(&mut payout, &found(Truth::NeverExecuted), &policy(), NOW + secs(60)).unwrap();
        assert_eq!(payout.state, S::Returned);
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
