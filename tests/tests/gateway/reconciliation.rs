//! Bank statements against the book: matched by themselves, listed, explained.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tests::{Sluice, World, funds, unique};
use uuid::Uuid;

const LINES: &str = "/admin/v1/reconciliation";

async fn database(world: &World) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(world.database_url(), tokio_postgres::NoTls).await.expect("the database");
    tokio::spawn(connection);
    client
}

/// An id in shard 3.
fn id() -> Uuid {
    let mut bytes = Uuid::now_v7().into_bytes();
    bytes[15] = 3;
    Uuid::from_bytes(bytes)
}

/// Keeps a statement of the bank's own account as a batch would, over the days around today.
async fn keep(world: &World, currency: &str, lines: &[(&str, i64, &str)]) -> String {
    let database = database(world).await;
    let (statement, bank) = (id(), world.bank());
    let sql =
        "INSERT INTO bank_statements (shard, id, bank, account, covers, number, currency, from_date, to_date,
                   opening_minor, closing_minor, difference, lines, digest, event, received_at)
               VALUES (3, $1, $2, sha256('own'), 'own_account', '7', $3, current_date - 10, current_date + 2,
                   0, 1, -1, $4, sha256(uuid_send($1::uuid)), $1, now())";
    let count = i32::try_from(lines.len()).unwrap();
    // At once, or the gateway looks at half of it.
    database.batch_execute("BEGIN").await.unwrap();
    database.execute(sql, &[&statement, &bank, &currency, &count]).await.unwrap();
    for (position, (direction, minor, reference)) in (0i32..).zip(lines) {
        let sql = "INSERT INTO reconciliation_lines (shard, id, origin, bank, statement, position, amount_minor, currency,
                       direction, reversal, refs, digest, state, outcome, received_at, look_at)
                   VALUES (3, $1, 'bank', $2, $3, $4, $5, $6, $7, false, ARRAY[$8], sha256(uuid_send($1::uuid)), 'open',
                       'new', now(), now())";
        database
            .execute(sql, &[&id(), &bank, &statement, &position, minor, &currency, direction, reference])
            .await
            .unwrap();
    }
    database.batch_execute("COMMIT").await.unwrap();
    format!("stm_{}", statement.simple())
}

fn outcomes(rows: &Value) -> Vec<(&str, &str)> {
    let rows = rows["data"].as_array().expect("a list");
    rows.iter().map(|row| (row["outcome"].as_str().unwrap(), row["amount"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn r44_statements_are_matched_with_payments_and_payouts_and_the_rest_is_explained() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let account = merchant.account("USD");
    let references = [unique("HB"), unique("HB"), unique("HB")];
    for (reference, amount) in references.iter().zip(["100.00", "50.00", "25.00"]) {
        let body = funds(reference, account, amount, "USD", "AMAZON PAYMENTS INC");
        assert_eq!(world.event(&unique("evt"), &body).await.status, 200);
    }
    let order = world.withdraw(merchant, merchant.payee("USD"), "30.00", "USD", "USD").await;
    let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
    let payout = paid.json["payouts"][0]["id"].as_str().unwrap();
    let net = paid.text_of("net_amount").replace('.', "").parse().unwrap();

    // The third payment is missing; one line has another amount, one nobody knows.
    let lines = [
        ("credit", 10_000, references[0].as_str()),
        ("credit", 5_001, &references[1]),
        ("debit", net, payout),
        ("credit", 777, "NEVER-SEEN"),
    ];
    let statement = keep(&world, "USD", &lines).await;
    world.wait_for_row(LINES, |row| row["outcome"] == "missing_at_bank").await;
    let open = world.look(LINES).await;
    let mut found = outcomes(&open.json);
    found.sort_unstable();
    assert_eq!(found, [("amount_differs", "50.01"), ("missing_at_bank", "25.00"), ("unknown", "7.77")]);
    let all = world.look(&format!("{LINES}?statement_id={statement}")).await;
    assert_eq!(
        outcomes(&all.json),
        [
            ("matched", "100.00"),
            ("amount_differs", "50.01"),
            ("matched", paid.text_of("net_amount")),
            ("unknown", "7.77")
        ]
    );
    assert_eq!(all.json["data"][2]["matches"], json!([{"kind": "payout", "id": payout}]));
    assert_eq!(all.json["data"][1]["book_amount"], "50.00");
    let statements = world.look(&format!("{LINES}/statements")).await;
    let row = &statements.json["data"][0];
    assert_eq!((&row["id"], &row["open"], &row["matched"]), (&json!(statement), &json!(2), &json!(2)));
    assert_eq!((row["difference"].as_str(), row["status"].as_str()), (Some("-0.01"), Some("open")));

    explained(&world, &all.json["data"][3]).await;

    // The bank catches up with the third payment, the book with nothing more.
    keep(&world, "USD", &[("credit", 2_500, &references[2])]).await;
    let begun = Instant::now();
    while outcomes(&world.look(LINES).await.json) != [("amount_differs", "50.01")] {
        assert!(begun.elapsed().as_secs() < 30, "{:?}", outcomes(&world.look(LINES).await.json));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    sluice.verify().await;
}

/// One line is explained, once, with a trace.
async fn explained(world: &World, line: &Value) {
    let id = line["id"].as_str().unwrap();
    let path = format!("{LINES}/lines/{id}/explain");
    let reason = json!({"reason": "interest of the bank"});
    let (operator, viewer) = (world.operator("operator", 0), world.operator("viewer", 0));
    assert_eq!(world.act(viewer, &path, &reason).await.refusal(), (403, "forbidden"));
    assert_eq!(world.act(operator, &path, &json!({"reason": " "})).await.refusal(), (422, "invalid-request"));
    let done = world.act(operator, &path, &reason).await;
    assert_eq!((done.status, done.text_of("status")), (200, "explained"), "{done:?}");
    assert_eq!(world.act(operator, &path, &reason).await.refusal(), (409, "illegal-transition"));
    let nowhere = format!("{LINES}/lines/rec_{}/explain", Uuid::now_v7().simple());
    assert_eq!(world.act(operator, &nowhere, &reason).await.refusal(), (404, "not-found"));
    let audit = world.look(&format!("/admin/v1/audit?subject={id}")).await;
    let rows = audit.json["data"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["action"]), (1, &json!("reconciliation.explain")));
    assert_eq!(rows[0]["reason"], "interest of the bank");
    let listed = world.look(&format!("{LINES}?status=explained")).await;
    assert_eq!(listed.json["data"][0]["reason"], "interest of the bank");
}

#[tokio::test]
async fn r44_an_explanation_is_given_once_under_one_key_and_lists_refuse_nonsense() {
    let (_sluice, world) = Sluice::start().await;
    keep(&world, "EUR", &[("credit", 777, "NEVER-SEEN")]).await;
    let row = world.wait_for_row(LINES, |row| row["outcome"] == "unknown").await;
    let path = format!("{LINES}/lines/{}/explain", row["id"].as_str().unwrap());
    let token = &world.operator("operator", 0).token;
    let admin = world.admin();
    let key = unique("key");
    let body = json!({"reason": "a gift"});
    let first = admin.post(token, &path, Some(&key), &body).await;
    let again = admin.post(token, &path, Some(&key), &body).await;
    assert_eq!((first.status, again.status, &first.json), (200, 200, &again.json));
    let other = admin.post(token, &path, Some(&key), &json!({"reason": "no gift"})).await;
    assert_eq!(other.refusal(), (422, "idempotency-key-reused"));
    assert_eq!(admin.post(token, &path, None, &body).await.refusal(), (400, "idempotency-key-missing"));
    for query in ["status=matched", "status=x", "outcome=x", "statement_id=x", "cursor=x", "limit=0", "x=1"] {
        let answer = world.look(&format!("{LINES}?{query}")).await;
        assert_eq!(answer.refusal(), (422, "invalid-request"), "{query}");
    }
    let metrics = world.probe("/metrics").await;
    assert!(metrics.contains("sluice_reconciliation_open_lines{outcome=\"unknown\"}"), "gauges");
}

#[tokio::test]
async fn r44_a_line_with_only_the_banks_own_reference_is_matched() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (reference, back) = (unique("HB"), unique("RET"));
    let body = funds(&reference, merchant.account("USD"), "100.00", "USD", "AMAZON PAYMENTS INC");
    assert_eq!(world.event(&unique("evt"), &body).await.status, 200);
    let taken = json!({"type": "funds.returned", "data": {"reference": back, "original_reference": reference,
        "amount": "20.00", "currency": "USD", "reason": "AC04"}});
    let answer = world.event(&unique("evt"), taken.to_string().as_bytes()).await;
    assert_eq!(answer.outcome().0, "applied", "{answer:?}");
    let order = world.withdraw(merchant, merchant.payee("USD"), "30.00", "USD", "USD").await;
    let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
    let payout = paid.json["payouts"][0]["id"].as_str().unwrap();
    let net = paid.text_of("net_amount").replace('.', "").parse().unwrap();
    let sql = "SELECT min(reference) FROM payout_references";
    let called: String = database(&world).await.query_one(sql, &[]).await.unwrap().get(0);

    let statement = keep(&world, "USD", &[("debit", net, &called), ("debit", 2_000, &back)]).await;
    // The payment is in no statement: what is matched was looked at by then.
    world.wait_for_row(LINES, |row| row["outcome"] == "missing_at_bank" && row["amount"] == "100.00").await;
    let all = world.look(&format!("{LINES}?statement_id={statement}")).await;
    assert_eq!(outcomes(&all.json), [("matched", paid.text_of("net_amount")), ("matched", "20.00")]);
    assert_eq!(all.json["data"][0]["matches"], json!([{"kind": "payout", "id": payout}]));
    assert_eq!(all.json["data"][1]["matches"][0]["kind"], "reversal");
    let open = world.look(LINES).await;
    assert_eq!(outcomes(&open.json), [("missing_at_bank", "100.00")]);
    sluice.verify().await;
}

/// An id in shard 3 that was made so many days ago.
fn id_made(days_ago: u64) -> Uuid {
    let mut bytes = id().into_bytes();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let millis = u64::try_from(now.as_millis()).unwrap() - days_ago * 24 * 60 * 60 * 1_000;
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}

/// What only time would bring about: a payout made `days[0]` days ago, sent `days[1]` and settled `days[2]` days ago.
async fn settled(world: &World, days: [u8; 3], minor: i64, returned: Option<i64>) {
    let sql =
        "INSERT INTO payouts (shard, id, withdrawal, bank, attempt, amount_minor, currency, beneficiary_sealed, status,
                   returned_minor, sends, queries, delays, needs_operator, created_at, sent_at, updated_at, settled_at)
               SELECT 3, $1, gen_random_uuid(), $2, 1, $3, 'USD', '',
                   CASE WHEN $4::bigint IS NULL THEN 'paid' ELSE 'returned' END,
                   $4, 1, 0, 0, false, now() - $5 * interval '1 day', now() - $6 * interval '1 day', now(),
                   now() - $7 * interval '1 day'";
    let [made, sent, done] = days.map(f64::from);
    let id = id_made(days[0].into());
    let database = database(world).await;
    database.execute(sql, &[&id, &world.bank(), &minor, &returned, &made, &sent, &done]).await.unwrap();
}

#[tokio::test]
async fn r29_r44_what_comes_back_or_is_settled_late_and_never_reaches_the_bank_is_listed() {
    let (_sluice, world) = Sluice::start().await;
    // Its money came back eleven days after it was paid.
    settled(&world, [13, 13, 2], 10_000, Some(9_500)).await;
    // Held for long, then sent; resolved by people, long after it was sent.
    settled(&world, [30, 2, 2], 201, None).await;
    settled(&world, [12, 12, 2], 202, None).await;
    // Sent before the bank told of the account at all.
    settled(&world, [60, 60, 2], 203, None).await;
    let database = database(&world).await;
    let reversal =
        "INSERT INTO reversals (shard, id, bank, reference, original_reference, position, amount_minor, currency, state,
                   payment, covered_minor, event, received_at, applied_at)
               VALUES (3, $1, $2, 'RET-1', 'HB-1', 0, 301, 'USD', 'applied', $1, 301, $1, now() - interval '20 days',
                   now() - interval '2 days')";
    database.execute(reversal, &[&id_made(20), &world.bank()]).await.unwrap();
    // The bank tells of the account for forty days, and of the last four day by day.
    let told =
        "INSERT INTO bank_statements (shard, id, bank, account, covers, number, currency, from_date, to_date, lines, digest,
                   event, received_at)
               SELECT 3, i.id, $1, sha256('own'), 'own_account', n::text, 'USD', current_date - n, current_date - n, 0,
                   sha256(uuid_send(i.id)), i.id, now() - n * interval '1 second'
               FROM unnest(ARRAY[40, 3, 2, 1, 0]) AS n CROSS JOIN LATERAL (
                   SELECT (left(gen_random_uuid()::text, 34) || '03')::uuid AS id WHERE n IS NOT NULL) AS i";
    database.execute(told, &[&world.bank()]).await.unwrap();
    let unchecked = "SELECT count(*) FROM bank_statements WHERE checked_at IS NULL";
    let begun = Instant::now();
    while database.query_one(unchecked, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(begun.elapsed().as_secs() < 60, "the statements are not looked at");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let open = world.look(LINES).await;
    let mut found = outcomes(&open.json);
    found.sort_unstable();
    let missing = |amount| ("missing_at_bank", amount);
    assert_eq!(found, ["100.00", "2.01", "2.02", "3.01", "95.00"].map(missing));
    let rows = open.json["data"].as_array().unwrap();
    let back = rows.iter().find(|row| row["amount"] == "95.00").unwrap();
    assert_eq!(
        (&back["direction"], &back["matches"][0]["kind"]),
        (&json!("credit"), &json!("payout_return"))
    );
    let day = "SELECT (now() AT TIME ZONE 'UTC')::date - 2";
    let day: time::Date = database.query_one(day, &[]).await.unwrap().get(0);
    assert_eq!(back["booked_on"], day.to_string());
}

/// A deal that is on the bank's statements of both currencies, and one of six days ago that the bank knows nothing of: a mistake, or
/// invented.
#[tokio::test]
async fn r44_a_deal_with_a_bank_is_matched_on_both_sides_and_an_invented_one_is_listed() {
    let (_sluice, world) = Sluice::start().await;
    let deal = json!({"bank": world.bank(), "bank_reference": "FX-1", "sell_currency": "USD", "sell_amount": "900.00",
        "buy_currency": "CNY", "buy_amount": "6399.00", "reason": "the day's cover"});
    let booked = world.act(world.operator("operator", 0), "/admin/v1/cover-deals", &deal).await;
    assert_eq!(booked.status, 200, "{booked:?}");
    let database = database(&world).await;
    let (invented, bank) = (id_made(6), world.bank());
    let old = "INSERT INTO cover_deals (shard, id, bank, bank_reference, sold_currency, sold_minor, bought_currency, bought_minor,
                   booked_at) VALUES (3, $1, $2, 'FX-0', 'USD', 1000, 'CNY', 7110, now() - interval '6 days')";
    database.execute(old, &[&invented, &bank]).await.unwrap();

    let sold = keep(&world, "USD", &[("debit", 90_000, "FX-1"), ("debit", 90_000, "FX-1")]).await;
    let bought = keep(&world, "CNY", &[("credit", 639_900, "FX-1")]).await;
    for amount in ["10.00", "71.10"] {
        world.wait_for_row(LINES, |row| row["outcome"] == "missing_at_bank" && row["amount"] == amount).await;
    }
    let open = world.look(LINES).await;
    let mut found = outcomes(&open.json);
    found.sort_unstable();
    let missing = |amount| ("missing_at_bank", amount);
    assert_eq!(
        found,
        [("duplicate", "900.00"), missing("10.00"), missing("71.10")],
        "settled once, paid twice"
    );
    let rows = open.json["data"].as_array().unwrap();
    let ten = rows.iter().find(|row| row["amount"] == "10.00").unwrap();
    let known_as = format!("cov_{}", invented.simple());
    assert_eq!(ten["matches"], json!([{"kind": "cover_sold", "id": known_as}]));
    for (statement, kind) in [(sold, "cover_sold"), (bought, "cover_bought")] {
        let lines = world.look(&format!("{LINES}?statement_id={statement}")).await;
        let rows = lines.json["data"].as_array().unwrap();
        let matched = rows.iter().filter(|row| row["status"] == "matched");
        let matches: Vec<&Value> = matched.map(|row| &row["matches"][0]).collect();
        assert_eq!(matches, [&json!({"kind": kind, "id": booked.text_of("id")})]);
    }
}
