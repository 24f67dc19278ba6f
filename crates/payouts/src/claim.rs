//! A worker takes a job, pure.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::payout::{Job, JobKind, Lease, Payout};
use crate::policy::BankPolicy;
use crate::state::{PayoutEvent, PayoutState, next};

/// What a worker does with a due job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// It is the worker's; this is to be done.
    Claimed(JobKind),
    /// R32: the merchant's payouts may not be sent now; looked at again later.
    Postponed,
    /// Not due any more, or someone else's.
    Left,
    /// There was nothing to be done about a payout in this status; the job is gone.
    Dropped,
}

/// Takes a due job under a new `token`. `may_send`: the merchant, locked, may have payouts sent (R32).
///
/// A send whose worker's lease ran out is never repeated blindly: it becomes a query. So does a repeated send while
/// an operator is needed.
pub fn take(
    payout: &mut Payout,
    token: Uuid,
    may_send: bool,
    policy: &BankPolicy,
    now: OffsetDateTime,
) -> Take {
    let Some(job) = payout.job else { return Take::Left };
    if now < job.run_at || payout.is_claimed(now) {
        return Take::Left;
    }
    let first = next(payout.state, PayoutEvent::Claim).or(next(payout.state, PayoutEvent::Resend));
    let kind = match (job.kind, first) {
        (JobKind::Query, _) if payout.state.is_in_flight() => JobKind::Query,
        // The bank contradicted itself after the send was decided upon.
        (JobKind::Send, _) if payout.state == PayoutState::Unknown && payout.needs_operator => {
            payout.note("worker", "not sent again while an operator is needed; the bank is asked");
            JobKind::Query
        }
        (JobKind::Send, Some(sent)) if job.lease.is_none() => {
            if !may_send {
                let wait = policy.send_backoff.wait(1, payout.id.uuid());
                payout.job = Some(Job::new(JobKind::Send, now + wait));
                return Take::Postponed;
            }
            payout.state = sent;
            payout.sends = payout.sends.saturating_add(1);
            payout.sent_at = Some(now);
            payout.note("worker", "claimed for sending");
            JobKind::Send
        }
        (JobKind::Send, _) if payout.state.is_in_flight() => {
            payout.state = next(payout.state, PayoutEvent::Lost).unwrap_or(PayoutState::Unknown);
            payout.note("worker", "the lease of a send ran out; its outcome is unknown");
            JobKind::Query
        }
        _ => {
            payout.rest();
            payout.needs_operator |= payout.state.is_open();
            payout.note("worker", "nothing is to be done in this status; the job was dropped");
            return Take::Dropped;
        }
    };
    let until = now + policy.lease;
    payout.job = Some(Job { kind, run_at: until, lease: Some(Lease { token, until }) });
    Take::Claimed(kind)
}

#[cfg(test)]
mod tests;
