//! To whom a merchant may withdraw.

use merchants::{
    MerchantId, MerchantState, NewPayee, Payee, PayeeId, PayeeRequest, PayeeState, Scheme, Warning,
    create_payee, delete_payee, list_payees, payee, payees,
};

use crate::world::{NAME, World};

const NUMBER: &str = "6222 0212 3456-7890";

fn request(holder_name: &str) -> PayeeRequest<'_> {
    PayeeRequest {
        holder_name,
        country: "CN",
        currency: "CNY",
        account_number: NUMBER,
        bank_code: Some("102100099996"),
        bank_name: Some("ICBC"),
    }
}

fn checked(world: &World, merchant: MerchantId, request: &PayeeRequest<'_>) -> NewPayee {
    let id = PayeeId::new(merchant.shard());
    NewPayee::check(&world.keyring, id, merchant, request).unwrap().unwrap()
}

/// A payee verified by its name.
pub async fn create(world: &World, merchant: MerchantId, holder: &str) -> Payee {
    let new = checked(world, merchant, &request(holder));
    create_payee(&world.conn().await, &new).await.unwrap().unwrap()
}

/// A payee about which a bank is to be asked.
pub async fn create_asking(world: &World, merchant: MerchantId, holder: &str) -> Payee {
    let new = checked(world, merchant, &request(holder)).to_be_asked_about();
    create_payee(&world.conn().await, &new).await.unwrap().unwrap()
}

#[tokio::test]
async fn r21_a_payee_is_verified_when_its_holder_is_the_merchant() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    for (holder, state) in [
        (NAME, PayeeState::Verified),
        (" SHENZHEN  bright trading co", PayeeState::Verified),
        ("Bright Trading Co Shenzhen", PayeeState::Verified),
        ("ＳＨＥＮＺＨＥＮ Bright Trading Co", PayeeState::Verified),
        ("ＳＨＥＮＺＨＥＮ　Ｂｒｉｇｈｔ　Trading Co", PayeeState::Verified),
        ("Shenzhen Bright Trading", PayeeState::Rejected),
        ("ShenzhenBright Trading Co", PayeeState::Rejected),
        ("Shenzhén Bright Trading Co", PayeeState::Rejected),
        ("Shenzhen-Bright Trading Co", PayeeState::Rejected),
        ("Shenzhen Bright Trading Co.", PayeeState::Rejected),
        ("Zhang San", PayeeState::Rejected),
    ] {
        let payee = create(&world, merchant, holder).await;
        assert_eq!(payee.state, state, "{holder}");
        assert_eq!(payee.rejection.is_some(), state == PayeeState::Rejected, "{holder}");
        assert_eq!(payee.holder_name(&world.keyring).unwrap().reveal(), holder.trim());
        assert_eq!(payee.account_number(&world.keyring).unwrap().reveal(), "6222021234567890");
    }
}

#[tokio::test]
async fn r21_a_payee_of_nobody_is_not_made() {
    let world = World::new().await;
    let stranger = MerchantId::new(pg::Shard::new(1).unwrap());
    let id = PayeeId::new(stranger.shard());
    let new = NewPayee::check(&world.keyring, id, stranger, &request(NAME)).unwrap().unwrap();
    assert!(create_payee(&world.conn().await, &new).await.unwrap().is_none());
}

#[tokio::test]
async fn fields_that_can_t_be_accepted_are_all_named() {
    let world = World::new().await;
    let merchant = MerchantId::new(pg::Shard::new(1).unwrap());
    let check = |request: &PayeeRequest<'_>| {
        let id = PayeeId::new(merchant.shard());
        let refused = NewPayee::check(&world.keyring, id, merchant, request).unwrap().unwrap_err();
        refused.into_iter().map(|error| error.field).collect::<Vec<_>>()
    };
    let long = "x".repeat(141);
    let good = request(NAME);
    for (bad, fields) in [
        (PayeeRequest { holder_name: " ", ..good.clone() }, &["holder_name"][..]),
        (PayeeRequest { holder_name: &long, ..good.clone() }, &["holder_name"]),
        (PayeeRequest { holder_name: "a\u{1b}b", ..good.clone() }, &["holder_name"]),
        (PayeeRequest { country: "cn", ..good.clone() }, &["country"]),
        (PayeeRequest { country: "ZZ", ..good.clone() }, &["country"]),
        (PayeeRequest { bank_code: Some("10210009999"), ..good.clone() }, &["bank_code"]),
        (
            PayeeRequest { country: "DE", account_number: "DE89370400440532013001", ..good.clone() },
            &["account_number", "bank_code"],
        ),
        (PayeeRequest { currency: "XXX1", ..good.clone() }, &["currency"]),
        (PayeeRequest { account_number: "12-3", ..good.clone() }, &["account_number"]),
        (PayeeRequest { account_number: "1234;56", ..good.clone() }, &["account_number"]),
        (
            PayeeRequest { bank_code: Some(""), bank_name: Some(&long), ..good.clone() },
            &["bank_code", "bank_name"],
        ),
        (
            PayeeRequest { holder_name: "", country: "", currency: "", account_number: "", ..good.clone() },
            &["holder_name", "country", "currency", "account_number"],
        ),
    ] {
        assert_eq!(check(&bad), fields, "{bad:?}");
    }
}

#[tokio::test]
async fn r21_scheme_code_and_warnings_are_kept_with_the_payee() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let conn = world.conn().await;
    let abroad = PayeeRequest { country: "GB", currency: "GBP", bank_name: None, ..request(NAME) };
    for (request, scheme, code, warnings) in [
        (request(NAME), Scheme::Card, Some("102100099996"), &[Warning::CardCheckDigit][..]),
        (
            PayeeRequest { account_number: "6200 0000 0000 0005", bank_code: None, ..request(NAME) },
            Scheme::Card,
            None,
            &[],
        ),
        (
            PayeeRequest { account_number: "31926819", bank_code: Some("60-16-13"), ..abroad.clone() },
            Scheme::Uk,
            Some("601613"),
            &[],
        ),
        (
            PayeeRequest {
                account_number: "gb29 nwbk 6016 1331 9268 19",
                bank_code: Some(" nwbkgb2l "),
                ..abroad.clone()
            },
            Scheme::Iban,
            Some("NWBKGB2L"),
            &[],
        ),
    ] {
        let new = checked(&world, merchant, &request);
        let created = create_payee(&conn, &new).await.unwrap().unwrap();
        let read = payee(&conn, merchant, created.id).await.unwrap().unwrap();
        for found in [created, read] {
            assert_eq!(found.scheme, Some(scheme), "{request:?}");
            assert_eq!(found.bank_code.as_deref(), code, "{request:?}");
            assert_eq!(found.warnings, warnings, "{request:?}");
        }
    }
}

#[tokio::test]
async fn a_payee_from_before_schemes_were_told_apart_is_still_read() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let old = create(&world, merchant, NAME).await;
    let sql = "UPDATE payees SET scheme = NULL, warnings = DEFAULT";
    world.db.owner().get().await.unwrap().batch_execute(sql).await.unwrap();
    let read = payee(&world.conn().await, merchant, old.id).await.unwrap().unwrap();
    assert_eq!((read.scheme, read.warnings.len(), read.state), (None, 0, PayeeState::Verified));
}

#[tokio::test]
async fn a_payee_is_its_merchant_s_alone() {
    let world = World::new().await;
    let (one, other) = (
        world.merchant(NAME, MerchantState::Active).await,
        world.merchant(NAME, MerchantState::Active).await,
    );
    let own = create(&world, one, NAME).await;
    let conn = world.conn().await;
    assert_eq!(payee(&conn, one, own.id).await.unwrap().unwrap().id, own.id);
    assert!(payee(&conn, other, own.id).await.unwrap().is_none());
    assert!(list_payees(&conn, other, None, 10).await.unwrap().is_empty());
    assert!(!delete_payee(&conn, other, own.id).await.unwrap());
    assert!(!payee(&conn, one, own.id).await.unwrap().unwrap().is_deleted());
}

#[tokio::test]
async fn a_removed_payee_is_no_longer_listed_but_found_by_its_withdrawals() {
    let world = World::new().await;
    let merchant = world.merchant(NAME, MerchantState::Active).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(create(&world, merchant, NAME).await.id);
    }
    let mut conn = world.conn().await;
    assert!(delete_payee(&conn, merchant, ids[1]).await.unwrap());
    assert!(!delete_payee(&conn, merchant, ids[1]).await.unwrap());
    let listed = list_payees(&conn, merchant, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|payee| payee.id).collect::<Vec<_>>(), [ids[0], ids[2]]);
    let second_page = list_payees(&conn, merchant, Some(ids[0]), 10).await.unwrap();
    assert_eq!(second_page.len(), 1);
    let tx = conn.begin().await.unwrap();
    let found = payees(&tx, &ids).await.unwrap();
    assert_eq!(found.len(), 3);
    assert!(found[&ids[1]].is_deleted() && !found[&ids[0]].is_deleted());
}
