//! Typed ids: a UUIDv7 whose last byte is its shard, so that any id finds its rows.

use std::cmp::Ordering;
use std::error::Error as StdError;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use bytes::BytesMut;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use uuid::{Uuid, Variant};

use crate::shard::Shard;

/// What an id names. Implemented by empty enums; the prefix is part of the public contract.
pub trait Kind {
    /// Lowercase letters, no underscore: `pay`, `wd`.
    const PREFIX: &'static str;
}

/// The id of a thing of kind `K`; in text `<prefix>_<32 lowercase hexadecimal digits>`, in the database a `uuid`.
pub struct Id<K> {
    uuid: Uuid,
    // `fn() -> K` is Send and Sync whatever K is.
    kind: PhantomData<fn() -> K>,
}

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id that starts with {prefix}_")]
pub struct BadId {
    /// The prefix that was wanted.
    pub prefix: &'static str,
}

impl<K> Id<K> {
    /// A new id in `shard`. Ids made later in one process sort behind, except for the shard's byte.
    pub fn new(shard: Shard) -> Id<K> {
        let mut bytes = Uuid::now_v7().into_bytes();
        bytes[15] = shard.byte();
        Id::from_uuid(Uuid::from_bytes(bytes))
    }

    /// The id as the database holds it.
    pub const fn from_uuid(uuid: Uuid) -> Id<K> {
        Id { uuid, kind: PhantomData }
    }

    /// The bare UUID.
    pub const fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The shard in which its rows lie.
    pub fn shard(&self) -> Shard {
        Shard::from_byte(self.uuid.as_bytes()[15])
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Id<K>, BadId> {
        parse(K::PREFIX, text).map(Id::from_uuid).ok_or(BadId { prefix: K::PREFIX })
    }
}

/// One spelling only: an id stands in URLs and audit records, where two spellings would be two subjects.
fn parse(prefix: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?;
    let canonical = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical {
        return None;
    }
    let uuid = Uuid::try_parse_ascii(digits.as_bytes()).ok()?;
    (uuid.get_version_num() == 7 && uuid.get_variant() == Variant::RFC4122).then_some(uuid)
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.uuid.simple())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Derives would demand the same of K, which is never instantiated.

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<K>(PhantomData<fn() -> K>);

        impl<K: Kind> de::Visitor<'_> for Text<K> {
            type Value = Id<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an id that starts with {}_", K::PREFIX)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id<K>, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Text(PhantomData))
    }
}

impl<K: Kind> ToSql for Id<K> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.uuid.to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <Uuid as ToSql>::accepts(ty)
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.uuid.to_sql_checked(ty, out)
    }
}

impl<'a, K> FromSql<'a> for Id<K> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Uuid::from_sql(ty, raw).map(Id::from_uuid)
    }

    fn accepts(ty: &Type) -> bool {
        <Uuid as FromSql>::accepts(ty)
    }
}
