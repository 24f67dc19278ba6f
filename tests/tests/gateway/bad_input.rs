//! Whatever is thrown at the door gets the contract's code, and nothing is lost or leaked.

use bytes::Bytes;
use hyper::Method;
use serde_json::json;
use tests::{Sluice, unique};

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn every_bad_request_gets_its_code_and_memory_stays_flat() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let bearer = ("authorization", format!("Bearer {}", merchant.api_key));
    let send = async |method: Method, path: &str, headers: &[(&'static str, String)], body: Vec<u8>| {
        let answer = world.public().try_send(method, path, headers, Bytes::from(body)).await;
        answer.map(|answer| (answer.status, answer.code().to_owned()))
    };
    let expect = |status: u16, code: &str| Some((status, code.to_owned()));
    let deep = vec![b'['; 15_000];
    let own = [bearer.clone()];
    let stranger = [("authorization", "Bearer sk_nonsense".to_owned())];
    let post = Method::POST;
    let cases = [
        (send(post.clone(), "/v1/quotes", &own, b"{".to_vec()).await, expect(400, "malformed-json")),
        (send(post.clone(), "/v1/quotes", &own, deep).await, expect(400, "malformed-json")),
        (send(post.clone(), "/v1/quotes", &own, b"[]".to_vec()).await, expect(422, "invalid-request")),
        (send(post.clone(), "/v1/quotes", &stranger, b"{}".to_vec()).await, expect(401, "unauthenticated")),
        (send(post.clone(), "/v1/quotes", &[], b"{}".to_vec()).await, expect(401, "unauthenticated")),
        (send(Method::PUT, "/v1/quotes", &own, b"{}".to_vec()).await, expect(405, "method-not-allowed")),
        (send(Method::GET, "/v1/nothing", &own, Vec::new()).await, expect(404, "not-found")),
        (send(Method::GET, "/v1/withdrawals/wd_0", &own, Vec::new()).await, expect(404, "not-found")),
        (
            send(Method::GET, "/v1/withdrawals?limit=0", &own, Vec::new()).await,
            expect(422, "invalid-request"),
        ),
        (
            send(Method::GET, "/v1/withdrawals?cursor=x", &own, Vec::new()).await,
            expect(422, "invalid-request"),
        ),
        (
            send(Method::GET, "/v1/withdrawals?status=x", &own, Vec::new()).await,
            expect(422, "invalid-request"),
        ),
        (send(Method::GET, "/admin/v1/overview", &own, Vec::new()).await, expect(404, "not-found")),
    ];
    for (index, (got, expected)) in cases.iter().enumerate() {
        assert_eq!(got, expected, "case {index}");
    }

    let before = resident_kib(sluice.pid());
    for _ in 0..10 {
        let body = vec![b'x'; 20 << 20];
        let headers = world.headers(&unique("evt"), b"x");
        // The refusal comes before the body is through, of which so much is not waited for: the connection may be closed on us.
        if let Some(answer) = world.raw_event(&headers, &body).await {
            assert_eq!(answer.refusal(), (413, "body-too-large"));
        }
        let nested = "[".repeat(100_000);
        assert_eq!(world.event(&unique("evt"), nested.as_bytes()).await.refusal(), (400, "malformed-json"));
    }
    let grown = resident_kib(sluice.pid()).saturating_sub(before);
    assert!(grown < 64 << 10, "memory grew by {grown} KiB over 200 MB of bad bodies");
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    sluice.verify().await;
}

/// An account number without quotes, an identity number where an object belongs: easily done, and nobody's business in an error, which
/// callers log.
#[tokio::test]
async fn r37_an_error_does_not_quote_what_was_sent() {
    const ACCOUNT: &str = "6222021234567890123";
    const IDENTITY: &str = "110105199001010029";
    const MOBILE: &str = "8613800001111";
    let (_sluice, world) = Sluice::start().await;
    let (public, admin) = (world.public(), world.admin());
    let (merchant, operator) = (world.merchant(0), &*world.operator("operator", 0).token);
    let number: u64 = ACCOUNT.parse().unwrap();
    let payee =
        |number: serde_json::Value| json!({"country": "CN", "currency": "CNY", "account_number": number});
    let person = |mobile: serde_json::Value, documents: serde_json::Value| {
        json!({"kind": "individual", "origin": "mainland", "name": "Wang Fang", "email": "wang@example.com",
            "mobile": mobile, "documents": documents, "reason": "came in"})
    };
    let mobile: u64 = MOBILE.parse().unwrap();
    for (client, token, path, body, field, expected) in [
        (
            public,
            &*merchant.api_key,
            "/v1/payees",
            payee(json!(number)),
            "account_number",
            "must be a string",
        ),
        (
            public,
            &*merchant.api_key,
            "/v1/payees",
            payee(json!([ACCOUNT])),
            "account_number",
            "must be a string",
        ),
        (public, &*merchant.api_key, "/v1/payees", json!({ACCOUNT: 1}), "", "has a field that is not known"),
        (
            admin,
            operator,
            "/admin/v1/merchants",
            person(json!(mobile), json!([])),
            "mobile",
            "must be a string",
        ),
        (
            admin,
            operator,
            "/admin/v1/merchants",
            person(json!(MOBILE), json!([IDENTITY])),
            "documents[0]",
            "must be an object",
        ),
    ] {
        let refused = client.post(token, path, Some(&unique("key")), &body).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{refused:?}");
        assert_eq!(refused.json["errors"], json!([{"field": field, "message": expected}]));
        for private in [ACCOUNT, IDENTITY, MOBILE] {
            assert!(!refused.text.contains(private), "{}", refused.text);
        }
    }
}

#[tokio::test]
async fn every_problem_has_a_page_and_the_contract_is_served() {
    let (_sluice, world) = Sluice::start().await;
    let get = async |path: &str| world.public().send(Method::GET, path, &[], Bytes::new()).await;
    let contract = get("/openapi.yaml").await;
    assert_eq!(contract.status, 200);
    assert!(contract.text.starts_with("openapi: 3.1"), "{:.60}", contract.text);
    let codes = [
        "idempotency-key-missing",
        "malformed-json",
        "malformed-xml",
        "unauthenticated",
        "bad-signature",
        "timestamp-out-of-tolerance",
        "forbidden",
        "merchant-frozen",
        "merchant-restricted",
        "merchant-closed",
        "user-frozen",
        "not-found",
        "method-not-allowed",
        "event-id-reused",
        "idempotency-in-progress",
        "quote-expired",
        "quote-used",
        "illegal-transition",
        "approval-required",
        "body-too-large",
        "unsupported-media-type",
        "invalid-request",
        "idempotency-key-reused",
        "insufficient-funds",
        "limit-exceeded",
        "payee-not-verified",
        "payee-holder-mismatch",
        "unsupported-corridor",
        "rate-limited",
        "rate-unavailable",
        "overloaded",
        "ledger-unavailable",
    ];
    for code in codes {
        let page = get(&format!("/problems/{code}")).await;
        assert!(page.status == 200 && page.text.len() > 200, "{code}: {page:?}");
    }
    assert_eq!(get("/problems/nonsense").await.refusal(), (404, "not-found"));
    let metrics = world.probe("/metrics").await;
    for name in
        ["sluice_http_requests_total", "sluice_lane_batch_size", "sluice_pool_connections", "sluice_payouts"]
    {
        assert!(metrics.contains(name), "{name}");
    }
    assert!(world.probe("/readyz").await.contains("200"));
    assert!(world.probe("/healthz").await.contains("200"));
}

#[tokio::test]
async fn r20_r37_restricted_closed_and_frozen_users_are_told_apart() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let (database, connection) =
        tokio_postgres::connect(world.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let withdraw = || world.withdraw(merchant, merchant.payee("CNY"), "1.00", "USD", "CNY");
    let set = async |sql: &str| database.batch_execute(sql).await.unwrap();
    set("UPDATE payees SET state = 'pending'").await;
    assert_eq!(withdraw().await.refusal(), (422, "payee-not-verified"));
    set("UPDATE payees SET state = 'verified'; UPDATE merchants SET state = 'restricted'").await;
    assert_eq!(withdraw().await.refusal(), (403, "merchant-restricted"));
    assert_eq!(world.pay_in(merchant, "1.00", "USD").await.outcome(), ("credited", ""));
    set("UPDATE merchants SET state = 'pending'").await;
    assert_eq!(withdraw().await.refusal(), (403, "forbidden"));
    assert_eq!(world.pay_in(merchant, "1.00", "USD").await.outcome(), ("in_review", "merchant_not_active"));
    set("UPDATE merchants SET state = 'closed'").await;
    assert_eq!(withdraw().await.refusal(), (403, "merchant-closed"));
    set("UPDATE merchants SET state = 'active'; UPDATE users SET state = 'frozen'").await;
    assert_eq!(withdraw().await.refusal(), (403, "user-frozen"));
    set("UPDATE users SET state = 'active'").await;

    // R7: the cause is gone, so the payment is matched again by itself.
    for _ in 0..400 {
        if world.balance(merchant, "USD", "available").await == "102.00" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "102.00");
    assert_eq!(world.balance(merchant, "USD", "in_review").await, "0.00");
    let media =
        [("authorization", format!("Bearer {}", merchant.api_key)), ("content-type", "text/plain".into())];
    let answer = world.public().send(Method::POST, "/v1/quotes", &media, json!({}).to_string().into()).await;
    assert_eq!(answer.refusal(), (415, "unsupported-media-type"));
    sluice.verify().await;
}
