//! Masks, as the industry does it.

/// The last four characters: `****1234`. Eight or fewer show only the last two, four or fewer nothing.
pub fn mask_account_number(number: &str) -> String {
    format!("****{}", shown_end(number))
}

/// What the mask of an account number shows of it.
pub fn shown_end(number: &str) -> &str {
    let length = number.chars().count();
    let shown = match length {
        0..=4 => 0,
        5..=8 => 2,
        _ => 4,
    };
    let from = number.char_indices().map(|(at, _)| at).nth(length - shown);
    from.and_then(|at| number.get(at..)).unwrap_or_default()
}

/// One character of a name: `Z****`.
pub fn mask_name(name: &str) -> String {
    let first: String = name.trim().chars().take(1).collect();
    format!("{first}****")
}

/// The first three characters of the local part: `abc***@example.com`; fewer where it has no more than three.
pub fn mask_email(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return "***".into() };
    let shown = local.chars().count().saturating_sub(1).min(3);
    format!("{}***@{domain}", local.chars().take(shown).collect::<String>())
}

/// The first three and the last four digits: `138****5678`; nothing of a number shorter than eleven.
pub fn mask_mobile(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() < 11 {
        return "****".into();
    }
    let (first, last) = (digits.iter().take(3), digits.iter().skip(digits.len() - 4));
    format!("{}****{}", first.collect::<String>(), last.collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r35_masks() {
        assert_eq!(mask_account_number("8335001234"), "****1234");
        assert_eq!(mask_account_number("83350"), "****50");
        assert_eq!(mask_account_number("8335"), "****");
        assert_eq!(mask_account_number(""), "****");
        assert_eq!(mask_account_number("ÄÖÜäöüß12é4"), "****12é4");
        assert_eq!(mask_name("Zhang Wei"), "Z****");
        assert_eq!(mask_name("张伟"), "张****");
        assert_eq!(mask_email("zhangwei@example.com"), "zha***@example.com");
        assert_eq!(mask_email("ab@example.com"), "a***@example.com");
        assert_eq!(mask_email("junk"), "***");
        assert_eq!(mask_mobile("13812345678"), "138****5678");
        assert_eq!(mask_mobile("5678"), "****");
    }

    proptest! {
        #[test]
        fn r35_a_mask_never_shows_more_than_it_says(text in "[0-9A-Z]{0,40}") {
            prop_assert!(mask_account_number(&text).len() <= 8);
            prop_assert!(mask_name(&text).len() <= 5);
            prop_assert!(mask_mobile(&text).len() <= 11);
        }
    }
}
