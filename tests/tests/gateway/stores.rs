//! Stores, receiving accounts and orders as merchants keep them, and what becomes of the money that waits for them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use hyper::Method;
use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, funds, unique};

async fn post(world: &World, merchant: &Merchant, path: &str, body: &Value) -> Answer {
    world.public().post(&merchant.api_key, path, None, body).await
}

async fn created(world: &World, merchant: &Merchant, path: &str, body: &Value) -> Answer {
    let answer = post(world, merchant, path, body).await;
    assert!(matches!(answer.status, 200 | 201), "{path}: {answer:?}");
    answer
}

async fn store(world: &World, merchant: &Merchant, platform: &str, site: &str, name: &str) -> String {
    let body = json!({"platform": platform, "site": site, "name": name});
    created(world, merchant, "/v1/stores", &body).await.text_of("id").to_owned()
}

async fn authorize(world: &World, merchant: &Merchant, store: &str) {
    let path = format!("/v1/stores/{store}/authorization");
    let answer = created(world, merchant, &path, &json!({"valid_until": in_a_year()})).await;
    assert_eq!(answer.text_of("status"), "authorized");
}

fn in_a_year() -> String {
    (time::OffsetDateTime::now_utc() + time::Duration::days(365)).date().to_string()
}

async fn csv(world: &World, merchant: &Merchant, store: &str, text: &str) -> Answer {
    let headers =
        [("authorization", format!("Bearer {}", merchant.api_key)), ("content-type", "text/csv".to_owned())];
    let path = format!("/v1/stores/{store}/orders");
    world.public().send(Method::POST, &path, &headers, text.to_owned().into()).await
}

fn fields(answer: &Answer) -> Vec<&str> {
    let errors = answer.json["errors"].as_array().expect("errors");
    errors.iter().map(|error| error["field"].as_str().expect("a field")).collect()
}

/// A store of the merchant's, authorised, and the number of an account that it serves.
async fn store_with_account(world: &World, merchant: &Merchant) -> (String, String) {
    let store = store(world, merchant, "amazon", "US", &unique("Lamps")).await;
    authorize(world, merchant, &store).await;
    let body = json!({"currency": "USD", "store_ids": [store]});
    let account = created(world, merchant, "/v1/receiving-accounts", &body).await;
    (store, account.text_of("number").to_owned())
}

/// A file of so many orders of this amount, whose ids begin with `name`.
fn file(name: &str, orders: usize, amount: &str) -> String {
    let header = "order_id,amount,currency,ordered_at\n".to_owned();
    let line = |at: usize| format!("{name}-{at},{amount},USD,2026-11-01T00:00:00Z\n");
    std::iter::once(header).chain((0..orders).map(line)).collect()
}

/// Money from the store's platform; the answer and the payment.
async fn pay(world: &World, number: &str, amount: &str) -> (Answer, String) {
    let body = funds(&unique("REF"), number, amount, "USD", "AMAZON PAYMENTS INC");
    let answer = world.event(&unique("evt"), &body).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap_or_default().to_owned();
    (answer, payment)
}

async fn waits_for(world: &World, payment: &str, reason: &str) {
    world
        .wait_for_row("/admin/v1/payments?status=in_review&limit=200", |row| {
            row["id"] == payment && row["reason"] == reason
        })
        .await;
}

async fn is_credited(world: &World, payment: &str) {
    world.wait_for_row("/admin/v1/payments?status=credited&limit=200", |row| row["id"] == payment).await;
}

#[tokio::test]
async fn r7_r13_money_waits_for_store_authorisation_and_orders_and_then_comes_by_itself() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let account = created(&world, merchant, "/v1/receiving-accounts", &json!({"currency": "USD"})).await;
    let number = account.text_of("number").to_owned();
    let pay = async |amount: &str| {
        let body = funds(&unique("REF"), &number, amount, "USD", "AMAZON PAYMENTS INC");
        let answer = world.event(&unique("evt"), &body).await;
        (answer.outcome().1.to_owned(), answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned())
    };
    let (reason, payment) = pay("100.00").await;
    assert_eq!(reason, "unlinked_store", "known, but nobody's store yet (R13)");
    let before = world.balance(merchant, "USD", "available").await;

    let lamps = store(&world, merchant, "amazon", "US", "Lamps").await;
    let path = format!("/v1/receiving-accounts/{}/stores", account.text_of("id"));
    let linked = created(&world, merchant, &path, &json!({"store_id": lamps})).await;
    assert_eq!(linked.json["store_ids"], json!([lamps]));
    waits_for(&world, &payment, "store_authorization_lapsed").await;
    authorize(&world, merchant, &lamps).await;
    waits_for(&world, &payment, "orders_do_not_cover").await;

    let orders = |id: &str, amount: &str| json!({"orders": [{"order_id": id, "amount": amount, "currency": "USD", "ordered_at": "2026-11-01T00:00:00Z"}]});
    let path = format!("/v1/stores/{lamps}/orders");
    let imported = created(&world, merchant, &path, &orders("A-1", "60.00")).await;
    assert_eq!(imported.json, json!({"imported": 1, "unchanged": 0}));
    waits_for(&world, &payment, "orders_do_not_cover").await;
    assert_eq!(world.balance(merchant, "USD", "available").await, before, "60.00 don't cover 100.00");
    let file = "order_id,amount,currency,ordered_at\nA-1,60.00,USD,2026-11-01T00:00:00Z\nA-2,45.00,USD,2026-11-02T00:00:00Z\n";
    let imported = csv(&world, merchant, &lamps, file).await;
    assert_eq!((imported.status, &imported.json), (200, &json!({"imported": 1, "unchanged": 1})));
    is_credited(&world, &payment).await;
    assert_eq!(world.balance(merchant, "USD", "available").await, "100.00");
    let listed = world.public().get(&merchant.api_key, &path).await;
    let covered: Vec<_> =
        listed.json["data"].as_array().unwrap().iter().map(|row| row["covered_amount"].clone()).collect();
    assert_eq!(covered, [json!("60.00"), json!("40.00")], "the oldest order first");

    let headers = [("authorization", format!("Bearer {}", merchant.api_key))];
    let path = format!("/v1/stores/{lamps}/authorization");
    let withdrawn = world.public().send(Method::DELETE, &path, &headers, Default::default()).await;
    assert_eq!((withdrawn.status, withdrawn.text_of("status")), (200, "unauthorized"));
    let (reason, late) = pay("5.00").await;
    assert_eq!(reason, "store_authorization_lapsed");
    authorize(&world, merchant, &lamps).await;
    is_credited(&world, &late).await;
    assert_eq!(world.balance(merchant, "USD", "available").await, "105.00");
    assert_eq!(pay("0.01").await.0, "orders_do_not_cover", "every order is used up");
    sluice.verify().await;
}

#[tokio::test]
async fn r15_paypal_money_needs_its_ebay_stores_and_their_orders() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(1);
    let paypal = store(&world, merchant, "paypal", "CN", "Chairs").await;
    authorize(&world, merchant, &paypal).await;
    let body = json!({"currency": "GBP", "store_ids": [paypal]});
    let account = created(&world, merchant, "/v1/receiving-accounts", &body).await;
    let money = funds(&unique("REF"), account.text_of("number"), "30.00", "GBP", "PAYPAL INC");
    let answer = world.event(&unique("evt"), &money).await;
    assert_eq!(answer.outcome(), ("in_review", "unlinked_store"));
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();

    let ebay = store(&world, merchant, "ebay", "UK", "Chairs").await;
    let file = "order_id,amount,currency,ordered_at\nE-1,30.00,GBP,2026-11-01T00:00:00Z\n";
    assert_eq!(csv(&world, merchant, &ebay, file).await.status, 200);
    let path = format!("/v1/stores/{paypal}/links");
    let amazon = store(&world, merchant, "amazon", "UK", "Chairs").await;
    let strangers = store(&world, world.merchant(0), "ebay", "UK", "Other").await;
    for wrong in [&amazon, &strangers, &"sto_1".to_owned()] {
        let refused = post(&world, merchant, &path, &json!({"ebay_store_id": wrong})).await;
        assert_eq!((refused.refusal(), fields(&refused)), ((422, "invalid-request"), vec!["ebay_store_id"]));
    }
    let refused =
        post(&world, merchant, &format!("/v1/stores/{amazon}/links"), &json!({"ebay_store_id": ebay})).await;
    assert_eq!(refused.refusal(), (422, "invalid-request"), "only PayPal accounts are linked");
    let linked = created(&world, merchant, &path, &json!({"ebay_store_id": ebay})).await;
    assert_eq!(linked.json["ebay_store_ids"], json!([ebay]));
    let again = created(&world, merchant, &path, &json!({"ebay_store_id": ebay})).await;
    assert_eq!(again.json, linked.json, "linking twice is linking once");
    is_credited(&world, &payment).await;
    assert_eq!(world.balance(merchant, "GBP", "available").await, "30.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r11_r12_r14_what_one_account_may_serve() {
    let (_sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let us = store(&world, merchant, "amazon", "US", "Lamps").await;
    let ca = store(&world, merchant, "amazon", "CA", "Lamps").await;
    let de = store(&world, merchant, "amazon", "DE", "Lamps").await;
    let chairs_us = store(&world, merchant, "amazon", "US", "Chairs").await;
    let chairs_mx = store(&world, merchant, "amazon", "MX", "Chairs").await;
    let body = json!({"platform": "amazon", "site": "US", "name": "Lamps"});
    let again = post(&world, merchant, "/v1/stores", &body).await;
    assert_eq!((again.status, again.text_of("id")), (200, us.as_str()), "one shop at one site is one store");

    let body = json!({"currency": "USD", "store_ids": [us, ca]});
    let account = created(&world, merchant, "/v1/receiving-accounts", &body).await;
    assert_eq!(account.text_of("jurisdiction"), "north_america");
    assert_eq!(account.text_of("contracting_entity"), "Sluice Demo Inc");
    let path = format!("/v1/receiving-accounts/{}/stores", account.text_of("id"));
    for (store, words) in [
        (&chairs_us, "this site of another store"),
        (&chairs_mx, "another shop"),
        (&de, "not served by accounts in this currency"),
    ] {
        let refused = post(&world, merchant, &path, &json!({"store_id": store})).await;
        assert_eq!((refused.refusal(), fields(&refused)), ((422, "invalid-request"), vec!["store_id"]));
        assert!(refused.text.contains(words), "{words}: {refused:?}");
    }
    let body = json!({"currency": "USD", "store_ids": [us, chairs_us]});
    let refused = post(&world, merchant, "/v1/receiving-accounts", &body).await;
    assert_eq!(fields(&refused), ["store_ids[1]"]);

    for (currency, jurisdiction) in [("EUR", "europe"), ("GBP", "europe"), ("JPY", "japan")] {
        let body = json!({"currency": currency});
        let account = created(&world, merchant, "/v1/receiving-accounts", &body).await;
        assert_eq!(account.text_of("jurisdiction"), jurisdiction);
    }
    let refused = post(&world, merchant, "/v1/receiving-accounts", &json!({"currency": "CNY"})).await;
    assert_eq!(refused.refusal(), (422, "unsupported-corridor"));

    let stranger = world.merchant(1);
    let refused = post(&world, stranger, &path, &json!({"store_id": us})).await;
    assert_eq!(refused.refusal(), (404, "not-found"), "another merchant's account");
    let body = json!({"currency": "USD", "store_ids": [us]});
    let refused = post(&world, stranger, "/v1/receiving-accounts", &body).await;
    assert_eq!(refused.refusal(), (422, "invalid-request"), "another merchant's store");
    let refused = world.public().get(&stranger.api_key, &format!("/v1/stores/{us}")).await;
    assert_eq!(refused.refusal(), (404, "not-found"));
}

#[tokio::test]
async fn account_numbers_are_never_given_twice() {
    let (mut sluice, world) = Sluice::start().await;
    let body = json!({"currency": "EUR"});
    let issue = |at: usize| {
        let (world, body) = (&world, &body);
        async move {
            let merchant = world.merchant(at % 2);
            created(world, merchant, "/v1/receiving-accounts", body).await.text_of("number").to_owned()
        }
    };
    let mut numbers: Vec<String> = join_all((0..20).map(issue)).await;
    sluice.kill().await;
    let world = sluice.launch().await;
    let account = created(&world, world.merchant(0), "/v1/receiving-accounts", &body).await;
    numbers.push(account.text_of("number").to_owned());
    let different: BTreeSet<&String> = numbers.iter().collect();
    assert_eq!(different.len(), 21, "{numbers:?}");
    let listed = world.public().get(&world.merchant(0).api_key, "/v1/receiving-accounts?limit=200").await;
    let rows = listed.json["data"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["number"] == account.json["number"]), "{listed:?}");
}

#[tokio::test]
async fn an_order_file_with_bad_lines_is_refused_whole_and_names_each() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let lamps = store(&world, merchant, "amazon", "US", "Lamps").await;
    let path = format!("/v1/stores/{lamps}/orders");
    let header = "order_id,amount,currency,ordered_at\n";
    let at = "2026-11-01T00:00:00Z";
    let file = format!("{header}A,1.00,USD,{at}\nB,1.001,USD,{at}\nC,1.00,USD,soon\n,2.00,XXX,{at}\n");
    let refused = csv(&world, merchant, &lamps, &file).await;
    assert_eq!(refused.refusal(), (422, "invalid-request"));
    assert_eq!(
        fields(&refused),
        ["line 3: amount", "line 4: ordered_at", "line 5: order_id", "line 5: currency"]
    );
    let body = json!({"orders": [
        {"order_id": "A", "amount": "1.00", "currency": "USD", "ordered_at": at},
        {"order_id": "B", "amount": 1, "currency": "USD", "ordered_at": at},
        {"order_id": "C", "amount": "1.00", "ordered_at": at, "color": "red", "currency": "USD"},
        {"order_id": "D", "amount": "100.5", "currency": "JPY", "ordered_at": at},
    ]});
    let refused = post(&world, merchant, &path, &body).await;
    assert_eq!(refused.refusal(), (422, "invalid-request"));
    assert_eq!(fields(&refused), ["orders[1].amount", "orders[2].color", "orders[3].amount"]);
    let listed = world.public().get(&merchant.api_key, &path).await;
    assert_eq!(listed.json["data"], json!([]), "nothing of either was imported");

    let good = format!("{header}A,1.00,USD,{at}\nB,2.00,USD,{at}\n");
    let both = join_all([csv(&world, merchant, &lamps, &good), csv(&world, merchant, &lamps, &good)]).await;
    let imported: i64 = both.iter().map(|answer| answer.json["imported"].as_i64().unwrap()).sum();
    assert_eq!(imported, 2, "twice at once imports once: {both:?}");
    let other = format!("{header}A,1.00,USD,{at}\nB,2.01,USD,{at}\nC,1.00,USD,{at}\n");
    assert_eq!(fields(&csv(&world, merchant, &lamps, &other).await), ["line 3: order_id"]);
    let listed = world.public().get(&merchant.api_key, &path).await;
    assert_eq!(listed.json["data"].as_array().unwrap().len(), 2);

    let many: String =
        std::iter::once(header.to_owned()).chain((0..10_001).map(|n| format!("N{n},1,USD,{at}\n"))).collect();
    assert_eq!(fields(&csv(&world, merchant, &lamps, &many).await), ["line 10002"]);
    assert_eq!(csv(&world, world.merchant(1), &lamps, &good).await.refusal(), (404, "not-found"));
    assert_eq!(csv(&world, merchant, &lamps, header).await.refusal(), (422, "invalid-request"));
    let token = ("authorization", format!("Bearer {}", merchant.api_key));
    for (kind, text, expected) in [
        ("text/plain", good.as_str(), (415, "unsupported-media-type")),
        ("application/json", "{\"orders\":[", (400, "malformed-json")),
        ("application/json", "{\"orders\":[],\"orders\":[]}", (422, "invalid-request")),
    ] {
        let headers = [token.clone(), ("content-type", kind.to_owned())];
        let answer = world.public().send(Method::POST, &path, &headers, text.to_owned().into()).await;
        assert_eq!(answer.refusal(), expected, "{kind}");
    }
    sluice.verify().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_store_is_named() {
    let (_sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let body = json!({"platform": "bazaar", "site": "usa", "name": " x"});
    let refused = post(&world, merchant, "/v1/stores", &body).await;
    assert_eq!(
        (refused.refusal(), fields(&refused)),
        ((422, "invalid-request"), vec!["platform", "site", "name"])
    );
    let lamps = store(&world, merchant, "amazon", "US", "Lamps").await;
    let path = format!("/v1/stores/{lamps}/authorization");
    for wrong in ["yesterday", "2020-01-01", "2099-01-01"] {
        let refused = post(&world, merchant, &path, &json!({"valid_until": wrong})).await;
        assert_eq!((refused.refusal(), fields(&refused)), ((422, "invalid-request"), vec!["valid_until"]));
    }
    let refused = post(&world, world.merchant(1), &path, &json!({"valid_until": in_a_year()})).await;
    assert_eq!(refused.refusal(), (404, "not-found"));
    let stored = world.public().get(&merchant.api_key, &format!("/v1/stores/{lamps}")).await;
    assert_eq!(stored.text_of("status"), "unauthorized", "no refusal has changed anything");
}

#[tokio::test]
async fn r6_a_merchant_that_brings_the_most_there_may_be_takes_nobody_elses_room() {
    let (sluice, world) = Sluice::start().await;
    let (greedy, other) = (world.merchant(0), world.merchant(1));
    let (lamps, number) = store_with_account(&world, greedy).await;
    let (shop, others_number) = store_with_account(&world, other).await;
    let too_large = csv(&world, greedy, &lamps, &file("L", 1, "1000000000.01")).await;
    assert_eq!((too_large.refusal(), fields(&too_large)), ((422, "invalid-request"), vec!["line 2: amount"]));
    assert_eq!(csv(&world, greedy, &lamps, &file("A", 100, "1000000000.00")).await.status, 200);
    for _ in 0..2 {
        let refused = csv(&world, greedy, &lamps, &file("B", 2, "10.00")).await;
        assert_eq!(refused.refusal(), (422, "limit-exceeded"), "each time, and never an error: {refused:?}");
    }
    assert_eq!(csv(&world, other, &shop, &file("A", 1, "25.00")).await.status, 200);
    assert_eq!(pay(&world, &others_number, "25.00").await.0.outcome().0, "credited");
    // What payments use makes room.
    assert_eq!(pay(&world, &number, "20.00").await.0.outcome().0, "credited");
    assert_eq!(csv(&world, greedy, &lamps, &file("B", 2, "10.00")).await.json["imported"], 2);
    sluice.verify().await;
}

#[tokio::test]
async fn r6_r7_a_payment_that_needs_too_many_orders_is_reviewed_until_fewer_cover_it() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (lamps, number) = store_with_account(&world, merchant).await;
    for (name, orders) in [("A", 10_000), ("B", 10_000)] {
        assert_eq!(csv(&world, merchant, &lamps, &file(name, orders, "0.01")).await.status, 200);
    }
    let (answer, payment) = pay(&world, &number, "100.01").await;
    assert_eq!(answer.outcome(), ("in_review", "orders_do_not_cover"), "10,001 orders would");
    let (answer, more) = pay(&world, &number, "200.01").await;
    assert_eq!(answer.outcome(), ("in_review", "orders_do_not_cover"), "more than there is");
    let order = "order_id,amount,currency,ordered_at\nOLD,50.00,USD,2026-10-01T00:00:00Z\n";
    assert_eq!(csv(&world, merchant, &lamps, order).await.status, 200);
    is_credited(&world, &payment).await;
    assert_eq!(world.balance(merchant, "USD", "available").await, "100.01");
    waits_for(&world, &more, "orders_do_not_cover").await;
    assert_eq!(
        pay(&world, &number, "50.00").await.0.outcome().0,
        "credited",
        "what came before stands in no one's way"
    );
    sluice.verify().await;
}

#[tokio::test]
async fn r6_r31_a_flood_of_orders_stops_neither_banks_nor_other_merchants() {
    let (sluice, world) = Sluice::start().await;
    let (flooding, other) = (world.merchant(0), world.merchant(1));
    let (lamps, number) = store_with_account(&world, flooding).await;
    let (shop, _) = store_with_account(&world, other).await;
    assert_eq!(csv(&world, flooding, &lamps, &file("OLD", 1, "100.00")).await.status, 200);
    let flood = join_all((0..24).map(|at| {
        let (world, lamps) = (&world, &lamps);
        async move { csv(world, flooding, lamps, &file(&format!("F{at}"), 10_000, "1.00")).await }
    }));
    let banks = async {
        let mut outcomes = Vec::new();
        for _ in 0..20 {
            let (answer, _) = pay(&world, &number, "1.00").await;
            outcomes.push((answer.status, answer.outcome().0.to_owned()));
        }
        outcomes
    };
    let others = async {
        let mut statuses = Vec::new();
        for at in 0..5 {
            statuses.push(csv(&world, other, &shop, &file(&format!("O{at}"), 3, "1.00")).await.status);
        }
        statuses
    };
    let (flood, banks, others) = tokio::join!(flood, banks, others);
    assert!(
        banks.iter().all(|(status, outcome)| (*status, outcome.as_str()) == (200, "credited")),
        "{banks:?}"
    );
    assert_eq!(others, [200; 5], "another merchant's orders");
    let (done, refused): (Vec<_>, Vec<_>) = flood.iter().partition(|answer| answer.status == 200);
    assert!(done.iter().all(|answer| answer.json["imported"] == 10_000));
    for answer in &refused {
        assert_eq!((answer.refusal(), answer.retry_after), ((503, "overloaded"), Some(1)));
    }
    assert!(!done.is_empty() && !refused.is_empty(), "{} done, {} refused", done.len(), refused.len());
    sluice.verify().await;
}
