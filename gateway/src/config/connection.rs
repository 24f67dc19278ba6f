//! How a bank that pays out is reached: one kind of connection for each connector of the crate `bank`. What each field
//! means stands in `config/sluice.toml`.

use std::path::{Path, PathBuf};

use bank::files::Settings as Files;

use super::sections::BankPayouts;

/// What a connector is made of.
pub enum Connection<'c> {
    /// JSON over HTTPS.
    HttpsJson {
        base_url: &'c str,
        /// Whom its certificate must lead to.
        ca_file: &'c Path,
    },
    /// pain.001 and pain.002 in folders.
    Files(&'c Files),
}

impl BankPayouts {
    /// The one kind that is configured.
    ///
    /// # Errors
    /// In words, with the field, below `banks.payouts`, that is missing or too much.
    pub fn connection(&self) -> Result<Connection<'_>, (&'static str, &'static str)> {
        let https = [
            ("base_url", self.base_url.is_some()),
            ("ca_file", self.ca_file.is_some()),
            ("secret", self.secret.is_some()),
        ];
        if let Some(files) = &self.files {
            return match https.iter().find(|(_, given)| *given) {
                None => Ok(Connection::Files(files)),
                Some((field, _)) => Err((field, "has no place beside [banks.payouts.files]")),
            };
        }
        let missing = || https.iter().find(|(_, given)| !given).map_or("base_url", |(field, _)| *field);
        match (&self.base_url, &self.ca_file, &self.secret) {
            (Some(base_url), Some(ca_file), Some(_)) => Ok(Connection::HttpsJson { base_url, ca_file }),
            _ => Err((missing(), "is missing: a bank is reached at a base_url, or by [banks.payouts.files]")),
        }
    }

    /// What is wrong with the connection, by field.
    pub(super) fn wrong_connection(&self) -> Vec<(String, String)> {
        match self.connection() {
            Err((field, message)) => vec![(field.to_owned(), message.to_owned())],
            Ok(Connection::HttpsJson { base_url, .. }) => {
                let url = (!base_url.starts_with("https://"))
                    .then(|| ("base_url", "must be an https URL".to_owned()));
                let secret = self.signer().err().map(|message| ("secret", message));
                url.into_iter().chain(secret).map(|(field, message)| (field.to_owned(), message)).collect()
            }
            Ok(Connection::Files(files)) => files
                .wrong()
                .into_iter()
                .map(|(field, message)| (format!("files.{field}"), message.to_owned()))
                .collect(),
        }
    }

    /// Relative paths start at `folder`.
    pub(super) fn resolve(&mut self, folder: &Path) {
        if let Some(ca_file) = &mut self.ca_file {
            *ca_file = folder.join(&*ca_file);
        }
        if let Some(files) = &mut self.files {
            files.resolve(folder);
        }
    }
}

/// Whether files can be put into a folder and taken out, by a file that no program takes for one of its own.
pub(super) fn writable_folder(path: &Path) -> Result<(), String> {
    let probe: PathBuf = path.join(format!(".sluice-check-{}", std::process::id()));
    std::fs::write(&probe, "")
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|error| format!("{}: files can't be written there: {error}", path.display()))
}

/// Whether a folder can be listed.
pub(super) fn readable_folder(path: &Path) -> Result<(), String> {
    std::fs::read_dir(path).map(drop).map_err(|error| format!("{}: {error}", path.display()))
}

/// One rename moves a file from one to the other only within a file system.
pub(super) fn on_one_file_system(one: &Path, other: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.dev()).ok();
    match (device(one), device(other)) {
        (Some(one), Some(other)) if one != other => Err("must be on the file system of outbox".to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::super::tests::LEAST;
    use super::*;

    const HTTPS: &str = "base_url = \"https://bank.example\"\nca_file = \"ca.pem\"\n\
                         secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
    const FILES: &str = "[banks.payouts.files]\noutbox = \"out\"\ninbox = \"in\"\nsent = \"/h2h/sent\"\n\
                         debtor_name = \"We\"\ndebtor_account = \"DE89370400440532013000\"\n\
                         debtor_bic = \"COBADEFFXXX\"\n";

    fn parse(payouts: &str) -> Result<Config, Vec<String>> {
        let text = LEAST.replace(HTTPS, payouts);
        let parsed = Config::parse(&text, Path::new("/srv"));
        parsed.map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_bank_is_reached_one_way() {
        let config = parse(FILES).expect("a right file");
        let payouts = config.banks[0].payouts.as_ref().expect("payouts");
        assert_eq!(payouts.max_sends, 5, "all else as for any bank");
        let Ok(Connection::Files(files)) = payouts.connection() else { panic!("by files") };
        assert_eq!(
            (files.outbox.as_path(), files.sent.as_path()),
            (Path::new("/srv/out"), Path::new("/h2h/sent"))
        );
        assert_eq!(files.charges, bank::files::Charges::Shar);
        assert!(matches!(
            parse(HTTPS).expect("a right file").banks[0].payouts.as_ref().map(BankPayouts::connection),
            Some(Ok(Connection::HttpsJson { .. }))
        ));
        let both = format!("{HTTPS}{FILES}");
        let table: [(&str, &str); 8] = [
            (&both, "banks[0].payouts.base_url:"),
            ("", "banks[0].payouts.base_url:"),
            ("base_url = \"https://bank.example\"\n", "banks[0].payouts.ca_file:"),
            (&HTTPS.replace("https:", "http:"), "banks[0].payouts.base_url:"),
            (&FILES.replace("COBA", "coba"), "banks[0].payouts.files.debtor_bic:"),
            (&FILES.replace("\"in\"", "\"out\""), "banks[0].payouts.files.inbox:"),
            (&FILES.replace("inbox", "letterbox"), "banks[0].payouts.files"),
            (&FILES.replace("[banks", "max_per_second = 10001\n[banks"), "banks[0].payouts.max_per_second:"),
        ];
        for (payouts, path) in table {
            let errors = parse(payouts).expect_err(payouts);
            assert!(errors.len() == 1 && errors[0].starts_with(path), "{payouts}: {errors:?}");
        }
    }

    #[test]
    fn the_example_of_a_bank_by_files_is_right() {
        let example = include_str!("../../../config/banks/host-to-host.toml");
        let text = format!("{LEAST}\n{example}");
        let config = Config::parse(&text, Path::new("/srv")).expect("a right file");
        let payouts = config.banks.last().and_then(|bank| bank.payouts.as_ref()).expect("payouts");
        assert!(matches!(payouts.connection(), Ok(Connection::Files(_))));
        assert_eq!(payouts.max_per_second, 5);
    }

    #[test]
    fn folders_are_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(writable_folder(folder.path()), Ok(()));
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0, "nothing is left there");
        let nowhere = folder.path().join("nowhere");
        assert!(writable_folder(&nowhere).is_err() && readable_folder(&nowhere).is_err());
        assert_eq!(on_one_file_system(folder.path(), folder.path()), Ok(()));
    }
}
