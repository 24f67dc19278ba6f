//! The withdrawal's life: one enum, one `next`, nothing else changes a status.

/// Where a withdrawal stands, as the merchant sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WithdrawalState {
    /// Debited; a payout is on its way or queued.
    Processing,
    /// The bank carried it out.
    Paid,
    /// An exchanged payout failed: the money is in the bought currency and needs another payee (R28).
    PayeeActionRequired,
    /// A same-currency payout failed: it can be sent again or refunded.
    Failed,
    /// Refused before it was sent; the whole movement was reversed (R45).
    Refused,
    /// The bank paid, and gave it back later (R29): what came back can be sent again.
    Returned,
    /// Given back to the merchant's balance. Final.
    Refunded,
}

/// What can happen to a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WithdrawalEvent {
    /// A payout of it was carried out.
    PayoutPaid,
    /// A payout of it was definitely refused; the money was exchanged.
    ExchangedPayoutFailed,
    /// A payout of it was definitely refused; the money is in the currency it was sold in.
    SameCurrencyPayoutFailed,
    /// A paid payout came back.
    PayoutReturned,
    /// It goes out again under a new reference.
    SentAgain,
    /// What could not be paid goes back to the balance.
    Refunded,
    /// An operator refuses it before it was sent.
    Refused,
    /// People found out that a payout taken for failed was carried out (R29).
    FoundPaid,
}

impl WithdrawalState {
    /// All states.
    pub const ALL: [WithdrawalState; 7] = [
        WithdrawalState::Processing,
        WithdrawalState::Paid,
        WithdrawalState::PayeeActionRequired,
        WithdrawalState::Failed,
        WithdrawalState::Refused,
        WithdrawalState::Returned,
        WithdrawalState::Refunded,
    ];

    /// The state after `event`, or none where the event is not possible.
    pub fn next(self, event: WithdrawalEvent) -> Option<WithdrawalState> {
        use WithdrawalEvent as E;
        use WithdrawalState as S;
        match (self, event) {
            (S::Processing, E::PayoutPaid) => Some(S::Paid),
            (S::Processing, E::ExchangedPayoutFailed) => Some(S::PayeeActionRequired),
            (S::Processing, E::SameCurrencyPayoutFailed) => Some(S::Failed),
            (S::Processing, E::Refused) => Some(S::Refused),
            (S::Paid, E::PayoutReturned) => Some(S::Returned),
            (S::PayeeActionRequired | S::Failed | S::Returned, E::FoundPaid) => Some(S::Paid),
            (S::PayeeActionRequired | S::Failed | S::Returned, E::SentAgain) => Some(S::Processing),
            (S::Failed | S::Returned, E::Refunded) => Some(S::Refunded),
            (
                S::Processing
                | S::Paid
                | S::PayeeActionRequired
                | S::Failed
                | S::Refused
                | S::Returned
                | S::Refunded,
                _,
            ) => None,
        }
    }

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            WithdrawalState::Processing => "processing",
            WithdrawalState::Paid => "paid",
            WithdrawalState::PayeeActionRequired => "payee_action_required",
            WithdrawalState::Failed => "failed",
            WithdrawalState::Refused => "refused",
            WithdrawalState::Returned => "returned",
            WithdrawalState::Refunded => "refunded",
        }
    }

    /// Reads a name back.
    pub fn parse(name: &str) -> Option<WithdrawalState> {
        WithdrawalState::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the sold amount still counts as in transit.
    pub fn in_transit(self) -> bool {
        match self {
            WithdrawalState::Processing
            | WithdrawalState::PayeeActionRequired
            | WithdrawalState::Failed
            | WithdrawalState::Returned => true,
            WithdrawalState::Paid | WithdrawalState::Refused | WithdrawalState::Refunded => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::WithdrawalEvent as E;
    use super::WithdrawalState as S;
    use super::*;

    const EVENTS: [E; 8] = [
        E::PayoutPaid,
        E::ExchangedPayoutFailed,
        E::SameCurrencyPayoutFailed,
        E::PayoutReturned,
        E::SentAgain,
        E::Refunded,
        E::Refused,
        E::FoundPaid,
    ];

    /// Every state (row) × event (column, in the order of EVENTS); `-` is impossible.
    const TABLE: [(S, [&str; 8]); 7] = [
        (S::Processing, ["paid", "payee_action_required", "failed", "-", "-", "-", "refused", "-"]),
        (S::Paid, ["-", "-", "-", "returned", "-", "-", "-", "-"]),
        (S::PayeeActionRequired, ["-", "-", "-", "-", "processing", "-", "-", "paid"]),
        (S::Failed, ["-", "-", "-", "-", "processing", "refunded", "-", "paid"]),
        (S::Refused, ["-", "-", "-", "-", "-", "-", "-", "-"]),
        (S::Returned, ["-", "-", "-", "-", "processing", "refunded", "-", "paid"]),
        (S::Refunded, ["-", "-", "-", "-", "-", "-", "-", "-"]),
    ];

    #[test]
    fn i6_every_state_and_event() {
        for (state, row) in TABLE {
            for (event, expected) in EVENTS.into_iter().zip(row) {
                let got = state.next(event).map_or("-", WithdrawalState::as_str);
                assert_eq!(got, expected, "{state:?} × {event:?}");
            }
        }
    }

    #[test]
    fn i6_names_read_back() {
        for state in WithdrawalState::ALL {
            assert_eq!(WithdrawalState::parse(state.as_str()), Some(state));
        }
        assert_eq!(WithdrawalState::parse("cancelled"), None);
    }
}
