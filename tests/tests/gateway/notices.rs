//! R9: merchants are told, by e-mail and by webhook, whatever fails meanwhile: receivers, mail servers, the gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bank::signing::standard_webhooks::{Verifier, VerifyingKey};
use serde_json::{Value, json};
use testkit::{MailServer, MailTls, Receiver};
use tests::{Merchant, Sluice, World, funds, unique};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

/// Webhooks a thousand times as often as the standard says; more than the receivers are down in these tests.
fn settings(mail: &MailServer, receiver: &Receiver, folder: &std::path::Path) -> String {
    let ca = folder.join("receivers.pem");
    std::fs::write(&ca, format!("{}{}", mail.ca, receiver.ca)).unwrap();
    format!(
        "[notifications]\nca_file = {ca:?}\nschedule_scale = 0.01\nrequest_timeout_ms = 500\nlease_seconds = 2\n\n\
         [notifications.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"Sluice <notices@sluice.example>\"\n",
        mail.port
    )
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// R9's gauge.
async fn overdue(world: &World) -> String {
    let metrics = world.probe("/metrics").await;
    let line = metrics.lines().find_map(|line| line.strip_prefix("sluice_notices_overdue "));
    line.unwrap_or("none").to_owned()
}

async fn endpoint(world: &World, merchant: &Merchant, url: &str) -> Verifier {
    let made = world.public().post(&merchant.api_key, "/v1/webhooks", None, &json!({"url": url})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let key = VerifyingKey::parse("k", made.text_of("secret")).unwrap();
    Verifier::new(vec![key], Duration::from_secs(300))
}

/// What of the receiver's is signed by its secret: type and subject by id.
fn told(receiver: &Receiver, path: &str, verifier: &Verifier) -> BTreeMap<String, String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let mut told = BTreeMap::new();
    for one in receiver.arrived(path).iter().filter(|one| !one.down) {
        verifier.verify(&one.headers, &one.body, i64::try_from(now).unwrap()).expect("a right signature");
        let body: Value = serde_json::from_slice(&one.body).unwrap();
        let subject = body["data"]["payment_id"].as_str().or(body["data"]["withdrawal_id"].as_str());
        let text = format!("{} {}", body["type"].as_str().unwrap(), subject.unwrap());
        let before = told.insert(one.id(), text.clone());
        assert!(before.is_none_or(|before| before == text), "a repetition is the same");
    }
    told
}

/// Every payment and withdrawal that the merchant has to hear of.
async fn happenings(world: &World, merchant: &Merchant) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for amount in ["100.00", "200.00", "300.00"] {
        let credited = world.pay_in(merchant, amount, "USD").await;
        all.insert(format!(
            "payment.credited {}",
            credited.json["outcomes"][0]["payment_id"].as_str().unwrap()
        ));
    }
    let strange = funds(&unique("odd"), merchant.account("USD"), "50.00", "USD", "SOMEBODY ELSE");
    let reviewed = world.event(&unique("evt"), &strange).await;
    let id = reviewed.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    all.insert(format!("payment.in_review {id}"));
    let back = json!({"reason": "not a platform"});
    let returned =
        world.act(world.operator("operator", 0), &format!("/admin/v1/payments/{id}/return"), &back).await;
    assert_eq!(returned.status, 200, "{returned:?}");
    all.insert(format!("payment.returned {id}"));
    let good = world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY").await;
    all.insert(format!("withdrawal.paid {}", good.text_of("id")));
    let payee = world.new_payee(merchant, "CNY", "6222020200000001").await;
    let bad = world.withdraw(merchant, &payee, "20.00", "USD", "CNY").await;
    all.insert(format!("withdrawal.payee_action_required {}", bad.text_of("id")));
    world.wait_for(merchant, good.text_of("id"), "paid").await;
    world.wait_for(merchant, bad.text_of("id"), "payee_action_required").await;
    world.wait_for_row("/admin/v1/payments?status=returned", |row| row["id"] == id.as_str()).await;
    all
}

#[tokio::test]
async fn r9_every_notice_arrives_though_receivers_fail_and_the_gateway_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mail, receiver) = (MailServer::start(MailTls::None).await, Receiver::start().await);
    let (mut sluice, world) = Sluice::start_with(&settings(&mail, &receiver, folder.path())).await;
    let merchant = world.merchant(0).clone();
    let verifier = endpoint(&world, &merchant, &format!("{}/hook", receiver.base)).await;
    // Neither takes anything while all of it happens.
    receiver.down.store(true, Ordering::SeqCst);
    mail.turned_away.store(usize::MAX, Ordering::SeqCst);
    let expected = happenings(&world, &merchant).await;
    until("a first attempt", || !receiver.arrived("/hook").is_empty()).await;
    let begun = Instant::now();
    // All but the three credits, which have until tomorrow, are told at once: they are late already.
    let late = (expected.len() - 3).to_string();
    while overdue(&world).await != late {
        assert!(begun.elapsed() < PATIENCE, "R9's gauge");
        sleep(Duration::from_millis(100)).await;
    }
    sluice.kill().await;
    assert_eq!((told(&receiver, "/hook", &verifier).len(), mail.all().len()), (0, 0));

    // Both recover while the gateway is down; it is killed again in the middle of telling.
    receiver.down.store(false, Ordering::SeqCst);
    mail.turned_away.store(0, Ordering::SeqCst);
    sluice.launch().await;
    until("the first notice", || !told(&receiver, "/hook", &verifier).is_empty() || !mail.all().is_empty())
        .await;
    sluice.kill().await;
    let world = sluice.launch().await;
    until("every webhook", || told(&receiver, "/hook", &verifier).len() >= expected.len()).await;
    until("every e-mail", || letters(&mail).len() >= expected.len()).await;
    let webhooks = told(&receiver, "/hook", &verifier);
    assert_eq!(webhooks.values().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(webhooks.len(), expected.len(), "one id for one notice");
    let letters = letters(&mail);
    assert_eq!(letters.keys().collect::<Vec<_>>(), webhooks.keys().collect::<Vec<_>>(), "the same by mail");
    for (id, text) in &webhooks {
        let subject = text.split(' ').nth(1).unwrap();
        assert!(letters[id].contains(subject), "{id}: {text}\n{}", letters[id]);
    }
    let begun = Instant::now();
    while overdue(&world).await != "0" {
        assert!(begun.elapsed() < PATIENCE, "R9's gauge");
        sleep(Duration::from_millis(100)).await;
    }
    sluice.verify().await;
}

/// The last letter of each notice, decoded.
fn letters(mail: &MailServer) -> BTreeMap<String, String> {
    let mut letters = BTreeMap::new();
    for one in mail.all() {
        let id = one.header("Message-ID").unwrap();
        let id = id.trim_start_matches('<').split('@').next().unwrap().to_owned();
        letters.insert(id, one.body());
    }
    letters
}

#[tokio::test]
async fn a_notice_that_was_given_up_is_listed_and_sent_again_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let (mail, receiver) = (MailServer::start(MailTls::None).await, Receiver::start().await);
    // Ten attempts within a second.
    let settings = settings(&mail, &receiver, folder.path()).replace("= 0.01", "= 0.000001");
    let (sluice, world) = Sluice::start_with(&settings).await;
    let merchant = world.merchant(0);
    let verifier = endpoint(&world, merchant, &format!("{}/fails", receiver.base)).await;
    for amount in ["1.00", "2.00"] {
        world.pay_in(merchant, amount, "USD").await;
    }
    let path = "/admin/v1/dead-letters";
    let begun = Instant::now();
    let dead = loop {
        let listed = world.look(path).await;
        let rows = listed.json["data"].as_array().unwrap().clone();
        if rows.len() == 2 {
            break rows;
        }
        assert!(begun.elapsed() < PATIENCE, "{listed:?}");
        sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(receiver.arrived("/fails").len(), 20, "ten attempts each");
    assert!(
        dead.iter().all(|row| row["channel"] == "webhook" && row["last_answer"] == "HTTP 500"),
        "{dead:?}"
    );

    receiver.mended.store(true, Ordering::SeqCst);
    let (first, second) = (dead[0]["id"].as_str().unwrap(), dead[1]["id"].as_str().unwrap());
    let replay = |id: &str| format!("{path}/{id}/replay");
    let why = json!({"reason": "the merchant has mended it"});
    let done = world.act(world.operator("operator", 0), &replay(first), &why).await;
    assert_eq!((done.status, done.text_of("status")), (200, "pending"), "{done:?}");
    until("the replay", || receiver.arrived("/fails").len() == 21).await;
    let told = told(&receiver, "/fails", &verifier);
    assert_eq!(told.len(), 2, "the same ids as before");
    world.wait_for_row(path, |row| row["id"] == second).await;
    let begun = Instant::now();
    while world.look(path).await.json["data"].as_array().unwrap().len() > 1 {
        assert!(begun.elapsed() < PATIENCE);
        sleep(Duration::from_millis(50)).await;
    }
    let again = world.act(world.operator("operator", 0), &replay(first), &why).await;
    assert_eq!(again.refusal(), (409, "illegal-transition"), "it is delivered");
    let viewer = world.operator("viewer", 0);
    assert_eq!(world.act(viewer, &replay(second), &why).await.refusal(), (403, "forbidden"));
    sluice.verify().await;
}

/// Whoever has a key of a merchant's can take out what it has: so it hears of each one, and can say that it knows nothing of it.
#[tokio::test]
async fn r41_a_merchant_is_told_of_a_new_user() {
    let folder = tempfile::tempdir().unwrap();
    let (mail, receiver) = (MailServer::start(MailTls::None).await, Receiver::start().await);
    let (sluice, world) = Sluice::start_with(&settings(&mail, &receiver, folder.path())).await;
    let merchant = world.merchant(0);
    let verifier = endpoint(&world, merchant, &format!("{}/hook", receiver.base)).await;
    let (approver, path) =
        (world.operator("approver", 0), format!("/admin/v1/merchants/{}/users", merchant.id));
    let (key, new) = (unique("user"), json!({"label": "Lucky Person", "reason": "ticket 12"}));
    let made = world.admin().post(&approver.token, &path, Some(&key), &new).await;
    assert_eq!(made.status, 201, "{made:?}");
    until("the webhook", || !receiver.arrived("/hook").is_empty()).await;
    until("the e-mail", || !mail.all().is_empty()).await;

    let hook = receiver.arrived("/hook").remove(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    verifier.verify(&hook.headers, &hook.body, i64::try_from(now).unwrap()).expect("a right signature");
    let said: Value = serde_json::from_slice(&hook.body).unwrap();
    let data = json!({"merchant_id": merchant.id, "user_id": made.json["id"], "key_fingerprint": made.json["key_fingerprint"]});
    assert_eq!((&said["type"], &said["data"]), (&json!("merchant.user_created"), &data), "{said}");
    let letter = mail.all().remove(0).body();
    for shown in ["key_fingerprint", "id"] {
        assert!(letter.contains(made.text_of(shown)), "{shown}: {letter}");
    }
    for secret in [made.text_of("api_key"), "Lucky Person"] {
        assert!(!letter.contains(secret) && !said.to_string().contains(secret), "{secret}");
    }
    // A repetition makes nobody, and tells nothing.
    let again = world.admin().post(&approver.token, &path, Some(&key), &new).await;
    assert_eq!((again.status, again.replayed), (201, true));
    let sql = "SELECT count(*) FROM outbox WHERE event_type = 'merchant.user_created'";
    let told: i64 = world.database().await.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(told, 1);
    sluice.verify().await;
}
