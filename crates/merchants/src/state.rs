//! The merchant's life, and what each state allows (R32).

/// Where a merchant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MerchantState {
    /// Registered, not yet identified.
    Pending,
    /// In business.
    Active,
    /// Documents expired (R40): money comes in, none goes out anew.
    Restricted,
    /// Stopped, by us or an authority.
    Frozen,
    /// On the way out: may empty its balance.
    Closing,
    /// Final.
    Closed,
}

/// What can happen to a merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MerchantEvent {
    /// Identified.
    Activate,
    /// A document expired.
    Restrict,
    /// The document was renewed.
    Renew,
    /// Frozen, with a reason.
    Freeze,
    /// Unfrozen: back to the state before the freeze.
    Unfreeze {
        /// That state.
        before: MerchantState,
    },
    /// The merchant leaves.
    StartClosing,
    /// Balance zero, nothing in flight.
    Close,
}

impl MerchantState {
    /// All states.
    pub const ALL: [MerchantState; 6] = [
        MerchantState::Pending,
        MerchantState::Active,
        MerchantState::Restricted,
        MerchantState::Frozen,
        MerchantState::Closing,
        MerchantState::Closed,
    ];

    /// The state after `event`, or none where the event is not possible.
    pub fn next(self, event: MerchantEvent) -> Option<MerchantState> {
        use MerchantEvent as E;
        use MerchantState as S;
        match (self, event) {
            (S::Pending, E::Activate) => Some(S::Active),
            (S::Active, E::Restrict) => Some(S::Restricted),
            (S::Restricted, E::Renew) => Some(S::Active),
            // Of one that is frozen: another freeze, beside those that stand.
            (S::Pending | S::Active | S::Restricted | S::Closing | S::Frozen, E::Freeze) => Some(S::Frozen),
            (S::Frozen, E::Unfreeze { before: S::Frozen | S::Closed }) => None,
            (S::Frozen, E::Unfreeze { before }) => Some(before),
            (S::Active | S::Restricted, E::StartClosing) => Some(S::Closing),
            // An applicant who is turned down was never in business: there is nothing to empty.
            (S::Pending | S::Closing, E::Close) => Some(S::Closed),
            (S::Pending | S::Active | S::Restricted | S::Frozen | S::Closing | S::Closed, _) => None,
        }
    }

    /// What a frozen merchant goes back to, once it is unfrozen, after `event`; this is what it would go back to now. None
    /// where the event is not possible. Documents age whether it is frozen or not (R40); all else waits for the freeze's end.
    pub fn next_while_frozen(self, event: MerchantEvent) -> Option<MerchantState> {
        match event {
            MerchantEvent::Restrict | MerchantEvent::Renew => self.next(event),
            MerchantEvent::Activate
            | MerchantEvent::Freeze
            | MerchantEvent::Unfreeze { .. }
            | MerchantEvent::StartClosing
            | MerchantEvent::Close => None,
        }
    }

    /// Whether nothing happens to it any more.
    pub fn is_final(self) -> bool {
        self == MerchantState::Closed
    }

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            MerchantState::Pending => "pending",
            MerchantState::Active => "active",
            MerchantState::Restricted => "restricted",
            MerchantState::Frozen => "frozen",
            MerchantState::Closing => "closing",
            MerchantState::Closed => "closed",
        }
    }

    /// Reads a name back.
    pub fn parse(name: &str) -> Option<MerchantState> {
        MerchantState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// R32, column "incoming money": whether it is credited (or else reviewed). A frozen merchant's is as in its state before: else a
/// freeze would credit an applicant what it has not been let in for.
pub fn may_receive(state: MerchantState, before_freeze: Option<MerchantState>) -> bool {
    match state {
        MerchantState::Active | MerchantState::Restricted => true,
        MerchantState::Frozen => before_freeze.is_some_and(|before| may_receive(before, None)),
        MerchantState::Pending | MerchantState::Closing | MerchantState::Closed => false,
    }
}

/// Why a merchant may not withdraw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithdrawalRefusal {
    /// Not identified yet.
    NotActive,
    /// Documents expired.
    Restricted,
    /// Frozen.
    Frozen,
    /// Closed.
    Closed,
}

/// R32, column "new withdrawals": none means yes.
pub fn withdrawal_refusal(state: MerchantState) -> Option<WithdrawalRefusal> {
    match state {
        MerchantState::Active | MerchantState::Closing => None,
        MerchantState::Pending => Some(WithdrawalRefusal::NotActive),
        MerchantState::Restricted => Some(WithdrawalRefusal::Restricted),
        MerchantState::Frozen => Some(WithdrawalRefusal::Frozen),
        MerchantState::Closed => Some(WithdrawalRefusal::Closed),
    }
}

/// R32, column "queued payouts": sent, or held.
pub fn queued_payouts_are_sent(state: MerchantState) -> bool {
    match state {
        MerchantState::Active | MerchantState::Restricted | MerchantState::Closing => true,
        MerchantState::Pending | MerchantState::Frozen | MerchantState::Closed => false,
    }
}

#[cfg(test)]
mod tests {
    use super::MerchantEvent as E;
    use super::MerchantState as S;
    use super::*;

    #[test]
    fn i6_every_state_and_event() {
        let events = [
            E::Activate,
            E::Restrict,
            E::Renew,
            E::Freeze,
            E::Unfreeze { before: S::Restricted },
            E::Unfreeze { before: S::Closed },
            E::StartClosing,
            E::Close,
        ];
        let table = [
            (S::Pending, ["active", "-", "-", "frozen", "-", "-", "-", "closed"]),
            (S::Active, ["-", "restricted", "-", "frozen", "-", "-", "closing", "-"]),
            (S::Restricted, ["-", "-", "active", "frozen", "-", "-", "closing", "-"]),
            (S::Frozen, ["-", "-", "-", "frozen", "restricted", "-", "-", "-"]),
            (S::Closing, ["-", "-", "-", "frozen", "-", "-", "-", "closed"]),
            (S::Closed, ["-", "-", "-", "-", "-", "-", "-", "-"]),
        ];
        for (state, row) in table {
            for (event, expected) in events.into_iter().zip(row) {
                assert_eq!(state.next(event).map_or("-", S::as_str), expected, "{state:?} × {event:?}");
            }
        }
    }

    /// A document that expires, or is renewed, while its merchant is frozen: where an unfreeze then leads.
    #[test]
    fn r40_every_state_before_a_freeze_and_event() {
        let events = [
            E::Activate,
            E::Restrict,
            E::Renew,
            E::Freeze,
            E::Unfreeze { before: S::Active },
            E::StartClosing,
            E::Close,
        ];
        let table = [
            (S::Pending, ["-", "-", "-", "-", "-", "-", "-"]),
            (S::Active, ["-", "restricted", "-", "-", "-", "-", "-"]),
            (S::Restricted, ["-", "-", "active", "-", "-", "-", "-"]),
            (S::Frozen, ["-", "-", "-", "-", "-", "-", "-"]),
            (S::Closing, ["-", "-", "-", "-", "-", "-", "-"]),
            (S::Closed, ["-", "-", "-", "-", "-", "-", "-"]),
        ];
        for (before, row) in table {
            for (event, expected) in events.into_iter().zip(row) {
                let after = before.next_while_frozen(event);
                assert_eq!(after.map_or("-", S::as_str), expected, "{before:?} × {event:?}");
                // Whatever it leads to, an unfreeze leads there.
                let unfrozen = after.and_then(|before| S::Frozen.next(E::Unfreeze { before }));
                assert_eq!(unfrozen, after, "{before:?} × {event:?}");
            }
        }
    }

    /// The table of R32, row by row; of a frozen merchant also what it was before.
    #[test]
    fn r32_what_each_state_allows() {
        use WithdrawalRefusal as W;
        let table = [
            (S::Pending, None, false, Some(W::NotActive), false),
            (S::Active, None, true, None, true),
            (S::Restricted, None, true, Some(W::Restricted), true),
            (S::Frozen, Some(S::Pending), false, Some(W::Frozen), false),
            (S::Frozen, Some(S::Active), true, Some(W::Frozen), false),
            (S::Frozen, Some(S::Restricted), true, Some(W::Frozen), false),
            (S::Frozen, Some(S::Closing), false, Some(W::Frozen), false),
            (S::Closing, None, false, None, true),
            (S::Closed, None, false, Some(W::Closed), false),
        ];
        for (state, before, receives, refusal, sent) in table {
            assert_eq!(may_receive(state, before), receives, "{state:?}, {before:?} before");
            assert_eq!(withdrawal_refusal(state), refusal, "{state:?}");
            assert_eq!(queued_payouts_are_sent(state), sent, "{state:?}");
            assert_eq!(S::parse(state.as_str()), Some(state));
        }
    }
}
