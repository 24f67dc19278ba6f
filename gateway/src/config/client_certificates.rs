//! `[banks.client_certificates]`: which certificates a bank's machines must show, on top of its signatures.

use std::path::PathBuf;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificates {
    /// The bank's own authorities.
    pub ca_file: PathBuf,
    /// DNS names or common names, of which a certificate bears one; any name if there are none.
    #[serde(default)]
    pub names: Vec<String>,
}

impl ClientCertificates {
    /// What of it can't be used, each with its field.
    pub(super) fn wrong(&self) -> Vec<(String, &'static str)> {
        let usable = |name: &&String| {
            (1..=253).contains(&name.len()) && !name.chars().any(char::is_control) && name.trim() == *name
        };
        let names = self.names.iter().enumerate().filter(|(_, name)| !usable(name));
        names.map(|(at, _)| (format!("names[{at}]"), "must be a DNS name or a common name")).collect()
    }
}
