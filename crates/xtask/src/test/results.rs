//! What the test programs counted.

use std::fmt;
use std::io::Write;
use std::process::{Command, ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::Failure;

/// The sum over all test programs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Results {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl fmt::Display for Results {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(out, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

impl Results {
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.52s`
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        let Some((_, counts)) = counts.split_once(". ") else { return };
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// Runs `cargo test`, passes on to `out` what it prints, and adds up; dropped, it ends cargo.
pub(super) async fn read(
    test: Command,
    mut out: impl Write,
    results: &mut Results,
) -> Result<ExitStatus, Failure> {
    let mut test = tokio::process::Command::from(test);
    let mut child = test.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no pipe")?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        out.write_all(&line)?;
        out.flush()?;
        results.add(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(child.wait().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let mut results = Results::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.52s\n",
            "test r1_x ... ok",
            "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1s",
            "test result: nonsense",
            "a test printed: test result: ok. 5 passed; 0 failed; 0 ignored",
        ] {
            results.add(line);
        }
        assert_eq!(results, Results { passed: 14, failed: 3, skipped: 1 });
    }

    #[test]
    fn the_last_line_names_skipped_tests_if_there_are_any() {
        let results = Results { passed: 14, failed: 0, skipped: 0 };
        assert_eq!(results.to_string(), "14 passed, 0 failed");
        assert_eq!(Results { skipped: 2, ..results }.to_string(), "14 passed, 0 failed, 2 skipped");
    }

    #[tokio::test]
    async fn a_program_s_lines_and_end_are_read() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo 'test result: ok. 1 passed; 0 failed; 0 ignored'; exit 3"]);
        let (mut out, mut results) = (Vec::new(), Results::default());
        let ended = read(command, &mut out, &mut results).await.unwrap();
        assert_eq!((ended.code(), results.passed), (Some(3), 1));
        assert!(out.starts_with(b"test result: ok.") && out.ends_with(b"\n"));
    }
}
