//! The proof of the book: I1, I2 and the ledger's half of I7.

mod counted;
mod known;
mod moment;

use std::collections::HashMap;
use std::time::Instant;

use pg::Connection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::heads::Head;
use crate::journal::RawTransfer;
use crate::layout::Layout;
use crate::seal::{self, GENESIS, Hash};
use crate::store::hash_of;

use counted::Totals;
use known::{Known, in_order};
use moment::Moment;

/// How many seals are walked at a time: bounds the memory of a proof, and how long each of its snapshots lasts.
const SEALS_PER_STEP: i64 = 100;

/// So many lines about accounts stand in a report; the others are counted.
const MOST_NAMED: usize = 100;

/// How hard a proof works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can.
    Full,
    /// It rests after each step of the walk for as long as the step took, so that others find the processor free.
    Gentle,
}

impl Pace {
    async fn rest(self, step: Instant) {
        if self == Pace::Gentle {
            tokio::time::sleep(step.elapsed()).await;
        }
    }
}

/// What a proof found.
#[derive(Debug, Default)]
pub struct Report {
    /// Seals walked over all chains.
    pub seals: u64,
    /// Transfers walked over all chains.
    pub transfers: u64,
    /// The ends of the chains that were walked.
    pub heads: Vec<Head>,
    /// Everything that is not as it should be, in words; empty is a passed proof.
    pub breaches: Vec<String>,
}

/// Walks the whole book, chain by chain: the counters of a chain's accounts and its end are of one moment, then come its seals and
/// transfers up to there, which nothing changes any more, in many short statements. So no snapshot lasts as long as the walk.
/// `known` are heads that were written out earlier: each must lie on its chain.
///
/// # Errors
/// The database's, and `Unexpected` for a hash that is none; what is wrong with the book is in the report, not an error.
pub async fn verify(
    conn: &mut Connection,
    layout: Layout,
    known: &[Head],
    pace: Pace,
) -> Result<Report, Error> {
    let (mut report, mut totals) = (Report::default(), Totals::default());
    let known = in_order(known);
    for chain in 0..layout.chains {
        let moment = Moment::take(conn, layout, chain).await?;
        totals.add(&moment.counted);
        walk_chain(conn, moment, &known, pace, &mut report).await?;
    }
    let mut whole = totals.breaches();
    for row in conn.query(include_str!("sql/intershard_sums.sql"), &[]).await? {
        let (currency, open): (&str, &str) = (row.get(0), row.get(1));
        whole.push(format!("I1: {currency}: {open} minor units are lost between shards"));
    }
    report.breaches.splice(..0, whole);
    for chain in known::strangers(&known, layout.chains) {
        report.breaches.push(format!("I7: chain {chain} is not in this book"));
    }
    let shards = i16::from(layout.shards.count());
    for row in conn.query(include_str!("sql/strange_shards.sql"), &[&shards]).await? {
        report
            .breaches
            .push(format!("I2: rows of shard {}, which is not in this book", row.get::<_, i16>(0)));
    }
    Ok(report)
}

/// A seal as it was walked.
struct Seal {
    seq: i64,
    count: i32,
    root: Hash,
    hash: Hash,
    /// When it was made; none where that is no time that there can be.
    at: Option<OffsetDateTime>,
}

/// What a seal's transfers are in it.
#[derive(Default)]
struct Sealed {
    leaves: Vec<Hash>,
    /// When the first was posted.
    at: Option<OffsetDateTime>,
    /// Others were posted at another time.
    at_other_times: bool,
}

async fn walk_chain(
    conn: &Connection,
    mut moment: Moment,
    known: &[Head],
    pace: Pace,
    report: &mut Report,
) -> Result<(), Error> {
    let chain = moment.chain;
    let mut known = Known::of(known, chain);
    let mut last = Head { chain, seq: 0, hash: GENESIS };
    known.pass(&last, &mut report.breaches);
    while last.seq < moment.end {
        let step = Instant::now();
        let seals = next_seals(conn, chain, last.seq, moment.end).await?;
        let Some(end) = seals.last().map(|seal| seal.seq) else { break };
        let mut sealed = transfers_by_seal(conn, &mut moment, last.seq, end).await?;
        for seal in seals {
            let own = sealed.remove(&seal.seq).unwrap_or_default();
            report.transfers += own.leaves.len() as u64;
            check_seal(&last, &seal, &own, report);
            last = Head { chain, seq: seal.seq, hash: seal.hash };
            known.pass(&last, &mut report.breaches);
        }
        for (seq, Sealed { leaves, .. }) in sealed {
            report.transfers += leaves.len() as u64;
            report
                .breaches
                .push(format!("I7: chain {chain}: {} transfers of {seq} are unsealed", leaves.len()));
        }
        pace.rest(step).await;
    }
    report.breaches.extend(known.behind(&last));
    check_end(&moment, &last, report);
    let named = report.breaches.iter().filter(|breach| breach.starts_with("I2")).count();
    report.breaches.extend(moment.counted.breaches(MOST_NAMED.saturating_sub(named)));
    report.heads.push(last);
    Ok(())
}

async fn next_seals(conn: &Connection, chain: i16, after: i64, end: i64) -> Result<Vec<Seal>, Error> {
    let rows =
        conn.query(include_str!("sql/walk_seals.sql"), &[&chain, &after, &end, &SEALS_PER_STEP]).await?;
    rows.iter()
        .map(|row| {
            let (root, hash) = (hash_of(row.get("root"))?, hash_of(row.get("hash"))?);
            // A time that can't be read (infinity) is nobody's posting either.
            let at = row.try_get("sealed_at").ok();
            Ok(Seal { seq: row.get("seq"), count: row.get("count"), root, hash, at })
        })
        .collect()
}

/// The transfers of the seals up to `end`, which are added up with the others of the chain.
async fn transfers_by_seal(
    conn: &Connection,
    moment: &mut Moment,
    after: i64,
    end: i64,
) -> Result<HashMap<i64, Sealed>, Error> {
    let rows = conn.query(include_str!("sql/walk_transfers.sql"), &[&moment.shards, &after, &end]).await?;
    let mut sealed: HashMap<i64, Sealed> = HashMap::new();
    for row in &rows {
        let transfer = RawTransfer {
            shard: row.get("shard"),
            seq: row.get("seq"),
            position: row.get("position"),
            debit: row.get("debit_account"),
            credit: row.get("credit_account"),
            amount: row.get("amount"),
            currency: row.get("currency"),
            kind: row.get("kind"),
            cause: row.get("cause"),
            owner: row.get("owner"),
            // One that can't be read was never sealed: with any other the leaf is another, too.
            posted_at: row.try_get("posted_at").unwrap_or(OffsetDateTime::UNIX_EPOCH),
        };
        let own = sealed.entry(transfer.seq).or_default();
        own.leaves.push(seal::leaf(&transfer.leaf_bytes()));
        own.at_other_times |= *own.at.get_or_insert(transfer.posted_at) != transfer.posted_at;
        moment.counted.add(&transfer);
    }
    Ok(sealed)
}

fn check_seal(previous: &Head, seal: &Seal, own: &Sealed, report: &mut Report) {
    let (chain, leaves) = (previous.chain, &own.leaves);
    report.seals += 1;
    if seal.seq != previous.seq + 1 {
        report.breaches.push(format!("I7: chain {chain}: seal {} follows {}", seal.seq, previous.seq));
    }
    if leaves.len() as u64 != u64::from(seal.count.unsigned_abs()) {
        report.breaches.push(format!(
            "I7: chain {chain}: seal {} counts {} transfers, {} are there",
            seal.seq,
            seal.count,
            leaves.len()
        ));
    }
    if seal::merkle_root(leaves) != seal.root {
        report.breaches.push(format!("I7: chain {chain}: the transfers of seal {} were changed", seal.seq));
    }
    if seal::chain_hash(&previous.hash, chain, seal.seq, seal.count, &seal.root) != seal.hash {
        report.breaches.push(format!("I7: chain {chain}: seal {} does not follow from the last", seal.seq));
    }
    // Its time is in no hash, but its transfers', which a batch gives the same, is. Statements by dates go by it.
    if !leaves.is_empty() && (own.at_other_times || own.at != seal.at) {
        report.breaches.push(format!(
            "I7: chain {chain}: seal {} was not made when its transfers were posted",
            seal.seq
        ));
    }
}

fn check_end(moment: &Moment, last: &Head, report: &mut Report) {
    if moment.head.as_ref() != Some(last) {
        report.breaches.push(format!("I7: chain {}: the head is not the last seal", last.chain));
    }
    if moment.unsealed > 0 {
        report.breaches.push(format!(
            "I7: chain {}: {} transfers lie behind its end or before its first seal",
            last.chain, moment.unsealed
        ));
    }
}
