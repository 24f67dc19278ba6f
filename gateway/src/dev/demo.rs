//! The demo's identities: chosen at the first run of a folder, the same ever after.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use merchants::{ApiKey, MerchantId, PayeeId, StoreId, UserId};
use pg::Shards;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::tls;

/// The sandbox bank's id in the configuration.
pub const BANK: &str = "sandbox";

/// Everything that must not change between runs and is not in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Demo {
    /// Signs the bank's events.
    pub event_secret: String,
    /// Signs our requests to the bank.
    pub payout_secret: String,
    pub merchants: Vec<DemoMerchant>,
    pub operators: Vec<DemoOperator>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoMerchant {
    pub id: MerchantId,
    pub kind: String,
    pub name: String,
    pub email: String,
    pub user: UserId,
    pub api_key: String,
    pub receiving_accounts: Vec<DemoAccount>,
    pub payees: Vec<DemoPayee>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoAccount {
    pub number: String,
    pub currency: String,
    /// The one store whose money it collects.
    pub store: DemoStore,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoStore {
    pub id: StoreId,
    pub platform: String,
    pub site: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoPayee {
    pub id: PayeeId,
    pub currency: String,
    pub country: String,
    pub account_number: String,
    pub bank_code: String,
    pub bank_name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DemoOperator {
    pub id: String,
    pub person: String,
    pub role: String,
    pub token: String,
}

impl Demo {
    /// The folder's identities, chosen when they are not there.
    ///
    /// # Errors
    /// In words, when the file can't be read or written.
    pub fn ensure(dir: &Path, shards: Shards) -> Result<Demo, String> {
        let path = dir.join("demo.json");
        if path.exists() {
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            return serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()));
        }
        let demo = Demo::choose(shards)?;
        let text = serde_json::to_string_pretty(&demo).map_err(|error| error.to_string())?;
        tls::write(&path, &text, 0o600).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(demo)
    }

    fn choose(shards: Shards) -> Result<Demo, String> {
        let people = [("enterprise", "Harbour Trading Ltd", "harbour"), ("individual", "Zhang Wei", "zhang")];
        let merchants = people
            .into_iter()
            .enumerate()
            .map(|(index, (kind, name, handle))| merchant(shards, index, kind, name, handle))
            .collect::<Result<_, _>>()?;
        let staff = [
            ("op_viewer", "Vera", "viewer"),
            ("op_operator", "Otto", "operator"),
            ("op_approver", "Ada", "approver"),
            ("op_approver2", "Bruno", "approver"),
        ];
        let operators = staff
            .into_iter()
            .map(|(id, person, role)| {
                let token = format!("ot_{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
                Ok(DemoOperator { id: id.into(), person: person.into(), role: role.into(), token })
            })
            .collect::<Result<_, String>>()?;
        let secret = || Ok::<_, String>(format!("whsec_{}", STANDARD.encode(random::<32>()?)));
        Ok(Demo { event_secret: secret()?, payout_secret: secret()?, merchants, operators })
    }
}

fn merchant(
    shards: Shards,
    index: usize,
    kind: &str,
    name: &str,
    handle: &str,
) -> Result<DemoMerchant, String> {
    // Far enough apart that two lanes share the demo's work.
    let place = (index * 5 + 1) % usize::from(shards.count());
    let shard = shards.all().nth(place).ok_or("no shards")?;
    let account = |number: u32, currency: &str, site: &str| DemoAccount {
        number: format!("83350{:02}{number:03}", index + 1),
        currency: currency.into(),
        store: DemoStore { id: StoreId::new(shard), platform: "amazon".into(), site: site.into() },
    };
    let payee = |currency: &str, country: &str, number: String, code: &str, bank: &str| DemoPayee {
        id: PayeeId::new(shard),
        currency: currency.into(),
        country: country.into(),
        account_number: number,
        bank_code: code.into(),
        bank_name: bank.into(),
    };
    let (cny, usd) = (format!("62220202000{}7788", index + 1), format!("40099{}5566", index + 1));
    Ok(DemoMerchant {
        id: MerchantId::new(shard),
        kind: kind.into(),
        name: name.into(),
        email: format!("{handle}@example.com"),
        user: UserId::new(shard),
        api_key: ApiKey::generate().map_err(|error| error.to_string())?.reveal().to_owned(),
        receiving_accounts: vec![
            account(101, "USD", "US"),
            account(201, "EUR", "DE"),
            account(301, "JPY", "JP"),
            account(401, "GBP", "UK"),
        ],
        payees: vec![
            payee("CNY", "CN", cny, "102100099996", "ICBC Beijing"),
            payee("USD", "US", usd, "CHASUS33", "JPMorgan Chase"),
        ],
    })
}

fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "no randomness to be had".to_owned())?;
    Ok(bytes)
}
