//! What is measured, put up on this machine: a private PostgreSQL that keeps every promise, the demo's configuration with
//! merchants of the load test's own, and the gateway as a process of its own.

mod carrier;
mod cast;
mod config;
mod gateway;
mod process;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pg::server::{PrivateServer, ServerSettings};
use tokio_postgres::Client;

pub use carrier::JOURNAL as BANK_JOURNAL;
pub use cast::{Account, Handout};
pub use config::secrets as bank_secrets;
pub use gateway::Gateway;

use carrier::Carrier;
use config::Wiring;

use crate::Fault;
use crate::database;
use crate::machine::{self, Part};

/// The database that `sluice dev` makes.
pub const DATABASE: &str = "sluice";

/// What a server's PostgreSQL would be given, and not a laptop's: a cache that is not written over every few seconds, and a log
/// whose old segments are kept to be used again.
const SHARED_BUFFERS_MIB: u32 = 2048;
const WAL_MIB: u32 = 4096;
/// Half of that, in segments.
const AGED_SEGMENTS: u16 = 128;

/// How a stand is put up.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The gateway's binary; the one beside this program if not named.
    #[arg(long, global = true, value_name = "FILE")]
    pub sluice: Option<PathBuf>,
    /// Where everything lies; the same folder keeps the same data. A new one that is removed afterwards if not named.
    #[arg(long, global = true, value_name = "DIR")]
    pub var: Option<PathBuf>,
    /// Merchants that receive money, dealt out over all shards.
    #[arg(long, global = true, value_name = "N", default_value_t = 64)]
    pub merchants: usize,
    /// Settings of the gateway's, laid over the demo's: `lanes.batch_max=1`. May be repeated.
    #[arg(long = "set", global = true, value_name = "SETTING")]
    pub settings: Vec<String>,
    /// Each commit takes so much longer, as with a slower disk or a standby far away: then it is the book that can't keep up,
    /// and not the processor, of which the generator itself needs much. For runs on a copy of the database.
    #[arg(long, global = true, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub commit_ms: u32,
}

/// Everything but the gateway.
pub struct Stand {
    folder: Folder,
    program: PathBuf,
    server: PrivateServer,
    /// The command line's, for every gateway.
    settings: String,
    commit_ms: u32,
    /// What is there to be asked for.
    pub handout: Handout,
}

enum Folder {
    Kept(PathBuf),
    Removed(tempfile::TempDir),
}

impl Folder {
    fn open(named: Option<&Path>) -> Result<Folder, Fault> {
        match named {
            Some(path) => {
                std::fs::create_dir_all(path)?;
                Ok(Folder::Kept(path.canonicalize()?))
            }
            // PostgreSQL's user must be able to enter it; what is secret in it has modes of its own.
            None => {
                use std::os::unix::fs::PermissionsExt as _;
                let open = std::fs::Permissions::from_mode(0o755);
                let folder = tempfile::Builder::new().prefix("sluice-load-").permissions(open).tempdir()?;
                Ok(Folder::Removed(folder))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Folder::Kept(path) => path,
            Folder::Removed(folder) => folder.path(),
        }
    }
}

fn server_settings() -> ServerSettings {
    let further = [("min_wal_size", format!("{}MB", WAL_MIB / 2)), ("wal_buffers", "64MB".to_owned())];
    ServerSettings {
        shared_buffers_mib: SHARED_BUFFERS_MIB,
        max_wal_mib: WAL_MIB,
        further: further.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        say: |_| {},
        ..ServerSettings::default()
    }
}

impl Stand {
    /// Puts it up: `sluice dev` makes keys, certificates, configuration and schema, and ends again; then PostgreSQL is
    /// started, and the merchants are entered.
    ///
    /// # Errors
    /// In words.
    pub async fn raise(options: &Options) -> Result<Stand, Fault> {
        machine::allow_many_files()?;
        let folder = Folder::open(options.var.as_deref())?;
        let program = process::program(options.sluice.as_deref())?;
        let dir = folder.path();
        if !dir.join(config::PREPARED).exists() {
            process::prepare(&program, dir).await?;
        }
        let server = PrivateServer::start(&dir.join("pg"), &server_settings()).await?;
        database::age_log(&database::connect(&server.url("postgres")).await?, AGED_SEGMENTS).await?;
        let handout = cast::enter(dir, &server.url(DATABASE), options.merchants).await?;
        let (settings, commit_ms) = (options.settings.join("\n"), options.commit_ms);
        if commit_ms > 0 {
            println!("each commit takes {commit_ms} ms longer");
        }
        let stand = Stand { folder, program, server, settings, commit_ms, handout };
        let gateway = stand.gateway(DATABASE, "", false).await?;
        cast::bring_orders(&gateway, &stand.handout).await?;
        gateway.stop().await?;
        Ok(stand)
    }

    /// A new database with all that `template` holds, in place of the one that had this name, after a checkpoint, and a
    /// bank that remembers nothing: each run begins the same. No gateway may run meanwhile.
    ///
    /// # Errors
    /// The database's; the folder's.
    pub async fn fresh(&self, name: &str, template: &str) -> Result<(), Fault> {
        match std::fs::remove_dir_all(self.dir().join(carrier::JOURNAL)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.clear(name).await?;
        let client = self.client("postgres").await?;
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        let mut tries = 0;
        // Sessions of a process that has just ended may take a moment to go.
        while let Err(error) = client.batch_execute(&create).await {
            tries += 1;
            if tries > 100 {
                return Err(error.into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        database::delay_commits(&client, name, self.commit_ms).await?;
        Ok(client.batch_execute("CHECKPOINT").await?)
    }

    /// Removes a database and gives its room back.
    ///
    /// # Errors
    /// The database's.
    pub async fn clear(&self, name: &str) -> Result<(), Fault> {
        let client = self.client("postgres").await?;
        Ok(client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?)
    }

    /// Starts a gateway on `database`, with these settings laid over the demo's, and a bank that carries its payouts if
    /// asked to.
    ///
    /// # Errors
    /// In words; its log, when it ends at once.
    pub async fn gateway(&self, database: &str, settings: &str, carried: bool) -> Result<Gateway, Fault> {
        let ports = gateway::free_ports()?;
        let carrier = if carried { Some(Carrier::start(self.dir(), ports[0]).await?) } else { None };
        let config = self.configure(database, settings, carrier.as_ref().map(|carrier| &*carrier.url))?;
        Gateway::start(&self.program, &config, &self.dir().join("gateway.log"), ports, carrier).await
    }

    /// Writes the configuration of a gateway on `database`, with these settings laid over the demo's.
    ///
    /// # Errors
    /// Settings that are not TOML; the file's.
    pub fn configure(&self, database: &str, settings: &str, carrier: Option<&str>) -> Result<PathBuf, Fault> {
        let wiring = Wiring { database_url: &self.url(database), beside: &self.handout.banks[1], carrier };
        let text = config::laid_over(self.dir(), wiring, &[&self.settings, settings])?;
        let path = self.dir().join(format!("load-{database}.toml"));
        config::write(&path, &text)?;
        Ok(path)
    }

    /// `sluice verify` over the book in `database`, by the configuration that was written for it last; what it says first.
    ///
    /// # Errors
    /// What doesn't hold.
    pub async fn verify(&self, database: &str) -> Result<String, Fault> {
        let config = self.dir().join(format!("load-{database}.toml"));
        process::verify(&self.program, &config).await
    }

    /// Where a database is.
    pub fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    /// A program of the PostgreSQL that runs.
    pub fn postgres_program(&self, name: &str) -> PathBuf {
        self.server.binaries().join(name)
    }

    /// A connection with the owner's rights.
    ///
    /// # Errors
    /// The database's.
    pub async fn client(&self, database: &str) -> Result<Client, Fault> {
        database::connect(&self.url(database)).await
    }

    /// All of PostgreSQL.
    ///
    /// # Errors
    /// When it does not run.
    pub fn postgres(&self) -> Result<Part, Fault> {
        let file = self.server.home().join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        Ok(Part::Postgres(pid.ok_or("postmaster.pid names no process")?))
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Takes it down.
    ///
    /// # Errors
    /// When PostgreSQL doesn't stop.
    pub async fn lower(self) -> Result<(), Fault> {
        self.server.stop().await?;
        if let Folder::Removed(folder) = self.folder {
            folder.close()?;
        }
        Ok(())
    }
}
