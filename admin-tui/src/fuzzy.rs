//! How well a few letters fit a word.

/// Lower is better; `None` if the letters don't stand in the word in this order. Matches at the start of the word and
/// letters side by side count most.
pub fn score(sought: &str, word: &str) -> Option<usize> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let (mut from, mut score) = (0, 0);
    for letter in sought.to_lowercase().chars().filter(|letter| !letter.is_whitespace()) {
        let gap = word.get(from..)?.iter().position(|other| *other == letter)?;
        score += gap;
        from += gap + 1;
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn letters_in_order_and_close_together() {
        assert_eq!(score("pay", "payouts"), Some(0));
        assert_eq!(score("pyt", "payouts"), Some(3));
        assert_eq!(score("PAY", "Payouts"), Some(0));
        assert_eq!(score("yp", "payouts"), None);
        assert_eq!(score("", "payouts"), Some(0));
        assert!(score("re", "review") < score("re", "arm readonly"));
    }
}
