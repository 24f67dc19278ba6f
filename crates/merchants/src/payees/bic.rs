//! Business identifier codes (ISO 9362): a bank, as SWIFT knows it.

use super::country;

/// The country in a BIC, normalised: four letters of the bank, two of the country, two characters of the place, and three
/// of the branch or none. Newer editions of the standard allow digits in the first four; none was ever given out.
pub(super) fn country(code: &str) -> Option<&str> {
    if !code.is_ascii() || !matches!(code.len(), 8 | 11) {
        return None;
    }
    let (bank, rest) = code.split_at_checked(4)?;
    let (country, place) = rest.split_at_checked(2)?;
    let letters = bank.bytes().all(|byte| byte.is_ascii_uppercase());
    let placed = place.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (letters && placed && country::exists(country)).then_some(country)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r21_the_shape_of_a_bic() {
        for (code, found) in [
            ("DEUTDEFF", Some("DE")),
            ("DEUTDEFF500", Some("DE")),
            ("CHASUS33", Some("US")),
            ("CHASUS33XXX", Some("US")),
            ("BARCGB22", Some("GB")),
            ("ICBKCNBJ", Some("CN")),
            ("NCBVXKPR", Some("XK")),
            ("", None),
            ("DEUTDEF", None),
            ("DEUTDEFF5", None),
            ("DEUTDEFF50", None),
            ("DEUTDEFF5000", None),
            ("DEUTDEFFXXXX", None),
            ("D3UTDEFF", None),
            ("DEUTD3FF", None),
            ("DEUTUKFF", None),
            ("DEUTZZFF", None),
            ("DEUTDEF!", None),
            ("deutdeff", None),
            ("DEUTDÉFF", None),
            ("10210009", None),
        ] {
            assert_eq!(country(code), found, "{code}");
        }
    }

    proptest! {
        #[test]
        fn r21_every_well_made_bic_names_its_country(
            bank in "[A-Z]{4}", place in "[A-Z0-9]{2}", branch in prop::option::of("[A-Z0-9]{3}"),
        ) {
            let code = format!("{bank}SG{place}{}", branch.unwrap_or_default());
            prop_assert_eq!(country(&code), Some("SG"));
        }

        #[test]
        fn no_text_upsets_the_shape(text in ".{0,12}") {
            let _ = country(&text);
        }
    }
}
