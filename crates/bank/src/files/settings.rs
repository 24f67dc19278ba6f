//! What must be known to exchange files with a bank: `[banks.payouts.files]`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use time::UtcOffset;

use super::party;

/// Folders, and who pays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the bank takes our files from.
    pub outbox: PathBuf,
    /// Where the bank puts its answers.
    pub inbox: PathBuf,
    /// Our own: what was sent, on the file system of `outbox`.
    pub sent: PathBuf,
    /// Who pays, as the bank knows us.
    pub debtor_name: String,
    /// From which account: an IBAN, or the bank's own number.
    pub debtor_account: String,
    /// Our bank.
    pub debtor_bic: String,
    /// Who bears the banks' charges.
    #[serde(default)]
    pub charges: Charges,
    /// Where the bank's day begins, from UTC.
    #[serde(default)]
    pub utc_offset_minutes: i16,
}

/// ISO 20022's ChargeBearerType1Code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Charges {
    /// Shared.
    #[default]
    Shar,
    /// All of them ours.
    Debt,
    /// As the scheme says: what SEPA wants.
    Slev,
}

impl Charges {
    pub(super) fn code(self) -> &'static str {
        match self {
            Charges::Shar => "SHAR",
            Charges::Debt => "DEBT",
            Charges::Slev => "SLEV",
        }
    }
}

impl Settings {
    /// Relative folders start at `folder`.
    pub fn resolve(&mut self, folder: &Path) {
        for path in [&mut self.outbox, &mut self.inbox, &mut self.sent] {
            *path = folder.join(&*path);
        }
    }

    /// What is wrong with it, by field; looks at no folder.
    pub fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        let mut unless = |right: bool, field, message| {
            if !right {
                found.push((field, message));
            }
        };
        let other = self.outbox != self.sent;
        unless(other && self.inbox != self.sent, "sent", "must be another folder than outbox and inbox");
        unless(self.inbox != self.outbox, "inbox", "must be another folder than outbox");
        unless(party::name(&self.debtor_name).is_ok(), "debtor_name", "must have 1 to 140 characters");
        let account = party::account(&self.debtor_account);
        unless(
            account.is_ok_and(|(_, bare)| bare.eq_ignore_ascii_case(&self.debtor_account)),
            "debtor_account",
            "must be an IBAN or a number of 1 to 34 characters, without blanks",
        );
        unless(party::is_bic(&self.debtor_bic), "debtor_bic", "must be a BIC of 8 or 11 capitals and digits");
        unless(
            self.utc_offset_minutes.unsigned_abs() <= 14 * 60,
            "utc_offset_minutes",
            "must be at most 14 hours",
        );
        found
    }

    pub(super) fn offset(&self) -> UtcOffset {
        UtcOffset::from_whole_seconds(i32::from(self.utc_offset_minutes) * 60).unwrap_or(UtcOffset::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::settings;
    use super::*;

    #[test]
    fn what_a_bank_would_refuse_is_found_beforehand() {
        let right = || settings(Path::new("/h2h"));
        assert_eq!(right().wrong(), []);
        let mut resolved = right();
        resolved.outbox = "out".into();
        resolved.resolve(Path::new("/srv"));
        assert_eq!((resolved.outbox, resolved.inbox), ("/srv/out".into(), "/h2h/in".into()));
        let wrong: [(Settings, &str); 8] = [
            (Settings { sent: right().outbox, ..right() }, "sent"),
            (Settings { sent: right().inbox, ..right() }, "sent"),
            (Settings { inbox: right().outbox, ..right() }, "inbox"),
            (Settings { debtor_name: " ".into(), ..right() }, "debtor_name"),
            (Settings { debtor_account: "DE89 3704".into(), ..right() }, "debtor_account"),
            (Settings { debtor_account: String::new(), ..right() }, "debtor_account"),
            (Settings { debtor_bic: "cobadeff".into(), ..right() }, "debtor_bic"),
            (Settings { utc_offset_minutes: 900, ..right() }, "utc_offset_minutes"),
        ];
        for (settings, field) in wrong {
            let found: Vec<_> = settings.wrong().into_iter().map(|(field, _)| field).collect();
            assert_eq!(found, [field]);
        }
    }
}
