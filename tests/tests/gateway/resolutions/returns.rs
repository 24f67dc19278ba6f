//! A payment in review goes back to its remitter, and the bank contradicts itself about that.

use serde_json::{Value, json};
use tests::{Answer, BankApart, Gate, Sluice, World, bank_url, unique, with_banks_apart};

use super::{paid_after_all, resolve, sum};

/// Money for an account that nobody knows, from a remitter whose account says what the bank does with a return.
async fn reviewed(world: &World, amount: &str, remitter: &str) -> String {
    let event = json!({"type": "funds.received", "data": {"reference": unique("REF"), "account_number": "9990001",
        "amount": amount, "currency": "USD", "value_date": "2026-11-23",
        "remitter": {"name": "SOMEBODY LTD", "account_number": remitter}}});
    let answer = world.event(&unique("evt"), event.to_string().as_bytes()).await;
    assert_eq!(answer.outcome(), ("in_review", "unknown_account"), "{answer:?}");
    answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned()
}

async fn decide(world: &World, payment: &str, what: &str) -> Answer {
    let path = format!("/admin/v1/payments/{payment}/{what}");
    world.act(world.operator("operator", 0), &path, &json!({"reason": "nobody's"})).await
}

/// The attempts to return a payment, in order: id and status.
async fn attempts(world: &World, payment: &str) -> Vec<(String, String)> {
    let id: uuid::Uuid = payment.strip_prefix("pay_").unwrap().parse().unwrap();
    let sql =
        "SELECT 'po_' || replace(id::text, '-', ''), status FROM payouts WHERE payment = $1 ORDER BY attempt";
    let rows = world.database().await.query(sql, &[&id]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Sends it back; the payout that does it.
async fn send_back(world: &World, payment: &str) -> String {
    let asked = decide(world, payment, "return").await;
    assert_eq!((asked.status, asked.text_of("status")), (200, "returning"), "{asked:?}");
    attempts(world, payment).await.pop().unwrap().0
}

/// Waits until the bank was asked in vain often enough.
async fn stuck(world: &World, payout: &str) {
    let stuck = |row: &Value| row["id"] == payout && row["needs_operator"] == true;
    world.wait_for_row("/admin/v1/payouts?status=unknown", stuck).await;
}

/// A first attempt that people find never executed.
async fn returned_in_vain(world: &World, payment: &str) -> String {
    let first = send_back(world, payment).await;
    stuck(world, &first).await;
    let done = resolve(world, &first, "not_paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("failed")), "{done:?}");
    assert_eq!(status(world, payment).await, "in_review");
    first
}

async fn status(world: &World, payment: &str) -> String {
    world.look(&format!("/admin/v1/payments/{payment}")).await.text_of("status").to_owned()
}

/// Suspense, clearing and nostro, in cents.
async fn book(world: &World) -> [i64; 3] {
    let [suspense, clearing, nostro] = ["suspense", "payout_clearing", "nostro"];
    let of = |kind: &str| format!("kind={kind}&currency=USD");
    [
        sum(world, &of(suspense)).await.abs(),
        sum(world, &of(clearing)).await.abs(),
        sum(world, &of(nostro)).await.abs(),
    ]
}

#[tokio::test]
async fn r29_beside_another_open_attempt_a_disputed_return_neither_ends_the_payment_nor_fails_it() {
    let (sluice, world) = Sluice::start().await;
    let (one, two) = (reviewed(&world, "10.00", "DE0005").await, reviewed(&world, "20.00", "DE0005").await);
    let twice_in_vain = async |payment: &str, amount: &str| {
        let first = returned_in_vain(&world, payment).await;
        let second = send_back(&world, payment).await;
        stuck(&world, &second).await;
        let late = paid_after_all(&world, &first, amount, "USD").await;
        assert_eq!(late.outcome(), ("applied", "disputed"), "{late:?}");
        (first, second)
    };
    let all: [(String, String); 2] =
        tokio::join!(twice_in_vain(&one, "10.00"), twice_in_vain(&two, "20.00")).into();
    let before = book(&world).await;
    assert_eq!(before, [0, 3_000, 3_000], "on their way back");

    // Executed, beside one that may be executed as well: people find out about that one first.
    for (first, _) in &all {
        let refused = resolve(&world, first, "paid").await;
        assert_eq!(refused.refusal(), (409, "illegal-transition"), "{refused:?}");
        assert!(refused.text.contains("another attempt to return the payment is open"), "{refused:?}");
    }
    assert_eq!(book(&world).await, before, "nothing is booked");

    // The first payment: the second attempt was not executed, so the first one was.
    let (first, second) = &all[0];
    assert_eq!(resolve(&world, second, "not_paid").await.status, 200);
    assert_eq!(status(&world, &one).await, "in_review");
    for what in ["return", "credit", "rematch"] {
        let refused = decide(&world, &one, what).await;
        assert_eq!(refused.refusal(), (409, "illegal-transition"), "{what}: it may be with the remitter");
        assert!(refused.text.contains("is disputed: its outcome must be known first"), "{what}: {refused:?}");
    }
    let done = resolve(&world, first, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    assert_eq!(status(&world, &one).await, "returned");
    assert_eq!(book(&world).await, [0, 2_000, 2_000]);

    // The second payment: the dispute was the bank's error, and the other attempt goes on as it was.
    let (first, second) = &all[1];
    let done = resolve(&world, first, "not_paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("failed")), "{done:?}");
    assert_eq!((status(&world, &two).await.as_str(), book(&world).await), ("returning", [0, 2_000, 2_000]));
    assert_eq!(attempts(&world, &two).await[1].1, "unknown");
    assert_eq!(resolve(&world, second, "paid").await.status, 200);
    assert_eq!((status(&world, &two).await.as_str(), book(&world).await), ("returned", [0, 0, 0]));
    assert_eq!(world.journal().await, Vec::<String>::new(), "this bank executed none of it");
    sluice.verify().await;
}

/// The bank is away when it is to be sent again; before it is back, it says that the first attempt was executed.
#[tokio::test]
async fn r29_what_waits_to_be_returned_again_is_held_by_a_dispute_and_dropped_by_its_end() {
    let (sluice, world) = Sluice::start().await;
    let demo = sluice.configuration();
    let gate = Gate::before(&bank_url(&demo)).await;
    let settings = "request_timeout_ms = 800\nlease_ms = 2000\nsettle_ms = 3000\nmax_sends = 2\npoll_ms = 100\n\
                    send_backoff_ms = 200\nsend_backoff_max_ms = 1000\nquery_backoff_ms = 200\nquery_backoff_max_ms = 1000";
    let apart = BankApart { id: "harbour", url: &gate.url, routes: &[], settings };
    let second = sluice.second_with(&world, &with_banks_apart(&demo, &[apart])).await;
    let there = second.world.of_bank("harbour", BankApart::SECRET);
    let payment = reviewed(&there, "30.00", "DE0005").await;
    let first = returned_in_vain(&there, &payment).await;

    gate.shut();
    let again = send_back(&there, &payment).await;
    let late = paid_after_all(&there, &first, "30.00", "USD").await;
    assert_eq!(late.outcome(), ("applied", "disputed"), "{late:?}");
    // A send that was being tried at that moment comes to nothing first.
    there.wait_for_row("/admin/v1/payouts?status=held", |row| row["id"] == again.as_str()).await;
    assert_eq!(attempts(&there, &payment).await[0].1, "disputed");
    let done = resolve(&there, &first, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    let ended = attempts(&there, &payment).await;
    assert_eq!(ended, [(first, "paid".to_owned()), (again.clone(), "failed".to_owned())]);
    assert_eq!((status(&there, &payment).await.as_str(), book(&there).await), ("returned", [0, 0, 0]));

    gate.open();
    let release = format!("/admin/v1/payouts/{again}/release");
    let refused = there.act(there.operator("operator", 0), &release, &json!({"reason": "go"})).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"), "it is over");
    assert_eq!(world.journal().await, Vec::<String>::new(), "nothing went out beside it");
    sluice.verify().await;
}

/// The demo's orders cover 1,000,000.00. What they don't cover goes back in vain, is credited once they do, and had gone back all the
/// same.
#[tokio::test]
async fn r6_r7_r29_a_return_that_was_paid_beside_its_credit_is_taken_from_the_merchant_with_its_cover() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(1);
    let event = async |kind: &str, data: Value| {
        let event = json!({"type": kind, "data": data}).to_string();
        world.event(&unique("evt"), event.as_bytes()).await
    };
    let receive = async |reference: &str, amount: &str| {
        let data = json!({"reference": reference, "account_number": merchant.account("USD"), "amount": amount,
            "currency": "USD", "value_date": "2026-11-23",
            "remitter": {"name": "AMAZON PAYMENTS INC", "account_number": "DE0001"}});
        event("funds.received", data).await
    };
    let whole = unique("REF");
    assert_eq!(receive(&whole, "1000000.00").await.outcome().0, "credited");
    let more = receive(&unique("REF"), "25.00").await;
    assert_eq!(more.outcome(), ("in_review", "orders_do_not_cover"), "{more:?}");
    let payment = more.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    let payout = send_back(&world, &payment).await;
    world.wait_for_row("/admin/v1/payouts?status=failed", |row| row["id"] == payout.as_str()).await;

    let data = json!({"reference": unique("RET"), "original_reference": whole, "amount": "25.00", "currency": "USD"});
    assert_eq!(event("funds.returned", data).await.outcome().0, "applied");
    world
        .wait_for_row("/admin/v1/payments?status=credited&limit=200", |row| row["id"] == payment.as_str())
        .await;
    let (available, [.., nostro]) = (world.balance(merchant, "USD", "available").await, book(&world).await);
    assert_eq!(available, "1000000.00");

    let late = paid_after_all(&world, &payout, "25.00", "USD").await;
    assert_eq!(late.outcome(), ("applied", "disputed"), "{late:?}");
    let done = resolve(&world, &payout, "paid").await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("paid")), "{done:?}");
    assert_eq!(status(&world, &payment).await, "credited");
    assert_eq!(world.balance(merchant, "USD", "available").await, "999975.00");
    assert_eq!(book(&world).await, [0, 0, nostro - 2_500], "it has left the bank");
    assert_eq!(
        receive(&unique("REF"), "25.00").await.outcome().0,
        "credited",
        "the orders cover other money"
    );
    sluice.verify().await;
}
