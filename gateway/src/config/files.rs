//! Every file that a configuration names, opened and read as the gateway will, for `sluice check-config`.

use std::path::Path;

use privacy::Keyring;
use time::OffsetDateTime;
use toml::{Table, Value};

use super::{ClientCertificates, ConfigError, connection};
use crate::{calendars, server};

/// What is wrong with the files. It reads the tables themselves, so that a fault elsewhere hides none of these.
pub(super) fn check(tables: &Table, folder: &Path) -> Vec<ConfigError> {
    let mut found = Found { folder, errors: Vec::new() };
    found.file(tables, "key_file", |path| Keyring::load(path).map(drop).map_err(|e| e.to_string()));
    found.server_pair(tables);
    found.database(tables);
    found.file(tables, "notifications.ca_file", authorities);
    found.file(tables, "ledger.heads_file", writable);
    found.calendars(tables);
    let banks = tables.get("banks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (at, bank) in banks.iter().enumerate() {
        let Some(bank) = bank.as_table() else { continue };
        let prefix = format!("banks[{at}].");
        found.file_below(bank, &prefix, "payouts.ca_file", authorities);
        found.folders(bank, &prefix);
        found.file_below(bank, &prefix, "client_certificates.ca_file", |path| {
            let section = ClientCertificates { ca_file: path.to_owned(), names: Vec::new() };
            server::ClientCertificates::open(&section).map(drop).map_err(|error| error.to_string())
        });
    }
    found.errors
}

struct Found<'a> {
    folder: &'a Path,
    errors: Vec<ConfigError>,
}

impl Found<'_> {
    fn file(&mut self, tables: &Table, field: &str, open: impl Fn(&Path) -> Result<(), String>) {
        self.file_below(tables, "", field, open);
    }

    /// A field that is absent or no text is `parse`'s to complain of.
    fn file_below(
        &mut self,
        tables: &Table,
        prefix: &str,
        field: &str,
        open: impl Fn(&Path) -> Result<(), String>,
    ) {
        let Some(name) = text(tables, field) else { return };
        if let Err(why) = open(&self.folder.join(name)) {
            self.errors.push(ConfigError::new(format!("{prefix}{field}"), why));
        }
    }

    /// Those through which payouts go as files.
    fn folders(&mut self, bank: &Table, prefix: &str) {
        let faults = self.errors.len();
        self.file_below(bank, prefix, "payouts.files.outbox", connection::writable_folder);
        self.file_below(bank, prefix, "payouts.files.inbox", connection::readable_folder);
        self.file_below(bank, prefix, "payouts.files.sent", connection::writable_folder);
        let outbox = text(bank, "payouts.files.outbox").map(|outbox| self.folder.join(outbox));
        if let Some(outbox) = outbox.filter(|_| self.errors.len() == faults) {
            self.file_below(bank, prefix, "payouts.files.sent", |sent| {
                connection::on_one_file_system(&outbox, sent)
            });
        }
    }

    /// With the system's authorities where it is they who are trusted.
    fn database(&mut self, tables: &Table) {
        let file = |name: &str| text(tables, name).map(|name| self.folder.join(name));
        let off = text(tables, "database.tls") == Some("off");
        let tls = pg::Tls {
            mode: if off { pg::TlsMode::Off } else { pg::TlsMode::Network },
            ca_file: file("database.ca_file"),
            client_certificate: file("database.client_certificate"),
            client_key: file("database.client_key"),
        };
        let faults = tls.faults_of_files(text(tables, "database.url").unwrap_or_default());
        self.errors.extend(
            faults
                .into_iter()
                .map(|fault| ConfigError::new(format!("database.{}", fault.field), fault.message)),
        );
    }

    /// All together, since two may be of one jurisdiction.
    fn calendars(&mut self, tables: &Table) {
        let names = tables.get("calendars").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let files: Vec<_> =
            names.iter().filter_map(Value::as_str).map(|name| self.folder.join(name)).collect();
        if let Err(why) = calendars::open(&files, OffsetDateTime::now_utc().date()) {
            self.errors.push(ConfigError::new("calendars", why));
        }
    }

    fn server_pair(&mut self, tables: &Table) {
        let faults = self.errors.len();
        self.file(tables, "server.tls_certificate", |path| {
            server::unexpired(path, OffsetDateTime::now_utc()).map_err(|error| error.to_string())
        });
        self.file(tables, "server.tls_key", |path| {
            server::private_key(path).map(drop).map_err(|error| error.to_string())
        });
        let both = (text(tables, "server.tls_certificate"), text(tables, "server.tls_key"));
        if let (Some(certificate), Some(key)) = both
            && self.errors.len() == faults
            && let Err(error) = server::tls_config(&self.folder.join(certificate), &self.folder.join(key))
        {
            self.errors.push(ConfigError::new("server.tls_key", error.to_string()));
        }
    }
}

fn text<'t>(tables: &'t Table, field: &str) -> Option<&'t str> {
    let (path, name) = field.rsplit_once('.').unwrap_or(("", field));
    let tables = path
        .split('.')
        .filter(|part| !part.is_empty())
        .try_fold(tables, |tables, part| tables.get(part).and_then(Value::as_table))?;
    tables.get(name).and_then(Value::as_str)
}

fn authorities(path: &Path) -> Result<(), String> {
    let pem = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    bank::https::client_tls(&pem).map(drop).map_err(|error| format!("{}: {error}", path.display()))
}

/// A file that is appended to need not be there, but its folder must.
fn writable(path: &Path) -> Result<(), String> {
    let there = std::fs::metadata(path);
    // That of a name alone is the present one.
    let folder = path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
    let wrong = |why: &str| Err(format!("{}: {why}", path.display()));
    match there {
        Ok(file) if file.is_dir() => wrong("is a folder"),
        Ok(file) if file.permissions().readonly() => wrong("can't be written"),
        Ok(_) => Ok(()),
        Err(_) if folder.is_some_and(Path::is_dir) => Ok(()),
        Err(_) => wrong("its folder isn't there"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::Config;
    use super::super::tests::LEAST;
    use super::*;

    /// A folder with all files that LEAST names, and the text with them.
    fn folder() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        for name in ["cert", "other"] {
            let own =
                rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
            write(&format!("{name}.pem"), &own.cert.pem());
            write(&format!("{name}.key"), &own.signing_key.serialize_pem());
        }
        write("ca.pem", &std::fs::read_to_string(folder.path().join("other.pem")).expect("read"));
        write("empty.pem", "");
        Keyring::generate(&folder.path().join("keys")).expect("keys");
        let text = LEAST
            .replace("/etc/key.pem", "cert.key")
            .replace("id = \"alpha\"", "id = \"alpha\"\nclient_certificates = { ca_file = \"ca.pem\" }");
        (folder, text)
    }

    fn faults(text: &str, folder: &Path) -> Vec<String> {
        Config::faults(text, folder).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_file_is_opened_and_every_fault_found_in_one_run() {
        let (folder, text) = folder();
        assert_eq!(faults(&text, folder.path()), [""; 0]);

        let wrong = text
            .replace("key_file = \"keys\"", "key_file = \"cert.key\"")
            .replace("cert.pem", "nowhere.pem")
            .replace("client_certificates = { ca_file = \"ca.pem\" }", "client_certificates = { ca_file = \"empty.pem\" }")
            .replace("\nca_file = \"ca.pem\"", "\nca_file = \"cert.key\"")
            .replace("[server]", "calendars = [\"cert.pem\"]\n[server]")
            .replace("[payouts.routes]", "[notifications]\nca_file = \"keys\"\n[ledger]\nheads_file = \"nowhere/heads\"\n[lanes]\ncount = \"two\"\n[payouts.routes]");
        let found = faults(&wrong, folder.path());
        for path in [
            "key_file:",
            "calendars:",
            "server.tls_certificate:",
            "notifications.ca_file:",
            "ledger.heads_file:",
            "banks[0].payouts.ca_file:",
            "banks[0].client_certificates.ca_file:",
            "lanes.count:",
        ] {
            assert!(found.iter().any(|fault| fault.starts_with(path)), "{path} in {found:?}");
        }
        assert_eq!(found.len(), 8, "{found:?}");
    }

    #[test]
    fn r36_what_the_way_to_the_database_needs_is_read() {
        let (folder, text) = folder();
        let with = |more: &str| text.replace("@localhost/x\"", &format!("@db.example/x\"\n{more}"));
        let right = "ca_file = \"ca.pem\"\nclient_certificate = \"cert.pem\"\nclient_key = \"cert.key\"";
        assert_eq!(faults(&with(right), folder.path()), [""; 0]);
        for (name, other, path) in [
            ("ca.pem", "empty.pem", "database.ca_file:"),
            ("cert.pem", "nowhere.pem", "database.client_certificate:"),
            ("cert.key", "other.key", "database.client_key:"),
        ] {
            let found = faults(&with(&right.replace(name, other)), folder.path());
            assert!(found.len() == 1 && found[0].starts_with(path) && found[0].contains(other), "{found:?}");
        }
    }

    #[test]
    fn a_file_in_the_present_folder_can_be_written() {
        assert_eq!(writable(Path::new("a-file-that-is-not-there-yet")), Ok(()));
    }

    #[test]
    fn the_folders_of_a_bank_by_files_must_be_there() {
        let (folder, text) = folder();
        let beta = "[[banks]]\nid = \"beta\"\nkeys = [{ id = \"k1\", secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\" }]\n\
                    [banks.payouts.files]\noutbox = \"out\"\ninbox = \"in\"\nsent = \"sent\"\ndebtor_name = \"We\"\n\
                    debtor_account = \"1\"\ndebtor_bic = \"COBADEFF\"\n";
        let text = format!("{text}{beta}");
        let found = faults(&text, folder.path());
        let paths: Vec<_> = found.iter().map(|fault| fault.split(':').next().unwrap_or_default()).collect();
        let all = ["outbox", "inbox", "sent"].map(|name| format!("banks[1].payouts.files.{name}"));
        assert_eq!(paths, all);
        for name in ["out", "in", "sent"] {
            std::fs::create_dir(folder.path().join(name)).expect("made");
        }
        assert_eq!(faults(&text, folder.path()), [""; 0]);
    }

    #[test]
    fn a_key_of_another_certificate_and_an_open_key_file_are_found() {
        let (folder, text) = folder();
        let found = faults(&text.replace("cert.key", "other.key"), folder.path());
        assert!(found.len() == 1 && found[0].starts_with("server.tls_key:"), "{found:?}");
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(folder.path().join("keys"), open).expect("allowed");
        let found = faults(&text, folder.path());
        assert!(found.len() == 1 && found[0].starts_with("key_file:"), "{found:?}");
    }

    #[test]
    fn a_certificate_that_has_expired_is_found() {
        let (folder, text) = folder();
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("params");
        params.not_after = OffsetDateTime::now_utc() - time::Duration::minutes(1);
        let expired = params.self_signed(&key).expect("a certificate");
        std::fs::write(folder.path().join("cert.pem"), expired.pem()).expect("written");
        std::fs::write(folder.path().join("cert.key"), key.serialize_pem()).expect("written");
        let found = faults(&text, folder.path());
        assert!(found.len() == 1 && found[0].starts_with("server.tls_certificate:"), "{found:?}");
        assert!(found[0].contains("has expired"), "{found:?}");
    }

    #[test]
    fn an_authority_shared_without_names_is_found() {
        let (folder, text) = folder();
        let beta = "[[banks]]\nid = \"beta\"\nclient_certificates = { ca_file = \"ca.pem\" }\n\
                    keys = [{ id = \"k1\", secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\" }]\n";
        let found = faults(&format!("{text}{beta}"), folder.path());
        assert!(found.len() == 1 && found[0].contains("alpha and beta"), "{found:?}");
    }
}
