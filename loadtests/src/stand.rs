//! What is measured, put up on this machine: a private PostgreSQL that keeps every promise, the demo's configuration with
//! merchants of the load test's own, and the gateway as a process of its own.

mod cast;
mod config;
mod gateway;
mod process;

use std::path::{Path, PathBuf};

use pg::server::{PrivateServer, ServerSettings};
use tokio_postgres::Client;

pub use cast::Handout;
pub use gateway::Gateway;

use crate::Fault;
use crate::database;
use crate::machine::Part;

/// The database that `sluice dev` makes.
pub const DATABASE: &str = "sluice";

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
}

/// Everything but the gateway.
pub struct Stand {
    folder: Folder,
    program: PathBuf,
    server: PrivateServer,
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

impl Stand {
    /// Puts it up: `sluice dev` makes keys, certificates, configuration and schema, and ends again; then PostgreSQL is
    /// started, and the merchants are entered.
    ///
    /// # Errors
    /// In words.
    pub async fn raise(options: &Options) -> Result<Stand, Fault> {
        let folder = Folder::open(options.var.as_deref())?;
        let program = process::program(options.sluice.as_deref())?;
        let dir = folder.path();
        if !dir.join(config::PREPARED).exists() {
            process::prepare(&program, dir).await?;
        }
        let settings = ServerSettings { say: |_| {}, ..ServerSettings::default() };
        let server = PrivateServer::start(&dir.join("pg"), &settings).await?;
        let handout = cast::enter(dir, &server.url(DATABASE), options.merchants).await?;
        Ok(Stand { folder, program, server, handout })
    }

    /// Starts a gateway on `database`, with these settings laid over the demo's.
    ///
    /// # Errors
    /// In words; its log, when it ends at once.
    pub async fn gateway(&self, database: &str, settings: &str) -> Result<Gateway, Fault> {
        let text = config::laid_over(self.dir(), &self.server.url(database), settings)?;
        let path = self.dir().join(format!("load-{database}.toml"));
        config::write(&path, &text)?;
        let gateway = Gateway::start(&self.program, path, &self.dir().join("gateway.log")).await?;
        cast::bring_orders(&gateway, &self.handout).await?;
        Ok(gateway)
    }

    /// A connection with the owner's rights.
    ///
    /// # Errors
    /// The database's.
    pub async fn client(&self, database: &str) -> Result<Client, Fault> {
        database::connect(&self.server.url(database)).await
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
