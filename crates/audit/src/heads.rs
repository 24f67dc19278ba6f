//! The trail's head, written out on a schedule: whoever owns the database can write the whole trail anew, with every
//! hash, but not a copy of the head that lies elsewhere.

use std::fmt;
use std::str::FromStr;

use pg::Connection;

use crate::Error;
use crate::trail::hash_of;

/// What a line begins with, where those of the ledger's chains have a number.
const NAME: &str = "audit";

/// Where the trail ended at some moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// Its last entry; 0 before the first.
    pub seq: i64,
    /// That entry's hash; zeros before the first.
    pub hash: [u8; 32],
}

/// One line of a heads file: `audit seq hash-in-hex`.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME} {} {}", self.seq, hex::encode(self.hash))
    }
}

/// A line that is not the trail's head.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not the trail's head: {0:?} (expected: audit seq hash)")]
pub struct NotAHead(String);

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(line: &str) -> Result<Head, NotAHead> {
        let refuse = || NotAHead(line.to_owned());
        let mut parts = line.split_whitespace();
        if parts.next() != Some(NAME) {
            return Err(refuse());
        }
        let seq = parts.next().and_then(|p| p.parse().ok()).ok_or_else(refuse)?;
        let bytes = parts.next().and_then(|p| hex::decode(p).ok()).ok_or_else(refuse)?;
        let hash = bytes.try_into().map_err(|_| refuse())?;
        if parts.next().is_some() {
            return Err(refuse());
        }
        Ok(Head { seq, hash })
    }
}

/// The head as it is now.
///
/// # Errors
/// The database's; `Unexpected` for a hash that is none.
pub async fn head(conn: &Connection) -> Result<Head, Error> {
    head_of(&conn.query_one(include_str!("sql/head.sql"), &[]).await?)
}

/// The last entry up to `seq`, as it lies in the trail: the one of that number where the trail has come so far.
///
/// # Errors
/// The database's; `Unexpected` for a hash that is none.
pub async fn head_up_to(conn: &Connection, seq: i64) -> Result<Head, Error> {
    let row = conn.query_opt(include_str!("sql/head_up_to.sql"), &[&seq]).await?;
    row.as_ref().map_or(Ok(Head::default()), head_of)
}

/// The row of `audit_head`, or what an entry says of the trail.
pub(crate) fn head_of(row: &pg::Row) -> Result<Head, Error> {
    Ok(Head { seq: row.get("seq"), hash: hash_of(row.get("hash"))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r34_a_head_reads_back_and_junk_does_not() {
        let head = Head { seq: 77, hash: [0xab; 32] };
        assert_eq!(head.to_string(), format!("audit 77 {}", "ab".repeat(32)));
        assert_eq!(head.to_string().parse(), Ok(head));
        let of_a_chain = head.to_string().replace("audit", "3");
        let longer = format!("{head} 9");
        for junk in ["", "audit", "audit 1", "audit 1 zz", "audit 1 abab", &longer, &of_a_chain] {
            assert!(junk.parse::<Head>().is_err(), "{junk}");
        }
    }
}
