//! R1, R6 with the merchants' own rows: looked up by bank and number, locked, decided.

use std::sync::Arc;

use deposits::{
    Claimed, Incoming, Matching, PlatformRemitters, Reason, Receipt, Received, evidence_wanted, receive,
};
use merchants::orders::{Order, insert_orders, open_orders};
use merchants::{
    Jurisdiction, MerchantId, MerchantKind, MerchantState, NewMerchant, NewReceivingAccount, NewStore,
    StoreId,
};
use money::Currency;
use pg::{Shard, Shards};
use privacy::Keyring;
use time::Duration;

use crate::world::{REMITTER, bank, receipt, usd};

#[tokio::test]
async fn r1_r6_an_account_is_its_own_banks_only_and_its_merchant_must_be_locked() {
    let db = testkit::database(&[merchants::MIGRATIONS]).await;
    let (shards, number) = (Shards::new(16), "8335001234");
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::generate(&folder.path().join("keys.toml")).unwrap();
    let merchant = MerchantId::new(Shard::new(5).unwrap());
    let store = StoreId::new(merchant.shard());
    let mut conn = db.pool.get().await.unwrap();
    let (kind, state) = (MerchantKind::Enterprise, MerchantState::Active);
    let new = NewMerchant { id: merchant, kind, state, name: "Acme Ltd", email: "a@example.com" };
    merchants::insert_merchant(&conn, &keyring, &new).await.unwrap();
    let authorised_until = Some(conn.now().await.unwrap() + Duration::DAY);
    let new =
        NewStore { id: store, merchant, platform: "amazon", site: "US", name: "Acme", authorised_until };
    merchants::insert_store(&conn, &new).await.unwrap();
    let new = NewReceivingAccount {
        merchant,
        bank: &bank(),
        number,
        currency: Currency::USD,
        jurisdiction: Jurisdiction::NorthAmerica,
        stores: &[store],
    };
    merchants::insert_receiving_account(&mut conn, &keyring, shards, &new).await.unwrap();

    let tx = conn.begin().await.unwrap();
    let index = merchants::account_index(&keyring, number);
    let other: Arc<str> = Arc::from("other");
    let wanted = [(bank(), index), (other.clone(), index)];
    let accounts = merchants::receiving_accounts(&tx, shards, &wanted).await.unwrap();
    let locked = merchants::lock(&tx, &[merchant], &[]).await.unwrap();
    let nobody = merchants::lock(&tx, &[], &[]).await.unwrap();
    let remitters = PlatformRemitters::new([("amazon", REMITTER)]);
    let now = tx.now().await.unwrap();
    let known = Matching { accounts: &accounts, merchants: &locked, remitters: &remitters, now };
    let unlocked = Matching { merchants: &nobody, ..known };
    let later = Matching { now: now + Duration::DAY, ..known };

    let mine = Receipt { account_index: index, ..receipt("A", usd(100)) };
    let elsewhere = Receipt { account_index: index, bank: other, ..receipt("A", usd(100)) };
    let order = Order { id: "A".to_owned(), amount: usd(100), ordered_at: now };
    insert_orders(&tx, &[(store, order)]).await.unwrap();
    let wanted = evidence_wanted(&accounts[&(bank(), index)], usd(100));
    assert_eq!(wanted, [(store, Currency::USD, 100)]);
    let mut orders = open_orders(&tx, &wanted).await.unwrap();
    let table = [
        (&mine, known, None),
        (&mine, known, Some(Reason::OrdersDoNotCover)),
        (&elsewhere, known, Some(Reason::UnknownAccount)),
        (&mine, unlocked, Some(Reason::MerchantNotActive)),
        (&mine, later, Some(Reason::StoreAuthorizationLapsed)),
    ];
    for (receipt, matching, expected) in table {
        let incoming = Incoming { receipt, claimed: Claimed::New { conflict: false } };
        let Some(Received::Payment { payment, .. }) = receive(&[incoming], &matching, &mut orders).pop()
        else {
            panic!("no payment")
        };
        assert_eq!(payment.reason, expected);
    }
}
