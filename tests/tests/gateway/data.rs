//! A copy of all that is kept of a merchant (R38): whole, its own, in the clear, and few at once.

use bytes::Bytes;
use futures_util::future::join_all;
use hyper::Method;
use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, funds, unique};

const OWN: &str = "/v1/data";
const CARD: &str = "6222000000000099";
const REMOVED: &str = "6222000000000107";
const STRANGER: &str = "JANE DOE";

/// A copy, line by line.
struct Copy(Vec<(String, Value)>);

impl Copy {
    /// One that is whole: it says at its beginning what it consists of, and at its end how much there was.
    fn read(answer: &Answer) -> Copy {
        assert_eq!(answer.status, 200, "{answer:?}");
        let line = |line: &str| {
            let value: Value = serde_json::from_str(line).expect("a line of JSON");
            (value["part"].as_str().expect("a part").to_owned(), value["data"].clone())
        };
        let mut lines: Vec<(String, Value)> = answer.text.lines().map(line).collect();
        let (last, end) = lines.pop().expect("a last line");
        let (first, head) = lines.remove(0);
        assert_eq!((first.as_str(), last.as_str()), ("copy", "end"));
        assert!(head["begun_at"].as_str() <= end["ended_at"].as_str(), "{head} {end}");
        let copy = Copy(lines);
        for part in head["parts"].as_array().expect("parts") {
            let part = part.as_str().expect("a part");
            assert_eq!(end["counts"][part], copy.of(part).len(), "{part}");
        }
        copy
    }

    fn of(&self, part: &str) -> Vec<&Value> {
        self.0.iter().filter(|line| line.0 == part).map(|line| &line.1).collect()
    }

    fn texts(&self, part: &str, member: &str) -> Vec<&str> {
        self.of(part).iter().map(|row| row[member].as_str().unwrap_or_default()).collect()
    }
}

async fn own(world: &World, merchant: &Merchant) -> Answer {
    world.public().get(&merchant.api_key, OWN).await
}

/// All rows of a merchant's list.
async fn listed(world: &World, merchant: &Merchant, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.public().get(&merchant.api_key, &format!("{path}?limit=200{cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        rows.extend(page.json["data"].as_array().expect("a list").iter().cloned());
        match page.json["next_cursor"].as_str() {
            None => return rows,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

async fn arrives(world: &World, merchant: &Merchant, amount: &str, remitter: &str) -> String {
    let body = funds(&unique("HB"), merchant.account("USD"), amount, "USD", remitter);
    let answer = world.event(&unique("evt"), &body).await;
    answer.json["outcomes"][0]["payment_id"].as_str().expect("a payment").to_owned()
}

/// Payments in all states, a withdrawal, a removed payee, a webhook that was taken away, an announced settlement, and more orders than a page holds.
async fn eventful(world: &World, merchant: &Merchant) -> [String; 3] {
    let credited = arrives(world, merchant, "100.00", "AMAZON PAYMENTS INC").await;
    let (reviewed, returned) =
        (arrives(world, merchant, "7.00", STRANGER).await, arrives(world, merchant, "8.00", STRANGER).await);
    let back = format!("/admin/v1/payments/{returned}/return");
    let done = world.act(world.operator("operator", 0), &back, &json!({"reason": "nobody's"})).await;
    assert_eq!(done.status, 200, "{done:?}");
    world.wait_for_row("/admin/v1/payments?status=returned", |row| row["id"] == *returned).await;
    world.new_payee(merchant, "CNY", CARD).await;
    let gone = world.new_payee(merchant, "CNY", REMOVED).await;
    let key = [("authorization", format!("Bearer {}", merchant.api_key))];
    let delete = async |path: String| world.public().send(Method::DELETE, &path, &key, Bytes::new()).await;
    assert_eq!(delete(format!("/v1/payees/{gone}")).await.status, 204);
    for path in ["kept", "gone"] {
        let url = json!({"url": format!("https://hooks.example.com/{path}")});
        let made = world.public().post(&merchant.api_key, "/v1/webhooks", None, &url).await;
        assert_eq!(made.status, 201, "{made:?}");
        if path == "gone" {
            assert_eq!(delete(format!("/v1/webhooks/{}", made.text_of("id"))).await.status, 204);
        }
    }
    let account = listed(world, merchant, "/v1/receiving-accounts").await.remove(0);
    let today: String =
        world.database().await.query_one("SELECT current_date::text", &[]).await.expect("a day").get(0);
    let announced = json!({"receiving_account_id": account["id"], "amount": "999", "currency": account["currency"],
        "paid_on": today, "reference": "STL-1"});
    let announced = world.order(merchant, "/v1/settlements", &unique("key"), &announced).await;
    assert_eq!(announced.status, 201, "{announced:?}");
    assert_eq!(world.quote(merchant, "10.00", "USD", "CNY").await.status, 201);
    let withdrawn = world.withdraw(merchant, merchant.payee("CNY"), "40.00", "USD", "CNY").await;
    world.wait_for(merchant, withdrawn.text_of("id"), "paid").await;
    assert_eq!(world.executions(&withdrawn).await, 1);
    let store = listed(world, merchant, "/v1/stores").await[0]["id"].as_str().unwrap().to_owned();
    let order = |at: usize| json!({"order_id": format!("{at:04}"), "amount": "1.00", "currency": "USD", "ordered_at": "2026-11-01T00:00:00Z"});
    let orders: Vec<Value> = (0..1201).map(order).collect();
    for some in orders.chunks(150) {
        let orders = json!({"orders": some});
        let path = format!("/v1/stores/{store}/orders");
        let imported = world.public().post(&merchant.api_key, &path, None, &orders).await;
        assert_eq!(imported.status, 200, "{imported:?}");
    }
    [credited, reviewed, returned]
}

#[tokio::test]
async fn r38_a_merchant_has_a_copy_of_all_that_is_kept_of_it() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, other) = (world.merchant(0), world.merchant(1));
    // What it prints when it is ready names people itself.
    let printed = sluice.log().len();
    let payments = eventful(&world, merchant).await;
    arrives(&world, other, "55.00", "AMAZON PAYMENTS INC").await;
    let answer = own(&world, merchant).await;
    let copy = Copy::read(&answer);

    let profile = copy.of("profile")[0];
    assert_eq!((&profile["id"], &profile["name"]), (&json!(merchant.id), &json!(merchant.name)));
    assert!(profile["email"].as_str().unwrap().ends_with("@example.com"), "{profile}");
    let numbers = copy.texts("payees", "account_number");
    assert!(
        numbers.contains(&CARD) && numbers.contains(&REMOVED),
        "in the clear, removed or not: {numbers:?}"
    );
    let removed = |number: &str| {
        copy.of("payees").iter().find(|row| row["account_number"] == number).map(|row| row["removed"].clone())
    };
    assert_eq!((removed(CARD), removed(REMOVED)), (Some(json!(false)), Some(json!(true))));
    assert!(copy.texts("payees", "holder_name").iter().all(|name| *name == merchant.name));
    assert_eq!(copy.texts("webhooks", "status"), ["active", "deleted"]);
    let states: Vec<_> = payments
        .iter()
        .map(|id| {
            copy.of("payments").into_iter().find(|row| row["id"] == **id).map(|row| row["status"].clone())
        })
        .collect();
    let expected = ["credited", "in_review", "returned"].map(|state| Some(json!(state)));
    assert_eq!((states.as_slice(), copy.of("payments").len()), (expected.as_slice(), 3));
    assert_eq!(copy.of("quotes").len(), 1);
    let told = copy.texts("notices", "type");
    for kind in ["payment.credited", "payment.in_review", "payment.returned", "withdrawal.paid"] {
        assert!(told.contains(&kind), "{kind}: {told:?}");
    }
    assert!(copy.texts("users", "status").contains(&"active"));

    // The rest is what the lists show, every row of it.
    for (part, path) in [
        ("stores", "/v1/stores"),
        ("receiving_accounts", "/v1/receiving-accounts"),
        ("settlements", "/v1/settlements"),
        ("withdrawals", "/v1/withdrawals"),
        ("transactions", "/v1/transactions"),
    ] {
        let rows = listed(&world, merchant, path).await;
        assert!(!rows.is_empty(), "{path}");
        assert_eq!(copy.of(part), rows.iter().collect::<Vec<_>>(), "{part}");
    }
    let mut orders = Vec::new();
    for store in listed(&world, merchant, "/v1/stores").await {
        let id = store["id"].as_str().unwrap();
        for mut order in listed(&world, merchant, &format!("/v1/stores/{id}/orders")).await {
            order["store_id"] = store["id"].clone();
            orders.push(order);
        }
    }
    assert!(
        orders.len() > 1200 && copy.of("orders") == orders.iter().collect::<Vec<_>>(),
        "{}",
        orders.len()
    );
    let balances = world.public().get(&merchant.api_key, "/v1/balances").await;
    assert_eq!(json!(copy.of("balances")), balances.json["data"]);

    for absent in
        [STRANGER, "AMAZON PAYMENTS", &merchant.api_key, "whsec_", &other.name, &other.id, "nobody's"]
    {
        assert!(!answer.text.contains(absent), "{absent} in the copy");
    }
    let log = sluice.log().split_off(printed);
    for secret in [CARD, REMOVED, merchant.name.as_str(), profile["email"].as_str().unwrap()] {
        assert!(!log.contains(secret), "R37: {secret} in the log: {log}");
    }
    sluice.verify().await;
}

#[tokio::test]
async fn r38_an_operator_s_copy_needs_a_role_and_a_reason_and_is_audited() {
    let (sluice, world) = Sluice::start().await;
    let (operator, merchant) = (world.operator("operator", 0), world.merchant(0));
    let path = format!("/admin/v1/merchants/{}/data", merchant.id);
    let reason = json!({"reason": "it asked by letter"});
    let viewer = world.operator("viewer", 0);
    assert_eq!(world.act(viewer, &path, &reason).await.refusal(), (403, "forbidden"));
    for wrong in [json!({}), json!({"reason": " "}), json!({"reason": "x", "part": "payees"})] {
        assert_eq!(world.act(operator, &path, &wrong).await.refusal(), (422, "invalid-request"), "{wrong}");
    }
    let no_key = world.admin().post(&operator.token, &path, None, &reason).await;
    assert_eq!(no_key.refusal(), (400, "idempotency-key-missing"));
    let nobody = format!(
        "/admin/v1/merchants/mer_{}/data",
        "0".repeat(12) + "7" + &"0".repeat(3) + "8" + &"0".repeat(15)
    );
    assert_eq!(world.act(operator, &nobody, &reason).await.refusal(), (404, "not-found"));
    let trail = format!("/admin/v1/audit?subject={}&action=merchant.copy", merchant.id);
    assert_eq!(world.look(&trail).await.json["data"], json!([]), "nobody has seen anything");

    // Two persons let it go; its keys open nothing any more, and its copy comes from the institution.
    let close = format!("/admin/v1/merchants/{}/close", merchant.id);
    assert_eq!(world.by_two(&close, &json!({"reason": "it leaves"})).await.status, 200);
    let row = format!("/admin/v1/merchants?query={}", merchant.id);
    world.wait_for_row(&row, |row| row["status"] == "closed").await;
    assert_eq!(own(&world, merchant).await.refusal(), (403, "merchant-closed"));
    let key = unique("key");
    for replayed in [false, true] {
        let answer = world.admin().post(&operator.token, &path, Some(&key), &reason).await;
        assert_eq!(answer.replayed, replayed);
        let copy = Copy::read(&answer);
        let profile = copy.of("profile")[0];
        assert_eq!((&profile["name"], &profile["status"]), (&json!(merchant.name), &json!("closed")));
        assert!(!copy.of("payees").is_empty() && !copy.of("orders").is_empty());
    }
    let other = json!({"reason": "another"});
    let reused = world.admin().post(&operator.token, &path, Some(&key), &other).await;
    assert_eq!(reused.refusal(), (422, "idempotency-key-reused"));
    let rows = world.look(&trail).await;
    let rows = rows.json["data"].as_array().expect("a list");
    let said: Vec<_> = rows.iter().map(|row| (&row["actor"], &row["reason"], &row["after"])).collect();
    let look = (&json!(operator.id), &reason["reason"], &Value::Null);
    assert_eq!(said, [look, look], "each look is written down");
    // What is kept under the key must not be the copy.
    let sql = "SELECT a.body FROM idempotency_answers a
        JOIN idempotency_keys k ON k.shard = a.shard AND k.id = a.id WHERE k.key = $1";
    let kept: Vec<u8> = world.database().await.query_one(sql, &[&key]).await.unwrap().get(0);
    assert!(!String::from_utf8_lossy(&kept).contains(&merchant.name));
    sluice.verify().await;
}

#[tokio::test]
async fn r38_copies_are_few_at_once_and_one_that_breaks_off_shows_it() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, third) = (world.merchant(0), third(&world).await);
    let keys = [merchant.api_key.as_str(), &world.merchant(1).api_key, &third];
    let bearer = |key: &str| [("authorization", format!("Bearer {key}"))];
    let head = world.public().send(Method::HEAD, OWN, &bearer(keys[0]), Bytes::new()).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let odd = world.public().get(keys[0], "/v1/data?part=users").await;
    assert_eq!(odd.refusal(), (422, "invalid-request"));

    // All copies wait for one table, until their statements are given up.
    let mut database = world.database().await;
    let lock = database.transaction().await.expect("a transaction");
    lock.batch_execute("LOCK TABLE fee_versions IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let ask = async |key: &str| world.public().try_send(Method::GET, OWN, &bearer(key), Bytes::new()).await;
    let at_once = async |keys: &[&str]| {
        let answers = join_all(keys.iter().map(|key| ask(key))).await;
        let broken = answers.iter().filter(|answer| answer.is_none()).count();
        (broken, answers.into_iter().flatten().collect::<Vec<Answer>>())
    };
    let (broken, refused) = at_once(&[keys[0], keys[0]]).await;
    let refused: Vec<_> = refused.iter().map(|answer| (answer.refusal(), answer.retry_after)).collect();
    assert_eq!((broken, refused), (1, vec![((429, "rate-limited"), Some(10))]), "one of a merchant");
    let (broken, refused) = at_once(&keys).await;
    let refused: Vec<_> = refused.iter().map(|answer| (answer.refusal(), answer.retry_after)).collect();
    assert_eq!((broken, refused), (2, vec![((503, "overloaded"), Some(10))]), "two at once");
    lock.rollback().await.expect("unlocked");
    assert_eq!(Copy::read(&own(&world, merchant).await).of("profile").len(), 1, "places are free again");
    sluice.verify().await;
}

/// The key of one more merchant.
async fn third(world: &World) -> String {
    let operator = world.operator("operator", 0);
    let body = json!({"kind": "individual", "origin": "mainland", "name": "Li Na", "email": "li@example.com",
        "mobile": "+8613812345678", "reason": "came to the counter",
        "documents": [{"kind": "resident_identity_card", "number": "110105199001010029", "expires_on": "2046-01-31"}]});
    let made = world.act(operator, "/admin/v1/merchants", &body).await;
    let users = format!("/admin/v1/merchants/{}/users", made.text_of("id"));
    let approver = world.operator("approver", 0);
    let user = world.act(approver, &users, &json!({"label": "till", "reason": "its first"})).await;
    user.text_of("api_key").to_owned()
}
