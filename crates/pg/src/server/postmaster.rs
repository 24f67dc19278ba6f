//! The process: made, started, recognised, stopped.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::user::{OtherUser, command};
use super::{PORT, ServerSettings, Socket, failed};
use crate::error::Error;

const PROC: &str = "/proc";

/// A server's processes end by themselves when it dies, a long statement first.
const ORPHANS: Duration = Duration::from_secs(15);

/// For making a server's data, which takes a second or two.
const INITDB: Duration = Duration::from_secs(120);

/// pg_ctl keeps the deadline that it is given; by so much more whoever waits for it gives up, should it hang itself.
const GRACE: Duration = Duration::from_secs(10);

/// Settings of glibc's allocator. By itself it gives what a statement used back to the kernel when the statement ends, and has
/// it cleared again page by page for the next one: up to a tenth of what a small batch costs the server. Other systems
/// don't look at them.
const KEEP_MEMORY: [(&str, &str); 3] = [
    ("MALLOC_TRIM_THRESHOLD_", "16777216"),
    ("MALLOC_TOP_PAD_", "1048576"),
    ("MALLOC_MMAP_THRESHOLD_", "4194304"),
];

/// PostgreSQL's programs, and the folder and user they work with.
#[derive(Debug)]
pub(super) struct Postmaster {
    pub bin: PathBuf,
    pub user: Option<OtherUser>,
    pub home: PathBuf,
}

/// What `postmaster.pid` says of a process that may be ours.
pub(super) struct Running {
    pub pid: i32,
    pub socket: Socket,
}

impl Postmaster {
    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn log(&self) -> PathBuf {
        self.home.join("postgres.log")
    }

    /// Makes the data beside their place and moves them there when they are whole.
    pub async fn initdb(&self, superuser: &str) -> Result<(), Error> {
        let unfinished = self.home.join("data.unfinished");
        match std::fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(failed("can't remove", &unfinished, &error));
            }
            _ => {}
        }
        let mut initdb = command(&self.bin.join("initdb"), self.user);
        initdb.arg("--pgdata").arg(&unfinished).args([
            "--encoding=UTF8",
            "--locale=C",
            "--auth=trust",
            &format!("--username={superuser}"),
        ]);
        run(initdb, "initdb", INITDB).await?;
        let place = self.data();
        std::fs::rename(&unfinished, &place).map_err(|error| failed("can't move to", &place, &error))
    }

    /// Writes `postgresql.conf` anew: what is in it belongs to this program.
    pub fn configure(&self, socket: &Socket, settings: &ServerSettings) -> Result<(), Error> {
        let own = [
            ("listen_addresses", settings.tcp.map(|_| "127.0.0.1".to_owned()).unwrap_or_default()),
            ("port", socket.port.to_string()),
            ("unix_socket_directories", format!("\"{}\"", socket.folder.to_string_lossy())),
            ("max_connections", settings.max_connections.to_string()),
            ("shared_buffers", format!("{}MB", settings.shared_buffers_mib)),
            ("max_wal_size", format!("{}MB", settings.max_wal_mib)),
            ("fsync", "on".into()),
            ("synchronous_commit", "on".into()),
            ("full_page_writes", "on".into()),
            // Short statements over prepared plans: compiling them costs more than it gives.
            ("jit", "off".into()),
            ("timezone", "UTC".into()),
            ("log_timezone", "UTC".into()),
            ("log_line_prefix", "%m [%p] %d ".into()),
        ];
        let further = settings.further.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let lines: String = own
            .into_iter()
            .chain(further)
            .map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''")))
            .collect();
        let path = self.data().join("postgresql.conf");
        std::fs::write(&path, lines).map_err(|error| failed("can't write", &path, &error))
    }

    /// Returns when it accepts connections. pg_ctl gives it a session of its own.
    pub async fn start(&self, deadline: Duration) -> Result<(), Error> {
        let mut start = self.pg_ctl("start", deadline);
        start.arg("--log").arg(self.log());
        run(start, "pg_ctl start", deadline + GRACE)
            .await
            .map_err(|error| Error::Server(format!("{error}\n{}", last_lines(&self.log(), 15))))
    }

    /// A fast shutdown; past the deadline an immediate one, which the log survives.
    pub async fn stop(&self, deadline: Duration) -> Result<(), Error> {
        let mut last = Ok(());
        for mode in ["fast", "immediate"] {
            if self.running()?.is_none() {
                return Ok(());
            }
            let mut stop = self.pg_ctl("stop", deadline);
            stop.args(["--mode", mode]);
            last = run(stop, "pg_ctl stop", deadline + GRACE).await;
            if last.is_ok() {
                return last;
            }
        }
        last
    }

    fn pg_ctl(&self, action: &str, deadline: Duration) -> tokio::process::Command {
        let mut pg_ctl = command(&self.bin.join("pg_ctl"), self.user);
        pg_ctl.args([action, "--silent", "--wait", "--timeout", &deadline.as_secs().max(1).to_string()]);
        pg_ctl.arg("--pgdata").arg(self.data()).envs(KEEP_MEMORY);
        pg_ctl
    }

    /// The process that `postmaster.pid` names, if it is the server of these data and not one to which the
    /// number of a dead server was given since (every restarted container does that).
    pub fn running(&self) -> Result<Option<Running>, Error> {
        let path = self.data().join("postmaster.pid");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("can't read", &path, &error)),
        };
        let Some(pid) = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok()) else {
            return Ok(None);
        };
        let dead = kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH);
        if dead || !self.works_here(pid) {
            return Ok(None);
        }
        // Lines 4 and 5; not yet there while it starts.
        let port = text.lines().nth(3).and_then(|line| line.trim().parse().ok()).unwrap_or(PORT);
        let folder = text.lines().nth(4).filter(|line| line.starts_with('/'));
        let folder = folder.map_or_else(|| self.home.clone(), PathBuf::from);
        Ok(Some(Running { pid, socket: Socket { folder, port } }))
    }

    /// Removes what a killed server left behind, once its last process is gone: PostgreSQL refuses to start
    /// when the process number in one of its lock files was given to another process since. Where there is no
    /// `/proc` to be sure by, they are left to PostgreSQL.
    pub async fn clear_leftovers(&self, socket: &Socket) -> Result<(), Error> {
        if !Path::new(PROC).join("self/cwd").exists() {
            return Ok(());
        }
        let deadline = Instant::now() + ORPHANS;
        while let Some(orphan) = self.any_working_here() {
            if Instant::now() >= deadline {
                return Err(Error::Server(format!(
                    "the server was killed, but its process {orphan} is still at work; wait for it or end it"
                )));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let lock = socket.folder.join(format!(".s.PGSQL.{}.lock", socket.port));
        for path in [self.data().join("postmaster.pid"), lock] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed("can't remove", &path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Every process of a server works in its data folder; without `/proc`, its command line names it.
    fn works_here(&self, pid: i32) -> bool {
        let Ok(data) = std::fs::canonicalize(self.data()) else { return false };
        if Path::new(PROC).join("self/cwd").exists() {
            return working_folder(&pid.to_string()).is_some_and(|cwd| cwd == data);
        }
        let ps = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
        ps.is_ok_and(|ps| String::from_utf8_lossy(&ps.stdout).contains(&*self.data().to_string_lossy()))
    }

    fn any_working_here(&self) -> Option<String> {
        let data = std::fs::canonicalize(self.data()).ok()?;
        std::fs::read_dir(PROC)
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .find(|pid| working_folder(pid).is_some_and(|cwd| cwd == data))
    }
}

fn working_folder(pid: &str) -> Option<PathBuf> {
    std::fs::read_link(Path::new(PROC).join(pid).join("cwd")).ok()
}

/// Runs it to its end, or kills it when it has not come to one within `limit`.
async fn run(mut command: tokio::process::Command, what: &str, limit: Duration) -> Result<(), Error> {
    // pg_ctl's child keeps an inherited pipe open for as long as it lives: files, not pipes.
    let said = tempfile()?;
    let [out, err] = [said.try_clone(), said.try_clone()].map(|file| file.map_err(|e| no_file(&e)));
    let ended = command.stdout(out?).stderr(err?).kill_on_drop(true).status();
    let Ok(status) = tokio::time::timeout(limit, ended).await else {
        let said = read_back(said);
        return Err(Error::Server(format!("{what} has not ended within {limit:?}: {}", said.trim())));
    };
    let status = status.map_err(|error| Error::Server(format!("can't run {what}: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Server(format!("{what} failed ({status}): {}", read_back(said).trim())))
}

/// A file without a name.
fn tempfile() -> Result<std::fs::File, Error> {
    let name = format!("sluice-pg-{}", uuid::Uuid::now_v7().simple());
    let path = std::env::temp_dir().join(name);
    let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path);
    let file = file.map_err(|error| no_file(&error))?;
    std::fs::remove_file(&path).map_err(|error| no_file(&error))?;
    Ok(file)
}

fn no_file(error: &std::io::Error) -> Error {
    Error::Server(format!("no temporary file: {error}"))
}

fn read_back(mut file: std::fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = Vec::new();
    if file.rewind().is_ok() {
        file.read_to_end(&mut text).ok();
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn last_lines(path: &Path, count: usize) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_does_not_end_is_given_up_with_what_it_said() {
        let mut hangs = command("/bin/sh".as_ref(), None);
        hangs.args(["-c", "echo waiting for a disk; exec sleep 600"]);
        let limit = Duration::from_secs(2);
        let given_up = tokio::time::timeout(Duration::from_secs(60), run(hangs, "initdb", limit)).await;
        let given_up = given_up.map(|ended| ended.map_err(|error| error.to_string()));
        let said = "private server: initdb has not ended within 2s: waiting for a disk";
        assert_eq!(given_up, Ok(Err(said.to_owned())));
    }
}
