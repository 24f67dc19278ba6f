//! R39, R40: a merchant comes in by the API and does business until a document of its expires.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, unique};
use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

fn li() -> Value {
    json!({"kind": "individual", "origin": "mainland", "name": "Li Na", "email": "li@example.com",
        "mobile": "+8613812345678", "reason": "came to the counter",
        "documents": [{"kind": "resident_identity_card", "number": "110105 19900101 0029", "expires_on": "2046-01-31"}]})
}

fn firm() -> Value {
    json!({"kind": "enterprise", "origin": "hong_kong", "name": "Victoria Lamps Ltd", "email": "vic@example.com",
        "mobile": "+85298765432", "reason": "application 7",
        "documents": [{"kind": "business_registration", "number": "87654321", "expires_on": "2046-01-31"}]})
}

fn with(mut body: Value, member: &str, value: &Value) -> Value {
    *body.pointer_mut(member).expect("a member") = value.clone();
    body
}

async fn register(world: &World, body: &Value) -> Answer {
    world.act(world.operator("operator", 0), "/admin/v1/merchants", body).await
}

#[tokio::test]
async fn r39_a_mainland_individual_is_answered_at_once_and_others_wait_for_an_operator() {
    let (sluice, world) = Sluice::start().await;
    let operator = world.operator("operator", 0);
    let key = unique("op");
    let made = world.admin().post(&operator.token, "/admin/v1/merchants", Some(&key), &li()).await;
    assert_eq!((made.status, made.text_of("status")), (201, "active"), "{made:?}");
    assert_eq!((made.text_of("name"), made.text_of("mobile")), ("L****", "+86****5678"), "masked");
    assert!(!made.text.contains("0029") && made.json["review_due_at"].is_null(), "{made:?}");
    let again = world.admin().post(&operator.token, "/admin/v1/merchants", Some(&key), &li()).await;
    assert_eq!((again.text, again.replayed), (made.text.clone(), true), "once");
    let other = with(li(), "/name", &json!("Li Nuo"));
    let reused = world.admin().post(&operator.token, "/admin/v1/merchants", Some(&key), &other).await;
    assert_eq!(reused.refusal(), (422, "idempotency-key-reused"));
    let shown = world.look(&format!("/admin/v1/merchants/{}", made.text_of("id"))).await;
    for member in ["status", "name", "email", "mobile", "origin", "created_at", "tier", "fully_verified"] {
        assert_eq!(shown.json[member], made.json[member], "{member}");
    }
    assert_eq!(shown.json["documents"][0]["number"], "****0029");
    assert_eq!(shown.json["fully_verified"], false, "nobody has said so (R30)");

    // What is wrong is named, and nothing of it is kept: not under the key either.
    for (wrong, field) in [
        (with(li(), "/email", &json!("x@example.com")), "mobile"),
        (with(li(), "/documents/0/number", &json!("110105199001010020")), "documents[0].number"),
        (with(li(), "/documents/0/number", &json!("110105201001010029")), "documents[0].number"),
        (with(li(), "/documents/0/expires_on", &json!("2026-11-01")), "documents[0].expires_on"),
        (with(firm(), "/mobile", &json!("12")), "mobile"),
    ] {
        let refused = register(&world, &wrong).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{refused:?}");
        assert_eq!(refused.json["errors"][0]["field"], field, "{refused:?}");
    }
    let viewer = world.operator("viewer", 0);
    assert_eq!(world.act(viewer, "/admin/v1/merchants", &firm()).await.refusal(), (403, "forbidden"));

    let waits = register(&world, &firm()).await;
    assert_eq!((waits.status, waits.text_of("status")), (201, "pending"), "{waits:?}");
    assert!(waits.json["review_due_at"].is_string());
    let id = waits.text_of("id").to_owned();
    let overview = world.look("/admin/v1/overview").await;
    assert_eq!(
        (&overview.json["merchants_pending"], &overview.json["merchants_overdue"]),
        (&json!(1), &json!(0))
    );
    let listed = world.look("/admin/v1/merchants?status=pending").await;
    assert_eq!(listed.json["data"][0]["review_due_at"], waits.json["review_due_at"]);
    let (activate, documents) =
        (format!("/admin/v1/merchants/{id}/activate"), format!("/admin/v1/merchants/{id}/documents"));
    let why = json!({"reason": "seen"});
    let early = world.act(operator, &activate, &why).await;
    assert_eq!(early.refusal(), (409, "illegal-transition"));
    assert_eq!(early.text_of("detail"), "the merchant's representative_identity is missing");
    let passport =
        json!({"kind": "passport", "number": "C01X00T47", "expires_on": "2046-01-31", "reason": "seen"});
    let refused = world.act(operator, &documents, &passport).await;
    assert_eq!((refused.status, &refused.json["errors"][0]["field"]), (422, &json!("kind")), "{refused:?}");
    let person = json!({"kind": "representative_identity", "number": "A123456(3)", "reason": "seen"});
    assert_eq!(world.act(operator, &documents, &person).await.status, 200);
    let done = world.act(operator, &activate, &why).await;
    assert_eq!((done.status, done.text_of("status")), (200, "active"), "{done:?}");
    assert_eq!(world.act(operator, &activate, &why).await.refusal(), (409, "illegal-transition"), "once");
    let trail = world.look(&format!("/admin/v1/audit?subject={id}&sort=at")).await;
    let actions: Vec<_> = trail.json["data"].as_array().unwrap().iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["merchant.register", "merchant.document", "merchant.activate"]);
    for personal in ["Victoria", "vic@example.com", "98765432", "87654321", "A1234563"] {
        assert!(!trail.text.contains(personal) && !sluice.log().contains(personal), "{personal}");
    }
    sluice.verify().await;
}

/// Guesses at what others have until no more are answered: how many were, and the refusal.
async fn exhaust(world: &World, path: &str, guess: impl Fn(usize) -> Value, field: &str) -> (usize, Answer) {
    for n in 0..200 {
        let answer = world.act(world.operator("operator", 0), path, &guess(n)).await;
        if answer.status != 422 {
            return (n, answer);
        }
        assert_eq!(answer.json["errors"][0]["field"], field, "{answer:?}");
    }
    panic!("two hundred guesses, and nobody minds");
}

async fn refusals(world: &World, action: &str) -> Vec<Value> {
    let trail = world.look(&format!("/admin/v1/audit?action={action}&limit=200")).await;
    trail.json["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn r35_what_others_have_is_guessed_thirty_times_a_minute_and_each_time_is_written_down() {
    let (sluice, world) = Sluice::start().await;
    let operator = world.operator("operator", 0);
    assert_eq!(register(&world, &li()).await.status, 201);
    let firm_id = register(&world, &firm()).await.text_of("id").to_owned();

    // Refused for the address in any case: what else is another's is told besides.
    let guess = |n: usize| {
        let taken = with(firm(), "/email", &json!("li@example.com"));
        let taken = with(taken, "/mobile", &json!(format!("+852900{n:05}")));
        with(taken, "/documents/0/number", &json!(format!("{:08}", 10_000_000 + n)))
    };
    let (guesses, refused) = exhaust(&world, "/admin/v1/merchants", guess, "email").await;
    assert!(guesses >= 30, "only {guesses}");
    assert_eq!(refused.refusal(), (429, "rate-limited"), "{refused:?}");
    let wait = refused.retry_after.expect("when to come again");
    assert!((1..=2).contains(&wait), "{wait}");
    let trail = refusals(&world, "merchant.register.refused").await;
    assert_eq!(trail.len(), guesses, "each is in the trail, and what was not looked at isn't");
    for entry in &trail {
        assert_eq!(
            (&entry["actor"], &entry["reason"]),
            (&json!(operator.id), &json!("application 7")),
            "{entry}"
        );
        assert!(entry["person"].as_str().is_some_and(|person| !person.is_empty()), "{entry}");
        assert_eq!(entry["after"], json!({"refused": ["email"]}).to_string(), "{entry}");
        assert!(entry["origin"].is_string() && entry["at"].is_string(), "{entry}");
        assert!(!entry.to_string().contains("example.com") && !entry.to_string().contains("+852"), "{entry}");
    }

    // What is wrong for another reason, and what is entered, takes nothing.
    tokio::time::sleep(Duration::from_secs(wait)).await;
    for n in 0..3 {
        let malformed = with(firm(), "/mobile", &json!("12"));
        assert_eq!(register(&world, &malformed).await.refusal(), (422, "invalid-request"));
        let mine = with(guess(90_000 + n), "/email", &json!(format!("shop{n}@example.com")));
        assert_eq!(register(&world, &mine).await.status, 201, "{n}");
    }

    // Numbers of documents take from the same: another's, and the merchant's own.
    let documents = format!("/admin/v1/merchants/{firm_id}/documents");
    let number = |number: String| json!({"kind": "business_registration", "number": number, "expires_on": "2046-01-31", "reason": "seen"});
    let others = |_| number("10090000".to_owned());
    let (told, refused) = exhaust(&world, &documents, others, "number").await;
    assert!(told >= 1 && refused.refusal() == (429, "rate-limited"), "{told}: {refused:?}");
    tokio::time::sleep(Duration::from_secs(refused.retry_after.expect("a time"))).await;
    let own = |n: usize| number(format!("{:08}", 70_000_000 + n));
    let (wrong, refused) = exhaust(&world, &documents, own, "number").await;
    assert!((1..30).contains(&wrong) && refused.refusal() == (429, "rate-limited"), "{wrong}: {refused:?}");
    let trail = refusals(&world, "merchant.document.refused").await;
    assert_eq!(trail.len(), told + wrong);
    for entry in &trail {
        assert_eq!((&entry["subject"], &entry["actor"]), (&json!(firm_id), &json!(operator.id)), "{entry}");
        assert_eq!(entry["after"], json!({"refused": ["number"]}).to_string(), "{entry}");
        assert!(!entry.to_string().contains("10090000") && !entry.to_string().contains("700000"), "{entry}");
    }
    // Nor does the right number, meanwhile.
    let mut tries = 0;
    let right = loop {
        exhaust(&world, &documents, others, "number").await;
        let answer = world.act(operator, &documents, &number("87654321".to_owned())).await;
        tries += 1;
        if answer.status == 429 || tries == 20 {
            break answer;
        }
    };
    assert_eq!(right.refusal(), (429, "rate-limited"));
    // Somebody else still may.
    let theirs = world.act(world.operator("approver", 0), &documents, &number("87654321".to_owned())).await;
    assert_eq!(theirs.status, 200, "{theirs:?}");
    sluice.verify().await;
}

impl Days<'_> {
    async fn go_by(&self, days: i32) {
        let id: Uuid = self.merchant.id.trim_start_matches("mer_").parse().expect("an id");
        let sql = "UPDATE merchant_documents SET expires_on = expires_on - $1::int WHERE merchant = $2";
        let moved = self.world.database().await.execute(sql, &[&days, &id]).await.expect("moved");
        assert!(moved > 0);
    }

    async fn becomes(&self, status: &str) {
        let path = format!("/admin/v1/merchants/{}", self.merchant.id);
        for _ in 0..300 {
            if self.world.look(&path).await.text_of("status") == status {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never {status}: {:?}", self.world.look(&path).await);
    }
}

struct Days<'w> {
    world: &'w World,
    merchant: &'w Merchant,
}

#[tokio::test]
async fn r40_told_then_restricted_until_the_document_is_renewed() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, operator) = (world.merchant(1), world.operator("operator", 0));
    let days = Days { world: &world, merchant };
    world.pay_in(merchant, "100.00", "USD").await;
    let documents = format!("/admin/v1/merchants/{}/documents", merchant.id);
    // The demo's card lasts 3650 days.
    days.go_by(3600).await;
    let told = world.wait_for_row(&documents, |row| row["told_at"].is_string()).await;
    assert_eq!((&told["status"], &told["number"]), (&json!("expiring"), &json!("****002X")));
    let withdraw = || world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY");
    let first = withdraw().await;
    assert_eq!(first.status, 201, "told, and no more: {first:?}");

    days.go_by(100).await;
    days.becomes("restricted").await;
    assert_eq!(withdraw().await.refusal(), (403, "merchant-restricted"));
    world.pay_in(merchant, "5.00", "USD").await;
    assert_eq!(
        world.balance(merchant, "USD", "available").await,
        "95.00",
        "money comes in, and none has left"
    );
    world.wait_for(merchant, first.text_of("id"), "paid").await;

    let renew = |number: &str| json!({"kind": "resident_identity_card", "number": number, "expires_on": "2046-01-31", "reason": "renewed"});
    let other = world.act(operator, &documents, &renew("110105199001010029")).await;
    assert_eq!(other.refusal(), (422, "invalid-request"), "another person's: {other:?}");
    assert_eq!(other.json["errors"][0]["field"], "number", "{other:?}");
    days.becomes("restricted").await;
    let renewed = world.act(operator, &documents, &renew("11010519491231002X")).await;
    assert_eq!((renewed.status, renewed.text_of("status")), (200, "active"), "{renewed:?}");
    let after = withdraw().await;
    assert_eq!(after.status, 201, "{after:?}");
    world.wait_for(merchant, after.text_of("id"), "paid").await;
    let trail =
        world.look(&format!("/admin/v1/audit?subject={}&action=merchant.restrict", merchant.id)).await;
    assert_eq!(trail.json["data"][0]["actor"], "gateway");
    assert_eq!(world.metric("sluice_merchants_restricted_total").await, 1.0);
    sluice.verify().await;
}

/// What was done is answered as it was the first time, also on the day after the document's last.
#[tokio::test]
async fn r22_a_document_that_was_added_is_answered_alike_once_it_has_expired() {
    // Of two gateways one has its day as far in the west as there is any, the other one in the east: there it is tomorrow.
    let (west, east) = ("utc_offset_minutes = -720", "utc_offset_minutes = 840");
    let (sluice, world) = Sluice::start_with(&format!("[limits]\n{west}\n")).await;
    let configuration = sluice.configuration();
    assert!(configuration.contains(west), "{configuration}");
    let (merchant, operator) = (world.merchant(1), world.operator("operator", 0));
    let path = format!("/admin/v1/merchants/{}/documents", merchant.id);
    let today =
        OffsetDateTime::now_utc().to_offset(UtcOffset::from_hms(-12, 0, 0).expect("an offset")).date();
    let renewal = |last: Date| json!({"kind": "resident_identity_card", "number": "11010519491231002X", "expires_on": last.to_string(), "reason": "renewed"});
    let key = unique("op");
    let done = world.admin().post(&operator.token, &path, Some(&key), &renewal(today)).await;
    assert_eq!(done.status, 200, "it holds on its last day: {done:?}");

    let second = sluice.second_with(&world, &configuration.replace(west, east)).await;
    let again = second.world.admin().post(&operator.token, &path, Some(&key), &renewal(today)).await;
    assert_eq!((again.status, &again.text, again.replayed), (200, &done.text, true), "the first answer");
    let other = renewal(today.previous_day().expect("a day"));
    let reused = second.world.admin().post(&operator.token, &path, Some(&key), &other).await;
    assert_eq!(reused.refusal(), (422, "idempotency-key-reused"));
    // Whoever brings it now, comes too late (R39), and may say so again.
    let key = unique("op");
    for _ in 0..2 {
        let late = second.world.admin().post(&operator.token, &path, Some(&key), &renewal(today)).await;
        assert_eq!(late.refusal(), (422, "invalid-request"), "{late:?}");
        assert_eq!((&late.json["errors"][0]["field"], late.replayed), (&json!("expires_on"), false));
    }
    let rows = world.look(&path).await;
    assert_eq!(rows.json["data"].as_array().map(Vec::len), Some(2), "renewed once: {rows:?}");
    sluice.verify().await;
}
