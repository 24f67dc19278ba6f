//! Programs that some tests run. Where one is missing its tests fail and say so, unless whoever runs them has said that they do
//! without it: `cargo xtask test` does, where it could not install it, and names it in its sum.

use std::process::{Command, Stdio};

/// Programs that are done without, separated by spaces.
const WITHOUT: &str = "SLUICE_TEST_WITHOUT";

/// Whether these are here. False only where those that are not are done without: the test is skipped.
///
/// # Panics
/// One is missing.
pub fn there(programs: &[&str]) -> bool {
    let missing: Vec<&&str> = programs.iter().filter(|program| !runs(program)).collect();
    !missing.iter().any(|program| is_done_without(program))
}

/// Of a program that is not here: true where it is done without.
///
/// # Panics
/// It is not: the test can't be told apart from one that was never run.
pub fn is_done_without(program: &str) -> bool {
    let without = std::env::var(WITHOUT).unwrap_or_default();
    let is_done_without = without.split_whitespace().any(|one| one == program);
    assert!(
        is_done_without,
        "this test needs {program}: install it, have `cargo xtask test` do so, or set {WITHOUT}={program}"
    );
    eprintln!("SKIPPED: needs {program}");
    true
}

fn runs(program: &str) -> bool {
    let version = match program {
        "openssl" => "version",
        "tmux" => "-V",
        _ => "--version",
    };
    let mut command = Command::new(program);
    command.arg(version).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
