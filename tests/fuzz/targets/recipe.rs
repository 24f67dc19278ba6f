//! Signatures by recipe. Input: a line each for the template of what is signed, the signature's header, the
//! timestamp and the id, then the body. What our signer signs verifies; nothing else does.

#![no_main]

use std::time::Duration;

use bank::signing::recipe::{Encoding, EventId, Layout, Recipe, Signer, TimestampSource, Unit, Verifier};
use bank::signing::{RecipeKey, RecipeSigningKey};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_764_000_000;
const TOLERANCE: Duration = Duration::from_secs(300);

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(5, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let Ok(template) = std::str::from_utf8(part()) else { return };
    let values = [("x-signature", part()), ("x-timestamp", part()), ("x-id", part())];
    let body = part();
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        let Ok(value) = HeaderValue::from_bytes(value) else { return };
        headers.insert(HeaderName::from_static(name), value);
    }
    for recipe in recipes(template) {
        let key = RecipeKey::hmac("k1", SECRET).expect("a key");
        let verifier = Verifier::new(recipe.clone(), vec![key], TOLERANCE);
        // Without the secret nothing verifies.
        assert!(verifier.verify(&headers, body, NOW).is_err());
        let signer = Signer::new(recipe, RecipeSigningKey::hmac(SECRET).expect("a key"));
        let mut signed = HeaderMap::new();
        for (name, value) in signer.headers("evt", NOW, body) {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            signed.insert(name, HeaderValue::from_str(&value).expect("a value"));
        }
        let verified = verifier.verify(&signed, body, NOW).expect("what was signed verifies");
        assert!(!verified.event_id.is_empty() && verified.timestamp == NOW);
        let longer = [body, b"!"].concat();
        assert!(verifier.verify(&signed, &longer, NOW).is_err());
    }
});

/// Every layout that this template can have.
fn recipes(template: &str) -> Vec<Recipe> {
    let pairs = || Layout::Pairs { signature: "v1".into() };
    let in_header = |unit| Some((TimestampSource::Header("x-timestamp".into()), unit));
    let in_pair = Some((TimestampSource::Pair("t".into()), Unit::Seconds));
    let made = [
        Recipe::new("x-signature", Encoding::Hex, Layout::Bare, None, EventId::BodyHash, template),
        Recipe::new(
            "x-signature",
            Encoding::Hex,
            Layout::Bare,
            in_header(Unit::Milliseconds),
            EventId::Field("id".into()),
            template,
        ),
        Recipe::new(
            "x-signature",
            Encoding::Base64,
            pairs(),
            in_header(Unit::Seconds),
            EventId::Header("x-id".into()),
            template,
        ),
        Recipe::new("x-signature", Encoding::Hex, pairs(), in_pair, EventId::BodyHash, template),
    ];
    made.into_iter().flatten().collect()
}
