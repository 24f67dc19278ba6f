//! Who takes part: the demo's bank, and merchants of the load test's own, each with an account, a store whose orders cover
//! more than a run can bring, and a payee.

use std::path::{Path, PathBuf};

use bank::https::{HttpsClient, Limits, client_tls};
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

use super::config::{self, PREPARED};
use super::gateway::Gateway;
use crate::Fault;

/// What each store sold: covers ten million payments.
const SOLD: &str = "1000000000.00";

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct Handout {
    /// Who signs the gateway's certificate.
    pub ca: PathBuf,
    /// The bank that posts.
    pub bank: Bank,
    /// The merchants, each with its one account.
    pub accounts: Vec<Account>,
}

/// The demo's bank.
#[derive(Debug, Clone, Deserialize)]
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

/// A merchant of the load test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Whose it is.
    pub merchant: MerchantId,
    user: UserId,
    /// Speaks for it.
    pub api_key: String,
    /// Its account in US dollars.
    pub number: String,
    store: StoreId,
    /// In CNY.
    pub payee: PayeeId,
}

/// Enters the first `count` merchants; those that are there already stay.
pub async fn enter(dir: &Path, url: &str, count: usize) -> Result<Handout, Fault> {
    let prepared: Prepared = serde_json::from_slice(&std::fs::read(dir.join(PREPARED))?)?;
    let bank = prepared.banks.into_iter().next().ok_or("the demo has no bank")?;
    let path = dir.join("cast.json");
    let mut accounts: Vec<Account> = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(_) => Vec::new(),
    };
    if accounts.len() < count {
        let pool = Pool::open(url, PoolSettings::default())?;
        let shards = shards(&pool).await?;
        let keyring = Keyring::load(&dir.join("keys.toml"))?;
        for number in accounts.len()..count {
            accounts.push(enter_one(&pool, &keyring, shards, &bank.id, number).await?);
        }
        pool.close();
        config::write(&path, &serde_json::to_string(&accounts)?)?;
    }
    accounts.truncate(count);
    if accounts.is_empty() {
        return Err("no merchants, nothing to be paid".into());
    }
    Ok(Handout { ca: prepared.ca_cert, bank, accounts })
}

async fn shards(pool: &Pool) -> Result<Shards, Fault> {
    let count: i16 = pool.get().await?.query_one(include_str!("../sql/shards.sql"), &[]).await?.try_get(0)?;
    Ok(Shards::new(u8::try_from(count)?))
}

async fn enter_one(
    pool: &Pool,
    keyring: &Keyring,
    shards: Shards,
    bank: &str,
    number: usize,
) -> Result<Account, Fault> {
    let shard = shards.all().nth(number % usize::from(shards.count())).ok_or("a book without shards")?;
    let account = Account {
        merchant: MerchantId::new(shard),
        user: UserId::new(shard),
        api_key: ApiKey::generate()?.reveal().to_owned(),
        number: format!("8390{number:06}"),
        store: StoreId::new(shard),
        payee: PayeeId::new(shard),
    };
    let (name, email) = (format!("Load Trading {number}"), format!("load{number}@example.com"));
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
        bank,
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
