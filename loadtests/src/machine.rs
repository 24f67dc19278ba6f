//! What processes cost, as the kernel counts it in `/proc`: CPU and memory of gateway, PostgreSQL and generator apart.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Fault;

/// The kernel shows processes' times in hundredths of a second, whatever its timer does.
const TICK: Duration = Duration::from_millis(10);

/// What is measured as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// One process.
    Process(u32),
    /// A postmaster and all that it started: time of those that have ended since counts with it.
    Postgres(u32),
}

/// CPU time and memory of one part at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// User and system time so far.
    pub cpu: Duration,
    /// Bytes, each shared page divided among those who share it (PSS): they can be summed.
    pub memory: u64,
}

impl Part {
    /// The generator itself.
    pub fn own() -> Part {
        Part::Process(std::process::id())
    }

    /// What it has used so far.
    ///
    /// # Errors
    /// In words, where there is no `/proc`, it doesn't tell (`smaps_rollup`: Linux 4.14), or the process is gone.
    pub fn usage(self) -> Result<Usage, Fault> {
        let memory = match self {
            Part::Process(pid) => memory(pid)?,
            Part::Postgres(postmaster) => {
                // One that ended between the listing and the look has none left.
                let children = children(postmaster)?.into_iter().filter_map(|pid| memory(pid).ok());
                memory(postmaster)? + children.sum::<u64>()
            }
        };
        Ok(Usage { cpu: self.cpu()?, memory })
    }

    /// User and system time so far.
    ///
    /// # Errors
    /// As above.
    pub fn cpu(self) -> Result<Duration, Fault> {
        match self {
            Part::Process(pid) => Ok(stat(pid)?.own),
            Part::Postgres(postmaster) => {
                let first = stat(postmaster)?;
                let children = children(postmaster)?;
                // One that ended between the listing and the look is counted with the postmaster's next time.
                let live = children.iter().filter_map(|pid| stat(*pid).ok()).map(|stat| stat.own);
                Ok(first.own + first.ended + live.sum::<Duration>())
            }
        }
    }
}

struct Stat {
    parent: u32,
    own: Duration,
    /// Of children that have ended.
    ended: Duration,
}

fn stat(pid: u32) -> Result<Stat, Fault> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    parse(&text).ok_or_else(|| format!("{path}: {text}").into())
}

/// The name stands in parentheses and may hold anything; see proc(5) for the fields behind it.
fn parse(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(Stat {
        parent: ticks(1)?,
        own: TICK * (ticks(11)? + ticks(12)?),
        ended: TICK * (ticks(13)? + ticks(14)?),
    })
}

fn children(of: u32) -> Result<Vec<u32>, Fault> {
    let entries = fs::read_dir("/proc").map_err(|error| format!("/proc: {error}; it is needed to count"))?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids.filter(|pid| stat(*pid).is_ok_and(|stat| stat.parent == of)).collect())
}

fn memory(pid: u32) -> Result<u64, Fault> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    pss(&text).ok_or_else(|| format!("{path} has no Pss").into())
}

/// In bytes.
fn pss(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Lets this process and those that it starts open as many files, sockets among them, as they may.
///
/// # Errors
/// The kernel's.
pub fn allow_many_files() -> Result<(), Fault> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_whatever_the_process_is_called() {
        let line = "7 (a) b (c) S 5 7 7 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 1 0 9 10 11";
        let stat = parse(line).unwrap();
        assert_eq!((stat.parent, stat.own), (5, Duration::from_secs(2)));
        assert_eq!(stat.ended, Duration::from_millis(500));
        assert!(parse("7 (a) S 5").is_none());
    }

    #[test]
    fn memory_that_cant_be_read_is_an_error_and_not_nothing() {
        assert_eq!(pss("Rss:   9 kB\nPss:     12 kB\nPss_Dirty: 3 kB\n"), Some(12 * 1024));
        assert_eq!((pss("Rss: 9 kB\n"), pss("Pss: many kB\n")), (None, None));
        // No process has this number.
        for part in [Part::Process(u32::MAX), Part::Postgres(u32::MAX)] {
            let said = part.usage().unwrap_err().to_string();
            assert!(said.contains("/proc/4294967295/smaps_rollup"), "{said}");
        }
    }

    #[test]
    fn this_process_uses_time_and_memory() {
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(60) {}
        let usage = Part::own().usage().unwrap();
        assert!(usage.cpu >= Duration::from_millis(20), "{usage:?}");
        assert!(usage.memory > 100_000, "{usage:?}");
    }
}
