//! The proof of the book: I1, I2 and the ledger's half of I7, in one snapshot.

use std::collections::HashMap;
use std::time::Instant;

use pg::Tx;

use crate::error::Error;
use crate::heads::Head;
use crate::journal::RawTransfer;
use crate::layout::Layout;
use crate::seal::{self, GENESIS, Hash};
use crate::store::hash_of;

/// How many seals are walked at a time: bounds the memory of a proof.
const SEALS_PER_STEP: i64 = 500;

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

/// Walks the whole book. Run it in a snapshot (`begin_snapshot`): every figure is then of one moment.
/// `known` are heads that were written out earlier: each must lie on its chain.
///
/// # Errors
/// The database's; what is wrong with the book is in the report, not an error.
pub async fn verify(tx: &Tx<'_>, layout: Layout, known: &[Head], pace: Pace) -> Result<Report, Error> {
    let mut report = Report::default();
    balances(tx, &mut report).await?;
    for chain in 0..layout.chains {
        walk_chain(tx, (layout, chain), known, pace, &mut report).await?;
    }
    for head in known.iter().filter(|head| head.chain < 0 || head.chain >= layout.chains) {
        report.breaches.push(format!("I7: chain {} is not in this book", head.chain));
    }
    Ok(report)
}

async fn balances(tx: &Tx<'_>, report: &mut Report) -> Result<(), Error> {
    for row in tx.query(include_str!("sql/verify_currencies.sql"), &[]).await? {
        let (currency, debits, credits): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
        let what = if row.get(3) { " of evidence" } else { "" };
        report.breaches.push(format!("I1: {currency}{what}: debits {debits}, credits {credits}"));
    }
    for row in tx.query(include_str!("sql/verify_balances.sql"), &[]).await? {
        let (shard, account): (i16, uuid::Uuid) = (row.get("shard"), row.get("account"));
        let kind: Option<&str> = row.get("kind");
        let (debits, credits): (Option<&str>, Option<&str>) = (row.get("debits"), row.get("credits"));
        let (sum_debits, sum_credits): (&str, &str) = (row.get("summed_debits"), row.get("summed_credits"));
        report.breaches.push(format!(
            "I2: account {account} ({}) in shard {shard}: debits {} credits {}, its transfers {sum_debits} and {sum_credits}",
            kind.unwrap_or("not there"),
            debits.unwrap_or("-"),
            credits.unwrap_or("-"),
        ));
    }
    for row in tx.query(include_str!("sql/verify_floors.sql"), &[]).await? {
        let (shard, account, kind): (i16, uuid::Uuid, &str) = (row.get(0), row.get(1), row.get(2));
        report.breaches.push(format!("I2: account {account} ({kind}) in shard {shard} is below zero"));
    }
    for row in tx.query(include_str!("sql/intershard_sums.sql"), &[]).await? {
        let (currency, open): (&str, &str) = (row.get(0), row.get(1));
        report.breaches.push(format!("I1: {currency}: {open} minor units are lost between shards"));
    }
    Ok(())
}

/// A seal as it was walked.
struct Seal {
    seq: i64,
    count: i32,
    root: Hash,
    hash: Hash,
}

async fn walk_chain(
    tx: &Tx<'_>,
    (layout, chain): (Layout, i16),
    known: &[Head],
    pace: Pace,
    report: &mut Report,
) -> Result<(), Error> {
    let shards = layout.shards_of(chain);
    let mut wanted: HashMap<i64, Hash> =
        known.iter().filter(|head| head.chain == chain).map(|head| (head.seq, head.hash)).collect();
    let mut last = Head { chain, seq: 0, hash: GENESIS };
    check_known(&mut wanted, &last, report);
    loop {
        let step = Instant::now();
        let seals = next_seals(tx, chain, last.seq).await?;
        let Some(end) = seals.last().map(|seal| seal.seq) else { break };
        let mut leaves = leaves_by_seal(tx, &shards, last.seq, end, report).await?;
        for seal in seals {
            let own = leaves.remove(&seal.seq).unwrap_or_default();
            check_seal(&last, &seal, &own, report);
            last = Head { chain, seq: seal.seq, hash: seal.hash };
            check_known(&mut wanted, &last, report);
        }
        for (seq, leaves) in leaves {
            report
                .breaches
                .push(format!("I7: chain {chain}: {} transfers of {seq} are unsealed", leaves.len()));
        }
        pace.rest(step).await;
    }
    for seq in wanted.keys() {
        report.breaches.push(format!("I7: chain {chain} ends at {}, but {seq} was written out", last.seq));
    }
    check_head_row(tx, &shards, last, report).await?;
    report.heads.push(last);
    Ok(())
}

async fn next_seals(tx: &Tx<'_>, chain: i16, after: i64) -> Result<Vec<Seal>, Error> {
    let rows = tx.query(include_str!("sql/walk_seals.sql"), &[&chain, &after, &SEALS_PER_STEP]).await?;
    rows.iter()
        .map(|row| {
            let (root, hash) = (hash_of(row.get("root"))?, hash_of(row.get("hash"))?);
            Ok(Seal { seq: row.get("seq"), count: row.get("count"), root, hash })
        })
        .collect()
}

async fn leaves_by_seal(
    tx: &Tx<'_>,
    shards: &[i16],
    after: i64,
    end: i64,
    report: &mut Report,
) -> Result<HashMap<i64, Vec<Hash>>, Error> {
    let rows = tx.query(include_str!("sql/walk_transfers.sql"), &[&shards, &after, &end]).await?;
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
        report.transfers += 1;
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

fn check_known(wanted: &mut HashMap<i64, Hash>, here: &Head, report: &mut Report) {
    if let Some(hash) = wanted.remove(&here.seq)
        && hash != here.hash
    {
        report
            .breaches
            .push(format!("I7: chain {}: seal {} is not the one that was written out", here.chain, here.seq));
    }
}

async fn check_head_row(tx: &Tx<'_>, shards: &[i16], last: Head, report: &mut Report) -> Result<(), Error> {
    let rows = tx.query(include_str!("sql/heads.sql"), &[]).await?;
    let head = rows.iter().find(|row| row.get::<_, i16>("chain") == last.chain);
    let agrees = match head {
        Some(row) => row.get::<_, i64>("seq") == last.seq && hash_of(row.get("hash"))? == last.hash,
        None => false,
    };
    if !agrees {
        report.breaches.push(format!("I7: chain {}: the head is not the last seal", last.chain));
    }
    let rows = tx.query(include_str!("sql/unsealed_transfers.sql"), &[&shards, &last.seq]).await?;
    let unsealed: i64 = rows.first().map_or(0, |row| row.get(0));
    if unsealed > 0 {
        report.breaches.push(format!("I7: chain {}: {unsealed} transfers lie behind its end", last.chain));
    }
    Ok(())
}
