//! The proof of the books: I1, I2, I7, the exchange position and what is in transit. `sluice verify` makes it when a person
//! asks, the engine by its schedule; both keep what came of it. No snapshot of it lasts for long: what changes is read at one
//! moment, chain by chain, what doesn't after it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ledger::{Layout, MadeBy, NewVerification, Pace, VerificationResult};
use pg::{Connection, Pool};

use crate::heads::Head;
use crate::positions;

/// What a proof found.
#[derive(Debug)]
pub struct Proof {
    pub book: ledger::Report,
    pub trail: audit::AuditReport,
    positions: Vec<String>,
    in_transit: Vec<String>,
    took: Duration,
}

/// Why a proof came to no end.
#[derive(Debug, thiserror::Error)]
pub enum NoProof {
    #[error(transparent)]
    Database(#[from] pg::Error),
    #[error(transparent)]
    Book(#[from] ledger::Error),
    #[error(transparent)]
    Trail(#[from] audit::Error),
    #[error(transparent)]
    Positions(#[from] exchange::Error),
    #[error(transparent)]
    InTransit(#[from] withdrawals::Error),
    #[error("the heads that were written out: {0}")]
    Heads(String),
    #[error("it was not done within {} seconds", .0.as_secs())]
    Late(Duration),
}

impl Proof {
    /// Walks everything; `known` are heads of chains and of the trail that were written out earlier.
    ///
    /// # Errors
    /// What it could not be made for; what is wrong with the books is in the proof, not an error.
    pub async fn make(
        conn: &mut Connection,
        layout: Layout,
        known: &[Head],
        pace: Pace,
    ) -> Result<Proof, NoProof> {
        let began = Instant::now();
        let chains: Vec<ledger::Head> = known.iter().filter_map(Head::chain).collect();
        let trails: Vec<audit::Head> = known.iter().filter_map(Head::trail).collect();
        let book = ledger::verify(conn, layout, &chains, pace).await?;
        let trail = audit::verify(conn, &trails).await?;
        let tx = conn.begin_snapshot().await?;
        let kept = exchange::positions::by_currency(&exchange::positions::positions_in(&tx).await?);
        let positions = positions::differences(&kept, &ledger::exchange_balances(&tx).await?);
        tx.commit().await?;
        let in_transit = withdrawals::verify(conn).await?;
        Ok(Proof { book, trail, positions, in_transit, took: began.elapsed() })
    }

    /// Everything that is not as it should be, in words; empty is a passed proof.
    pub fn breaches(&self) -> impl Iterator<Item = &String> {
        let kept_twice = self.positions.iter().chain(&self.in_transit);
        self.book.breaches.iter().chain(&self.trail.breaches).chain(kept_twice)
    }

    fn kept(&self, made_by: MadeBy) -> NewVerification {
        let broken: BTreeSet<&str> = self.breaches().map(|breach| invariant(breach)).collect();
        let holds = broken.is_empty();
        NewVerification {
            made_by,
            result: if holds { VerificationResult::Holds } else { VerificationResult::Broken },
            broken: broken.into_iter().map(str::to_owned).collect(),
            report: self.breaches().cloned().collect(),
            took: self.took,
            seals: self.book.seals,
            transfers: self.book.transfers,
            audit_entries: self.trail.entries,
        }
    }
}

/// The invariant that a breach begins with.
fn invariant(breach: &str) -> &str {
    breach.split_once(':').map_or(breach, |(name, _)| name)
}

/// Keeps what came of an attempt, which took so long.
///
/// # Errors
/// The database's.
pub async fn record(
    pool: &Pool,
    made_by: MadeBy,
    attempt: &Result<Proof, NoProof>,
    took: Duration,
) -> Result<(), ledger::Error> {
    let new = match attempt {
        Ok(proof) => proof.kept(made_by),
        Err(why) => NewVerification {
            made_by,
            result: VerificationResult::Failed,
            broken: Vec::new(),
            report: vec![why.to_string()],
            took,
            seals: 0,
            transfers: 0,
            audit_entries: 0,
        },
    };
    let conn = pool.get().await?;
    ledger::record_verification(&conn, &new).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i2_i7_what_is_broken_is_kept_each_once_and_in_words() {
        let breaches = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut proof = Proof {
            book: ledger::Report { transfers: 3, seals: 2, ..ledger::Report::default() },
            trail: audit::AuditReport { entries: 5, ..audit::AuditReport::default() },
            positions: Vec::new(),
            in_transit: Vec::new(),
            took: Duration::from_millis(12),
        };
        let kept = proof.kept(MadeBy::Schedule);
        assert_eq!((kept.result, kept.broken.len(), kept.report.len()), (VerificationResult::Holds, 0, 0));
        assert_eq!((kept.transfers, kept.seals, kept.audit_entries), (3, 2, 5));
        proof.book.breaches = breaches(&["I7: chain 1: a", "I2: account b", "I7: chain 2: c"]);
        proof.trail.breaches = breaches(&["I7: audit entry 4 was changed"]);
        proof.positions = breaches(&["I2: the exchange position in USD: d"]);
        let kept = proof.kept(MadeBy::Command);
        assert_eq!(kept.result, VerificationResult::Broken);
        assert_eq!(kept.broken, ["I2", "I7"]);
        assert_eq!(kept.report.len(), 5);
    }
}
