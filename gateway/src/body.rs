//! Bodies: of requests, read within a limit and a deadline, then read as JSON, strictly; of answers, whole or a stream.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::HeaderMap;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_LENGTH;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;

use crate::copies::Sheets;
use crate::problem::{FieldError, Problem, Refusal};
use crate::room::Bodies;
use crate::stream::Events;

/// What an answer holds: all of it at once, or what comes as it comes.
pub type Outgoing = Either<Full<Bytes>, Either<Events, Sheets>>;

/// All of it.
pub fn whole(bytes: impl Into<Bytes>) -> Outgoing {
    Either::Left(Full::new(bytes.into()))
}

/// Refuses a body that announces itself as too long, before any of it is read.
///
/// # Errors
/// `body-too-large`.
pub fn check_announced(headers: &HeaderMap, limit: usize) -> Result<(), Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(length) if length > limit as u64 => Err(too_large(limit)),
        _ => Ok(()),
    }
}

/// Set aside for a body before any of it is there, whatever length it announces.
const AT_FIRST: usize = 16 << 10;

/// Reads a whole body, which has one of these places meanwhile. What was read to its end is gone afterwards.
///
/// # Errors
/// `body-too-large`; `request-timeout` when it does not arrive in time, or breaks off; `overloaded` when another one needs its
/// place.
pub async fn read(
    body: &mut Option<Incoming>,
    limit: usize,
    time: Duration,
    places: Option<&Bodies>,
) -> Result<Bytes, Refusal> {
    let late = |_| Refusal::new(Problem::RequestTimeout, "the body did not arrive in time");
    let _place = match places {
        Some(places) => Some(places.place().await?),
        None => None,
    };
    let turn = async {
        match places {
            Some(places) => places.turn_to_leave().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        whole = timeout(time, arrive(body, limit)) => whole.map_err(late)?,
        refusal = turn => Err(refusal),
    }
}

async fn arrive(body: &mut Option<Incoming>, limit: usize) -> Result<Bytes, Refusal> {
    let Some(arriving) = body else { return Ok(Bytes::new()) };
    let mut whole = BytesMut::with_capacity(at_first(arriving.size_hint().exact(), limit));
    while let Some(frame) = arriving.frame().await {
        let frame = frame.map_err(|_| Refusal::new(Problem::RequestTimeout, "the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&data);
    }
    *body = None;
    Ok(whole.freeze())
}

/// How much of a body that nobody wants is read, and for how long.
const UNWANTED: usize = 256 << 10;
const UNWANTED_FOR: Duration = Duration::from_secs(2);

/// Reads on after the answer and throws away. Over HTTP/1 a connection that ends with bytes unread is reset, and a reset
/// takes the answer along before its reader has it.
pub async fn throw_away(mut body: Incoming) {
    let mut left = UNWANTED;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    drop(timeout(UNWANTED_FOR, reading).await);
}

/// A header costs its sender nothing, so its word is not worth a long body's room.
fn at_first(announced: Option<u64>, limit: usize) -> usize {
    announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(limit).min(AT_FIRST)
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(Problem::BodyTooLarge, format!("at most {limit} bytes"))
}

/// Reads a JSON object as `T`, which must refuse unknown fields.
///
/// # Errors
/// `malformed-json` for what is not one JSON value; `invalid-request` with the path of what is not a `T`.
pub fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Refusal> {
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed(&format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    // First as any JSON, which takes no recursion: a typed reader stops at the first wrong type, before it has
    // seen whether the rest is JSON at all.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| malformed(&error.to_string()))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map(|Object(value)| value).map_err(|error| {
        let path = error.path().to_string();
        Refusal::fields(vec![field_error(if path == "." { "" } else { &path }, &error.inner().to_string())])
    })
}

/// A JSON object. To serde a list is a struct as well, field by field in our order: nobody is to depend on that.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Object<T>, D::Error> {
        reader.deserialize_map(OfObject(PhantomData))
    }
}

struct OfObject<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OfObject<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(Problem::MalformedJson, detail)
}

/// Longest name of a field that is told again: ours are far shorter.
const MAX_NAME: usize = 64;

/// What is wrong, and where; never what was sent, which may be anybody's account or identity number (R37). Serde quotes it, and names
/// a missing, unknown or repeated field in its message; we name it in the path.
fn field_error(path: &str, message: &str) -> FieldError {
    let message = message.rsplit_once(" at line ").map_or(message, |(words, _)| words);
    if let Some(name) = unknown_field(message) {
        let inside = path.strip_suffix(name).map_or(path, |outer| outer.strip_suffix('.').unwrap_or(outer));
        return match is_a_name(name) {
            true => FieldError::new(joined(inside, name), "is not a known field"),
            false => FieldError::new(inside, "has a field that is not known"),
        };
    }
    for (start, words) in [("missing field `", "is missing"), ("duplicate field `", "is there twice")] {
        // A name of ours.
        let Some(name) = message.strip_prefix(start).and_then(|rest| rest.strip_suffix('`')) else {
            continue;
        };
        let is_in_path = path == name || path.ends_with(&format!(".{name}"));
        return FieldError::new(if is_in_path { path.to_owned() } else { joined(path, name) }, words);
    }
    FieldError::new(path, expectation(message))
}

/// The whole name, also where it holds what serde sets it apart by.
fn unknown_field(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("unknown field `")?;
    let (name, _) =
        rest.rsplit_once("`, expected ").or_else(|| rest.rsplit_once("`, there are no fields"))?;
    Some(name)
}

/// Whether it looks like the name of a field, perhaps a misspelt one, and not like what belongs into one: that is not told again.
fn is_a_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= MAX_NAME
        && name.bytes().all(is_plain)
        && digits <= MAX_DIGITS
}

/// More of them are a number and no name.
const MAX_DIGITS: usize = 4;

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What should have been there, in serde's words. What was there stands before it, quoted, and may hold anything.
fn expectation(message: &str) -> String {
    let quotes = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `"];
    let wanted =
        message.rsplit_once(", expected ").filter(|_| quotes.iter().any(|start| message.starts_with(start)));
    wanted.map_or_else(|| "is not valid".to_owned(), |(_, wanted)| format!("must be {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        inner: Option<Object<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        size: u8,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Round,
        Flat,
    }

    fn refusal(text: &str) -> (Problem, String) {
        let refusal = parse::<Outer>(text.as_bytes()).expect_err("a wrong body");
        let field = refusal.errors.first().map(|error| format!("{}: {}", error.field, error.message));
        (refusal.problem, field.unwrap_or_default())
    }

    #[test]
    fn what_is_wrong_is_named_with_its_path() {
        let table = [
            ("{}", "name: is missing"),
            (r#"{"name":"a","x":1}"#, "x: is not a known field"),
            (r#"{"name":"a","name":"b"}"#, "name: is there twice"),
            (r#"{"name":1}"#, "name: must be a string"),
            (r#"{"name":"a","inner":{}}"#, "inner.size: is missing"),
            (r#"{"name":"a","inner":{"size":1,"z":2}}"#, "inner.z: is not a known field"),
            (r#"{"name":"a","inner":{"size":1,"size":2}}"#, "inner.size: is there twice"),
            (r#"["a",null]"#, ": must be an object"),
            ("[]", ": must be an object"),
            ("7", ": must be an object"),
            (r#"{"name":"a","inner":[1]}"#, "inner: must be an object"),
        ];
        for (text, expected) in table {
            assert_eq!(refusal(text), (Problem::InvalidRequest, expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn r37_what_was_sent_is_not_quoted() {
        let table = [
            (r#"{"name":6222021234567890123}"#, "name: must be a string"),
            (r#"{"name":6222021234567890123.5}"#, "name: must be a string"),
            (r#"{"name":["6222021234567890123"]}"#, "name: must be a string"),
            (r#"{"name":"a","inner":"6222021234567890123"}"#, "inner: must be an object"),
            (r#"{"name":"a","inner":{"size":6222021234567890123}}"#, "inner.size: must be u8"),
            (r#"{"name":"a","inner":{"size":"6222021234567890123"}}"#, "inner.size: must be u8"),
            (r#"{"name":"a","inner":{"size":"622, expected 2021234567890123"}}"#, "inner.size: must be u8"),
            (r#"{"name":"a","inner":{"size":"6222021234567890123 at line 7"}}"#, "inner.size: must be u8"),
            (
                r#"{"name":"a","inner":{"size":1,"kind":"6222021234567890123"}}"#,
                "inner.kind: must be `round` or `flat`",
            ),
            (
                r#"{"name":"a","inner":{"size":1,"kind":"`, expected 6222021234567890123"}}"#,
                "inner.kind: must be `round` or `flat`",
            ),
            (r#""6222021234567890123""#, ": must be an object"),
            (r#"{"6222021234567890123":"a"}"#, ": has a field that is not known"),
            (r#"{"name":"a","Zhang Wei":1}"#, ": has a field that is not known"),
            (r#"{"name":"a","x`, expected y6222021234567890123":1}"#, ": has a field that is not known"),
            (r#"{"name":"a","no6222021234567890123":1}"#, ": has a field that is not known"),
            (r#"{"name":"a","inner":{"6222021234567890123":1}}"#, "inner: has a field that is not known"),
            (r#"{"name":"a","inner":{"acount_number2":1}}"#, "inner.acount_number2: is not a known field"),
        ];
        for (text, expected) in table {
            let refusal = parse::<Outer>(text.as_bytes()).expect_err("a wrong body");
            let field = &refusal.errors[0];
            assert_eq!(format!("{}: {}", field.field, field.message), expected, "{text}");
            let told = format!("{} {}", refusal.detail, field.message);
            assert!(!told.contains("1234567890123") && !told.contains("Zhang"), "{told}");
        }
        let long = format!(r#"{{"name":"a","{}":1}}"#, "n".repeat(65));
        assert_eq!(refusal(&long).1, ": has a field that is not known");
    }

    #[test]
    fn r37_a_message_that_serde_may_learn_to_write_is_not_handed_on() {
        for message in ["6222021234567890123 won't do", "unknown variant `6222`, there are no variants", ""] {
            assert_eq!(expectation(message), "is not valid", "{message}");
        }
        assert_eq!(
            expectation("invalid length 3, expected an array of length 2"),
            "must be an array of length 2"
        );
    }

    #[test]
    fn what_is_no_json_is_malformed_even_after_a_wrong_type() {
        for text in ["", "{", "{\"name\":1", "[1,", "{} {}", "{\"name\":\"a\",}", "nul"] {
            assert_eq!(refusal(text).0, Problem::MalformedJson, "{text}");
        }
        assert_eq!(parse::<Outer>(b"\"\xff\"").expect_err("not UTF-8").problem, Problem::MalformedJson);
    }

    #[test]
    fn hostile_depth_costs_nothing() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refusal(&deep).0, Problem::InvalidRequest);
        assert_eq!(refusal(&"[".repeat(100_000)).0, Problem::MalformedJson);
        let inside = format!(r#"{{"name":"a","x":{deep}}}"#);
        assert_eq!(refusal(&inside).1, "x: is not a known field");
    }

    #[test]
    fn an_announced_length_sets_little_aside() {
        let two_mib = 2 << 20;
        for (announced, limit, expected) in [
            (None, two_mib, 0),
            (Some(0), two_mib, 0),
            (Some(700), two_mib, 700),
            (Some(16 << 10), two_mib, 16 << 10),
            (Some(2 << 20), two_mib, 16 << 10),
            (Some(700), 500, 500),
            (Some(u64::MAX), two_mib, 16 << 10),
        ] {
            assert_eq!(at_first(announced, limit), expected, "{announced:?} of {limit}");
        }
    }

    #[test]
    fn an_announced_length_is_believed_when_it_is_too_long() {
        let mut headers = HeaderMap::new();
        assert!(check_announced(&headers, 10).is_ok());
        headers.insert(CONTENT_LENGTH, 10.into());
        assert!(check_announced(&headers, 10).is_ok());
        headers.insert(CONTENT_LENGTH, 11.into());
        assert_eq!(check_announced(&headers, 10).expect_err("too long").problem, Problem::BodyTooLarge);
    }
}
