//! The life of a payment: every transition that exists, and no other.

use std::fmt;

use crate::error::Error;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentState {
    /// In suspense, waiting for a decision.
    InReview,
    /// In the merchant's balance. Final: a bank's reversal lies beside it and doesn't change it.
    Credited,
    /// On its way back to the remitter; the bank has not paid it yet.
    Returning,
    /// The bank has paid it back, or took it back by itself. Final, unless what was paid comes back.
    Returned,
}

/// What can happen to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentEvent {
    /// An operator or a renewed matching credits it.
    Credit,
    /// An operator sends it back.
    Return,
    /// The bank has paid the return.
    ReturnPaid,
    /// The bank would not carry the return out.
    ReturnFailed,
    /// The bank took the whole of it back by itself (R8).
    TakenBack,
    /// The bank had paid the return, and gives it back (R29).
    ReturnCameBack,
}

impl PaymentState {
    /// All states, in the order of the table.
    pub const ALL: [PaymentState; 4] =
        [PaymentState::InReview, PaymentState::Credited, PaymentState::Returning, PaymentState::Returned];

    /// The state after `event`, or `None` where the table has no such row.
    pub fn after(self, event: PaymentEvent) -> Option<PaymentState> {
        match (self, event) {
            (PaymentState::InReview, PaymentEvent::Credit) => Some(PaymentState::Credited),
            (PaymentState::InReview, PaymentEvent::Return) => Some(PaymentState::Returning),
            (PaymentState::InReview, PaymentEvent::TakenBack) => Some(PaymentState::Returned),
            (PaymentState::Returning, PaymentEvent::ReturnPaid) => Some(PaymentState::Returned),
            (PaymentState::Returning, PaymentEvent::ReturnFailed)
            | (PaymentState::Returned, PaymentEvent::ReturnCameBack) => Some(PaymentState::InReview),
            _ => None,
        }
    }

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            PaymentState::InReview => "in_review",
            PaymentState::Credited => "credited",
            PaymentState::Returning => "returning",
            PaymentState::Returned => "returned",
        }
    }

    /// Reads the name of the contract.
    pub fn parse(name: &str) -> Option<PaymentState> {
        PaymentState::ALL.into_iter().find(|state| state.as_str() == name)
    }

    pub(crate) fn from_column(name: &str) -> Result<PaymentState, Error> {
        PaymentState::parse(name).ok_or_else(|| Error::Unexpected(format!("a payment's status is {name:?}")))
    }
}

impl fmt::Display for PaymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::PaymentEvent::{Credit, Return, ReturnCameBack, ReturnFailed, ReturnPaid, TakenBack};
    use super::PaymentState::{Credited, InReview, Returned, Returning};
    use super::*;

    #[test]
    fn r7_i6_the_whole_table_of_transitions() {
        let events = [Credit, Return, ReturnPaid, ReturnFailed, TakenBack, ReturnCameBack];
        let table = [
            (InReview, [Some(Credited), Some(Returning), None, None, Some(Returned), None]),
            (Credited, [None; 6]),
            (Returning, [None, None, Some(Returned), Some(InReview), None, None]),
            (Returned, [None, None, None, None, None, Some(InReview)]),
        ];
        assert_eq!(table.map(|(from, _)| from), PaymentState::ALL);
        for (from, row) in table {
            for (event, expected) in events.into_iter().zip(row) {
                assert_eq!(from.after(event), expected, "{from} after {event:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in PaymentState::ALL {
            assert_eq!(PaymentState::parse(state.as_str()), Some(state));
        }
        assert_eq!(PaymentState::parse("Credited"), None);
    }
}
