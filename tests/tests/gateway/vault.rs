//! What banks said, as operators see it, open it, and run it through again.

use bank::signing::recipe::{self, Encoding, EventId, Layout};
use bank::signing::{Recipe, RecipeSigningKey};
use serde_json::{Value, json};
use tests::{Sluice, World, unique};
use tokio_postgres::{Client, NoTls};

const REMITTER: &str = "AMAZON PAYMENTS INC";
const SECRETS: [&str; 4] = ["AMAZON PAYMENTS", "DE89370400440532013000", "invoice of Zhang San", "ZHANG-E2E"];

/// Money with all that a bank may say of its remitter.
fn talkative(reference: &str, account: &str, amount: &str) -> Vec<u8> {
    let event = json!({"type": "funds.received", "data": {"reference": reference, "account_number": account,
        "amount": amount, "currency": "USD", "value_date": "2026-11-23",
        "remitter": {"name": REMITTER, "account_number": SECRETS[1], "address": {"street": "Main Street 7"}},
        "remittance_information": SECRETS[2], "end_to_end_id": SECRETS[3]}});
    event.to_string().into_bytes()
}

async fn database(world: &World) -> Client {
    let (client, connection) = tokio_postgres::connect(world.database_url(), NoTls).await.expect("connected");
    tokio::spawn(connection);
    client
}

/// What must not change when nothing is posted: transfers and their sum, payments, and all balances.
async fn books(world: &World) -> (i64, String, i64, String) {
    let row = database(world)
        .await
        .query_one(
            "SELECT (SELECT count(*) FROM transfers), (SELECT coalesce(sum(amount), 0)::text FROM transfers),
                    (SELECT count(*) FROM payments),
                    (SELECT coalesce(sum(debits + credits), 0)::text FROM accounts)",
            &[],
        )
        .await
        .expect("the books");
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

/// Our id of the bank's event.
async fn id_of(world: &World, event: &str) -> String {
    let list = world.look("/admin/v1/events?limit=200").await;
    let rows = list.json["data"].as_array().expect("a list");
    let row =
        rows.iter().find(|row| row["event_id"] == event && row["verdict"] != "conflict").expect("the event");
    row["id"].as_str().expect("an id").to_owned()
}

async fn detail(world: &World, id: &str) -> Value {
    let answer = world.look(&format!("/admin/v1/events/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

async fn audited(world: &World, id: &str) -> Vec<Value> {
    let audit = world.look(&format!("/admin/v1/audit?subject={id}")).await;
    audit.json["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn r3_r35_operators_see_an_event_whole_and_masked() {
    let (sluice, world) = Sluice::start().await;
    // What it prints when it is ready names a remitter and an account itself.
    let printed = sluice.log().len();
    let account = world.merchant(0).account("USD");
    let (event, body) = (unique("evt"), talkative(&unique("REF"), account, "10.00"));
    for delivery in 0..3 {
        let answer = world.event(&event, &body).await;
        assert_eq!((answer.outcome(), answer.replayed), (("credited", ""), delivery > 0));
    }
    let other = talkative(&unique("REF"), account, "11.00");
    assert_eq!(world.event(&event, &other).await.refusal(), (409, "event-id-reused"));

    let id = id_of(&world, &event).await;
    let shown = detail(&world, &id).await;
    assert_eq!((&shown["bank"], &shown["verdict"]), (&json!(world.bank()), &json!("accepted")));
    assert_eq!((&shown["redeliveries"], &shown["replays"]), (&json!(2), &json!(0)));
    assert!(shown["last_received_at"].as_str() > shown["received_at"].as_str(), "{shown}");
    assert!(!shown["key_id"].as_str().unwrap().is_empty());
    assert_eq!(shown["first"]["answer"]["outcomes"][0]["outcome"], "credited");
    assert_eq!((&shown["later"], &shown["bytes_expired"]), (&Value::Null, &json!(false)));
    assert_eq!(shown["conflicts"].as_array().unwrap().len(), 1, "R3: shown");
    // By a hash beside what is masked that could be guessed.
    assert!(!shown.to_string().contains("sha256"), "{shown}");
    for (id, bytes) in [(&shown["id"], &body), (&shown["conflicts"][0]["id"], &other)] {
        let path = format!("/admin/v1/events/{}/unmask", id.as_str().expect("an id"));
        let why = json!({"reason": "which of both", "field": "body"});
        let seen = world.act(world.operator("operator", 0), &path, &why).await;
        assert_eq!(seen.text_of("text").as_bytes(), &bytes[..], "each its own bytes");
    }
    let masked = &shown["body"]["masked"]["data"];
    assert_eq!((&masked["amount"], &masked["currency"]), (&json!("10.00"), &json!("USD")));
    assert_eq!(
        (&masked["remitter"]["name"], &masked["remittance_information"]),
        (&json!("A****"), &json!("****"))
    );
    assert_eq!(shown["body"]["length"], body.len());
    let signature =
        shown["headers"].as_array().unwrap().iter().find(|h| h["name"] == "webhook-signature").unwrap();
    assert_eq!(signature["value"].as_str().unwrap().chars().count(), 11, "{signature}");
    let id_header = shown["headers"].as_array().unwrap().iter().find(|h| h["name"] == "webhook-id").unwrap();
    assert_eq!(id_header["value"], event.as_str());

    let list = world.look(&format!("/admin/v1/events?bank={}&limit=200", world.bank())).await;
    let conflicts = world.look("/admin/v1/events?verdict=conflict").await;
    assert_eq!(conflicts.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(world.look("/admin/v1/events?verdict=nonsense").await.refusal(), (422, "invalid-request"));
    assert_eq!(world.look("/admin/v1/events?bank=nobody").await.json["data"], json!([]));
    let log = sluice.log().split_off(printed);
    for secret in SECRETS.into_iter().chain([account, "Main Street"]) {
        for (place, text) in [
            ("detail", &shown.to_string()),
            ("list", &list.text),
            ("conflicts", &conflicts.text),
            ("log", &log),
        ] {
            assert!(!text.contains(secret), "{secret} in the {place}: {text}");
        }
    }
    let unknown =
        format!("/admin/v1/events/evt_{}", "0".repeat(12) + "7" + &"0".repeat(3) + "8" + &"0".repeat(15));
    assert_eq!(world.look(&unknown).await.refusal(), (404, "not-found"));
    sluice.verify().await;
}

#[tokio::test]
async fn r35_xml_is_masked_too_and_what_can_t_be_read_is_not_shown() {
    let (_sluice, world) = Sluice::start().await;
    let (odd, broken) = (unique("evt"), unique("evt"));
    let xml = b"<Document><Nm>Zhang San</Nm><Amt Ccy=\"USD\">1.00</Amt><IBAN>DE89370400440532013000</IBAN></Document>";
    assert_eq!(world.xml_event(&odd, xml).await.status, 422);
    assert_eq!(world.event(&broken, b"{\"name\":\"Zhang San\",").await.refusal(), (400, "malformed-json"));
    let shown = detail(&world, &id_of(&world, &odd).await).await;
    assert_eq!((&shown["verdict"], &shown["body"]["format"]), (&json!("invalid"), &json!("xml")));
    let text = shown["body"]["masked"].as_str().unwrap();
    assert!(text.contains("<Amt Ccy=\"USD\">1.00</Amt>") && text.contains("<IBAN>****3000</IBAN>"), "{text}");
    let opaque = detail(&world, &id_of(&world, &broken).await).await;
    assert_eq!((&opaque["verdict"], &opaque["body"]["format"]), (&json!("malformed"), &json!("opaque")));
    assert_eq!((&opaque["body"]["masked"], &opaque["body"]["length"]), (&Value::Null, &json!(20)));
    for shown in [shown.to_string(), opaque.to_string()] {
        assert!(!shown.contains("Zhang") && !shown.contains("DE8937"), "{shown}");
    }
}

#[tokio::test]
async fn r35_unmasking_needs_a_role_and_a_reason_and_is_audited() {
    let (sluice, world) = Sluice::start().await;
    let (event, body) = (unique("evt"), talkative(&unique("REF"), world.merchant(0).account("USD"), "10.00"));
    world.event(&event, &body).await;
    let id = id_of(&world, &event).await;
    let (operator, viewer) = (world.operator("operator", 0), world.operator("viewer", 0));
    let path = format!("/admin/v1/events/{id}/unmask");
    let wanted = json!({"reason": "ticket 77", "field": "body"});

    assert_eq!(world.act(viewer, &path, &wanted).await.refusal(), (403, "forbidden"));
    for wrong in [
        json!({"reason": " ", "field": "body"}),
        json!({"reason": "x", "field": "key"}),
        json!({"field": "body"}),
    ] {
        assert_eq!(world.act(operator, &path, &wrong).await.refusal(), (422, "invalid-request"), "{wrong}");
    }
    let no_key = world.admin().post(&operator.token, &path, None, &wanted).await;
    assert_eq!(no_key.refusal(), (400, "idempotency-key-missing"));
    assert_eq!(audited(&world, &id).await, [] as [Value; 0], "nobody has seen anything");

    let key = unique("key");
    let opened = world.admin().post(&operator.token, &path, Some(&key), &wanted).await;
    assert_eq!(opened.status, 200, "{opened:?}");
    assert_eq!(opened.text_of("text").as_bytes(), body, "as it came");
    assert!(!opened.text_of("base64").is_empty());
    let again = world.admin().post(&operator.token, &path, Some(&key), &wanted).await;
    assert_eq!((again.json, again.replayed), (opened.json, true));
    let headers = json!({"reason": "ticket 78", "field": "headers"});
    let reused = world.admin().post(&operator.token, &path, Some(&key), &headers).await;
    assert_eq!(reused.refusal(), (422, "idempotency-key-reused"));
    let headers = world.act(operator, &path, &headers).await;
    assert!(headers.text_of("text").contains(&format!("webhook-id: {event}\n")), "{headers:?}");

    let audit = audited(&world, &id).await;
    let told: Vec<_> =
        audit.iter().map(|row| (&row["action"], &row["actor"], &row["reason"], &row["after"])).collect();
    let expected = |reason: &str, field: &str| {
        (json!("event.unmask"), json!(operator.id), json!(reason), json!(json!({"field": field}).to_string()))
    };
    let looks = [("ticket 78", "headers"), ("ticket 77", "body"), ("ticket 77", "body")];
    let expected = looks.map(|(reason, field)| expected(reason, field));
    assert_eq!(told, expected.each_ref().map(|(a, b, c, d)| (a, b, c, d)));
    // What is kept under the key must not be the bytes.
    let sql = "SELECT a.body FROM idempotency_answers a
        JOIN idempotency_keys k ON k.shard = a.shard AND k.id = a.id WHERE k.key = $1";
    let kept: Vec<u8> = database(&world).await.query_one(sql, &[&key]).await.unwrap().get(0);
    assert!(!String::from_utf8_lossy(&kept).contains("QU1BWk9O"), "not even in base64");
    assert!(!String::from_utf8_lossy(&kept).contains("AMAZON"));
    sluice.verify().await;
}

#[tokio::test]
async fn r2_a_replay_of_what_was_posted_posts_nothing_twice() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (event, body) = (unique("evt"), talkative(&unique("REF"), merchant.account("USD"), "10.00"));
    let first = world.event(&event, &body).await;
    let id = id_of(&world, &event).await;
    let (operator, viewer) = (world.operator("operator", 0), world.operator("viewer", 0));
    let path = format!("/admin/v1/events/{id}/replay");
    let reason = json!({"reason": "asked by the bank"});
    let before = books(&world).await;

    assert_eq!(world.act(viewer, &path, &reason).await.refusal(), (403, "forbidden"));
    assert_eq!(world.act(operator, &path, &json!({"reason": ""})).await.refusal(), (422, "invalid-request"));
    let no_key = world.admin().post(&operator.token, &path, None, &reason).await;
    assert_eq!(no_key.refusal(), (400, "idempotency-key-missing"));
    let key = unique("key");
    let replayed = world.admin().post(&operator.token, &path, Some(&key), &reason).await;
    assert_eq!((replayed.status, &replayed.json["applied"]), (200, &json!(false)), "{replayed:?}");
    assert_eq!(replayed.json["after"]["answer"], first.json, "the outcomes that it has");
    let again = world.admin().post(&operator.token, &path, Some(&key), &reason).await;
    assert_eq!((again.json, again.replayed), (replayed.json.clone(), true));
    // Many at once: each either finds it settled or is told that another came first.
    let many = futures_util::future::join_all((0..8).map(|_| world.act(operator, &path, &reason))).await;
    assert!(
        many.iter().all(|answer| answer.status == 200 || answer.refusal() == (409, "illegal-transition")),
        "{many:?}"
    );

    assert_eq!(books(&world).await, before, "nothing was posted");
    assert_eq!(world.balance(merchant, "USD", "available").await, "10.00");
    let redelivered = world.event(&event, &body).await;
    assert_eq!((redelivered.json, redelivered.replayed), (first.json, true));
    let audit = audited(&world, &id).await;
    let row = audit.last().expect("audited");
    assert_eq!(
        (&row["action"], &row["reason"], &row["before"]),
        (&json!("event.replay"), &reason["reason"], &row["after"])
    );
    assert!(!row["after"].as_str().unwrap().contains("AMAZON"));
    assert_eq!(detail(&world, &id).await["later"], Value::Null);
    sluice.verify().await;
}

/// Replays are not redeliveries by another name: a payout's old result would contradict what became of it since.
#[tokio::test]
async fn r29_a_replay_of_an_old_result_does_not_dispute_what_was_refunded() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let operator = world.operator("operator", 0);
    world.pay_in(merchant, "100.00", "USD").await;
    let payee = world.new_payee(merchant, "USD", "622200000003").await;
    let order = world.withdraw(merchant, &payee, "50.00", "USD", "USD").await;
    let returned = world.wait_for(merchant, order.text_of("id"), "returned").await;
    let payout = returned.json["payouts"][0]["id"].as_str().unwrap();
    let mut paid = None;
    for row in world.look("/admin/v1/events?limit=200").await.json["data"].as_array().unwrap() {
        let shown = detail(&world, row["id"].as_str().unwrap()).await;
        let masked = &shown["body"]["masked"];
        if masked["type"] == "payout.paid" && masked["data"]["reference"] == payout {
            paid = Some(shown["id"].as_str().unwrap().to_owned());
        }
    }
    let refund = format!("/admin/v1/withdrawals/{}/refund", order.text_of("id"));
    let refunded = world.act(operator, &refund, &json!({"reason": "given up"})).await;
    assert_eq!((refunded.status, refunded.text_of("status")), (200, "refunded"), "{refunded:?}");
    let before = books(&world).await;
    let path = format!("/admin/v1/events/{}/replay", paid.expect("the bank said that it had paid"));
    let replayed = world.act(operator, &path, &json!({"reason": "a look"})).await;
    assert_eq!((replayed.status, &replayed.json["applied"]), (200, &json!(false)), "{replayed:?}");
    assert_eq!(replayed.json["after"], replayed.json["before"]);
    let now = world.withdrawal(merchant, order.text_of("id")).await;
    assert_eq!((now.text_of("status"), &now.json["payouts"][0]["status"]), ("refunded", &json!("returned")));
    assert_eq!(books(&world).await, before);
    sluice.verify().await;
}

/// What a bank sent was right, and an earlier version refused it: the answer is set back, as that version left it.
async fn forget_understanding(world: &World, event: &str, verdict: &str, status: i16) {
    let answer = json!({"code": "invalid-request", "status": status}).to_string().into_bytes();
    let changed = database(world)
        .await
        .execute(
            "UPDATE bank_events SET verdict = $2, status = $3, answer = $4 WHERE event_id = $1",
            &[&event, &verdict, &status, &answer],
        )
        .await
        .expect("changed");
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn r2_r4_a_replay_applies_what_was_not_understood_then_and_nothing_of_it_twice() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let operator = world.operator("operator", 0);
    let reason = json!({"reason": "the new version reads it"});
    let path = |id: &str| format!("/admin/v1/events/{id}/replay");

    // A bank that publishes a pair it may not: refused, and still so.
    let rates =
        json!({"type": "rates.published", "data": {"rates": [{"base": "USD", "quote": "HUF", "bid": "350",
        "ask": "351"}], "as_of": "2025-01-01T08:00:00Z"}})
        .to_string();
    let never = unique("evt");
    assert_eq!(world.event(&never, rates.as_bytes()).await.refusal(), (422, "invalid-request"));
    let id = id_of(&world, &never).await;
    let still = world.act(operator, &path(&id), &reason).await;
    assert_eq!(
        (still.status, still.text_of("verdict"), &still.json["applied"]),
        (200, "invalid", &json!(false))
    );
    assert_eq!(still.json["after"]["status"], 422);
    assert_eq!(world.event(&never, rates.as_bytes()).await.status, 422, "its first answer");

    // R4: the money of one was posted under another event id meanwhile.
    let (known, reference) = (unique("evt"), unique("REF"));
    let body = talkative(&reference, merchant.account("USD"), "25.00");
    let posted = world.event(&known, &body).await;
    assert_eq!(posted.outcome(), ("credited", ""));
    forget_understanding(&world, &known, "invalid", 422).await;
    let before = books(&world).await;
    let id = id_of(&world, &known).await;
    let replayed = world.act(operator, &path(&id), &reason).await;
    let told = &replayed.json["after"]["answer"]["outcomes"][0];
    assert_eq!(
        (&told["outcome"], &told["payment_id"]),
        (&json!("duplicate"), &posted.json["outcomes"][0]["payment_id"])
    );
    assert_eq!(books(&world).await, before, "posted once");

    // One that nobody had posted: as before, and its payment unheard of. Many operators at once.
    let event = unique("evt");
    let body = talkative(&unique("REF"), merchant.account("USD"), "40.00");
    world.event(&event, &body).await;
    forget_understanding(&world, &event, "malformed", 400).await;
    let unheard =
        "UPDATE payment_keys SET key = gen_random_uuid() WHERE payment = (SELECT p.id FROM payments p
        JOIN bank_events e ON e.id = p.event WHERE e.event_id = $1)";
    assert_eq!(database(&world).await.execute(unheard, &[&event]).await.unwrap(), 1);
    let (before, balance) = (books(&world).await, world.balance(merchant, "USD", "available").await);
    assert_eq!(balance, "65.00");
    let id = id_of(&world, &event).await;
    let path = path(&id);
    let many = futures_util::future::join_all((0..8).map(|_| world.act(operator, &path, &reason))).await;
    let applied: Vec<_> = many.iter().filter(|answer| answer.json["applied"] == true).collect();
    let [applied] = applied.as_slice() else { panic!("{many:?}") };
    let told = &applied.json["after"]["answer"]["outcomes"][0];
    assert_eq!(told["outcome"], "credited");
    assert!(
        many.iter().all(|answer| answer.status == 200 || answer.refusal() == (409, "illegal-transition")),
        "{many:?}"
    );
    assert_eq!(world.balance(merchant, "USD", "available").await, "105.00", "once");
    let after = books(&world).await;
    assert_eq!(after.2, before.2 + 1, "one payment");
    assert!(after.0 > before.0 && after.1 != before.1);
    assert_eq!(world.act(operator, &path, &reason).await.json["applied"], false, "settled now");
    assert_eq!(books(&world).await, after);
    let redelivered = world.event(&event, &body).await;
    assert_eq!((redelivered.status, &redelivered.json), (200, &applied.json["after"]["answer"]));
    assert!(redelivered.replayed);
    let fresh = world.event(&unique("evt"), &body).await;
    assert_eq!(fresh.outcome().0, "duplicate", "R4: the replay claimed the payment's key");
    sluice.verify().await;
}

#[tokio::test]
async fn r2_what_is_understood_now_is_applied_once_and_redeliveries_are_told_so() {
    let (sluice, world) = Sluice::start().await;
    let rates =
        json!({"type": "rates.published", "data": {"rates": [{"base": "USD", "quote": "HKD", "bid": "7.7",
        "ask": "7.8"}], "as_of": "2025-01-01T08:00:00Z"}})
        .to_string();
    let event = unique("evt");
    assert_eq!(world.event(&event, rates.as_bytes()).await.refusal(), (422, "invalid-request"));
    let id = id_of(&world, &event).await;
    assert_eq!(detail(&world, &id).await["verdict"], "invalid");

    // The pair is configured for the bank: a second gateway on the same database understands what the first refused.
    let config = sluice.dir().join("sluice.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains("\"USDCNY\""), "{text}");
    std::fs::write(&config, text.replacen("\"USDCNY\"", "\"USDCNY\", \"USDHKD\"", 1)).unwrap();
    let second = sluice.second(&world, "").await;
    let operator = world.operator("operator", 0);
    let path = format!("/admin/v1/events/{id}/replay");
    let reason = json!({"reason": "the pair is agreed upon"});
    let many =
        futures_util::future::join_all((0..6).map(|_| second.world.act(operator, &path, &reason))).await;
    let applied = many.iter().filter(|answer| answer.json["applied"] == true).count();
    assert_eq!(applied, 1, "{many:?}");
    let rate = world.look("/admin/v1/rates").await;
    let hkd: Vec<&Value> =
        rate.json["data"].as_array().unwrap().iter().filter(|row| row["quote"] == "HKD").collect();
    assert_eq!(hkd.len(), 1, "{}", rate.text);

    let shown = detail(&world, &id).await;
    assert_eq!((&shown["verdict"], &shown["first"]["status"]), (&json!("accepted"), &json!(422)));
    assert_eq!(shown["later"]["answer"]["outcomes"][0]["outcome"], "applied");
    let redelivered = world.event(&event, rates.as_bytes()).await;
    assert_eq!((redelivered.status, redelivered.replayed), (200, true), "the bank may stop now");
    assert_eq!(redelivered.json, shown["later"]["answer"]);
    let audit = audited(&world, &id).await;
    let done = audit.iter().find(|row| row["before"] != row["after"]).expect("before and after");
    assert!(done["before"].as_str().unwrap().contains("\"status\":422"), "{done}");
    assert!(done["after"].as_str().unwrap().contains("\"applied\":1"), "{done}");

    sluice.verify().await;
}

#[tokio::test]
async fn bytes_go_when_their_time_is_over_and_answers_stay() {
    let (sluice, world) = Sluice::start().await;
    let (event, body) = (unique("evt"), talkative(&unique("REF"), world.merchant(0).account("USD"), "10.00"));
    let first = world.event(&event, &body).await;
    let id = id_of(&world, &event).await;
    let operator = world.operator("operator", 0);
    let (path, reason, key) =
        (format!("/admin/v1/events/{id}/replay"), json!({"reason": "a look"}), unique("key"));
    let earlier = world.admin().post(&operator.token, &path, Some(&key), &reason).await;
    assert_eq!(earlier.status, 200);
    let sql = "SELECT b.tableoid::regclass::text FROM bank_event_bytes b JOIN bank_events e ON e.id = b.id
        WHERE e.event_id = $1";
    let conn = database(&world).await;
    let partition: String = conn.query_one(sql, &[&event]).await.unwrap().get(0);
    conn.batch_execute(&format!("DROP TABLE {partition}")).await.unwrap();

    let shown = detail(&world, &id).await;
    assert_eq!(
        (&shown["body"], &shown["headers"], &shown["bytes_expired"]),
        (&Value::Null, &Value::Null, &json!(true))
    );
    assert_eq!((&shown["verdict"], &shown["first"]["answer"]), (&json!("accepted"), &first.json));
    let gone = world.act(operator, &path, &reason).await;
    assert_eq!(gone.refusal(), (409, "illegal-transition"));
    assert!(gone.text_of("detail").contains("retention"), "{gone:?}");
    let repeated = world.admin().post(&operator.token, &path, Some(&key), &reason).await;
    assert_eq!((repeated.json, repeated.replayed), (earlier.json, true), "R22: the same answer, for ever");
    let unmask = format!("/admin/v1/events/{id}/unmask");
    let gone = world.act(operator, &unmask, &json!({"reason": "a look", "field": "body"})).await;
    assert_eq!(gone.refusal(), (409, "illegal-transition"));
    let redelivered = world.event(&event, &body).await;
    assert_eq!((redelivered.json, redelivered.replayed), (first.json, true));
    sluice.verify().await;
}

/// A bank that signs the body alone, and gives its events no id.
const NAMELESS: &str = r#"
[[banks]]
id = "quarry"
scheme = "hmac"
keys = [{ id = "k", secret = "a-secret-of-twenty-four-chars" }]
[banks.signature]
header = "x-signature"
encoding = "hex"
signed = "{body}"
"#;

/// A hash of bytes of which all is known but a number tells the number.
#[tokio::test]
async fn r36_an_event_without_an_id_is_kept_and_answered_without_its_hash() {
    let (sluice, world) = Sluice::start().await;
    let second = sluice.second_with(&world, &(sluice.configuration() + NAMELESS)).await;
    let there = second.world.of_bank("quarry", "");
    let key = RecipeSigningKey::hmac("a-secret-of-twenty-four-chars").expect("a secret");
    let recipe = Recipe::new("x-signature", Encoding::Hex, Layout::Bare, None, EventId::BodyHash, "{body}");
    let signer = recipe::Signer::new(recipe.expect("a recipe"), key);
    let signed = |body: &[u8]| vec![("x-signature", signer.headers("", 0, body).remove(0).1)];

    let news =
        json!({"type": "account.news", "data": {"account_number": "DE89370400440532013000"}}).to_string();
    let money = talkative(&unique("REF"), world.merchant(0).account("USD"), "10.00");
    for (body, outcome) in [(news.as_bytes(), "ignored"), (&money, "in_review")] {
        let headers = signed(body);
        let rehearsed = there.event_at_path("events?dry_run=true", &headers, body).await;
        let first = there.raw_event(&headers, body).await.expect("an answer");
        let again = there.raw_event(&headers, body).await.expect("an answer");
        assert_eq!((first.outcome().0, first.replayed), (outcome, false), "{first:?}");
        assert_eq!((again.text, again.replayed), (first.text.clone(), true));
        let kept = detail(&world, first.text_of("event_id")).await;
        let name = kept["event_id"].as_str().expect("an id");
        assert!(name.starts_with("hmac-") && name.len() == 69, "{name}");
        assert_eq!(rehearsed.text_of("event_id"), name, "{rehearsed:?}");
        let sql = "SELECT count(*), count(*) FILTER (WHERE to_jsonb(e)::text LIKE '%' || encode(sha256($1), 'hex') || '%'
                       OR convert_from(e.answer, 'UTF8') LIKE '%' || encode(sha256($1), 'hex') || '%'
                       OR k.body_hash = sha256($1))
                   FROM bank_events e JOIN bank_event_keys k ON k.shard = e.shard AND k.id = e.id WHERE e.bank = 'quarry'";
        let row = database(&world).await.query_one(sql, &[&body]).await.expect("counted");
        assert!(row.get::<_, i64>(0) > 0 && row.get::<_, i64>(1) == 0, "{row:?}");
    }
    sluice.verify().await;
}
