//! The gateway's configuration: what `sluice dev` wrote, with what a run wants otherwise.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use toml::{Table, Value};

use crate::Fault;

/// `sandbox.json` as it was when `sluice dev` had made everything.
pub const PREPARED: &str = "prepared.json";

/// Room for every connection of a test; everything else is the configuration's default.
const ROOM: &str = "[server]\nmax_connections = 16384\n";

/// The configuration for a gateway on the database at `url`.
pub fn laid_over(dir: &Path, url: &str, settings: &str) -> Result<String, Fault> {
    let mut table: Table = std::fs::read_to_string(dir.join("sluice.toml"))?.parse()?;
    let database = format!("[database]\nurl = {url:?}\n");
    for over in [ROOM, &database, settings] {
        lay_over(&mut table, over.parse()?);
    }
    Ok(toml::to_string(&table)?)
}

fn lay_over(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(under.insert(name, value)),
        }
    }
}

/// Writes a file that only its owner reads: secrets are in it.
pub fn write(path: &Path, text: &str) -> Result<(), Fault> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_laid_over_table_by_table() {
        let dir = tempfile::tempdir().unwrap();
        let demo = "environment = \"development\"\n[database]\nurl = \"old\"\n[server]\ntls_key = \"k\"\n";
        write(&dir.path().join("sluice.toml"), demo).unwrap();
        let text = laid_over(dir.path(), "new", "[lanes]\nbatch_max = 1\n").unwrap();
        let table: Table = text.parse().unwrap();
        assert_eq!(table["database"]["url"].as_str(), Some("new"));
        assert_eq!(table["server"]["tls_key"].as_str(), Some("k"));
        assert_eq!(table["server"]["max_connections"].as_integer(), Some(16384));
        assert_eq!(table["lanes"]["batch_max"].as_integer(), Some(1));
    }
}
