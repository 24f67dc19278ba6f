//! A configuration holds secrets, and so do the keys that it names: whether everybody on the machine can read them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Config;

/// What to tell whoever runs it, if everybody can. It is served all the same: a group that keeps others out is as good as an owner.
pub fn exposed(file: &Path) -> Option<String> {
    let holds = is_everybodys(file) && holds_secrets(&std::fs::read_to_string(file).ok()?);
    holds.then(|| {
        format!("{}: everybody on this machine can read the secrets in it: chmod 600", file.display())
    })
}

/// The same of the private keys of TLS; `key_file` is refused for it.
pub(super) fn exposed_keys(config: &Config) -> Vec<String> {
    let mut keys = vec![("server.tls_key", &config.server.tls_key)];
    keys.extend(config.database.client_key.iter().map(|file| ("database.client_key", file)));
    let open = keys.into_iter().filter(|(_, file)| is_everybodys(file));
    let told = |(name, file): (&str, &PathBuf)| {
        format!("{name}: {}: everybody on this machine can read this private key: chmod 600", file.display())
    };
    open.map(told).collect()
}

fn is_everybodys(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
}

fn holds_secrets(text: &str) -> bool {
    let mut said = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    said.any(|line| {
        let mut names = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        names.any(|name| name == "secret" || name == "password") || has_password(line)
    })
}

/// Whether a URL of a database stands there with one: `postgresql://user:password@host`.
fn has_password(line: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| {
        line.split(scheme).skip(1).any(|rest| {
            let (user, _) = rest.split_once('@').unwrap_or_default();
            let url = !user.contains(['"', '\'']);
            url && user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::LEAST;
    use super::*;

    fn allow(file: &Path, mode: u32) {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).expect("allowed");
    }

    #[test]
    fn r36_secrets_that_everybody_can_read_are_told_of() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let found = |text: &str, mode: u32| {
            std::fs::write(file.path(), text).expect("written");
            allow(file.path(), mode);
            exposed(file.path()).is_some()
        };
        let key = "keys = [{ id = \"k1\", secret = \"whsec_x\" }]\n";
        assert!(found(key, 0o644) && found("password = \"x\"", 0o604));
        assert!(!found(key, 0o640) && !found(key, 0o600));
        assert!(!found("# secret = \"x\"\n[server]\nthreads = 1\n", 0o644));
        assert_eq!(exposed(Path::new("a-file-that-is-not-there")), None);
    }

    #[test]
    fn r36_a_password_in_the_databases_url_is_a_secret() {
        for url in [
            "postgresql://sluice:hunter2@db.example/sluice",
            "postgres://sluice:hun/ter2@db.example/sluice",
            "postgresql://sluice@db.example/sluice?password=hunter2",
            "host=db.example user=sluice password=hunter2",
        ] {
            assert!(holds_secrets(&format!("[database]\nurl = {url:?}\n")), "{url}");
            assert!(!holds_secrets(&format!("[database]\n# url = {url:?}\n")), "{url}");
        }
        for url in [
            "postgresql://sluice@db.example:5432/sluice",
            "postgresql://db.example:5432/sluice\" # of me@example.com",
            "postgresql://sluice:@db.example/sluice",
            "postgresql://sluice@/sluice?host=%2Frun%2Fpostgresql",
            "https://bank.example:443/a@b",
        ] {
            assert!(!holds_secrets(&format!("[database]\nurl = \"{url}\"\n")), "{url}");
        }
    }

    #[test]
    fn r36_private_keys_that_everybody_can_read_are_told_of() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = LEAST
            .replace("/etc/key.pem", "server.key")
            .replace(
                "[database]",
                "[database]\nca_file = \"ca.pem\"\nclient_certificate = \"db.pem\"\nclient_key = \"db.key\"",
            )
            .replace("@localhost/x", "@db.example/x");
        let config = Config::parse(&text, folder.path()).expect("a right file");
        assert_eq!(config.warnings(), [""; 0], "files that aren't there are told of elsewhere");
        let files = ["server.key", "db.key"].map(|name| folder.path().join(name));
        for (modes, told) in [
            ([0o600, 0o640], [].as_slice()),
            ([0o644, 0o600], &["server.tls_key: "]),
            ([0o600, 0o604], &["database.client_key: "]),
            ([0o644, 0o644], &["server.tls_key: ", "database.client_key: "]),
        ] {
            for (file, mode) in files.iter().zip(modes) {
                std::fs::write(file, "a key").expect("written");
                allow(file, mode);
            }
            let found = config.warnings();
            let all = found.len() == told.len()
                && found.iter().zip(told).all(|(found, path)| found.starts_with(path));
            assert!(all, "{modes:?}: {found:?}");
        }
    }
}
