//! The life of a delivery: one notice by one channel.

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// To be tried, or tried again.
    Pending,
    /// The receiver said that it has it.
    Delivered,
    /// Given up; only a person has it tried again.
    Dead,
}

/// What happens to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryEvent {
    /// The receiver took it.
    Taken,
    /// An attempt failed, and another one comes.
    Failed,
    /// The last attempt failed, or none makes sense.
    GivenUp,
    /// An operator wants it sent again.
    Replayed,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [DeliveryState; 3] =
        [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead];

    /// The state after an event; none: it can't happen now.
    pub fn next(self, event: DeliveryEvent) -> Option<DeliveryState> {
        use DeliveryEvent::{Failed, GivenUp, Replayed, Taken};
        use DeliveryState::{Dead, Delivered, Pending};
        match (self, event) {
            (Pending, Taken) => Some(Delivered),
            (Pending, Failed) | (Dead, Replayed) => Some(Pending),
            (Pending, GivenUp) => Some(Dead),
            (Pending, Replayed) | (Delivered, _) | (Dead, Taken | Failed | GivenUp) => None,
        }
    }

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Pending => "pending",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Dead => "dead",
        }
    }

    /// The reverse of [`DeliveryState::as_str`].
    pub fn parse(text: &str) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::DeliveryEvent::*;
    use super::DeliveryState::*;
    use super::*;

    #[test]
    fn every_state_and_event() {
        let table = [
            (Pending, [Some(Delivered), Some(Pending), Some(Dead), None]),
            (Delivered, [None, None, None, None]),
            (Dead, [None, None, None, Some(Pending)]),
        ];
        assert_eq!(table.len(), DeliveryState::ALL.len());
        for (state, next) in table {
            assert_eq!([Taken, Failed, GivenUp, Replayed].map(|event| state.next(event)), next, "{state:?}");
            assert_eq!(DeliveryState::parse(state.as_str()), Some(state));
        }
    }
}
