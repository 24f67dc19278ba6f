//! The heads that `sluice serve` wrote out: with them `sluice verify` proves that no tail was cut, of the ledger's
//! chains and of the trail (R34), and `sluice serve` that the book is still the one that they are of.

mod behind;

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Seek as _, SeekFrom};
use std::path::Path;

pub use behind::expect_in_book;

/// Bytes of a file's end that hold the last heads of every chain many times over: a few thousand lines.
const LATEST: u64 = 1 << 20;

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

    /// Its chain; none for the trail.
    fn of(&self) -> Option<i16> {
        self.chain().map(|head| head.chain)
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

/// Why a file of heads could not be read.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("line {at}: {what}")]
    Line { at: usize, what: String },
}

/// Reads heads that were written: from the file, or copied from the log one to a line. Files from before the trail's
/// head was written out have the chains' alone. One that only repeats the last of its chain is left out.
///
/// # Errors
/// The file that can't be read, or the line that is no head.
pub fn load(file: &Path) -> Result<Vec<Head>, String> {
    changes(file).map_err(|error| in_words(file, &error))
}

/// The same of `ledger.heads_file`: none where there is none, or none yet.
///
/// # Errors
/// The same.
pub fn load_written(file: Option<&Path>) -> Result<Vec<Head>, String> {
    let Some(file) = file else { return Ok(Vec::new()) };
    if_there(changes(file)).map_err(|error| in_words(file, &error))
}

/// The same, but of no more than the end of the file: all that follows from the last heads of each chain, for who has to bound what
/// it keeps in memory.
///
/// # Errors
/// The same; lines are counted from where reading began.
pub fn load_latest(file: Option<&Path>) -> Result<Vec<Head>, String> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let latest = || {
        let start = std::fs::metadata(file)?.len().saturating_sub(LATEST);
        changes_from(file, start)
    };
    if_there(latest()).map_err(|error| in_words(file, &error))
}

fn changes(file: &Path) -> Result<Vec<Head>, Unread> {
    changes_from(file, 0)
}

fn changes_from(file: &Path, start: u64) -> Result<Vec<Head>, Unread> {
    let (mut heads, mut last) = (Vec::new(), HashMap::new());
    each_from(file, start, |head| {
        if last.insert(head.of(), head) != Some(head) {
            heads.push(head);
        }
    })?;
    Ok(heads)
}

/// Nothing was written, rather than something that can't be read.
fn if_there<T: Default>(read: Result<T, Unread>) -> Result<T, Unread> {
    match read {
        Err(Unread::File(error)) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        other => other,
    }
}

fn in_words(file: &Path, error: &Unread) -> String {
    match error {
        Unread::File(error) => format!("{}: {error}", file.display()),
        Unread::Line { .. } => error.to_string(),
    }
}

/// Line by line: the file may be that of a year.
fn each(file: &Path, take: impl FnMut(Head)) -> Result<(), Unread> {
    each_from(file, 0, take)
}

/// From the first line on that begins behind `start`.
fn each_from(file: &Path, start: u64, mut take: impl FnMut(Head)) -> Result<(), Unread> {
    let (mut reader, mut bytes, mut at) = (BufReader::new(File::open(file)?), Vec::new(), 0);
    if start > 0 {
        reader.seek(SeekFrom::Start(start - 1))?;
        reader.read_until(b'\n', &mut bytes)?;
        bytes.clear();
    }
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        at += 1;
        let line = String::from_utf8_lossy(&bytes);
        // A power cut may leave zeros where something was to be written.
        let line = line.trim_end_matches(|c: char| c.is_whitespace() || c == '\0').trim_start();
        match Head::read(line) {
            _ if line.is_empty() => {}
            Ok(head) => take(head),
            Err(_) if is_torn(line) || is_glued(line) => {
                tracing::warn!(file = %file.display(), at, line, "a head that broke off is passed over");
            }
            Err(what) => return Err(Unread::Line { at, what }),
        }
        bytes.clear();
    }
    Ok(())
}

/// Whether this is how a head begins, and not the whole of it: what a full disk or a power cut leaves.
fn is_torn(line: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |part: &str| part.len() < 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match *line.split(' ').collect::<Vec<_>>() {
        [name] => number(name) || "audit".starts_with(name),
        [name, seq] => (number(name) || name == "audit") && number(seq),
        [name, seq, hash] => (number(name) || name == "audit") && number(seq) && hex(hash),
        _ => false,
    }
}

/// Whether a head was written behind the beginning of another one, as was done once; or what a power cut left of a line are zeros in
/// its middle. Which chain the second is of can't be told for sure, and the next minute wrote it again.
fn is_glued(line: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let name = |part: &str| number(part) || part == "audit";
    // What broke off may be all but nothing, and the other's name stands behind it without a blank.
    let seq_and_name = |part: &str| part == "audit" || number(part.strip_suffix("audit").unwrap_or(part));
    let hash_and_name = |part: &str| {
        let part = part.strip_suffix("audit").unwrap_or(part);
        part.len() < 64 + 5 && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let hash = |part: &str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if line.contains('\0') {
        return true;
    }
    match *line.split(' ').collect::<Vec<_>>() {
        [first, glued, seq, last] => name(first) && seq_and_name(glued) && number(seq) && hash(last),
        [first, seq, glued, other, last] => {
            name(first) && number(seq) && hash_and_name(glued) && number(other) && hash(last)
        }
        _ => false,
    }
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
        assert_eq!(loaded(&format!("{old}{new}")), Ok(vec![CHAINS[0], CHAINS[1], TRAIL]));
        let junk = format!("{new}audits 5 {}\n", "05".repeat(32));
        assert!(loaded(&junk).is_err_and(|error| error.starts_with("line 4: not the trail's head")));
    }

    #[test]
    fn what_only_repeats_is_read_once_and_what_came_again_is_not() {
        let [first, other] = CHAINS;
        let later = Head::Chain(ledger::Head { chain: 0, seq: 9, hash: [9; 32] });
        let text =
            [first, TRAIL, first, TRAIL, later, other, TRAIL, first].map(|head| format!("{head}\n")).concat();
        assert_eq!(loaded(&text), Ok(vec![first, TRAIL, later, other, first]));
    }

    #[test]
    fn r34_the_beginning_of_a_head_is_passed_over_and_everything_else_that_is_none_is_refused() {
        let whole = TRAIL.to_string();
        // Wherever the disk was full, at the end of the file or with others written behind it.
        for end in 0..whole.len() {
            let torn = &whole[..end];
            for text in [
                format!("{}\n{torn}", CHAINS[0]),
                format!("{}\n{torn}\0\0\0", CHAINS[0]),
                format!("{torn}\n{}\n", CHAINS[0]),
            ] {
                assert_eq!(loaded(&text), Ok(vec![CHAINS[0]]), "{text:?}");
            }
        }
        assert_eq!(
            loaded(&format!("{}\n{}", CHAINS[0], CHAINS[1])),
            Ok(CHAINS.to_vec()),
            "whole but for its newline"
        );
        assert_eq!(loaded(""), Ok(Vec::new()));
        for junk in ["x", "0 7 0707 8", "0 7 07zz", &format!("{whole}00"), &whole[1..], "\u{fffd}"] {
            let text = format!("{}\n{junk}\n", CHAINS[0]);
            assert!(loaded(&text).is_err_and(|error| error.starts_with("line 2: not ")), "{junk}");
        }
    }

    #[test]
    fn r34_a_head_behind_one_that_broke_off_is_passed_over() {
        let (torn, whole) = (CHAINS[0].to_string(), CHAINS[1].to_string());
        for end in 2..torn.len() {
            for second in [&whole, &TRAIL.to_string()] {
                let text = format!("{whole}\n{}{second}\n{TRAIL}\n", &torn[..end]);
                assert_eq!(loaded(&text), Ok(vec![CHAINS[1], TRAIL]), "{text}");
            }
        }
        let zeros = format!("{whole}\n\0\0\0{}\n{TRAIL}\n", &torn[9..]);
        assert_eq!(loaded(&zeros), Ok(vec![CHAINS[1], TRAIL]));
    }

    #[test]
    fn of_a_long_file_the_latest_are_what_its_last_lines_say() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("heads.log");
        let head = |seq| Head::Chain(ledger::Head { chain: 0, seq, hash: [7; 32] });
        let text: String = (1..20_000).map(|seq| format!("{}\n", head(seq))).collect();
        std::fs::write(&file, &text).expect("written");
        let latest = load_latest(Some(&file)).expect("read");
        let all = load(&file).expect("read");
        assert!(latest.len() > 10_000 && latest.len() < all.len(), "{}", latest.len());
        assert_eq!(latest, all[all.len() - latest.len()..]);
        std::fs::write(&file, &text[..200]).expect("written");
        assert_eq!(load_latest(Some(&file)), load(&file), "a short one is read whole");
        assert_eq!(load_latest(None), Ok(Vec::new()));
        assert_eq!(load_latest(Some(&folder.path().join("none"))), Ok(Vec::new()));
    }

    #[test]
    fn what_was_not_written_yet_is_no_head_and_what_somebody_names_must_be_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("heads.log");
        assert_eq!(load_written(None), Ok(Vec::new()));
        assert_eq!(load_written(Some(&file)), Ok(Vec::new()));
        assert!(load(&file).is_err_and(|error| error.contains("heads.log: ")));
        assert!(load_written(Some(folder.path())).is_err(), "it is there, and no file");
    }
}
