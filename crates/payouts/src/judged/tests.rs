use crate::decide::{Effect, apply};
use crate::operate::paid_after_refund;
use crate::payout::Payout;
use crate::report::Finding;
use crate::resolve::resolve;
use crate::samples::*;
use crate::state::PayoutState as S;

use super::Truth;

fn paid_as(reference: &str) -> Finding {
    Finding::Paid { amount: cny(100_000), amount_received: None, bank_reference: Some(reference.into()) }
}

fn unnamed() -> Finding {
    Finding::Paid { amount: cny(100_000), amount_received: None, bank_reference: None }
}

fn unnamed_other() -> Finding {
    Finding::Paid { amount: cny(1), amount_received: None, bank_reference: None }
}

fn paid_short() -> Finding {
    let amount_received = Some(cny(98_500));
    Finding::Paid { amount: cny(100_000), amount_received, bank_reference: Some("B-1".into()) }
}

fn another_amount() -> Finding {
    Finding::Paid { amount: cny(1), amount_received: None, bank_reference: Some("B-1".into()) }
}

fn failed_as(reason: &str) -> Finding {
    Finding::Failed { reason: reason.into(), amount: Some(cny(100_000)), bank_reference: None }
}

fn say(payout: &mut Payout, finding: Finding) -> Effect {
    apply(payout, &callback(finding), &policy(), NOW)
}

/// What was judged when a bank had said all this of a payout in this state. The batches are one each: what was said
/// before the judgement is read from the evidence.
fn judged(state: S, said: &[Finding], truth: Truth) -> Payout {
    let mut payout = in_state(state);
    payout.returned = None;
    for finding in said {
        say(&mut payout, finding.clone());
    }
    // Only the caller knows of a refund.
    paid_after_refund(&mut payout);
    let of_banks = payout.notes.drain(..).filter(|note| note.source == "callback");
    payout.heard = of_banks.map(|note| note.text).collect();
    payout.job = None;
    resolve(&mut payout, &found(truth), &policy(), NOW + secs(60)).unwrap();
    payout
}

/// What banks say after people have judged: what it comes to, and the state after it.
#[test]
fn r29_what_was_judged_is_known_and_what_is_new_contradicts() {
    use Truth::{Executed, NeverExecuted};
    let back = || returned(99_000);
    let came_back = Effect::Returned { amount: cny(99_000) };
    let refused_then_paid = || vec![failed(), paid()];
    let refunded_then_paid = || vec![paid(), back(), paid_as("B-2")];
    let rows = [
        (S::Sent, refused_then_paid(), NeverExecuted, paid(), Effect::Judged, S::Failed),
        (S::Sent, refused_then_paid(), NeverExecuted, failed(), Effect::Judged, S::Failed),
        (S::Sent, refused_then_paid(), NeverExecuted, failed_as("AC04"), Effect::Duplicate, S::Failed),
        (S::Sent, refused_then_paid(), NeverExecuted, paid_as("B-2"), Effect::Disputed, S::Disputed),
        (S::Sent, refused_then_paid(), NeverExecuted, paid_short(), Effect::Disputed, S::Disputed),
        (S::Sent, refused_then_paid(), NeverExecuted, another_amount(), Effect::Contradiction, S::Failed),
        (S::Sent, refused_then_paid(), NeverExecuted, back(), Effect::Contradiction, S::Failed),
        (S::Sent, refused_then_paid(), Executed, paid(), Effect::Judged, S::Paid),
        (S::Sent, refused_then_paid(), Executed, failed(), Effect::Judged, S::Paid),
        (S::Sent, refused_then_paid(), Executed, failed_as("AC04"), Effect::Contradiction, S::Paid),
        (S::Sent, refused_then_paid(), Executed, back(), came_back, S::Returned),
        (S::Sent, refunded_then_paid(), NeverExecuted, paid_as("B-2"), Effect::Judged, S::Returned),
        (S::Sent, refunded_then_paid(), NeverExecuted, back(), Effect::Judged, S::Returned),
        // The caller, who knows of the refund, makes it disputed.
        (S::Sent, refunded_then_paid(), NeverExecuted, paid_as("B-3"), Effect::Duplicate, S::Returned),
        (S::Unknown, vec![another_amount()], NeverExecuted, another_amount(), Effect::Judged, S::Failed),
        (S::Unknown, vec![another_amount()], NeverExecuted, paid(), Effect::Disputed, S::Disputed),
        (S::Unknown, vec![], NeverExecuted, paid(), Effect::Disputed, S::Disputed),
        (S::Queued, vec![paid()], NeverExecuted, paid(), Effect::Judged, S::Failed),
        // What names no reference may be another payment.
        (S::Sent, vec![failed(), unnamed()], NeverExecuted, unnamed(), Effect::Unnamed, S::Failed),
        (S::Sent, vec![failed(), unnamed()], NeverExecuted, failed(), Effect::Judged, S::Failed),
        (S::Sent, vec![failed(), unnamed()], NeverExecuted, paid(), Effect::Disputed, S::Disputed),
        (S::Sent, vec![failed(), unnamed()], Executed, unnamed(), Effect::Judged, S::Paid),
        (S::Sent, vec![paid(), back(), unnamed()], NeverExecuted, unnamed(), Effect::Unnamed, S::Returned),
        (S::Unknown, vec![unnamed_other()], NeverExecuted, unnamed_other(), Effect::Unnamed, S::Failed),
        (S::Queued, vec![unnamed()], NeverExecuted, unnamed(), Effect::Unnamed, S::Failed),
        // What was announced before people looked is booked with what they found.
        (S::Queued, vec![back()], Executed, back(), Effect::Judged, S::Returned),
        (S::Queued, vec![back()], Executed, returned(98_000), Effect::Contradiction, S::Returned),
        (S::Queued, vec![back()], Executed, paid(), Effect::Duplicate, S::Returned),
        (S::Queued, vec![back()], NeverExecuted, back(), Effect::Judged, S::Failed),
        (S::Queued, vec![back()], NeverExecuted, paid(), Effect::Disputed, S::Disputed),
    ];
    for (before, said, truth, next, effect, after) in rows {
        let case = format!("{before}, {said:?}, {truth:?}: {next:?}");
        let mut payout = judged(before, &said, truth);
        let notes = payout.notes.len();
        assert_eq!((say(&mut payout, next), payout.state), (effect, after), "{case}");
        assert!(payout.notes.len() > notes, "evidence of everything: {case}");
        assert_eq!(payout.needs_operator, after == S::Disputed, "{case}");
        assert_eq!((payout.job, payout.held_by), (None, None), "{case}");
    }
}

#[test]
fn r29_each_judgement_knows_what_those_before_it_knew() {
    let mut payout = judged(S::Sent, &[failed(), paid()], Truth::NeverExecuted);
    assert_eq!(say(&mut payout, paid_as("B-2")), Effect::Disputed);
    // In the same batch: nothing of it is in the database yet.
    resolve(&mut payout, &found(Truth::NeverExecuted), &policy(), NOW + secs(90)).unwrap();
    for known in [paid(), paid_as("B-2"), failed()] {
        assert_eq!((say(&mut payout, known), payout.state), (Effect::Judged, S::Failed));
    }
    assert_eq!(say(&mut payout, paid_as("B-3")), Effect::Disputed);
    assert_eq!(payout.judged.as_ref().unwrap().at, NOW + secs(90));
}

#[test]
fn r29_of_what_is_disputed_again_nobody_is_told_once_more() {
    let mut payout = judged(S::Sent, &[failed(), unnamed()], Truth::NeverExecuted);
    assert_eq!(say(&mut payout, paid_as("B-2")), Effect::Disputed);
    assert_eq!((say(&mut payout, unnamed()), payout.state), (Effect::Judged, S::Disputed));
}

#[test]
fn r29_what_a_bank_wrote_is_known_as_the_evidence_has_it() {
    let long = paid_as(&format!("B\n{}", "9".repeat(500)));
    let mut payout = judged(S::Sent, &[failed(), long.clone()], Truth::NeverExecuted);
    assert_eq!(say(&mut payout, long), Effect::Judged, "cut and without control characters");
}
