//! A user's life (R41).

/// Whether a user may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserState {
    /// Yes.
    Active,
    /// Not for now.
    Frozen,
    /// Never again.
    Deleted,
}

/// What can happen to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserEvent {
    /// Stopped for now.
    Freeze,
    /// Let go again.
    Unfreeze,
    /// Stopped for ever.
    Delete,
}

impl UserState {
    /// All states.
    pub const ALL: [UserState; 3] = [UserState::Active, UserState::Frozen, UserState::Deleted];

    /// The state after `event`, or none where the event is not possible.
    pub fn next(self, event: UserEvent) -> Option<UserState> {
        use UserEvent as E;
        use UserState as S;
        match (self, event) {
            (S::Active, E::Freeze) => Some(S::Frozen),
            (S::Frozen, E::Unfreeze) => Some(S::Active),
            (S::Active | S::Frozen, E::Delete) => Some(S::Deleted),
            (S::Active, E::Unfreeze) | (S::Frozen, E::Freeze) | (S::Deleted, _) => None,
        }
    }

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            UserState::Active => "active",
            UserState::Frozen => "frozen",
            UserState::Deleted => "deleted",
        }
    }

    /// Reads a name back.
    pub fn parse(name: &str) -> Option<UserState> {
        UserState::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::UserEvent as E;
    use super::UserState as S;

    #[test]
    fn r41_every_state_and_event() {
        let table = [
            (S::Active, ["frozen", "-", "deleted"]),
            (S::Frozen, ["-", "active", "deleted"]),
            (S::Deleted, ["-", "-", "-"]),
        ];
        for (state, row) in table {
            for (event, expected) in [E::Freeze, E::Unfreeze, E::Delete].into_iter().zip(row) {
                assert_eq!(state.next(event).map_or("-", S::as_str), expected, "{state:?} × {event:?}");
            }
            assert_eq!(S::parse(state.as_str()), Some(state));
        }
        assert_eq!(S::parse("gone"), None);
    }
}
