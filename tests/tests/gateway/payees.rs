//! Payees: accounts that can exist, the merchant's own, confirmed by the bank where it offers that (R21).

use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, unique};

const IBAN: &str = "DE89 3704 0044 0532 0130 00";
const CNAPS: &str = "102100099996";

async fn add(world: &World, merchant: &Merchant, fields: Value) -> Answer {
    let mut body = json!({"holder_name": merchant.name, "bank_name": "A bank"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    world.public().post(&merchant.api_key, "/v1/payees", None, &body).await
}

fn yuan(number: &str) -> Value {
    json!({"country": "CN", "currency": "CNY", "account_number": number, "bank_code": CNAPS})
}

async fn show(world: &World, merchant: &Merchant, payee: &str) -> Answer {
    world.public().get(&merchant.api_key, &format!("/v1/payees/{payee}")).await
}

async fn remove(world: &World, merchant: &Merchant, payee: &str) -> u16 {
    let token = [("authorization", format!("Bearer {}", merchant.api_key))];
    let path = format!("/v1/payees/{payee}");
    world.public().send(Method::DELETE, &path, &token, bytes::Bytes::new()).await.status
}

async fn wait_until(world: &World, merchant: &Merchant, payee: &str, status: &str) -> Answer {
    let begun = Instant::now();
    loop {
        let shown = show(world, merchant, payee).await;
        if shown.text_of("status") == status {
            return shown;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{payee} does not become {status}: {shown:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// 100.00 USD are there as they came, nothing is on its way, and the bank has done nothing.
async fn untouched(world: &World, merchant: &Merchant) {
    assert_eq!(world.balance(merchant, "USD", "available").await, "100.00");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "0.00");
    for (path, rows) in [("/v1/withdrawals", 0), ("/v1/transactions", 1)] {
        let listed = world.public().get(&merchant.api_key, path).await;
        assert_eq!(listed.json["data"].as_array().unwrap().len(), rows, "{listed:?}");
    }
    assert!(world.journal().await.is_empty());
}

#[tokio::test]
async fn r21_an_account_that_can_t_exist_is_refused_with_its_field() {
    let (_sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let account = |country: &str, currency: &str, number: &str, code: Option<&str>| json!({"country": country, "currency": currency, "account_number": number, "bank_code": code});
    for (fields, named) in [
        (account("DE", "EUR", "DE89370400440532013001", None), &["account_number"][..]),
        (account("DE", "EUR", "DE8937040044053201300", None), &["account_number"]),
        (account("FR", "EUR", IBAN, None), &["account_number"]),
        (account("DE", "EUR", "0532013000", Some("COBADEFF")), &["account_number"]),
        (account("DE", "EUR", IBAN, Some("COBADEF")), &["bank_code"]),
        (account("DE", "EUR", IBAN, Some("CHASUS33")), &["bank_code"]),
        (account("DE", "EUR", "DE89370400440532013001", Some("?")), &["account_number", "bank_code"]),
        (account("SG", "USD", "1234567890", None), &["bank_code"]),
        (account("SG", "USD", "1234567890", Some("DBSSSGS")), &["bank_code"]),
        (account("SG", "USD", "1234567890", Some("DBSSZZSG")), &["bank_code"]),
        (account("US", "USD", "123456780001", Some("021000022")), &["bank_code"]),
        (account("US", "USD", "12345678000X", Some("021000021")), &["account_number"]),
        (account("GB", "GBP", "3192681", Some("60-16-13")), &["account_number"]),
        (account("GB", "GBP", "31926819", Some("60-16-1")), &["bank_code"]),
        (account("JP", "JPY", "123456", Some("0001-123")), &["account_number"]),
        (account("JP", "JPY", "1234567", Some("0001")), &["bank_code"]),
        (account("HK", "HKD", "12345678", Some("004")), &["account_number"]),
        (account("CN", "CNY", "6222020200001230001", Some("10210009999")), &["bank_code"]),
        (account("CN", "CNY", IBAN, None), &["account_number"]),
        (account("ZZ", "CNY", "6222020200001230001", Some(CNAPS)), &["country"]),
    ] {
        let refused = add(&world, merchant, fields.clone()).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{fields}: {refused:?}");
        let errors = refused.json["errors"].as_array().unwrap();
        let fields_named: Vec<&str> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(fields_named, named, "{fields}: {refused:?}");
        assert!(!refused.text.contains("0532013"), "no account number comes back: {refused:?}");
    }
    let listed = world.public().get(&merchant.api_key, "/v1/payees").await;
    assert_eq!(listed.json["data"].as_array().unwrap().len(), merchant.payees.len(), "none was kept");
}

#[tokio::test]
async fn r21_what_only_looks_wrong_is_accepted_with_warnings() {
    let (_sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let account = |country: &str, currency: &str, number: &str, code: Option<&str>| json!({"country": country, "currency": currency, "account_number": number, "bank_code": code});
    for (fields, scheme, code, warned) in [
        (account("CN", "CNY", "6200 0000 0000 0005", Some(CNAPS)), "card", Some(CNAPS), &[][..]),
        (yuan("6222020200001230001"), "card", Some(CNAPS), &["account_number"]),
        (
            account("CN", "CNY", "6222020200001230001", Some("102100099995")),
            "card",
            Some("102100099995"),
            &["account_number", "bank_code"],
        ),
        (account("CN", "CNY", "62220000123456", None), "cnaps", None, &["bank_code"]),
        (account("CN", "USD", "622200009999", Some(CNAPS)), "cnaps", Some(CNAPS), &[]),
        (account("US", "USD", "123456780009", Some("CHASUS33")), "swift", Some("CHASUS33"), &[]),
        (account("US", "USD", "123456780009", Some("021000021")), "aba", Some("021000021"), &[]),
        (account("DE", "EUR", IBAN, None), "iban", None, &[]),
        (account("DE", "EUR", IBAN, Some("cobadeffxxx")), "iban", Some("COBADEFFXXX"), &[]),
        (account("GB", "GBP", "31926819", Some("60-16-13")), "uk", Some("601613"), &[]),
        (account("JP", "JPY", "1234567", Some("0001-123")), "zengin", Some("0001123"), &[]),
        (account("HK", "HKD", "123-456789", Some("004")), "hk", Some("004"), &[]),
    ] {
        let added = add(&world, merchant, fields.clone()).await;
        assert_eq!((added.status, added.text_of("status")), (201, "verified"), "{fields}: {added:?}");
        let shown = show(&world, merchant, added.text_of("id")).await;
        assert_eq!(shown.json, added.json);
        assert_eq!(shown.text_of("scheme"), scheme, "{fields}");
        assert_eq!(shown.json["bank_code"].as_str(), code, "{fields}");
        let warnings = shown.json["warnings"].as_array().unwrap();
        let fields_warned: Vec<&str> = warnings.iter().map(|w| w["field"].as_str().unwrap()).collect();
        assert_eq!(fields_warned, warned, "{fields}: {shown:?}");
        assert!(warnings.iter().all(|warning| warning["message"].is_string()), "{shown:?}");
    }
    // HKD has no bank that pays out, so that nobody was asked; of each of the others the bank was.
    let metrics = world.probe("/metrics").await;
    assert!(
        metrics.contains("sluice_account_checks_total{bank=\"sandbox\",result=\"matches\"} 11"),
        "{metrics}"
    );
}

#[tokio::test]
async fn r21_an_account_that_the_bank_knows_as_another_s_is_rejected_and_gets_nothing() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let rejected = add(&world, merchant, yuan("6222020277770007")).await;
    assert_eq!((rejected.status, rejected.text_of("status")), (201, "rejected"), "{rejected:?}");
    assert!(rejected.text_of("rejection").contains("other_holder"), "{rejected:?}");
    assert_eq!(show(&world, merchant, rejected.text_of("id")).await.json, rejected.json);
    let other_name = json!({"holder_name": "Somebody Else"});
    let mut stranger = yuan("6222020277770008");
    stranger.as_object_mut().unwrap().extend(other_name.as_object().unwrap().clone());
    let stranger = add(&world, merchant, stranger).await;
    assert_eq!(stranger.text_of("status"), "rejected", "without the name no bank is asked: {stranger:?}");
    for payee in [rejected.text_of("id"), stranger.text_of("id")] {
        let refused = world.withdraw(merchant, payee, "10.00", "USD", "CNY").await;
        assert_eq!(refused.refusal(), (422, "payee-holder-mismatch"), "{refused:?}");
    }
    untouched(&world, merchant).await;
    sluice.verify().await;
}

#[tokio::test]
async fn r21_a_slow_bank_leaves_the_payee_pending_and_verifies_it_later() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let pending = add(&world, merchant, yuan("6222020277770008")).await;
    assert_eq!((pending.status, pending.text_of("status")), (201, "pending"), "{pending:?}");
    assert!(pending.json["next_check_at"].is_string() && pending.json["rejection"].is_null(), "{pending:?}");
    let payee = pending.text_of("id");
    let early = world.withdraw(merchant, payee, "10.00", "USD", "CNY").await;
    assert_eq!(early.refusal(), (422, "payee-not-verified"), "{early:?}");
    untouched(&world, merchant).await;

    let verified = wait_until(&world, merchant, payee, "verified").await;
    assert!(verified.json["next_check_at"].is_null(), "{verified:?}");
    let order = world.withdraw(merchant, payee, "10.00", "USD", "CNY").await;
    assert_eq!(order.status, 201, "{order:?}");
    let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 1);
    sluice.verify().await;
}

/// A gateway whose bank takes connections and never says a word, and one whose bank is not there.
#[tokio::test]
async fn r21_r31_a_bank_that_can_t_be_reached_delays_the_answer_a_little_and_another_gateway_goes_on() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = silent.local_addr().unwrap();
    let text = sluice.configuration();
    let url = text.lines().find(|line| line.starts_with("base_url")).expect("the bank's address");
    let other = text.replace(url, &format!("base_url = \"https://{at}\""));
    let slow = other.replace("request_timeout_ms = 800", "request_timeout_ms = 8000");
    let slow =
        slow.replace("lease_ms = 2000", "lease_ms = 20000").replace("settle_ms = 3000", "settle_ms = 30000");
    let second = sluice.second_with(&world, &slow).await;

    let begun = Instant::now();
    let waited = add(&second.world, merchant, yuan("6222020200005555")).await;
    assert_eq!((waited.status, waited.text_of("status")), (201, "pending"), "{waited:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "two seconds, not the bank's eight: {:?}",
        begun.elapsed()
    );
    drop(silent);
    let refused = add(&second.world, merchant, yuan("6222020200006666")).await;
    assert_eq!((refused.status, refused.text_of("status")), (201, "pending"), "{refused:?}");
    let early = world.withdraw(merchant, refused.text_of("id"), "10.00", "USD", "CNY").await;
    assert_eq!(early.refusal(), (422, "payee-not-verified"), "{early:?}");
    untouched(&world, merchant).await;
    drop(second);
    for payee in [&waited, &refused] {
        wait_until(&world, merchant, payee.text_of("id"), "verified").await;
    }
    sluice.verify().await;
}

/// Of 0003 the bank pays and returns the money short: that it does so shows to which account the money went.
#[tokio::test]
async fn r21_a_payee_that_is_removed_does_not_vanish_from_payouts_under_way() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "500.00", "USD").await;
    let second = sluice.second(&world, "[payouts]\nhold_above_usd = \"50.00\"\n").await;
    let payee = world.new_payee(merchant, "USD", "622200000003").await;
    let held = second.world.withdraw(merchant, &payee, "100.00", "USD", "USD").await;
    assert_eq!(held.json["payouts"][0]["status"], "held", "{held:?}");
    let lost = world.new_payee(merchant, "CNY", "6222020200000005").await;
    let unknown = world.withdraw(merchant, &lost, "40.00", "USD", "CNY").await;
    wait_for_payout(&world, merchant, &unknown, "unknown").await;

    for removed in [&payee, &lost] {
        assert_eq!(remove(&world, merchant, removed).await, 204);
        assert_eq!(remove(&world, merchant, removed).await, 404);
        assert_eq!(show(&world, merchant, removed).await.refusal(), (404, "not-found"));
    }
    for (order, ends) in [(&held, "****0003"), (&unknown, "****0005")] {
        let shown = world.withdrawal(merchant, order.text_of("id")).await;
        assert_eq!(shown.json["payee"]["account_number"], ends, "{shown:?}");
        assert_eq!(shown.json["payee"]["holder_name"], "H****", "{shown:?}");
    }
    for (removed, buy) in [(&payee, "USD"), (&lost, "CNY")] {
        let refused = world.withdraw(merchant, removed, "10.00", "USD", buy).await;
        assert_eq!(refused.refusal(), (404, "not-found"), "{refused:?}");
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "360.00");

    let payout = held.json["payouts"][0]["id"].as_str().unwrap();
    let why = json!({"reason": "asked the merchant"});
    let operator = world.operator("operator", 0);
    let released = world.act(operator, &format!("/admin/v1/payouts/{payout}/release"), &why).await;
    assert_eq!(released.status, 200, "{released:?}");
    // 100.00 less 0.3 % is 99.70; five units stay with the bank.
    let returned = world.wait_for(merchant, held.text_of("id"), "returned").await;
    assert_eq!(returned.json["payouts"][0]["returned_amount"], "94.70", "{returned:?}");
    assert_eq!(world.executions(&returned).await, 1);
    // Sent again it must be to a payee that is there.
    let retry = format!("/admin/v1/payouts/{payout}/retry");
    assert_eq!(world.act(operator, &retry, &why).await.refusal(), (404, "not-found"));
    let other = world.act(operator, &retry, &json!({"reason": "still", "payee_id": payee})).await;
    assert_eq!(other.refusal(), (404, "not-found"));
    let present = json!({"reason": "another account", "payee_id": merchant.payee("USD")});
    assert_eq!(world.act(operator, &retry, &present).await.status, 200);
    let paid = world.wait_for(merchant, held.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 2, "once to each");
    sluice.verify().await;
}

#[tokio::test]
async fn r21_r28_a_failed_exchange_is_sent_to_a_verified_payee_only() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let bad = world.new_payee(merchant, "CNY", "6222020200000001").await;
    let removed = world.new_payee(merchant, "CNY", "6222020200009999").await;
    let order = world.withdraw(merchant, &bad, "10.00", "USD", "CNY").await;
    world.wait_for(merchant, order.text_of("id"), "payee_action_required").await;
    assert_eq!(remove(&world, merchant, &removed).await, 204);
    let path = format!("/v1/withdrawals/{}/payee", order.text_of("id"));
    let to =
        async |payee: &str| world.order(merchant, &path, &unique("key"), &json!({"payee_id": payee})).await;
    assert_eq!(to(&removed).await.refusal(), (404, "not-found"));
    let slow = add(&world, merchant, yuan("6222020377770008")).await;
    assert_eq!(to(slow.text_of("id")).await.refusal(), (422, "payee-not-verified"));
    wait_until(&world, merchant, slow.text_of("id"), "verified").await;
    let sent = to(slow.text_of("id")).await;
    assert_eq!((sent.status, sent.text_of("status")), (200, "processing"), "{sent:?}");
    let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
    assert_eq!((world.executions(&paid).await, world.journal().await.len()), (1, 1));
    sluice.verify().await;
}

async fn wait_for_payout(world: &World, merchant: &Merchant, order: &Answer, status: &str) {
    let begun = Instant::now();
    loop {
        let shown = world.withdrawal(merchant, order.text_of("id")).await;
        if shown.json["payouts"][0]["status"] == status {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "not {status}: {shown:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
