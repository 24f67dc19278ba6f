//! `[notifications]`: how merchants are told.

use std::path::PathBuf;

use notifications::{SmtpSettings, SmtpTls};
use privacy::Sensitive;
use serde::Deserialize;

use super::{Millis, Seconds};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notifications {
    pub ca_file: Option<PathBuf>,
    pub allow_private_addresses: bool,
    pub request_timeout_ms: Millis,
    pub lease_seconds: Seconds,
    pub max_concurrent: usize,
    pub max_concurrent_per_destination: usize,
    pub poll_ms: Millis,
    pub schedule_scale: f64,
    pub channel_expected: bool,
    pub smtp: Option<Smtp>,
}

/// `[notifications.smtp]`: where e-mails are handed in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Protection,
    pub user: Option<String>,
    pub password: Option<Sensitive<String>>,
    pub from: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protection {
    StartTls,
    Implicit,
    None,
}

impl Smtp {
    pub fn settings(&self) -> SmtpSettings {
        let password = self.password.as_ref().map(|password| Sensitive::new(password.reveal().clone()));
        SmtpSettings {
            host: self.host.clone(),
            port: self.port,
            tls: match self.tls {
                Protection::StartTls => SmtpTls::StartTls,
                Protection::Implicit => SmtpTls::Implicit,
                Protection::None => SmtpTls::None,
            },
            login: self.user.clone().zip(password),
            from: self.from.clone(),
        }
    }

    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let local = self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        let login = self.user.is_some() == self.password.is_some();
        let checks = [
            (!self.host.is_empty() && self.port > 0, "smtp.host", "a host and a port above 0 are needed"),
            (
                self.tls != Protection::None || local,
                "smtp.tls",
                "none is for a mail server on this machine only",
            ),
            (
                notifications::is_sender(&self.from),
                "smtp.from",
                "must be an address, or a name and <address>",
            ),
            (login, "smtp.user", "user and password come together"),
        ];
        checks.into_iter().filter(|(right, ..)| !right).map(|(_, field, message)| (field, message)).collect()
    }
}

impl Notifications {
    /// What of it can't be used, each with its field.
    pub(super) fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let concurrent = (1..=4096).contains(&self.max_concurrent);
        let each = (1..=self.max_concurrent).contains(&self.max_concurrent_per_destination);
        let lease = self.lease_seconds.duration() >= 2 * self.request_timeout_ms.duration();
        let checks = [
            (self.request_timeout_ms.0 > 0, "request_timeout_ms", "must be above 0"),
            (lease, "lease_seconds", "must be at least twice request_timeout_ms, or notices are sent twice"),
            (self.lease_seconds.0 > 0, "lease_seconds", "must be above 0"),
            (concurrent, "max_concurrent", "must be 1 to 4096"),
            (each, "max_concurrent_per_destination", "must be 1 to max_concurrent"),
            (self.poll_ms.0 > 0, "poll_ms", "must be above 0"),
            ((0.0..=10.0).contains(&self.schedule_scale), "schedule_scale", "must be 0 to 10"),
        ];
        let of_smtp = self.smtp.iter().flat_map(Smtp::wrong);
        let own = checks.into_iter().filter(|(right, ..)| !right).map(|(_, field, message)| (field, message));
        own.chain(of_smtp).collect()
    }
}
