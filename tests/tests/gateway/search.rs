//! What an operator was told on the telephone finds the thing: a bank's name for it, or the end of an account number (R35: masked).

use std::time::{Duration, Instant};

use admin_api::{SearchHit, SearchHits};
use serde_json::json;
use tests::{Sluice, World, funds, unique};

async fn hits(world: &World, sought: &str) -> Vec<SearchHit> {
    let answer = world.look(&format!("/admin/v1/search?q={}", sought.replace(' ', "+"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str::<SearchHits>(&answer.text).expect("the console's type").data
}

async fn found(world: &World, sought: &str) -> Vec<(String, String)> {
    hits(world, sought).await.into_iter().map(|hit| (hit.kind, hit.id)).collect()
}

fn one(kind: &str, id: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), id.to_owned())]
}

/// By hand: 10.00 − 0.03 = 9.97; × 7.1 = 70.78 CNY.
#[tokio::test]
async fn r29_a_payout_is_found_by_every_name_that_its_bank_gave_it() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let order = world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY").await;
    let order = world.wait_for(merchant, order.text_of("id"), "paid").await;
    let payout = order.json["payouts"][0]["id"].as_str().unwrap();
    let accepted = order.json["payouts"][0]["bank_reference"].as_str().expect("the bank's reference");
    assert_eq!(found(&world, accepted).await, one("payout", payout));

    let back = unique("BACK");
    let event = json!({"type": "payout.returned", "data": {"reference": payout, "bank_reference": back,
        "amount": "70.00", "currency": "CNY", "reason": "AC04"}});
    let event_id = unique("evt");
    let answer = world.event(&event_id, event.to_string().as_bytes()).await;
    assert_eq!(answer.outcome().0, "applied", "{answer:?}");
    assert_eq!(found(&world, &back).await, one("payout", payout));
    assert_eq!(found(&world, accepted).await, one("payout", payout), "the older name still leads there");
    assert_eq!(found(&world, &event_id).await, one("event", answer.text_of("event_id")));
    // Our reference is the end-to-end id; a bank that knows capitals only gives it back so.
    assert_eq!(found(&world, &payout.to_uppercase()).await, one("payout", payout));
    assert!(found(&world, &back[..back.len() - 1]).await.is_empty());
    sluice.verify().await;
}

#[tokio::test]
async fn r8_what_a_bank_took_back_is_found_by_both_references_and_a_waiting_payment_by_its_uetr() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (reported, uetr) = (unique("HB"), uuid_v4());
    let event = json!({"type": "funds.received", "data": {"reference": reported, "account_number": merchant.account("USD"),
        "amount": "30.00", "currency": "USD", "value_date": "2026-11-23", "remitter": {"name": "JANE DOE"}, "uetr": uetr}});
    let answer = world.event(&unique("evt"), event.to_string().as_bytes()).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    assert_eq!(found(&world, &uetr).await, one("payment", &payment));
    assert_eq!(found(&world, &uetr.to_uppercase()).await, one("payment", &payment));

    let taken = |own: &str, original: &str| {
        let event = json!({"type": "funds.returned", "data": {"reference": own, "original_reference": original,
            "amount": "5.00", "currency": "USD", "reason": "AC04"}});
        event.to_string().into_bytes()
    };
    let (applied, waiting, unseen) = (unique("RET"), unique("RET"), unique("HB"));
    world.event(&unique("evt"), &taken(&applied, &reported)).await;
    let told = world.event(&unique("evt"), &taken(&waiting, &unseen)).await;
    let by_own = hits(&world, &applied).await;
    assert_eq!((by_own.len(), by_own[0].kind.as_str()), (1, "reversal"), "{by_own:?}");
    assert_eq!(by_own[0].title, format!("5.00 USD taken back by sandbox, applied, of {payment}"));
    let kinds: Vec<String> = hits(&world, &reported).await.into_iter().map(|hit| hit.kind).collect();
    assert_eq!(kinds, ["payment", "reversal"]);
    for sought in [&waiting, &unseen] {
        let found = hits(&world, sought).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let event = told.text_of("event_id");
        assert_eq!(found[0].title, format!("5.00 USD taken back by sandbox, waiting, told by {event}"));
    }
    sluice.verify().await;
}

/// Random enough, and of version 4, as networks make them.
fn uuid_v4() -> String {
    let digits: String = unique("").chars().filter(char::is_ascii_hexdigit).collect();
    let digits = format!("{digits:0>31}").to_lowercase();
    let digits = &digits[digits.len() - 31..];
    format!(
        "{}-{}-4{}-8{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..15],
        &digits[15..18],
        &digits[18..30]
    )
}

#[tokio::test]
async fn r35_accounts_are_found_by_their_number_and_by_the_end_of_it_and_shown_masked() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let number = "6222029876541357";
    let payee = world.new_payee(merchant, "CNY", number).await;
    let expected = format!("CNY account ****1357 of {}, verified", merchant.id);
    for sought in ["1357", "76541357", number, "6222 0298 7654 1357", "541357"] {
        let found = hits(&world, sought).await;
        assert_eq!(found.len(), 1, "{sought}: {found:?}");
        assert_eq!((found[0].kind.as_str(), found[0].id.as_str()), ("payee", payee.as_str()), "{sought}");
        assert_eq!(found[0].title, expected, "{sought}");
    }
    for nothing in ["357", "86541357", "029876541357", "6222", "6222029876541356"] {
        assert!(found(&world, nothing).await.is_empty(), "{nothing}");
    }

    let own = merchant.account("USD").to_owned();
    let tail = &own[own.len() - 4..];
    let whole = hits(&world, &own).await;
    assert_eq!((whole.len(), whole[0].kind.as_str()), (1, "receiving_account"), "{whole:?}");
    let title = format!("USD receiving account ****{tail} at sandbox of {}", merchant.id);
    assert_eq!(whole[0].title, title);
    assert!(hits(&world, tail).await.contains(&whole[0]));
    let viewer = world.operator("viewer", 0);
    let path = format!("/admin/v1/search?q={tail}");
    let answer = world.admin().get(&viewer.token, &path).await;
    assert!(answer.status == 200 && !answer.text.contains(&own) && !answer.text.contains(&merchant.name));
    assert_eq!(world.admin().get(&merchant.api_key, &path).await.refusal(), (401, "unauthenticated"));
    sluice.verify().await;
}

/// What was entered before there were such indexes is found some seconds after a gateway has started.
#[tokio::test]
async fn r36_account_numbers_from_before_get_their_indexes_from_the_gateway_that_has_the_key() {
    let (mut sluice, world) = Sluice::start().await;
    let number = "6222029876541357";
    let payee = world.new_payee(world.merchant(0), "CNY", number).await;
    let own = world.merchant(0).account("USD").to_owned();
    let forget = "UPDATE payees SET tail4_index = NULL, tail8_index = NULL;
                  UPDATE receiving_accounts SET tail4_index = NULL, tail8_index = NULL";
    world.database().await.batch_execute(forget).await.unwrap();
    assert!(found(&world, "1357").await.is_empty());
    assert_eq!(found(&world, number).await, one("payee", &payee), "the whole number needs none");
    sluice.kill().await;
    let world = sluice.launch().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while found(&world, "1357").await != one("payee", &payee) {
        assert!(Instant::now() < deadline, "{}", sluice.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let account = hits(&world, &own[own.len() - 4..]).await;
    assert!(account.iter().any(|hit| hit.kind == "receiving_account"), "{account:?}");
    let left = "SELECT (SELECT count(*) FROM payees WHERE tail4_index IS NULL)
                     + (SELECT count(*) FROM receiving_accounts WHERE tail4_index IS NULL)";
    let left: i64 = world.database().await.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
    sluice.verify().await;
}

/// One name may be several things'.
#[tokio::test]
async fn what_has_one_name_is_found_together_and_each_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let name = unique("SAME");
    let answer = world.event(&name, &funds(&name, merchant.account("USD"), "30.00", "USD", "JANE DOE")).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    let expected = [one("payment", &payment), one("event", answer.text_of("event_id"))].concat();
    assert_eq!(found(&world, &name).await, expected);
    sluice.verify().await;
}
