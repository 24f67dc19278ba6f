//! Accounts in mainland China: bank cards, and the bank codes of its payment system (CNAPS).

use super::local::digits;

/// Digits of a CNAPS code: bank, place, branch, check digit.
const CNAPS: usize = 12;

/// Whether a number, normalised, may be a bank card's: 16 to 19 digits. Banks number some accounts so, too.
pub(super) fn is_card(number: &str) -> bool {
    (16..=19).contains(&number.len()) && digits(number)
}

/// Whether a card's last digit fits the others (Luhn).
pub(super) fn card_fits(number: &str) -> bool {
    let values = number.chars().rev().filter_map(|c| c.to_digit(10));
    let counted = values.enumerate().map(|(place, digit)| match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, doubled) => doubled / 10 + doubled % 10,
    });
    counted.sum::<u32>() % 10 == 0
}

/// Whether a code, normalised, has the form of a CNAPS code.
pub(super) fn is_cnaps(code: &str) -> bool {
    code.len() == CNAPS && digits(code)
}

/// Whether a CNAPS code's last digit fits the others (ISO 7064 MOD 11,10).
pub(super) fn cnaps_fits(code: &str) -> bool {
    let values: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    let Some((check, rest)) = values.split_last() else { return false };
    let product = rest.iter().fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + check) % 10 == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r21_what_may_be_a_card() {
        for (number, card) in [
            ("6222020200001230001", true),
            ("4111111111111111", true),
            ("411111111111111", false),
            ("62220202000012300010", false),
            ("622202020000123000X", false),
            ("", false),
        ] {
            assert_eq!(is_card(number), card, "{number}");
        }
    }

    /// The test numbers that card networks print, and some with one digit changed.
    #[test]
    fn r21_a_card_s_check_digit() {
        for (number, fits) in [
            ("4111111111111111", true),
            ("5555555555554444", true),
            ("6200000000000005", true),
            ("6205500000000000004", true),
            ("4111111111111112", false),
            ("5555555555554443", false),
            ("6205500000000000003", false),
        ] {
            assert_eq!(card_fits(number), fits, "{number}");
        }
    }

    /// Head offices of ICBC, ABC, BOC, CCB, China Merchants and Postal Savings, as they are published.
    #[test]
    fn r21_a_bank_code_s_check_digit() {
        for (code, fits) in [
            ("102100099996", true),
            ("103100000026", true),
            ("104100000004", true),
            ("105100000017", true),
            ("308584000013", true),
            ("403100000004", true),
            ("102100099995", false),
            ("102100099969", false),
            ("201100099996", false),
            ("", false),
        ] {
            assert_eq!(cnaps_fits(code), fits, "{code}");
        }
        for (code, cnaps) in [("102100099996", true), ("10210009999", false), ("10210009999X", false)] {
            assert_eq!(is_cnaps(code), cnaps, "{code}");
        }
    }

    proptest! {
        #[test]
        fn r21_one_changed_digit_never_fits(
            body in "[0-9]{15,18}", at in any::<proptest::sample::Index>(), step in 1u32..10,
        ) {
            for (fits, length) in [(card_fits as fn(&str) -> bool, body.len()), (cnaps_fits, CNAPS - 1)] {
                let made = (0..10).map(|last| format!("{}{last}", &body[..length])).find(|n| fits(n)).unwrap();
                let mut digits: Vec<u32> = made.chars().filter_map(|c| c.to_digit(10)).collect();
                let position = at.index(digits.len());
                digits[position] = (digits[position] + step) % 10;
                let wrong: String = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
                prop_assert!(!fits(&wrong), "{} {}", made, wrong);
            }
        }
    }
}
