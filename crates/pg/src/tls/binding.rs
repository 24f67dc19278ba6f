//! Channel binding: a password's proof holds for this server's certificate only, so that nobody between can pass it on.

use ring::digest::{self, Algorithm, SHA256, SHA384, SHA512};
use spki::der::asn1::AnyRef;
use spki::der::{Decode as _, Reader as _, SliceReader};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier};

/// How certificates are signed, and by which hash they are bound: that of the signature, and SHA-256 for the broken ones
/// (RFC 5929, section 4.1). Where the signature has no hash of its own (Ed25519), there is no binding.
const HASHES: [(ObjectIdentifier, &Algorithm); 9] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"), &SHA256), // MD5 with RSA
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), &SHA256), // SHA-1 with RSA
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"), &SHA256),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"), &SHA384),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"), &SHA512),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), &SHA256), // ECDSA with SHA-1
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), &SHA256),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), &SHA384),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), &SHA512),
];

/// `tls-server-end-point` of a certificate.
pub(super) fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let signed = signature_algorithm(certificate).ok()?;
    let (_, hash) = HASHES.iter().find(|(algorithm, _)| *algorithm == signed)?;
    Some(digest::digest(hash, certificate).as_ref().to_vec())
}

/// RFC 5280, section 4.1: what is signed, by which algorithm, the signature.
fn signature_algorithm(certificate: &[u8]) -> Result<ObjectIdentifier, spki::der::Error> {
    SliceReader::new(certificate)?.sequence(|fields| {
        AnyRef::decode(fields)?;
        let algorithm = AlgorithmIdentifierRef::decode(fields)?;
        AnyRef::decode(fields)?;
        Ok(algorithm.oid)
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};

    use super::*;

    fn certificate(algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(vec!["db.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn r36_a_certificate_is_bound_by_the_hash_of_its_signature() {
        for (algorithm, hash) in
            [(&rcgen::PKCS_ECDSA_P256_SHA256, &SHA256), (&rcgen::PKCS_ECDSA_P384_SHA384, &SHA384)]
        {
            let certificate = certificate(algorithm);
            let expected = digest::digest(hash, &certificate).as_ref().to_vec();
            assert_eq!(server_end_point(&certificate), Some(expected));
        }
        assert_eq!(server_end_point(&certificate(&rcgen::PKCS_ED25519)), None);
    }

    #[test]
    fn what_is_no_certificate_binds_nothing() {
        let whole = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        for length in 0..whole.len() {
            assert_eq!(server_end_point(&whole[..length]), None, "{length}");
        }
    }
}
