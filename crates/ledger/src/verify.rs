//! The proof of the book: I1, I2 and the ledger's half of I7.

mod counted;
mod moment;

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use pg::Connection;

use crate::error::Error;
use crate::heads::Head;
use crate::journal::RawTransfer;
use crate::layout::Layout;
use crate::seal::{self, GENESIS, Hash};
use crate::store::hash_of;

use counted::Totals;
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
    for chain in 0..layout.chains {
        let moment = Moment::take(conn, layout, chain).await?;
        totals.add(&moment.counted);
        walk_chain(conn, moment, known, pace, &mut report).await?;
    }
    let mut whole = totals.breaches();
    for row in conn.query(include_str!("sql/intershard_sums.sql"), &[]).await? {
        let (currency, open): (&str, &str) = (row.get(0), row.get(1));
        whole.push(format!("I1: {currency}: {open} minor units are lost between shards"));
    }
    report.breaches.splice(..0, whole);
    for head in known.iter().filter(|head| head.chain < 0 || head.chain >= layout.chains) {
        report.breaches.push(format!("I7: chain {} is not in this book", head.chain));
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
}

async fn walk_chain(
    conn: &Connection,
    mut moment: Moment,
    known: &[Head],
    pace: Pace,
    report: &mut Report,
) -> Result<(), Error> {
    let chain = moment.chain;
    // All that was written out of a number: two hashes of one are a breach by themselves.
    let mut wanted: HashMap<i64, BTreeSet<Hash>> = HashMap::new();
    for head in known.iter().filter(|head| head.chain == chain) {
        wanted.entry(head.seq).or_default().insert(head.hash);
    }
    let mut last = Head { chain, seq: 0, hash: GENESIS };
    check_known(&mut wanted, &last, report);
    while last.seq < moment.end {
        let step = Instant::now();
        let seals = next_seals(conn, chain, last.seq, moment.end).await?;
        let Some(end) = seals.last().map(|seal| seal.seq) else { break };
        let mut leaves = leaves_by_seal(conn, &mut moment, last.seq, end).await?;
        for seal in seals {
            let own = leaves.remove(&seal.seq).unwrap_or_default();
            report.transfers += own.len() as u64;
            check_seal(&last, &seal, &own, report);
            last = Head { chain, seq: seal.seq, hash: seal.hash };
            check_known(&mut wanted, &last, report);
        }
        for (seq, leaves) in leaves {
            report.transfers += leaves.len() as u64;
            report
                .breaches
                .push(format!("I7: chain {chain}: {} transfers of {seq} are unsealed", leaves.len()));
        }
        pace.rest(step).await;
    }
    for seq in wanted.keys() {
        report.breaches.push(format!("I7: chain {chain} ends at {}, but {seq} was written out", last.seq));
    }
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
            Ok(Seal { seq: row.get("seq"), count: row.get("count"), root, hash })
        })
        .collect()
}

/// The Merkle leaves of the seals up to `end`; their transfers are added up with the others of the chain.
async fn leaves_by_seal(
    conn: &Connection,
    moment: &mut Moment,
    after: i64,
    end: i64,
) -> Result<HashMap<i64, Vec<Hash>>, Error> {
    let rows = conn.query(include_str!("sql/walk_transfers.sql"), &[&moment.shards, &after, &end]).await?;
    let mut leaves: HashMap<i64, Vec<Hash>> = HashMap::new();
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
            posted_at: row.get("posted_at"),
        };
        leaves.entry(transfer.seq).or_default().push(seal::leaf(&transfer.leaf_bytes()));
        moment.counted.add(&transfer);
    }
    Ok(leaves)
}

fn check_seal(previous: &Head, seal: &Seal, leaves: &[Hash], report: &mut Report) {
    let chain = previous.chain;
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
}

fn check_known(wanted: &mut HashMap<i64, BTreeSet<Hash>>, here: &Head, report: &mut Report) {
    if let Some(hashes) = wanted.remove(&here.seq)
        && hashes != BTreeSet::from([here.hash])
    {
        report
            .breaches
            .push(format!("I7: chain {}: seal {} is not the one that was written out", here.chain, here.seq));
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
