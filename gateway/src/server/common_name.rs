//! The common names of a certificate's subject (RFC 5280, section 4.1), of which the TLS library says nothing.

use rustls_pki_types::CertificateDer;

/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// The explicit version, which stands first or not at all.
const VERSION: u8 = 0xa0;
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const IA5: u8 = 0x16;

/// Those that are written as text that we read; none of a certificate that is not one.
pub fn common_names<'c>(certificate: &'c CertificateDer<'_>) -> Vec<&'c str> {
    subject(certificate).and_then(names).unwrap_or_default()
}

fn subject(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&VERSION) {
        fields = element(fields)?.2;
    }
    // Serial number, algorithm, issuer, validity.
    for _ in 0..4 {
        fields = element(fields)?.2;
    }
    element(fields).map(|(_, subject, _)| subject)
}

/// A sequence of sets of (type, value).
fn names(mut subject: &[u8]) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    while !subject.is_empty() {
        let (_, mut set, rest) = element(subject)?;
        subject = rest;
        while !set.is_empty() {
            let (_, attribute, rest) = element(set)?;
            set = rest;
            let (_, kind, value) = element(attribute)?;
            let (tag, text, _) = element(value)?;
            if kind == COMMON_NAME && matches!(tag, UTF8 | PRINTABLE | IA5) {
                found.extend(std::str::from_utf8(text));
            }
        }
    }
    Some(found)
}

/// The first DER element: its tag, its content, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    #[test]
    fn common_names_are_read_and_nothing_else_of_the_subject_is() {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["dns.example".to_owned()]).expect("params");
        params.distinguished_name.push(DnType::OrganizationName, "Hanseatic");
        params.distinguished_name.push(DnType::CommonName, "events of Hanseatic ü");
        params.distinguished_name.push(DnType::OrganizationalUnitName, "x".repeat(200));
        let certificate = params.self_signed(&key).expect("a certificate");
        assert_eq!(common_names(certificate.der()), ["events of Hanseatic ü"]);

        let none = CertificateParams::new(vec!["dns.example".to_owned()]).expect("params");
        let none = none.self_signed(&key).expect("a certificate");
        assert!(!common_names(none.der()).contains(&"dns.example"));
        // Cut anywhere: no name or that name, and no panic.
        for length in 0..certificate.der().len() {
            let cut = CertificateDer::from(certificate.der()[..length].to_vec());
            let found = common_names(&cut).len();
            assert!(found <= 1, "{length}");
        }
    }
}
