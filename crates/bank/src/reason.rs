//! Why a bank refused an order or sent money back: its code, never its words.
//!
//! A reason is listed for operators, told to merchants and kept for ever, and a bank's words may hold the payee's name
//! or account (R35, R36, R37). So every reason that leaves this crate has passed here first.

/// ISO 20022: the reason is in words.
const NARRATIVE: &str = "NARR";
/// ISO 20022's bound for a code of the bank's own.
const MAX_CODE: usize = 35;
/// More digits could be an account's number, a telephone's or a day of birth.
const MAX_DIGITS: usize = 5;

/// The code that a bank gives, or `NARR` for anything else that it says; nothing where it says nothing.
pub(crate) fn code(said: &str) -> Option<String> {
    if said.trim().is_empty() {
        return None;
    }
    Some(if is_code(said) { said } else { NARRATIVE }.to_owned())
}

fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() <= MAX_CODE && digits <= MAX_DIGITS && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r37_a_code_is_handed_on_as_it_is() {
        let longest = "x".repeat(MAX_CODE);
        for said in [
            "AC01",
            "AC04",
            "MS03",
            "NARR",
            "account_closed",
            "insufficient_funds",
            "rejected",
            "E-4.02",
            "X",
            "12345",
            longest.as_str(),
        ] {
            assert_eq!(code(said).as_deref(), Some(said));
        }
    }

    #[test]
    fn r37_words_and_numbers_are_a_narrative() {
        let (too_long, much_too_long) = ("x".repeat(MAX_CODE + 1), "AC04".repeat(10_000));
        for said in [
            "ACCT 62220202000017788 OF ZHANG SAN CLOSED",
            "62220202000017788",
            "DE89370400440532013000",
            "622202-02_00.01",
            "19900101",
            "123456",
            "1a2b3c4d5e6",
            "ZHANG SAN",
            " AC04",
            "AC04 ",
            "AC04\n",
            "AC\u{0}04",
            "AC04:closed",
            "AC04/1",
            "张三",
            "AC０４",
            "ＡＣ04",
            "closed\u{a0}now",
            "<b>AC04</b>",
            too_long.as_str(),
            much_too_long.as_str(),
        ] {
            assert_eq!(code(said).as_deref(), Some("NARR"), "{said:?}");
        }
    }

    #[test]
    fn r37_nothing_said_is_no_reason() {
        for said in ["", " ", "\t\n", "\u{3000}"] {
            assert_eq!(code(said), None, "{said:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn r37_nothing_but_codes_comes_out(said in ".{0,60}") {
            let told = code(&said);
            proptest::prop_assert_eq!(told.is_none(), said.trim().is_empty());
            proptest::prop_assert!(told.is_none_or(|told| is_code(&told) && (told == said || told == NARRATIVE)));
        }
    }
}
