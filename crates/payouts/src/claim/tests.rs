use crate::samples::*;
use crate::state::PayoutState as S;

use super::*;

#[test]
fn a_job_is_taken_by_one() {
    let mut payout = queued();
    assert_eq!(take(&mut payout, Uuid::now_v7(), true, &policy(), NOW - secs(1)), Take::Left, "not due");
    let token = claim(&mut payout, NOW);
    let until = NOW + secs(10);
    assert_eq!(
        payout.job,
        Some(Job { kind: JobKind::Send, run_at: until, lease: Some(Lease { token, until }) })
    );
    assert_eq!(take(&mut payout, Uuid::now_v7(), true, &policy(), NOW + secs(9)), Take::Left);
    payout.job = None;
    assert_eq!(take(&mut payout, Uuid::now_v7(), true, &policy(), NOW), Take::Left);
}

#[test]
fn r27_a_send_whose_lease_ran_out_is_asked_about() {
    let mut payout = queued();
    claim(&mut payout, NOW);
    let taken = take(&mut payout, Uuid::now_v7(), true, &policy(), NOW + secs(10));
    assert_eq!(taken, Take::Claimed(JobKind::Query));
    assert_eq!((payout.state, payout.sends, payout.sent_at), (S::Unknown, 1, Some(NOW)));
    assert_eq!(payout.job.unwrap().kind, JobKind::Query);
}

#[test]
fn r32_of_a_frozen_merchant_nothing_is_sent_but_asked() {
    let mut payout = queued();
    assert_eq!(take(&mut payout, Uuid::now_v7(), false, &policy(), NOW), Take::Postponed);
    assert_eq!((payout.state, payout.sends), (S::Queued, 0));
    assert!(payout.job.unwrap().run_at > NOW);

    let mut again = in_state(S::Unknown);
    again.job = Some(Job::new(JobKind::Send, NOW));
    assert_eq!(take(&mut again, Uuid::now_v7(), false, &policy(), NOW), Take::Postponed);
    assert_eq!((again.state, again.sends), (S::Unknown, 1));

    let mut asked = in_state(S::Sent);
    assert_eq!(take(&mut asked, Uuid::now_v7(), false, &policy(), NOW), Take::Claimed(JobKind::Query));
    let mut lost = queued();
    claim(&mut lost, NOW);
    let taken = take(&mut lost, Uuid::now_v7(), false, &policy(), NOW + secs(10));
    assert_eq!(taken, Take::Claimed(JobKind::Query));
}

#[test]
fn i6_only_what_may_be_sent_is_sent() {
    for state in S::ALL {
        let mut payout = in_state(state);
        payout.job = Some(Job::new(JobKind::Send, NOW));
        let expected = match state {
            S::Queued | S::Unknown => Take::Claimed(JobKind::Send),
            S::Sent => Take::Claimed(JobKind::Query),
            _ => Take::Dropped,
        };
        assert_eq!(take(&mut payout, Uuid::now_v7(), true, &policy(), NOW), expected, "{state}");
    }
}
