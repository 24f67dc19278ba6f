//! The heads of the chains and of the trail, written to the log and to a file on a schedule: `sluice verify --head`
//! proves by them that no tail was cut.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use pg::Pool;

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

/// Behind a line that a full disk or a power cut broke off a new one begins, so that the next heads can be read.
async fn append(file: &Path, heads: &[Head]) -> std::io::Result<()> {
    let (file, mut text) = (file.to_owned(), text(heads));
    // A file with nothing in it would prove nothing.
    if text.is_empty() {
        return Ok(());
    }
    let written = tokio::task::spawn_blocking(move || {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(file)?;
        if !ends_with_its_line(&mut file)? {
            text.insert(0, '\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()
    });
    written.await?
}

fn ends_with_its_line(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use audit::Entry;
    use ledger::{Layout, Pace};
    use pg::Shards;
    use testkit::TestDb;
    use time::OffsetDateTime;

    use super::*;
    use crate::heads::{expect_in_book, load};
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

    #[tokio::test]
    async fn r34_heads_behind_a_line_that_broke_off_are_read_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.log");
        let trail = |seq| Head::Trail(audit::Head { seq, hash: [7; 32] });
        append(&file, &[trail(0)]).await.unwrap();
        assert!(!file.exists(), "nothing to tell of yet");
        append(&file, &[trail(1)]).await.unwrap();
        let whole = std::fs::read_to_string(&file).unwrap();
        for left in [whole.len() - 1, whole.len() - 9, 3] {
            std::fs::write(&file, format!("{whole}{}", &whole[..left])).unwrap();
            append(&file, &[trail(2)]).await.unwrap();
            append(&file, &[trail(3)]).await.unwrap();
            assert_eq!(load(&file).unwrap(), [trail(1), trail(2), trail(3)], "{left}");
        }
    }

    #[tokio::test]
    async fn r34_i7_a_book_that_lies_behind_what_was_written_out_is_not_served() {
        let db = book().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.log");
        let expected = async || expect_in_book(&db.pool, Some(&file)).await;
        note(&db, &["a"]).await;
        assert_eq!(expect_in_book(&db.pool, None).await, Ok(()));
        assert_eq!(expected().await, Ok(()), "not written yet");
        note(&db, &["b", "c"]).await;
        append(&file, &heads(&db.pool).await.unwrap()).await.unwrap();
        let written = heads(&db.pool).await.unwrap().pop().unwrap();
        assert_eq!(expected().await, Ok(()));
        note(&db, &["d"]).await;
        assert_eq!(expected().await, Ok(()), "the book is ahead");
        // As a backup from before leaves it.
        let back = "DELETE FROM audit_log WHERE seq > 1;
                    UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit_log)";
        db.owner().get().await.unwrap().batch_execute(back).await.unwrap();
        let first = heads(&db.pool).await.unwrap().pop().unwrap();
        let refused = expected().await.unwrap_err();
        assert!(
            refused.contains(&format!("{written} was written out, the book has {first} and no more")),
            "{refused}"
        );
        // It went on, but elsewhere, and that was written out, too.
        note(&db, &["x", "y"]).await;
        append(&file, &heads(&db.pool).await.unwrap()).await.unwrap();
        let refused = expected().await.unwrap_err();
        assert!(refused.contains(&format!("{written} was written out, the book has audit 3 ")), "{refused}");
        let chain = ledger::Head { chain: 2, seq: 1, hash: [1; 32] };
        std::fs::write(&file, format!("{}\n", Head::Chain(chain))).unwrap();
        assert!(expected().await.unwrap_err().contains("the book has nothing of it"));
        std::fs::write(&file, "junk\n").unwrap();
        assert!(expected().await.unwrap_err().contains("line 1: not the trail's head"));
        std::fs::rename(&file, folder.path().join("kept.log")).unwrap();
        assert_eq!(expected().await, Ok(()), "moved away by a person");
    }
}
