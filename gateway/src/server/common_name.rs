//! The common names of a certificate's subject (RFC 5280, section 4.1), of which the TLS library says nothing.

use rustls_pki_types::CertificateDer;

use super::der::{after, element};

/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const IA5: u8 = 0x16;

/// Those that are written as text that we read; none of a certificate that is not one.
pub fn common_names<'c>(certificate: &'c CertificateDer<'_>) -> Vec<&'c str> {
    subject(certificate).and_then(names).unwrap_or_default()
}

fn subject(certificate: &[u8]) -> Option<&[u8]> {
    // Serial number, algorithm, issuer, validity.
    element(after(certificate, 4)?).map(|(_, subject, _)| subject)
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
