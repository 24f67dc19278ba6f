//! Signatures by recipe, against vectors of independent tools. Each was computed twice, by openssl and by Python's hmac
//! or hashlib; how stands beside it. BODY is `{"id":"evt_1","type":"funds.received"}` without a line end, SECRET the key.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use bank::signing::recipe::{Encoding, EventId, Layout, Recipe, Signer, TimestampSource, Unit, Verifier};
use bank::signing::{BadKey, RecipeKey, RecipeSigningKey, Refusal, Verified};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

const BODY: &[u8] = br#"{"id":"evt_1","type":"funds.received"}"#;
const SECRET: &str = "a-secret-of-twenty-four-chars";
const AT: i64 = 1_764_000_000;
const TOLERANCE: Duration = Duration::from_secs(300);

/// `openssl dgst -sha256 -hmac SECRET -hex body.json`
const BODY_HEX: &str = "f23444b24a7782dbcc6c036496401006b46533522a8f88dc2a80cb978be82840";
/// `openssl dgst -sha256 -hmac SECRET -binary body.json | base64`
const BODY_BASE64: &str = "8jREskp3gtvMbANklkAQBrRlM1Iqj4jcKoDLl4voKEA=";
/// `(printf 1764000000123; cat body.json) | openssl dgst -sha256 -hmac SECRET -hex`
const MILLIS_HEX: &str = "48cf9409698f27f2a6539cfdfb6292b3004de657d96d446a05da6c2e4077ba16";
/// `(printf 1764000000.; cat body.json) | openssl dgst -sha256 -hmac SECRET -hex`
const DOTTED_HEX: &str = "07b83e0f99c388eb67259eccc18d23aaabfeb575f9cdc7161c37c7262335267c";
/// `openssl dgst -sha256 -sign rsa.pem body.json | base64 -w0`, the key by `openssl genrsa 2048`
const RSA_BASE64: &str = "LqbbI540xtkqE/ddc14uPGy+iOB5n8ume2ehop70fecG5Cv5bZ6Q4hUdZsURJLpTK0yiKEJO2VRQVCCoIYdzmKA+nBO8CQ/g0S73D1gKldgcm+E3O1tokBbr1kguAPOo9Ds7ee+5NAyK8NRWRodDsLKzvl80ZrDPMUwKYdG6ldmBP9VIzGRda/UP51zXUfrqcfhI7W2+anG/PI7u4+1pd0xjASTC/dySlPb/ZdIB4LGZ/RuuFqX6deeWVgbgFMSsfS+xC/GqCnDqNDzA49ktAvdeWcFSd715sAJdyziwKsw6SCyU38/UUnyJH3v388hG/vdWqoxrkbiMbvpnO5EDpg==";
/// `openssl rsa -in rsa.pem -pubout`
const RSA_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzjzWi6Y9xtQAf9YY4aOn
2i1QHoNWaZQHYGKsAQ/BG1n7EZbs78cUbkVMs3Ipgaw9UFK2MB2TvtBPDS3KOWfi
z5tLQ0IsVKJ+pO6jCW90xvgnm6qf0lRRSW7RvZg9QgdMcmsVQM2Rl7r8CMczmPUg
HqeCA0NcheF0c9wFZsz+bPLhWW+FPK3qxrZ3wMINFpCTlOvg9OIaALIRrN0gFsCG
XTJ/99lTGGfZsua+RGljAUyKfTkX7BjZDcSVSoTqA+1OBOH29sXMwq8BrcRifTCd
YqAvRhQV0jGQoKdaDRgz3SYNZynIfKQ7a5SvnMN6c/AOlAkav2sxm5aCBEvjU8cZ
NwIDAQAB
-----END PUBLIC KEY-----";
/// Its modulus: `openssl rsa -in rsa.pem -noout -modulus`, as base64url by Python
const RSA_N: &str = "zjzWi6Y9xtQAf9YY4aOn2i1QHoNWaZQHYGKsAQ_BG1n7EZbs78cUbkVMs3Ipgaw9UFK2MB2TvtBPDS3KOWfiz5tLQ0IsVKJ-pO6jCW90xvgnm6qf0lRRSW7RvZg9QgdMcmsVQM2Rl7r8CMczmPUgHqeCA0NcheF0c9wFZsz-bPLhWW-FPK3qxrZ3wMINFpCTlOvg9OIaALIRrN0gFsCGXTJ_99lTGGfZsua-RGljAUyKfTkX7BjZDcSVSoTqA-1OBOH29sXMwq8BrcRifTCdYqAvRhQV0jGQoKdaDRgz3SYNZynIfKQ7a5SvnMN6c_AOlAkav2sxm5aCBEvjU8cZNw";
/// `sha256sum body.json`
const BODY_SHA256: &str = "5b56bf68f430bf9d1c0de7b4f540f9f6ff4d44316795ee06c2f65a8d61480626";

fn hmac(recipe: &Recipe) -> Verifier {
    Verifier::new(recipe.clone(), vec![RecipeKey::hmac("k", SECRET).unwrap()], TOLERANCE)
}

fn recipe(
    header: &str,
    encoding: Encoding,
    layout: Layout,
    timestamp: Option<(TimestampSource, Unit)>,
    event_id: EventId,
    signed: &str,
) -> Recipe {
    Recipe::new(header, encoding, layout, timestamp, event_id, signed).unwrap()
}

fn in_body() -> EventId {
    EventId::Field("id".into())
}

fn bare_hex() -> Recipe {
    recipe("x-signature", Encoding::Hex, Layout::Bare, None, in_body(), "{body}")
}

fn millis() -> Recipe {
    let timestamp = (TimestampSource::Header("x-timestamp".into()), Unit::Milliseconds);
    recipe("x-signature", Encoding::Hex, Layout::Bare, Some(timestamp), in_body(), "{timestamp}{body}")
}

fn pairs() -> Recipe {
    let layout = Layout::Pairs { signature: "v1".into() };
    let timestamp = (TimestampSource::Pair("t".into()), Unit::Seconds);
    recipe("stripe-signature", Encoding::Hex, layout, Some(timestamp), in_body(), "{timestamp}.{body}")
}

fn rsa() -> Recipe {
    let id = EventId::Header("x-delivery-id".into());
    recipe("x-signature-sha256", Encoding::Base64, Layout::Bare, None, id, "{body}")
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    map
}

fn verified(id: &str, key: &str, timestamp: i64) -> Result<Verified, Refusal> {
    Ok(Verified { event_id: id.into(), key_id: key.into(), timestamp })
}

/// A name, who verifies, and what was signed.
type Case = (&'static str, Verifier, Vec<(&'static str, String)>);

/// Every recipe with headers that an independent tool computed.
fn all() -> Vec<Case> {
    let base64 = recipe("x-signature", Encoding::Base64, Layout::Bare, None, EventId::BodyHash, "{body}");
    let rsa_keys = |key: RecipeKey| Verifier::new(rsa(), vec![key], TOLERANCE);
    let jwk = format!(r#"{{"kty":"RSA","n":"{RSA_N}","e":"AQAB"}}"#);
    let rsa_headers =
        || vec![("x-signature-sha256", RSA_BASE64.to_owned()), ("x-delivery-id", "evt_1".to_owned())];
    vec![
        ("body, hex", hmac(&bare_hex()), vec![("x-signature", BODY_HEX.to_owned())]),
        ("body, base64", hmac(&base64), vec![("x-signature", BODY_BASE64.to_owned())]),
        (
            "milliseconds and body",
            hmac(&millis()),
            vec![("x-signature", MILLIS_HEX.to_owned()), ("x-timestamp", "1764000000123".to_owned())],
        ),
        ("pairs", hmac(&pairs()), vec![("stripe-signature", format!("t=1764000000,v1={DOTTED_HEX}"))]),
        ("RSA, PEM", rsa_keys(RecipeKey::rsa("k", RSA_PEM).unwrap()), rsa_headers()),
        ("RSA, JWK", rsa_keys(RecipeKey::rsa("k", &jwk).unwrap()), rsa_headers()),
    ]
}

fn map_of(pairs: &[(&'static str, String)]) -> HeaderMap {
    headers(&pairs.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

#[test]
fn r1_what_independent_tools_signed_verifies() {
    for (case, verifier, headers) in all() {
        let expected = if case == "body, base64" { format!("sha256-{BODY_SHA256}") } else { "evt_1".into() };
        assert_eq!(verifier.verify(&map_of(&headers), BODY, AT), verified(&expected, "k", AT), "{case}");
    }
}

#[test]
fn r1_one_flipped_bit_anywhere_is_refused() {
    for (case, verifier, pairs) in all() {
        for byte in 0..BODY.len() {
            for bit in 0..8 {
                let mut body = BODY.to_vec();
                body[byte] ^= 1 << bit;
                let refused = verifier.verify(&map_of(&pairs), &body, AT);
                assert_eq!(refused, Err(Refusal::BadSignature), "{case}: bit {bit} of body byte {byte}");
            }
        }
        for (which, (name, value)) in pairs.iter().enumerate() {
            // An id that stands beside what is signed proves nothing by itself; the body's signature does.
            if *name == "x-delivery-id" {
                continue;
            }
            for byte in 0..value.len() {
                for bit in 0..7 {
                    let mut changed = value.clone().into_bytes();
                    changed[byte] ^= 1 << bit;
                    let same_hex = changed[byte].eq_ignore_ascii_case(&value.as_bytes()[byte]);
                    let Ok(changed) = String::from_utf8(changed) else { continue };
                    if same_hex || HeaderValue::from_str(&changed).is_err() {
                        continue;
                    }
                    let mut pairs = pairs.clone();
                    pairs[which].1 = changed.clone();
                    let refused = verifier.verify(&map_of(&pairs), BODY, AT);
                    assert!(refused.is_err(), "{case}: {name}: {changed}");
                }
            }
        }
    }
}

#[test]
fn r1_another_key_and_missing_or_doubled_headers_are_refused() {
    for (case, verifier, pairs) in all() {
        for (which, (name, value)) in pairs.iter().enumerate() {
            let mut without = pairs.clone();
            without.remove(which);
            let missing = Err(Refusal::MissingHeader((*name).into()));
            assert_eq!(verifier.verify(&map_of(&without), BODY, AT), missing, "{case}");
            let mut doubled = pairs.clone();
            doubled.push((*name, value.clone()));
            let malformed = Err(Refusal::MalformedHeader((*name).into()));
            assert_eq!(verifier.verify(&map_of(&doubled), BODY, AT), malformed, "{case}");
        }
    }
    let other = RecipeKey::hmac("other", "another-secret-of-some-length").unwrap();
    let verifier = Verifier::new(bare_hex(), vec![other], TOLERANCE);
    let signed = headers(&[("x-signature", BODY_HEX)]);
    assert_eq!(verifier.verify(&signed, BODY, AT), Err(Refusal::BadSignature));
}

#[test]
fn r1_while_keys_change_both_verify() {
    let keys = ["the-next-secret-of-this-bank", SECRET]
        .iter()
        .enumerate()
        .map(|(n, secret)| RecipeKey::hmac(&format!("k{n}"), secret).unwrap())
        .collect();
    let verifier = Verifier::new(pairs(), keys, TOLERANCE);
    let next = Signer::new(pairs(), RecipeSigningKey::hmac("the-next-secret-of-this-bank").unwrap());
    let old = format!("t=1764000000,v1={DOTTED_HEX}");
    assert_eq!(
        verifier.verify(&headers(&[("stripe-signature", &old)]), BODY, AT),
        verified("evt_1", "k1", AT)
    );
    let signed = next.headers("", AT, BODY);
    let both = format!("{},v1={DOTTED_HEX},v0=zz", signed[0].1);
    assert_eq!(
        verifier.verify(&headers(&[("stripe-signature", &both)]), BODY, AT),
        verified("evt_1", "k0", AT)
    );
}

#[test]
fn r1_a_timestamp_is_judged_in_both_directions_and_its_own_unit() {
    let signed = headers(&[("x-signature", MILLIS_HEX), ("x-timestamp", "1764000000123")]);
    for (now, taken) in [(AT + 300, true), (AT + 301, false), (AT - 300, true), (AT - 301, false)] {
        assert_eq!(hmac(&millis()).verify(&signed, BODY, now).is_ok(), taken, "{now}");
    }
    let late = hmac(&millis()).verify(&signed, BODY, AT + 301);
    assert_eq!(late, Err(Refusal::TimestampOutOfTolerance));
    for stamp in ["-1", "1e9", " 1764000000123", "", "1764000000123.", "9999999999999999999999"] {
        let pairs = headers(&[("x-signature", MILLIS_HEX), ("x-timestamp", stamp)]);
        assert!(hmac(&millis()).verify(&pairs, BODY, AT).is_err(), "{stamp:?}");
    }
    let twice = format!("t=1764000000,t=1764000001,v1={DOTTED_HEX}");
    assert!(hmac(&pairs()).verify(&headers(&[("stripe-signature", &twice)]), BODY, AT).is_err());
}

#[test]
fn the_signer_writes_what_the_tools_wrote() {
    let key = || RecipeSigningKey::hmac(SECRET).unwrap();
    let value = |recipe: Recipe| Signer::new(recipe, key()).headers("", AT, BODY)[0].1.clone();
    assert_eq!(value(bare_hex()), BODY_HEX);
    assert_eq!(value(pairs()), format!("t=1764000000,v1={DOTTED_HEX}"));
}

#[test]
fn an_event_without_an_id_of_its_own_is_known_by_its_bytes() {
    for body in [&b"<Document/>"[..], br#"{"id":7}"#, br#"{"id":"a.b"}"#, br#"{"type":"x"}"#] {
        let signer = Signer::new(bare_hex(), RecipeSigningKey::hmac(SECRET).unwrap());
        let signed = signer.headers("", AT, body);
        let map = headers(&[(&signed[0].0, &signed[0].1)]);
        let id = hmac(&bare_hex()).verify(&map, body, AT).unwrap().event_id;
        assert!(id.starts_with("sha256-") && id.len() == 71, "{id}");
    }
}

#[test]
fn a_recipe_that_leaves_a_doubt_is_refused() {
    let header = || Some((TimestampSource::Header("x-t".into()), Unit::Seconds));
    let id = || EventId::Header("x-id".into());
    type Row = (&'static str, Option<(TimestampSource, Unit)>, EventId, bool);
    let table: [Row; 10] = [
        ("{body}", None, EventId::BodyHash, true),
        ("{id}.{timestamp}.{body}", header(), id(), true),
        ("", None, EventId::BodyHash, false),
        ("{body}{body}", None, EventId::BodyHash, false),
        ("{body}.{timestamp}", header(), EventId::BodyHash, false),
        ("{body}", header(), EventId::BodyHash, false),
        ("{timestamp}.{body}", None, EventId::BodyHash, false),
        ("{id}{body}", None, id(), false),
        ("{id}.{body}", None, in_body(), false),
        ("{nonce}.{body}", None, EventId::BodyHash, false),
    ];
    for (signed, timestamp, event_id, taken) in table {
        let made = Recipe::new("x-signature", Encoding::Hex, Layout::Bare, timestamp, event_id, signed);
        assert_eq!(made.is_ok(), taken, "{signed}: {made:?}");
    }
}

#[test]
fn weak_and_wrong_keys_are_refused_and_none_is_printed() {
    assert_eq!(RecipeKey::hmac("k", "short").unwrap_err(), BadKey::Short);
    for text in ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "{}", r#"{"kty":"EC"}"#] {
        assert_eq!(RecipeKey::rsa("k", text).unwrap_err(), BadKey::NotRsa, "{text}");
    }
    let weak = format!(r#"{{"kty":"RSA","n":"{}","e":"AQAB"}}"#, &RSA_N[..172]);
    assert_eq!(RecipeKey::rsa("k", &weak).unwrap_err(), BadKey::Weak);
    let shown = format!("{:?} {:?}", hmac(&pairs()), RecipeSigningKey::hmac(SECRET).unwrap());
    assert!(!shown.contains(SECRET), "{shown}");
}

/// Found by fuzzing: a template that begins with a character of several bytes.
#[test]
fn a_template_may_hold_any_text_without_digits() {
    let made = |template| Recipe::new("x-s", Encoding::Hex, Layout::Bare, None, EventId::BodyHash, template);
    let right = made("ψ{body}").expect("a template");
    assert_eq!(right.template(), "ψ{body}");
    for wrong in ["ψ", "ψ{body}ψ", "ψ{", "{ψ}{body}", "ψ1{body}", "{body}{"] {
        assert!(made(wrong).is_err(), "{wrong}");
    }
}
