//! Who speaks for a merchant.

use merchants::{ApiKey, MerchantState, UserId, UserState, authenticate, insert_user};

use crate::world::{NAME, World};

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[merchants::MIGRATIONS]).await;
}

#[tokio::test]
async fn r41_a_key_names_its_user_and_merchant_and_no_other_key_does() {
    let world = World::new().await;
    let conn = world.conn().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let (user, key) = (UserId::new(merchant.shard()), ApiKey::generate().unwrap());
    insert_user(&conn, user, merchant, "till", &key).await.unwrap();
    let caller = authenticate(&conn, &ApiKey::from_caller(key.reveal())).await.unwrap().unwrap();
    assert_eq!((caller.user, caller.merchant), (user, merchant));
    assert_eq!((caller.user_state, caller.merchant_state), (UserState::Active, MerchantState::Active));
    let upper = key.reveal().to_uppercase();
    for wrong in
        ["", "sk_", &key.reveal()[1..], &upper, &hex(&key.hash()), ApiKey::generate().unwrap().reveal()]
    {
        assert_eq!(authenticate(&conn, &ApiKey::from_caller(wrong)).await.unwrap(), None, "{wrong}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn r41_a_frozen_or_deleted_user_is_known_as_such() {
    let world = World::new().await;
    let conn = world.conn().await;
    let merchant = world.merchant(NAME, MerchantState::Restricted).await;
    let key = ApiKey::generate().unwrap();
    insert_user(&conn, UserId::new(merchant.shard()), merchant, "till", &key).await.unwrap();
    for (name, state) in [("frozen", UserState::Frozen), ("deleted", UserState::Deleted)] {
        conn.batch_execute(&format!("UPDATE users SET state = '{name}'")).await.unwrap();
        let caller = authenticate(&conn, &key).await.unwrap().unwrap();
        assert_eq!((caller.user_state, caller.merchant_state), (state, MerchantState::Restricted));
    }
}

#[tokio::test]
async fn r41_a_key_is_stored_as_its_hash_and_never_shown() {
    let world = World::new().await;
    let conn = world.conn().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let key = ApiKey::generate().unwrap();
    insert_user(&conn, UserId::new(merchant.shard()), merchant, "till", &key).await.unwrap();
    let row = conn.query_one("SELECT users::text FROM users", &[]).await.unwrap();
    let row: String = row.get(0);
    assert!(!row.contains(key.reveal()) && row.contains(&hex(&key.hash())), "{row}");
    assert!(!format!("{key:?}").contains(&key.reveal()[3..]));
}

#[tokio::test]
async fn r41_a_user_may_be_entered_again_but_a_key_belongs_to_one() {
    let world = World::new().await;
    let conn = world.conn().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let (user, key) = (UserId::new(merchant.shard()), ApiKey::generate().unwrap());
    insert_user(&conn, user, merchant, "till", &key).await.unwrap();
    insert_user(&conn, user, merchant, "till", &ApiKey::generate().unwrap()).await.unwrap();
    assert!(authenticate(&conn, &key).await.unwrap().is_some());
    let other = UserId::new(merchant.shard());
    insert_user(&conn, other, merchant, "till", &key).await.ok();
    assert_eq!(authenticate(&conn, &key).await.unwrap().unwrap().user, user);
}
