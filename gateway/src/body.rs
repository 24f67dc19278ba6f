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

/// Longest text of serde's that is handed on; it may quote what was sent.
const MAX_MESSAGE: usize = 200;

/// Serde names a missing, unknown or repeated field in its message; we name it in the path.
fn field_error(path: &str, message: &str) -> FieldError {
    let message = message.rsplit_once(" at line ").map_or(message, |(words, _)| words);
    for (start, words) in [
        ("missing field `", "is missing"),
        ("unknown field `", "is not a known field"),
        ("duplicate field `", "is there twice"),
    ] {
        let Some((name, _)) = message.strip_prefix(start).and_then(|rest| rest.split_once('`')) else {
            continue;
        };
        let name: String = name.chars().take(MAX_MESSAGE).collect();
        let field = match path {
            "" => name,
            path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
            path => format!("{path}.{name}"),
        };
        return FieldError::new(field, words);
    }
    FieldError::new(path, message.chars().take(MAX_MESSAGE).collect::<String>())
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
            (r#"{"name":1}"#, "name: invalid type: integer `1`, expected a string"),
            (r#"{"name":"a","inner":{}}"#, "inner.size: is missing"),
            (r#"{"name":"a","inner":{"size":1,"z":2}}"#, "inner.z: is not a known field"),
            (r#"{"name":"a","inner":{"size":1,"size":2}}"#, "inner.size: is there twice"),
            (r#"["a",null]"#, ": invalid type: sequence, expected an object"),
            ("[]", ": invalid type: sequence, expected an object"),
            ("7", ": invalid type: integer `7`, expected an object"),
            (r#"{"name":"a","inner":[1]}"#, "inner: invalid type: sequence, expected an object"),
        ];
        for (text, expected) in table {
            assert_eq!(refusal(text), (Problem::InvalidRequest, expected.to_owned()), "{text}");
        }
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
