//! Who speaks for a merchant.

use merchants::{
    ApiKey, Caller, MAX_USERS, MerchantId, MerchantState, NewUser, NoUser, User, UserEvent, UserId,
    UserState, authenticate, change_user, create_user, insert_user, list_users,
};

use crate::world::{NAME, World};

#[tokio::test]
async fn every_sql_file_fits_the_schema() {
    testkit::check_sql(env!("CARGO_MANIFEST_DIR"), &[merchants::MIGRATIONS]).await;
}

async fn known(conn: &pg::Connection, key: &ApiKey) -> Option<Caller> {
    let mut found = authenticate(conn, &[key]).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0).unwrap()
}

#[tokio::test]
async fn r41_each_of_many_keys_finds_its_own_user() {
    let world = World::new().await;
    let conn = world.conn().await;
    let mut keys = Vec::new();
    for _ in 0..3 {
        let merchant = world.merchant(NAME, MerchantState::Active).await;
        let (user, key) = (UserId::new(merchant.shard()), ApiKey::generate().unwrap());
        insert_user(&conn, user, merchant, "till", &key).await.unwrap();
        keys.push((key, Some(user)));
    }
    keys.insert(1, (ApiKey::generate().unwrap(), None));
    keys.push(keys[0].clone());
    let asked: Vec<&ApiKey> = keys.iter().map(|(key, _)| key).collect();
    let found = authenticate(&conn, &asked).await.unwrap();
    let users: Vec<Option<UserId>> =
        found.into_iter().map(|caller| caller.unwrap().map(|caller| caller.user)).collect();
    assert_eq!(users, keys.iter().map(|(_, user)| *user).collect::<Vec<_>>());
    assert!(authenticate(&conn, &[]).await.unwrap().is_empty());
    // A row that nobody understands is its own caller's trouble.
    let damage =
        "ALTER TABLE users DROP CONSTRAINT users_state_check; UPDATE users SET state = 'lost' WHERE id = ";
    let damage = format!("{damage}'{}'", keys[2].1.unwrap().uuid());
    world.db.owner().get().await.unwrap().batch_execute(&damage).await.unwrap();
    let found = authenticate(&conn, &asked).await.unwrap();
    assert_eq!(found.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true, true]);
}

#[tokio::test]
async fn r41_a_key_names_its_user_and_merchant_and_no_other_key_does() {
    let world = World::new().await;
    let conn = world.conn().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let (user, key) = (UserId::new(merchant.shard()), ApiKey::generate().unwrap());
    insert_user(&conn, user, merchant, "till", &key).await.unwrap();
    let caller = known(&conn, &ApiKey::from_caller(key.reveal())).await.unwrap();
    assert_eq!((caller.user, caller.merchant), (user, merchant));
    assert_eq!((caller.user_state, caller.merchant_state), (UserState::Active, MerchantState::Active));
    let upper = key.reveal().to_uppercase();
    for wrong in
        ["", "sk_", &key.reveal()[1..], &upper, &hex(&key.hash()), ApiKey::generate().unwrap().reveal()]
    {
        assert_eq!(known(&conn, &ApiKey::from_caller(wrong)).await, None, "{wrong}");
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
        let caller = known(&conn, &key).await.unwrap();
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
    assert!(known(&conn, &key).await.is_some());
    let other = UserId::new(merchant.shard());
    insert_user(&conn, other, merchant, "till", &key).await.ok();
    assert_eq!(known(&conn, &key).await.unwrap().user, user);
}

impl World {
    async fn make_user(&self, merchant: MerchantId, label: &str) -> Result<(User, ApiKey), NoUser> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let key = ApiKey::generate().unwrap();
        let new = NewUser { id: UserId::new(merchant.shard()), merchant, label, key: &key };
        let made = create_user(&tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        made.map(|user| (user, key))
    }

    async fn user_becomes(&self, id: UserId, event: UserEvent) -> Result<UserState, NoUser> {
        let mut conn = self.conn().await;
        let tx = conn.begin().await.unwrap();
        let changed = change_user(&tx, id, event).await.unwrap();
        tx.commit().await.unwrap();
        changed.map(|(_, after)| after.state)
    }
}

#[tokio::test]
async fn r41_a_user_is_made_frozen_unfrozen_and_deleted_for_ever() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let (user, key) = world.make_user(merchant, "till").await.unwrap();
    assert_eq!((user.merchant, &*user.label, user.state), (merchant, "till", UserState::Active));
    assert_eq!(user.key_fingerprint, hex(&key.hash())[..12]);
    let conn = world.conn().await;
    for (event, expected) in [
        (UserEvent::Unfreeze, Err(NoUser::IllegalTransition(UserState::Active))),
        (UserEvent::Freeze, Ok(UserState::Frozen)),
        (UserEvent::Freeze, Err(NoUser::IllegalTransition(UserState::Frozen))),
        (UserEvent::Unfreeze, Ok(UserState::Active)),
        (UserEvent::Delete, Ok(UserState::Deleted)),
        (UserEvent::Delete, Err(NoUser::IllegalTransition(UserState::Deleted))),
        (UserEvent::Unfreeze, Err(NoUser::IllegalTransition(UserState::Deleted))),
        (UserEvent::Freeze, Err(NoUser::IllegalTransition(UserState::Deleted))),
    ] {
        assert_eq!(world.user_becomes(user.id, event).await, expected, "{event:?}");
        if let Ok(state) = expected {
            let caller = known(&conn, &key).await.unwrap();
            assert_eq!(caller.user_state, state, "at once");
        }
    }
    let unknown = UserId::new(merchant.shard());
    assert_eq!(world.user_becomes(unknown, UserEvent::Freeze).await, Err(NoUser::NotFound));
}

#[tokio::test]
async fn r41_users_are_listed_oldest_first_each_merchant_s_own() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let other = world.merchant("Somebody Else Ltd", MerchantState::Active).await;
    let (first, _) = world.make_user(merchant, "first").await.unwrap();
    world.make_user(other, "of another").await.unwrap();
    let (second, _) = world.make_user(merchant, "second").await.unwrap();
    world.user_becomes(first.id, UserEvent::Delete).await.unwrap();
    let conn = world.conn().await;
    let labels = |users: Vec<User>| -> Vec<String> {
        users.into_iter().map(|user| format!("{} {}", user.label, user.state.as_str())).collect()
    };
    let all = list_users(&conn, merchant, None, 10).await.unwrap();
    assert_eq!(labels(all), ["first deleted", "second active"]);
    assert_eq!(labels(list_users(&conn, merchant, Some(first.id), 10).await.unwrap()), ["second active"]);
    assert!(list_users(&conn, merchant, Some(second.id), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn r41_users_are_bounded_and_a_closed_merchant_gets_none() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Closing).await;
    let (first, _) = world.make_user(merchant, "first").await.unwrap();
    let owner = world.db.owner().get().await.unwrap();
    let fill = "INSERT INTO users (shard, id, merchant, label, state, api_key_hash)
        SELECT $1, gen_random_uuid(), $2, 'x', CASE n % 2 WHEN 0 THEN 'active' ELSE 'frozen' END, sha256(n::text::bytea)
        FROM generate_series(1, $3::bigint) AS n";
    let (shard, id) = (merchant.shard().number(), merchant.uuid());
    owner.execute(fill, &[&shard, &id, &(MAX_USERS - 2)]).await.unwrap();
    // One place is left, and two want it.
    let two = tokio::join!(world.make_user(merchant, "one"), world.make_user(merchant, "two"));
    let refused = [two.0.err(), two.1.err()];
    assert_eq!(refused.iter().flatten().collect::<Vec<_>>(), [&NoUser::TooMany], "exactly one of them");
    world.user_becomes(first.id, UserEvent::Delete).await.unwrap();
    assert!(world.make_user(merchant, "instead").await.is_ok(), "a deleted one makes room");

    owner.execute("UPDATE merchants SET state = 'closed' WHERE id = $1", &[&id]).await.unwrap();
    assert_eq!(world.make_user(merchant, "late").await.unwrap_err(), NoUser::MerchantClosed);
    let nobody = MerchantId::new(merchant.shard());
    assert_eq!(world.make_user(nobody, "x").await.unwrap_err(), NoUser::NotFound);
}
