//! `sluice verify`: a proof that a person asks for, and what its exit code means.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use ledger::{MadeBy, Pace};

use crate::config::Config;
use crate::heads::{self, Head};
use crate::verification::{NoProof, Proof};
use crate::{app, verification};

/// Whoever stops payouts because of it has to know: the books are not right.
const BROKEN: u8 = 1;
/// Nothing is known. What the command line can't be understood for ends with it, too.
const NO_PROOF: u8 = 2;

/// Says what is wrong with the books, or why nothing was proved, and tells the two apart by the code.
pub(super) fn exit(proved: Result<Vec<String>, String>) -> ExitCode {
    match proved {
        Ok(breaches) if breaches.is_empty() => {
            println!("every invariant holds");
            ExitCode::SUCCESS
        }
        Ok(breaches) => {
            eprintln!("sluice: the books are not right:\n  {}", breaches.join("\n  "));
            ExitCode::from(BROKEN)
        }
        Err(why) => {
            eprintln!("sluice: nothing was proved: {why}");
            ExitCode::from(NO_PROOF)
        }
    }
}

/// What is not as it should be, in words; an error where no proof was made.
pub(super) async fn verify(config: Config, head: Option<PathBuf>) -> Result<Vec<String>, String> {
    let known = match &head {
        Some(file) => named(file)?,
        None => heads::load_written(config.ledger.heads_file.as_deref())
            .map_err(|error| NoProof::Heads(error).to_string())?,
    };
    let pool = app::open_patient_pool(&config)?;
    let began = Instant::now();
    let proof = walk(&pool, &known).await;
    // Where nothing can be written (a standby, a copy), the books are proved all the same.
    if let Err(error) = verification::record(&pool, MadeBy::Command, &proof, began.elapsed()).await {
        eprintln!("sluice: the result could not be kept for the overview: {error}");
    }
    let proof = proof.map_err(|error| error.to_string())?;
    let (book, trail) = (&proof.book, &proof.trail);
    println!("{} seals, {} transfers, {} audit entries", book.seals, book.transfers, trail.entries);
    println!("{} heads that were written out, compared", known.len());
    for head in &book.heads {
        println!("{head}");
    }
    println!("{}", trail.head);
    Ok(proof.breaches().cloned().collect())
}

/// Whoever names a file wants to know whether a tail was cut: one without heads can't say.
fn named(file: &Path) -> Result<Vec<Head>, String> {
    let known = heads::load(file)?;
    if known.is_empty() {
        return Err(format!("{}: no head is in it, so it would prove nothing", file.display()));
    }
    Ok(known)
}

async fn walk(pool: &pg::Pool, known: &[Head]) -> Result<Proof, NoProof> {
    let mut conn = pool.get().await?;
    let layout = ledger::layout(&conn).await?;
    Proof::make(&mut conn, layout, known, Pace::Full).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_books_and_no_proof_have_codes_of_their_own() {
        let code = |proved| format!("{:?}", exit(proved));
        assert_eq!(code(Ok(Vec::new())), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(Ok(vec!["I7: a".into()])), format!("{:?}", ExitCode::from(1)));
        assert_eq!(code(Err("the database is away".into())), format!("{:?}", ExitCode::from(2)));
    }

    #[test]
    fn i7_a_file_of_heads_without_a_head_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("heads.log");
        for text in ["", "\n\n", "audit 7 07"] {
            std::fs::write(&file, text).expect("written");
            assert!(named(&file).is_err_and(|error| error.contains("no head is in it")), "{text:?}");
        }
        std::fs::write(&file, format!("audit 7 {}\n", "07".repeat(32))).expect("written");
        assert_eq!(named(&file).expect("a head").len(), 1);
    }
}
