//! Standard Webhooks against the specification's vectors, and against everything that must not pass (R1).

#![allow(clippy::expect_used)]

use std::time::Duration;

use bank::signing::standard_webhooks::{KeyError, MAX_SIGNATURES, Signer, SigningKey, VerifyingKey};
use bank::{Refusal, Verifier};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use proptest::prelude::*;

const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const MAC: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const PRIVATE: &str =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const ED25519: &str =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

fn verifier(keys: &[(&str, &str)]) -> Verifier {
    Verifier::from_secrets(keys, Duration::from_secs(300)).expect("keys")
}

fn signer(secrets: &[&str]) -> Signer {
    Signer::new(secrets.iter().map(|secret| SigningKey::parse(secret).expect("a secret")).collect())
}

fn headers<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().expect("a name");
        headers.append(name, HeaderValue::from_bytes(value).expect("a value"));
    }
    headers
}

fn signed(id: &str, stamp: &str, signature: &str) -> HeaderMap {
    headers([
        ("webhook-id", id.as_bytes()),
        ("webhook-timestamp", stamp.as_bytes()),
        ("webhook-signature", signature.as_bytes()),
    ])
}

fn by(signer: &Signer, id: &str, at: i64, body: &[u8]) -> HeaderMap {
    let made = signer.headers(id, at, body).expect("signable");
    headers(made.iter().map(|(name, value)| (*name, value.as_bytes())))
}

#[test]
fn r1_the_specifications_vectors() {
    let stamp = AT.to_string();
    for (signing, signature) in [(SECRET, MAC), (PRIVATE, ED25519)] {
        let [id, at, made] = signer(&[signing]).headers(ID, AT, BODY).expect("signable");
        assert_eq!(id, ("webhook-id", ID.to_owned()));
        assert_eq!(at, ("webhook-timestamp", stamp.clone()));
        assert_eq!(made, ("webhook-signature", signature.to_owned()));
    }
    for (key, signature) in [(SECRET, MAC), (PUBLIC, ED25519)] {
        let verified =
            verifier(&[("k", key)]).verify(&signed(ID, &stamp, signature), BODY, AT).expect("verifies");
        assert_eq!((verified.event_id.as_str(), verified.key_id.as_str(), verified.timestamp), (ID, "k", AT));
    }
    assert_eq!(SigningKey::parse(PRIVATE).expect("a key").verifying_text().as_deref(), Some(PUBLIC));
}

#[test]
fn r1_any_of_several_signatures_and_keys_passes_and_names_the_key() {
    let both = verifier(&[("old", OTHER_SECRET), ("new", SECRET), ("ed", PUBLIC)]);
    let stamp = AT.to_string();
    for (signature, key) in [
        (MAC.to_owned(), "new"),
        (format!("v1,AAAA {MAC}"), "new"),
        (format!("v2,whatever  nonsense v1,!! {ED25519}"), "ed"),
    ] {
        let verified = both.verify(&signed(ID, &stamp, &signature), BODY, AT).expect("verifies");
        assert_eq!(verified.key_id, key, "{signature}");
    }
    let rotating = by(&signer(&[OTHER_SECRET, PRIVATE]), ID, AT, BODY);
    assert_eq!(verifier(&[("ed", PUBLIC)]).verify(&rotating, BODY, AT).expect("verifies").key_id, "ed");
    assert_eq!(verifier(&[]).verify(&rotating, BODY, AT), Err(Refusal::BadSignature));
}

#[test]
fn r1_a_flipped_bit_anywhere_is_refused() {
    let stamp = AT.to_string();
    for (key, signature) in [(SECRET, MAC), (PUBLIC, ED25519)] {
        let verifier = verifier(&[("k", key)]);
        let refused = |headers: HeaderMap, body: &[u8]| match verifier.verify(&headers, body, AT) {
            Err(_) => {}
            Ok(verified) => panic!("{verified:?} verified"),
        };
        for bit in 0..8 {
            let flip = |bytes: &[u8], at: usize| {
                let mut bytes = bytes.to_vec();
                bytes[at] ^= 1 << bit;
                bytes
            };
            for at in 0..BODY.len() {
                refused(signed(ID, &stamp, signature), &flip(BODY, at));
            }
            for (which, text) in [ID, &stamp, signature].into_iter().enumerate() {
                for at in 0..text.len() {
                    let changed = flip(text.as_bytes(), at);
                    if HeaderValue::from_bytes(&changed).is_err() {
                        continue;
                    }
                    let mut parts = [ID.as_bytes(), stamp.as_bytes(), signature.as_bytes()];
                    parts[which] = &changed;
                    let [id, at, sig] = parts;
                    let pairs = [("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", sig)];
                    refused(headers(pairs), BODY);
                }
            }
        }
        refused(signed(ID, &stamp, signature), b"");
        refused(signed(ID, &stamp, signature), &[BODY, b" "].concat());
    }
}

#[test]
fn r1_bytes_that_are_not_utf8_verify() {
    let body = b"\xff\xfe\x00<xml/>";
    let signed = by(&signer(&[SECRET]), ID, AT, body);
    assert!(verifier(&[("k", SECRET)]).verify(&signed, body, AT).is_ok());
}

#[test]
fn r1_tolerance_holds_both_ways_and_is_judged_after_the_signature() {
    let verifier = verifier(&[("k", SECRET)]);
    let signed = by(&signer(&[SECRET]), ID, AT, BODY);
    for (now, expected) in [
        (AT - 300, None),
        (AT + 300, None),
        (AT - 301, Some(Refusal::TimestampOutOfTolerance)),
        (AT + 301, Some(Refusal::TimestampOutOfTolerance)),
        (i64::MIN, Some(Refusal::TimestampOutOfTolerance)),
    ] {
        assert_eq!(verifier.verify(&signed, BODY, now).err(), expected, "{now}");
    }
    assert_eq!(verifier.verify(&signed, b"other", AT + 301), Err(Refusal::BadSignature));
}

#[test]
fn r1_headers_are_there_once_and_well_formed() {
    let verifier = verifier(&[("k", SECRET)]);
    let stamp = AT.to_string();
    let all = [("webhook-id", ID), ("webhook-timestamp", stamp.as_str()), ("webhook-signature", MAC)];
    for (without, (name, _)) in all.iter().enumerate() {
        let rest = all.iter().enumerate().filter(|(at, _)| *at != without);
        let map = headers(rest.map(|(_, (name, value))| (*name, value.as_bytes())));
        assert_eq!(verifier.verify(&map, BODY, AT), Err(Refusal::MissingHeader((*name).into())));
        let twice = all.iter().chain([&all[without]]);
        let map = headers(twice.map(|(name, value)| (*name, value.as_bytes())));
        assert_eq!(verifier.verify(&map, BODY, AT), Err(Refusal::MalformedHeader((*name).into())));
    }
    let many = [MAC; MAX_SIGNATURES + 1].join(" ");
    let long = "x".repeat(257);
    for (id, stamp, signature, name) in [
        ("", stamp.as_str(), MAC, "webhook-id"),
        ("a.b", &stamp, MAC, "webhook-id"),
        ("a b", &stamp, MAC, "webhook-id"),
        ("ä", &stamp, MAC, "webhook-id"),
        (&long, &stamp, MAC, "webhook-id"),
        (ID, "", MAC, "webhook-timestamp"),
        (ID, "-1", MAC, "webhook-timestamp"),
        (ID, "+1614265330", MAC, "webhook-timestamp"),
        (ID, "1614265330.5", MAC, "webhook-timestamp"),
        (ID, "9999999999999999", MAC, "webhook-timestamp"),
        (ID, &stamp, "", "webhook-signature"),
        (ID, &stamp, &many, "webhook-signature"),
    ] {
        let refused = verifier.verify(&signed(id, stamp, signature), BODY, AT);
        assert_eq!(refused, Err(Refusal::MalformedHeader(name.into())), "{id} {stamp} {signature}");
    }
}

#[test]
fn r1_bytes_cannot_move_between_id_timestamp_and_body() {
    // The same signed content, cut elsewhere.
    let verifier = verifier(&[("k", SECRET)]);
    let signature = &signer(&[SECRET]).headers("a", AT, b"1614265330.x").expect("signable")[2].1;
    assert!(verifier.verify(&signed("a.1614265330", &AT.to_string(), signature), b"x", AT).is_err());
    assert!(verifier.verify(&signed("a", "1614265330.1614265330", signature), b"x", AT).is_err());
}

#[test]
fn keys_are_read_strictly_and_never_printed() {
    for (text, error) in [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", KeyError::Prefix),
        (PRIVATE, KeyError::Prefix),
        ("whsec_!!!!", KeyError::Base64),
        ("whsec_AAAA", KeyError::Length),
        ("whpk_AAAA", KeyError::Length),
    ] {
        assert_eq!(VerifyingKey::parse("k", text).err(), Some(error), "{text}");
    }
    for (text, error) in [
        (PUBLIC, KeyError::Prefix),
        ("whsk_AAAA", KeyError::Length),
        (
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6KvA==",
            KeyError::Halves,
        ),
    ] {
        assert_eq!(SigningKey::parse(text).err(), Some(error), "{text}");
    }
    let shown = format!("{:?} {:?}", verifier(&[("k", SECRET)]), signer(&[SECRET, PRIVATE]));
    assert!(!shown.contains("MfKQ") && !shown.contains("6Xb/"), "{shown}");
}

#[test]
fn what_could_not_be_verified_is_not_signed() {
    for (id, at) in [("", AT), ("a.b", AT), ("a b", AT), ("a", -1)] {
        assert!(signer(&[SECRET]).headers(id, at, BODY).is_err(), "{id} {at}");
    }
}

proptest! {
    #[test]
    fn r1_what_is_signed_verifies(id in "[!-\\-/-~]{1,256}", at in 0..4_000_000_000_i64, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let keys = verifier(&[("mac", SECRET), ("ed", PUBLIC)]);
        for secret in [SECRET, PRIVATE] {
            let verified = keys.verify(&by(&signer(&[secret]), &id, at, &body), &body, at);
            prop_assert_eq!(verified.map(|verified| verified.event_id), Ok(id.clone()));
        }
    }
}
