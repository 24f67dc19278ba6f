//! What people do to payouts (R32, R33), pure.

use time::OffsetDateTime;

use crate::decide::call_operator;
use crate::error::Refusal;
use crate::payout::{HeldBy, Job, JobKind, Payout};
use crate::state::{PayoutEvent, PayoutState, next};

/// An operator stops a payout that is not at the bank; also one that a freeze holds, which then outlives the freeze.
///
/// # Errors
/// `IllegalTransition` when it is claimed, at the bank or done.
pub fn hold(payout: &mut Payout) -> Result<(), Refusal> {
    if payout.state == PayoutState::Held && payout.held_by == Some(HeldBy::Freeze) {
        payout.held_by = Some(HeldBy::Operator);
        payout.note("operator", "held");
        return Ok(());
    }
    stop(payout, HeldBy::Operator)
        .then_some(())
        .ok_or(Refusal::IllegalTransition("only a queued payout can be held"))
}

/// R29: another attempt at the same is disputed. What is certainly not at the bank is held; of what may be there nothing is
/// sent again before a person has looked. Whether it changed anything.
pub fn beside_a_dispute(payout: &mut Payout) -> bool {
    if hold(payout).is_ok() {
        return true;
    }
    // Also where silence has called one already: an answer would end that call, and it could be sent again.
    let calls = payout.state.is_in_flight() && call_operator(payout);
    if calls {
        payout.note("worker", "another attempt at the same is disputed: nothing is sent again by itself");
    }
    calls
}

/// R45: an operator refuses a payout of which nothing ever left us; it is final.
///
/// # Errors
/// `IllegalTransition` when it is claimed, at the bank or done.
pub fn refuse(payout: &mut Payout) -> Result<(), Refusal> {
    let state = next(payout.state, PayoutEvent::Refuse)
        .ok_or(Refusal::IllegalTransition("only a payout that was not sent yet can be refused"))?;
    payout.state = state;
    payout.held_by = None;
    payout.needs_operator = false;
    payout.reason = Some("refused before it was sent".to_owned());
    payout.rest();
    payout.note("operator", "refused");
    Ok(())
}

/// An operator lets a payout go that an operator stopped.
///
/// # Errors
/// `IllegalTransition` when it is not held, or held by a freeze.
pub fn release(payout: &mut Payout, now: OffsetDateTime) -> Result<(), Refusal> {
    match payout.held_by {
        Some(HeldBy::Operator) => {
            let _ = go_on(payout, HeldBy::Operator, now);
            Ok(())
        }
        Some(HeldBy::Freeze) => {
            Err(Refusal::IllegalTransition("the merchant is frozen: only unfreezing releases its payouts"))
        }
        None => Err(Refusal::IllegalTransition("the payout is not held")),
    }
}

/// An operator has the bank asked about it at once. A query that is under way already is as good.
///
/// # Errors
/// `IllegalTransition` when there is nothing to ask about, or a send is under way.
pub fn query_now(payout: &mut Payout, now: OffsetDateTime) -> Result<(), Refusal> {
    if !payout.state.is_in_flight() {
        return Err(Refusal::IllegalTransition("only a payout that may be at the bank can be asked about"));
    }
    match payout.job {
        Some(Job { kind: JobKind::Send, .. }) if payout.is_claimed(now) => {
            return Err(Refusal::IllegalTransition("it is being sent at this moment"));
        }
        Some(Job { kind: JobKind::Query, .. }) if payout.is_claimed(now) => {}
        // Leased and not claimed: the worker is gone, and its lease tells the next one so.
        Some(Job { lease: Some(_), .. }) => {}
        _ => payout.job = Some(Job::new(JobKind::Query, now)),
    }
    payout.note("operator", "asks the bank");
    Ok(())
}

/// A freeze stops what is queued (R32); whether it did. What is claimed or at the bank runs on.
pub fn freeze(payout: &mut Payout) -> bool {
    stop(payout, HeldBy::Freeze)
}

/// The end of a freeze lets go what the freeze stopped; whether it did.
pub fn unfreeze(payout: &mut Payout, now: OffsetDateTime) -> bool {
    go_on(payout, HeldBy::Freeze, now)
}

/// R29: the bank reported it as paid again, after the withdrawal was refunded; whether it is disputed now.
/// For the caller, who alone knows of the refund, when [`crate::apply`] answered `Duplicate`.
pub fn paid_after_refund(payout: &mut Payout) -> bool {
    let Some(state) = next(payout.state, PayoutEvent::PaidAfterRefund) else { return false };
    payout.disputed_from = Some(payout.state);
    payout.state = state;
    payout.needs_operator = true;
    payout.rest();
    payout.note("worker", "paid after its refund");
    true
}

fn stop(payout: &mut Payout, by: HeldBy) -> bool {
    let Some(state) = next(payout.state, PayoutEvent::Hold) else { return false };
    payout.state = state;
    payout.held_by = Some(by);
    payout.rest();
    payout.note(by.as_str(), "held");
    true
}

fn go_on(payout: &mut Payout, by: HeldBy, now: OffsetDateTime) -> bool {
    let released = next(payout.state, PayoutEvent::Release).filter(|_| payout.held_by == Some(by));
    let Some(state) = released else { return false };
    payout.state = state;
    payout.held_by = None;
    payout.needs_operator = false;
    payout.job = Some(Job::new(JobKind::Send, now));
    payout.note(by.as_str(), "released");
    true
}

#[cfg(test)]
mod tests;
