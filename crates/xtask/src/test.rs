//! The whole check, for people as for CI.

mod advisories;
mod database;
mod programs;
mod results;

use std::process::{Command, ExitCode, Stdio};

use cargo_metadata::Metadata;
use tokio::signal::unix::{SignalKind, signal};

use crate::{Failure, folder, say, tidy};
use results::Results;

/// Runs every check; the last line that it prints is the sum.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let metadata = folder::metadata()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut run = Run { metadata, failed: Vec::new() };
    run.checks();
    let mut results = Results::default();
    if run.cargo("the binaries", &["build", "--workspace", "--bins", "--locked"]) {
        results = runtime.block_on(run.tests())?;
    } else {
        say("the tests were not run, since the binaries do not build");
    }
    for what in &run.failed {
        say(&format!("FAILED: {what}"));
        results.failed += 1;
    }
    println!("{results}");
    Ok(if results.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Run {
    metadata: Metadata,
    failed: Vec<String>,
}

impl Run {
    fn checks(&mut self) {
        self.cargo("formatting", &["fmt", "--all", "--check"]);
        self.cargo(
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"],
        );
        say("tidy");
        let tidied = tidy::run().is_ok_and(|code| code == ExitCode::SUCCESS);
        self.note("tidy", tidied);
        self.dependencies();
    }

    fn dependencies(&mut self) {
        let there = quietly(folder::cargo(&self.metadata).args(["deny", "--version"]));
        if !there {
            say("cargo-deny is not installed; installing it, which takes some minutes");
            if !self.cargo("installing cargo-deny", &["install", "cargo-deny", "--locked"]) {
                return;
            }
        }
        self.cargo("dependencies", &["deny", "check", "bans", "licenses", "sources"]);
        say("advisories: cargo deny check advisories");
        let mut check = folder::cargo(&self.metadata);
        check.args(["deny", "--color", "never", "check", "advisories"]);
        match advisories::check(check) {
            Ok(advisories::Outcome::None) => {}
            Ok(advisories::Outcome::Unreachable) => {
                say("advisories: SKIPPED: their database could not be reached, so nothing was compared");
            }
            Ok(advisories::Outcome::Found) => self.note("advisories", false),
            Err(error) => self.note(&format!("advisories: {error}"), false),
        }
    }

    /// Runs cargo as a step of its own; whether it succeeded.
    fn cargo(&mut self, what: &str, arguments: &[&str]) -> bool {
        say(&format!("{what}: cargo {}", arguments.join(" ")));
        let status = folder::cargo(&self.metadata).args(arguments).stdin(Stdio::null()).status();
        let good = status.is_ok_and(|status| status.success());
        self.note(what, good);
        good
    }

    fn note(&mut self, what: &str, good: bool) {
        if !good {
            self.failed.push(what.to_owned());
        }
    }

    /// All tests, against a server of their own, which goes when they are done, however they end.
    async fn tests(&mut self) -> Result<Results, Failure> {
        let folder = self.metadata.target_directory.join("test-pg").into_std_path_buf();
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let server = match database::start(&folder).await {
            Ok(server) => server,
            Err(error) => {
                self.failed.push(format!("a PostgreSQL for the tests: {error}"));
                return Ok(Results::default());
            }
        };
        // After one failed test binary the others are run nevertheless: the sum is about all of them.
        let prometheus = self.metadata.target_directory.join("prometheus");
        let missing = programs::ensure(prometheus.as_std_path(), say);
        let arguments = ["test", "--workspace", "--locked", "--no-fail-fast"];
        say(&format!("tests: cargo {}", arguments.join(" ")));
        let mut test = folder::cargo(&self.metadata);
        test.args(arguments).env("SLUICE_TEST_PG_DIR", &folder);
        if std::env::var_os("RUST_TEST_THREADS").is_none() {
            test.env("RUST_TEST_THREADS", threads().to_string());
        }
        // A screen that differs from what is kept is a failure, and nothing is written.
        test.env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS");
        // Without a word from here a test fails that misses its program.
        test.env("SLUICE_TEST_WITHOUT", missing.join(" "));
        let mut results = Results::default();
        let ended = tokio::select! {
            ended = results::read(test, std::io::stdout(), &mut results) => ended.map(|status| status.code()),
            _ = interrupt.recv() => Err("interrupted".into()),
            _ = terminate.recv() => Err("told to end".into()),
        };
        for program in missing {
            say(&format!("SKIPPED: the tests that need {program}, which could not be installed"));
            results.skipped += 1;
        }
        if let Err(error) = database::remove(server, &folder).await {
            self.failed.push(format!("removing the tests' PostgreSQL: {error}"));
        }
        match ended {
            Ok(Some(0)) => {}
            // Its failed tests are counted already; something else may have failed, as a build.
            Ok(_) if results.failed > 0 => {}
            Ok(code) => self.failed.push(format!("cargo test ended with {code:?}, without a failed test")),
            Err(error) => self.failed.push(format!("cargo test: {error}")),
        }
        Ok(results)
    }
}

/// Tests that use a database or a gateway wait for most of their time: two of them to a processor.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from) * 2
}

fn quietly(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}
