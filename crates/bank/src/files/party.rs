//! Who is named in a pain.001, and how: accounts, banks, texts. Pure.

/// Max140Text.
const MAX_TEXT: usize = 140;
/// An account's number, Max34Text.
const MAX_ACCOUNT: usize = 34;
/// A clearing member's code, Max35Text.
const MAX_CODE: usize = 35;

/// Why an order can't be written: ISO 20022's code for the reason, which is what the bank would have answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {what}")]
pub struct Unwritable {
    /// `AC01` and the like.
    pub code: &'static str,
    /// In words, without personal data.
    pub what: &'static str,
}

/// An account, as the schema wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Iban,
    Other,
}

/// How a bank is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Agent {
    Bic(String),
    /// A member of a clearing system, by the system's code in ISO 20022's external code list.
    Member {
        system: &'static str,
        member: String,
    },
    /// A code of which we don't know the system: the bank's to understand.
    Other(String),
}

/// ISO 3166 country and its clearing system (ExternalClearingSystemIdentification1Code).
const SYSTEMS: [(&str, &str); 24] = [
    ("AT", "ATBLZ"),
    ("AU", "AUBSB"),
    ("CA", "CACPA"),
    ("CH", "CHBCC"),
    ("CN", "CNAPS"),
    ("DE", "DEBLZ"),
    ("ES", "ESNCC"),
    ("GB", "GBDSC"),
    ("GR", "GRBIC"),
    ("HK", "HKNCC"),
    ("IE", "IENCC"),
    ("IN", "INFSC"),
    ("IT", "ITNCC"),
    ("JP", "JPZGN"),
    ("NZ", "NZNCC"),
    ("PL", "PLKNR"),
    ("PT", "PTNCC"),
    ("RU", "RUCBC"),
    ("SE", "SESBA"),
    ("SG", "SGIBG"),
    ("TH", "THCBC"),
    ("TW", "TWNCC"),
    ("US", "USABA"),
    ("ZA", "ZANCC"),
];

/// A person's or firm's name, whole: another name would be another payee.
pub(super) fn name(text: &str) -> Result<&str, Unwritable> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_TEXT || !text.chars().all(is_writable) {
        return Err(Unwritable {
            code: "CH16",
            what: "the name is empty, too long or has control characters",
        });
    }
    Ok(text)
}

/// Words for the payee's statement: cut and cleaned, never a reason to refuse.
pub(super) fn words(text: &str) -> Option<String> {
    let clean = |c: char| if is_writable(c) { c } else { ' ' };
    let cut: String = text.trim().chars().take(MAX_TEXT).map(clean).collect();
    Some(cut.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What XML can hold and a bank's machine expects to see. Any script: a Chinese payee's name is Chinese.
fn is_writable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// The account's number without the blanks that people write, and its kind. An IBAN is one only if its check digits are
/// right: else it is a number like any other, for the bank to judge.
pub(super) fn account(text: &str) -> Result<(Scheme, String), Unwritable> {
    let bare: String = text.chars().filter(|c| *c != ' ').collect();
    if bare.is_empty() || bare.chars().count() > MAX_ACCOUNT || !bare.chars().all(is_writable) {
        let what = "the account's number is empty, too long or has control characters";
        return Err(Unwritable { code: "AC01", what });
    }
    let upper = bare.to_ascii_uppercase();
    Ok(if is_iban(&upper) { (Scheme::Iban, upper) } else { (Scheme::Other, bare) })
}

/// ISO 13616: two letters, two check digits, 11 to 30 letters and digits, 1 modulo 97 when turned round.
pub(super) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !(15..=34).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let (head, tail) = bytes.split_at(4);
    let shape = head[..2].iter().all(u8::is_ascii_uppercase) && head[2..].iter().all(u8::is_ascii_digit);
    let digit = |rest: u32, byte: &u8| match char::from(*byte).to_digit(36) {
        Some(value) if value < 10 => (rest * 10 + value) % 97,
        Some(value) => (rest * 100 + value) % 97,
        None => rest,
    };
    shape && tail.iter().chain(head).fold(0, digit) == 1
}

/// ISO 9362: four, of which banks use letters; two letters of the country; two; and three of the branch or none.
pub(super) fn is_bic(text: &str) -> bool {
    let all = |part: &str, right: fn(&u8) -> bool| part.as_bytes().iter().all(right);
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    matches!(text.len(), 8 | 11)
        && all(text, plain)
        && text.get(4..6).is_some_and(|c| all(c, u8::is_ascii_uppercase))
}

/// The payee's bank; none where the account says it all.
pub(super) fn agent(code: &str, country: &str, scheme: Scheme) -> Result<Option<Agent>, Unwritable> {
    let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let odd = code.chars().any(|c| !c.is_ascii_alphanumeric() && !matches!(c, ' ' | '-'));
    if bare.is_empty() && !odd && scheme == Scheme::Iban {
        return Ok(None);
    }
    if bare.is_empty() || odd || bare.len() > MAX_CODE {
        return Err(Unwritable { code: "RC01", what: "the bank's code is missing or can't be written" });
    }
    let upper = bare.to_ascii_uppercase();
    if is_bic(&upper) {
        return Ok(Some(Agent::Bic(upper)));
    }
    let system = SYSTEMS.iter().find(|(of, _)| *of == country).map(|(_, system)| *system);
    Ok(Some(match system {
        Some(system) => Agent::Member { system, member: upper },
        None => Agent::Other(upper),
    }))
}

/// `CountryCode`, where it is one.
pub(super) fn country(text: &str) -> Option<&str> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_told_from_other_numbers() {
        for right in ["DE89370400440532013000", "GB82WEST12345698765432", "NO9386011117947"] {
            assert_eq!(account(right), Ok((Scheme::Iban, right.to_owned())));
        }
        assert_eq!(account("de89 3704 0044 0532 0130 00"), account("DE89370400440532013000"));
        for other in ["DE89370400440532013001", "62220000123", "REF:HB-1:RETURN", "DE8937040044053201300ü"] {
            assert_eq!(account(other), Ok((Scheme::Other, other.to_owned())));
        }
        for wrong in ["", "  ", "1\n2", &"1".repeat(35)] {
            assert_eq!(account(wrong).map_err(|wrong| wrong.code), Err("AC01"), "{wrong:?}");
        }
    }

    #[test]
    fn banks_are_named_by_bic_or_by_their_clearing_system() {
        let bic = |text: &str| Ok(Some(Agent::Bic(text.to_owned())));
        let member = |system, member: &str| Ok(Some(Agent::Member { system, member: member.to_owned() }));
        assert_eq!(agent("COBADEFF", "DE", Scheme::Iban), bic("COBADEFF"));
        assert_eq!(agent("cobadeffxxx", "DE", Scheme::Other), bic("COBADEFFXXX"));
        assert_eq!(agent("102100099996", "CN", Scheme::Other), member("CNAPS", "102100099996"));
        assert_eq!(agent("021000021", "US", Scheme::Other), member("USABA", "021000021"));
        assert_eq!(agent("20-00-00", "GB", Scheme::Other), member("GBDSC", "200000"));
        assert_eq!(agent("HDFC0001234", "IN", Scheme::Other), member("INFSC", "HDFC0001234"));
        assert_eq!(agent("004", "KR", Scheme::Other), Ok(Some(Agent::Other("004".into()))));
        assert_eq!(agent("", "DE", Scheme::Iban), Ok(None));
        for (code, scheme) in [
            ("", Scheme::Other),
            ("1/2", Scheme::Iban),
            ("中", Scheme::Iban),
            (&"1".repeat(36), Scheme::Iban),
        ] {
            assert_eq!(agent(code, "CN", scheme).map_err(|wrong| wrong.code), Err("RC01"), "{code}");
        }
    }

    #[test]
    fn a_name_is_written_whole_or_not_at_all() {
        assert_eq!(name(" 深圳市南山区某某贸易有限公司 "), Ok("深圳市南山区某某贸易有限公司"));
        assert!(name(&"名".repeat(140)).is_ok());
        for wrong in ["", " ", "A\u{1}B", "A\nB", "A\u{85}B", "A\u{ffff}", &"名".repeat(141)] {
            assert_eq!(name(wrong).map_err(|wrong| wrong.code), Err("CH16"), "{wrong:?}");
        }
        assert_eq!(words(&format!(" a\tb{}", "c".repeat(200))).map(|text| text.len()), Some(140));
        assert_eq!(words("\u{1}"), None);
    }
}
