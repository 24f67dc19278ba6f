//! Where PostgreSQL's programs are, and how to get them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::error::Error;

/// The oldest major version that will do.
const OLDEST: u32 = 14;

/// For each command of the package manager: a slow network, and a person who is asked for a password.
const INSTALLATION: Duration = Duration::from_secs(30 * 60);

/// For a program to say its version.
const ANSWER: Duration = Duration::from_secs(10);

const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// The folder of PostgreSQL's programs (14 or newer): what `pg_config` says, what is in `PATH`, or the newest
/// in the places where Debian, Red Hat and Homebrew put them.
pub fn find_binaries() -> Option<PathBuf> {
    by_pg_config()
        .into_iter()
        .chain(in_path())
        .find(|folder| version(folder).is_some_and(|version| version >= OLDEST))
        .or_else(|| {
            let known = known_places().into_iter().filter_map(|folder| Some((version(&folder)?, folder)));
            known.filter(|(version, _)| *version >= OLDEST).max().map(|(_, folder)| folder)
        })
}

/// Finds the programs, or installs them with the system's package manager, saying what it runs.
///
/// # Errors
/// [`Error::Server`] when there are none afterwards, or a command has not ended within half an hour.
pub fn ensure_binaries(say: impl Fn(&str)) -> Result<PathBuf, Error> {
    if let Some(folder) = find_binaries() {
        return Ok(folder);
    }
    say("PostgreSQL is not installed; installing it");
    for command in install_commands() {
        say(&format!("  {}", command.join(" ")));
        run(&command, INSTALLATION)?;
    }
    find_binaries().ok_or_else(none_found)
}

/// Runs a command of the package manager to its end. One that takes too long is not killed: in the midst of its work it would
/// leave a system that needs repair.
fn run(command: &[String], limit: Duration) -> Result<(), Error> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let cant_run = |error| Error::Server(format!("can't run {program}: {error}"));
    let mut child = Command::new(program).args(arguments).spawn().map_err(cant_run)?;
    let (command, pid) = (command.join(" "), child.id());
    match end(&mut child, limit).map_err(cant_run)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Error::Server(format!("{command} failed: {status}"))),
        None => Err(Error::Server(format!(
            "{command} has not ended within {limit:?}, and is left running (process {pid})"
        ))),
    }
}

/// How a process ended; none where it hasn't within `limit`.
fn end(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The commands that install PostgreSQL here, in order; none where the package manager is unknown.
pub fn install_commands() -> Vec<Vec<String>> {
    let has = |program: &str| program_in_path(program).is_some();
    let commands: &[&[&str]] = if has("apt-get") {
        // Debian's package would also create a cluster and start it; asked not to by a file that goes again.
        &[
            &["apt-get", "update"],
            &["mkdir", "-p", "/etc/postgresql-common/createcluster.d"],
            &[
                "sh",
                "-c",
                "echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/sluice.conf",
            ],
            &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "postgresql"],
            &["rm", "-f", "/etc/postgresql-common/createcluster.d/sluice.conf"],
        ]
    } else if has("dnf") {
        &[&["dnf", "install", "-y", "postgresql-server"]]
    } else if has("brew") {
        &[&["brew", "install", "postgresql@17"]]
    } else {
        &[]
    };
    let sudo = !nix::unistd::geteuid().is_root() && !has("brew");
    commands
        .iter()
        .map(|command| {
            sudo.then_some("sudo").into_iter().chain(command.iter().copied()).map(str::to_owned).collect()
        })
        .collect()
}

pub(super) fn none_found() -> Error {
    let by_hand = install_commands();
    let hint = match by_hand.as_slice() {
        [] => "install it with your package manager".to_owned(),
        commands => commands.iter().map(|command| command.join(" ")).collect::<Vec<_>>().join(" && "),
    };
    Error::Server(format!("no PostgreSQL {OLDEST} or newer found; {hint}"))
}

fn by_pg_config() -> Option<PathBuf> {
    let said = output(Path::new("pg_config"), "--bindir")?;
    Some(PathBuf::from(said.trim()))
}

fn in_path() -> Option<PathBuf> {
    // A link's target has its siblings beside it, the link may not.
    let initdb = std::fs::canonicalize(program_in_path("initdb")?).ok()?;
    initdb.parent().map(Path::to_path_buf)
}

fn program_in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn known_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for (parent, prefix, rest) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql", "bin"),
        ("/usr/local/opt", "postgresql", "bin"),
    ] {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        places.extend(named.map(|entry| entry.path().join(rest)));
    }
    places
}

/// The major version of the programs in `folder`, if they are all there.
fn version(folder: &Path) -> Option<u32> {
    if !PROGRAMS.iter().all(|program| folder.join(program).is_file()) {
        return None;
    }
    major(&output(&folder.join("postgres"), "--version")?)
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `… 19beta1`
fn major(said: &str) -> Option<u32> {
    let number = said.split_whitespace().nth(2)?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).map_or(number, |end| &number[..end]);
    digits.parse().ok()
}

/// What a program says in a line or two; none where it fails, or has not ended in time.
fn output(program: &Path, argument: &str) -> Option<String> {
    let mut asked = Command::new(program);
    asked.arg(argument).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = asked.spawn().ok()?;
    if end(&mut child, ANSWER).ok()?.is_none() {
        child.kill().and_then(|()| child.wait()).ok();
        return None;
    }
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_that_does_not_end_is_not_waited_for_and_not_killed() {
        let said = |script: &str, limit: Duration| {
            let command = ["/bin/sh", "-c", script].map(str::to_owned);
            run(&command, limit).map_err(|error| error.to_string())
        };
        let minute = Duration::from_secs(60);
        assert_eq!(said("true", minute), Ok(()));
        let failed = said("exit 3", minute).unwrap_err();
        assert!(failed.contains("failed: exit status: 3"), "{failed}");
        let folder = tempfile::tempdir().unwrap();
        let done = folder.path().join("done");
        let script = format!("sleep 5; touch {}", done.display());
        let late = said(&script, Duration::from_millis(300)).unwrap_err();
        assert!(late.contains("has not ended within 300ms, and is left running"), "{late}");
        let deadline = Instant::now() + minute;
        while !done.exists() {
            assert!(Instant::now() < deadline, "it was killed");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn versions_are_read() {
        for (said, expected) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some(15)),
            ("postgres (PostgreSQL) 19beta1", Some(19)),
            ("postgres (PostgreSQL) 17.2", Some(17)),
            ("postgres", None),
        ] {
            assert_eq!(major(said), expected, "{said}");
        }
    }
}
