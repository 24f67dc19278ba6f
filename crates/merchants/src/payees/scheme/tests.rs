use super::*;

const IBAN: &str = "DE89370400440532013000";
const CARD: &str = "6200000000000005";
const CNAPS: &str = "102100099996";

fn judged(country: &str, currency: &str, number: &str, code: &str) -> Result<Scheme, Vec<&'static str>> {
    all(country, currency, number, code).map(|(scheme, _)| scheme)
}

fn all(
    country: &str,
    currency: &str,
    number: &str,
    code: &str,
) -> Result<(Scheme, Vec<Warning>), Vec<&'static str>> {
    let currency = Currency::parse(currency).unwrap();
    let code = Some(code).filter(|code| !code.is_empty());
    judge(&Destination { country, currency, number, code })
        .map_err(|errors| errors.into_iter().map(|error| error.field).collect())
}

#[test]
fn r21_country_currency_and_bank_code_decide_the_scheme() {
    for (country, currency, number, code, scheme) in [
        ("DE", "EUR", IBAN, "", Scheme::Iban),
        ("DE", "EUR", IBAN, "COBADEFF", Scheme::Iban),
        ("DE", "USD", IBAN, "COBADEFFXXX", Scheme::Iban),
        ("GB", "GBP", "GB29NWBK60161331926819", "", Scheme::Iban),
        ("JE", "GBP", "GB29NWBK60161331926819", "NWBKJESX", Scheme::Iban),
        ("RE", "EUR", "FR1420041010050500013M02606", "AGRIREREXXX", Scheme::Iban),
        ("GB", "GBP", "31926819", "601613", Scheme::Uk),
        ("IM", "GBP", "31926819", "601613", Scheme::Uk),
        ("US", "USD", "4009915566", "CHASUS33", Scheme::Swift),
        ("US", "USD", "123456780001", "021000021", Scheme::Aba),
        ("PR", "USD", "123456780001", "021000021", Scheme::Aba),
        ("PR", "USD", "123456780001", "CHASUS33", Scheme::Swift),
        ("JP", "JPY", "1234567", "0001123", Scheme::Zengin),
        ("JP", "JPY", "123456780001", "MHCBJPJT", Scheme::Swift),
        ("HK", "HKD", "123456789", "004", Scheme::Hk),
        ("HK", "CNY", "123456789", "HSBCHKHH", Scheme::Swift),
        ("SG", "SGD", "1234567890", "DBSSSGSG", Scheme::Swift),
        ("CN", "CNY", CARD, "", Scheme::Card),
        ("CN", "CNY", CARD, CNAPS, Scheme::Card),
        ("CN", "CNY", CARD, "ICBKCNBJ", Scheme::Card),
        ("CN", "CNY", "622202020001", CNAPS, Scheme::Cnaps),
        ("CN", "CNY", "622202020001", "ICBKCNBJ", Scheme::Swift),
        ("CN", "CNY", "622202020001", "", Scheme::Cnaps),
        ("CN", "USD", CARD, CNAPS, Scheme::Cnaps),
        ("CN", "USD", CARD, "", Scheme::Card),
        ("CN", "USD", "622200000001", CNAPS, Scheme::Cnaps),
        ("CN", "USD", "622200000001", "ICBKCNBJ", Scheme::Swift),
    ] {
        assert_eq!(
            judged(country, currency, number, code),
            Ok(scheme),
            "{country} {currency} {number} {code}"
        );
    }
}

#[test]
fn r21_each_refusal_names_its_field() {
    let number = &["account_number"][..];
    let code = &["bank_code"][..];
    for (country, currency, account, bank_code, fields) in [
        // IBANs: check digits, length, country, none where one is needed.
        ("DE", "EUR", "DE89370400440532013001", "", number),
        ("DE", "EUR", "DE8937040044053201300", "", number),
        ("FR", "EUR", IBAN, "", number),
        ("US", "USD", IBAN, "CHASUS33", number),
        ("CN", "CNY", IBAN, "", number),
        ("DE", "EUR", "532013000", "COBADEFF", number),
        ("GB", "GBP", "31926819", "NWBKGB2L", number),
        ("GB", "GBP", "31926819", "", number),
        // BICs: shape, country.
        ("DE", "EUR", IBAN, "COBADEF", code),
        ("DE", "EUR", IBAN, "37040044", code),
        ("DE", "EUR", IBAN, "COBAZZFF", code),
        ("DE", "EUR", IBAN, "CHASUS33", code),
        ("DE", "EUR", "DE89370400440532013001", "COBADEF", &["account_number", "bank_code"]),
        ("SG", "SGD", "1234567890", "", code),
        ("SG", "SGD", "1234567890", "7171", code),
        ("SG", "SGD", "1234567890", "DBSSHKHH", code),
        // Domestic codes.
        ("US", "USD", "1234567890", "", code),
        ("US", "USD", "1234567890", "021000022", code),
        ("US", "USD", "1234567890", "02100002", code),
        ("US", "USD", "1234567890", "021000021X", code),
        ("US", "USD", "12345ABC", "021000021", number),
        ("GB", "GBP", "31926819", "60161", code),
        ("GB", "GBP", "3192681", "601613", number),
        ("JP", "JPY", "1234567", "0001", code),
        ("JP", "JPY", "12345678", "0001123", number),
        ("HK", "HKD", "12345678", "04", &["account_number", "bank_code"]),
        // China.
        ("CN", "CNY", "622202020001", "10210009999", code),
        ("CN", "CNY", CARD, "1021000999960", code),
        ("CN", "CNY", CARD, "CHASUS33", code),
        ("CN", "CNY", "622202020001", "CHASUS33", code),
        ("CN", "USD", "622202020001", "", code),
    ] {
        let refused = judged(country, currency, account, bank_code);
        assert_eq!(refused, Err(fields.to_vec()), "{country} {currency} {account} {bank_code}");
    }
}

#[test]
fn r21_what_looks_wrong_is_a_warning() {
    for (country, currency, number, code, expected) in [
        ("CN", "CNY", CARD, CNAPS, &[][..]),
        ("CN", "CNY", "6222020200001230001", CNAPS, &[Warning::CardCheckDigit]),
        (
            "CN",
            "CNY",
            "6222020200001230001",
            "102100099995",
            &[Warning::CardCheckDigit, Warning::BankCodeCheckDigit],
        ),
        ("CN", "CNY", "622202020001", "102100099995", &[Warning::BankCodeCheckDigit]),
        ("CN", "CNY", "622202020001", "", &[Warning::BankCodeMissing]),
        ("CN", "USD", "6222020200001230001", CNAPS, &[]),
        ("US", "USD", "1234567890", "021000021", &[]),
        ("US", "EUR", "1234567890", "021000021", &[Warning::OtherCurrency]),
        ("US", "EUR", "1234567890", "CHASUS33", &[]),
        ("GB", "USD", "31926819", "601613", &[Warning::OtherCurrency]),
        ("HK", "CNY", "123456789", "004", &[]),
        ("DE", "USD", IBAN, "", &[]),
    ] {
        let (_, warnings) = all(country, currency, number, code).unwrap();
        assert_eq!(warnings, expected, "{country} {currency} {number} {code}");
    }
}

#[test]
fn names_in_the_database_read_back() {
    for scheme in Scheme::ALL {
        assert_eq!(Scheme::parse(scheme.as_str()), Some(scheme));
    }
    for warning in Warning::ALL {
        assert_eq!(Warning::parse(warning.as_str()), Some(warning));
        assert!(["account_number", "bank_code"].contains(&warning.field()));
    }
    assert_eq!((Scheme::parse("IBAN"), Warning::parse("")), (None, None));
}
