//! Whether the book that a gateway is to serve is the one whose heads were written out. A backup that was restored lies behind
//! them: what came after it is not known there, and payouts of it may have been made.

use std::collections::BTreeMap;
use std::path::Path;

use pg::{Connection, Pool};

use super::{Head, Unread, each, if_there, in_words};
use crate::verification::NoProof;

/// Of each chain, and of the trail, the head that was written out furthest; several where they contradict each other.
type Furthest = BTreeMap<Option<i16>, Vec<Head>>;

/// Sees that the book has the last heads of `ledger.heads_file`, or went on from them. Several gateways write to one file, each a
/// little later than the others: what counts is how far each chain ever was.
///
/// # Errors
/// In words for whoever starts it: what is in the file, what in the book, and what to do.
pub async fn expect_in_book(pool: &Pool, file: Option<&Path>) -> Result<(), String> {
    let Some(file) = file else { return Ok(()) };
    let unread = |error: &Unread| {
        format!(
            "ledger.heads_file: {}: {}; once somebody has looked, move the file away and keep it: another one is begun",
            file.display(),
            in_words(file, error)
        )
    };
    let furthest = if_there(furthest(file)).map_err(|error| unread(&error))?;
    if furthest.is_empty() {
        return Ok(());
    }
    let conn = pool.get().await.map_err(|error| error.to_string())?;
    let mut missing = Vec::new();
    for head in furthest.into_values().flatten() {
        let there = in_book(&conn, &head).await.map_err(|error| error.to_string())?;
        missing.extend(difference(&head, &there));
    }
    if missing.is_empty() { Ok(()) } else { Err(refusal(file, &missing)) }
}

fn furthest(file: &Path) -> Result<Furthest, Unread> {
    let mut furthest = Furthest::new();
    each(file, |head| {
        let known = furthest.entry(head.of()).or_default();
        if known.iter().all(|other| other.seq() < head.seq()) {
            known.clear();
        }
        if known.iter().all(|other| other.seq() == head.seq()) && !known.contains(&head) {
            known.push(head);
        }
    })?;
    Ok(furthest)
}

/// How far the book has come up to there.
async fn in_book(conn: &Connection, head: &Head) -> Result<Head, NoProof> {
    Ok(match head {
        Head::Chain(head) => Head::Chain(ledger::head_up_to(conn, head.chain, head.seq).await?),
        Head::Trail(head) => Head::Trail(audit::head_up_to(conn, head.seq).await?),
    })
}

fn difference(written: &Head, there: &Head) -> Option<String> {
    if written == there {
        return None;
    }
    let there = match there.seq() {
        0 => "nothing of it".to_owned(),
        seq if seq < written.seq() => format!("{there} and no more"),
        _ => format!("{there} there"),
    };
    Some(format!("\n  {written} was written out, the book has {there}"))
}

fn refusal(file: &Path, missing: &[String]) -> String {
    format!(
        "the book is not the one whose heads are in {}, or a part of it is missing:{}\nWas a backup restored, or another server \
         promoted? What came after it is not known here, and payouts of it may have been made. Do what \"Restoring a backup\" in \
         gateway/README.md says, and then move the file away: keep it",
        file.display(),
        missing.concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(chain: i16, seq: i64, hash: u8) -> Head {
        Head::Chain(ledger::Head { chain, seq, hash: [hash; 32] })
    }

    #[test]
    fn only_the_furthest_of_each_chain_counts_in_whatever_order_gateways_wrote() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("heads.log");
        let trail = Head::Trail(audit::Head { seq: 3, hash: [3; 32] });
        let lines = [
            chain(0, 5, 5),
            chain(1, 9, 9),
            trail,
            chain(0, 7, 7),
            chain(1, 8, 8),
            chain(1, 9, 1),
            chain(0, 7, 7),
        ];
        std::fs::write(&file, lines.map(|head| format!("{head}\n")).concat()).expect("written");
        let found: Vec<Head> = furthest(&file).expect("heads").into_values().flatten().collect();
        assert_eq!(found, [trail, chain(0, 7, 7), chain(1, 9, 9), chain(1, 9, 1)]);
    }

    #[test]
    fn the_refusal_names_both_and_says_what_to_do() {
        let written = chain(1, 9, 9);
        assert_eq!(difference(&written, &written), None);
        for (there, says) in [
            (chain(1, 0, 0), format!("{written} was written out, the book has nothing of it")),
            (
                chain(1, 4, 4),
                format!("{written} was written out, the book has 1 4 {} and no more", "04".repeat(32)),
            ),
            (
                chain(1, 9, 4),
                format!("{written} was written out, the book has 1 9 {} there", "04".repeat(32)),
            ),
        ] {
            let missing = difference(&written, &there).expect("a difference");
            let refusal = refusal(Path::new("/var/heads.log"), &[missing]);
            for part in [&*says, "/var/heads.log", "Restoring a backup", "move the file away"] {
                assert!(refusal.contains(part), "{part}: {refusal}");
            }
        }
    }
}
