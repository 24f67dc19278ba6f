//! Nothing is changed unarmed where arming is asked for: the server refuses it, whatever the client believes (R33).

use admin_api::{AuditRow, Me, Page};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};
use tests::{Answer, Operator, Sluice, World, funds, unique};

/// A POST as the console sends it.
async fn console(world: &World, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("idempotency-key", key.to_owned()),
        ("sluice-console", "1".to_owned()),
    ];
    world.admin().send(Method::POST, path, &headers, body.to_string().into()).await
}

async fn arm(world: &World, operator: &Operator, minutes: u32, reason: &str) -> Me {
    let body = json!({"minutes": minutes, "reason": reason});
    read(&world.admin().post(&operator.token, "/admin/v1/arm", None, &body).await)
}

async fn disarm(world: &World, operator: &Operator) -> Me {
    read(&world.admin().post(&operator.token, "/admin/v1/disarm", None, &json!({})).await)
}

async fn me(world: &World, operator: &Operator) -> Me {
    read(&world.admin().get(&operator.token, "/admin/v1/me").await)
}

fn read(answer: &Answer) -> Me {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("the console's types")
}

/// As if so many seconds had passed since everybody armed.
async fn later(world: &World, seconds: u32) {
    let back = format!(
        "UPDATE armings SET armed_at = armed_at - interval '{seconds} seconds',
                            armed_until = armed_until - interval '{seconds} seconds'"
    );
    world.database().await.batch_execute(&back).await.expect("moved");
}

/// A payment that waits for somebody to credit it.
async fn in_review(world: &World, amount: &str) -> String {
    let account = world.merchant(0).account("USD");
    let answer =
        world.event(&unique("evt"), &funds(&unique("REF"), account, amount, "USD", "JANE DOE")).await;
    assert_eq!(answer.outcome(), ("in_review", "remitter_not_platform"));
    answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned()
}

async fn available(world: &World) -> String {
    world.balance(world.merchant(0), "USD", "available").await
}

/// Whether the door is open: a change of no consequence, under a new key.
async fn note(world: &World, operator: &Operator, payment: &str) -> (u16, String) {
    let path = format!("/admin/v1/payments/{payment}/notes");
    let answer = console(world, &operator.token, &path, &unique("op"), &json!({"reason": "seen"})).await;
    (answer.status, answer.code().to_owned())
}

fn open() -> (u16, String) {
    (201, String::new())
}

fn shut() -> (u16, String) {
    (403, "not-armed".to_owned())
}

async fn trail(world: &World, subject: &str) -> Vec<AuditRow> {
    let answer = world.look(&format!("/admin/v1/audit?subject={subject}")).await;
    let page: Page<AuditRow> = serde_json::from_str(&answer.text).expect("the trail");
    page.data.into_iter().rev().collect()
}

#[tokio::test]
async fn r33_the_console_changes_nothing_until_its_operator_is_armed_and_nothing_after() {
    let (sluice, world) = Sluice::start().await;
    let (one, two) = (world.operator("operator", 0), world.operator("approver", 0));
    let payment = in_review(&world, "12.00").await;
    let (path, key) = (format!("/admin/v1/payments/{payment}/credit"), unique("op"));
    let body = json!({"reason": "papers seen"});
    let shown = me(&world, one).await;
    assert_eq!((shown.operator_id.as_str(), shown.role.as_str()), (one.id.as_str(), "operator"));
    assert_eq!((shown.must_arm, &shown.armed_until, &shown.armed_reason), (false, &None, &None));

    let refused = console(&world, &one.token, &path, &key, &body).await;
    assert_eq!(refused.refusal(), (403, "not-armed"), "{refused:?}");
    assert_eq!(refused.json["type"], "/problems/not-armed");
    arm(&world, two, 5, "another one's").await;
    let refused = console(&world, &one.token, &path, &key, &body).await;
    assert_eq!(refused.refusal(), (403, "not-armed"), "one's arming is not the other's");
    assert_eq!(available(&world).await, "0.00");

    let armed = arm(&world, one, 5, "the 3 a.m. page").await;
    assert_eq!(armed.armed_reason.as_deref(), Some("the 3 a.m. page"));
    assert_eq!(me(&world, one).await, armed);
    let credited = console(&world, &one.token, &path, &key, &body).await;
    assert_eq!((credited.status, credited.replayed), (200, false), "the key is as good as new: {credited:?}");
    assert_eq!(available(&world).await, "12.00");

    assert_eq!(note(&world, one, &payment).await, open());
    let over = disarm(&world, one).await;
    assert_eq!((&over.armed_until, me(&world, one).await), (&None, over.clone()));
    assert_eq!(note(&world, one, &payment).await, shut());
    assert_eq!(note(&world, two, &payment).await, open(), "disarming is for oneself");
    arm(&world, one, 1, "again").await;
    later(&world, 59).await;
    assert_eq!(note(&world, one, &payment).await, open(), "a second is left");
    later(&world, 1).await;
    assert_eq!(note(&world, one, &payment).await, shut(), "it ends by itself");

    let rows = trail(&world, &one.id).await;
    let actions: Vec<(&str, &str)> =
        rows.iter().map(|row| (row.action.as_str(), row.reason.as_str())).collect();
    let expected = [
        ("operator.arm", "the 3 a.m. page"),
        ("operator.disarm", "by the operator"),
        ("operator.arm", "again"),
    ];
    assert_eq!(actions, expected);
    assert!(rows.iter().all(|row| row.actor == one.id && row.origin == "127.0.0.1"), "{rows:?}");
    assert!(rows[0].after.as_ref().unwrap().contains(armed.armed_until.as_ref().unwrap()), "{rows:?}");
    assert_eq!(rows[1].before, rows[0].after);
    assert_eq!(trail(&world, &payment).await.len(), 4, "a credit and three notes");
    sluice.verify().await;
}

#[tokio::test]
async fn r22_r33_after_the_arming_a_repetition_is_answered_as_the_first_time_but_shows_nothing() {
    let (sluice, world) = Sluice::start().await;
    let operator = world.operator("operator", 0);
    let (done, waits) = (in_review(&world, "12.00").await, in_review(&world, "30.00").await);
    let credit = |payment: &str| format!("/admin/v1/payments/{payment}/credit");
    let (key, body) = (unique("op"), json!({"reason": "papers seen"}));
    arm(&world, operator, 5, "review").await;
    let first = console(&world, &operator.token, &credit(&done), &key, &body).await;
    assert_eq!(first.status, 200, "{first:?}");
    let (refused_key, twice) = (unique("op"), json!({"reason": "once more"}));
    let refused = console(&world, &operator.token, &credit(&done), &refused_key, &twice).await;
    assert_eq!(refused.refusal(), (409, "illegal-transition"));
    let event = world.look(&format!("/admin/v1/payments/{done}")).await.json["timeline"][0]["id"].clone();
    let unmask = format!("/admin/v1/events/{}/unmask", event.as_str().unwrap());
    let (look_key, look) = (unique("op"), json!({"reason": "who is she", "field": "body"}));
    let seen = console(&world, &operator.token, &unmask, &look_key, &look).await;
    assert!(seen.status == 200 && seen.text.contains("JANE DOE"), "{seen:?}");
    let merchant = world.merchant(0);
    let (copy, copy_key) = (format!("/admin/v1/merchants/{}/data", merchant.id), unique("op"));
    let copied = console(&world, &operator.token, &copy, &copy_key, &body).await;
    assert!(copied.status == 200 && copied.text.contains(&merchant.name), "{copied:?}");
    disarm(&world, operator).await;

    let again = console(&world, &operator.token, &credit(&done), &key, &body).await;
    assert_eq!((again.status, again.replayed, &again.text), (200, true, &first.text));
    let again = console(&world, &operator.token, &credit(&done), &refused_key, &twice).await;
    assert_eq!((again.status, again.replayed, &again.text), (409, true, &refused.text), "refusals, too");
    for (path, key, body) in [
        (credit(&done), &key, &twice),
        (credit(&waits), &key, &body),
        (credit(&waits), &unique("op"), &body),
        (unmask.clone(), &look_key, &look),
        (unmask.clone(), &unique("op"), &look),
        (copy.clone(), &copy_key, &body),
        (copy.clone(), &unique("op"), &body),
    ] {
        let refused = console(&world, &operator.token, &path, key, body).await;
        assert_eq!(refused.refusal(), (403, "not-armed"), "{path} {key} {body}");
        assert!(!refused.text.contains("JANE") && !refused.text.contains(&merchant.name), "{refused:?}");
    }
    assert_eq!(available(&world).await, "12.00", "the second one waits");
    let looks = trail(&world, event.as_str().unwrap()).await;
    assert_eq!(looks.len(), 1, "who was refused has not looked");
    let copies = trail(&world, &merchant.id).await;
    assert_eq!(copies.iter().filter(|row| row.action == "merchant.copy").count(), 1, "nor has a copy");
    sluice.verify().await;
}

#[tokio::test]
async fn r33_what_arms_nobody_is_refused_and_leaves_nothing() {
    let (sluice, world) = Sluice::start().await;
    let operator = world.operator("operator", 0);
    let post = async |token: &str, path: &str, body: &str| {
        let headers = [("authorization", format!("Bearer {token}")), ("sluice-console", "1".to_owned())];
        world.admin().send(Method::POST, path, &headers, Bytes::copy_from_slice(body.as_bytes())).await
    };
    for (body, fields) in [
        (r#"{"minutes":0,"reason":"x"}"#, &["minutes"][..]),
        (r#"{"minutes":61,"reason":"x"}"#, &["minutes"]),
        (r#"{"minutes":61,"reason":" "}"#, &["reason", "minutes"]),
        (r#"{"minutes":5,"reason":""}"#, &["reason"]),
        (&format!(r#"{{"minutes":5,"reason":"{}"}}"#, "x".repeat(1001)), &["reason"]),
    ] {
        let refused = post(&operator.token, "/admin/v1/arm", body).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{body}");
        let wrong: Vec<_> =
            refused.json["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(wrong, fields, "{body}");
    }
    for body in [
        r#"{"minutes":-1,"reason":"x"}"#,
        r#"{"minutes":1.5,"reason":"x"}"#,
        r#"{"minutes":"5","reason":"x"}"#,
        r#"{"minutes":5}"#,
        r#"{"reason":"x"}"#,
        r#"{"minutes":5,"reason":"x","for":"op_ada"}"#,
        r#"{"minutes":5,"minutes":6,"reason":"x"}"#,
    ] {
        let refused = post(&operator.token, "/admin/v1/arm", body).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{body}: {refused:?}");
    }
    let disarmed = post(&operator.token, "/admin/v1/disarm", r#"{"reason":"x"}"#).await;
    assert_eq!(disarmed.refusal(), (422, "invalid-request"), "{disarmed:?}");
    let right = r#"{"minutes":5,"reason":"x"}"#;
    let viewer = &world.operator("viewer", 0).token;
    for (token, path, body, refusal) in [
        (viewer.as_str(), "/admin/v1/arm", right, (403, "forbidden")),
        (viewer, "/admin/v1/disarm", "{}", (403, "forbidden")),
        ("somebody", "/admin/v1/arm", right, (401, "unauthenticated")),
        (world.merchant(0).api_key.as_str(), "/admin/v1/arm", right, (401, "unauthenticated")),
    ] {
        assert_eq!(post(token, path, body).await.refusal(), refusal, "{path}");
    }
    assert_eq!(world.admin().get("somebody", "/admin/v1/me").await.refusal(), (401, "unauthenticated"));
    let shown = me(&world, world.operator("viewer", 0)).await;
    assert_eq!((shown.role.as_str(), shown.armed_until), ("viewer", None), "a viewer knows who it is");
    assert_eq!(me(&world, operator).await.armed_until, None);
    assert!(trail(&world, &operator.id).await.is_empty(), "nothing happened");
    disarm(&world, operator).await;
    assert!(trail(&world, &operator.id).await.is_empty(), "nor when nothing is ended");

    // Who may not do it at all is told so, not to arm; who sends nonsense unarmed is told to arm.
    let approve = "/admin/v1/approvals/apr_019aadd26b7c7d1e8a6f012345678901/approve";
    let body = json!({"reason": "x"});
    assert_eq!(console(&world, viewer, approve, "k", &body).await.refusal(), (403, "forbidden"));
    assert_eq!(console(&world, &operator.token, approve, "k", &body).await.refusal(), (403, "forbidden"));
    let nonsense = post(&operator.token, "/admin/v1/fees", "{}").await;
    assert_eq!(nonsense.refusal(), (403, "not-armed"), "before the body is looked at");
    sluice.verify().await;
}

#[tokio::test]
async fn r33_scripts_need_no_arming_unless_their_operator_is_configured_to() {
    let (sluice, world) = Sluice::start().await;
    let (one, two) = (world.operator("operator", 0), world.operator("approver", 0));
    let payment = in_review(&world, "12.00").await;
    let path = format!("/admin/v1/payments/{payment}/notes");
    let (body, script) = (json!({"reason": "seen"}), unique("op"));
    let by_script = async |world: &World, operator: &Operator, key: &str| {
        let answer = world.admin().post(&operator.token, &path, Some(key), &body).await;
        (answer.status, answer.code().to_owned())
    };
    assert_eq!(by_script(&world, one, &script).await, open(), "the published contract");

    let strict =
        sluice.configuration().replace("role = \"operator\"", "role = \"operator\"\nmust_arm = true");
    let second = sluice.second_with(&world, &strict).await;
    let gateway = &second.world;
    assert!(me(gateway, one).await.must_arm && !me(gateway, two).await.must_arm);
    assert_eq!(by_script(gateway, one, &unique("op")).await, shut());
    assert_eq!(by_script(gateway, one, &script).await, open(), "what was done unarmed elsewhere is repeated");
    assert_eq!(by_script(gateway, two, &unique("op")).await, open(), "only who is configured so");
    assert_eq!(
        gateway.admin().get(&one.token, "/admin/v1/overview").await.status,
        200,
        "reading needs nothing"
    );
    arm(gateway, one, 5, "a script").await;
    assert_eq!(by_script(gateway, one, &unique("op")).await, open());

    // From now on by SIGHUP: everybody has to, and at once nobody has to any more.
    second.reload(&strict.replace("role = \"approver\"", "role = \"approver\"\nmust_arm = true")).await;
    assert_eq!(by_script(gateway, two, &unique("op")).await, shut());
    second.reload(&sluice.configuration()).await;
    assert_eq!(by_script(gateway, two, &unique("op")).await, open());
    assert_eq!(note(gateway, two, &payment).await, shut(), "but the console's always do");
    sluice.verify().await;
}

#[tokio::test]
async fn r33_an_arming_counts_at_every_gateway_and_survives_a_kill() {
    let (mut sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "").await;
    let operator = world.operator("operator", 0).clone();
    let payment = in_review(&world, "12.00").await;
    let armed = arm(&world, &operator, 30, "a long night").await;
    assert_eq!(me(&second.world, &operator).await, armed);
    assert_eq!(note(&second.world, &operator, &payment).await, open());
    sluice.kill().await;
    let world = sluice.launch().await;
    assert_eq!(me(&world, &operator).await, armed, "restarted");
    assert_eq!(note(&world, &operator, &payment).await, open());
    disarm(&second.world, &operator).await;
    assert_eq!(note(&world, &operator, &payment).await, shut(), "disarmed at the other one");
    assert_eq!(me(&world, &operator).await.armed_until, None);
    sluice.verify().await;
}
