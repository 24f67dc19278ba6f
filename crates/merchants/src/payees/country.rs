//! Which country codes there are, and which countries share their banks.

/// ISO 3166-1 alpha-2, and XK for Kosovo, which banks use though it is not assigned.
const CODES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Countries whose banks also serve their territories under codes of their own: an account in Jersey may carry a British
/// IBAN and either code in its BIC, one in Réunion a French IBAN, a bank in Puerto Rico an American routing number.
const FAMILIES: [&str; 8] = [
    "AU CC CX HM NF",
    "DK FO GL",
    "FI AX",
    "FR BL GF GP MF MQ NC PF PM RE TF WF YT",
    "GB GG IM JE",
    "NO BV SJ",
    "NZ PN TK",
    "US AS GU MP PR UM VI",
];

/// Whether it is a country's code.
pub(super) fn exists(code: &str) -> bool {
    CODES.split(' ').any(|known| known == code)
}

/// Whether a bank of the one may hold accounts in the other.
pub(super) fn share_banks(one: &str, other: &str) -> bool {
    let both = |family: &&str| [one, other].iter().all(|code| family.split(' ').any(|known| known == *code));
    one == other || FAMILIES.iter().any(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_in_order() {
        let codes: Vec<&str> = CODES.split(' ').collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.is_sorted_by(|a, b| a < b));
        for family in FAMILIES {
            assert!(family.split(' ').all(exists), "{family}");
        }
        for code in ["", "UK", "EU", "cn", "ZZ", "C", "CHN", "CN US"] {
            assert!(!exists(code), "{code}");
        }
    }

    #[test]
    fn territories_share_the_banks_of_their_country() {
        for (one, other, shared) in [
            ("DE", "DE", true),
            ("GB", "JE", true),
            ("JE", "GG", true),
            ("RE", "FR", true),
            ("PR", "US", true),
            ("FI", "AX", true),
            ("DE", "AT", false),
            ("CN", "HK", false),
            ("GB", "GI", false),
            ("FR", "MC", false),
            ("US", "UY", false),
        ] {
            assert_eq!(share_banks(one, other), shared, "{one} {other}");
            assert_eq!(share_banks(other, one), shared, "{other} {one}");
        }
    }
}
