//! Who takes part: the demo's bank and one beside it, and merchants of the load test's own, each with an account at one of
//! them, a store whose orders cover more than a run can bring, and a payee.

use std::path::{Path, PathBuf};

use bank::https::{HttpsClient, Limits, client_tls};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::Method;
use merchants::{
    ApiKey, Jurisdiction, MerchantId, MerchantKind, MerchantState, NewMerchant, NewPayee,
    NewReceivingAccount, NewStore, PayeeId, PayeeRequest, StoreId, UserId,
};
use money::Currency;
use pg::{Pool, PoolSettings, Shards};
use privacy::Keyring;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;
use uuid::Uuid;

use super::config::{self, PREPARED};
use super::gateway::Gateway;
use crate::Fault;

/// What each store sold: covers seven million payments, of 130.00 on average.
const SOLD: &str = "1000000000.00";

/// Merchants of the bank beside.
const BESIDE: usize = 16;

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct Handout {
    /// Who signs the gateway's certificate.
    pub ca: PathBuf,
    /// The demo's bank, and one beside it.
    pub banks: [Bank; 2],
    /// The merchants, each with its one account.
    pub accounts: Vec<Account>,
}

/// A bank that posts events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bank {
    /// In the configuration.
    pub id: String,
    /// Signs its events.
    pub secret: String,
}

#[derive(Deserialize)]
struct Prepared {
    ca_cert: PathBuf,
    banks: Vec<Bank>,
}

/// What was chosen once in a folder.
#[derive(Serialize, Deserialize)]
struct Cast {
    beside: Bank,
    accounts: Vec<Account>,
}

/// A merchant of the load test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Whose it is.
    pub merchant: MerchantId,
    user: UserId,
    /// The bank that has its account.
    pub bank: String,
    /// Speaks for it.
    pub api_key: String,
    /// Its account in US dollars.
    pub number: String,
    store: StoreId,
    /// In CNY.
    pub payee: PayeeId,
}

/// Enters the first `count` merchants of the demo's bank and some of the other one; those that are there already stay.
pub async fn enter(dir: &Path, url: &str, count: usize) -> Result<Handout, Fault> {
    if count == 0 {
        return Err("no merchants, nothing to be paid".into());
    }
    let prepared: Prepared = serde_json::from_slice(&std::fs::read(dir.join(PREPARED))?)?;
    let own = prepared.banks.into_iter().next().ok_or("the demo has no bank")?;
    let path = dir.join("cast.json");
    let mut cast: Cast = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(_) => Cast { beside: beside(), accounts: Vec::new() },
    };
    let pool = Pool::open(url, PoolSettings::default())?;
    let (shards, keyring) = (shards(&pool).await?, Keyring::load(&dir.join("keys.toml"))?);
    let banks = [own, cast.beside.clone()];
    let mut accounts = Vec::new();
    for (bank, wanted) in banks.iter().zip([count, BESIDE]) {
        let mut own: Vec<Account> =
            cast.accounts.iter().filter(|account| account.bank == bank.id).cloned().collect();
        for number in own.len()..wanted {
            let account = enter_one(&pool, &keyring, shards, bank, number).await?;
            cast.accounts.push(account.clone());
            own.push(account);
        }
        accounts.extend(own.into_iter().take(wanted));
    }
    pool.close();
    config::write(&path, &serde_json::to_string(&cast)?)?;
    Ok(Handout { ca: prepared.ca_cert, banks, accounts })
}

/// A bank with a secret of its own.
fn beside() -> Bank {
    let secret = [Uuid::now_v7(), Uuid::now_v7()].map(|uuid| uuid.into_bytes()).concat();
    Bank { id: "beside".into(), secret: format!("whsec_{}", STANDARD.encode(secret)) }
}

async fn shards(pool: &Pool) -> Result<Shards, Fault> {
    let count: i16 = pool.get().await?.query_one(include_str!("../sql/shards.sql"), &[]).await?.try_get(0)?;
    Ok(Shards::new(u8::try_from(count)?))
}

async fn enter_one(
    pool: &Pool,
    keyring: &Keyring,
    shards: Shards,
    bank: &Bank,
    number: usize,
) -> Result<Account, Fault> {
    let shard = shards.all().nth(number % usize::from(shards.count())).ok_or("a book without shards")?;
    let account = Account {
        merchant: MerchantId::new(shard),
        user: UserId::new(shard),
        api_key: ApiKey::generate()?.reveal().to_owned(),
        bank: bank.id.clone(),
        number: format!("{}{number:06}", if bank.id == "beside" { "8391" } else { "8390" }),
        store: StoreId::new(shard),
        payee: PayeeId::new(shard),
    };
    let name = format!("Load Trading {} {number}", bank.id);
    let email = format!("load{number}@{}.example.com", bank.id);
    let mut conn = pool.get().await?;
    let new = NewMerchant {
        id: account.merchant,
        kind: MerchantKind::Enterprise,
        state: MerchantState::Active,
        name: &name,
        email: &email,
    };
    merchants::insert_merchant(&conn, keyring, &new).await?;
    let key = ApiKey::from_caller(&account.api_key);
    merchants::insert_user(&conn, account.user, account.merchant, "load", &key).await?;
    let store = NewStore {
        id: account.store,
        merchant: account.merchant,
        platform: "amazon",
        site: "US",
        name: &name,
        authorised_until: Some(OffsetDateTime::now_utc() + Duration::days(365)),
    };
    merchants::insert_store(&conn, &store).await?;
    let receiving = NewReceivingAccount {
        merchant: account.merchant,
        bank: &bank.id,
        number: &account.number,
        currency: Currency::USD,
        jurisdiction: Jurisdiction::of(Currency::USD).ok_or("US dollars have no jurisdiction")?,
        stores: &[account.store],
    };
    merchants::insert_receiving_account(&mut conn, keyring, shards, &receiving).await?;
    let payee = PayeeRequest {
        holder_name: &name,
        country: "CN",
        currency: "CNY",
        account_number: &format!("62220202{number:08}7788"),
        bank_code: Some("102100099996"),
        bank_name: Some("ICBC Beijing"),
    };
    let payee = NewPayee::check(keyring, account.payee, account.merchant, &payee)?;
    merchants::create_payee(&conn, &payee.map_err(|errors| format!("a payee: {errors:?}"))?).await?;
    Ok(account)
}

/// Orders that cover what will be paid, brought as any merchant brings them: at the next start they are there already.
pub async fn bring_orders(gateway: &Gateway, handout: &Handout) -> Result<(), Fault> {
    let tls = client_tls(&std::fs::read(&handout.ca)?)?;
    let client = HttpsClient::new(&format!("https://{}", gateway.public), tls, Limits::default())?;
    let order = json!({"order_id": "LOAD-1", "amount": SOLD, "currency": "USD",
        "ordered_at": "2026-01-01T00:00:00Z"});
    let body = Bytes::from(json!({ "orders": [order] }).to_string());
    for account in &handout.accounts {
        let path = format!("/v1/stores/{}/orders", account.store);
        let key = [("authorization", format!("Bearer {}", account.api_key))];
        let deadline = Instant::now() + std::time::Duration::from_secs(10);
        let answer = client.request(Method::POST, &path, &key, body.clone(), deadline).await?;
        if !answer.status.is_success() {
            let said: Value = serde_json::from_slice(&answer.body)?;
            return Err(format!("orders were not taken: {said}").into());
        }
    }
    Ok(())
}
