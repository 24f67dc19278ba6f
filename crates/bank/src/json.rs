//! A strict JSON reader into a small tree.
//!
//! What two readers could understand differently is refused: equal keys in one object (compared after unescaping),
//! bytes that are not UTF-8, anything after the value. Nesting is bounded, so hostile depth costs nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Arrays and objects inside each other at most this deep.
pub const MAX_DEPTH: usize = 64;

/// A JSON value; text is borrowed from the input where it holds no escape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Some number. Its value is not kept: nothing a bank says to us may be a JSON number (amounts and rates are
    /// strings), so all that matters is that it stood where a string should.
    Number,
    /// A string
    Text(Cow<'a, str>),
    /// An array
    Array(Vec<Json<'a>>),
    /// An object, sorted by key
    Object(BTreeMap<Cow<'a, str>, Json<'a>>),
}

impl Json<'_> {
    /// A member of an object.
    pub fn member(&self, name: &str) -> Option<&Json<'_>> {
        match self {
            Json::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// A string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Why bytes are not the JSON we read; says where, never quotes the bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(String);

/// Reads exactly one value.
pub fn parse(bytes: &[u8]) -> Result<Json<'_>, JsonError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError(format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Value { depth: 0 }.deserialize(&mut reader).map_err(read_error)?;
    reader.end().map_err(read_error)?;
    Ok(value)
}

fn read_error(error: serde_json::Error) -> JsonError {
    JsonError(error.to_string())
}

/// Reads a value that lies `depth` arrays and objects deep.
#[derive(Clone, Copy)]
struct Value {
    depth: usize,
}

impl Value {
    fn inner<E: serde::de::Error>(self) -> Result<Value, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(Value { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Json<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let inner = self.inner()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let inner = self.inner()?;
        let mut object = BTreeMap::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            let value = entries.next_value_seed(inner)?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
        }
        Ok(Json::Object(object))
    }
}

/// Reads an object's key, borrowed where possible.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        parse(bytes).expect_err("refused").to_string()
    }

    #[test]
    fn reads_every_kind() {
        let read = parse(br#"{"a":[null,true,1,-1,1.5,1e3,"x\n"],"b":{}}"#).unwrap();
        let Json::Object(object) = read else { panic!("no object") };
        let Json::Array(items) = &object["a"] else { panic!("no array") };
        assert_eq!(items[0], Json::Null);
        assert_eq!(items[1], Json::Bool(true));
        assert!(items[2..6].iter().all(|item| *item == Json::Number));
        assert_eq!(items[6], Json::Text("x\n".into()));
        assert_eq!(object["b"], Json::Object(BTreeMap::new()));
    }

    #[test]
    fn borrows_text_without_escapes() {
        assert!(matches!(parse(b"\"plain\"").unwrap(), Json::Text(Cow::Borrowed("plain"))));
    }

    #[test]
    fn equal_keys_are_refused_at_any_level_and_after_unescaping() {
        for body in
            [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"b":2,"a":3}]}"#, r#"{"a":1,"\u0061":2}"#, r#"{"":1,"":1}"#]
        {
            assert!(refused(body.as_bytes()).contains("twice"), "{body}");
        }
        assert!(parse(br#"{"a":{"a":{"a":1}}}"#).is_ok());
    }

    #[test]
    fn depth_is_bounded_and_hostile_depth_is_cheap() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert!(refused(&nested(MAX_DEPTH + 1)).contains("nested"));
        assert!(refused(&vec![b'['; 100_000]).contains("nested"));
        assert!(refused("{\"a\":".repeat(100_000).as_bytes()).contains("nested"));
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        for body in [
            &b""[..],
            b" ",
            b"{",
            b"{}x",
            b"{} {}",
            b"{\"a\":1,}",
            b"[1,]",
            b"\xef\xbb\xbf{}",
            b"\"\xff\"",
            b"\"\xed\xa0\x80\"",
            b"\"\\ud800\"",
            b"\"a\nb\"",
            b"01",
            b"NaN",
            b"'a'",
            b"{a:1}",
            b"// c\n{}",
            b"nul",
        ] {
            assert!(parse(body).is_err(), "{body:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn reads_what_serde_json_writes(key in ".*", text in ".*") {
            let written = serde_json::to_vec(&serde_json::json!({ key.clone(): text.clone() })).unwrap();
            let expected = Json::Object(BTreeMap::from([(Cow::from(key), Json::Text(text.into()))]));
            proptest::prop_assert_eq!(parse(&written).unwrap(), expected);
        }
    }
}
