//! Characters of a name that nobody sees: they make one name look like another, or turn around what stands after it.

/// Whether a character controls, is not seen, or changes the direction of what follows.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_shops_are_seen() {
        for name in ["张伟 Ltd. & Söhne", "O’Neill-Ōsaka", "株式会社・メルカリ", "e\u{301}"] {
            assert!(!name.chars().any(is_unseen), "{name}");
        }
        for mark in ['\0', '\n', '\u{85}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}'] {
            assert!(is_unseen(mark), "{mark:?}");
        }
    }
}
