//! A configuration holds secrets: whether everybody on the machine can read them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// What to tell whoever runs it, if everybody can. It is served all the same: a group that keeps others out is as good as an owner.
pub fn exposed(file: &Path) -> Option<String> {
    let everybody = std::fs::metadata(file).ok()?.permissions().mode() & 0o004 != 0;
    let holds = everybody && holds_secrets(&std::fs::read_to_string(file).ok()?);
    holds.then(|| {
        format!("{}: everybody on this machine can read the secrets in it: chmod 600", file.display())
    })
}

fn holds_secrets(text: &str) -> bool {
    let said = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    let mut names = said.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    names.any(|name| name == "secret" || name == "password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r36_secrets_that_everybody_can_read_are_told_of() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let found = |text: &str, mode: u32| {
            std::fs::write(file.path(), text).expect("written");
            let allowed = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(file.path(), allowed).expect("allowed");
            exposed(file.path()).is_some()
        };
        let key = "keys = [{ id = \"k1\", secret = \"whsec_x\" }]\n";
        assert!(found(key, 0o644) && found("password = \"x\"", 0o604));
        assert!(!found(key, 0o640) && !found(key, 0o600));
        assert!(!found("# secret = \"x\"\n[server]\nthreads = 1\n", 0o644));
        assert_eq!(exposed(Path::new("a-file-that-is-not-there")), None);
    }
}
