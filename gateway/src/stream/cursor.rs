//! Where a stream is: how far the trail of who did what was, and where in the feed of changes.

use std::fmt;
use std::str::FromStr;

use changes::NotACursor;

/// In text `<entries of the trail>.<place in the feed>`, opaque to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub audit: i64,
    pub changes: changes::Cursor,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.audit, self.changes)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Cursor, NotACursor> {
        let (audit, changes) = text.split_once('.').ok_or(NotACursor)?;
        let audit = audit.parse().ok().filter(|seq| *seq >= 0).ok_or(NotACursor)?;
        Ok(Cursor { audit, changes: changes.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let text = "17.0b5cd8de6ccf4d32a3b0d4ba38b4f4c5.742:745:742,744";
        assert_eq!(text.parse::<Cursor>().map(|cursor| cursor.to_string()), Ok(text.to_owned()));
        for wrong in ["", "17", "-1.0b5cd8de6ccf4d32a3b0d4ba38b4f4c5.1:1:", "17.1:1:", "x.y.z"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(NotACursor), "{wrong}");
        }
    }
}
