//! How money reaches a payee: which scheme its account belongs to, and what that scheme says of its numbers.

use money::Currency;

use super::local::{self, Local};
use super::{FieldError, bic, china, country, iban};

/// The scheme by which a payee's bank and account are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// An IBAN; a BIC beside it is welcome, not needed.
    Iban,
    /// A BIC with an account number.
    Swift,
    /// An American routing number with an account number.
    Aba,
    /// A British sort code with an account number.
    Uk,
    /// A Japanese bank and branch code with an account number.
    Zengin,
    /// A Hong Kong bank code with branch and account.
    Hk,
    /// A Chinese bank code with an account number.
    Cnaps,
    /// A Chinese bank card.
    Card,
}

impl Scheme {
    const ALL: [Scheme; 8] = [
        Scheme::Iban,
        Scheme::Swift,
        Scheme::Aba,
        Scheme::Uk,
        Scheme::Zengin,
        Scheme::Hk,
        Scheme::Cnaps,
        Scheme::Card,
    ];

    /// The name in the contract and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Iban => "iban",
            Scheme::Swift => "swift",
            Scheme::Aba => "aba",
            Scheme::Uk => "uk",
            Scheme::Zengin => "zengin",
            Scheme::Hk => "hk",
            Scheme::Cnaps => "cnaps",
            Scheme::Card => "card",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Scheme> {
        Scheme::ALL.into_iter().find(|scheme| scheme.as_str() == name)
    }

    /// The currencies that a domestic scheme settles; none where it is not bound to any.
    fn currencies(self) -> Option<&'static [&'static str]> {
        match self {
            Scheme::Aba => Some(&["USD"]),
            Scheme::Uk => Some(&["GBP"]),
            Scheme::Zengin => Some(&["JPY"]),
            Scheme::Hk => Some(&["HKD", "CNY", "USD"]),
            Scheme::Iban | Scheme::Swift | Scheme::Cnaps | Scheme::Card => None,
        }
    }
}

/// What looks wrong with a payee and is no reason to refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Banks number some accounts as cards are numbered, without a check digit.
    CardCheckDigit,
    /// Some banks' published codes break the rule.
    BankCodeCheckDigit,
    /// An account in China that is no card's, without its bank.
    BankCodeMissing,
    /// A domestic code, for a currency that the domestic scheme doesn't settle.
    OtherCurrency,
}

impl Warning {
    const ALL: [Warning; 4] = [
        Warning::CardCheckDigit,
        Warning::BankCodeCheckDigit,
        Warning::BankCodeMissing,
        Warning::OtherCurrency,
    ];

    /// The name in the database.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Warning::CardCheckDigit => "card_check_digit",
            Warning::BankCodeCheckDigit => "bank_code_check_digit",
            Warning::BankCodeMissing => "bank_code_missing",
            Warning::OtherCurrency => "other_currency",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Warning> {
        Warning::ALL.into_iter().find(|warning| warning.as_str() == name)
    }

    /// The field that it is about.
    pub fn field(self) -> &'static str {
        match self {
            Warning::CardCheckDigit => "account_number",
            Warning::BankCodeCheckDigit | Warning::BankCodeMissing | Warning::OtherCurrency => "bank_code",
        }
    }

    /// In words, without quoting the number.
    pub fn message(self) -> &'static str {
        match self {
            Warning::CardCheckDigit => "if this is a bank card's number, its check digit is wrong",
            Warning::BankCodeCheckDigit => "the check digit of this CNAPS code is wrong",
            Warning::BankCodeMissing => {
                "an account that is not a bank card's may not be found without a CNAPS code"
            }
            Warning::OtherCurrency => "this code may not reach the bank in the payee's currency: a BIC does",
        }
    }
}

/// Where a payee's account is said to be. Number and code are normalised.
#[derive(Debug, Clone, Copy)]
pub(super) struct Destination<'a> {
    pub country: &'a str,
    pub currency: Currency,
    pub number: &'a str,
    pub code: Option<&'a str>,
}

/// R21: the scheme of a destination, and what looks wrong with it.
///
/// # Errors
/// Every field that can't be right.
pub(super) fn judge(to: &Destination<'_>) -> Result<(Scheme, Vec<Warning>), Vec<FieldError>> {
    let scheme = scheme_of(to).map_err(|error| vec![error])?;
    let errors = match scheme {
        Scheme::Iban => iban_errors(to),
        Scheme::Swift => bic_errors(to.country, to.code).into_iter().collect(),
        Scheme::Aba => local_errors(Local::Aba, to),
        Scheme::Uk => local_errors(Local::SortCode, to),
        Scheme::Zengin => local_errors(Local::Zengin, to),
        Scheme::Hk => local_errors(Local::Clearing, to),
        Scheme::Cnaps | Scheme::Card => china_errors(to),
    };
    if errors.is_empty() { Ok((scheme, warnings(scheme, to))) } else { Err(errors) }
}

fn scheme_of(to: &Destination<'_>) -> Result<Scheme, FieldError> {
    if iban::looks_like(to.number) {
        return Ok(Scheme::Iban);
    }
    if to.country == "CN" {
        return in_china(to);
    }
    let domestic = match to.code {
        Some(code) if local::digits(code) => domestic_scheme(to.country),
        _ => None,
    };
    match (domestic, iban::issuer(to.country), to.code) {
        (Some(scheme), _, _) => Ok(scheme),
        (None, Some(_), _) => Ok(Scheme::Iban),
        (None, None, Some(_)) => Ok(Scheme::Swift),
        (None, None, None) => Err(error("bank_code", "must name the bank: its BIC, or its domestic code")),
    }
}

/// Whose banks can be named in digits alone.
fn domestic_scheme(country: &str) -> Option<Scheme> {
    let served = [("US", Scheme::Aba), ("GB", Scheme::Uk), ("JP", Scheme::Zengin), ("HK", Scheme::Hk)];
    served.into_iter().find(|(by, _)| country::share_banks(by, country)).map(|(_, scheme)| scheme)
}

fn in_china(to: &Destination<'_>) -> Result<Scheme, FieldError> {
    let yuan = to.currency == Currency::CNY;
    match to.code {
        _ if china::is_card(to.number) && (yuan || to.code.is_none()) => Ok(Scheme::Card),
        Some(code) if bic::country(code).is_some() => Ok(Scheme::Swift),
        None if !yuan => Err(error("bank_code", "must name the bank: its CNAPS code, or its BIC")),
        _ => Ok(Scheme::Cnaps),
    }
}

fn iban_errors(to: &Destination<'_>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let issued_in = match iban::check(to.number) {
        Ok(country) if country::share_banks(country, to.country) => country,
        Ok(_) => {
            errors.push(error("account_number", "is an IBAN of another country than the payee's"));
            to.country
        }
        Err(fault) => {
            errors.push(FieldError { field: "account_number", message: fault.to_string() });
            to.country
        }
    };
    if to.code.is_some() {
        errors.extend(bic_errors(issued_in, to.code));
    }
    errors
}

fn bic_errors(country: &str, code: Option<&str>) -> Option<FieldError> {
    match code.and_then(bic::country) {
        None => Some(error("bank_code", "must be a BIC: 8 or 11 letters and digits (ISO 9362)")),
        Some(found) if !country::share_banks(found, country) => {
            Some(error("bank_code", "is the BIC of a bank in another country than the account's"))
        }
        Some(_) => None,
    }
}

fn local_errors(local: Local, to: &Destination<'_>) -> Vec<FieldError> {
    let code = to.code.and_then(|code| local.code_fault(code)).map(|fault| error("bank_code", fault));
    let number = local.number_fault(to.number).map(|fault| error("account_number", fault));
    number.into_iter().chain(code).collect()
}

fn china_errors(to: &Destination<'_>) -> Vec<FieldError> {
    let fault = match to.code {
        None => None,
        Some(code) if china::is_cnaps(code) => None,
        Some(code) if bic::country(code).is_some() => bic_errors(to.country, to.code),
        Some(_) => Some(error("bank_code", "must be a CNAPS code of 12 digits, or a BIC")),
    };
    fault.into_iter().collect()
}

fn warnings(scheme: Scheme, to: &Destination<'_>) -> Vec<Warning> {
    let code = to.code.filter(|code| china::is_cnaps(code));
    let chinese = matches!(scheme, Scheme::Card | Scheme::Cnaps);
    let settles = |settled: &[&str]| settled.contains(&to.currency.code());
    let found = [
        (Warning::CardCheckDigit, scheme == Scheme::Card && !china::card_fits(to.number)),
        (Warning::BankCodeCheckDigit, chinese && code.is_some_and(|code| !china::cnaps_fits(code))),
        (Warning::BankCodeMissing, scheme == Scheme::Cnaps && to.code.is_none()),
        (Warning::OtherCurrency, scheme.currencies().is_some_and(|settled| !settles(settled))),
    ];
    found.into_iter().filter(|(_, found)| *found).map(|(warning, _)| warning).collect()
}

fn error(field: &'static str, message: &str) -> FieldError {
    FieldError { field, message: message.to_owned() }
}

#[cfg(test)]
mod tests;
