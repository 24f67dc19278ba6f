//! A PostgreSQL of our own below one folder, for development and tests.
//!
//! It listens on a socket in a folder that only its user can enter, keeps every promise of durability, and
//! outlives the process that started it: the next [`PrivateServer::start`] of the same folder takes it over.

mod find;
mod folder;
mod postmaster;
mod user;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use crate::error::{Error, sort};

pub use find::{ensure_binaries, find_binaries, install_commands};
use folder::Folder;
use postmaster::Postmaster;

/// The superuser's name.
const SUPERUSER: &str = "sluice";

/// What the socket's name ends in.
const PORT: u16 = 5432;

/// For a connection on this machine, or the answer to a short question.
const ANSWER: Duration = Duration::from_secs(5);

/// For a database to be made, which waits for whoever makes one of the same template.
const CREATION: Duration = Duration::from_secs(60);

/// How a private server behaves; read when it is started, not when it is taken over.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Most connections at once.
    pub max_connections: u16,
    /// PostgreSQL's own cache, in mebibytes.
    pub shared_buffers_mib: u32,
    /// How much log may gather between two checkpoints, in mebibytes.
    pub max_wal_mib: u32,
    /// Also reached over TCP, on 127.0.0.1 at this port, by whom `pg_hba.conf` lets in: for tests of what is reached that way.
    pub tcp: Option<u16>,
    /// Further lines for `postgresql.conf`, as (name, value).
    pub further: Vec<(String, String)>,
    /// Longest wait for the server to accept connections, recovery after a crash included.
    pub start: Duration,
    /// Longest wait for a fast shutdown.
    pub stop: Duration,
    /// Told what a person should know: where the data lies, whether a server was taken over.
    pub say: fn(&str),
}

impl Default for ServerSettings {
    fn default() -> ServerSettings {
        ServerSettings {
            max_connections: 120,
            shared_buffers_mib: 256,
            max_wal_mib: 2048,
            tcp: None,
            further: Vec::new(),
            start: Duration::from_secs(120),
            stop: Duration::from_secs(60),
            say: |line| tracing::info!("{line}"),
        }
    }
}

/// A running private server. Dropping the handle leaves it running; [`PrivateServer::stop`] ends it.
#[derive(Debug)]
pub struct PrivateServer {
    folder: Folder,
    postmaster: Postmaster,
    socket: Socket,
    adopted: bool,
    stop: Duration,
}

impl PrivateServer {
    /// Starts the server whose data lie below `dir`, making them if there are none, or takes over the one that
    /// runs there already. Processes that do so at the same time take turns.
    ///
    /// Run by root, the server gets the user `postgres`, else `nobody`. If that user can't reach `dir`, the
    /// data lie in `/var/tmp` and `dir` holds a link to them.
    ///
    /// # Errors
    /// [`Error::Server`] with what to do about it.
    pub async fn start(dir: &Path, settings: &ServerSettings) -> Result<PrivateServer, Error> {
        let bin = find_binaries().ok_or_else(find::none_found)?;
        let deadline = Instant::now() + settings.start;
        std::fs::create_dir_all(dir).map_err(|error| failed("can't make", dir, &error))?;
        let _turn = folder::lock(dir, deadline).await?;
        let folder = Folder::open(dir, settings.say)?;
        let postmaster = Postmaster { bin, user: folder.user, home: folder.home.clone() };
        if !folder.data().exists() {
            postmaster.initdb(SUPERUSER).await?;
        }
        let adopted = adopt(&postmaster, &folder, deadline).await?;
        let socket = match &adopted {
            Some(socket) => socket.clone(),
            None => {
                let socket = Socket { folder: folder.socket()?, port: settings.tcp.unwrap_or(PORT) };
                postmaster.clear_leftovers(&socket).await?;
                postmaster.configure(&socket, settings)?;
                postmaster.start(settings.start).await?;
                probe(&socket, &folder.data()).await.map_err(Probe::into_error)?;
                socket
            }
        };
        let adopted = adopted.is_some();
        let what = if adopted { "PostgreSQL runs already" } else { "PostgreSQL started" };
        (settings.say)(&format!("{what}, data in {}", folder.data().display()));
        Ok(PrivateServer { folder, postmaster, socket, adopted, stop: settings.stop })
    }

    /// Was it running already?
    pub fn was_running(&self) -> bool {
        self.adopted
    }

    /// Where its data, its log (`postgres.log`) and, if short enough, its socket lie.
    pub fn home(&self) -> &Path {
        &self.folder.home
    }

    /// The folder of its socket, whose name in it is `.s.PGSQL.5432`, or ends in the port of [`ServerSettings::tcp`].
    pub fn socket(&self) -> &Path {
        &self.socket.folder
    }

    /// The folder of its programs (`psql`, `pg_dump` …).
    pub fn binaries(&self) -> &Path {
        &self.postmaster.bin
    }

    /// A connection string that tokio-postgres and psql both accept, with a superuser's rights.
    pub fn url(&self, database: &str) -> String {
        self.socket.url(database)
    }

    /// Creates a database unless there is one of this name; whether it did.
    ///
    /// # Errors
    /// The database's; [`Error::Timeout`] after a minute.
    pub async fn create_database(&self, name: &str) -> Result<bool, Error> {
        in_time(CREATION, create_database(&self.url("postgres"), name)).await
    }

    /// Ends it: connections are closed, everything is written, and only then does this return.
    ///
    /// # Errors
    /// [`Error::Server`] when it still runs after the deadline and an immediate shutdown.
    pub async fn stop(self) -> Result<(), Error> {
        let _turn = folder::lock(&self.folder.dir, Instant::now() + self.stop).await?;
        self.postmaster.stop(self.stop).await
    }
}

/// The socket of the server that runs in `folder`, once it answers; `None` when none runs.
async fn adopt(postmaster: &Postmaster, folder: &Folder, deadline: Instant) -> Result<Option<Socket>, Error> {
    loop {
        let Some(running) = postmaster.running()? else { return Ok(None) };
        match probe(&running.socket, &folder.data()).await {
            Ok(()) => return Ok(Some(running.socket)),
            Err(Probe::Other(found)) => {
                return Err(Error::Server(format!(
                    "{} is the socket of a server with other data: {found}",
                    running.socket.folder.display()
                )));
            }
            Err(Probe::Silent(error)) if Instant::now() >= deadline => {
                return Err(Error::Server(format!("process {} does not answer: {error}", running.pid)));
            }
            // It starts, recovers or stops.
            Err(Probe::Silent(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn create_database(url: &str, name: &str) -> Result<bool, Error> {
    let client = connect(url).await?;
    let there = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await;
    if there.map_err(|error| sort(&error).0)?.is_some() {
        return Ok(false);
    }
    let create = format!("CREATE DATABASE {}", quote_name(name));
    client.batch_execute(&create).await.map_err(|error| sort(&error).0)?;
    Ok(true)
}

enum Probe {
    Silent(Error),
    Other(String),
}

impl Probe {
    fn into_error(self) -> Error {
        match self {
            Probe::Silent(error) => error,
            Probe::Other(found) => Error::Server(format!("a server with other data answers: {found}")),
        }
    }
}

/// Does the server behind `socket` answer, and is it the one with these data?
async fn probe(socket: &Socket, data: &Path) -> Result<(), Probe> {
    let ask = async {
        let client = connect(&socket.url("postgres")).await?;
        let row = client.query_one("SELECT current_setting('data_directory')", &[]).await;
        row.map(|row| row.get::<_, String>(0)).map_err(|error| sort(&error).0)
    };
    let found = in_time(ANSWER, ask).await.map_err(Probe::Silent)?;
    let same = std::fs::canonicalize(&found).ok() == std::fs::canonicalize(data).ok();
    if same { Ok(()) } else { Err(Probe::Other(found)) }
}

async fn in_time<T>(limit: Duration, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(limit, answer).await.unwrap_or(Err(Error::Timeout))
}

async fn connect(url: &str) -> Result<Client, Error> {
    let connected = async { tokio_postgres::connect(url, NoTls).await.map_err(|error| sort(&error).0) };
    let (client, connection) = in_time(ANSWER, connected).await?;
    // Ends when the client is dropped.
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// Where a server is reached on this machine.
#[derive(Debug, Clone)]
struct Socket {
    folder: PathBuf,
    port: u16,
}

impl Socket {
    fn url(&self, database: &str) -> String {
        let host = percent_encode(&self.folder.to_string_lossy());
        let port = if self.port == PORT { String::new() } else { format!("&port={}", self.port) };
        format!("postgresql://{SUPERUSER}@/{}?host={host}{port}", percent_encode(database))
    }
}

fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => out += &format!("%{byte:02X}"),
        }
        out
    })
}

fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Server(format!("{what} {}: {error}", path.display()))
}
