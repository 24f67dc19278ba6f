//! Every refusal of quotes, payees, withdrawals, other payees and keys, provoked over HTTP: a refusal leaves no trace in
//! the book, and its key repeats it exactly where R22 says that it is stored.

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, unique};
use tokio_postgres::Client as Database;

/// Of dollars, 500.00 at once.
const LIMITS: &str =
    "[[limits.rules]]\nname = \"once\"\nscope = \"payout\"\nmost_usd = \"500.00\"\nsell = \"USD\"\n";
const WITHDRAWALS: &str = "/v1/withdrawals";
const NOBODYS_PAYEE: &str = "pye_0190b3c1d2e47f00b8a1c2d3e4f50607";

/// What a refusal must not change: transfers, seals and what hangs on them; balances; withdrawals and payouts.
async fn books(database: &Database) -> (i64, i64, Vec<u8>, String, i64, i64) {
    let sql = "SELECT (SELECT count(*) FROM transfers), (SELECT count(*) FROM seals),
                      (SELECT sha256(coalesce(string_agg(hash, ''::bytea ORDER BY chain), '')) FROM chain_heads),
                      (SELECT coalesce(sum(debits + credits), 0)::text FROM accounts),
                      (SELECT count(*) FROM withdrawals), (SELECT count(*) FROM payouts)";
    let row = database.query_one(sql, &[]).await.expect("the books");
    (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5))
}

fn market(payee: &str, amount: &str, sell: &str, buy: &str) -> Value {
    json!({"payee_id": payee, "sell_currency": sell, "sell_amount": amount, "buy_currency": buy})
}

/// One way to be refused.
struct Case {
    /// Where it is posted, and what.
    path: String,
    body: Value,
    /// Brings the cause about, and takes it away again; nothing where the request itself is the cause.
    cause: Option<(&'static str, &'static str)>,
    refusal: (u16, &'static str),
    /// R22: whether the key repeats it. Where it doesn't, the key is free once the cause is gone.
    stored: bool,
}

fn case(body: Value, refusal: (u16, &'static str), stored: bool) -> Case {
    Case { path: WITHDRAWALS.to_owned(), body, cause: None, refusal, stored }
}

impl Case {
    fn while_(self, cause: &'static str, mended: &'static str) -> Case {
        Case { cause: Some((cause, mended)), ..self }
    }

    fn at(self, path: String) -> Case {
        Case { path, ..self }
    }
}

async fn run(database: &Database, sql: &str) {
    database.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// Refused, without a trace; then once more with the same key, and with the cause gone where there is one to go.
async fn refused(world: &World, merchant: &Merchant, database: &Database, case: &Case) {
    let (key, about) = (unique("key"), format!("{} {}", case.path, case.body));
    if let Some((cause, _)) = case.cause {
        run(database, cause).await;
    }
    let before = books(database).await;
    let first = world.order(merchant, &case.path, &key, &case.body).await;
    assert_eq!(first.refusal(), case.refusal, "{about}: {first:?}");
    assert_eq!(first.text_of("type"), format!("/problems/{}", case.refusal.1), "{about}");
    assert_eq!(first.retry_after.is_some(), matches!(first.status, 429 | 503), "{about}");
    assert!(!first.replayed && !first.text_of("detail").is_empty(), "{about}: {first:?}");
    assert_eq!(books(database).await, before, "{about} left a trace");
    if let Some((_, mended)) = case.cause {
        run(database, mended).await;
    }
    let again = world.order(merchant, &case.path, &key, &case.body).await;
    if case.stored {
        assert_eq!((&again.text, again.replayed), (&first.text, true), "{about}: a refusal is an answer too");
        let other = if case.path == WITHDRAWALS {
            market(merchant.payee("CNY"), "1.23", "USD", "CNY")
        } else {
            json!({"payee_id": NOBODYS_PAYEE})
        };
        let other = world.order(merchant, &case.path, &key, &other).await;
        assert_eq!(other.refusal(), (422, "idempotency-key-reused"), "{about}: {other:?}");
        return;
    }
    let done = if case.cause.is_some() {
        again
    } else {
        assert_eq!((again.refusal(), again.replayed), (case.refusal, false), "{about}");
        let good = market(merchant.payee("CNY"), "1.00", "USD", "CNY");
        world.order(merchant, WITHDRAWALS, &key, &good).await
    };
    assert_eq!((done.status, done.replayed), (201, false), "{about}: the key is free: {done:?}");
    world.wait_for(merchant, done.text_of("id"), "paid").await;
}

/// A payee of this state, whoever's name it bears.
async fn payee_in(
    world: &World,
    merchant: &Merchant,
    database: &Database,
    number: &str,
    state: &str,
) -> String {
    let id = world.new_payee(merchant, "CNY", number).await;
    let uuid: uuid::Uuid = id.strip_prefix("pye_").expect("a payee").parse().expect("an id");
    let changed = database.execute("UPDATE payees SET state = $2 WHERE id = $1", &[&uuid, &state]).await;
    assert_eq!(changed.expect("a state"), 1);
    id
}

async fn quote(world: &World, merchant: &Merchant) -> String {
    let quote = world.quote(merchant, "1.00", "USD", "CNY").await;
    assert_eq!(quote.status, 201, "{quote:?}");
    quote.text_of("id").to_owned()
}

#[tokio::test]
async fn r22_every_refusal_of_a_withdrawal_leaves_no_trace_and_is_repeated_where_it_is_stored() {
    let (sluice, world) = Sluice::start_with(LIMITS).await;
    let (merchant, stranger) = (world.merchant(0), world.merchant(1));
    world.pay_in(merchant, "1000.00", "USD").await;
    let database = world.database().await;
    let cny = merchant.payee("CNY");
    let pending = payee_in(&world, merchant, &database, "62220000111111", "pending").await;
    let rejected = payee_in(&world, merchant, &database, "62220000222222", "rejected").await;
    let (open, used, expiring) =
        (quote(&world, merchant).await, quote(&world, merchant).await, quote(&world, merchant).await);
    let taken = json!({"payee_id": cny, "quote_id": used});
    let paid = world.order(merchant, WITHDRAWALS, &unique("key"), &taken).await;
    assert_eq!(paid.status, 201, "{paid:?}");
    world.wait_for(merchant, paid.text_of("id"), "paid").await;
    let other_payee = format!("{WITHDRAWALS}/{}/payee", paid.text_of("id"));
    let by = |quote: &str| json!({"payee_id": cny, "quote_id": quote});
    let one = || market(cny, "1.00", "USD", "CNY");
    let nobodys_quote = "qt_0190b3c1d2e47f00b8a1c2d3e4f50607";

    let state = |state: &'static str| -> (&'static str, &'static str) {
        let back = "UPDATE merchants SET state = 'active', state_before_freeze = NULL";
        match state {
            "frozen" => ("UPDATE merchants SET state = 'frozen', state_before_freeze = 'active'", back),
            "restricted" => ("UPDATE merchants SET state = 'restricted'", back),
            "pending" => ("UPDATE merchants SET state = 'pending'", back),
            _ => ("UPDATE merchants SET state = 'closed'", back),
        }
    };
    let during = |case: Case, (cause, mended): (&'static str, &'static str)| case.while_(cause, mended);
    // The bank repeats its rates every minute: keep its newer ones out.
    let old_rates = (
        "REVOKE INSERT ON rates FROM sluice_runtime; UPDATE current_rates SET as_of = now() - interval '16 minutes'",
        "UPDATE current_rates SET as_of = now(); GRANT INSERT ON rates TO sluice_runtime",
    );
    let cases = [
        // Decided inside the transaction: stored.
        during(case(one(), (403, "merchant-frozen"), true), state("frozen")),
        during(case(one(), (403, "merchant-restricted"), true), state("restricted")),
        during(case(one(), (403, "forbidden"), true), state("pending")),
        case(market(cny, "499.00", "EUR", "CNY"), (422, "insufficient-funds"), true),
        case(market(cny, "500.01", "USD", "CNY"), (422, "limit-exceeded"), true),
        case(market(cny, "1.00", "USD", "EUR"), (422, "unsupported-corridor"), true),
        case(market(&pending, "1.00", "USD", "CNY"), (422, "payee-not-verified"), true),
        case(market(&rejected, "1.00", "USD", "CNY"), (422, "payee-holder-mismatch"), true),
        case(market(stranger.payee("CNY"), "1.00", "USD", "CNY"), (404, "not-found"), true),
        case(market(NOBODYS_PAYEE, "1.00", "USD", "CNY"), (404, "not-found"), true),
        case(by(nobodys_quote), (404, "not-found"), true),
        case(by(&used), (409, "quote-used"), true),
        case(by(&expiring), (409, "quote-expired"), true).while_(
            "UPDATE quotes SET expires_at = now() - interval '1 second' WHERE withdrawal IS NULL",
            "UPDATE quotes SET expires_at = now() + interval '1 hour' WHERE withdrawal IS NULL",
        ),
        case(json!({"payee_id": cny}), (409, "illegal-transition"), true).at(other_payee.clone()),
        case(json!({"payee_id": stranger.payee("CNY")}), (404, "not-found"), true).at(other_payee.clone()),
        case(json!({"payee_id": pending}), (422, "payee-not-verified"), true).at(other_payee.clone()),
        case(json!({"payee_id": rejected}), (422, "payee-holder-mismatch"), true).at(other_payee.clone()),
        // Not stored: the caller mends it, or comes again, under the same key.
        during(case(one(), (503, "rate-unavailable"), false), old_rates),
        during(case(one(), (403, "merchant-closed"), false), state("closed")),
        case(one(), (403, "user-frozen"), false)
            .while_("UPDATE users SET state = 'frozen'", "UPDATE users SET state = 'active'"),
        case(market(merchant.payee("USD"), "1.00", "USD", "CNY"), (422, "invalid-request"), false),
        case(market(cny, "0.01", "USD", "CNY"), (422, "invalid-request"), false),
        case(
            json!({"payee_id": cny, "quote_id": open, "sell_amount": "1.00"}),
            (422, "invalid-request"),
            false,
        ),
        case(json!({"payee_id": cny, "surprise": 1}), (422, "invalid-request"), false),
        case(market("pye_1", "1.00", "USD", "CNY"), (404, "not-found"), false),
        case(json!({"payee_id": merchant.payee("USD")}), (422, "invalid-request"), false).at(other_payee),
    ];
    for case in &cases {
        refused(&world, merchant, &database, case).await;
    }
    // A quote that a refused withdrawal named is as open as before (R17).
    let done = world.order(merchant, WITHDRAWALS, &unique("key"), &by(&open)).await;
    assert_eq!(done.status, 201, "{done:?}");
    sluice.verify().await;
}

/// One request with headers and bytes of its own.
async fn raw(world: &World, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> Answer {
    world.public().send(hyper::Method::POST, path, headers, bytes::Bytes::copy_from_slice(body)).await
}

type Header = (&'static str, String);

#[tokio::test]
async fn r22_what_is_refused_before_it_is_understood_leaves_the_key_free() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "10.00", "USD").await;
    let database = world.database().await;
    let before = books(&database).await;
    let bearer = ("authorization", format!("Bearer {}", merchant.api_key));
    let (json_type, key) = (("content-type", "application/json".to_owned()), unique("key"));
    let good = market(merchant.payee("CNY"), "1.00", "USD", "CNY").to_string();
    let keyed = |key: &str| ("idempotency-key", key.to_owned());
    let cases: [(&[Header], &str, (u16, &str)); 5] = [
        (&[json_type.clone(), keyed(&key)], &good, (401, "unauthenticated")),
        (&[bearer.clone(), json_type.clone(), keyed(&key)], "{\"payee_id\":", (400, "malformed-json")),
        (
            &[bearer.clone(), ("content-type", "text/plain".to_owned()), keyed(&key)],
            &good,
            (415, "unsupported-media-type"),
        ),
        (&[bearer.clone(), json_type.clone(), keyed(&key)], "{\"payee_id\":1}", (422, "invalid-request")),
        (&[bearer.clone(), json_type.clone()], &good, (400, "idempotency-key-missing")),
    ];
    for (headers, body, refusal) in cases {
        let answer = raw(&world, WITHDRAWALS, headers, body.as_bytes()).await;
        assert_eq!(answer.refusal(), refusal, "{answer:?}");
    }
    // The refusal comes before the body is through, and is read nevertheless.
    let headers = [bearer.clone(), json_type.clone(), keyed(&key)];
    let answer = raw(&world, WITHDRAWALS, &headers, "x".repeat(200 << 10).as_bytes()).await;
    assert_eq!(answer.refusal(), (413, "body-too-large"), "{answer:?}");
    for bad in ["", "\"\"", "a b", "\"open", "\"a\";v=1", "\"a\", \"b\"", &"k".repeat(256)] {
        let headers = [bearer.clone(), json_type.clone(), keyed(bad)];
        let answer = raw(&world, WITHDRAWALS, &headers, good.as_bytes()).await;
        assert_eq!(answer.refusal(), (400, "idempotency-key-missing"), "{bad}: {answer:?}");
    }
    assert_eq!(books(&database).await, before);
    let headers = [bearer.clone(), json_type.clone(), keyed(&key)];
    let first = raw(&world, WITHDRAWALS, &headers, good.as_bytes()).await;
    assert_eq!((first.status, first.replayed), (201, false), "{first:?}");
    for same in [format!("\"{key}\""), key.clone()] {
        let again =
            raw(&world, WITHDRAWALS, &[bearer.clone(), json_type.clone(), keyed(&same)], good.as_bytes())
                .await;
        assert_eq!((&again.text, again.replayed), (&first.text, true), "{same}");
    }
    // The same key on another path, or for the same in other bytes, is another request.
    let spaced = raw(&world, WITHDRAWALS, &headers, format!("{good} ").as_bytes()).await;
    assert_eq!(spaced.refusal(), (422, "idempotency-key-reused"));
    let path = format!("{WITHDRAWALS}/{}/payee", first.text_of("id"));
    let elsewhere = world.order(merchant, &path, &key, &json!({"payee_id": merchant.payee("CNY")})).await;
    assert_eq!(elsewhere.refusal(), (422, "idempotency-key-reused"));
    sluice.verify().await;
}

#[tokio::test]
async fn r16_r21_every_refusal_of_quotes_and_payees() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, stranger) = (world.merchant(0), world.merchant(1));
    let database = world.database().await;
    let before = books(&database).await;
    let post =
        async |path: &str, body: &Value| world.public().post(&merchant.api_key, path, None, body).await;
    let sell = |sell: &str, buy: &str, amount: &str| json!({"sell_currency": sell, "buy_currency": buy, "sell_amount": amount});
    let quotes = [
        (sell("USD", "JPY", "1.00"), (422, "unsupported-corridor")),
        (sell("CNY", "EUR", "1.00"), (201, "")),
        (sell("USD", "XXX", "1.00"), (422, "invalid-request")),
        (sell("USD", "CNY", "0.00"), (422, "invalid-request")),
        (sell("USD", "CNY", "1.001"), (422, "invalid-request")),
        (sell("JPY", "CNY", "1.5"), (422, "invalid-request")),
        (sell("USD", "CNY", "0.01"), (422, "invalid-request")),
        (json!({"sell_currency": "USD", "buy_currency": "CNY"}), (422, "invalid-request")),
        (
            json!({"sell_currency": "USD", "buy_currency": "CNY", "sell_amount": "1.00", "lock_seconds": 29}),
            (422, "invalid-request"),
        ),
        (
            json!({"sell_currency": "USD", "buy_currency": "CNY", "sell_amount": "1.00", "more": 1}),
            (422, "invalid-request"),
        ),
    ];
    for (body, refusal) in &quotes {
        let answer = post("/v1/quotes", body).await;
        assert_eq!(answer.refusal(), *refusal, "{body}: {answer:?}");
    }
    run(&database, "REVOKE INSERT ON rates FROM sluice_runtime; UPDATE current_rates SET as_of = now() - interval '1 hour'")
        .await;
    let old = post("/v1/quotes", &sell("USD", "CNY", "1.00")).await;
    assert_eq!((old.refusal(), old.retry_after), ((503, "rate-unavailable"), Some(1)));
    run(&database, "UPDATE current_rates SET as_of = now(); GRANT INSERT ON rates TO sluice_runtime").await;
    assert_eq!(post("/v1/quotes", &sell("USD", "CNY", "1.00")).await.status, 201);

    let payee = |member: &str, value: &str| {
        let mut body = json!({"holder_name": merchant.name, "country": "CN", "currency": "CNY",
            "account_number": "62220000123456", "bank_code": "102100099996", "bank_name": "A bank"});
        body[member] = json!(value);
        body
    };
    for (member, value) in
        [("holder_name", ""), ("country", "China"), ("currency", "YUAN"), ("account_number", "")]
    {
        let answer = post("/v1/payees", &payee(member, value)).await;
        assert_eq!(answer.refusal(), (422, "invalid-request"), "{member}: {answer:?}");
        assert_eq!(answer.json["errors"][0]["field"], member, "{answer:?}");
    }
    let other = post("/v1/payees", &payee("holder_name", "Somebody Else")).await;
    assert_eq!((other.status, other.text_of("status")), (201, "rejected"), "{other:?}");
    for path in [
        format!("/v1/payees/{}", stranger.payee("CNY")),
        "/v1/payees/pye_0".to_owned(),
        "/v1/quotes/qt_0190b3c1d2e47f00b8a1c2d3e4f50607".to_owned(),
    ] {
        assert_eq!(
            world.public().get(&merchant.api_key, &path).await.refusal(),
            (404, "not-found"),
            "{path}"
        );
    }
    let answer = world.public().get(&merchant.api_key, "/v1/quotes").await;
    assert_eq!(answer.refusal(), (405, "method-not-allowed"), "{answer:?}");
    assert_eq!(books(&database).await, before, "nothing of this moves money");
    sluice.verify().await;
}
