//! The approval's life: pending, then exactly one end.

/// Where a request for a second pair of eyes stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApprovalState {
    /// Waits for another person.
    Pending,
    /// Another person agreed, and it was done.
    Approved,
    /// Refused, or taken back.
    Rejected,
    /// What was shown had changed when somebody approved.
    Void,
    /// Nobody approved in time.
    Expired,
}

/// What can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApprovalEvent {
    /// Another person agrees.
    Approve,
    /// Somebody refuses.
    Reject,
    /// What was shown is no longer so.
    Void,
    /// Its time is over.
    Expire,
}

impl ApprovalState {
    /// All states.
    pub const ALL: [ApprovalState; 5] = [
        ApprovalState::Pending,
        ApprovalState::Approved,
        ApprovalState::Rejected,
        ApprovalState::Void,
        ApprovalState::Expired,
    ];

    /// The state after `event`, or none: only a pending one can change.
    pub fn next(self, event: ApprovalEvent) -> Option<ApprovalState> {
        match (self, event) {
            (ApprovalState::Pending, ApprovalEvent::Approve) => Some(ApprovalState::Approved),
            (ApprovalState::Pending, ApprovalEvent::Reject) => Some(ApprovalState::Rejected),
            (ApprovalState::Pending, ApprovalEvent::Void) => Some(ApprovalState::Void),
            (ApprovalState::Pending, ApprovalEvent::Expire) => Some(ApprovalState::Expired),
            (
                ApprovalState::Approved
                | ApprovalState::Rejected
                | ApprovalState::Void
                | ApprovalState::Expired,
                _,
            ) => None,
        }
    }

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            ApprovalState::Pending => "pending",
            ApprovalState::Approved => "approved",
            ApprovalState::Rejected => "rejected",
            ApprovalState::Void => "void",
            ApprovalState::Expired => "expired",
        }
    }

    /// Reads a name back.
    pub fn parse(name: &str) -> Option<ApprovalState> {
        ApprovalState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_every_state_and_event() {
        use ApprovalEvent as E;
        let events = [E::Approve, E::Reject, E::Void, E::Expire];
        let ends = ["approved", "rejected", "void", "expired"];
        for state in ApprovalState::ALL {
            assert_eq!(ApprovalState::parse(state.as_str()), Some(state));
            for (event, end) in events.into_iter().zip(ends) {
                let expected = (state == ApprovalState::Pending).then_some(end);
                assert_eq!(state.next(event).map(ApprovalState::as_str), expected, "{state:?} × {event:?}");
            }
        }
    }
}
