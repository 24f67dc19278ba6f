//! A place in the feed: which one it is, and which transactions were over.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Digits of a transaction's number, and how many of those that run are believed.
const MOST_DIGITS: usize = 20;
const MOST_RUNNING: usize = 1000;

/// Where a reader is. In text `<feed>.<oldest running>:<next>:<running,…>`, opaque to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) feed: Uuid,
    /// As PostgreSQL writes it.
    pub(crate) snapshot: String,
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of the changes")]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.feed.simple(), self.snapshot)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    /// It comes from outside and goes to PostgreSQL, which refuses what is no snapshot by failing: so it is looked at here.
    fn from_str(text: &str) -> Result<Cursor, NotACursor> {
        let (feed, snapshot) = text.split_once('.').ok_or(NotACursor)?;
        let feed = Uuid::try_parse(feed).map_err(|_| NotACursor)?;
        if is_snapshot(snapshot) {
            Ok(Cursor { feed, snapshot: snapshot.to_owned() })
        } else {
            Err(NotACursor)
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = (1..=MOST_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    // Within an i64, as PostgreSQL reads it.
    text.parse().ok().filter(|number| digits && (1..=i64::MAX as u64).contains(number))
}

fn is_snapshot(text: &str) -> bool {
    let mut parts = text.split(':');
    let (Some(oldest), Some(next), Some(running), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(oldest), Some(next)) = (number(oldest), number(next)) else { return false };
    if oldest > next {
        return false;
    }
    if running.is_empty() {
        return true;
    }
    let mut last = None;
    running.split(',').take(MOST_RUNNING + 1).enumerate().all(|(place, text)| {
        let Some(number) = number(text) else { return false };
        let grows = last.is_none_or(|last| last < number);
        last = Some(number);
        place < MOST_RUNNING && grows && (oldest..next).contains(&number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = "0b5cd8de6ccf4d32a3b0d4ba38b4f4c5";

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for snapshot in ["1:1:", "742:742:", "742:745:742,744", "742:9223372036854775807:743"] {
            let text = format!("{FEED}.{snapshot}");
            assert_eq!(text.parse::<Cursor>().map(|cursor| cursor.to_string()), Ok(text));
        }
    }

    #[test]
    fn what_postgresql_would_choke_on_never_gets_there() {
        let many: Vec<String> = (10..1100).map(|number| number.to_string()).collect();
        let many = format!("10:2000:{}", many.join(","));
        for snapshot in [
            "",
            "1:2",
            "1:2:3:4",
            "2:1:",
            "0:1:",
            "-1:2:",
            "1:99999999999999999999:",
            "1:9223372036854775808:",
            "1:5:0",
            "1:5:5",
            "1:5:3,2",
            "1:5:2,2",
            "1:5:2,",
            "1:5: 2",
            "1:5:x",
            "+1:5:",
            many.as_str(),
        ] {
            assert_eq!(format!("{FEED}.{snapshot}").parse::<Cursor>(), Err(NotACursor), "{snapshot}");
        }
        for text in ["", "1:1:", "xyz.1:1:", "'; DROP TABLE changes; --.1:1:"] {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text}");
        }
    }
}
