//! Where a row lies: the first column of every key on the write path.

use std::error::Error as StdError;
use std::fmt;

use bytes::BytesMut;
use ring::digest;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// One shard, `0..=255`; a `smallint` in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i16", into = "i16")]
pub struct Shard(u8);

impl Shard {
    /// The shard of this number; `None` outside `0..=255`.
    pub fn new(number: i16) -> Option<Shard> {
        u8::try_from(number).ok().map(Shard)
    }

    pub(crate) const fn from_byte(byte: u8) -> Shard {
        Shard(byte)
    }

    pub(crate) const fn byte(self) -> u8 {
        self.0
    }

    /// The number as the database holds it.
    pub const fn number(self) -> i16 {
        self.0 as i16
    }
}

impl From<Shard> for i16 {
    fn from(shard: Shard) -> i16 {
        shard.number()
    }
}

impl TryFrom<i16> for Shard {
    type Error = String;

    fn try_from(number: i16) -> Result<Shard, String> {
        Shard::new(number).ok_or_else(|| format!("{number} is no shard"))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ToSql for Shard {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.number().to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <i16 as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Shard {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Shard, Box<dyn StdError + Sync + Send>> {
        Ok(Shard::try_from(i16::from_sql(ty, raw)?)?)
    }

    fn accepts(ty: &Type) -> bool {
        <i16 as FromSql>::accepts(ty)
    }
}

/// How many shards a book has: chosen at bootstrap, never changed, since every key depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards {
    count: u8,
}

impl Shards {
    /// `count` shards. Nothing can lie in no shard at all: 0 means 1.
    pub const fn new(count: u8) -> Shards {
        Shards { count: if count == 0 { 1 } else { count } }
    }

    /// How many there are, at least 1.
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// All of them, in order.
    pub fn all(&self) -> impl Iterator<Item = Shard> + use<> {
        (0..self.count).map(Shard)
    }

    /// The shard of a key made of `parts`, the same for ever: that of its [`KeyHash`].
    pub fn of(&self, parts: &[&[u8]]) -> Shard {
        KeyHash::of(parts).shard(*self)
    }
}

/// A key made of parts, as a number of fixed width: what lies in an index instead of long texts, the same for ever.
/// SHA-256 over each part behind its length (64 bits, big-endian); the lengths keep `("ab", "c")` and `("a", "bc")` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// Of these parts, in this order.
    pub fn of(parts: &[&[u8]]) -> KeyHash {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        KeyHash(hash)
    }

    /// Its first 128 bits: as good as the key itself. Two keys that agree in them are not met by chance, and to make them takes
    /// whoever chooses both some 2^64 attempts.
    pub fn uuid(&self) -> Uuid {
        Uuid::from_u128(self.0.iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte)))
    }

    /// Its first 64 bits: for finding a few candidates, which are then compared in full.
    pub fn bits(&self) -> i64 {
        self.first().cast_signed()
    }

    /// The shard of the key: its first 64 bits (big-endian) modulo the count.
    pub fn shard(&self, shards: Shards) -> Shard {
        Shard((self.first() % u64::from(shards.count)) as u8)
    }

    fn first(&self) -> u64 {
        self.0.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }
}
