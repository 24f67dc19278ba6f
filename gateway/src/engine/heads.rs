//! The heads of the chains and of the trail, written to the log and to a file on a schedule: `sluice verify --head`
//! proves by them that no tail was cut.

use std::path::Path;
use std::sync::Arc;

use pg::Pool;
use tokio::io::AsyncWriteExt;

use super::Engine;
use crate::config::Ledger;
use crate::heads::Head;
use crate::verification::NoProof;

pub(super) async fn write_out(engine: Arc<Engine>, reads: Pool, config: Ledger) {
    let mut last: Vec<Head> = Vec::new();
    while engine.pause(config.heads_interval_seconds.duration()).await {
        match heads(&reads).await {
            Ok(heads) if heads == last => {}
            Ok(heads) => {
                tracing::info!(heads = %text(&heads).trim_end().replace('\n', "; "), "ledger heads");
                let written = match &config.heads_file {
                    Some(file) => append(file, &heads).await,
                    None => Ok(()),
                };
                match written {
                    Ok(()) => last = heads,
                    Err(error) => tracing::error!(%error, "the heads could not be written out"),
                }
            }
            Err(error) => tracing::warn!(%error, "the heads could not be read"),
        }
    }
}

/// The chains', then the trail's. What stops it could stop a proof, too.
async fn heads(reads: &Pool) -> Result<Vec<Head>, NoProof> {
    let conn = reads.get().await?;
    let chains = ledger::heads(&conn).await?.into_iter().map(Head::Chain);
    let trail = Head::Trail(audit::head(&conn).await?);
    Ok(chains.chain([trail]).collect())
}

/// One line for each chain that has a seal, and one for the trail once it has an entry.
fn text(heads: &[Head]) -> String {
    heads.iter().filter(|head| head.seq() > 0).map(|head| format!("{head}\n")).collect()
}

async fn append(file: &Path, heads: &[Head]) -> std::io::Result<()> {
    let mut file = tokio::fs::OpenOptions::new().create(true).append(true).open(file).await?;
    file.write_all(text(heads).as_bytes()).await?;
    file.sync_data().await
}

#[cfg(test)]
mod tests {
    use audit::Entry;
    use ledger::{Layout, Pace};
    use pg::Shards;
    use testkit::TestDb;
    use time::OffsetDateTime;

    use super::*;
    use crate::heads::load;
    use crate::verification::Proof;

    const LAYOUT: Layout = Layout { shards: Shards::new(16), chains: 4 };

    async fn book() -> TestDb {
        let db = testkit::database(&crate::migrate::SETS).await;
        let mut conn = db.owner().get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        ledger::bootstrap(&tx, LAYOUT).await.unwrap();
        tx.commit().await.unwrap();
        db
    }

    async fn note(db: &TestDb, subjects: &[&str]) {
        let entry = |subject: &&str| Entry {
            at: OffsetDateTime::UNIX_EPOCH,
            actor: "op_1".into(),
            person: "Ada".into(),
            origin: "127.0.0.1".into(),
            action: "freeze".into(),
            subject: (*subject).into(),
            reason: "because".into(),
            before: None,
            after: None,
            idempotency_key: None,
        };
        let entries: Vec<Entry> = subjects.iter().map(entry).collect();
        let mut conn = db.pool.get().await.unwrap();
        let tx = conn.begin().await.unwrap();
        audit::append(&tx, &entries).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn breaches(db: &TestDb, known: &[Head]) -> Vec<String> {
        let mut conn = db.pool.get().await.unwrap();
        let proof = Proof::make(&mut conn, LAYOUT, known, Pace::Full).await.unwrap();
        proof.breaches().cloned().collect()
    }

    #[tokio::test]
    async fn r34_the_trail_s_head_goes_out_with_the_chains_and_shows_what_was_cut() {
        let db = book().await;
        assert_eq!(text(&heads(&db.pool).await.unwrap()), "", "nothing to tell of yet");
        note(&db, &["a", "b"]).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.log");
        append(&file, &heads(&db.pool).await.unwrap()).await.unwrap();
        let known = load(&file).unwrap();
        assert_eq!(known.iter().map(Head::seq).collect::<Vec<_>>(), [2]);
        note(&db, &["c"]).await;
        append(&file, &heads(&db.pool).await.unwrap()).await.unwrap();
        let known = [known, load(&file).unwrap()].concat();
        assert_eq!(breaches(&db, &known).await, Vec::<String>::new());
        let cut = "DELETE FROM audit_log WHERE seq = 3;
                   UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit_log WHERE seq = 2)";
        db.owner().get().await.unwrap().batch_execute(cut).await.unwrap();
        assert_eq!(breaches(&db, &[]).await, Vec::<String>::new());
        let found = breaches(&db, &known).await;
        assert_eq!(found, ["I7: the audit trail ends at 2, but 3 was written out"]);
    }
}
