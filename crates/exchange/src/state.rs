//! The life of a quote, and of a published rate. A quote's expiry is not written: the database's clock decides it.

use time::OffsetDateTime;

/// Where a quote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuoteState {
    /// Can be used until it expires.
    Open,
    /// Used up by one withdrawal. Final.
    Used,
    /// Its time is over. Final.
    Expired,
}

/// What can happen to a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuoteEvent {
    /// A withdrawal uses it up.
    Use,
    /// Its time is over.
    Expire,
}

impl QuoteState {
    /// The state after `event`, or none where the event is not possible.
    pub fn next(self, event: QuoteEvent) -> Option<QuoteState> {
        match (self, event) {
            (QuoteState::Open, QuoteEvent::Use) => Some(QuoteState::Used),
            (QuoteState::Open, QuoteEvent::Expire) => Some(QuoteState::Expired),
            (QuoteState::Used | QuoteState::Expired, QuoteEvent::Use | QuoteEvent::Expire) => None,
        }
    }

    /// The state at `now` of a quote that was used or not.
    pub fn at(used: bool, expires_at: OffsetDateTime, now: OffsetDateTime) -> QuoteState {
        match (used, expires_at <= now) {
            (true, _) => QuoteState::Used,
            (false, true) => QuoteState::Expired,
            (false, false) => QuoteState::Open,
        }
    }

    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            QuoteState::Open => "open",
            QuoteState::Used => "used",
            QuoteState::Expired => "expired",
        }
    }
}

/// What became of a published rate (R16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateState {
    /// It counts, or counted until a newer one did. Final.
    Accepted,
    /// Its bank had said something newer before: never used. Final.
    Outdated,
    /// It jumps: it waits for an operator.
    Held,
    /// An operator discarded it. Final.
    Rejected,
    /// Its bank said something newer before an operator decided. Final.
    Superseded,
}

/// What can happen to a published rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateEvent {
    /// An operator believes it.
    Accept,
    /// An operator doesn't.
    Reject,
    /// Its bank published a newer one.
    Supersede,
}

impl RateState {
    /// All states.
    pub const ALL: [RateState; 5] = [
        RateState::Accepted,
        RateState::Outdated,
        RateState::Held,
        RateState::Rejected,
        RateState::Superseded,
    ];

    /// The state after `event`, or none where the event is not possible.
    pub fn next(self, event: RateEvent) -> Option<RateState> {
        match (self, event) {
            (RateState::Held, RateEvent::Accept) => Some(RateState::Accepted),
            (RateState::Held, RateEvent::Reject) => Some(RateState::Rejected),
            (RateState::Held, RateEvent::Supersede) => Some(RateState::Superseded),
            (
                RateState::Accepted | RateState::Outdated | RateState::Rejected | RateState::Superseded,
                RateEvent::Accept | RateEvent::Reject | RateEvent::Supersede,
            ) => None,
        }
    }

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            RateState::Accepted => "accepted",
            RateState::Outdated => "outdated",
            RateState::Held => "held",
            RateState::Rejected => "rejected",
            RateState::Superseded => "superseded",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<RateState> {
        RateState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn i6_every_state_and_event() {
        use QuoteEvent as E;
        use QuoteState as S;
        let table = [
            (S::Open, E::Use, Some(S::Used)),
            (S::Open, E::Expire, Some(S::Expired)),
            (S::Used, E::Use, None),
            (S::Used, E::Expire, None),
            (S::Expired, E::Use, None),
            (S::Expired, E::Expire, None),
        ];
        for (state, event, expected) in table {
            assert_eq!(state.next(event), expected, "{state:?} × {event:?}");
        }
    }

    #[test]
    fn i6_every_state_and_event_of_a_rate() {
        use RateEvent as E;
        use RateState as S;
        let table = [
            (S::Held, E::Accept, Some(S::Accepted)),
            (S::Held, E::Reject, Some(S::Rejected)),
            (S::Held, E::Supersede, Some(S::Superseded)),
        ];
        for state in S::ALL {
            assert_eq!(S::parse(state.as_str()), Some(state));
            for event in [E::Accept, E::Reject, E::Supersede] {
                let row = table.iter().find(|(from, by, _)| (*from, *by) == (state, event));
                assert_eq!(state.next(event), row.and_then(|row| row.2), "{state:?} × {event:?}");
            }
        }
        assert_eq!(S::parse("believed"), None);
    }

    #[test]
    fn r17_a_quote_ends_at_its_second_and_a_used_one_stays_used() {
        let end = datetime!(2026-11-23 08:10:00 UTC);
        assert_eq!(QuoteState::at(false, end, end - time::Duration::MICROSECOND), QuoteState::Open);
        assert_eq!(QuoteState::at(false, end, end), QuoteState::Expired);
        assert_eq!(QuoteState::at(true, end, end), QuoteState::Used);
    }
}
