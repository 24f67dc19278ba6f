//! The quote's life. Expiry is not written: the database's clock decides it.

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
    fn r17_a_quote_ends_at_its_second_and_a_used_one_stays_used() {
        let end = datetime!(2026-11-23 08:10:00 UTC);
        assert_eq!(QuoteState::at(false, end, end - time::Duration::MICROSECOND), QuoteState::Open);
        assert_eq!(QuoteState::at(false, end, end), QuoteState::Expired);
        assert_eq!(QuoteState::at(true, end, end), QuoteState::Used);
    }
}
