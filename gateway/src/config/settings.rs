//! Every setting by its path, to tell what two configurations differ in.

use std::collections::{BTreeMap, BTreeSet};

use privacy::Sensitive;
use toml::{Table, Value};

/// What a reload applies to a bank that is known already, with all that stands below it.
const OF_BANKS: [&str; 6] =
    ["keys", "scheme", "signature", "tolerance_seconds", "client_certificates", "payouts.paused"];

/// All settings, `banks[alpha].keys` with its value as text. Secrets are among them.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<String, Sensitive<String>>);

/// What differs between two configurations, by path.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// A reload applies it.
    pub applied: Vec<String>,
    /// It stays as it was until a restart.
    pub needs_restart: Vec<String>,
}

impl Settings {
    /// Of tables that are laid over the defaults, each bank over its own.
    pub(super) fn of(tables: &Table, bank_defaults: Option<&Value>) -> Settings {
        let mut settings = Settings::default();
        for (name, value) in tables.iter().filter(|(name, _)| *name != "bank_defaults") {
            match (name.as_str(), value) {
                ("banks", Value::Array(banks)) => {
                    for bank in banks {
                        settings.entry(name, super::with_defaults(bank.clone(), bank_defaults));
                    }
                }
                ("operators", Value::Array(operators)) => {
                    operators.iter().for_each(|operator| settings.entry(name, operator.clone()));
                }
                _ => settings.add(name.clone(), value.clone()),
            }
        }
        settings
    }

    /// An entry of a list is known by its id, wherever in the list it stands.
    fn entry(&mut self, list: &str, value: Value) {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
        self.add(format!("{list}[{id}]"), value);
    }

    fn add(&mut self, path: String, value: Value) {
        match value {
            Value::Table(table) => {
                table.into_iter().for_each(|(name, value)| self.add(format!("{path}.{name}"), value));
            }
            value => drop(self.0.insert(path, Sensitive::new(value.to_string()))),
        }
    }

    /// What `new` has that these have not, or otherwise.
    pub fn differences(&self, new: &Settings) -> Differences {
        let paths: BTreeSet<&String> = self.0.keys().chain(new.0.keys()).collect();
        let differing = paths.into_iter().filter(|path| self.0.get(*path) != new.0.get(*path));
        let mut found = Differences::default();
        for path in differing.map(|path| self.named(new, path)).collect::<BTreeSet<_>>() {
            let list = if may_change(&path) { &mut found.applied } else { &mut found.needs_restart };
            list.push(path);
        }
        found
    }

    /// A bank or an operator that comes or goes is named as a whole.
    fn named(&self, new: &Settings, path: &str) -> String {
        let Some((entry, _)) = path.split_once("].") else { return path.to_owned() };
        let id = format!("{entry}].id");
        let comes_or_goes = self.0.contains_key(&id) != new.0.contains_key(&id);
        if comes_or_goes { format!("{entry}]") } else { path.to_owned() }
    }
}

fn may_change(path: &str) -> bool {
    match path.split_once('[') {
        None => matches!(path, "server.tls_certificate" | "server.tls_key"),
        Some(("operators", _)) => true,
        Some(("banks", rest)) => {
            let field = rest.split_once("].").map_or("", |(_, field)| field);
            let below = |known: &&str| field.strip_prefix(*known).is_some_and(|rest| rest.starts_with('.'));
            OF_BANKS.iter().any(|known| *known == field || below(known))
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::super::tests::LEAST;

    fn differences(change: impl Fn(String) -> String) -> (Vec<String>, Vec<String>) {
        let parse = |text: &str| Config::parse(text, Path::new("/x")).expect("a right file").settings;
        let found = parse(LEAST).differences(&parse(&change(LEAST.to_owned())));
        (found.applied, found.needs_restart)
    }

    #[test]
    fn what_a_reload_applies_is_told_from_what_needs_a_restart() {
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let key = "keys = [{ id = \"k1\", secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\" }]";
        let beta = "[[banks]]\nid = \"beta\"\n";
        type Case<'c> = (&'c str, &'c dyn Fn(String) -> String, &'c [&'c str], &'c [&'c str]);
        let table: [Case<'_>; 11] = [
            ("nothing", &|text| format!("{text}\n# a comment\n"), &[], &[]),
            (
                "a bank's key",
                &|text| text.replace(key, &key.replace("k1", "k2")),
                &["banks[alpha].keys"],
                &[],
            ),
            (
                "an operator's token",
                &|text| text.replace("9f86", "0000"),
                &["operators[op_li].token_sha256"],
                &[],
            ),
            (
                "an operator's id",
                &|text| text.replace("op_li", "op_lu"),
                &["operators[op_li]", "operators[op_lu]"],
                &[],
            ),
            (
                "the certificate's file",
                &|text| text.replace("cert.pem", "c.pem"),
                &["server.tls_certificate"],
                &[],
            ),
            (
                "what signs payouts",
                &|text| {
                    text.replace(
                        "\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"",
                        &format!("\nsecret = {other:?}"),
                    )
                },
                &[],
                &["banks[alpha].payouts.secret"],
            ),
            (
                "whether payouts are sent",
                &|text| text.replace("\nca_file", "\npaused = true\nca_file"),
                &["banks[alpha].payouts.paused"],
                &[],
            ),
            (
                "whether payouts are sent, to all banks",
                &|text| format!("{text}[bank_defaults.payouts]\npaused = true\nmax_sends = 7\n"),
                &["banks[alpha].payouts.paused"],
                &["banks[alpha].payouts.max_sends"],
            ),
            (
                "the database",
                &|text| text.replace("postgresql://x", "postgresql://y"),
                &[],
                &["database.url"],
            ),
            (
                "the defaults of banks",
                &|text| format!("{text}[bank_defaults]\ntolerance_seconds = 60\n"),
                &["banks[alpha].tolerance_seconds"],
                &[],
            ),
            ("a new bank", &|text| format!("{text}{beta}{key}\n"), &[], &["banks[beta]"]),
        ];
        for (case, change, applied, needs_restart) in table {
            let found = differences(change);
            let expected = (
                applied.iter().map(|p| (*p).to_owned()).collect(),
                needs_restart.iter().map(|p| (*p).to_owned()).collect(),
            );
            assert_eq!(found, expected, "{case}");
        }
    }
}
