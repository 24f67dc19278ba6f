//! Accounts are found by their number and by the end of it, and by nothing in between.

use merchants::{
    Jurisdiction, MerchantId, MerchantState, NewPayee, NewReceivingAccount, Numbered, PayeeId, PayeeRequest,
    SoughtNumber, accounts_numbered, create_payee, delete_payee, fill_tails, insert_receiving_account,
    payees_numbered,
};
use money::Currency;
use pg::Shard;
use privacy::Keyring;
use uuid::Uuid;

use crate::world::{NAME, SHARDS, World};

const MANY: i64 = 20;

async fn payee(world: &World, merchant: MerchantId, country: &str, number: &str) -> PayeeId {
    let request = PayeeRequest {
        holder_name: NAME,
        country,
        currency: if country == "CN" { "CNY" } else { "EUR" },
        account_number: number,
        bank_code: (country != "CN").then_some("VALLMTMT"),
        bank_name: None,
    };
    let id = PayeeId::new(merchant.shard());
    let new = NewPayee::check(&world.keyring, id, merchant, &request).unwrap().unwrap();
    create_payee(&world.conn().await, &new).await.unwrap().unwrap().id
}

async fn account(world: &World, merchant: MerchantId, bank: &str, number: &str) {
    let new = NewReceivingAccount {
        merchant,
        bank,
        number,
        currency: Currency::USD,
        jurisdiction: Jurisdiction::NorthAmerica,
        stores: &[],
    };
    insert_receiving_account(&mut world.conn().await, &world.keyring, SHARDS, &new).await.unwrap();
}

async fn payees(world: &World, text: &str) -> Vec<PayeeId> {
    let Some(sought) = SoughtNumber::read(&world.keyring, text) else { return Vec::new() };
    let found = payees_numbered(&world.conn().await, &sought, MANY).await.unwrap();
    found.iter().map(|payee| payee.id).collect()
}

async fn accounts(world: &World, text: &str) -> Vec<String> {
    let Some(sought) = SoughtNumber::read(&world.keyring, text) else { return Vec::new() };
    let found = accounts_numbered(&world.conn().await, &world.keyring, &sought, MANY).await.unwrap();
    found.iter().map(|account| account.number.reveal().clone()).collect()
}

#[tokio::test]
async fn r35_a_payee_is_found_by_its_number_and_by_the_four_characters_that_its_mask_shows() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let old = payee(&world, merchant, "CN", "6222 0212 3456-7890").await;
    let new = payee(&world, merchant, "CN", "6222990000007890").await;
    let iban = payee(&world, merchant, "MT", "MT84 MALT 0110 0001 2345 MTLC AST0 01S").await;
    for (text, expected) in [
        ("6222021234567890", vec![old]),
        (" 6222-0212 3456 7890 ", vec![old]),
        ("7890", vec![new, old]),
        // Of five to eight the last four are compared: what lies before can't be tried out, neither digit by digit nor at once.
        ("67890", vec![new, old]),
        ("4567890", vec![new, old]),
        ("0007890", vec![new, old]),
        ("34567890", vec![new, old]),
        ("00007890", vec![new, old]),
        ("99997890", vec![new, old]),
        ("3456-7890", vec![new, old]),
        ("001s", vec![iban]),
        ("ＡＳＴ００１Ｓ", vec![iban]),
        ("cast001s", vec![iban]),
        // Neither shorter nor longer ends, and nothing from the middle.
        ("890", vec![]),
        ("234567890", vec![]),
        ("021234567890", vec![]),
        ("6222", vec![]),
        ("78 90", vec![new, old]),
        ("7891", vec![]),
        ("78*0", vec![]),
        ("", vec![]),
        // What has no digit is no number.
        ("MALT", vec![]),
    ] {
        assert_eq!(payees(&world, text).await, expected, "{text}");
    }
    assert!(delete_payee(&world.conn().await, merchant, new).await.unwrap());
    assert_eq!(payees(&world, "7890").await, [new, old], "a removed one too");
    let sought = SoughtNumber::read(&world.keyring, "7890").unwrap();
    let one = payees_numbered(&world.conn().await, &sought, 1).await.unwrap();
    assert_eq!(one.iter().map(|payee| payee.id).collect::<Vec<_>>(), [new]);
    assert!(accounts(&world, "7890").await.is_empty(), "it is no receiving account");
}

#[tokio::test]
async fn r35_of_a_short_number_no_end_is_told() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    for number in ["1234567", "12345678", "123456789", "1234"] {
        account(&world, merchant, "hb", number).await;
    }
    for (text, expected) in [
        ("1234", &["1234"][..]),
        ("4567", &[]),
        ("1234567", &["1234567"]),
        ("5678", &[]),
        ("12345678", &["12345678"]),
        ("23456789", &["123456789"]),
        ("x6789", &["123456789"]),
        ("6789", &["123456789"]),
        ("123456789", &["123456789"]),
    ] {
        assert_eq!(accounts(&world, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn r1_one_number_at_two_banks_is_two_accounts() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    account(&world, merchant, "hb", "8335001234").await;
    account(&world, merchant, "mb", "8335001234").await;
    account(&world, merchant, "mb", "9900001234").await;
    let sought = SoughtNumber::read(&world.keyring, "8335001234").unwrap();
    let found = accounts_numbered(&world.conn().await, &world.keyring, &sought, MANY).await.unwrap();
    let banks: Vec<&str> = found.iter().map(|account| account.bank.as_str()).collect();
    assert_eq!(banks, ["mb", "hb"]);
    assert_eq!(accounts(&world, "1234").await, ["9900001234", "8335001234", "8335001234"]);
}

#[tokio::test]
async fn r36_an_end_in_the_database_is_no_digits_and_differs_by_keys() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    account(&world, merchant, "hb", "8335001234").await;
    let elsewhere = World::new().await;
    let other = elsewhere.merchant(NAME, MerchantState::Active).await;
    account(&elsewhere, other, "hb", "8335001234").await;
    let mut seen = Vec::new();
    for world in [&world, &elsewhere] {
        let sql = "SELECT number_index, tail_index FROM receiving_accounts";
        let row = world.conn().await.query_one(sql, &[]).await.unwrap();
        seen.extend((0..2).map(|column| row.get::<_, Vec<u8>>(column)));
    }
    assert!(seen.iter().all(|index| index.len() == 32));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn rows_from_before_are_found_once_their_indexes_are_made_and_one_that_can_t_be_opened_stops_nobody() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let ids = [
        payee(&world, merchant, "CN", "6222021234567890").await,
        payee(&world, merchant, "CN", "6222990000007890").await,
        payee(&world, merchant, "CN", "6222990000001111").await,
    ];
    account(&world, merchant, "hb", "8335001234").await;
    let owner = world.db.owner().get().await.unwrap();
    let strange = format!("UPDATE payees SET number_sealed = '\\x00000009' WHERE id = '{}'", ids[1].uuid());
    owner
        .batch_execute(&format!(
            "UPDATE payees SET tail_index = NULL; UPDATE receiving_accounts SET tail_index = NULL; {strange}"
        ))
        .await
        .unwrap();
    assert!(payees(&world, "7890").await.is_empty() && accounts(&world, "1234").await.is_empty());
    assert_eq!(payees(&world, "6222021234567890").await, [ids[0]], "the whole number finds it meanwhile");

    let mut conn = world.conn().await;
    let (mut after, mut filled, mut sealed, mut steps) = (Uuid::nil(), 0, 0, 0);
    loop {
        let step = fill_tails(&mut conn, &world.keyring, Numbered::Payees, after, 1).await.unwrap();
        (filled, sealed, steps) = (filled + step.filled, sealed + step.sealed, steps + 1);
        let Some(last) = step.last else { break };
        after = last;
    }
    assert_eq!((filled, sealed, steps), (2, 1, 4));
    assert_eq!(payees(&world, "7890").await, [ids[0]]);
    assert_eq!(payees(&world, "1111").await, [ids[2]]);

    let accounts_filled =
        fill_tails(&mut conn, &world.keyring, Numbered::ReceivingAccounts, Uuid::nil(), 10).await.unwrap();
    assert_eq!((accounts_filled.filled, accounts_filled.sealed), (1, 0));
    assert_eq!(accounts(&world, "1234").await, ["8335001234"]);
    let again =
        fill_tails(&mut conn, &world.keyring, Numbered::ReceivingAccounts, Uuid::nil(), 10).await.unwrap();
    assert_eq!((again.filled, again.last), (0, None), "there is nothing left to do");
}

#[tokio::test]
async fn two_who_make_indexes_at_once_share_the_rows() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    for number in 0..40 {
        account(&world, merchant, "hb", &format!("83350{number:05}")).await;
    }
    let owner = world.db.owner().get().await.unwrap();
    owner.batch_execute("UPDATE receiving_accounts SET tail_index = NULL").await.unwrap();
    let fill = async || {
        let mut conn = world.conn().await;
        let (mut after, mut filled) = (Uuid::nil(), 0);
        loop {
            let which = Numbered::ReceivingAccounts;
            let step = fill_tails(&mut conn, &world.keyring, which, after, 3).await.unwrap();
            filled += step.filled;
            let Some(last) = step.last else { return filled };
            after = last;
        }
    };
    let (one, two, three) = tokio::join!(fill(), fill(), fill());
    assert_eq!(one + two + three, 40);
    assert_eq!(accounts(&world, "0017").await, ["8335000017"]);
}

/// A search by any part of a number reads what it shows, however many accounts there are.
#[tokio::test]
async fn r35_a_search_by_number_goes_by_an_index_among_many() {
    let world = World::new().await;
    let merchant = MerchantId::new(Shard::new(3).unwrap());
    let conn = world.db.owner().get().await.unwrap();
    // A thousand share one end of four.
    let tail = |n: &str| format!("sha256((CASE WHEN n % 20 = 0 THEN 'x' ELSE {n}::text END)::bytea)");
    let fill = format!(
        "INSERT INTO payees (shard, id, merchant, holder_sealed, holder_index, country, currency, number_sealed, number_index,
                             state, tail_index)
         SELECT n % 16, gen_random_uuid(), '{0}', '', '', 'CN', 'CNY', '', sha256(n::text::bytea), 'verified',
                CASE WHEN n % 7 = 1 THEN '' ELSE {1} END
         FROM generate_series(1, 20000) AS n;
         INSERT INTO receiving_accounts (shard, id, merchant, bank, number_sealed, number_index, currency, jurisdiction,
                                         tail_index)
         SELECT n % 16, gen_random_uuid(), '{0}', 'hb', '', sha256(n::text::bytea), 'USD', 'north_america',
                CASE WHEN n % 7 = 1 THEN '' ELSE {1} END
         FROM generate_series(1, 20000) AS n;
         ANALYZE payees; ANALYZE receiving_accounts",
        merchant.uuid(),
        tail("n"),
    );
    conn.batch_execute(&fill).await.unwrap();
    let x = "sha256('x'::bytea)";
    for (table, sql) in [
        ("payees", include_str!("../../src/sql/find_payees.sql")),
        ("receiving_accounts", include_str!("../../src/sql/find_accounts.sql")),
    ] {
        let by = |what: &str| format!("{table}_by_{what}");
        let (number, tail) = (by("number"), by("tail"));
        let indices = [number.as_str(), tail.as_str()];
        for (parameters, most) in [
            (format!("{x}, {x}, 20"), 2 * 20),
            ("sha256('17'::bytea), NULL, 20".to_owned(), 2),
            ("'\\x', '\\x', 20".to_owned(), 0),
        ] {
            testkit::plan(&conn, sql, &parameters).await.goes_by(&indices, most);
        }
    }
    for (sql, index) in [
        (include_str!("../../src/sql/payees_without_tails.sql"), "payees_without_tail"),
        (include_str!("../../src/sql/accounts_without_tails.sql"), "receiving_accounts_without_tail"),
    ] {
        let parameters = "'00000000-0000-0000-0000-000000000000', 500";
        testkit::plan(&conn, sql, parameters).await.goes_by(&[index], 0);
    }
}

#[tokio::test]
async fn r36_with_other_keys_nothing_is_found() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    payee(&world, merchant, "CN", "6222021234567890").await;
    let folder = tempfile::tempdir().unwrap();
    let other = Keyring::generate(&folder.path().join("keys")).unwrap();
    let found = async |keyring: &Keyring, text: &str| {
        let sought = SoughtNumber::read(keyring, text).unwrap();
        payees_numbered(&world.conn().await, &sought, MANY).await.unwrap().len()
    };
    for text in ["7890", "6222021234567890"] {
        assert_eq!(found(&world.keyring, text).await, 1, "{text}");
        assert_eq!(found(&other, text).await, 0, "{text}");
    }
}
