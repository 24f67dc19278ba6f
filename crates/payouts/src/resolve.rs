//! What people found out about a payout that a bank left open or contradicted (R27, R29), pure.

use time::OffsetDateTime;

use crate::error::Refusal;
use crate::judged::{Found, Truth};
use crate::payout::Payout;
use crate::policy::BankPolicy;
use crate::state::{PayoutEvent, PayoutState, next};

/// Whether `truth` can be booked now: only of an unknown or disputed payout, while no worker is busy with it; an unknown
/// one is *never executed* only once no request can be under way any more.
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
        "only a payout whose outcome is unknown or disputed can be resolved",
    ))?;
    if payout.is_claimed(now) {
        return Err(Refusal::IllegalTransition("the bank is being asked at this moment: try again"));
    }
    let settled =
        payout.state != PayoutState::Unknown || payout.sent_at.is_none_or(|sent| sent + policy.settle <= now);
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
    use crate::samples::*;
    use crate::state::PayoutState as S;

    #[test]
    fn r27_r29_only_what_is_unknown_or_disputed_is_resolved() {
        for state in S::ALL {
            for (truth, becomes) in [(Truth::Executed, S::Paid), (Truth::NeverExecuted, S::Failed)] {
                let mut payout = in_state(state);
                payout.job = None;
                payout.returned = None;
                payout.needs_operator = true;
                let open = matches!(state, S::Unknown | S::Disputed);
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
        let mut payout = in_state(S::Unknown);
        payout.job = None;
        payout.sent_at = Some(NOW);
        let at = |payout: &Payout, truth, seconds| {
            resolvable(payout, truth, &policy(), NOW + secs(seconds)).is_ok()
        };
        assert!(!at(&payout, Truth::NeverExecuted, 19));
        assert!(at(&payout, Truth::NeverExecuted, 20));
        assert!(at(&payout, Truth::Executed, 1), "what was executed was sent");
        payout.job = Some(crate::Job::new(crate::JobKind::Query, NOW));
        claim(&mut payout, NOW + secs(30));
        assert!(!at(&payout, Truth::Executed, 31), "not while a worker asks");
    }
}
