//! Who speaks for a merchant (R41): made, frozen and deleted by operators, while everything runs.

use serde_json::json;
use tests::{Sluice, World, unique};

async fn asked(world: &World, key: &str) -> (u16, String) {
    let answer = world.public().get(key, "/v1/balances").await;
    (answer.status, answer.code().to_owned())
}

/// In how many rows of the whole database a text stands, as text or as bytes.
async fn rows_with(world: &World, text: &str) -> Vec<String> {
    let database = world.database().await;
    let tables = "SELECT oid::regclass::text FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1";
    let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for row in database.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let sought = format!(
            "SELECT count(*) FROM {table} AS t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0"
        );
        let count: i64 = database.query_one(&*sought, &[&text, &bytes]).await.unwrap().get(0);
        if count > 0 {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn r41_a_user_is_made_with_its_key_stopped_let_go_and_deleted() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let operator = world.operator("approver", 0);
    let path = format!("/admin/v1/merchants/{}/users", merchant.id);
    let before = world.look(&path).await.json["data"].as_array().unwrap().len();
    let (key, new) = (unique("user"), json!({"label": "till 7", "reason": "ticket 12"}));
    let made = world.admin().post(&operator.token, &path, Some(&key), &new).await;
    assert_eq!((made.status, made.text_of("status"), made.text_of("label")), (201, "active", "till 7"));
    let (user, api_key) = (made.text_of("id").to_owned(), made.text_of("api_key").to_owned());
    assert_eq!(asked(&world, &api_key).await.0, 200, "it is a key");

    // Whoever lost the answer gets it again, also from a gateway that was started anew.
    let again = world.admin().post(&operator.token, &path, Some(&key), &new).await;
    assert_eq!((again.status, &again.text, again.replayed), (201, &made.text, true));
    let other = json!({"label": "till 8", "reason": "ticket 12"});
    let reused = world.admin().post(&operator.token, &path, Some(&key), &other).await;
    assert_eq!(reused.refusal(), (422, "idempotency-key-reused"));
    let listed = world.look(&path).await;
    let rows = listed.json["data"].as_array().unwrap();
    assert_eq!(rows.len(), before + 1, "made once");
    assert_eq!(rows[before]["key_fingerprint"], made.json["key_fingerprint"]);
    assert!(rows[before].get("api_key").is_none() && !listed.text.contains(&api_key));
    assert_eq!(rows_with(&world, &api_key).await, Vec::<String>::new(), "the key is nowhere in the clear");
    assert!(!sluice.log().contains(&api_key));

    let change = |verb: &str| format!("/admin/v1/users/{user}/{verb}");
    let why = json!({"reason": "the till was stolen"});
    for (verb, expected, then) in [
        ("unfreeze", (409, "illegal-transition"), (200, "")),
        ("freeze", (200, ""), (403, "user-frozen")),
        ("freeze", (409, "illegal-transition"), (403, "user-frozen")),
        ("unfreeze", (200, ""), (200, "")),
        ("delete", (200, ""), (401, "unauthenticated")),
        ("unfreeze", (409, "illegal-transition"), (401, "unauthenticated")),
        ("delete", (409, "illegal-transition"), (401, "unauthenticated")),
    ] {
        let answer = world.act(operator, &change(verb), &why).await;
        assert_eq!(answer.refusal(), expected, "{verb}: {answer:?}");
        assert_eq!(asked(&world, &api_key).await, (then.0, then.1.to_owned()), "after {verb}");
    }
    assert_eq!(asked(&world, &merchant.api_key).await.0, 200, "another user of it is not touched");
    let trail = world.look(&format!("/admin/v1/audit?subject={user}")).await;
    let actions: Vec<&str> =
        trail.json["data"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["user.delete", "user.unfreeze", "user.freeze", "user.create"]);
    assert_eq!(rows_with(&world, "till 7").await, ["users"], "the label is nowhere else for ever (R38)");
    sluice.verify().await;
}

#[tokio::test]
async fn r41_what_makes_no_user() {
    let (_sluice, world) = Sluice::start().await;
    let operator = world.operator("approver", 0);
    let path = format!("/admin/v1/merchants/{}/users", world.merchant(0).id);
    let before = world.look(&path).await.text;
    for (wrong, field) in [
        (json!({"label": "", "reason": "x"}), "label"),
        (json!({"label": " till", "reason": "x"}), "label"),
        (json!({"label": "a\nb", "reason": "x"}), "label"),
        (json!({"label": "x".repeat(101), "reason": "x"}), "label"),
        (json!({"label": "till", "reason": " "}), "reason"),
    ] {
        let answer = world.act(operator, &path, &wrong).await;
        assert_eq!(answer.refusal(), (422, "invalid-request"), "{wrong}");
        assert_eq!(answer.json["errors"][0]["field"], field, "{wrong}");
    }
    for wrong in [json!({"label": "till"}), json!({"label": "till", "reason": "x", "api_key": "sk_mine"})] {
        assert_eq!(world.act(operator, &path, &wrong).await.refusal(), (422, "invalid-request"), "{wrong}");
    }
    let right = json!({"label": "till", "reason": "x"});
    // A key takes out whatever the merchant has: nobody hands one out who can't approve what others do.
    for role in ["viewer", "operator"] {
        let refused = world.act(world.operator(role, 0), &path, &right).await;
        assert_eq!(refused.refusal(), (403, "forbidden"), "{role}");
    }
    let keyless = world.admin().post(&operator.token, &path, None, &right).await;
    assert_eq!(keyless.refusal(), (400, "idempotency-key-missing"));
    let nobody = path.replace(&world.merchant(0).id[4..20], "0000000000000000");
    assert_eq!(world.act(operator, &nobody, &right).await.refusal(), (404, "not-found"));
    assert_eq!(world.look(&nobody).await.refusal(), (404, "not-found"));
    let unknown = format!("/admin/v1/users/usr_{}/freeze", &world.merchant(0).id[4..]);
    assert_eq!(world.act(operator, &unknown, &json!({"reason": "x"})).await.refusal(), (404, "not-found"));
    assert_eq!(world.look(&path).await.text, before, "nothing was made");
}
