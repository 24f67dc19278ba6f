//! Nothing acknowledged may be missing: each answer that said so is looked for in the database.

use std::pin::pin;

use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::Fault;
use crate::load::acknowledged::{self, Acknowledged, Kept};
use crate::load::script::Names;

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proof {
    /// Events, statements and withdrawals that were acknowledged, each once.
    pub acknowledged: u64,
    /// Over each of them with its payment or withdrawal, equal on both sides.
    pub digest: u64,
}

/// Looks for everything acknowledged in the run: events with their payment, statements with all of their payments,
/// withdrawals, each with its transfers.
///
/// # Errors
/// How many are missing, different or without a name, when any is; the database's.
pub async fn prove(client: &Client, run: &str, threads: &[Kept]) -> Result<Proof, Fault> {
    let mut total = Proof::default();
    for (number, kept) in threads.iter().enumerate() {
        let names = Names::of(run, number);
        for (what, kept, name, sql) in [
            ("events", &kept.events, &names.events, include_str!("sql/posted_events.sql")),
            ("statements", &kept.statements, &names.statements, include_str!("sql/posted_statements.sql")),
            (
                "withdrawals",
                &kept.withdrawals,
                &names.withdrawals,
                include_str!("sql/posted_withdrawals.sql"),
            ),
        ] {
            can_be_looked_for(kept, what)?;
            let (missing, proof) = compare(kept, &stored(client, sql, name).await?);
            if missing > 0 {
                return Err(
                    format!("{missing} of {} acknowledged {what} are missing", proof.acknowledged).into()
                );
            }
            total.acknowledged += proof.acknowledged;
            total.digest = total.digest.wrapping_add(proof.digest);
        }
    }
    Ok(total)
}

fn can_be_looked_for(kept: &Acknowledged, what: &str) -> Result<(), Fault> {
    if kept.contradicted > 0 {
        return Err(format!("{} {what} were answered in two ways", kept.contradicted).into());
    }
    if kept.nameless > 0 {
        return Err(format!("{} {what} were acknowledged without an id", kept.nameless).into());
    }
    Ok(())
}

fn compare(thread: &Acknowledged, stored: &Acknowledged) -> (u64, Proof) {
    let missing = thread.serials().filter(|(serial, answer)| stored.answer(*serial) != Some(*answer)).count();
    let found = thread.serials().filter_map(|(serial, _)| Some((serial, stored.answer(serial)?)));
    let proof = Proof { acknowledged: thread.count(), digest: acknowledged::digest(found) };
    (missing as u64, proof)
}

/// What the database has under names that begin so.
async fn stored(client: &Client, sql: &str, prefix: &str) -> Result<Acknowledged, Fault> {
    use futures_util::TryStreamExt as _;
    let mut stored = Acknowledged::default();
    let params: [&(dyn ToSql + Sync); 1] = [&prefix];
    let rows = client.query_raw(sql, params).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let (name, id): (&str, Uuid) = (row.try_get(0)?, row.try_get(1)?);
        let serial = name.strip_prefix(prefix).and_then(|serial| serial.parse().ok());
        stored.record(serial.ok_or("a name of another run")?, id.as_u128());
    }
    if stored.contradicted > 0 {
        return Err(format!("{} names are taken twice", stored.contradicted).into());
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
    fn an_answer_without_an_id_or_with_two_is_an_error() {
        assert!(can_be_looked_for(&of(&[0, 1]), "events").is_ok());
        let mut nameless = of(&[0]);
        nameless.nameless = 1;
        let said = can_be_looked_for(&nameless, "events").unwrap_err().to_string();
        assert_eq!(said, "1 events were acknowledged without an id");
        let mut contradicted = of(&[0]);
        contradicted.contradicted = 1;
        assert!(can_be_looked_for(&contradicted, "events").is_err());
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
