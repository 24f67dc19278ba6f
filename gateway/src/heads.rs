//! The heads that `sluice serve` wrote out: with them `sluice verify` proves that no tail was cut.

use std::path::Path;

use ledger::Head;

/// Reads heads that were written: from the file, or copied from the log one to a line.
///
/// # Errors
/// The line that is no head.
pub fn load(file: &Path) -> Result<Vec<Head>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| line.trim().parse().map_err(|error| format!("line {}: {error}", at + 1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_line_by_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("heads.log");
        let heads = [Head { chain: 0, seq: 7, hash: [7; 32] }, Head { chain: 1, seq: 1, hash: [1; 32] }];
        std::fs::write(&file, format!("{}\n\n{}\n", heads[0], heads[1])).expect("written");
        assert_eq!(load(&file), Ok(heads.to_vec()));
        std::fs::write(&file, "0 seven").expect("written");
        assert!(load(&file).is_err());
    }
}
