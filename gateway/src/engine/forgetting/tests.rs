use merchants::{
    ApiKey, MerchantFilter, MerchantKind, MerchantState, NewMerchant, NewPayee, NewStore, NewUser, PayeeId,
    PayeeRequest, SoughtNumber, StoreId, UserId,
};
use pg::Shard;
use testkit::TestDb;

use super::*;

const NAME: &str = "Shenzhen Bright Trading Co";
const EMAIL: &str = "owner@bright.example";
const NUMBER: &str = "6222021234567890";

struct World {
    db: TestDb,
    keyring: Keyring,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate(&folder.path().join("keys")).unwrap();
        World { db: testkit::database(&crate::migrate::SETS).await, keyring }
    }

    /// One with a user, two stores and payees, of which it has removed one.
    async fn merchant(&self, name: &str) -> MerchantId {
        let state = MerchantState::Active;
        let id = MerchantId::new(Shard::new(3).unwrap());
        let mut conn = self.db.pool.get().await.unwrap();
        let new = NewMerchant { id, kind: MerchantKind::Enterprise, state, name, email: EMAIL };
        merchants::insert_merchant(&conn, &self.keyring, &new).await.unwrap();
        for site in ["US", "CA"] {
            let store = StoreId::new(id.shard());
            let (platform, name) = ("amazon", "Lucky Shop");
            let new = NewStore { id: store, merchant: id, platform, site, name, authorised_until: None };
            merchants::insert_store(&conn, &new).await.unwrap();
        }
        for removed in [false, true] {
            let payee = PayeeId::new(id.shard());
            let request = PayeeRequest {
                holder_name: name,
                country: "CN",
                currency: "CNY",
                account_number: NUMBER,
                bank_code: None,
                bank_name: Some("Lucky Bank"),
            };
            let new = NewPayee::check(&self.keyring, payee, id, &request).unwrap().unwrap();
            merchants::create_payee(&conn, &new).await.unwrap();
            if removed {
                merchants::delete_payee(&conn, id, payee).await.unwrap();
            }
        }
        let tx = conn.begin().await.unwrap();
        let (user, key) = (UserId::new(id.shard()), ApiKey::generate().unwrap());
        let new = NewUser { id: user, merchant: id, label: "Lucky Person", key: &key };
        merchants::create_user(&tx, &new).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn sql(&self, sql: &'static str, id: MerchantId) {
        self.db.owner().get().await.unwrap().execute(sql, &[&id.uuid()]).await.unwrap();
    }

    async fn closed(&self, id: MerchantId) {
        let sql =
            "UPDATE merchants SET state = 'closed', closed_at = now() - interval '10 days' WHERE id = $1";
        self.sql(sql, id).await;
    }

    async fn round(&self, days: i64) -> usize {
        let until = self.db.pool.get().await.unwrap().now().await.unwrap() - time::Duration::days(days);
        round(&self.db.owner(), &self.keyring, until).await.unwrap()
    }

    /// Everything that is kept of a merchant's, in the clear and sealed.
    async fn kept(&self, id: MerchantId) -> Vec<String> {
        let sql = "SELECT m::text FROM merchants m WHERE id = $1 UNION ALL
            SELECT u::text FROM users u WHERE merchant = $1 UNION ALL
            SELECT s::text FROM stores s WHERE merchant = $1 UNION ALL
            SELECT p::text FROM payees p WHERE merchant = $1";
        let rows = self.db.owner().get().await.unwrap().query(sql, &[&id.uuid()]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn found(&self, query: &str) -> Vec<MerchantId> {
        let conn = self.db.pool.get().await.unwrap();
        let filter = MerchantFilter { query, state: None };
        let found = merchants::search(&conn, &self.keyring, filter, true, None, 9).await.unwrap();
        found.rows.iter().map(|merchant| merchant.id).collect()
    }

    /// It has a document, and a mark that nobody else may have.
    async fn identified(&self, merchant: MerchantId) {
        let document = "INSERT INTO merchant_documents (shard, id, merchant, kind, number_sealed, number_index, added_at)
            SELECT shard, gen_random_uuid(), id, 'passport', 'n', 'n', now() FROM merchants WHERE id = $1";
        let mark = "INSERT INTO merchant_marks VALUES ('document', uuid_send($1::uuid), $1)";
        for sql in [document, mark] {
            self.sql(sql, merchant).await;
        }
    }

    /// How many mobile numbers, documents' numbers and marks there are of it still.
    async fn identity(&self, merchant: MerchantId) -> (i64, i64, i64) {
        let sql = "SELECT (SELECT count(*) FROM merchants WHERE id = $1 AND (mobile_index = 'm' OR mobile_sealed = 'm')),
            (SELECT count(*) FROM merchant_documents WHERE merchant = $1 AND (number_index = 'n' OR number_sealed = 'n')),
            (SELECT count(*) FROM merchant_marks WHERE merchant = $1 AND kind = 'document')";
        let row = self.db.owner().get().await.unwrap().query_one(sql, &[&merchant.uuid()]).await.unwrap();
        (row.get(0), row.get(1), row.get(2))
    }

    async fn payees_found(&self) -> usize {
        let conn = self.db.pool.get().await.unwrap();
        let sought = SoughtNumber::read(&self.keyring, NUMBER).unwrap();
        merchants::payees_numbered(&conn, &sought, 9).await.unwrap().len()
    }
}

#[tokio::test]
async fn r38_personal_data_of_the_long_closed_goes_and_of_nobody_else() {
    let world = World::new().await;
    let gone = world.merchant(NAME).await;
    let stays = world.merchant("Somebody Else Ltd").await;
    for merchant in [gone, stays] {
        world.identified(merchant).await;
    }
    world.sql("UPDATE merchants SET mobile_sealed = 'm', mobile_index = 'm' WHERE id = $1", gone).await;
    world.closed(gone).await;
    let (before, of_the_other) = (world.kept(gone).await, world.kept(stays).await);
    assert_eq!(world.round(11).await, 0, "not before its time");
    assert_eq!(world.kept(gone).await, before);

    assert_eq!(world.round(9).await, 1);
    let after = world.kept(gone).await;
    assert_eq!(after.len(), before.len(), "every row stays");
    for trace in ["Lucky Shop", "Lucky Bank", "Lucky Person"] {
        assert!(before.iter().any(|row| row.contains(trace)), "{trace}");
        assert!(!after.iter().any(|row| row.contains(trace)), "{trace}");
    }
    let conn = world.db.pool.get().await.unwrap();
    let profile = merchants::merchant(&conn, &world.keyring, gone).await.unwrap().unwrap();
    assert_eq!((profile.name.reveal().as_str(), profile.email.reveal().as_str()), ("", ""));
    assert_eq!(profile.state, MerchantState::Closed);
    for payee in merchants::list_payees(&conn, gone, None, 9).await.unwrap() {
        assert_eq!(payee.holder_name(&world.keyring).unwrap().reveal(), "");
        assert_eq!(payee.account_number(&world.keyring).unwrap().reveal(), "");
    }
    assert!(world.found(NAME).await.is_empty() && world.found("").await.len() == 2);
    assert_eq!(world.found(EMAIL).await, [stays]);
    assert_eq!(world.found(&gone.to_string()).await, [gone], "its id is what the book says");
    assert_eq!(world.payees_found().await, 2, "the other one's");
    assert_eq!(world.kept(stays).await, of_the_other);
    assert_eq!((world.identity(gone).await, world.identity(stays).await), ((0, 0, 0), (0, 1, 1)));

    assert_eq!(world.round(9).await, 0, "once");
    assert_eq!(world.kept(gone).await, after);
    let sql = "SELECT count(*) FROM audit_log WHERE action = 'merchant.anonymise' AND actor = 'gateway'";
    let noted: i64 = conn.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(noted, 1);
}

#[tokio::test]
async fn r38_what_was_begun_is_ended_in_steps_of_some_hundred_rows() {
    let world = World::new().await;
    let merchant = world.merchant(NAME).await;
    let fill =
        "INSERT INTO payees SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid()))).*
        FROM payees p, generate_series(1, 550) WHERE p.merchant = $1";
    world.sql(fill, merchant).await;
    world.closed(merchant).await;
    // A round that came to its end after the first step.
    let conn = world.db.owner().get().await.unwrap();
    let step =
        merchants::blank(&conn, &world.keyring, merchant, Leftover::Payees, Uuid::nil()).await.unwrap();
    assert!(step.is_some());
    let named = "SELECT count(*) FROM payees WHERE bank_name IS NOT NULL";
    let left: i64 = conn.query_one(named, &[]).await.unwrap().get(0);
    assert_eq!(left, 2 + 2 * 550 - 500);
    assert_eq!(world.round(9).await, 1);
    let left: i64 = conn.query_one(named, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn r38_the_gateway_s_own_role_can_not_write_over_personal_data() {
    let world = World::new().await;
    let merchant = world.merchant(NAME).await;
    world.closed(merchant).await;
    let conn = world.db.pool.get().await.unwrap();
    for what in Leftover::ALL {
        let refused = merchants::blank(&conn, &world.keyring, merchant, what, Uuid::nil()).await;
        assert!(format!("{refused:?}").contains("42501"), "{what:?}: {refused:?}");
    }
}
