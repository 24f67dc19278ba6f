use proptest::prelude::*;

use super::*;

/// The registry's own examples, and others that are printed often.
const VALID: [&str; 24] = [
    "AD1200012030200359100100",
    "AE070331234567890123456",
    "AT611904300234573201",
    "BE68539007547034",
    "BR1800360305000010009795493C1",
    "CH9300762011623852957",
    "DE89370400440532013000",
    "DK5000400440116243",
    "ES9121000418450200051332",
    "FI2112345600000785",
    "FR1420041010050500013M02606",
    "GB29NWBK60161331926819",
    "IE29AIBK93115212345678",
    "IT60X0542811101000000123456",
    "LC55HEMM000100010012001200023015",
    "MT84MALT011000012345MTLCAST001S",
    "MU17BOMM0101101030300200000MUR",
    "NL91ABNA0417164300",
    "NO9386011117947",
    "PL61109010140000071219812874",
    "SA0380000000608010167519",
    "SE4550000000058398257466",
    "TR330006100519786457841326",
    "XK051212012345678906",
];

#[test]
fn r21_the_registry_s_examples_are_ibans() {
    for iban in VALID {
        assert_eq!(check(iban), Ok(&iban[..2]), "{iban}");
        assert!(looks_like(iban), "{iban}");
    }
}

#[test]
fn r21_what_is_wrong_with_an_iban() {
    for (number, fault) in [
        ("", Fault::Form),
        ("DE", Fault::Form),
        ("370400440532013000", Fault::Form),
        ("US89370400440532013000", Fault::Form),
        ("DEA9370400440532013000", Fault::Form),
        ("de89370400440532013000", Fault::Form),
        ("ÄE89370400440532013000", Fault::Form),
        ("DE8937040044053201300", Fault::Length(22)),
        ("DE893704004405320130000", Fault::Length(22)),
        ("NO93860111179470", Fault::Length(15)),
        ("DE8937040044053201300A", Fault::Structure),
        ("GB29NWB160161331926819", Fault::Structure),
        ("GB29NWBK6016133192681A", Fault::Structure),
        ("DE89370400440532013001", Fault::CheckDigits),
        ("DE98370400440532013000", Fault::CheckDigits),
        ("DE89370400440532031000", Fault::CheckDigits),
        ("FR1420041010050500013M02605", Fault::CheckDigits),
    ] {
        assert_eq!(check(number), Err(fault), "{number}");
    }
}

/// 97 more or less in the check digits leaves the remainder as it is.
#[test]
fn r21_check_digits_that_are_never_issued_are_refused() {
    let written = |digits: u32, account: u32| format!("DE{digits:02}37040044{account:010}");
    let account = (0..100_000).find(|account| check(&written(2, *account)).is_ok()).unwrap();
    assert_eq!(remainder(written(99, account).chars().cycle().skip(4).take(22)), Some(1));
    assert_eq!(check(&written(99, account)), Err(Fault::CheckDigits));
}

#[test]
fn r21_where_ibans_are_used() {
    for (country, issued_by) in [
        ("DE", Some("DE")),
        ("GB", Some("GB")),
        ("JE", Some("GB")),
        ("RE", Some("FR")),
        ("AX", Some("FI")),
        ("FO", Some("FO")),
        ("XK", Some("XK")),
        ("US", None),
        ("CN", None),
        ("HK", None),
        ("JP", None),
    ] {
        assert_eq!(issuer(country), issued_by, "{country}");
    }
    for (number, looks) in [
        ("DE00", false),
        ("DE8937040044", false),
        ("DE00370400440532", true),
        ("US89370400440532013000", false),
        ("6222021234567890", false),
        ("DEUT370400440532", false),
    ] {
        assert_eq!(looks_like(number), looks, "{number}");
    }
}

#[test]
fn r21_every_country_s_structure_can_be_read() {
    assert_eq!(registry().count(), 89);
    assert!(registry().is_sorted_by(|a, b| a.0 < b.0));
    for (code, structure) in registry() {
        assert!(country::exists(code), "{code}");
        assert_eq!(parts(structure).count(), structure.split(',').count(), "{code}");
        assert!(parts(structure).all(|(count, kind)| count > 0 && "nac".contains(kind)), "{code}");
        let length: usize = parts(structure).map(|(count, _)| count).sum();
        assert!((11..=30).contains(&length), "{code}: {length}");
    }
}

/// Any country's IBAN, made as a bank makes it.
fn iban() -> impl Strategy<Value = String> {
    let all: Vec<_> = registry().collect();
    proptest::sample::select(all).prop_flat_map(|(code, structure)| {
        let pattern: String = parts(structure)
            .map(|(count, kind)| match kind {
                'n' => format!("[0-9]{{{count}}}"),
                'a' => format!("[A-Z]{{{count}}}"),
                _ => format!("[0-9A-Z]{{{count}}}"),
            })
            .collect();
        proptest::string::string_regex(&pattern).unwrap().prop_map(move |account| {
            let left = remainder(account.chars().chain(code.chars()).chain("00".chars())).unwrap();
            format!("{code}{:02}{account}", 98 - left)
        })
    })
}

proptest! {
    #[test]
    fn r21_an_iban_that_was_made_is_one_and_with_one_character_changed_is_none(
        iban in iban(), at in any::<proptest::sample::Index>(), step in 1u32..10,
    ) {
        prop_assert!(check(&iban).is_ok(), "{}", iban);
        let mut characters: Vec<char> = iban.chars().collect();
        let position = 2 + at.index(characters.len() - 2);
        let changed = match characters[position].to_digit(10) {
            Some(digit) => char::from_digit((digit + step) % 10, 10).unwrap(),
            None => char::from(b'A' + (characters[position] as u8 - b'A' + step as u8) % 26),
        };
        characters[position] = changed;
        let wrong: String = characters.into_iter().collect();
        prop_assert_eq!(check(&wrong), Err(Fault::CheckDigits), "{}", iban);
    }

    #[test]
    fn r21_an_iban_with_two_digits_swapped_is_none(iban in iban(), at in any::<proptest::sample::Index>()) {
        let mut characters: Vec<char> = iban.chars().collect();
        let position = 4 + at.index(characters.len() - 5);
        let (one, other) = (characters[position], characters[position + 1]);
        prop_assume!(one != other && one.is_ascii_digit() && other.is_ascii_digit());
        characters.swap(position, position + 1);
        let wrong: String = characters.into_iter().collect();
        prop_assert_eq!(check(&wrong), Err(Fault::CheckDigits), "{}", iban);
    }

    #[test]
    fn no_text_upsets_the_check(text in ".{0,40}") {
        let _ = (check(&text), looks_like(&text));
    }
}
