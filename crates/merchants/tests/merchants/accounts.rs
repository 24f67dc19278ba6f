//! Whose account a payment names.

use std::sync::Arc;

use merchants::{
    Jurisdiction, MerchantState, NewReceivingAccount, account_index, currencies_of, insert_receiving_account,
    receiving_accounts,
};
use money::Currency;
use time::Duration;

use crate::world::{NAME, SHARDS, World};

const NUMBER: &str = "DE89 3704 0044 0532 0130 00";

#[tokio::test]
async fn r1_an_account_is_found_by_its_bank_and_number_only() {
    let world = World::new().await;
    let now = world.now().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let stores = [
        world.store(merchant, "amazon", Some(now + Duration::HOUR)).await,
        world.store(merchant, "ebay", Some(now - Duration::HOUR)).await,
        world.store(merchant, "paypal", None).await,
    ];
    let mut conn = world.conn().await;
    let mut new = NewReceivingAccount {
        merchant,
        bank: "hb",
        number: NUMBER,
        currency: Currency::EUR,
        jurisdiction: Jurisdiction::Europe,
        stores: &stores,
    };
    insert_receiving_account(&mut conn, &world.keyring, SHARDS, &new).await.unwrap();
    // Entered again, it stays as it is.
    new.currency = Currency::USD;
    insert_receiving_account(&mut conn, &world.keyring, SHARDS, &new).await.unwrap();

    let index = |number: &str| account_index(&world.keyring, number);
    let keys: Vec<(Arc<str>, [u8; 32])> = vec![
        (Arc::from("hb"), index("de89370400440532013000")),
        (Arc::from("other"), index(NUMBER)),
        (Arc::from("hb"), index("DE89370400440532013001")),
        (Arc::from("hb"), index(NUMBER)),
    ];
    let tx = conn.begin().await.unwrap();
    let directory = receiving_accounts(&tx, SHARDS, &keys).await.unwrap();
    assert_eq!(directory.len(), 1);
    let account = &directory[&keys[0]];
    assert_eq!((account.merchant, account.currency), (merchant, Currency::EUR));
    let mut authorised: Vec<(&str, bool)> =
        account.stores.iter().map(|store| (store.platform.as_str(), store.is_authorised(now))).collect();
    authorised.sort_unstable();
    assert_eq!(authorised, [("amazon", true), ("ebay", false), ("paypal", false)]);
    assert!(receiving_accounts(&tx, SHARDS, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_account_without_stores_is_found_too() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let mut conn = world.conn().await;
    for (number, currency) in [("1111222233", Currency::USD), ("1111222244", Currency::GBP)] {
        let jurisdiction = Jurisdiction::of(currency).unwrap();
        let new = NewReceivingAccount { merchant, bank: "hb", number, currency, jurisdiction, stores: &[] };
        insert_receiving_account(&mut conn, &world.keyring, SHARDS, &new).await.unwrap();
    }
    let mut currencies = currencies_of(&conn, merchant).await.unwrap();
    currencies.sort_unstable();
    assert_eq!(currencies, [Currency::GBP, Currency::USD]);
    let tx = conn.begin().await.unwrap();
    let key = (Arc::from("hb"), account_index(&world.keyring, "1111222233"));
    let directory = receiving_accounts(&tx, SHARDS, std::slice::from_ref(&key)).await.unwrap();
    assert!(directory[&key].stores.is_empty());
}
