//! The life of a reversal: every transition that exists, and no other.

use std::fmt;

use crate::error::Error;

/// Where a reversal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReversalState {
    /// Its payment hasn't been seen, or is on its way back to the remitter at this moment.
    Waiting,
    /// It can't be applied as it is: a person looks.
    Held,
    /// Posted. Final.
    Applied,
    /// A person decided that it will not be applied. Final.
    Dismissed,
}

/// What can happen to a reversal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReversalEvent {
    /// Its payment is there, and as much of it.
    Apply,
    /// Something stands against it.
    Hold,
    /// An operator says which payment it is of, and there is as much of it.
    Book,
    /// An operator puts it aside.
    Dismiss,
}

impl ReversalState {
    /// All states, in the order of the table.
    pub const ALL: [ReversalState; 4] =
        [ReversalState::Waiting, ReversalState::Held, ReversalState::Applied, ReversalState::Dismissed];

    /// The state after `event`, or `None` where the table has no such row.
    pub fn after(self, event: ReversalEvent) -> Option<ReversalState> {
        match (self, event) {
            (ReversalState::Waiting, ReversalEvent::Apply) => Some(ReversalState::Applied),
            (ReversalState::Waiting, ReversalEvent::Hold) => Some(ReversalState::Held),
            (ReversalState::Waiting | ReversalState::Held, ReversalEvent::Book) => {
                Some(ReversalState::Applied)
            }
            (ReversalState::Waiting | ReversalState::Held, ReversalEvent::Dismiss) => {
                Some(ReversalState::Dismissed)
            }
            _ => None,
        }
    }

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            ReversalState::Waiting => "waiting",
            ReversalState::Held => "held",
            ReversalState::Applied => "applied",
            ReversalState::Dismissed => "dismissed",
        }
    }

    /// Reads the name of the contract.
    pub fn parse(name: &str) -> Option<ReversalState> {
        ReversalState::ALL.into_iter().find(|state| state.as_str() == name)
    }

    pub(crate) fn from_column(name: &str) -> Result<ReversalState, Error> {
        ReversalState::parse(name).ok_or_else(|| Error::Unexpected(format!("a reversal's state is {name:?}")))
    }
}

impl fmt::Display for ReversalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a person has to look at a reversal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldReason {
    /// The same reference for the same payment came before with another amount or currency.
    ReferenceConflict,
    /// It doesn't say which of several payments it means.
    SeveralPayments,
    /// It is in another currency than the payment.
    CurrencyDiffers,
    /// It is more than what is left of the payment.
    Exceeds,
    /// Its payment was never seen: why one that waited was put aside.
    PaymentNotFound,
}

impl HoldReason {
    /// All reasons.
    pub const ALL: [HoldReason; 5] = [
        HoldReason::ReferenceConflict,
        HoldReason::SeveralPayments,
        HoldReason::CurrencyDiffers,
        HoldReason::Exceeds,
        HoldReason::PaymentNotFound,
    ];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            HoldReason::ReferenceConflict => "reference_conflict",
            HoldReason::SeveralPayments => "several_payments",
            HoldReason::CurrencyDiffers => "currency_differs",
            HoldReason::Exceeds => "exceeds",
            HoldReason::PaymentNotFound => "payment_not_found",
        }
    }

    pub(crate) fn from_column(name: &str) -> Result<HoldReason, Error> {
        HoldReason::ALL
            .into_iter()
            .find(|reason| reason.as_str() == name)
            .ok_or_else(|| Error::Unexpected(format!("a reversal is held for {name:?}")))
    }
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ReversalEvent::{Apply, Book, Dismiss, Hold};
    use super::ReversalState::{Applied, Dismissed, Held, Waiting};
    use super::*;

    #[test]
    fn r8_i6_the_whole_table_of_transitions() {
        let events = [Apply, Hold, Book, Dismiss];
        let table = [
            (Waiting, [Some(Applied), Some(Held), Some(Applied), Some(Dismissed)]),
            (Held, [None, None, Some(Applied), Some(Dismissed)]),
            (Applied, [None; 4]),
            (Dismissed, [None; 4]),
        ];
        assert_eq!(table.map(|(from, _)| from), ReversalState::ALL);
        for (from, row) in table {
            for (event, expected) in events.into_iter().zip(row) {
                assert_eq!(from.after(event), expected, "{from} after {event:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in ReversalState::ALL {
            assert_eq!(ReversalState::from_column(state.as_str()).unwrap(), state);
        }
        for reason in HoldReason::ALL {
            assert_eq!(HoldReason::from_column(reason.as_str()).unwrap(), reason);
        }
        assert_eq!(ReversalState::parse("Held"), None);
        assert!(HoldReason::from_column("held").is_err());
    }
}
