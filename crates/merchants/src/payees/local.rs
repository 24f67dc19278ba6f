//! Domestic codes of banks abroad, which are digits everywhere, and the account numbers that go with them.

/// A country's own way to name a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    /// United States: the routing number of the American Bankers Association, nine digits.
    Aba,
    /// United Kingdom: sort code of six digits.
    SortCode,
    /// Japan: bank of four and branch of three digits, as the Zengin system writes them.
    Zengin,
    /// Hong Kong: clearing code of three digits; the branch stands before the account.
    Clearing,
}

impl Local {
    /// What is wrong with a code, normalised.
    pub(super) fn code_fault(self, code: &str) -> Option<&'static str> {
        let (length, fault) = match self {
            Local::Aba => (9, "must be a routing number of 9 digits, or a BIC"),
            Local::SortCode => (6, "must be a sort code of 6 digits, or a BIC with an IBAN"),
            Local::Zengin => {
                (7, "must be a bank code of 4 and a branch code of 3 digits (0001-123), or a BIC")
            }
            Local::Clearing => (3, "must be a bank code of 3 digits, or a BIC"),
        };
        if code.len() != length || !digits(code) {
            return Some(fault);
        }
        let wrong = self == Local::Aba && !aba_fits(code);
        wrong.then_some("is no routing number: its check digit is wrong")
    }

    /// What is wrong with an account number, normalised.
    pub(super) fn number_fault(self, number: &str) -> Option<&'static str> {
        let (lengths, fault) = match self {
            Local::Aba => (4..=17, "must have 4 to 17 digits with a routing number"),
            Local::SortCode => (8..=8, "must have 8 digits with a sort code"),
            Local::Zengin => (7..=7, "must have 7 digits with a Japanese bank code, zeros in front"),
            Local::Clearing => (9..=12, "must have 9 to 12 digits, branch first, with a Hong Kong bank code"),
        };
        (!lengths.contains(&number.len()) || !digits(number)).then_some(fault)
    }
}

/// Weights 3, 7, 1 over all nine digits; all zeros are nobody's.
fn aba_fits(code: &str) -> bool {
    let values = code.chars().filter_map(|c| c.to_digit(10));
    let sum: u32 = values.zip([3, 7, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// Whether all of it is digits.
pub(super) fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r21_codes_of_each_country() {
        for (local, code, good) in [
            (Local::Aba, "021000021", true),
            (Local::Aba, "026009593", true),
            (Local::Aba, "121000248", true),
            (Local::Aba, "021000022", false),
            (Local::Aba, "012000021", false),
            (Local::Aba, "000000000", false),
            (Local::Aba, "02100002", false),
            (Local::Aba, "0210000210", false),
            (Local::SortCode, "200000", true),
            (Local::SortCode, "20000", false),
            (Local::SortCode, "2000000", false),
            (Local::Zengin, "0001123", true),
            (Local::Zengin, "0001", false),
            (Local::Zengin, "00011234", false),
            (Local::Clearing, "004", true),
            (Local::Clearing, "4", false),
            (Local::Clearing, "0041", false),
        ] {
            assert_eq!(local.code_fault(code).is_none(), good, "{local:?} {code}");
        }
    }

    #[test]
    fn r21_account_numbers_of_each_country() {
        for (local, number, good) in [
            (Local::Aba, "1234", true),
            (Local::Aba, "12345678901234567", true),
            (Local::Aba, "123456789012345678", false),
            (Local::Aba, "1234A", false),
            (Local::SortCode, "31926819", true),
            (Local::SortCode, "3192681", false),
            (Local::SortCode, "319268190", false),
            (Local::Zengin, "0001234", true),
            (Local::Zengin, "001234", false),
            (Local::Zengin, "12345678", false),
            (Local::Clearing, "123456789", true),
            (Local::Clearing, "123456789012", true),
            (Local::Clearing, "12345678", false),
            (Local::Clearing, "1234567890123", false),
        ] {
            assert_eq!(local.number_fault(number).is_none(), good, "{local:?} {number}");
        }
    }

    proptest! {
        #[test]
        fn r21_one_changed_digit_is_no_routing_number(
            body in "[1-9][0-9]{7}", at in 0usize..9, step in 1u32..10,
        ) {
            let made = (0..10).map(|last| format!("{body}{last}")).find(|code| aba_fits(code)).unwrap();
            let mut values: Vec<u32> = made.chars().filter_map(|c| c.to_digit(10)).collect();
            values[at] = (values[at] + step) % 10;
            let wrong: String = values.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
            prop_assert!(!aba_fits(&wrong), "{} {}", made, wrong);
        }
    }
}
