//! The life of an announced settlement: every transition that exists, and no other.

/// Where a settlement stands. That it is overdue is no state: the clock says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SettlementState {
    /// The merchant says that it is on its way.
    Announced,
    /// It has not come in time, and somebody looks for it.
    Investigating,
    /// A credited payment is it. Final.
    Arrived,
    /// An operator has ended the search. Final.
    Closed,
}

/// What can happen to a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SettlementEvent {
    /// A payment that is it was credited.
    Arrive,
    /// The merchant asks where it is, once its days are over.
    Investigate,
    /// An operator says what came of the search.
    Close,
}

impl SettlementState {
    /// All states, in the order of the table.
    pub const ALL: [SettlementState; 4] = [
        SettlementState::Announced,
        SettlementState::Investigating,
        SettlementState::Arrived,
        SettlementState::Closed,
    ];

    /// The state after `event`, or `None` where the table has no such row.
    pub fn next(self, event: SettlementEvent) -> Option<SettlementState> {
        match (self, event) {
            (SettlementState::Announced | SettlementState::Investigating, SettlementEvent::Arrive) => {
                Some(SettlementState::Arrived)
            }
            (SettlementState::Announced, SettlementEvent::Investigate) => {
                Some(SettlementState::Investigating)
            }
            (SettlementState::Investigating, SettlementEvent::Close) => Some(SettlementState::Closed),
            _ => None,
        }
    }

    /// The name in the database, and in the contract where it is not overdue.
    pub fn as_str(self) -> &'static str {
        match self {
            SettlementState::Announced => "announced",
            SettlementState::Investigating => "investigating",
            SettlementState::Arrived => "arrived",
            SettlementState::Closed => "closed",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<SettlementState> {
        SettlementState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// What came of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    /// The money is known to be somewhere, which the reason says.
    Found,
    /// Nobody knows of it.
    NotFound,
}

impl Finding {
    /// All of them.
    pub const ALL: [Finding; 2] = [Finding::Found, Finding::NotFound];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Finding::Found => "found",
            Finding::NotFound => "not_found",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Finding> {
        Finding::ALL.into_iter().find(|finding| finding.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::SettlementEvent::*;
    use super::SettlementState::*;
    use super::*;

    #[test]
    fn r10_a_settlement_moves_along_its_table_and_no_other_way() {
        let table = [
            (Announced, [Some(Arrived), Some(Investigating), None]),
            (Investigating, [Some(Arrived), None, Some(Closed)]),
            (Arrived, [None, None, None]),
            (SettlementState::Closed, [None, None, None]),
        ];
        assert_eq!(table.map(|row| row.0), SettlementState::ALL);
        for (state, expected) in table {
            assert_eq!([Arrive, Investigate, Close].map(|event| state.next(event)), expected, "{state:?}");
        }
    }

    #[test]
    fn r10_names_are_read_as_they_are_written() {
        for state in SettlementState::ALL {
            assert_eq!(SettlementState::parse(state.as_str()), Some(state));
        }
        assert_eq!(SettlementState::parse("overdue"), None, "the clock says so, no row does");
        for finding in Finding::ALL {
            assert_eq!(Finding::parse(finding.as_str()), Some(finding));
        }
    }
}
