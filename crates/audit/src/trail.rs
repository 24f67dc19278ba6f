//! The trail: appended under one lock, chained by hash, proved by walking.

use std::collections::{BTreeMap, BTreeSet};

use pg::{Connection, Tx};
use ring::digest;
use time::OffsetDateTime;

use crate::Error;
use crate::heads::{Head, head_of};

/// How many rows are walked at a time.
const PAGE: i64 = 1_000;

/// Who did what to what, when, from where, why, and what it changed. No personal data in any field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, by the database's clock.
    pub at: OffsetDateTime,
    /// The operator's id, or the part of the gateway that acted by itself.
    pub actor: String,
    /// The person behind it.
    pub person: String,
    /// From where: an address, or `gateway`.
    pub origin: String,
    /// What was done.
    pub action: String,
    /// To what: an id.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// The state before, JSON.
    pub before: Option<String>,
    /// The state after, JSON.
    pub after: Option<String>,
    /// The key of the request.
    pub idempotency_key: Option<String>,
}

impl Entry {
    /// SHA-256 over the hash before it, the sequence number, the time in microseconds since 1970 (both 64 bits,
    /// big-endian) and every text in the order of the columns behind its length (64 bits; a missing text has
    /// the length 2^64 - 1). Fixed for ever.
    fn hash(&self, previous: &[u8; 32], seq: i64) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"sluice audit 1\0");
        context.update(previous);
        context.update(&seq.to_be_bytes());
        let micros = i64::try_from(self.at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
        context.update(&micros.to_be_bytes());
        let texts = [&self.actor, &self.person, &self.origin, &self.action, &self.subject, &self.reason];
        for text in texts.into_iter().map(Some).chain([
            self.before.as_ref(),
            self.after.as_ref(),
            self.idempotency_key.as_ref(),
        ]) {
            match text {
                Some(text) => {
                    context.update(&(text.len() as u64).to_be_bytes());
                    context.update(text.as_bytes());
                }
                None => context.update(&u64::MAX.to_be_bytes()),
            }
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}

/// Appends entries in order. The head's lock is held until the transaction ends: call it late.
///
/// # Errors
/// The database's; `Unexpected` when the head is not there.
pub async fn append(tx: &Tx<'_>, entries: &[Entry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let head = tx.query_one(include_str!("sql/lock_head.sql"), &[]).await?;
    let mut seq: i64 = head.get("seq");
    let mut hash = hash_of(head.get("hash"))?;
    let (mut seqs, mut hashes) = (Vec::new(), Vec::new());
    for entry in entries {
        seq += 1;
        hash = entry.hash(&hash, seq);
        seqs.push(seq);
        hashes.push(hash);
    }
    let hash_refs: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    let times: Vec<OffsetDateTime> = entries.iter().map(|e| e.at).collect();
    let actors: Vec<&str> = entries.iter().map(|e| e.actor.as_str()).collect();
    let persons: Vec<&str> = entries.iter().map(|e| e.person.as_str()).collect();
    let origins: Vec<&str> = entries.iter().map(|e| e.origin.as_str()).collect();
    let actions: Vec<&str> = entries.iter().map(|e| e.action.as_str()).collect();
    let subjects: Vec<&str> = entries.iter().map(|e| e.subject.as_str()).collect();
    let reasons: Vec<&str> = entries.iter().map(|e| e.reason.as_str()).collect();
    let befores: Vec<Option<&str>> = entries.iter().map(|e| e.before.as_deref()).collect();
    let afters: Vec<Option<&str>> = entries.iter().map(|e| e.after.as_deref()).collect();
    let keys: Vec<Option<&str>> = entries.iter().map(|e| e.idempotency_key.as_deref()).collect();
    let inserted = tx
        .execute(
            include_str!("sql/append.sql"),
            &[
                &seqs, &times, &actors, &persons, &origins, &actions, &subjects, &reasons, &befores, &afters,
                &keys, &hash_refs,
            ],
        )
        .await?;
    let moved = tx.execute(include_str!("sql/move_head.sql"), &[&seq, &hash.as_slice()]).await?;
    if inserted == entries.len() as u64 && moved == 1 {
        return Ok(());
    }
    Err(Error::Unexpected(format!("{inserted} entries appended of {}", entries.len())))
}

pub(crate) fn hash_of(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|_| Error::Unexpected("a hash that has not 32 bytes".into()))
}

/// How many entries there are. It grows in the order of commits: the head's lock is held until then.
///
/// # Errors
/// The database's.
pub async fn head_seq(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.query_one(include_str!("sql/head.sql"), &[]).await?.get("seq"))
}

/// What a walk over the trail found.
#[derive(Debug, Default)]
pub struct AuditReport {
    /// Entries walked.
    pub entries: u64,
    /// The end that was walked to.
    pub head: Head,
    /// Everything that is not as it should be, in words; empty is a passed proof.
    pub breaches: Vec<String>,
}

/// What was written out, by the entry's place.
type Wanted = BTreeMap<i64, BTreeSet<[u8; 32]>>;

/// Walks the whole trail (I7): no gap, no changed row, the head is the last row. The end is of one moment, and nothing
/// before it changes any more: no snapshot lasts as long as the walk. `known` are heads that were written out before it
/// began (R34): each must lie on the trail, since whoever owns the database can give the rest hashes that fit together.
///
/// # Errors
/// The database's, and `Unexpected` for a hash that is none; what is wrong with the trail is in the report.
pub async fn verify(conn: &Connection, known: &[Head]) -> Result<AuditReport, Error> {
    let mut report = AuditReport::default();
    // All that was written out of an entry: two hashes of one are a breach by themselves.
    let mut wanted = Wanted::new();
    for head in known {
        wanted.entry(head.seq).or_default().insert(head.hash);
    }
    check_known(&mut wanted, &mut report);
    let end = conn.query_one(include_str!("sql/end.sql"), &[]).await?;
    let (last, early): (i64, i64) = (end.get("last"), end.get("early"));
    if early > 0 {
        report.breaches.push(format!("I7: {early} audit entries lie before the first"));
    }
    while report.head.seq < last {
        let rows = conn.query(include_str!("sql/walk.sql"), &[&report.head.seq, &last, &PAGE]).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            check_row(&read(row)?, &mut report);
            check_known(&mut wanted, &mut report);
        }
    }
    let ends = report.head.seq;
    if let Some((seq, _)) = wanted.last_key_value() {
        report.breaches.push(format!("I7: the audit trail ends at {ends}, but {seq} was written out"));
    }
    let head = end.get::<_, Option<i64>>("seq").map(|_| head_of(&end)).transpose()?;
    match head {
        None => report.breaches.push("I7: the audit trail's head is not there".to_owned()),
        Some(head) if head == report.head => {}
        Some(_) => report.breaches.push(format!("I7: the audit trail's head is not its last entry, {ends}")),
    }
    Ok(report)
}

/// Goes one entry further.
fn check_row(row: &AuditRow, report: &mut AuditReport) {
    let Head { seq, hash } = report.head;
    report.entries += 1;
    if row.seq != seq + 1 {
        report.breaches.push(format!("I7: audit entry {} follows {seq}", row.seq));
    }
    if row.entry.hash(&hash, row.seq) != row.hash {
        report.breaches.push(format!("I7: audit entry {} was changed", row.seq));
    }
    report.head = Head { seq: row.seq, hash: row.hash };
}

/// What was written out and lies no further than the walk has come is right here, or it is not there.
fn check_known(wanted: &mut Wanted, report: &mut AuditReport) {
    let here = report.head;
    while let Some(first) = wanted.first_entry().filter(|first| *first.key() <= here.seq) {
        let (seq, hashes) = first.remove_entry();
        if seq < here.seq {
            report.breaches.push(format!("I7: audit entry {seq} was written out and is not there"));
        } else if hashes != BTreeSet::from([here.hash]) {
            report.breaches.push(format!("I7: audit entry {seq} is not the one that was written out"));
        }
    }
}

/// An entry as it lies in the trail.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// Its place.
    pub seq: i64,
    /// What it says.
    pub entry: Entry,
    hash: [u8; 32],
}

/// An entry's row.
pub(crate) fn read(row: &pg::Row) -> Result<AuditRow, Error> {
    let entry = Entry {
        // One that can't be read (infinity) was never written: with any other the hash is another, too.
        at: row.try_get("at").unwrap_or(OffsetDateTime::UNIX_EPOCH),
        actor: row.get("actor"),
        person: row.get("person"),
        origin: row.get("origin"),
        action: row.get("action"),
        subject: row.get("subject"),
        reason: row.get("reason"),
        before: row.get("before"),
        after: row.get("after"),
        idempotency_key: row.get("idempotency_key"),
    };
    Ok(AuditRow { seq: row.get("seq"), entry, hash: hash_of(row.get("hash"))? })
}

/// Entries, newest first, about `subject` if given, older than `before`.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &Connection,
    subject: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRow>, Error> {
    let rows = conn.query(include_str!("sql/list.sql"), &[&subject, &before, &limit]).await?;
    rows.iter().map(read).collect()
}
