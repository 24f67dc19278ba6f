//! What lies in the database is not readable without the keys.

use merchants::{MerchantState, NewPayee, NewReceivingAccount, PayeeId, PayeeRequest, create_payee};
use merchants::{insert_receiving_account, merchant};
use money::Currency;
use privacy::{Keyring, OpenError};

use crate::documents;
use crate::world::{EMAIL, NAME, SHARDS, World};

const NUMBER: &str = "6222021234567890";

#[tokio::test]
async fn r36_names_addresses_and_numbers_lie_sealed() {
    let world = World::new().await;
    let id = world.merchant(NAME, MerchantState::Active).await;
    let mut conn = world.conn().await;
    let request = PayeeRequest {
        holder_name: NAME,
        country: "CN",
        currency: "CNY",
        account_number: NUMBER,
        bank_code: None,
        bank_name: None,
    };
    let payee = NewPayee::check(&world.keyring, PayeeId::new(id.shard()), id, &request).unwrap().unwrap();
    create_payee(&conn, &payee).await.unwrap();
    let account = NewReceivingAccount {
        merchant: id,
        bank: "hb",
        number: NUMBER,
        currency: Currency::USD,
        jurisdiction: merchants::Jurisdiction::NorthAmerica,
        stores: &[],
    };
    insert_receiving_account(&mut conn, &world.keyring, SHARDS, &account).await.unwrap();

    world.register(&documents::li()).await.unwrap();

    for table in ["merchants", "payees", "receiving_accounts", "merchant_documents", "merchant_marks"] {
        let text = everything(&world, table).await;
        assert!(text.contains("index"), "{table}: {text}");
        let own = ["Li Na", "li@example.com", documents::MOBILE, "13812345678", documents::CARD];
        for plain in [NAME, "Shenzhen", EMAIL, "bright.example", NUMBER].into_iter().chain(own) {
            assert!(!text.to_lowercase().contains(&plain.to_lowercase()), "{plain} in {table}: {text}");
            let hex: String = plain.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(!text.contains(&hex), "{plain} in {table}: {text}");
        }
    }
}

/// Every column but ids and times as text, bytes as hexadecimal digits.
async fn everything(world: &World, table: &str) -> String {
    let conn = world.conn().await;
    let sql = match table {
        "merchants" => "SELECT to_jsonb(t) - 'id' - 'created_at' - 'updated_at' #>> '{}' FROM merchants t",
        "payees" => "SELECT to_jsonb(t) - 'id' - 'merchant' - 'created_at' #>> '{}' FROM payees t",
        "merchant_documents" => {
            "SELECT to_jsonb(t) - 'id' - 'merchant' - 'added_at' #>> '{}' FROM merchant_documents t"
        }
        "merchant_marks" => "SELECT to_jsonb(t) - 'merchant' #>> '{}' FROM merchant_marks t",
        _ => "SELECT to_jsonb(t) - 'id' - 'merchant' - 'created_at' #>> '{}' FROM receiving_accounts t",
    };
    let rows = conn.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect()
}

#[tokio::test]
async fn r36_other_keys_open_nothing() {
    let world = World::new().await;
    let id = world.merchant(NAME, MerchantState::Active).await;
    let conn = world.conn().await;
    let profile = merchant(&conn, &world.keyring, id).await.unwrap().unwrap();
    assert_eq!((profile.name.reveal().as_str(), profile.email.reveal().as_str()), (NAME, EMAIL));
    assert!(!format!("{profile:?}").contains("Shenzhen"));
    let folder = tempfile::tempdir().unwrap();
    let other = Keyring::generate(&folder.path().join("keys")).unwrap();
    let refused = merchant(&conn, &other, id).await.unwrap_err();
    assert!(matches!(refused, merchants::Error::Open(OpenError::Damaged)), "{refused:?}");
}

#[tokio::test]
async fn r36_a_sealed_value_moved_to_another_row_does_not_open() {
    let world = World::new().await;
    let (one, other) = (
        world.merchant(NAME, MerchantState::Active).await,
        world.merchant("Else", MerchantState::Active).await,
    );
    let sql = format!(
        "UPDATE merchants SET name_sealed = (SELECT name_sealed FROM merchants WHERE id = '{}') WHERE id = '{}'",
        one.uuid(),
        other.uuid()
    );
    world.db.owner().get().await.unwrap().batch_execute(&sql).await.unwrap();
    let conn = world.conn().await;
    let refused = merchant(&conn, &world.keyring, other).await.unwrap_err();
    assert!(matches!(refused, merchants::Error::Open(OpenError::Damaged)), "{refused:?}");
    assert!(merchant(&conn, &world.keyring, one).await.is_ok());
}

#[tokio::test]
async fn the_program_s_role_changes_only_what_may_change() {
    let world = World::new().await;
    let conn = world.conn().await;
    for sql in [
        "UPDATE merchants SET name_index = ''",
        "DELETE FROM merchants",
        "UPDATE users SET merchant = gen_random_uuid()",
        "UPDATE users SET api_key_hash = sha256('')",
        "UPDATE payees SET number_sealed = ''",
        "UPDATE payees SET number_index = ''",
        "UPDATE payees SET scheme = 'card'",
        "UPDATE payees SET warnings = '{}'",
        "DELETE FROM payees",
        "UPDATE merchants SET origin = 'other'",
        "UPDATE merchant_documents SET expires_on = NULL",
        "UPDATE merchant_documents SET number_sealed = ''",
        "DELETE FROM merchant_documents",
        "UPDATE receiving_accounts SET merchant = gen_random_uuid()",
        "DELETE FROM receiving_accounts",
        "UPDATE orders SET amount_minor = 1",
    ] {
        let refused = conn.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some("42501"), "{sql}: {refused}");
    }
}
