//! Whether money may go to a payee, and what changes that (R21).

/// Whether money may go to a payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayeeState {
    /// The holder is the merchant, as far as anybody can tell us.
    Verified,
    /// The name is the merchant's; the bank has been asked and has not answered.
    Pending,
    /// The holder is somebody else.
    Rejected,
}

/// What is learned about a payee's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayeeEvent {
    /// The bank says that the account is the holder's.
    Confirmed,
    /// The bank says that it is not.
    Refuted,
    /// The bank doesn't answer such questions: the name alone decides.
    NotOffered,
    /// The bank has not answered yet.
    Unanswered,
}

impl PayeeState {
    const ALL: [PayeeState; 3] = [PayeeState::Verified, PayeeState::Pending, PayeeState::Rejected];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            PayeeState::Verified => "verified",
            PayeeState::Pending => "pending",
            PayeeState::Rejected => "rejected",
        }
    }

    pub(super) fn parse(name: &str) -> Option<PayeeState> {
        PayeeState::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The first state: without the merchant's name no bank is asked.
    pub(super) fn first(same_name: bool, bank_is_asked: bool) -> PayeeState {
        match (same_name, bank_is_asked) {
            (false, _) => PayeeState::Rejected,
            (true, true) => PayeeState::Pending,
            (true, false) => PayeeState::Verified,
        }
    }

    /// The state after `event`; none where nothing can change any more.
    pub fn next(self, event: PayeeEvent) -> Option<PayeeState> {
        match (self, event) {
            (PayeeState::Pending, PayeeEvent::Confirmed | PayeeEvent::NotOffered) => {
                Some(PayeeState::Verified)
            }
            (PayeeState::Pending, PayeeEvent::Refuted) => Some(PayeeState::Rejected),
            (PayeeState::Pending, PayeeEvent::Unanswered) => Some(PayeeState::Pending),
            (PayeeState::Verified | PayeeState::Rejected, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r21_the_whole_table() {
        use PayeeEvent::{Confirmed, NotOffered, Refuted, Unanswered};
        use PayeeState::{Pending, Rejected, Verified};
        for (state, event, next) in [
            (Pending, Confirmed, Some(Verified)),
            (Pending, Refuted, Some(Rejected)),
            (Pending, NotOffered, Some(Verified)),
            (Pending, Unanswered, Some(Pending)),
            (Verified, Confirmed, None),
            (Verified, Refuted, None),
            (Verified, NotOffered, None),
            (Verified, Unanswered, None),
            (Rejected, Confirmed, None),
            (Rejected, Refuted, None),
            (Rejected, NotOffered, None),
            (Rejected, Unanswered, None),
        ] {
            assert_eq!(state.next(event), next, "{state:?} {event:?}");
        }
        for (same_name, asked, first) in [
            (true, true, Pending),
            (true, false, Verified),
            (false, true, Rejected),
            (false, false, Rejected),
        ] {
            assert_eq!(PayeeState::first(same_name, asked), first, "{same_name} {asked}");
        }
    }
}
