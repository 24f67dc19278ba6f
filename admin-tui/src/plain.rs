//! Text from elsewhere as a terminal may see it.
//!
//! A remitter's name or a bank's reference can hold anything: escape sequences that rewrite the screen, marks that turn
//! the direction of writing, characters that nobody sees. All text passes through [`plain`] where it enters the console
//! (answers, pastes, error messages), and the drawn screen is looked over once more before it goes out.

use std::borrow::Cow;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;
use unicode_width::UnicodeWidthChar as _;

/// The text with everything hidden made visible: `\u{202e}` instead of the mark. One line: a line feed is `\u{a}`.
/// Composed first, so that an accent which belongs to its letter stays.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.nfc() {
        if is_plain(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    Cow::Owned(shown)
}

/// Whether a character is seen where it stands and does nothing else.
pub fn is_plain(character: char) -> bool {
    // Width says nothing of these: they are blank, break lines, or hold other characters together.
    let hidden = matches!(character,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2028}' | '\u{2029}' | '\u{3164}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}');
    let turns = matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !hidden && !turns && character.width().is_some_and(|width| width > 0)
}

/// Every text of a JSON value, names of members included.
pub fn plain_json(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(plain_json).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (plain(&name).into_owned(), plain_json(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_something_is_shown_instead_of_done() {
        for (text, expected) in [
            ("AMAZON PAYMENTS INC", "AMAZON PAYMENTS INC"),
            ("Zoë & Søn, 株式会社", "Zoë & Søn, 株式会社"),
            // An accent of its own is composed with its letter.
            ("Zoe\u{308}", "Zo\u{eb}"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("\u{1b}]52;c;Zm9v\u{7}", "\\u{1b}]52;c;Zm9v\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("line\r\nnext\tx", "line\\u{d}\\u{a}next\\u{9}x"),
            ("100\u{202e}00.1", "100\\u{202e}00.1"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("ad\u{200b}min\u{feff}", "ad\\u{200b}min\\u{feff}"),
            ("\u{ad}\u{3164}\u{2028}", "\\u{ad}\\u{3164}\\u{2028}"),
            ("\u{e0041}", "\\u{e0041}"),
            // A pile of accents that no letter takes.
            ("x\u{338}\u{338}", "x\\u{338}\\u{338}"),
            ("\u{7f}", "\\u{7f}"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn twice_is_as_good_as_once() {
        for code in (0..=0x0010_ffff_u32).step_by(7) {
            let Some(character) = char::from_u32(code) else { continue };
            let once = plain(&format!("a{character}b")).into_owned();
            assert!(once.chars().all(is_plain), "{code:x}");
            assert_eq!(plain(&once), once, "{code:x}");
        }
    }

    #[test]
    fn names_of_members_are_texts_too() {
        let hostile = json!({"a\u{1b}": ["\u{7}", 1, null, {"b": "\u{202e}"}]});
        let expected = json!({"a\\u{1b}": ["\\u{7}", 1, null, {"b": "\\u{202e}"}]});
        assert_eq!(plain_json(hostile), expected);
    }
}
