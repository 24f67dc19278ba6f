//! A line that is typed.

use crate::key::Key;
use crate::plain::{is_plain, plain};

/// More is not taken.
pub const LONGEST: usize = 1000;

/// A line with a cursor, counted in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    text: Vec<char>,
    at: usize,
}

impl Line {
    pub fn of(text: &str) -> Line {
        let text: Vec<char> = text.chars().collect();
        Line { at: text.len(), text }
    }

    pub fn text(&self) -> String {
        self.text.iter().collect()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What stands before the cursor.
    pub fn before(&self) -> String {
        self.text[..self.at].iter().collect()
    }

    pub fn clear(&mut self) {
        *self = Line::default();
    }

    /// Whether the key belongs to the line.
    pub fn key(&mut self, key: Key) -> bool {
        match key {
            Key::Char(character) => self.insert(character),
            Key::Backspace if self.at > 0 => {
                self.at -= 1;
                self.text.remove(self.at);
            }
            Key::Delete if self.at < self.text.len() => {
                self.text.remove(self.at);
            }
            Key::Left => self.at = self.at.saturating_sub(1),
            Key::Right => self.at = (self.at + 1).min(self.text.len()),
            Key::Home | Key::Ctrl('a') => self.at = 0,
            Key::End | Key::Ctrl('e') => self.at = self.text.len(),
            Key::Ctrl('u') => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            Key::Backspace | Key::Delete => {}
            _ => return false,
        }
        true
    }

    /// Pasted text: one line, nothing hidden; where lines end or tabs are, there is one blank. Whether there was room for it.
    pub fn paste(&mut self, text: &str) -> bool {
        let is_break = |character| matches!(character, '\r' | '\n' | '\t');
        let parts: Vec<&str> = text.split(is_break).map(str::trim).filter(|part| !part.is_empty()).collect();
        let line = parts.join(" ");
        let text = plain(&line);
        let fits = self.text.len() + text.chars().count() <= LONGEST;
        text.chars().for_each(|character| self.insert(character));
        fits
    }

    fn insert(&mut self, character: char) {
        if is_plain(character) && self.text.len() < LONGEST {
            self.text.insert(self.at, character);
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_where_the_cursor_is() {
        let mut line = Line::of("reson");
        for key in [Key::Left, Key::Left, Key::Left, Key::Char('a'), Key::End, Key::Char('!'), Key::Backspace]
        {
            assert!(line.key(key));
        }
        assert_eq!((line.text().as_str(), line.before().as_str()), ("reason", "reason"));
        assert!(line.key(Key::Home) && line.key(Key::Delete));
        assert_eq!(line.text(), "eason");
        assert!(!line.key(Key::Enter), "not the line's");
    }

    #[test]
    fn what_is_pasted_is_one_line_without_anything_hidden() {
        let mut line = Line::default();
        assert!(line.paste("  po_1\n\u{1b}[A\u{202e} "));
        assert_eq!(line.text(), "po_1 \\u{1b}[A\\u{202e}");
        let mut line = Line::default();
        assert!(line.paste("court order\r\n 2026-77\r\r\tuntil\tthen\n"));
        assert_eq!(line.text(), "court order 2026-77 until then");
    }

    #[test]
    fn what_there_is_no_room_for_is_said() {
        let mut line = Line::default();
        assert!(line.paste(&"a".repeat(LONGEST)));
        assert!(!line.paste("b"));
        assert_eq!(line.text().len(), LONGEST);
    }
}
