//! Heads of the chains, written out on a schedule: a copy that an intruder of the database can't reach proves
//! that no tail was cut.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::seal::{GENESIS, Hash};
use crate::store::hash_of;

/// Where a chain ended at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub chain: i16,
    /// Its last seal; 0 before the first.
    pub seq: i64,
    /// That seal's hash.
    pub hash: Hash,
}

/// One line of a heads file: `chain seq hash-in-hex`.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.chain, self.seq, hex::encode(self.hash))
    }
}

/// A line that is not a head.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a chain head: {0:?} (expected: chain seq hash)")]
pub struct NotAHead(String);

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(line: &str) -> Result<Head, NotAHead> {
        let refuse = || NotAHead(line.to_owned());
        let mut parts = line.split_whitespace();
        let chain = parts.next().and_then(|p| p.parse().ok()).ok_or_else(refuse)?;
        let seq = parts.next().and_then(|p| p.parse().ok()).ok_or_else(refuse)?;
        let bytes = parts.next().and_then(|p| hex::decode(p).ok()).ok_or_else(refuse)?;
        let hash = bytes.try_into().map_err(|_| refuse())?;
        if parts.next().is_some() {
            return Err(refuse());
        }
        Ok(Head { chain, seq, hash })
    }
}

/// The heads as they are now.
///
/// # Errors
/// The database's.
pub async fn heads(conn: &pg::Connection) -> Result<Vec<Head>, Error> {
    let rows = conn.query(include_str!("sql/heads.sql"), &[]).await?;
    rows.iter().map(head_of).collect()
}

/// The last seal of `chain` up to `seq`, as it lies in the book: the one of that number where the chain has come so far.
///
/// # Errors
/// The database's; `Unexpected` for a hash that is none.
pub async fn head_up_to(conn: &pg::Connection, chain: i16, seq: i64) -> Result<Head, Error> {
    let row = conn.query_opt(include_str!("sql/head_up_to.sql"), &[&chain, &seq]).await?;
    row.as_ref().map_or(Ok(Head { chain, seq: 0, hash: GENESIS }), head_of)
}

/// One row of `chain_heads`, or what a seal says of its chain.
pub(crate) fn head_of(row: &pg::Row) -> Result<Head, Error> {
    Ok(Head { chain: row.get("chain"), seq: row.get("seq"), hash: hash_of(row.get("hash"))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i7_a_head_reads_back_and_junk_does_not() {
        let head = Head { chain: 3, seq: 77, hash: [0xab; 32] };
        assert_eq!(head.to_string().parse(), Ok(head));
        for junk in ["", "1", "1 2", "1 2 zz", "1 2 abab", &format!("{head} 9")] {
            assert!(junk.parse::<Head>().is_err(), "{junk}");
        }
    }
}
