//! What is read from a request before its body is: ids, media types, keys, queries.

use std::sync::Arc;

use hyper::HeaderMap;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};

use crate::caller::Caller;
use crate::problem::{Problem, Refusal};
use crate::route::Entry;

/// The header of a request's id.
pub const REQUEST_ID: &str = "x-request-id";
const MAX_REQUEST_ID: usize = 128;
const MAX_IDEMPOTENCY_KEY: usize = 255;

/// A request as handlers see it.
#[derive(Debug)]
pub struct Request {
    pub entry: &'static Entry,
    pub caller: Caller,
    pub id: Arc<str>,
    pub method: hyper::Method,
    /// As it came, without the query.
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    /// The `{…}` of its path.
    pub parameter: Option<Arc<str>>,
    /// Whole; empty where the route takes none.
    pub body: bytes::Bytes,
    /// Where it came from, for the audit trail.
    pub peer: std::net::SocketAddr,
    /// What its connection showed, for banks.
    pub certificate: Arc<crate::server::PeerCertificate>,
    /// That it is under way; and what ends its connection.
    pub busy: crate::server::Busy,
}

impl Request {
    /// The path's id.
    ///
    /// # Errors
    /// `not-found`: what isn't an id names nothing.
    pub fn id_of<K: pg::Kind>(&self, what: &str) -> Result<pg::Id<K>, Refusal> {
        self.parameter().parse().map_err(|_| Refusal::not_found(what))
    }

    /// The path's parameter.
    pub fn parameter(&self) -> &str {
        self.parameter.as_deref().unwrap_or_default()
    }

    /// R22: its idempotency key, scoped to whoever sends it; method, path and body are hashed with it.
    ///
    /// # Errors
    /// `idempotency-key-missing`; `invalid-request` for what can't be a key.
    pub fn keyed(&self, shard: pg::Shard, scope: &str) -> Result<idempotency::Request, Refusal> {
        Ok(idempotency::Request {
            shard,
            scope: Arc::from(scope),
            key: idempotency_key(&self.headers)?,
            hash: idempotency::request_hash(self.method.as_str(), &self.path, &self.body),
            id: uuid::Uuid::now_v7(),
        })
    }

    /// The query's parameters, of which only these are known.
    ///
    /// # Errors
    /// `invalid-request` for unknown or repeated ones.
    pub fn query(&self, known: &[&str]) -> Result<Query, Refusal> {
        Query::parse(self.query.as_deref().unwrap_or_default(), known)
    }
}

impl Request {
    /// Whether the query sets this switch. Other parameters are nobody's business here.
    ///
    /// # Errors
    /// `invalid-request` for anything but `true` and `false`, and for two of them: who mistypes must not get the real thing. So a
    /// name that differs in case, underscores and hyphens alone means this one.
    pub fn switch(&self, name: &str) -> Result<bool, Refusal> {
        switch(self.query.as_deref().unwrap_or_default(), name)
    }
}

fn switch(query: &str, name: &str) -> Result<bool, Refusal> {
    let mut set = None;
    for (_, value) in
        form_urlencoded::parse(query.as_bytes()).filter(|pair| letters(&pair.0) == letters(name))
    {
        let on = match &*value {
            "true" => true,
            "false" => false,
            _ => return Err(Refusal::field(name, "must be true or false")),
        };
        if set.replace(on).is_some() {
            return Err(Refusal::field(name, "must not be repeated"));
        }
    }
    Ok(set.unwrap_or_default())
}

/// A parameter's name without regard to case, underscores and hyphens.
fn letters(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// The caller's id of this request if it is usable, or a new one.
pub fn request_id(headers: &HeaderMap) -> Arc<str> {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match given {
        Some(id) if is_visible(id, MAX_REQUEST_ID) => Arc::from(id),
        _ => Arc::from(format!("req_{}", uuid::Uuid::now_v7().simple())),
    }
}

fn is_visible(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Refuses bodies that don't call themselves one of `types`.
///
/// # Errors
/// `unsupported-media-type`.
pub fn expect_content_type(headers: &HeaderMap, types: &[&str]) -> Result<(), Refusal> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let given = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    };
    let essence = given.split(';').next().unwrap_or_default().trim();
    if types.iter().any(|known| known.eq_ignore_ascii_case(essence)) && charset_is_utf8(given) {
        return Ok(());
    }
    let detail = format!("send the body as {}", types.join(" or "));
    Err(Refusal::new(Problem::UnsupportedMediaType, detail))
}

fn charset_is_utf8(content_type: &str) -> bool {
    content_type.split(';').skip(1).all(|parameter| match parameter.trim().split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// The idempotency key: a structured field's quoted string, or the same bare. Both forms name the same key.
///
/// # Errors
/// `idempotency-key-missing`, also when it is malformed or there are two.
fn idempotency_key(headers: &HeaderMap) -> Result<String, Refusal> {
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (None, _) => Err(no_key("send an Idempotency-Key: 1 to 255 visible ASCII characters")),
        (Some(_), Some(_)) => Err(no_key("more than one Idempotency-Key")),
        (Some(value), None) => key_in(value).map_err(no_key),
    }
}

fn no_key(detail: &str) -> Refusal {
    Refusal::new(Problem::IdempotencyKeyMissing, detail)
}

fn key_in(value: &HeaderValue) -> Result<String, &'static str> {
    let text = value.to_str().map_err(|_| "an Idempotency-Key is ASCII: encode what is not")?.trim();
    let key = match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None => text.to_owned(),
    };
    match key.len() {
        0 => Err("the Idempotency-Key is empty"),
        1..=MAX_IDEMPOTENCY_KEY if is_visible(&key, MAX_IDEMPOTENCY_KEY) => Ok(key),
        1..=MAX_IDEMPOTENCY_KEY => Err("an Idempotency-Key has visible ASCII characters only, no spaces"),
        _ => Err("the Idempotency-Key is longer than 255 characters"),
    }
}

/// What stands before the closing quote of a structured field's string, without its escapes (RFC 9651).
fn unquoted(text: &str) -> Result<String, &'static str> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return ends(characters.as_str()).map(|()| plain),
            '\\' => match characters.next() {
                Some(escaped @ ('"' | '\\')) => plain.push(escaped),
                _ => {
                    return Err(
                        "in a quoted Idempotency-Key a backslash stands before a quote or a backslash",
                    );
                }
            },
            other => plain.push(other),
        }
    }
    Err("the quoted Idempotency-Key has no closing quote")
}

/// No parameter has a meaning here, and one that was meant to have one must not be dropped.
fn ends(rest: &str) -> Result<(), &'static str> {
    match rest.trim_start().chars().next() {
        None => Ok(()),
        Some(';') => Err("a quoted Idempotency-Key takes no parameters"),
        Some(_) => Err("something stands behind the closing quote of the Idempotency-Key"),
    }
}

/// The token of `Authorization: Bearer …`.
///
/// # Errors
/// `unauthenticated` where there is none, or two.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let token = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|text| text.split_once(' ')),
        _ => None,
    };
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && is_visible(token.trim(), 512) => {
            Ok(token.trim())
        }
        _ => Err(Refusal::new(Problem::Unauthenticated, "send `Authorization: Bearer <key>`")),
    }
}

/// Whether the caller wants CSV: it names it, and likes no JSON as well or better before it (RFC 9110, 12.5.1).
pub fn wants_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (0.0, false);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let is_csv = match parts.next().as_deref() {
            Some("text/csv") => true,
            Some("application/json" | "*/*") => false,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").map(str::to_owned));
        let weight = weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0_f32));
        if weight > best.0 {
            best = (weight, is_csv);
        }
    }
    best.1
}

/// A query's parameters.
#[derive(Debug)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

/// How many rows of a list, and after which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub limit: usize,
    pub cursor: Option<String>,
}

impl Page {
    /// One more than the page holds, to learn whether there are more.
    pub fn fetch(&self) -> i64 {
        pg::one_more(self.limit)
    }
}

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;

impl Query {
    /// Reads a query of which only these parameters are known.
    ///
    /// # Errors
    /// `invalid-request` for unknown or repeated ones, and for control characters in their values.
    pub fn parse(query: &str, known: &[&str]) -> Result<Query, Refusal> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&&*name) {
                return Err(Refusal::field(name, "is not a known parameter"));
            }
            if pairs.iter().any(|pair| pair.0 == name) {
                return Err(Refusal::field(name, "is there twice"));
            }
            if value.chars().any(char::is_control) {
                return Err(Refusal::field(name, "must have no control characters"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Query { pairs })
    }

    /// One parameter; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|pair| pair.0 == name)
            .map(|pair| pair.1.as_str())
            .filter(|text| !text.is_empty())
    }

    /// `limit` (1 to 200, 50 if absent) and `cursor`.
    ///
    /// # Errors
    /// `invalid-request`.
    pub fn page(&self) -> Result<Page, Refusal> {
        let limit = match self.get("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| Refusal::field("limit", "must be 1 to 200"))?,
        };
        Ok(Page { limit, cursor: self.get("cursor").map(str::to_owned) })
    }

    /// The cursor, read as the list's own.
    ///
    /// # Errors
    /// `invalid-request` for what is not one of ours.
    pub fn cursor<T: std::str::FromStr>(&self) -> Result<Option<T>, Refusal> {
        self.get("cursor")
            .map(|text| text.parse().map_err(|_| Refusal::field("cursor", "is not a cursor of this list")))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        headers
    }

    #[test]
    fn a_switch_that_is_mistyped_is_on_or_refused() {
        for (query, on) in [
            ("", Some(false)),
            ("dry_run=true", Some(true)),
            ("a=1&dry_run=false&b", Some(false)),
            ("dryrun=true", Some(true)),
            ("Dry-Run=true", Some(true)),
            ("dry_run=1", None),
            ("dry_run", None),
            ("dry_run=true&dry_run=false", None),
            ("dry_run=true&dryRun=true", None),
        ] {
            assert_eq!(switch(query, "dry_run").ok(), on, "{query}");
        }
    }

    #[test]
    fn r22_keys_come_quoted_or_bare() {
        let long = "k".repeat(255);
        let table = [
            ("abc", "abc"),
            ("\"abc\"", "abc"),
            ("\"abc\" ", "abc"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            (r#"a"b\c"#, r#"a"b\c"#),
            (&long, long.as_str()),
            (&format!("\"{long}\""), long.as_str()),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ];
        for (text, expected) in table {
            let key = idempotency_key(&with("idempotency-key", text)).map_err(|refusal| refusal.detail);
            assert_eq!(key.as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn r22_what_is_no_key_is_refused_in_words() {
        let long = "k".repeat(256);
        let table: [(&[u8], &str); 12] = [
            (b"", "empty"),
            (b"\"\"", "empty"),
            (long.as_bytes(), "longer than 255"),
            (b"\"abc", "no closing quote"),
            (b"\"abc\\\"", "no closing quote"),
            (b"\"a\"b\"", "behind the closing quote"),
            (b"\"abc\", \"def\"", "behind the closing quote"),
            (b"\"abc\";v=1", "no parameters"),
            (b"\"a\\bc\"", "backslash"),
            (b"a b", "no spaces"),
            (b"\"a b\"", "no spaces"),
            ("ключ".as_bytes(), "is ASCII"),
        ];
        for (bytes, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", HeaderValue::from_bytes(bytes).expect("a header's value"));
            let refusal = idempotency_key(&headers).expect_err("no key");
            assert_eq!(refusal.problem, Problem::IdempotencyKeyMissing);
            assert!(refusal.detail.contains(expected), "{bytes:?}: {}", refusal.detail);
        }
        assert!(idempotency_key(&HeaderMap::new()).is_err());
        let mut twice = with("idempotency-key", "a");
        twice.append("idempotency-key", HeaderValue::from_static("b"));
        assert!(idempotency_key(&twice).expect_err("two").detail.contains("more than one"));
    }

    #[test]
    fn usable_request_ids_are_kept() {
        assert_eq!(&*request_id(&with(REQUEST_ID, "a-1")), "a-1");
        for bad in ["", "a b", &"x".repeat(129)] {
            assert!(request_id(&with(REQUEST_ID, bad)).starts_with("req_"), "{bad}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_json() {
        let json = |value| expect_content_type(&with("content-type", value), &["application/json"]).is_ok();
        assert!(json("application/json"));
        assert!(json("Application/JSON; charset=UTF-8"));
        assert!(!json("application/json; charset=latin1"));
        assert!(!json("text/json"));
        assert!(!json(""));
        assert!(expect_content_type(&HeaderMap::new(), &["application/json"]).is_err());
    }

    #[test]
    fn csv_is_for_those_who_ask() {
        assert!(wants_csv(&with("accept", "text/csv")));
        assert!(wants_csv(&with("accept", "text/csv;q=0.9, */*;q=0.1")));
        assert!(!wants_csv(&with("accept", "application/json, text/csv")));
        assert!(wants_csv(&with("accept", "application/json;q=0.1, text/csv")));
        for no in ["text/csv;q=0", "text/csv;q=0.1, application/json", "text/csv;q=x", "text/plain"] {
            assert!(!wants_csv(&with("accept", no)), "{no}");
        }
        assert!(!wants_csv(&HeaderMap::new()));
    }

    #[test]
    fn a_query_has_no_control_characters() {
        for wrong in ["%00", "a%00b", "%1B[2J", "a%0Ab", "%7F", "%C2%85"] {
            let refusal = Query::parse(&format!("bank={wrong}"), &["bank"]).expect_err(wrong);
            assert_eq!(
                (refusal.problem, refusal.errors[0].field.as_str()),
                (Problem::InvalidRequest, "bank")
            );
        }
        let query = Query::parse("bank=M%C3%BCnchen+%26%20Co", &["bank"]).expect("right");
        assert_eq!(query.get("bank"), Some("München & Co"));
    }

    #[test]
    fn limits_of_pages() {
        let limit =
            |query: &str| Query::parse(query, &["limit"]).and_then(|query| query.page()).map(|p| p.limit);
        assert_eq!(limit(""), Ok(50));
        assert_eq!(limit("limit=200"), Ok(200));
        for bad in ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1&limit=2", "other=1"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }
}
