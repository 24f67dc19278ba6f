//! Enters the demo's merchants, stores, accounts, orders and payees; what is there already stays.

use merchants::{ApiKey, Jurisdiction, NewPayee, NewReceivingAccount, NewStore, PayeeRequest};
use money::Currency;
use pg::{Pool, Shards};
use privacy::Keyring;
use time::{Duration, OffsetDateTime};

use super::demo::{BANK, Demo, DemoAccount, DemoMerchant};
use super::identity;

/// Enters everything.
///
/// # Errors
/// In words: the database's or the keyring's.
pub async fn seed(pool: &Pool, keyring: &Keyring, shards: Shards, demo: &Demo) -> Result<(), String> {
    for merchant in &demo.merchants {
        seed_merchant(pool, keyring, shards, merchant)
            .await
            .map_err(|error| format!("seeding {}: {error}", merchant.id))?;
    }
    Ok(())
}

async fn seed_merchant(
    pool: &Pool,
    keyring: &Keyring,
    shards: Shards,
    demo: &DemoMerchant,
) -> Result<(), merchants::Error> {
    let mut conn = pool.get().await?;
    identity::enter(&mut conn, keyring, demo).await?;
    merchants::insert_user(&conn, demo.user, demo.id, "demo", &ApiKey::from_caller(&demo.api_key)).await?;
    for account in &demo.receiving_accounts {
        seed_account(&mut conn, keyring, shards, demo, account).await?;
    }
    for payee in &demo.payees {
        if merchants::payee(&conn, demo.id, payee.id).await?.is_some() {
            continue;
        }
        let request = PayeeRequest {
            holder_name: &demo.name,
            country: &payee.country,
            currency: &payee.currency,
            account_number: &payee.account_number,
            bank_code: Some(&payee.bank_code),
            bank_name: Some(&payee.bank_name),
        };
        match NewPayee::check(keyring, payee.id, demo.id, &request)? {
            Ok(new) => drop(merchants::create_payee(&conn, &new).await?),
            Err(errors) => return Err(merchants::Error::Unexpected(format!("a demo payee: {errors:?}"))),
        }
    }
    Ok(())
}

async fn seed_account(
    conn: &mut pg::Connection,
    keyring: &Keyring,
    shards: Shards,
    demo: &DemoMerchant,
    account: &DemoAccount,
) -> Result<(), merchants::Error> {
    let unexpected = |what: &str| merchants::Error::Unexpected(format!("the demo's {what}"));
    let currency = Currency::parse(&account.currency).map_err(|_| unexpected("currency"))?;
    let now = OffsetDateTime::now_utc();
    let name = format!("{} {}", demo.name, account.store.site);
    let store = NewStore {
        id: account.store.id,
        merchant: demo.id,
        platform: &account.store.platform,
        site: &account.store.site,
        name: &name,
        authorised_until: Some(now + Duration::days(3650)),
    };
    merchants::insert_store(conn, &store).await?;
    let new = NewReceivingAccount {
        merchant: demo.id,
        bank: BANK,
        number: &account.number,
        currency,
        jurisdiction: Jurisdiction::of(currency).ok_or_else(|| unexpected("jurisdiction"))?,
        stores: &[account.store.id],
    };
    merchants::insert_receiving_account(conn, keyring, shards, &new).await
}
