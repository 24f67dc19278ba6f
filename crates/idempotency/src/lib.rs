#![doc = include_str!("../README.md")]

use std::collections::HashMap;
use std::sync::Arc;

use pg::{Shard, Tx};
use ring::digest;
use uuid::Uuid;

/// The tables of keys and answers.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "idempotency",
    migrations: &[pg::Migration {
        version: 1,
        name: "idempotency",
        sql: include_str!("../migrations/0001_idempotency.sql"),
    }],
};

/// A request that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The shard of the merchant or operator: all of a scope's keys lie in one.
    pub shard: Shard,
    /// Whose key it is: a merchant's or an operator's id.
    pub scope: Arc<str>,
    /// The key as the caller sent it.
    pub key: String,
    /// What the caller asked: `request_hash` of it.
    pub hash: [u8; 32],
    /// Names this attempt, should it be the first.
    pub id: Uuid,
}

/// SHA-256 over method, path and body, each preceded by its length.
pub fn request_hash(method: &str, path: &str, body: &[u8]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [method.as_bytes(), path.as_bytes(), body] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// An answer as it was given the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, verbatim.
    pub body: Vec<u8>,
}

/// What became of one key of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody used the key before: go on, and `record` or `release` it in this transaction.
    First,
    /// Used before with the same request: this is the answer.
    Repeat(Answer),
    /// Used before with another request.
    OtherRequest,
    /// The same key and request stand earlier in this batch, at this index: answer what that one is answered.
    SameAs(usize),
}

/// Why keys could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed; the transaction is void.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// A key without an answer, or a count that is not what was written.
    #[error("unexpected state of the idempotency keys: {0}")]
    Unexpected(String),
}

/// Claims the keys of a batch, first of all in its transaction; waits for whoever is committing one of them.
///
/// # Errors
/// The database's; `Unexpected` when a committed key has no answer.
pub async fn claim(tx: &Tx<'_>, requests: &[&Request]) -> Result<Vec<Claim>, Error> {
    let (mut claims, distinct) = distinct(requests);
    if distinct.is_empty() {
        return Ok(claims.into_iter().map(|claim| claim.unwrap_or(Claim::First)).collect());
    }
    let own: Vec<&Request> = distinct.iter().filter_map(|index| requests.get(*index).copied()).collect();
    let won = insert_keys(tx, &own).await?;
    let lost: Vec<(usize, &Request)> =
        distinct.iter().copied().zip(own).filter(|(_, request)| !won.contains(&request.id)).collect();
    for (index, claim) in first_answers(tx, &lost).await? {
        if let Some(slot) = claims.get_mut(index) {
            *slot = Some(claim);
        }
    }
    Ok(claims.into_iter().map(|claim| claim.unwrap_or(Claim::First)).collect())
}

/// Settles what can be settled inside the batch; the second list names the requests that must be inserted.
fn distinct(requests: &[&Request]) -> (Vec<Option<Claim>>, Vec<usize>) {
    let mut first: HashMap<(Shard, &str, &str), usize> = HashMap::new();
    let mut claims = vec![None; requests.len()];
    let mut own = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        match first.get(&(request.shard, &*request.scope, request.key.as_str())) {
            None => {
                first.insert((request.shard, &*request.scope, request.key.as_str()), index);
                own.push(index);
            }
            Some(&earlier) => {
                let same = requests.get(earlier).is_some_and(|r| r.hash == request.hash);
                if let Some(slot) = claims.get_mut(index) {
                    *slot = Some(if same { Claim::SameAs(earlier) } else { Claim::OtherRequest });
                }
            }
        }
    }
    (claims, own)
}

async fn insert_keys(tx: &Tx<'_>, own: &[&Request]) -> Result<Vec<Uuid>, Error> {
    let shards: Vec<i16> = own.iter().map(|r| r.shard.number()).collect();
    let scopes: Vec<&str> = own.iter().map(|r| &*r.scope).collect();
    let keys: Vec<&str> = own.iter().map(|r| r.key.as_str()).collect();
    let ids: Vec<Uuid> = own.iter().map(|r| r.id).collect();
    let hashes: Vec<&[u8]> = own.iter().map(|r| r.hash.as_slice()).collect();
    let rows = tx.query(include_str!("sql/claim.sql"), &[&shards, &scopes, &keys, &ids, &hashes]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

async fn first_answers(tx: &Tx<'_>, lost: &[(usize, &Request)]) -> Result<Vec<(usize, Claim)>, Error> {
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let shards: Vec<i16> = lost.iter().map(|(_, r)| r.shard.number()).collect();
    let scopes: Vec<&str> = lost.iter().map(|(_, r)| &*r.scope).collect();
    let keys: Vec<&str> = lost.iter().map(|(_, r)| r.key.as_str()).collect();
    let rows = tx.query(include_str!("sql/first_answers.sql"), &[&shards, &scopes, &keys]).await?;
    let mut by_key: HashMap<(i16, &str, &str), &pg::Row> = HashMap::new();
    for row in &rows {
        by_key.insert((row.get("shard"), row.get("scope"), row.get("key")), row);
    }
    let mut claims = Vec::with_capacity(lost.len());
    let mut repeated = Vec::new();
    for (index, request) in lost {
        let row = by_key
            .get(&(request.shard.number(), &*request.scope, request.key.as_str()))
            .ok_or_else(|| Error::Unexpected("a key that exists can't be read".into()))?;
        let same = row.get::<_, &[u8]>("request_hash") == request.hash.as_slice();
        if same {
            repeated.push((request.shard.number(), row.get::<_, Uuid>("id")));
            claims.push((*index, Claim::Repeat(stored(row)?)));
        } else {
            claims.push((*index, Claim::OtherRequest));
        }
    }
    note_repeats(tx, &repeated).await?;
    Ok(claims)
}

fn stored(row: &pg::Row) -> Result<Answer, Error> {
    let status: Option<i16> = row.get("status");
    let status = status
        .and_then(|status| u16::try_from(status).ok())
        .ok_or_else(|| Error::Unexpected("a committed key has no answer".into()))?;
    Ok(Answer { status, body: row.get("body") })
}

async fn note_repeats(tx: &Tx<'_>, repeated: &[(i16, Uuid)]) -> Result<(), Error> {
    if repeated.is_empty() {
        return Ok(());
    }
    let (shards, ids): (Vec<i16>, Vec<Uuid>) = repeated.iter().copied().unzip();
    tx.execute(include_str!("sql/repeat.sql"), &[&shards, &ids]).await?;
    Ok(())
}

/// Stores the answers of keys that this transaction claimed as first.
///
/// # Errors
/// The database's; `Unexpected` when fewer rows were written than given.
pub async fn record(tx: &Tx<'_>, answers: &[(&Request, Answer)]) -> Result<(), Error> {
    if answers.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = answers.iter().map(|(r, _)| r.shard.number()).collect();
    let ids: Vec<Uuid> = answers.iter().map(|(r, _)| r.id).collect();
    let mut statuses = Vec::with_capacity(answers.len());
    for (_, answer) in answers {
        let status =
            i16::try_from(answer.status).map_err(|_| Error::Unexpected("a status of HTTP".into()))?;
        statuses.push(status);
    }
    let bodies: Vec<&[u8]> = answers.iter().map(|(_, a)| a.body.as_slice()).collect();
    let written = tx.execute(include_str!("sql/record.sql"), &[&shards, &ids, &statuses, &bodies]).await?;
    expect(written, answers.len())
}

/// Gives back keys that this transaction claimed as first and whose answers must not be stored.
///
/// # Errors
/// The database's; `Unexpected` when a key is not this transaction's own.
pub async fn release(tx: &Tx<'_>, requests: &[&Request]) -> Result<(), Error> {
    if requests.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = requests.iter().map(|r| r.shard.number()).collect();
    let scopes: Vec<&str> = requests.iter().map(|r| &*r.scope).collect();
    let keys: Vec<&str> = requests.iter().map(|r| r.key.as_str()).collect();
    let ids: Vec<Uuid> = requests.iter().map(|r| r.id).collect();
    let removed = tx.execute(include_str!("sql/release.sql"), &[&shards, &scopes, &keys, &ids]).await?;
    expect(removed, requests.len())
}

fn expect(rows: u64, wanted: usize) -> Result<(), Error> {
    if rows == wanted as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{rows} rows instead of {wanted}")))
}
