//! Texts of keys, from configuration: read or refused; what signs verifies.

#![no_main]

use std::time::Duration;

use bank::signing::standard_webhooks::{Signer, SigningKey, Verifier, VerifyingKey};
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = VerifyingKey::parse("k", text);
    let Ok(signing) = SigningKey::parse(text) else { return };
    let public = signing.verifying_text().unwrap_or_else(|| text.to_owned());
    let verifying = VerifyingKey::parse("k", &public).expect("the other half of a key");
    let mut headers = HeaderMap::new();
    for (name, value) in Signer::new(vec![signing]).headers("id", 1, b"body").expect("can be signed") {
        headers.insert(name, HeaderValue::from_str(&value).expect("a header"));
    }
    let verifier = Verifier::new(vec![verifying], Duration::from_secs(1));
    assert!(verifier.verify(&headers, b"body", 1).is_ok());
    assert!(verifier.verify(&headers, b"bodx", 1).is_err());
});
