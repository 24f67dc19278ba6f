//! The sandbox bank under another name, reached by a second gateway alone: its way can be shut, its waits can be set.

/// A bank in the configuration.
pub struct BankApart<'a> {
    /// Its name.
    pub id: &'a str,
    /// Where it is reached.
    pub url: &'a str,
    /// The currencies whose payouts go through it.
    pub routes: &'a [&'a str],
    /// Further settings of `[banks.payouts]`.
    pub settings: &'a str,
}

impl BankApart<'_> {
    /// What it signs its events with.
    pub const SECRET: &'static str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
}

/// The demo's configuration with banks of its own: no other gateway's worker carries anything of theirs. Their payouts'
/// results come by query, unless a test tells them.
pub fn with_banks_apart(demo: &str, banks: &[BankApart<'_>]) -> String {
    let (before, bank) = demo.split_once("\n[[banks]]\n").expect("the demo's bank");
    let (bank, operators) = bank.split_at(bank.find("\n[[operators]]").expect("operators"));
    let ca = setting(bank, "ca_file");
    let payouts = &bank[bank.find("[banks.payouts]").expect("payouts")..];
    let secret = payouts.lines().find(|line| line.starts_with("secret")).expect("a secret");
    let mut before = before.to_owned();
    let mut more = String::new();
    for BankApart { id, url, routes, settings } in banks {
        for currency in *routes {
            before = before.replace(&format!("{currency} = \"sandbox\""), &format!("{currency} = \"{id}\""));
        }
        more += &format!(
            "\n[[banks]]\nid = \"{id}\"\nscheme = \"standard-webhooks\"\ndeduplicates_references = true\n\
             keys = [{{ id = \"k\", secret = \"{}\" }}]\n\
             [banks.payouts]\nbase_url = \"{url}\"\nca_file = \"{ca}\"\n{secret}\n{settings}\n",
            BankApart::SECRET
        );
    }
    format!("{before}\n[[banks]]\n{bank}{more}{operators}")
}

/// Where the demo's bank is reached.
pub fn bank_url(demo: &str) -> String {
    setting(demo, "base_url")
}

fn setting(text: &str, name: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(&format!("{name} = "))).expect("a setting");
    line.split_once(" = ").expect("a value").1.trim_matches('"').to_owned()
}
