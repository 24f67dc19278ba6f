//! Headers of Standard Webhooks. Input: a line each for id, timestamp and signature, then the body. What is taken
//! for the bank's must be exactly what the bank's key signs.

#![no_main]

use std::time::Duration;

use bank::signing::standard_webhooks::{
    ID, SIGNATURE, Signer, SigningKey, TIMESTAMP, Verifier, VerifyingKey,
};
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use libfuzzer_sys::fuzz_target;

/// The specification's example.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: i64 = 1_614_265_330;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(4, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [ID, TIMESTAMP, SIGNATURE] {
        let Ok(value) = HeaderValue::from_bytes(parts.next().unwrap_or_default()) else { return };
        headers.insert(name, value);
    }
    let body = parts.next().unwrap_or_default();
    let key = VerifyingKey::parse("k1", SECRET).expect("a key");
    let verifier = Verifier::new(vec![key], Duration::from_secs(300));
    let Ok(verified) = verifier.verify(&headers, body, NOW) else { return };
    assert!((NOW - 300..=NOW + 300).contains(&verified.timestamp) && verified.key_id == "k1");
    let signer = Signer::new(vec![SigningKey::parse(SECRET).expect("a key")]);
    let signed = signer.headers(&verified.event_id, verified.timestamp, body).expect("can be signed");
    for (name, value) in signed {
        let header: &[u8] = headers[&*name].as_bytes();
        let parts = || header.split(|byte| *byte == b' ');
        assert!(parts().any(|part| part == value.as_bytes()), "{name} is not what was signed");
    }
});
