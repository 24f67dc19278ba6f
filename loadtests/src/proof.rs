//! Nothing acknowledged may be missing: each answer that said so is looked for in the database.

use std::pin::pin;

use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::Fault;
use crate::load::acknowledged::{self, Acknowledged};
use crate::load::script;

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Events that were acknowledged, each once.
    pub acknowledged: u64,
    /// Over each of them with its payment, equal on both sides.
    pub digest: u64,
}

/// Looks for every acknowledged event of the run, with its payment and the payment's transfers.
///
/// # Errors
/// How many are missing or different, when any is; the database's.
pub async fn prove(client: &Client, run: &str, threads: &[Acknowledged]) -> Result<Proof, Fault> {
    let contradicted: u64 = threads.iter().map(|thread| thread.contradicted).sum();
    if contradicted > 0 {
        return Err(format!("{contradicted} redeliveries got another answer than the first delivery").into());
    }
    let mut total = Proof { acknowledged: 0, digest: 0 };
    for (number, thread) in threads.iter().enumerate() {
        let stored = stored(client, &script::prefix(run, number)).await?;
        let (missing, proof) = compare(thread, &stored);
        if missing > 0 {
            return Err(format!("{missing} of {} acknowledged events are missing", proof.acknowledged).into());
        }
        total.acknowledged += proof.acknowledged;
        total.digest = total.digest.wrapping_add(proof.digest);
    }
    Ok(total)
}

fn compare(thread: &Acknowledged, stored: &Acknowledged) -> (u64, Proof) {
    let missing = thread.serials().filter(|(serial, answer)| stored.answer(*serial) != Some(*answer)).count();
    let found = thread.serials().filter_map(|(serial, _)| Some((serial, stored.answer(serial)?)));
    let proof = Proof { acknowledged: thread.count(), digest: acknowledged::digest(found) };
    (missing as u64, proof)
}

/// What the database has of the events whose ids begin so.
async fn stored(client: &Client, prefix: &str) -> Result<Acknowledged, Fault> {
    use futures_util::TryStreamExt as _;
    let mut stored = Acknowledged::default();
    let params: [&(dyn ToSql + Sync); 1] = [&prefix];
    let rows = client.query_raw(include_str!("sql/posted_events.sql"), params).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let (id, payment): (&str, Uuid) = (row.try_get(0)?, row.try_get(1)?);
        let serial = id.strip_prefix(prefix).and_then(|serial| serial.parse().ok());
        stored.record(serial.ok_or("an event of another run")?, payment.as_u128());
    }
    if stored.contradicted > 0 {
        return Err(format!("{} events have two payments", stored.contradicted).into());
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::acknowledged::short;

    const PAYMENT: u128 = 0x0193_0000_0000_7000_8000_0000_0000_0001;

    fn of(serials: &[usize]) -> Acknowledged {
        let mut kept = Acknowledged::default();
        serials.iter().for_each(|serial| kept.record(*serial, PAYMENT + *serial as u128));
        kept
    }

    #[test]
    fn what_is_missing_or_different_is_counted() {
        assert_eq!(compare(&of(&[0, 1, 2]), &of(&[0, 1, 2, 3])).0, 0, "more is there than was acknowledged");
        assert_eq!(compare(&of(&[0, 1, 2]), &of(&[0, 2])).0, 1);
        let mut other = of(&[0, 2]);
        other.record(1, PAYMENT + 9);
        assert_eq!(compare(&of(&[0, 1, 2]), &other).0, 1, "another payment");
        let (_, proof) = compare(&of(&[0, 1]), &of(&[0, 1]));
        assert_eq!(
            proof.digest,
            acknowledged::digest([(0, short(PAYMENT)), (1, short(PAYMENT + 1))].into_iter())
        );
    }
}
