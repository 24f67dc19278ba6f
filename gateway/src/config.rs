//! The configuration: the commented file of defaults, and what the operator's own file lays over it.

mod apart;
mod check;
mod client_certificates;
mod connection;
mod declarations;
mod exposed;
mod files;
mod issuing;
mod limits;
mod notifications;
mod personal_data;
mod persons;
mod rates;
mod sections;
mod settings;
mod signature;
mod stream;
mod vault;
mod verification;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

pub use client_certificates::ClientCertificates;
pub use connection::Connection;
pub use declarations::Declarations;
pub use exposed::exposed;
pub use issuing::{Entities, NumberRange, number_ranges};
pub use limits::Limits;
pub use notifications::Notifications;
pub use personal_data::Privacy;
pub use persons::is_same_person;
pub use rates::{Exchange, currencies};
pub use sections::*;
pub use settings::Settings;
pub use stream::Stream;
pub use vault::Vault;
pub use verification::Verification;

/// The defaults themselves, and their documentation.
pub const DEFAULTS: &str = include_str!("../../config/sluice.toml");

/// Everything that can be configured, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the console's band says.
    pub environment: String,
    /// Where the keys for personal data are.
    pub key_file: std::path::PathBuf,
    /// Files with calendars that take the places of the program's.
    pub calendars: Vec<std::path::PathBuf>,
    pub server: Server,
    pub database: Database,
    pub lanes: Lanes,
    pub ledger: Ledger,
    pub exchange: Exchange,
    pub fees: Fees,
    pub approvals: Approvals,
    /// How much may be withdrawn (R30).
    pub limits: Limits,
    /// What conversions declare (R43).
    pub declarations: Declarations,
    pub payouts: Payouts,
    pub notifications: Notifications,
    pub vault: Vault,
    pub privacy: Privacy,
    pub verification: Verification,
    pub stream: Stream,
    /// Who contracts, by jurisdiction (R14).
    pub entities: Entities,
    pub banks: Vec<Bank>,
    /// Platform → the names it remits under.
    pub platforms: BTreeMap<String, Vec<String>>,
    pub operators: Vec<Operator>,
    /// All of it by path, to tell what a later version changes.
    pub settings: Settings,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// `banks[0].payouts.settle_ms`; empty for the file as a whole.
    pub path: String,
    pub message: String,
}

impl ConfigError {
    fn new(path: impl Into<String>, message: impl Into<String>) -> ConfigError {
        ConfigError { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl Config {
    /// Reads and checks a file. Relative paths in it start at its folder.
    ///
    /// # Errors
    /// All that is wrong, not just the first thing.
    pub fn load(path: &Path) -> Result<Config, Vec<ConfigError>> {
        Config::parse(&read_text(path)?, folder_of(path))
    }

    /// All that is wrong with a file and with every file that it names; none if it can be served with.
    pub fn faults_of(path: &Path) -> Vec<ConfigError> {
        match read_text(path) {
            Ok(text) => Config::faults(&text, folder_of(path)),
            Err(errors) => errors,
        }
    }

    fn faults(text: &str, folder: &Path) -> Vec<ConfigError> {
        let tables = match over_defaults(text) {
            Ok(tables) => tables,
            Err(errors) => return errors,
        };
        let files = files::check(&tables, folder);
        match Config::of(tables, folder) {
            Err(mut errors) => {
                errors.extend(files);
                errors
            }
            // Only together do they show the rest.
            Ok(config) if files.is_empty() => {
                let opened = crate::live::Live::open(&config, |_| true, None);
                opened.err().map(|why| ConfigError::new("", why)).into_iter().collect()
            }
            Ok(_) => files,
        }
    }

    /// Checks a file's text; `folder` is where its relative paths start.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn parse(text: &str, folder: &Path) -> Result<Config, Vec<ConfigError>> {
        Config::of(over_defaults(text)?, folder)
    }

    fn of(tables: Table, folder: &Path) -> Result<Config, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let config = read(tables, &mut errors);
        if let Some(mut config) = config {
            config.resolve(folder);
            check::check(&config, &mut errors);
            if errors.is_empty() {
                return Ok(config);
            }
        }
        Err(errors)
    }

    /// Takes listeners' addresses from the environment, where it names some.
    ///
    /// # Errors
    /// The variables that hold no address, or one that is not allowed.
    pub fn override_addresses(
        &mut self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Vec<ConfigError>> {
        let mut errors = Vec::new();
        for (name, addr) in [
            ("SLUICE_PUBLIC_ADDR", &mut self.server.public_addr),
            ("SLUICE_ADMIN_ADDR", &mut self.server.admin_addr),
            ("SLUICE_METRICS_ADDR", &mut self.server.metrics_addr),
        ] {
            match variable(name).map(|text| text.parse()) {
                Some(Ok(given)) => *addr = given,
                Some(Err(_)) => errors.push(ConfigError::new(name, "is not an address with a port")),
                None => {}
            }
        }
        if !self.server.metrics_addr.ip().is_loopback() {
            errors.push(ConfigError::new("SLUICE_METRICS_ADDR", check::LOOPBACK));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// What can be served with and should not be so.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = apart::shared_secrets(self);
        warnings.extend(exposed::exposed_keys(self));
        warnings
    }

    /// The bank of that id.
    pub fn bank(&self, id: &str) -> Option<&Bank> {
        self.banks.iter().find(|bank| bank.id == id)
    }

    fn resolve(&mut self, folder: &Path) {
        for payouts in self.banks.iter_mut().filter_map(|bank| bank.payouts.as_mut()) {
            payouts.resolve(folder);
        }
        let certificates = self.banks.iter_mut().filter_map(|bank| bank.client_certificates.as_mut());
        let banks = certificates.map(|certificates| &mut certificates.ca_file);
        let paths = [&mut self.key_file, &mut self.server.tls_certificate, &mut self.server.tls_key];
        for path in paths
            .into_iter()
            .chain(&mut self.calendars)
            .chain(self.ledger.heads_file.as_mut())
            .chain(self.database.ca_file.as_mut())
            .chain(self.database.client_certificate.as_mut())
            .chain(self.database.client_key.as_mut())
            .chain(self.notifications.ca_file.as_mut())
            .chain(banks)
        {
            *path = folder.join(&*path);
        }
    }
}

fn read_text(path: &Path) -> Result<String, Vec<ConfigError>> {
    std::fs::read_to_string(path)
        .map_err(|error| vec![ConfigError::new("", format!("reading {}: {error}", path.display()))])
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn over_defaults(text: &str) -> Result<Table, Vec<ConfigError>> {
    let file = |what: &str, text: &str| {
        text.parse::<Table>()
            .map_err(|error| vec![ConfigError::new("", format!("{what}: {}", without_source(&error)))])
    };
    let mut tables = file("the built-in defaults", DEFAULTS)?;
    lay_over(&mut tables, file("not TOML", text)?);
    Ok(tables)
}

/// A configuration with another one laid over it, table by table.
///
/// # Errors
/// What is not TOML.
pub fn laid_over(text: &str, over: &str) -> Result<String, String> {
    let table = |text: &str| text.parse::<Table>().map_err(|error| without_source(&error));
    let mut under = table(text)?;
    lay_over(&mut under, table(over)?);
    toml::to_string(&under).map_err(|error| error.to_string())
}

/// Lays `over` over `under`, table by table.
fn lay_over(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

/// Reads section by section, so that one wrong section does not hide what is wrong with the next.
fn read(mut tables: Table, errors: &mut Vec<ConfigError>) -> Option<Config> {
    let bank_defaults = tables.remove("bank_defaults");
    let settings = Settings::of(&tables, bank_defaults.as_ref());
    let banks = entries(&mut tables, "banks", errors);
    let banks: Vec<Option<Bank>> = banks
        .into_iter()
        .enumerate()
        .map(|(at, bank)| {
            section(with_defaults(bank, bank_defaults.as_ref()), format!("banks[{at}]"), errors)
        })
        .collect();
    let operators: Vec<Option<Operator>> = entries(&mut tables, "operators", errors)
        .into_iter()
        .enumerate()
        .map(|(at, operator)| section(operator, format!("operators[{at}]"), errors))
        .collect();
    let environment = required(&mut tables, "environment", errors);
    let key_file = required(&mut tables, "key_file", errors);
    let calendars = required(&mut tables, "calendars", errors);
    let server = required(&mut tables, "server", errors);
    let database = required(&mut tables, "database", errors);
    let lanes = required(&mut tables, "lanes", errors);
    let ledger = required(&mut tables, "ledger", errors);
    let exchange = required(&mut tables, "exchange", errors);
    let fees = required(&mut tables, "fees", errors);
    let approvals = required(&mut tables, "approvals", errors);
    let limits = required(&mut tables, "limits", errors);
    let payouts = required(&mut tables, "payouts", errors);
    let notifications = required(&mut tables, "notifications", errors);
    let declarations = required(&mut tables, "declarations", errors);
    let vault = required(&mut tables, "vault", errors);
    let privacy = required(&mut tables, "privacy", errors);
    let verification = required(&mut tables, "verification", errors);
    let stream = required(&mut tables, "stream", errors);
    let entities = required(&mut tables, "entities", errors);
    let platforms = required(&mut tables, "platforms", errors);
    errors.extend(tables.keys().map(|name| ConfigError::new(name, "is not a known name")));
    Some(Config {
        environment: environment?,
        key_file: key_file?,
        calendars: calendars?,
        server: server?,
        database: database?,
        lanes: lanes?,
        ledger: ledger?,
        exchange: exchange?,
        fees: fees?,
        approvals: approvals?,
        limits: limits?,
        payouts: payouts?,
        notifications: notifications?,
        declarations: declarations?,
        vault: vault?,
        privacy: privacy?,
        verification: verification?,
        stream: stream?,
        entities: entities?,
        banks: banks.into_iter().collect::<Option<_>>()?,
        platforms: platforms?,
        operators: operators.into_iter().collect::<Option<_>>()?,
        settings,
    })
}

fn entries(tables: &mut Table, name: &str, errors: &mut Vec<ConfigError>) -> Vec<Value> {
    match tables.remove(name) {
        None => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            errors.push(ConfigError::new(name, format!("must be written as [[{name}]]")));
            Vec::new()
        }
    }
}

fn required<T: DeserializeOwned>(tables: &mut Table, name: &str, errors: &mut Vec<ConfigError>) -> Option<T> {
    match tables.remove(name) {
        Some(value) => section(value, name.to_owned(), errors),
        None => {
            errors.push(ConfigError::new(name, "is missing"));
            None
        }
    }
}

fn section<T: DeserializeOwned>(value: Value, path: String, errors: &mut Vec<ConfigError>) -> Option<T> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| {
            let inner = error.path().to_string();
            let path = if inner == "." { path } else { format!("{path}.{inner}") };
            errors.push(ConfigError::new(path, without_source(error.inner())));
        })
        .ok()
}

/// Without the excerpt of the file, which may hold a secret.
fn without_source(error: &toml::de::Error) -> String {
    error.message().to_owned()
}

/// A bank over its defaults; those of payouts only where it has payouts.
fn with_defaults(bank: Value, defaults: Option<&Value>) -> Value {
    let (Value::Table(bank), Some(Value::Table(defaults))) = (&bank, defaults) else { return bank };
    let mut whole = defaults.clone();
    if !bank.contains_key("payouts") {
        whole.remove("payouts");
    }
    lay_over(&mut whole, bank.clone());
    Value::Table(whole)
}

/// The texts that occur twice.
fn repeated<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    texts.filter(|text| !seen.insert(*text)).collect()
}

#[cfg(test)]
pub mod tests;
