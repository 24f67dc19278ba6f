//! The command line.

mod verify;

use std::fmt::Display;
use std::future::Future;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use privacy::Keyring;
use tracing_subscriber::EnvFilter;

use crate::config::{self, Config, ConfigError};
use crate::{declarations, dev, migrate, serve};

/// A payments gateway for cross-border sellers.
#[derive(Parser)]
#[command(name = "sluice", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve banks, merchants and operators until SIGTERM.
    Serve(ConfigFile),
    /// Bring the database up to this version.
    Migrate(ConfigFile),
    /// Read the configuration and every file that it names, and list all that is wrong.
    CheckConfig(ConfigFile),
    /// Make and rotate the file with the keys of personal data.
    #[command(subcommand)]
    Keys(Keys),
    /// Walk the whole ledger and the trail: invariants and chains.
    ///
    /// The exit code is 0 when every invariant holds, 1 with a report when the books are not right, and 2 or any other when nothing
    /// was proved: the database could not be reached, a file could not be read.
    Verify {
        #[command(flatten)]
        config: ConfigFile,
        /// Heads of chains and of the trail that were written earlier: proves that no tail was cut since. Without it those of
        /// `ledger.heads_file`, where there are some.
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
    },
    /// Write files for authorities.
    #[command(subcommand)]
    Export(Export),
    /// Print the headers that a bank must send with this body.
    Sign {
        #[command(flatten)]
        config: ConfigFile,
        /// The bank's id.
        #[arg(long)]
        bank: String,
        /// The event's id; made if absent.
        #[arg(long)]
        id: Option<String>,
        /// The bank's private RSA key (PEM), for the scheme rsa-sha256.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// The body, byte for byte.
        file: PathBuf,
    },
    /// Everything on this machine: PostgreSQL, demo merchants, a sandbox bank, the gateway, live traffic.
    Dev {
        /// Where all of it lies; the same folder keeps the same data.
        #[arg(long, value_name = "DIR", default_value = "var")]
        var: PathBuf,
        /// Payments a second; 0 for quiet.
        #[arg(long, value_name = "N", default_value_t = 2)]
        traffic: u32,
    },
    /// Print the version.
    Version,
}

#[derive(Subcommand)]
enum Keys {
    /// Make a key file that its owner alone can read. One that is there already is left alone.
    New {
        /// Where.
        file: PathBuf,
    },
    /// Add a fresh key to a key file: it seals what is new, and those before it go on opening what they sealed.
    Add {
        /// The key file.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum Export {
    /// A day's balance-of-payments declarations as CSV, reconciled with the ledger.
    Bop {
        #[command(flatten)]
        config: ConfigFile,
        /// The day, as the institution's days begin (YYYY-MM-DD).
        #[arg(long, value_name = "DAY")]
        date: String,
        /// Where to; the standard output if absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Also of a day that is not over yet.
        #[arg(long)]
        so_far: bool,
    },
}

#[derive(clap::Args)]
struct ConfigFile {
    /// The configuration; see config/sluice.toml for all of it.
    #[arg(long, value_name = "FILE", default_value = "sluice.toml")]
    config: PathBuf,
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(file) => with_config(&file.config, true, |config| {
            for warning in config::exposed(&file.config).into_iter().chain(config.warnings()) {
                tracing::warn!("{warning}");
            }
            let again = || {
                read(&file.config)
                    .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            };
            block_on(serve::run(config, again))
        }),
        Command::Migrate(file) => with_config(&file.config, true, |config| block_on(migrate(config))),
        Command::CheckConfig(file) => check_config(&file.config),
        Command::Keys(Keys::New { file }) => new_keys(&file),
        Command::Keys(Keys::Add { file }) => add_key(&file),
        Command::Verify { config, head } => {
            return verify::exit(with_config(&config.config, true, |config| {
                block_on(verify::verify(config, head))
            }));
        }
        Command::Export(Export::Bop { config, date, out, so_far }) => {
            with_config(&config.config, true, |config| {
                block_on(declarations::export(config, declarations::Wanted { date, out, so_far }))
            })
        }
        Command::Sign { config, bank, id, key, file } => {
            with_config(&config.config, false, |config| sign(&config, &bank, id, key.as_deref(), &file))
        }
        Command::Dev { var, traffic } => {
            start_log();
            block_on(async { dev::run(dev::Options { var, traffic }, serve::stop_on_signals()?).await })
        }
        Command::Version => {
            println!("sluice {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("sluice: {message}");
            ExitCode::FAILURE
        }
    }
}

fn with_config<T>(
    file: &Path,
    log: bool,
    work: impl FnOnce(Config) -> Result<T, String>,
) -> Result<T, String> {
    let config = read(file).map_err(|errors| listed(file, &errors))?;
    if log {
        start_log();
    }
    work(config)
}

/// Opens every file that it names, too.
fn check_config(file: &Path) -> Result<(), String> {
    let mut faults = Config::faults_of(file);
    let mut warnings: Vec<String> = config::exposed(file).into_iter().collect();
    if faults.is_empty() {
        match read(file) {
            Ok(config) => warnings.extend(config.warnings()),
            Err(errors) => faults = errors,
        }
    }
    for warning in warnings {
        eprintln!("sluice: {warning}");
    }
    if faults.is_empty() {
        println!("the configuration is right");
        return Ok(());
    }
    Err(listed(file, &faults))
}

fn new_keys(file: &Path) -> Result<(), String> {
    Keyring::generate(file).map_err(|error| error.to_string())?;
    println!("{}: made, with key 1; keep a copy of it where the database's copies are not", file.display());
    Ok(())
}

fn add_key(file: &Path) -> Result<(), String> {
    let id = Keyring::add(file).map_err(|error| error.to_string())?;
    println!(
        "{}: key {id} is added and active; gateways seal with it from their next start on",
        file.display()
    );
    Ok(())
}

/// A file with what the environment overrides.
fn read(file: &Path) -> Result<Config, Vec<ConfigError>> {
    let mut config = Config::load(file)?;
    config.override_addresses(|name| std::env::var(name).ok())?;
    Ok(config)
}

fn listed(file: &Path, errors: &[ConfigError]) -> String {
    let lines: String = errors.iter().map(|error| format!("\n  {error}")).collect();
    format!("{}:{lines}", file.display())
}

/// Lines for people on a terminal, JSON elsewhere; `RUST_LOG` chooses how much.
fn start_log() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tokio_postgres=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() { log.init() } else { log.json().init() }
}

fn block_on<T, E: Display>(work: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("starting threads: {error}"))?;
    runtime.block_on(work).map_err(|error| error.to_string())
}

async fn migrate(config: Config) -> Result<(), String> {
    let ran = migrate::migrate(&config).await?;
    for migration in &ran {
        println!("{} {} {}", migration.owner, migration.version, migration.name);
    }
    println!("{} migrations ran", ran.len());
    Ok(())
}

fn sign(
    config: &Config,
    bank: &str,
    id: Option<String>,
    key: Option<&Path>,
    file: &Path,
) -> Result<(), String> {
    let bank = config.bank(bank).ok_or_else(|| format!("no bank `{bank}` in the configuration"))?;
    let body = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let id = id.unwrap_or_else(|| format!("msg_{}", uuid::Uuid::now_v7().simple()));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).map_err(|_| "the clock is far off".to_owned())?;
    let key = key
        .map(|file| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display())))
        .transpose()?;
    let headers = bank.signer(key.as_deref())?.headers(&id, now, &body).map_err(|error| error.to_string())?;
    for (name, value) in headers {
        println!("{name}: {value}");
    }
    Ok(())
}
