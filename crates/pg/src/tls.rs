//! TLS to the server: where it is spoken, whom it trusts, what it shows.

mod binding;
mod files;
mod stream;

use std::error::Error as _;
use std::path::PathBuf;

use rustls_pki_types::ServerName;
use serde::Deserialize;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::error::Error;
pub(crate) use stream::Connector;

/// Where TLS is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// Wherever a connection leaves this machine, and wherever the connection string demands it.
    #[default]
    Network,
    /// Nowhere: something else protects what leaves this machine, such as a tunnel.
    Off,
}

/// How connections are protected. Its files are PEM, and read whenever a pool is opened.
///
/// Where TLS is spoken, it is what libpq calls `verify-full`: the certificate must lead to a trusted authority and be for the
/// name that the connection string has for the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Where it is spoken.
    pub mode: TlsMode,
    /// The authorities that are trusted, and no others; `None`: those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// What is shown to a server that asks for a certificate, with its chain.
    pub client_certificate: Option<PathBuf>,
    /// Its key.
    pub client_key: Option<PathBuf>,
}

/// What can't be used of a connection string or of [`Tls`]. It quotes neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Fault {
    /// `url`, `tls`, or the field of [`Tls`].
    pub field: &'static str,
    /// In words, with the file where it is one.
    pub message: String,
}

impl Fault {
    fn new(field: &'static str, message: impl Into<String>) -> Fault {
        Fault { field, message: message.into() }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error::Settings(fault.to_string())
    }
}

/// How connections are made.
pub(crate) enum Way {
    Plain,
    Tls(Connector),
}

impl Tls {
    /// Whether connections to `url` speak TLS. Looks at no file.
    ///
    /// # Errors
    /// A connection string that can't be read, or that leads over a network without protection.
    pub fn is_spoken(&self, url: &str) -> Result<bool, Fault> {
        let config = parse(url)?;
        self.no_contradiction()?;
        match self.mode {
            TlsMode::Off if config.get_ssl_mode() == SslMode::Require => {
                Err(Fault::new("tls", "is off, while url demands it by its sslmode"))
            }
            TlsMode::Off => Ok(false),
            TlsMode::Network => demanded(&config),
        }
    }

    /// Reads every file that is named and, where `url` needs them, the system's authorities: all that is wrong with them.
    pub fn faults_of_files(&self, url: &str) -> Vec<Fault> {
        let system = self.ca_file.is_none() && self.is_spoken(url) == Ok(true);
        let roots =
            (self.ca_file.is_some() || system).then(|| files::roots(self.ca_file.as_deref()).map(drop));
        let identity = files::identity(self).map(drop);
        roots.into_iter().chain([identity]).filter_map(Result::err).collect()
    }

    /// The way to `url`, and its settings.
    pub(crate) fn way(&self, url: &str) -> Result<(Config, Way), Fault> {
        let spoken = self.is_spoken(url)?;
        let mut config = parse(url)?;
        // Never "prefer", which takes a server's word, or anybody's between, that it has no TLS.
        config.ssl_mode(if spoken { SslMode::Require } else { SslMode::Disable });
        let way = if spoken { Way::Tls(files::connector(self)?) } else { Way::Plain };
        Ok((config, way))
    }

    fn no_contradiction(&self) -> Result<(), Fault> {
        let named = [
            ("ca_file", self.ca_file.is_some()),
            ("client_certificate", self.client_certificate.is_some()),
            ("client_key", self.client_key.is_some()),
        ];
        if self.mode == TlsMode::Off
            && let Some((field, _)) = named.into_iter().find(|(_, named)| *named)
        {
            return Err(Fault::new(field, "has no place where TLS is off"));
        }
        match (&self.client_certificate, &self.client_key) {
            (Some(_), None) => Err(Fault::new("client_key", "is missing beside client_certificate")),
            (None, Some(_)) => Err(Fault::new("client_certificate", "is missing beside client_key")),
            _ => Ok(()),
        }
    }
}

/// What is said of a connection string that can't be read quotes none of it: it may hold a password.
fn parse(url: &str) -> Result<Config, Fault> {
    url.parse::<Config>().map_err(|error| {
        let why = error.source().map(ToString::to_string).unwrap_or_default();
        Fault::new("url", unreadable(&why))
    })
}

fn unreadable(why: &str) -> &str {
    match why {
        "invalid value for option `sslmode`" => {
            "has an sslmode that is none of disable, prefer and require (which verifies as libpq's verify-full does)"
        }
        "unknown option `sslrootcert`" => "can't name sslrootcert: ca_file is its place",
        "unknown option `sslcert`" => "can't name sslcert: client_certificate is its place",
        "unknown option `sslkey`" => "can't name sslkey: client_key is its place",
        // The name of the option, which is one that is known.
        _ if why.starts_with("invalid value for option ") => why,
        _ => "is no connection string that can be read",
    }
}

fn demanded(config: &Config) -> Result<bool, Fault> {
    let fault = |message: &str| Err(Fault::new("url", message));
    let ends = ends(config);
    let leaves = ends.iter().any(|end| matches!(end, End::Tcp { loopback: false, .. }));
    if !leaves && config.get_ssl_mode() != SslMode::Require {
        return Ok(false);
    }
    if config.get_ssl_mode() == SslMode::Disable {
        return fault(
            "leads over a network with sslmode=disable: only where tls = \"off\" says that a tunnel protects it",
        );
    }
    for end in ends {
        match end {
            End::Socket => {
                return fault(
                    "has a socket, which speaks no TLS, beside sslmode=require or a host that needs TLS",
                );
            }
            End::Tcp { name: None, .. } => {
                return fault(
                    "has a hostaddr without a host: there is no name for the server's certificate to be for",
                );
            }
            End::Tcp { name: Some(name), .. } if ServerName::try_from(name).is_err() => {
                return fault("has a host that no certificate can be for");
            }
            End::Tcp { .. } => {}
        }
    }
    Ok(true)
}

/// One of the hosts that are tried.
enum End<'a> {
    Socket,
    Tcp { name: Option<&'a str>, loopback: bool },
}

/// The address decides where a connection goes, the name only whose certificate it must be.
fn ends(config: &Config) -> Vec<End<'_>> {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let end = |at: usize| {
        let name = match hosts.get(at) {
            Some(Host::Tcp(name)) => Some(name.as_str()),
            #[cfg(unix)]
            Some(Host::Unix(_)) if addresses.get(at).is_none() => return End::Socket,
            _ => None,
        };
        let address = addresses.get(at).copied().or_else(|| name.and_then(|name| name.parse().ok()));
        let loopback = match address {
            Some(address) => address.to_canonical().is_loopback(),
            None => name.is_some_and(|name| name.eq_ignore_ascii_case("localhost")),
        };
        End::Tcp { name, loopback }
    };
    (0..hosts.len().max(addresses.len())).map(end).collect()
}

/// Does any of it leave this machine?
pub(crate) fn leaves_machine(config: &Config) -> bool {
    ends(config).iter().any(|end| matches!(end, End::Tcp { loopback: false, .. }))
}

#[cfg(test)]
mod tests;
