#![doc = include_str!("../README.md")]

use std::collections::HashMap;
use std::sync::Arc;

use pg::{Shard, Tx};
use ring::digest;
use uuid::Uuid;

/// The tables of keys and answers.
pub const MIGRATIONS: pg::MigrationSet = pg::MigrationSet {
    owner: "idempotency",
    migrations: &[
        pg::Migration {
            version: 1,
            name: "idempotency",
            sql: include_str!("../migrations/0001_idempotency.sql"),
        },
        pg::Migration {
            version: 2,
            name: "partitions",
            sql: include_str!("../migrations/0002_partitions.sql"),
        },
    ],
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

impl Request {
    /// Under what the key is looked up: the first half of SHA-256 over scope and key. Two keys with one digest could
    /// only be made by whoever owns both, and the second is refused as used for another request.
    fn digest(&self) -> Uuid {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [self.scope.as_bytes(), &[31], self.key.as_bytes()] {
            context.update(part);
        }
        let mut half = [0; 16];
        half.copy_from_slice(&context.finish().as_ref()[..16]);
        Uuid::from_bytes(half)
    }
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
    let (shards, digests) = places(own);
    let scopes: Vec<&str> = own.iter().map(|r| &*r.scope).collect();
    let keys: Vec<&str> = own.iter().map(|r| r.key.as_str()).collect();
    let ids: Vec<Uuid> = own.iter().map(|r| r.id).collect();
    let hashes: Vec<&[u8]> = own.iter().map(|r| r.hash.as_slice()).collect();
    let rows =
        tx.query(include_str!("sql/claim.sql"), &[&shards, &digests, &scopes, &keys, &ids, &hashes]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

fn places(requests: &[&Request]) -> (Vec<i16>, Vec<Uuid>) {
    requests.iter().map(|request| (request.shard.number(), request.digest())).unzip()
}

async fn first_answers(tx: &Tx<'_>, lost: &[(usize, &Request)]) -> Result<Vec<(usize, Claim)>, Error> {
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let requests: Vec<&Request> = lost.iter().map(|(_, request)| *request).collect();
    let (shards, digests) = places(&requests);
    let rows = tx.query(include_str!("sql/keys.sql"), &[&shards, &digests]).await?;
    let first: HashMap<(i16, Uuid), &pg::Row> =
        rows.iter().map(|row| ((row.get("shard"), row.get("digest")), row)).collect();
    let mut repeated = Vec::new();
    for (((index, request), shard), digest) in lost.iter().zip(&shards).zip(&digests) {
        let row = first
            .get(&(*shard, *digest))
            .ok_or_else(|| Error::Unexpected("a key that exists can't be read".into()))?;
        let same = row.get::<_, &str>("scope") == request.scope.as_ref()
            && row.get::<_, &str>("key") == request.key
            && row.get::<_, &[u8]>("request_hash") == request.hash.as_slice();
        repeated.push((*index, same.then(|| (*shard, row.get::<_, Uuid>("id")))));
    }
    let mut answers = answers(tx, repeated.iter().filter_map(|(_, same)| *same).collect()).await?;
    let claim = |(index, same): (usize, Option<(i16, Uuid)>)| match same {
        None => Ok((index, Claim::OtherRequest)),
        Some(place) => match answers.remove(&place) {
            Some(answer) => Ok((index, Claim::Repeat(answer))),
            None => Err(Error::Unexpected("a committed key has no answer".into())),
        },
    };
    repeated.into_iter().map(claim).collect()
}

/// What was answered under these ids; noted as repeated, since a repeated answer leaves after a commit of its own.
async fn answers(tx: &Tx<'_>, ids: Vec<(i16, Uuid)>) -> Result<HashMap<(i16, Uuid), Answer>, Error> {
    let (Some(oldest), Some(newest)) =
        (ids.iter().map(|(_, id)| *id).min(), ids.iter().map(|(_, id)| *id).max())
    else {
        return Ok(HashMap::new());
    };
    let (shards, uuids): (Vec<i16>, Vec<Uuid>) = ids.into_iter().unzip();
    let rows = tx.query(include_str!("sql/answers.sql"), &[&shards, &uuids, &oldest, &newest]).await?;
    note_repeats(tx, shards).await?;
    rows.iter()
        .map(|row| {
            let status = u16::try_from(row.get::<_, i16>("status"))
                .map_err(|_| Error::Unexpected("a stored status is none of HTTP's".into()))?;
            Ok(((row.get("shard"), row.get("id")), Answer { status, body: row.get("body") }))
        })
        .collect()
}

/// Rows of each shard that are written over and over by repeats.
const SLOTS: u16 = 1024;

/// One write for each shard; any slot will do, and a random one is rarely another transaction's.
async fn note_repeats(tx: &Tx<'_>, mut shards: Vec<i16>) -> Result<(), Error> {
    shards.sort_unstable();
    shards.dedup();
    let any = Uuid::now_v7().into_bytes();
    let slot = (u16::from_be_bytes([any[14], any[15]]) % SLOTS).cast_signed();
    let slots = vec![slot; shards.len()];
    let noted = tx.execute(include_str!("sql/repeat.sql"), &[&shards, &slots]).await?;
    expect(noted, shards.len())
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
    let (shards, digests) = places(requests);
    let ids: Vec<Uuid> = requests.iter().map(|r| r.id).collect();
    let removed = tx.execute(include_str!("sql/release.sql"), &[&shards, &digests, &ids]).await?;
    expect(removed, requests.len())
}

fn expect(rows: u64, wanted: usize) -> Result<(), Error> {
    if rows == wanted as u64 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{rows} rows instead of {wanted}")))
}
