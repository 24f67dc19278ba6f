//! The life of a line: open until it is matched or explained, then final.

use std::fmt;

use crate::error::Error;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineState {
    /// Listed, and looked at again by itself.
    Open,
    /// It agrees with the book.
    Matched,
    /// An operator said why it doesn't.
    Explained,
}

/// What happens to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEvent {
    /// Its other side was found.
    Match,
    /// An operator explained it.
    Explain,
}

impl LineState {
    /// Every state.
    pub const ALL: [LineState; 3] = [LineState::Open, LineState::Matched, LineState::Explained];

    /// The only way from state to state.
    pub fn next(self, event: LineEvent) -> Option<LineState> {
        match (self, event) {
            (LineState::Open, LineEvent::Match) => Some(LineState::Matched),
            (LineState::Open, LineEvent::Explain) => Some(LineState::Explained),
            (LineState::Matched | LineState::Explained, _) => None,
        }
    }

    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            LineState::Open => "open",
            LineState::Matched => "matched",
            LineState::Explained => "explained",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<LineState> {
        LineState::ALL.into_iter().find(|state| state.as_str() == name)
    }

    pub(crate) fn from_column(name: &str) -> Result<LineState, Error> {
        LineState::parse(name).ok_or_else(|| Error::Unexpected(format!("a line that is {name}")))
    }
}

impl fmt::Display for LineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_r44_the_whole_table_of_transitions() {
        use LineEvent::{Explain, Match};
        use LineState::{Explained, Matched, Open};
        for (from, event, to) in [
            (Open, Match, Some(Matched)),
            (Open, Explain, Some(Explained)),
            (Matched, Match, None),
            (Matched, Explain, None),
            (Explained, Match, None),
            (Explained, Explain, None),
        ] {
            assert_eq!(from.next(event), to, "{from} {event:?}");
        }
        for state in LineState::ALL {
            assert_eq!(LineState::parse(state.as_str()), Some(state));
        }
        assert_eq!(LineState::parse("closed"), None);
    }
}
