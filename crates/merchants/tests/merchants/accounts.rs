//! Whose account a payment names.

use std::sync::Arc;

use merchants::{
    Issued, Jurisdiction, MAX_ACCOUNTS, MerchantId, MerchantState, NewReceivingAccount, NumberRange,
    StoresRefusal, account_index, currencies_of, insert_receiving_account, issue_account, receiving_accounts,
};
use money::Currency;
use pg::Tx;
use testkit::somebody_waits;
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

/// Not committed yet.
async fn issue_in(
    world: &World,
    tx: &Tx<'_>,
    merchant: MerchantId,
    currency: Currency,
) -> Result<Issued, StoresRefusal> {
    let range = |currency: Currency, first: &str, last: &str| NumberRange {
        bank: "hb".into(),
        currency,
        first: first.into(),
        last: last.into(),
    };
    let ranges = [range(Currency::USD, "7000", "7999"), range(Currency::EUR, "8000", "8999")];
    let new = (merchant, currency, Jurisdiction::of(currency).unwrap());
    issue_account(tx, &world.keyring, SHARDS, new, &[], &ranges).await.unwrap()
}

async fn issue(world: &World, merchant: MerchantId, currency: Currency) -> Result<Issued, StoresRefusal> {
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    let issued = issue_in(world, &tx, merchant, currency).await;
    tx.commit().await.unwrap();
    issued
}

#[tokio::test]
async fn one_merchant_can_not_use_up_the_numbers_of_all() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    for _ in 1..MAX_ACCOUNTS {
        issue(&world, merchant, Currency::USD).await.unwrap();
    }
    // Two at once are not both the last: the other one waits, and counts what the first has taken.
    let mut conn = world.conn().await;
    let tx = conn.begin().await.unwrap();
    issue_in(&world, &tx, merchant, Currency::USD).await.expect("the last");
    let first = async {
        somebody_waits(&world.db).await;
        tx.commit().await.unwrap();
    };
    let (other, ()) = tokio::join!(issue(&world, merchant, Currency::USD), first);
    assert_eq!(other.err(), Some(StoresRefusal::TooManyAccounts));
    issue(&world, merchant, Currency::EUR).await.expect("another currency");
    let beside = world.merchant("Beside Ltd", MerchantState::Active).await;
    let account = issue(&world, beside, Currency::USD).await.expect("another merchant");
    assert_eq!(account.number.reveal(), "7100", "what was refused took no number");
}
