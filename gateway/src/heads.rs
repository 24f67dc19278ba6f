//! The heads that `sluice serve` wrote out: with them `sluice verify` proves that no tail was cut, of the ledger's
//! chains and of the trail (R34).

use std::fmt;
use std::path::Path;

/// Where a chain of the ledger, or the trail, ended at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    Chain(ledger::Head),
    Trail(audit::Head),
}

impl Head {
    /// Its place; 0 before the first seal or entry.
    pub fn seq(&self) -> i64 {
        match self {
            Head::Chain(head) => head.seq,
            Head::Trail(head) => head.seq,
        }
    }

    /// It, where it is a chain's.
    pub fn chain(&self) -> Option<ledger::Head> {
        if let Head::Chain(head) = self { Some(*head) } else { None }
    }

    /// It, where it is the trail's.
    pub fn trail(&self) -> Option<audit::Head> {
        if let Head::Trail(head) = self { Some(*head) } else { None }
    }

    /// A line begins with the chain's number, or with the trail's name.
    fn read(line: &str) -> Result<Head, String> {
        if line.starts_with(char::is_alphabetic) {
            return line.parse().map(Head::Trail).map_err(|error: audit::NotAHead| error.to_string());
        }
        line.parse().map(Head::Chain).map_err(|error: ledger::NotAHead| error.to_string())
    }
}

/// One line of the file.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Head::Chain(head) => head.fmt(f),
            Head::Trail(head) => head.fmt(f),
        }
    }
}

/// Reads heads that were written: from the file, or copied from the log one to a line. Files from before the trail's
/// head was written out have the chains' alone.
///
/// # Errors
/// The line that is no head.
pub fn load(file: &Path) -> Result<Vec<Head>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| Head::read(line.trim()).map_err(|error| format!("line {}: {error}", at + 1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAINS: [Head; 2] = [
        Head::Chain(ledger::Head { chain: 0, seq: 7, hash: [7; 32] }),
        Head::Chain(ledger::Head { chain: 1, seq: 1, hash: [1; 32] }),
    ];
    const TRAIL: Head = Head::Trail(audit::Head { seq: 5, hash: [5; 32] });

    fn loaded(text: &str) -> Result<Vec<Head>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("heads.log");
        std::fs::write(&file, text).expect("written");
        load(&file)
    }

    #[test]
    fn heads_are_read_line_by_line() {
        assert_eq!(loaded(&format!("{}\n\n{}\n", CHAINS[0], CHAINS[1])), Ok(CHAINS.to_vec()));
        assert!(loaded("0 seven").is_err());
    }

    #[test]
    fn r34_the_trail_s_head_is_read_where_it_is_and_old_files_go_on_being_read() {
        // As it was written before the trail's head was in it.
        let old = format!("0 7 {}\n1 1 {}\n", "07".repeat(32), "01".repeat(32));
        assert_eq!(loaded(&old), Ok(CHAINS.to_vec()));
        let new = format!("{old}audit 5 {}\n", "05".repeat(32));
        assert_eq!(loaded(&new), Ok(vec![CHAINS[0], CHAINS[1], TRAIL]));
        // A file that an older version began, and this one goes on with.
        let both = [CHAINS.as_slice(), &CHAINS, &[TRAIL]].concat();
        assert_eq!(loaded(&format!("{old}{new}")), Ok(both));
        let junk = format!("{new}audits 5 {}\n", "05".repeat(32));
        assert!(loaded(&junk).is_err_and(|error| error.starts_with("line 4: not the trail's head")));
    }
}
