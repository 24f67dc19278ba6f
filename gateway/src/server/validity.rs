//! When the server's certificate ends: nothing stops a server from showing one that has, and everybody refuses it then.

use rustls_pki_types::CertificateDer;
use time::{Date, Month, OffsetDateTime, Time};

use super::der::{after, element};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Until when it may be shown; none of a certificate that is not one.
pub fn end(certificate: &CertificateDer<'_>) -> Option<OffsetDateTime> {
    // Serial number, algorithm, issuer.
    let (_, validity, _) = element(after(certificate, 3)?)?;
    let (_, _, not_after) = element(validity)?;
    let (tag, text, _) = element(not_after)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    match tag {
        // RFC 5280, section 4.1.2.5.1: two digits, of the years 1950 to 2049.
        UTC_TIME if text.len() == 12 => {
            let year = number(text, 0, 2)?;
            moment(if year < 50 { 2000 + year } else { 1900 + year }, text.get(2..)?)
        }
        GENERALIZED_TIME if text.len() == 14 => moment(number(text, 0, 4)?, text.get(4..)?),
        _ => None,
    }
}

fn moment(year: u16, rest: &str) -> Option<OffsetDateTime> {
    let two = |at| number(rest, at, 2).and_then(|number| u8::try_from(number).ok());
    let date = Date::from_calendar_date(i32::from(year), Month::try_from(two(0)?).ok()?, two(2)?).ok()?;
    Some(OffsetDateTime::new_utc(date, Time::from_hms(two(4)?, two(6)?, two(8)?).ok()?))
}

fn number(text: &str, at: usize, digits: usize) -> Option<u16> {
    let text = text.get(at..at + digits)?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_end_is_read_in_both_of_its_forms() {
        let key = KeyPair::generate().expect("a key");
        for until in [
            datetime!(1999-12-31 23:59:59 UTC),
            datetime!(2026-12-06 07:08:09 UTC),
            datetime!(2049-12-31 23:59:59 UTC),
            datetime!(2050-01-01 00:00 UTC),
            datetime!(9999-12-31 23:59:59 UTC),
        ] {
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("params");
            params.not_before = datetime!(1970-01-01 00:00 UTC);
            params.not_after = until;
            let certificate = params.self_signed(&key).expect("a certificate");
            assert_eq!(end(certificate.der()), Some(until));
            // Cut anywhere: no end or that one, and no panic.
            for length in 0..certificate.der().len() {
                let cut = CertificateDer::from(certificate.der()[..length].to_vec());
                assert_eq!(end(&cut), None, "{length}");
            }
        }
    }
}
