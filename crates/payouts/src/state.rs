//! Where a payout stands, and the only ways on from there (I6).

use std::fmt;

/// The status of one attempt at one bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayoutState {
    /// Certainly not at the bank; waits for the worker.
    Queued,
    /// Certainly not at the bank; waits for an operator or for the end of a freeze.
    Held,
    /// Claimed for sending, or accepted by the bank; the result is outstanding.
    Sent,
    /// It may or may not be at the bank (R27).
    Unknown,
    /// The bank executed it. A return may still follow (R29).
    Paid,
    /// Definitely refused: never executed under this reference.
    Failed,
    /// Executed, and the money came back, perhaps short.
    Returned,
    /// The bank contradicted what was already acted upon (R29): nothing is retried, people decide.
    Disputed,
}

/// What happens to a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutEvent {
    /// The worker takes it for its first send.
    Claim,
    /// The bank has the order.
    Accepted,
    /// Nothing of the only request left us.
    NotSent,
    /// Nobody knows whether a request arrived.
    Lost,
    /// The bank says: executed.
    Paid,
    /// The bank says: refused for good.
    Failed,
    /// The bank says: executed, and the money came back.
    Returned,
    /// The bank doesn't know the reference, and a request may have been lost or be under way.
    NeverSeen,
    /// The worker takes it to send the same reference again.
    Resend,
    /// An operator or a freeze stops it.
    Hold,
    /// The stop is over.
    Release,
    /// The bank says executed after the withdrawal was refunded.
    PaidAfterRefund,
    /// An operator refuses it for good before anything of it left us (R45).
    Refuse,
    /// People found out that the bank executed it (R27, R29).
    FoundPaid,
    /// People found out that the bank never executed it and never will.
    FoundFailed,
    /// People found out that it was executed once and came back as was reported, before the dispute or with it.
    FoundReturned,
}

impl PayoutState {
    /// All of them, in the order of a payout's life.
    pub const ALL: [PayoutState; 8] = [
        PayoutState::Queued,
        PayoutState::Held,
        PayoutState::Sent,
        PayoutState::Unknown,
        PayoutState::Paid,
        PayoutState::Failed,
        PayoutState::Returned,
        PayoutState::Disputed,
    ];

    /// The status of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            PayoutState::Queued => "queued",
            PayoutState::Held => "held",
            PayoutState::Sent => "sent",
            PayoutState::Unknown => "unknown",
            PayoutState::Paid => "paid",
            PayoutState::Failed => "failed",
            PayoutState::Returned => "returned",
            PayoutState::Disputed => "disputed",
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<PayoutState> {
        PayoutState::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the bank's result is still to come: then neither refund nor another attempt is possible (R28).
    pub fn is_open(self) -> bool {
        matches!(self, PayoutState::Queued | PayoutState::Held | PayoutState::Sent | PayoutState::Unknown)
    }

    /// Whether the bank's result is still to come, or is doubted: nothing goes out beside it (R28, R29).
    pub fn is_unsettled(self) -> bool {
        self.is_open() || self == PayoutState::Disputed
    }

    /// Whether a request may be at the bank.
    pub fn is_in_flight(self) -> bool {
        matches!(self, PayoutState::Sent | PayoutState::Unknown)
    }
}

impl fmt::Display for PayoutState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state after `event`, or `None` where it changes nothing: a repetition, a contradiction or a late report,
/// which the caller tells apart. `Some` of the same state means that the event belongs here without moving it.
pub fn next(state: PayoutState, event: PayoutEvent) -> Option<PayoutState> {
    use PayoutEvent as E;
    use PayoutState as S;
    match (state, event) {
        (S::Queued, E::Claim) => Some(S::Sent),
        (S::Queued, E::Hold) => Some(S::Held),
        (S::Held, E::Release) => Some(S::Queued),
        (S::Queued | S::Held, E::Refuse) => Some(S::Failed),
        // Executed, though we never sent it: it must not be sent now.
        (S::Queued | S::Held, E::Paid | E::Returned) => Some(S::Disputed),

        (S::Sent, E::NotSent) => Some(S::Queued),
        (S::Sent | S::Unknown, E::Accepted) => Some(S::Sent),
        (S::Sent | S::Unknown, E::Lost | E::NeverSeen) => Some(S::Unknown),
        (S::Sent | S::Unknown, E::Paid) => Some(S::Paid),
        (S::Sent | S::Unknown, E::Failed) => Some(S::Failed),
        // What came back was executed before; the report of that may come later or never.
        (S::Sent | S::Unknown | S::Paid, E::Returned) => Some(S::Returned),
        (S::Unknown, E::Resend) => Some(S::Sent),

        (S::Sent | S::Unknown | S::Disputed, E::FoundPaid) => Some(S::Paid),
        (S::Sent | S::Unknown | S::Disputed, E::FoundFailed) => Some(S::Failed),
        (S::Disputed, E::FoundReturned) => Some(S::Returned),

        (S::Failed, E::Paid) => Some(S::Disputed),
        (S::Failed | S::Returned, E::PaidAfterRefund) => Some(S::Disputed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::PayoutEvent as E;
    use super::PayoutState as S;
    use super::*;

    const EVENTS: [E; 16] = [
        E::Claim,
        E::Accepted,
        E::NotSent,
        E::Lost,
        E::Paid,
        E::Failed,
        E::Returned,
        E::NeverSeen,
        E::Resend,
        E::Hold,
        E::Release,
        E::PaidAfterRefund,
        E::Refuse,
        E::FoundPaid,
        E::FoundFailed,
        E::FoundReturned,
    ];

    /// Rows in the order of `PayoutState::ALL`, columns in that of `EVENTS`; `-` changes nothing.
    const TABLE: [&str; 8] = [
        //          claim accept notsent lost paid fail return never resend hold release refunded refuse found paid, failed, returned
        "queued   | sent -    -      -       disputed -      disputed -       -    held -      -        failed -    -      -",
        "held     | -    -    -      -       disputed -      disputed -       -    -    queued -        failed -    -      -",
        "sent     | -    sent queued unknown paid     failed returned unknown -    -    -      -        -      paid failed -",
        "unknown  | -    sent -      unknown paid     failed returned unknown sent -    -      -        -      paid failed -",
        "paid     | -    -    -      -       -        -      returned -       -    -    -      -        -      -    -      -",
        "failed   | -    -    -      -       disputed -      -        -       -    -    -      disputed -      -    -      -",
        "returned | -    -    -      -       -        -      -        -       -    -    -      disputed -      -    -      -",
        "disputed | -    -    -      -       -        -      -        -       -    -    -      -        -      paid failed returned",
    ];

    #[test]
    fn i6_the_whole_table() {
        for (row, state) in TABLE.iter().zip(S::ALL) {
            let (name, cells) = row.split_once('|').unwrap();
            assert_eq!(name.trim(), state.as_str());
            let cells: Vec<&str> = cells.split_whitespace().collect();
            assert_eq!(cells.len(), EVENTS.len(), "{name}");
            for (cell, event) in cells.into_iter().zip(EVENTS) {
                let expected = (cell != "-").then(|| S::parse(cell).unwrap());
                assert_eq!(next(state, event), expected, "{state} {event:?}");
            }
        }
    }

    #[test]
    fn i6_a_result_never_goes_back_to_the_queue() {
        for state in S::ALL.into_iter().filter(|state| !state.is_open()) {
            for event in EVENTS {
                assert!(next(state, event).is_none_or(|to| !to.is_open()), "{state} {event:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in S::ALL {
            assert_eq!(S::parse(state.as_str()), Some(state));
        }
        assert_eq!(S::parse("Paid"), None);
    }
}
