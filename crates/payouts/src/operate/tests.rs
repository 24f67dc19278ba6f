use crate::samples::*;
use crate::state::PayoutState as S;

use super::*;

#[test]
fn r33_hold_and_release() {
    for state in S::ALL {
        let mut payout = in_state(state);
        assert_eq!(hold(&mut payout).is_ok(), state == S::Queued, "{state}");
        let mut payout = in_state(state);
        assert_eq!(release(&mut payout, NOW).is_ok(), state == S::Held, "{state}");
    }
    let mut payout = queued();
    hold(&mut payout).unwrap();
    assert_eq!((payout.state, payout.held_by, payout.job), (S::Held, Some(HeldBy::Operator), None));
    assert!(!unfreeze(&mut payout, NOW), "an operator's hold outlives a freeze");
    release(&mut payout, NOW).unwrap();
    assert_eq!((payout.state, payout.held_by), (S::Queued, None));
    assert_eq!(payout.job, Some(Job::new(JobKind::Send, NOW)));
}

#[test]
fn r32_a_freeze_holds_what_is_queued_and_nothing_else() {
    for state in S::ALL {
        let mut payout = in_state(state);
        assert_eq!(freeze(&mut payout), state == S::Queued, "{state}");
    }
    let mut claimed = queued();
    claim(&mut claimed, NOW);
    assert!(!freeze(&mut claimed), "claimed counts as at the bank");

    let mut payout = queued();
    freeze(&mut payout);
    assert!(release(&mut payout, NOW).is_err());
    assert!(unfreeze(&mut payout, NOW));
    assert_eq!((payout.state, payout.job), (S::Queued, Some(Job::new(JobKind::Send, NOW))));

    let mut payout = queued();
    freeze(&mut payout);
    hold(&mut payout).unwrap();
    assert!(!unfreeze(&mut payout, NOW));
    assert_eq!(payout.held_by, Some(HeldBy::Operator));
}

#[test]
fn r33_only_what_may_be_at_the_bank_is_asked_about() {
    for state in S::ALL {
        let mut payout = in_state(state);
        payout.job = None;
        assert_eq!(query_now(&mut payout, NOW).is_ok(), state.is_in_flight(), "{state}");
        assert_eq!(payout.job.is_some(), state.is_in_flight());
    }
    let mut payout = queued();
    claim(&mut payout, NOW);
    assert!(query_now(&mut payout, NOW + secs(1)).is_err(), "it is being sent");
    let leased = payout.job;
    assert!(query_now(&mut payout, NOW + secs(11)).is_ok());
    assert_eq!(payout.job, leased, "whose end says that its outcome is unknown");

    let mut payout = in_state(S::Unknown);
    payout.job = Some(Job::new(JobKind::Send, NOW + secs(5)));
    query_now(&mut payout, NOW).unwrap();
    assert_eq!(payout.job, Some(Job::new(JobKind::Query, NOW)), "asked before it is sent again");
}

#[test]
fn r29_paid_after_its_refund() {
    for state in S::ALL {
        let mut payout = in_state(state);
        assert_eq!(paid_after_refund(&mut payout), matches!(state, S::Failed | S::Returned), "{state}");
        assert_eq!(payout.needs_operator, matches!(state, S::Failed | S::Returned));
    }
}

#[test]
fn r29_beside_a_dispute_nothing_is_sent_by_itself() {
    for state in S::ALL {
        let mut payout = in_state(state);
        let changed = beside_a_dispute(&mut payout);
        assert_eq!(changed, matches!(state, S::Queued | S::Sent | S::Unknown), "{state}");
        let becomes = if state == S::Queued { S::Held } else { state };
        assert_eq!((payout.state, payout.needs_operator), (becomes, state.is_in_flight()), "{state}");
        assert!(!beside_a_dispute(&mut payout), "{state}: once");
    }

    // Silence has called a person, whom an answer would send away again.
    let mut silent = in_state(S::Unknown);
    (silent.needs_operator, silent.queries) = (true, policy().max_queries);
    assert!(beside_a_dispute(&mut silent));
    assert!(!beside_a_dispute(&mut silent), "once");

    let mut frozen = queued();
    freeze(&mut frozen);
    assert!(beside_a_dispute(&mut frozen));
    assert!(!unfreeze(&mut frozen, NOW), "the hold outlives the freeze");

    // Claimed, and the bank was not reached: it would go back to the queue.
    let mut claimed = queued();
    claim(&mut claimed, NOW);
    assert!(beside_a_dispute(&mut claimed));
    let not_sent = answer(&claimed, crate::Finding::NotSent { why: "refused".into() });
    crate::apply(&mut claimed, &not_sent, &policy(), NOW + secs(1));
    assert_eq!((claimed.state, claimed.held_by, claimed.job), (S::Held, Some(HeldBy::Operator), None));

    // Lost, and the bank has never seen it: it would be sent again.
    let mut lost = queued();
    claim(&mut lost, NOW);
    beside_a_dispute(&mut lost);
    let unknown = answer(&lost, crate::Finding::Unknown { why: "time-out".into() });
    crate::apply(&mut lost, &unknown, &policy(), NOW + secs(4));
    claim(&mut lost, NOW + secs(60));
    let never_seen = answer(&lost, crate::Finding::NeverSeen);
    crate::apply(&mut lost, &never_seen, &policy(), NOW + secs(60));
    assert_eq!((lost.state, lost.needs_operator, lost.job), (S::Unknown, true, None), "a person decides");
}
