//! The gateway's configuration: what `sluice dev` wrote, with what a run wants otherwise.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use toml::{Table, Value};

use super::cast::Bank;
use crate::Fault;

/// `sandbox.json` as it was when `sluice dev` had made everything.
pub const PREPARED: &str = "prepared.json";

/// Room for every connection of a test, and time: one that was idle for a while must not be closed under the next request.
/// The demo proves its books each minute, which a run of ten seconds must not be charged with: an hour is the default.
/// Everything else is the configuration's default.
const ROOM: &str = "[server]\nmax_connections = 16384\nheader_read_timeout_ms = 600000\nidle_timeout_seconds = 600\n\
    [verification]\nevery_seconds = 3600\n";

/// What surrounds a gateway.
#[derive(Debug, Clone, Copy)]
pub struct Wiring<'a> {
    /// Its database.
    pub database_url: &'a str,
    /// A second bank.
    pub beside: &'a Bank,
    /// Where the first bank takes payouts, if it runs.
    pub carrier: Option<&'a str>,
}

/// The configuration for a gateway that is wired so, with these settings above all, the last above the first.
pub fn laid_over(dir: &Path, wiring: Wiring<'_>, settings: &[&str]) -> Result<String, Fault> {
    let mut table = demo(dir)?;
    // They are of the demo's book: a gateway doesn't start on another one beside them.
    if let Some(Value::Table(ledger)) = table.get_mut("ledger") {
        ledger.remove("heads_file");
    }
    let database = format!("[database]\nurl = {:?}\n", wiring.database_url);
    for over in [ROOM, &database] {
        lay_over(&mut table, over.parse()?);
    }
    let banks = table.get_mut("banks").and_then(Value::as_array_mut).ok_or("a demo without banks")?;
    if let (Some(url), Some(Value::Table(bank))) = (wiring.carrier, banks.first_mut()) {
        lay_over(bank, format!("[payouts]\nbase_url = {url:?}\n").parse()?);
    }
    let Bank { id, secret } = wiring.beside;
    let beside: Table =
        format!("id = {id:?}\nkeys = [{{ id = \"load\", secret = {secret:?} }}]\n").parse()?;
    banks.push(Value::Table(beside));
    for over in settings {
        lay_over(&mut table, over.parse()?);
    }
    Ok(toml::to_string(&table)?)
}

fn demo(dir: &Path) -> Result<Table, Fault> {
    Ok(std::fs::read_to_string(dir.join("sluice.toml"))?.parse()?)
}

fn lay_over(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(under.insert(name, value)),
        }
    }
}

/// What the demo's bank signs and verifies with.
pub struct Secrets {
    /// Its id.
    pub id: String,
    /// Signs its events.
    pub events: String,
    /// Verifies what it is asked.
    pub payouts: String,
}

/// The demo's bank, as the configuration has it.
pub fn secrets(dir: &Path) -> Result<Secrets, Fault> {
    let table = demo(dir)?;
    let bank = table.get("banks").and_then(|banks| banks.get(0)).ok_or("a demo without banks")?;
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).map(str::to_owned).ok_or("the demo's bank lacks a secret")
    };
    Ok(Secrets {
        id: text(bank.get("id"))?,
        events: text(bank.get("keys").and_then(|keys| keys.get(0)).and_then(|key| key.get("secret")))?,
        payouts: text(bank.get("payouts").and_then(|payouts| payouts.get("secret")))?,
    })
}

/// Writes a file that only its owner reads: secrets are in it.
pub fn write(path: &Path, text: &str) -> Result<(), Fault> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = "environment = \"development\"\n[database]\nurl = \"old\"\n[ledger]\nheads_file = \"heads.log\"\nheads_interval_seconds = 10\n[server]\ntls_key = \"k\"\n\
        [verification]\nevery_seconds = 60\n[[banks]]\nid = \"sandbox\"\nkeys = [{ id = \"demo\", secret = \"whsec_e\" }]\n\
        [banks.payouts]\nbase_url = \"gone\"\nsecret = \"whsec_p\"\n";

    #[test]
    fn what_a_run_wants_is_laid_over_the_demo() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("sluice.toml"), DEMO).unwrap();
        let beside = Bank { id: "beside".into(), secret: "whsec_b".into() };
        let wiring = Wiring { database_url: "new", beside: &beside, carrier: Some("https://here") };
        let table: Table =
            laid_over(dir.path(), wiring, &["lanes.batch_max=9\nlanes.count=3", "[lanes]\nbatch_max = 1\n"])
                .unwrap()
                .parse()
                .unwrap();
        assert_eq!(table["database"]["url"].as_str(), Some("new"));
        let ledger = table["ledger"].as_table().unwrap();
        assert_eq!(ledger.keys().collect::<Vec<_>>(), ["heads_interval_seconds"], "another book's heads");
        assert_eq!(table["server"]["tls_key"].as_str(), Some("k"));
        assert_eq!(table["server"]["max_connections"].as_integer(), Some(16384));
        assert_eq!(table["server"]["header_read_timeout_ms"].as_integer(), Some(600_000));
        assert_eq!(table["verification"]["every_seconds"].as_integer(), Some(3600));
        assert_eq!(table["lanes"]["batch_max"].as_integer(), Some(1));
        assert_eq!(table["lanes"]["count"].as_integer(), Some(3));
        let banks = table["banks"].as_array().unwrap();
        assert_eq!(banks[0]["payouts"]["base_url"].as_str(), Some("https://here"));
        assert_eq!(banks[0]["payouts"]["secret"].as_str(), Some("whsec_p"));
        assert_eq!(banks[1]["id"].as_str(), Some("beside"));
        let secrets = secrets(dir.path()).unwrap();
        assert_eq!((secrets.events.as_str(), secrets.payouts.as_str()), ("whsec_e", "whsec_p"));
    }
}
