//! Quotes and withdrawals, and every refusal on the way.

use futures_util::future::join_all;
use serde_json::json;
use tests::{Merchant, Sluice, World, unique};

async fn database(world: &World) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(world.database_url(), tokio_postgres::NoTls).await.expect("the database");
    tokio::spawn(connection);
    client
}

fn at_market(payee: &str, amount: &str) -> serde_json::Value {
    json!({"payee_id": payee, "sell_currency": "USD", "sell_amount": amount, "buy_currency": "CNY"})
}

/// By hand, at 7.1000 and a fee of 0.3 %: 1000.00 − 3.00 = 997.00; × 7.1 = 7078.70.
#[tokio::test]
async fn r17_r19_a_quote_fixes_everything_and_is_used_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "5000.00", "USD").await;
    let quote = world.quote(merchant, "1000.00", "USD", "CNY").await;
    assert_eq!((quote.status, quote.text_of("status")), (201, "open"), "{quote:?}");
    let figures =
        ["sell_amount", "fee", "net_amount", "buy_amount"].map(|name| quote.text_of(name).to_owned());
    assert_eq!(figures, ["1000.00", "3.00", "997.00", "7078.70"]);

    let body = json!({"payee_id": merchant.payee("CNY"), "quote_id": quote.text_of("id")});
    let keys: Vec<String> = (0..50).map(|_| unique("key")).collect();
    let answers = join_all(keys.iter().map(|key| world.order(merchant, "/v1/withdrawals", key, &body))).await;
    let used = answers.iter().filter(|answer| answer.refusal() == (409, "quote-used")).count();
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!((made.len(), used), (1, 49), "{answers:?}");
    let figures =
        ["sell_amount", "fee", "net_amount", "buy_amount"].map(|name| made[0].text_of(name).to_owned());
    assert_eq!(figures, ["1000.00", "3.00", "997.00", "7078.70"], "what was quoted is what is done");
    assert_eq!(world.balance(merchant, "USD", "available").await, "4000.00");

    let paid = world.wait_for(merchant, made[0].text_of("id"), "paid").await;
    assert_eq!(paid.json["payouts"][0]["amount_received"], "7078.70");
    assert_eq!(world.executions(&paid).await, 1);
    let quote = world.public().get(&merchant.api_key, &format!("/v1/quotes/{}", quote.text_of("id"))).await;
    assert_eq!(quote.text_of("status"), "used");
    sluice.verify().await;
}

#[tokio::test]
async fn r16_r17_old_rates_and_expired_quotes_are_refused() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "5000.00", "USD").await;
    let quote = world.quote(merchant, "10.00", "USD", "CNY").await;
    let database = database(&world).await;
    database.batch_execute("UPDATE quotes SET expires_at = now() - interval '1 second'").await.unwrap();
    let body = json!({"payee_id": merchant.payee("CNY"), "quote_id": quote.text_of("id")});
    let key = unique("key");
    let expired = world.order(merchant, "/v1/withdrawals", &key, &body).await;
    assert_eq!(expired.refusal(), (409, "quote-expired"));
    let again = world.order(merchant, "/v1/withdrawals", &key, &body).await;
    assert_eq!((again.text, again.replayed), (expired.text, true));

    // A quiet bank repeats its rates every minute: keep its newer ones out, and age the last.
    database
        .batch_execute(
            "UPDATE current_rates SET as_of = now() - interval '16 minutes';
             REVOKE INSERT ON rates FROM sluice_runtime",
        )
        .await
        .unwrap();
    let refused = world.quote(merchant, "10.00", "USD", "CNY").await;
    assert_eq!(refused.refusal(), (503, "rate-unavailable"), "never an old price");
    let key = unique("key");
    let order = at_market(merchant.payee("CNY"), "10.00");
    assert_eq!(
        world.order(merchant, "/v1/withdrawals", &key, &order).await.refusal(),
        (503, "rate-unavailable")
    );
    database.batch_execute("UPDATE current_rates SET as_of = now()").await.unwrap();
    let mended = world.order(merchant, "/v1/withdrawals", &key, &order).await;
    assert_eq!(mended.status, 201, "a 503 is not stored: the same key goes through later: {mended:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "4990.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r24_50_concurrent_withdrawals_of_a_tenth_of_the_balance_succeed_10_times() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(1);
    world.pay_in(merchant, "1000.00", "EUR").await;
    let payee = merchant.payee("CNY");
    let answers = join_all((0..50).map(|_| world.withdraw(merchant, payee, "100.00", "EUR", "CNY"))).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    let refused = answers.iter().filter(|answer| answer.refusal() == (422, "insufficient-funds")).count();
    assert_eq!((made.len(), refused), (10, 40), "{answers:?}");
    assert_eq!(world.balance(merchant, "EUR", "available").await, "0.00");
    for answer in made {
        let paid = world.wait_for(merchant, answer.text_of("id"), "paid").await;
        assert_eq!(world.executions(&paid).await, 1);
    }
    assert_eq!(world.journal().await.len(), 10, "the bank executed ten payouts and nothing else");
    assert_eq!(world.balance(merchant, "EUR", "in_transit").await, "0.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r22_same_key_same_answer_for_ever() {
    let (mut sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0).clone();
    world.pay_in(&merchant, "100.00", "USD").await;
    let path = "/v1/withdrawals";
    let body = at_market(merchant.payee("CNY"), "10.00");

    let keyless = world.public().post(&merchant.api_key, path, None, &body).await;
    assert_eq!(keyless.refusal(), (400, "idempotency-key-missing"));

    let key = unique("key");
    let first = world.order(&merchant, path, &key, &body).await;
    assert_eq!((first.status, first.replayed), (201, false));
    let quoted = format!("\"{key}\"");
    for same in [&key, &quoted] {
        let again = world.order(&merchant, path, same, &body).await;
        assert_eq!((again.text.as_str(), again.replayed), (first.text.as_str(), true), "bare and quoted");
    }
    let other = world.order(&merchant, path, &key, &at_market(merchant.payee("CNY"), "11.00")).await;
    assert_eq!(other.refusal(), (422, "idempotency-key-reused"));
    let theirs = world.merchant(1).clone();
    let scoped = world.order(&theirs, path, &key, &at_market(theirs.payee("CNY"), "10.00")).await;
    assert_eq!(scoped.refusal(), (422, "insufficient-funds"), "keys belong to a merchant");

    let poor = unique("key");
    let refused = world.order(&merchant, path, &poor, &at_market(merchant.payee("CNY"), "500.00")).await;
    assert_eq!(refused.refusal(), (422, "insufficient-funds"));
    world.pay_in(&merchant, "1000.00", "USD").await;
    let still = world.order(&merchant, path, &poor, &at_market(merchant.payee("CNY"), "500.00")).await;
    assert_eq!((still.text, still.replayed), (refused.text, true), "a refusal is an answer too");

    let reference = json!({"payee_id": merchant.payee("CNY"), "sell_currency": "USD", "sell_amount": "1.00",
        "buy_currency": "CNY", "client_reference": "INV-7"});
    assert_eq!(world.order(&merchant, path, &unique("key"), &reference).await.status, 201);
    let mended = unique("key");
    let taken = world.order(&merchant, path, &mended, &reference).await;
    assert_eq!(taken.refusal(), (422, "invalid-request"), "a reference is unique per merchant");
    let good = at_market(merchant.payee("CNY"), "1.00");
    assert_eq!(
        world.order(&merchant, path, &mended, &good).await.status,
        201,
        "an invalid request leaves the key free"
    );

    sluice.stop().await;
    let world = sluice.launch().await;
    let after = world.order(&merchant, path, &key, &body).await;
    assert_eq!((after.text, after.replayed), (first.text, true), "also after a restart");
    sluice.verify().await;
}

#[tokio::test]
async fn r22_a_key_that_is_being_worked_on_answers_409() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let mut database = database(&world).await;
    let block = database.transaction().await.unwrap();
    block.batch_execute("SELECT 1 FROM merchants FOR UPDATE").await.unwrap();
    let (key, body) = (unique("key"), at_market(merchant.payee("CNY"), "10.00"));
    let release = async {
        // Only when the first one waits in the database is it certainly under way.
        while block
            .query_one("SELECT count(*) FROM pg_locks WHERE NOT granted", &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
            == 0
        {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let second = world.order(merchant, "/v1/withdrawals", &key, &body).await;
        block.rollback().await.unwrap();
        second
    };
    let (first, second) = tokio::join!(world.order(merchant, "/v1/withdrawals", &key, &body), release);
    assert_eq!(second.refusal(), (409, "idempotency-in-progress"));
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "90.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r20_r21_every_refusal_of_a_withdrawal_leaves_no_trace() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, stranger) = (world.merchant(0), world.merchant(1));
    world.pay_in(merchant, "100.00", "USD").await;
    let holder = json!({"holder_name": "Somebody Else", "country": "CN", "currency": "CNY",
        "account_number": "62220000123456"});
    let rejected = world.public().post(&merchant.api_key, "/v1/payees", None, &holder).await;
    assert_eq!((rejected.status, rejected.text_of("status")), (201, "rejected"));
    let reordered = json!({"holder_name": "  LTD harbour   TRADING ", "country": "CN", "currency": "CNY",
        "account_number": "62220000123457"});
    let verified = world.public().post(&merchant.api_key, "/v1/payees", None, &reordered).await;
    assert_eq!(verified.text_of("status"), "verified", "case, spaces and word order don't matter");
    assert_eq!(verified.text_of("account_number"), "****3457");
    let removed = verified.text_of("id").to_owned();
    let delete = format!("/v1/payees/{removed}");
    let token = [("authorization", format!("Bearer {}", merchant.api_key))];
    let gone = world.public().send(hyper::Method::DELETE, &delete, &token, bytes::Bytes::new()).await;
    assert_eq!(gone.status, 204);

    let (cny, usd) = (merchant.payee("CNY"), merchant.payee("USD"));
    let market = |payee: &str, amount: &str, sell: &str, buy: &str| json!({"payee_id": payee, "sell_currency": sell, "sell_amount": amount, "buy_currency": buy});
    let cases = [
        (market(rejected.text_of("id"), "1.00", "USD", "CNY"), (422, "payee-holder-mismatch")),
        (market(&removed, "1.00", "USD", "CNY"), (404, "not-found")),
        (market(stranger.payee("CNY"), "1.00", "USD", "CNY"), (404, "not-found")),
        (market("pye_nonsense", "1.00", "USD", "CNY"), (404, "not-found")),
        (market(cny, "100.01", "USD", "CNY"), (422, "insufficient-funds")),
        (market(cny, "1.00", "USD", "EUR"), (422, "unsupported-corridor")),
        (market(usd, "1.00", "USD", "CNY"), (422, "invalid-request")),
        (market(cny, "0.01", "USD", "CNY"), (422, "invalid-request")),
        (market(cny, "1e3", "USD", "CNY"), (422, "invalid-request")),
        (market(cny, "-5", "USD", "CNY"), (422, "invalid-request")),
        (market(cny, "0.001", "USD", "CNY"), (422, "invalid-request")),
        (market(cny, "12345678901234567890", "USD", "CNY"), (422, "invalid-request")),
        (market(cny, "1", "XXX", "CNY"), (422, "invalid-request")),
        (json!({"payee_id": cny, "quote_id": "qt_0"}), (404, "not-found")),
        (json!({"payee_id": cny}), (422, "invalid-request")),
        (
            json!({"payee_id": cny, "sell_currency": "USD", "sell_amount": 1, "buy_currency": "CNY"}),
            (422, "invalid-request"),
        ),
        (json!({"payee_id": cny, "surprise": true}), (422, "invalid-request")),
    ];
    for (body, expected) in &cases {
        let answer = world.order(merchant, "/v1/withdrawals", &unique("key"), body).await;
        assert_eq!(answer.refusal(), *expected, "{body}: {answer:?}");
        assert_eq!(answer.text_of("type"), format!("/problems/{}", expected.1));
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "100.00");
    assert_eq!(world.journal().await, Vec::<String>::new());
    sluice.verify().await;
}

/// Whoever wants to take it back finds no way that is open to merchants.
#[tokio::test]
async fn r25_what_was_submitted_is_carried_out_whatever_the_merchant_tries() {
    use hyper::Method;
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let made = world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY").await;
    let path = format!("/v1/withdrawals/{}", made.text_of("id"));
    let token =
        [("authorization", format!("Bearer {}", merchant.api_key)), ("idempotency-key", unique("key"))];
    for method in [Method::DELETE, Method::PUT, Method::PATCH, Method::POST] {
        let answer = world.public().send(method.clone(), &path, &token, bytes::Bytes::new()).await;
        assert_eq!(answer.refusal(), (405, "method-not-allowed"), "{method}");
    }
    for further in ["/cancel", "/cancellation", "/refund", "/hold", "/refuse"] {
        let answer = world.order(merchant, &format!("{path}{further}"), &unique("key"), &json!({})).await;
        assert_eq!(answer.refusal(), (404, "not-found"), "{further}");
    }
    let elsewhere = json!({"payee_id": merchant.payee("CNY")});
    let answer = world.order(merchant, &format!("{path}/payee"), &unique("key"), &elsewhere).await;
    assert_eq!(answer.status, 409, "only what failed goes to another payee: {answer:?}");
    let paid = world.wait_for(merchant, made.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 1);
    assert_eq!(world.balance(merchant, "USD", "available").await, "90.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r42_statements_list_what_changed_the_balance() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    for _ in 0..3 {
        world.pay_in(merchant, "100.00", "USD").await;
    }
    world.pay_in(merchant, "50.00", "EUR").await;
    world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY").await;
    let read = async |query: &str| rows(&world, merchant, query).await;
    assert_eq!(read("").await.len(), 6, "four credits, a fee, a withdrawal");
    assert_eq!(read("?type=credit&currency=USD").await.len(), 3);
    assert_eq!(read("?type=fee").await[0]["amount"], "0.03");
    assert_eq!(read("?type=withdrawal").await[0]["amount"], "9.97");
    assert_eq!(read("?platform=amazon&site=DE").await.len(), 1, "the euro account collects for amazon DE");
    assert_eq!(read("?platform=ebay").await.len(), 0);
    assert_eq!(read("?from=2020-01-01&to=2020-01-02").await.len(), 0);

    let page = world.public().get(&merchant.api_key, "/v1/transactions?limit=4").await;
    assert_eq!(page.json["has_more"], true);
    let cursor = page.text_of("next_cursor").to_owned();
    let rest =
        world.public().get(&merchant.api_key, &format!("/v1/transactions?limit=4&cursor={cursor}")).await;
    assert_eq!((rest.json["data"].as_array().unwrap().len(), &rest.json["has_more"]), (2, &json!(false)));

    let headers =
        [("authorization", format!("Bearer {}", merchant.api_key)), ("accept", "text/csv".to_owned())];
    let csv =
        world.public().send(hyper::Method::GET, "/v1/transactions", &headers, bytes::Bytes::new()).await;
    assert_eq!(csv.text.lines().count(), 7, "{}", csv.text);
    sluice.verify().await;
}

async fn rows(world: &World, merchant: &Merchant, query: &str) -> Vec<serde_json::Value> {
    let answer = world.public().get(&merchant.api_key, &format!("/v1/transactions{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json["data"].as_array().unwrap().clone()
}
