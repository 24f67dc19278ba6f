//! Claiming and recording events, over slices.

use std::collections::{HashMap, HashSet};

use pg::types::Type;
use pg::{NewRows, Shard, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Error;
use crate::delivery::{Delivery, Verdict};

/// An answer as it was given the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, verbatim.
    pub body: Vec<u8>,
}

pub(crate) fn status_of(row: &pg::Row, column: &str) -> Result<u16, Error> {
    let status = row.get::<_, Option<i16>>(column).and_then(|status| u16::try_from(status).ok());
    status.ok_or_else(|| Error::Unexpected("a committed event has no answer".into()))
}

/// What became of one delivery of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The first one: go on, and `record` it in this transaction.
    First,
    /// Delivered before: this is the answer (R2). The first one, unless that was a refusal and a replay understood more.
    Repeat(Answer),
    /// The same id was used for other bytes (R3).
    OtherBytes,
    /// The same id and bytes stand earlier in this batch, at this index: answer what that one is answered.
    SameAs(usize),
}

/// Claims the event ids of a batch, first of all in its transaction; waits for whoever is committing one of them.
///
/// # Errors
/// The database's; `Unexpected` when a committed key has no answer.
pub async fn claim(tx: &Tx<'_>, deliveries: &[&Delivery]) -> Result<Vec<Claim>, Error> {
    let (mut claims, own) = distinct(deliveries);
    let candidates: Vec<(usize, &Delivery)> =
        own.iter().filter_map(|index| deliveries.get(*index).map(|delivery| (*index, *delivery))).collect();
    let old = kept_before(tx, &candidates).await?;
    let is_old = |(_, delivery): &(usize, &Delivery)| delivery.before.is_some_and(|key| old.contains(&key));
    let (mut lost, own): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_old);
    let won = insert_keys(tx, &own).await?;
    lost.extend(own.into_iter().filter(|(_, delivery)| !won.contains(&delivery.id.uuid())));
    lost.extend(behind(&lost, deliveries, &claims));
    let lost: Vec<Lost<'_>> = lost.into_iter().map(|one| Lost::of(one, &old)).collect();
    for (index, claim) in first_answers(tx, &lost).await? {
        if let Some(slot) = claims.get_mut(index) {
            *slot = Some(claim);
        }
    }
    let claims: Vec<Claim> = claims.into_iter().map(|claim| claim.unwrap_or(Claim::First)).collect();
    note_conflicts(tx, deliveries, &claims).await?;
    Ok(claims)
}

/// A delivery whose key is there already.
struct Lost<'d> {
    index: usize,
    delivery: &'d Delivery,
    key: (Shard, Uuid),
}

impl<'d> Lost<'d> {
    fn of((index, delivery): (usize, &'d Delivery), old: &HashSet<(Shard, Uuid)>) -> Lost<'d> {
        let before = delivery.before.filter(|key| old.contains(key));
        Lost { index, delivery, key: before.unwrap_or((delivery.shard, delivery.key)) }
    }
}

/// Which of those without an id of their bank's were kept under their plain hash, before there were keyed ones; under which no
/// more are kept. One statement for them all, and none for a batch that has none of them.
async fn kept_before(
    tx: &Tx<'_>,
    candidates: &[(usize, &Delivery)],
) -> Result<HashSet<(Shard, Uuid)>, Error> {
    let wanted: Vec<(Shard, Uuid)> = candidates.iter().filter_map(|(_, delivery)| delivery.before).collect();
    if wanted.is_empty() {
        return Ok(HashSet::new());
    }
    let (shards, keys): (Vec<i16>, Vec<Uuid>) =
        wanted.iter().map(|(shard, key)| (shard.number(), *key)).unzip();
    let rows = tx.query(include_str!("sql/kept_before.sql"), &[&shards, &keys]).await?;
    let found: HashSet<Uuid> = rows.iter().map(|row| row.get("key")).collect();
    Ok(wanted.into_iter().filter(|(_, key)| found.contains(key)).collect())
}

/// Settles what can be settled inside the batch; the second list names the deliveries that must be inserted.
fn distinct(deliveries: &[&Delivery]) -> (Vec<Option<Claim>>, Vec<usize>) {
    let mut first: HashMap<(&str, &str), usize> = HashMap::with_capacity(deliveries.len());
    let mut claims = vec![None; deliveries.len()];
    let mut own = Vec::with_capacity(deliveries.len());
    for (index, delivery) in deliveries.iter().enumerate() {
        let key = (&*delivery.bank, delivery.event_id.as_str());
        match first.get(&key) {
            None => {
                first.insert(key, index);
                own.push(index);
            }
            Some(&earlier) => {
                let same = deliveries.get(earlier).is_some_and(|d| d.body_hash == delivery.body_hash);
                if let Some(slot) = claims.get_mut(index) {
                    *slot = Some(if same { Claim::SameAs(earlier) } else { Claim::OtherBytes });
                }
            }
        }
    }
    (claims, own)
}

/// Other bytes than the first of the batch, whose id was used before the batch: what counts are the bytes that are kept.
fn behind<'d>(
    lost: &[(usize, &Delivery)],
    deliveries: &[&'d Delivery],
    claims: &[Option<Claim>],
) -> Vec<(usize, &'d Delivery)> {
    let used: HashSet<(&str, &str)> = lost.iter().map(|(_, d)| (&*d.bank, d.event_id.as_str())).collect();
    let others = deliveries.iter().zip(claims).enumerate();
    let others = others.filter(|(_, (d, claim))| {
        **claim == Some(Claim::OtherBytes) && used.contains(&(&*d.bank, d.event_id.as_str()))
    });
    others.map(|(index, (delivery, _))| (index, *delivery)).collect()
}

/// Those that `claim.sql` names.
const KEY_COLUMNS: &[Type] = &[Type::INT2, Type::UUID, Type::UUID, Type::BYTEA];

/// The ids of those whose keys were not there before.
async fn insert_keys(tx: &Tx<'_>, own: &[(usize, &Delivery)]) -> Result<HashSet<Uuid>, Error> {
    let mut sorted: Vec<&Delivery> = own.iter().map(|(_, delivery)| *delivery).collect();
    sorted.sort_unstable_by_key(|delivery| (delivery.shard.number(), delivery.key));
    let mut rows = NewRows::new(KEY_COLUMNS);
    for delivery in &sorted {
        let (shard, id) = (delivery.shard.number(), delivery.id.uuid());
        rows.row(&[&shard, &delivery.key, &id, &delivery.body_hash.as_slice()])?;
    }
    let claimed = tx.claim(include_str!("sql/claim.sql"), include_str!("sql/copy_keys.sql"), rows).await?;
    Ok(match claimed {
        Some(won) => won.iter().map(|row| row.get("id")).collect(),
        None => sorted.iter().map(|delivery| delivery.id.uuid()).collect(),
    })
}

async fn first_answers(tx: &Tx<'_>, lost: &[Lost<'_>]) -> Result<Vec<(usize, Claim)>, Error> {
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let shards: Vec<i16> = lost.iter().map(|one| one.key.0.number()).collect();
    let keys: Vec<Uuid> = lost.iter().map(|one| one.key.1).collect();
    let rows = tx.query(include_str!("sql/first_answers.sql"), &[&shards, &keys]).await?;
    let by_key: HashMap<(i16, Uuid), &pg::Row> =
        rows.iter().map(|row| ((row.get("shard"), row.get("key")), row)).collect();
    let mut claims = Vec::with_capacity(lost.len());
    let mut repeated: Vec<(Shard, Uuid)> = Vec::new();
    for Lost { index, delivery, key: (shard, key) } in lost {
        let row = by_key
            .get(&(shard.number(), *key))
            .ok_or_else(|| Error::Unexpected("a key that exists can't be read".into()))?;
        if !delivery.has_bytes_of(row.get("body_hash")) {
            claims.push((*index, Claim::OtherBytes));
            continue;
        }
        let answer = Answer { status: status_of(row, "status")?, body: row.get("answer") };
        repeated.push((*shard, row.get("id")));
        claims.push((*index, Claim::Repeat(answer)));
    }
    note_redeliveries(tx, &repeated).await?;
    Ok(claims)
}

async fn note_redeliveries(tx: &Tx<'_>, repeated: &[(Shard, Uuid)]) -> Result<(), Error> {
    if repeated.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = repeated.iter().map(|(shard, _)| shard.number()).collect();
    let ids: Vec<Uuid> = repeated.iter().map(|(_, id)| *id).collect();
    tx.execute(include_str!("sql/note_redeliveries.sql"), &[&shards, &ids]).await?;
    Ok(())
}

async fn note_conflicts(tx: &Tx<'_>, deliveries: &[&Delivery], claims: &[Claim]) -> Result<(), Error> {
    let conflicts: Vec<&&Delivery> = deliveries
        .iter()
        .zip(claims)
        .filter(|(_, claim)| **claim == Claim::OtherBytes)
        .map(|(delivery, _)| delivery)
        .collect();
    if conflicts.is_empty() {
        return Ok(());
    }
    let shards: Vec<i16> = conflicts.iter().map(|d| d.shard.number()).collect();
    let ids: Vec<Uuid> = conflicts.iter().map(|d| d.id.uuid()).collect();
    let banks: Vec<&str> = conflicts.iter().map(|d| &*d.bank).collect();
    let event_ids: Vec<&str> = conflicts.iter().map(|d| d.event_id.as_str()).collect();
    let hashes: Vec<&[u8]> = conflicts.iter().map(|d| d.body_hash.as_slice()).collect();
    let bodies: Vec<&[u8]> = conflicts.iter().map(|d| d.body_sealed.as_slice()).collect();
    tx.execute(
        include_str!("sql/note_conflicts.sql"),
        &[&shards, &ids, &banks, &event_ids, &hashes, &bodies],
    )
    .await?;
    Ok(())
}

/// What is kept of a first delivery.
#[derive(Debug)]
pub struct Record<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// What we made of it.
    pub verdict: Verdict,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The answer, verbatim.
    pub answer: &'a [u8],
}

/// Those that `insert_events.sql` names.
const EVENT_COLUMNS: &[Type] = &[
    Type::INT2,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::INT2,
    Type::BYTEA,
    Type::TEXT,
    Type::TIMESTAMPTZ,
];
/// Those that `insert_bytes.sql` names.
const BYTES_COLUMNS: &[Type] = &[Type::INT2, Type::UUID, Type::BYTEA, Type::BYTEA, Type::TIMESTAMPTZ];

/// Keeps first deliveries with their answers.
///
/// # Errors
/// The database's; `Unexpected` when fewer rows were written than given.
pub async fn record(tx: &Tx<'_>, records: &[Record<'_>], now: OffsetDateTime) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    let (mut events, mut bytes) = (NewRows::in_time(EVENT_COLUMNS), NewRows::in_time(BYTES_COLUMNS));
    for Record { delivery, verdict, status, answer } in records {
        let status = i16::try_from(*status).map_err(|_| Error::Unexpected("a status of HTTP".into()))?;
        let (shard, id, bank) = (delivery.shard.number(), delivery.id.uuid(), &*delivery.bank);
        let verdict = verdict.as_str();
        events.row(&[
            &shard,
            &id,
            &bank,
            &delivery.event_id,
            &verdict,
            &status,
            answer,
            &delivery.key_id,
            &now,
        ])?;
        bytes.row(&[&shard, &id, &delivery.headers_sealed, &delivery.body_sealed, &now])?;
    }
    let (events, bytes) = tokio::join!(
        biased;
        tx.insert(include_str!("sql/insert_events.sql"), include_str!("sql/copy_events.sql"), events),
        tx.insert(include_str!("sql/insert_bytes.sql"), include_str!("sql/copy_bytes.sql"), bytes),
    );
    let (events, bytes) = (events?, bytes?);
    if events == records.len() as u64 && bytes == events {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{events} events and {bytes} bodies kept of {}", records.len())))
}
