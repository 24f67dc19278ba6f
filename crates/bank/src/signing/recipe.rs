//! Signatures as banks make them: which header, what is signed, in which order, how it is written down.
//!
//! One recipe says all of it, as values from the configuration. What can't be told apart is refused when the recipe is
//! made: the body stands last and once, a timestamp is digits only, and a signed id is followed by a text that no id
//! holds.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use ring::digest::{SHA256, digest};

use super::keys::{RecipeKey, RecipeSigningKey};
use super::{MAX_ID, Refusal, Verified, digits, single};
use crate::json;

/// Signatures looked at in one header.
const MAX_SIGNATURES: usize = 8;
/// Longest signature header.
const MAX_HEADER: usize = 8192;

/// How a signature's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal digits.
    Hex,
    /// Base64 with padding.
    Base64,
}

/// How the signature's header is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// The signature alone.
    Bare,
    /// `t=1764000000,v1=…`: pairs with commas between; signatures under this key, as often as it is there.
    Pairs {
        /// `v1`
        signature: String,
    },
}

/// Where the time of signing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimestampSource {
    /// In a header of its own.
    Header(String),
    /// In the signature's header, under this key.
    Pair(String),
}

/// What a timestamp counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// Where the event's id stands. It must be the same at each redelivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventId {
    /// In a header.
    Header(String),
    /// In a member of the JSON body; a body that has none is known by its hash.
    Field(String),
    /// The body's SHA-256: equal bytes are the same event.
    BodyHash,
}

/// A piece of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The timestamp's digits, as sent.
    Timestamp,
    /// The event's id, as sent in its header.
    Id,
    /// The raw body.
    Body,
    /// This text.
    Text(String),
}

/// Why a recipe can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRecipe(pub String);

/// How a bank signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    signature_header: String,
    encoding: Encoding,
    layout: Layout,
    timestamp: Option<(TimestampSource, Unit)>,
    event_id: EventId,
    signed: Vec<Part>,
}

impl Recipe {
    /// A recipe that leaves no doubt about what was signed. `signed` is a template: `{timestamp}.{body}`.
    ///
    /// # Errors
    /// What is ambiguous or missing in it.
    pub fn new(
        signature_header: &str,
        encoding: Encoding,
        layout: Layout,
        timestamp: Option<(TimestampSource, Unit)>,
        event_id: EventId,
        signed: &str,
    ) -> Result<Recipe, BadRecipe> {
        let bad = |text: &str| Err(BadRecipe(text.to_owned()));
        let signed = parse_template(signed)?;
        if signed.last() != Some(&Part::Body) || count(&signed, &Part::Body) != 1 {
            return bad("what is signed ends with {body}, which stands there once");
        }
        if count(&signed, &Part::Timestamp) != usize::from(timestamp.is_some()) {
            return bad("a timestamp is signed once where there is one: unsigned it proves nothing");
        }
        if matches!(timestamp, Some((TimestampSource::Pair(_), _))) && layout == Layout::Bare {
            return bad("a bare signature header has no place for a timestamp");
        }
        let ids = count(&signed, &Part::Id);
        if ids > 1 || (ids == 1 && !matches!(event_id, EventId::Header(_))) {
            return bad("{id} is signed at most once, and only where it comes in a header");
        }
        let after_id = signed.iter().skip_while(|part| **part != Part::Id).nth(1);
        if ids == 1 && after_id != Some(&Part::Text(".".to_owned())) {
            return bad("{id} is followed by a dot, which no id holds");
        }
        let headers = [Some(signature_header), header_of(&event_id), timestamp_header(timestamp.as_ref())];
        if headers.iter().flatten().any(|name| name.parse::<hyper::header::HeaderName>().is_err()) {
            return bad("a header's name is not one");
        }
        let signature_header = signature_header.to_ascii_lowercase();
        Ok(Recipe { signature_header, encoding, layout, timestamp, event_id, signed })
    }

    /// The names of the headers that a request needs, in lower case.
    pub fn headers(&self) -> Vec<String> {
        let mut names = vec![self.signature_header.clone()];
        names.extend(timestamp_header(self.timestamp.as_ref()).map(str::to_ascii_lowercase));
        names.extend(header_of(&self.event_id).map(str::to_ascii_lowercase));
        names
    }

    /// What is signed, as a template.
    pub fn template(&self) -> String {
        self.signed.iter().map(ToString::to_string).collect()
    }

    fn content(&self, id: &str, stamp: &str, body: &[u8]) -> Vec<u8> {
        let mut content = Vec::with_capacity(body.len() + 64);
        for part in &self.signed {
            match part {
                Part::Timestamp => content.extend_from_slice(stamp.as_bytes()),
                Part::Id => content.extend_from_slice(id.as_bytes()),
                Part::Body => content.extend_from_slice(body),
                Part::Text(text) => content.extend_from_slice(text.as_bytes()),
            }
        }
        content
    }

    fn decode(&self, text: &str) -> Option<Vec<u8>> {
        match self.encoding {
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => STANDARD.decode(text).ok(),
        }
    }

    fn encode(&self, bytes: &[u8]) -> String {
        match self.encoding {
            Encoding::Hex => hex::encode(bytes),
            Encoding::Base64 => STANDARD.encode(bytes),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Part::Timestamp => "{timestamp}",
            Part::Id => "{id}",
            Part::Body => "{body}",
            Part::Text(text) => text,
        })
    }
}

fn parse_template(template: &str) -> Result<Vec<Part>, BadRecipe> {
    let mut parts = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let named = [("{timestamp}", Part::Timestamp), ("{id}", Part::Id), ("{body}", Part::Body)];
        if let Some((name, part)) = named.into_iter().find(|(name, _)| rest.starts_with(name)) {
            parts.push(part);
            rest = &rest[name.len()..];
        } else {
            // A brace that begins the rest is no name: it is in the text, and refused there.
            let end = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map_or(rest.len(), |(at, _)| at);
            let text = &rest[..end];
            if text.contains(['{', '}']) || text.chars().any(|c| c.is_ascii_digit()) {
                return Err(BadRecipe("only {timestamp}, {id}, {body} and texts without digits".into()));
            }
            parts.push(Part::Text(text.to_owned()));
            rest = &rest[end..];
        }
    }
    Ok(parts)
}

fn count(parts: &[Part], wanted: &Part) -> usize {
    parts.iter().filter(|part| *part == wanted).count()
}

fn header_of(event_id: &EventId) -> Option<&str> {
    match event_id {
        EventId::Header(name) => Some(name),
        EventId::Field(_) | EventId::BodyHash => None,
    }
}

fn timestamp_header(timestamp: Option<&(TimestampSource, Unit)>) -> Option<&str> {
    match timestamp {
        Some((TimestampSource::Header(name), _)) => Some(name),
        Some((TimestampSource::Pair(_), _)) | None => None,
    }
}

/// Verifies by a recipe, with several live keys.
#[derive(Debug)]
pub struct Verifier {
    recipe: Recipe,
    keys: Vec<RecipeKey>,
    tolerance: Duration,
}

impl Verifier {
    /// `tolerance` holds in both directions, where there is a timestamp. Without one a redelivery years later still
    /// verifies: only the event's key tells that it was here before.
    pub fn new(recipe: Recipe, keys: Vec<RecipeKey>, tolerance: Duration) -> Verifier {
        Verifier { recipe, keys, tolerance }
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Any signature that matches any key passes. The timestamp is judged last, since only then is it the bank's.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now_unix: i64) -> Result<Verified, Refusal> {
        let recipe = &self.recipe;
        let header = text(headers, &recipe.signature_header)?;
        let malformed = |name: &str| Refusal::MalformedHeader(Cow::Owned(name.to_owned()));
        let (signatures, stamp) = read(recipe, header).ok_or_else(|| malformed(&recipe.signature_header))?;
        let stamp = match (&recipe.timestamp, stamp) {
            (Some((TimestampSource::Header(name), _)), _) => {
                digits(text(headers, name)?.as_bytes()).ok_or_else(|| malformed(name))?
            }
            (Some((TimestampSource::Pair(_), _)), Some(stamp)) => stamp,
            (Some((TimestampSource::Pair(_), _)), None) => return Err(malformed(&recipe.signature_header)),
            (None, _) => "",
        };
        let id = match &recipe.event_id {
            EventId::Header(name) => id_of(text(headers, name)?).ok_or_else(|| malformed(name))?.to_owned(),
            EventId::Field(_) | EventId::BodyHash => String::new(),
        };
        let content = recipe.content(&id, stamp, body);
        let key = self
            .keys
            .iter()
            .find(|key| signatures.iter().any(|signature| key.matches(&content, signature)))
            .ok_or(Refusal::BadSignature)?;
        let timestamp = self.in_time(stamp, now_unix)?;
        let event_id = match &recipe.event_id {
            EventId::Header(_) => id,
            EventId::Field(field) => id_in(body, field).unwrap_or_else(|| hash_of(body)),
            EventId::BodyHash => hash_of(body),
        };
        Ok(Verified { event_id, key_id: key.id().to_owned(), timestamp })
    }

    fn in_time(&self, stamp: &str, now_unix: i64) -> Result<i64, Refusal> {
        let Some((_, unit)) = &self.recipe.timestamp else { return Ok(now_unix) };
        let stamp: i64 = stamp.parse().map_err(|_| Refusal::TimestampOutOfTolerance)?;
        let seconds = match unit {
            Unit::Seconds => stamp,
            Unit::Milliseconds => stamp.div_euclid(1000),
        };
        if now_unix.abs_diff(seconds) > self.tolerance.as_secs() {
            return Err(Refusal::TimestampOutOfTolerance);
        }
        Ok(seconds)
    }
}

/// Signs by a recipe, as the bank does.
#[derive(Debug)]
pub struct Signer {
    recipe: Recipe,
    key: RecipeSigningKey,
}

impl Signer {
    /// With the bank's key.
    pub fn new(recipe: Recipe, key: RecipeSigningKey) -> Signer {
        Signer { recipe, key }
    }

    /// The headers that sign `body` under `id` at `timestamp` (Unix seconds). An id that stands in the body stays
    /// there.
    pub fn headers(&self, id: &str, timestamp: i64, body: &[u8]) -> Vec<(String, String)> {
        let recipe = &self.recipe;
        let stamp = match &recipe.timestamp {
            Some((_, Unit::Milliseconds)) => (timestamp.saturating_mul(1000)).to_string(),
            Some((_, Unit::Seconds)) | None => timestamp.to_string(),
        };
        let signature = recipe.encode(&self.key.sign(&recipe.content(id, &stamp, body)));
        let value = match (&recipe.layout, &recipe.timestamp) {
            (Layout::Bare, _) => signature,
            (Layout::Pairs { signature: name }, Some((TimestampSource::Pair(key), _))) => {
                format!("{key}={stamp},{name}={signature}")
            }
            (Layout::Pairs { signature: name }, _) => format!("{name}={signature}"),
        };
        let mut headers = vec![(recipe.signature_header.clone(), value)];
        headers.extend(timestamp_header(recipe.timestamp.as_ref()).map(|name| (name.to_owned(), stamp)));
        headers.extend(header_of(&recipe.event_id).map(|name| (name.to_owned(), id.to_owned())));
        headers
    }
}

/// The signatures in the header, and the timestamp if it stands there.
fn read<'h>(recipe: &Recipe, header: &'h str) -> Option<(Vec<Vec<u8>>, Option<&'h str>)> {
    let Layout::Pairs { signature } = &recipe.layout else {
        return recipe.decode(header.trim()).map(|bytes| (vec![bytes], None));
    };
    let stamp_key = match &recipe.timestamp {
        Some((TimestampSource::Pair(key), _)) => Some(key.as_str()),
        _ => None,
    };
    let (mut signatures, mut stamp) = (Vec::new(), None);
    for pair in header.split(',') {
        let (key, value) = pair.trim().split_once('=')?;
        if key == signature {
            // One that can't be read matches nothing; another may.
            signatures.extend(recipe.decode(value));
        } else if Some(key) == stamp_key {
            // Two timestamps: which of them was signed would be a guess.
            if stamp.replace(digits(value.as_bytes())?).is_some() {
                return None;
            }
        }
    }
    if signatures.is_empty() || signatures.len() > MAX_SIGNATURES { None } else { Some((signatures, stamp)) }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Refusal> {
    let value = single(headers, name)?;
    let fits = value.len() <= MAX_HEADER;
    std::str::from_utf8(value)
        .ok()
        .filter(|_| fits)
        .ok_or_else(|| Refusal::MalformedHeader(Cow::Owned(name.to_owned())))
}

/// No dot, so that it can't run over into what follows it.
fn id_of(text: &str) -> Option<&str> {
    let fits = (1..=MAX_ID).contains(&text.len());
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
    (fits && visible).then_some(text)
}

fn id_in(body: &[u8], field: &str) -> Option<String> {
    let json = json::parse(body).ok()?;
    let id = json.member(field)?.text()?;
    id_of(id).map(str::to_owned)
}

fn hash_of(body: &[u8]) -> String {
    format!("sha256-{}", hex::encode(digest(&SHA256, body)))
}
