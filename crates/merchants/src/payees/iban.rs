//! International bank account numbers: ISO 13616, with each country's structure from the IBAN registry.

use super::country;

/// What follows the check digits, as the registry (release 101) writes it: `n` digits, `a` letters, `c` either. Two of
/// Brazil's parts are wider here, since its bank numbers and account types may hold letters.
const REGISTRY: &str = "\
    AD:8n,12c AE:19n AL:8n,16c AT:16n AZ:4a,20c BA:16n BE:12n BG:4a,6n,8c BH:4a,14c BI:23n BR:8c,15n,2c \
    BY:4c,4n,16c CH:5n,12c CR:18n CY:8n,16c CZ:20n DE:18n DJ:23n DK:14n DO:4c,20n EE:16n EG:25n ES:20n \
    FI:14n FK:2a,12n FO:14n FR:10n,11c,2n GB:4a,14n GE:2a,16n GI:4a,15c GL:14n GR:7n,16c GT:24c HN:4a,20n \
    HR:17n HU:24n IE:4a,14n IL:19n IQ:4a,15n IS:22n IT:1a,10n,12c JO:4a,4n,18c KW:4a,22c KZ:3n,13c \
    LB:4n,20c LC:4a,24c LI:5n,12c LT:16n LU:3n,13c LV:4a,13c LY:21n MC:10n,11c,2n MD:20c ME:18n \
    MK:3n,10c,2n MN:16n MR:23n MT:4a,5n,18c MU:4a,19n,3a NI:4a,20n NL:4a,10n NO:11n OM:3n,16c PK:4a,16c \
    PL:24n PS:4a,21c PT:21n QA:4a,21c RO:4a,16c RS:18n RU:14n,15c SA:2n,18c SC:4a,20n,3a SD:14n SE:20n \
    SI:15n SK:20n SM:1a,10n,12c SO:19n ST:21n SV:4a,20n TL:19n TN:20n TR:6n,16c UA:6n,19c VA:18n VG:4a,16n \
    XK:16n YE:4a,4n,18c";

/// Why a number is no IBAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("must be an IBAN: two letters of the country, two check digits, then the account")]
    Form,
    #[error("must have {0} characters, as every IBAN of its country")]
    Length(usize),
    #[error("is not made as the IBANs of its country: letters and digits stand in the wrong places")]
    Structure,
    #[error("has wrong check digits: it is not the IBAN that was meant")]
    CheckDigits,
}

/// The country whose IBANs are used in `country`; none where there are no IBANs.
pub(super) fn issuer(country: &str) -> Option<&'static str> {
    let find = |wanted: &dyn Fn(&str) -> bool| registry().map(|(code, _)| code).find(|code| wanted(code));
    find(&|code| code == country).or_else(|| find(&|code| country::share_banks(code, country)))
}

/// Whether a number, normalised, can only be meant as an IBAN.
pub(super) fn looks_like(number: &str) -> bool {
    let head = number.get(..4).map(str::as_bytes);
    let formed = head.is_some_and(|h| h.iter().skip(2).all(u8::is_ascii_digit));
    // The shortest is Norway's.
    formed && number.len() >= 15 && structure(number).is_some()
}

/// The country of an IBAN, normalised.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(number: &str) -> Result<&str, Fault> {
    let (Some(country), Some(digits), Some(account)) = (number.get(..2), number.get(2..4), number.get(4..))
    else {
        return Err(Fault::Form);
    };
    let structure = structure(number).ok_or(Fault::Form)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Form);
    }
    let length: usize = parts(structure).map(|(count, _)| count).sum();
    if account.len() != length {
        return Err(Fault::Length(length + 4));
    }
    if !follows(account, structure) {
        return Err(Fault::Structure);
    }
    // 98 − remainder is never outside this range: 00, 01 and 99 would be second names of the same account.
    let made = ("02"..="98").contains(&digits);
    if !made || remainder(account.chars().chain(number.chars().take(4))) != Some(1) {
        return Err(Fault::CheckDigits);
    }
    Ok(country)
}

fn structure(number: &str) -> Option<&'static str> {
    let country = number.get(..2)?;
    registry().find(|(code, _)| *code == country).map(|(_, structure)| structure)
}

fn registry() -> impl Iterator<Item = (&'static str, &'static str)> {
    REGISTRY.split(' ').filter_map(|entry| entry.split_once(':'))
}

fn parts(structure: &str) -> impl Iterator<Item = (usize, char)> {
    structure.split(',').filter_map(|part| {
        let kind = part.chars().last()?;
        Some((part.trim_end_matches(kind).parse().ok()?, kind))
    })
}

fn follows(account: &str, structure: &str) -> bool {
    let mut rest = account.bytes();
    let mut kinds = parts(structure).flat_map(|(count, kind)| std::iter::repeat_n(kind, count));
    let fits = |byte: u8, kind| match kind {
        'n' => byte.is_ascii_digit(),
        'a' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
    };
    kinds.all(|kind| rest.next().is_some_and(|byte| fits(byte, kind))) && rest.next().is_none()
}

/// ISO 7064 MOD 97-10, letters counted as two digits (A is 10).
fn remainder(characters: impl Iterator<Item = char>) -> Option<u32> {
    let mut remainder = 0;
    for character in characters {
        let value = character.to_digit(36)?;
        remainder = if value < 10 { remainder * 10 + value } else { remainder * 100 + value } % 97;
    }
    Some(remainder)
}

#[cfg(test)]
mod tests;
