//! Settlements that a merchant announces (R10): they arrive, are overdue, are looked for, and end; no money moves by any of it.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, today, unique};

const PATH: &str = "/v1/settlements";

/// The day so many days ago, by the database's clock.
async fn day(world: &World, ago: i32) -> String {
    let sql = "SELECT (current_date - $1::int)::text";
    world.database().await.query_one(sql, &[&ago]).await.expect("a day").get(0)
}

/// The merchant's account in dollars.
async fn account(world: &World, merchant: &Merchant) -> Value {
    let list = world.public().get(&merchant.api_key, "/v1/receiving-accounts").await;
    let rows = list.json["data"].as_array().expect("accounts").clone();
    rows.into_iter().find(|row| row["currency"] == "USD").expect("an account in dollars")
}

struct Told<'a> {
    world: &'a World,
    merchant: &'a Merchant,
    account: String,
}

impl Told<'_> {
    async fn announce(&self, amount: &str, ago: i32) -> Answer {
        let body = json!({"receiving_account_id": self.account, "amount": amount, "currency": "USD",
            "paid_on": day(self.world, ago).await, "reference": unique("STL")});
        self.world.order(self.merchant, PATH, &unique("key"), &body).await
    }

    /// One that was announced.
    async fn announced(&self, amount: &str, ago: i32) -> String {
        let answer = self.announce(amount, ago).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text_of("id").to_owned()
    }

    /// The ids of those with this status.
    async fn with(&self, status: &str) -> Vec<String> {
        let list = self.world.public().get(&self.merchant.api_key, &format!("{PATH}?status={status}")).await;
        assert_eq!(list.status, 200, "{list:?}");
        let rows = list.json["data"].as_array().expect("a list");
        rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    }

    async fn investigate(&self, id: &str) -> Answer {
        self.world.order(self.merchant, &format!("{PATH}/{id}/investigate"), &unique("key"), &json!({})).await
    }

    /// Waits until it has arrived.
    async fn arrived(&self, id: &str) -> Value {
        for _ in 0..600 {
            let list = self.world.public().get(&self.merchant.api_key, PATH).await;
            let rows = list.json["data"].as_array().expect("a list");
            let row = rows.iter().find(|row| row["id"] == *id).expect("it");
            if row["status"] == "arrived" {
                return row.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{id} does not arrive");
    }

    async fn pays(&self, amount: &str) -> String {
        let event = json!({"type": "funds.received", "data": {"reference": unique("HB"),
            "account_number": self.merchant.account("USD"), "amount": amount, "currency": "USD",
            "value_date": day(self.world, 0).await, "remitter": {"name": "AMAZON PAYMENTS INC"}}});
        let answer = self.world.event(&unique("evt"), event.to_string().as_bytes()).await;
        assert_eq!(answer.outcome(), ("credited", ""));
        answer.json["outcomes"][0]["payment_id"].as_str().expect("a payment").to_owned()
    }

    /// What the merchant was told of it.
    async fn notices(&self, id: &str) -> Vec<(String, Value)> {
        let sql = "SELECT event_type, data FROM outbox WHERE subject = $1 ORDER BY created_at";
        let rows = self.world.database().await.query(sql, &[&id]).await.expect("notices");
        let data = |row: &tokio_postgres::Row| serde_json::from_str(row.get(1)).expect("JSON");
        rows.iter().map(|row| (row.get(0), data(row))).collect()
    }
}

async fn told<'a>(world: &'a World, merchant: &'a Merchant) -> Told<'a> {
    // What is announced is counted in days.
    today(0).await;
    let account = account(world, merchant).await["id"].as_str().expect("an id").to_owned();
    Told { world, merchant, account }
}

#[tokio::test]
async fn r10_what_was_announced_arrives_once_and_its_merchant_is_told() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let told = told(&world, merchant).await;
    let (new, old) = (told.announced("120.00", 1).await, told.announced("120.00", 2).await);
    let other = told.announced("121.00", 2).await;
    assert_eq!(told.with("announced").await, [other.clone(), old.clone(), new.clone()], "newest first");
    assert_eq!(told.with("overdue").await, [] as [&str; 0]);
    let early = told.investigate(&old).await;
    assert_eq!(early.refusal(), (409, "illegal-transition"));
    assert!(early.text_of("detail").starts_with("it may still be on its way until 2"), "{early:?}");

    let first = told.pays("120.00").await;
    let row = told.arrived(&old).await;
    assert_eq!((&row["payment_id"], &row["finding"]), (&json!(first), &Value::Null));
    assert_eq!(told.with("announced").await, [other.clone(), new.clone()], "one payment is one settlement");
    let second = told.pays("120.00").await;
    assert_eq!(told.arrived(&new).await["payment_id"], json!(second));
    // It was credited before anybody announced it.
    told.pays("55.00").await;
    let late = told.announced("55.00", 3).await;
    told.arrived(&late).await;
    assert_eq!(told.with("announced").await, [other.as_str()]);

    let heard = told.notices(&old).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!((heard[0].0.as_str(), &heard[0].1["payment_id"]), ("settlement.arrived", &json!(first)));
    assert_eq!(told.investigate(&old).await.refusal(), (409, "illegal-transition"));
    assert_eq!(world.balance(merchant, "USD", "available").await, "295.00", "credited, and nothing else");
    sluice.verify().await;
}

#[tokio::test]
async fn r10_two_gateways_find_each_arrival_once() {
    let (mut sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "").await;
    let merchant = world.merchant(0);
    let told = told(&world, merchant).await;
    let mut announced = Vec::new();
    for _ in 0..12 {
        announced.push(told.announced("10.00", 1).await);
    }
    let paid = join_all((0..12).map(|_| told.pays("10.00"))).await;
    let mut payments = Vec::new();
    for id in &announced {
        payments.push(told.arrived(id).await["payment_id"].as_str().expect("a payment").to_owned());
        assert_eq!(told.notices(id).await.len(), 1, "told once");
    }
    payments.sort_unstable();
    let mut paid: Vec<String> = paid.into_iter().collect();
    paid.sort_unstable();
    assert_eq!(payments, paid, "each payment is one settlement");
    assert_eq!(world.balance(merchant, "USD", "available").await, "120.00");

    // The second one looks for them by itself.
    sluice.kill().await;
    let at_second = self::told(&second.world, merchant).await;
    let alone = at_second.announced("11.00", 1).await;
    let payment = at_second.pays("11.00").await;
    assert_eq!(at_second.arrived(&alone).await["payment_id"], json!(payment));
    assert_eq!(at_second.notices(&alone).await.len(), 1, "told once");
    let world = sluice.launch().await;
    assert_eq!(world.balance(merchant, "USD", "available").await, "131.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r10_an_overdue_settlement_is_looked_for_until_an_operator_or_the_money_ends_it() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, operator) = (world.merchant(0), world.operator("operator", 0));
    let told = told(&world, merchant).await;
    let (lost, slow) = (told.announced("70.00", 20).await, told.announced("80.00", 20).await);
    assert_eq!(told.with("overdue").await, [slow.clone(), lost.clone()]);
    assert_eq!(told.with("announced").await, [] as [&str; 0]);
    let close = |id: &str| format!("/admin/v1/settlements/{id}/close");
    let found = json!({"finding": "not_found", "reason": "the platform has no such payment"});
    let unasked = world.act(operator, &close(&lost), &found).await;
    assert_eq!(unasked.refusal(), (409, "illegal-transition"), "nobody has asked");
    assert_eq!(world.look("/admin/v1/settlements").await.json["data"], json!([]));

    let key = unique("key");
    let path = format!("{PATH}/{lost}/investigate");
    let asked = world.order(merchant, &path, &key, &json!({})).await;
    assert_eq!((asked.status, asked.text_of("status")), (200, "investigating"), "{asked:?}");
    let again = world.order(merchant, &path, &key, &json!({})).await;
    assert_eq!((again.text, again.replayed), (asked.text, true));
    assert_eq!(told.investigate(&lost).await.refusal(), (409, "illegal-transition"), "once");
    assert_eq!(told.investigate(&slow).await.status, 200);
    let strangers = world.order(world.merchant(1), &path, &unique("key"), &json!({})).await;
    assert_eq!(strangers.refusal(), (404, "not-found"));
    let first = world.look("/admin/v1/settlements?limit=1").await;
    let rows = &first.json["data"];
    assert_eq!((&rows[0]["id"], &rows[0]["merchant_id"]), (&json!(lost), &json!(merchant.id)));
    let cursor = first.text_of("next_cursor");
    let rest =
        world.look(&format!("/admin/v1/settlements?cursor={cursor}&merchant_id={}", merchant.id)).await;
    assert_eq!((&rest.json["data"][0]["id"], &rest.json["has_more"]), (&json!(slow), &json!(false)));

    let viewer = world.operator("viewer", 0);
    assert_eq!(world.act(viewer, &close(&lost), &found).await.refusal(), (403, "forbidden"));
    for wrong in [json!({"finding": "lost", "reason": "x"}), json!({"finding": "found", "reason": " "})] {
        assert_eq!(
            world.act(operator, &close(&lost), &wrong).await.refusal(),
            (422, "invalid-request"),
            "{wrong}"
        );
    }
    let closed = world.act(operator, &close(&lost), &found).await;
    assert_eq!((closed.status, closed.text_of("status")), (200, "closed"), "{closed:?}");
    assert_eq!(world.act(operator, &close(&lost), &found).await.refusal(), (409, "illegal-transition"));
    let heard = told.notices(&lost).await;
    assert_eq!((heard.len(), heard[0].0.as_str()), (1, "settlement.closed"));
    assert_eq!((&heard[0].1["finding"], &heard[0].1["reason"]), (&found["finding"], &found["reason"]));
    let audit = world.look(&format!("/admin/v1/audit?subject={lost}")).await;
    let rows = audit.json["data"].as_array().expect("the trail");
    assert_eq!(
        (rows.len(), &rows[0]["action"], &rows[0]["reason"]),
        (1, &json!("settlement.close"), &found["reason"])
    );

    // A search ends by itself when the money comes; one that is over is not begun again by it.
    let payment = told.pays("80.00").await;
    assert_eq!(told.arrived(&slow).await["payment_id"], json!(payment));
    told.pays("70.00").await;
    let last = told.announced("1.00", 0).await;
    told.pays("1.00").await;
    told.arrived(&last).await;
    assert_eq!(told.with("closed").await, [lost], "final");
    assert_eq!(world.look("/admin/v1/settlements").await.json["data"], json!([]));
    sluice.verify().await;
}

#[tokio::test]
async fn r10_what_can_t_be_announced_is_refused_with_the_field() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let issued = account(&world, merchant).await;
    let today = today(0).await.to_string();
    let long_ago = day(&world, 32).await;
    let right = json!({"receiving_account_id": issued["id"], "amount": "5.00", "currency": "USD",
        "paid_on": today, "reference": "STL-7"});
    let with = |member: &str, value: Value| {
        let mut body = right.clone();
        body[member] = value;
        body
    };
    let foreign = account(&world, world.merchant(1)).await;
    for (body, field) in [
        (with("amount", json!("0")), "amount"),
        (with("currency", json!("EUR")), "currency"),
        (with("paid_on", json!(long_ago)), "paid_on"),
        (with("paid_on", json!("9998-12-31")), "paid_on"),
        (with("paid_on", json!("yesterday")), "paid_on"),
        (with("reference", json!("")), "reference"),
        (with("reference", json!("a\nb")), "reference"),
        (with("receiving_account_id", foreign["id"].clone()), "receiving_account_id"),
        (with("receiving_account_id", json!("acct_1")), "receiving_account_id"),
        (with("receiving_account_id", Value::Null), "receiving_account_id"),
        (with("store_id", issued["store_ids"][0].clone()), "receiving_account_id"),
    ] {
        let refused = world.order(merchant, PATH, &unique("key"), &body).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{body}: {refused:?}");
        assert_eq!(refused.json["errors"][0]["field"], field, "{refused:?}");
    }
    let no_key = world.public().post(&merchant.api_key, PATH, None, &right).await;
    assert_eq!(no_key.refusal(), (400, "idempotency-key-missing"));

    let key = unique("key");
    let made = world.order(merchant, PATH, &key, &right).await;
    assert_eq!((made.status, made.text_of("status")), (201, "announced"), "{made:?}");
    let again = world.order(merchant, PATH, &key, &right).await;
    assert_eq!((again.text, again.replayed), (made.text.clone(), true));
    let reused = world.order(merchant, PATH, &key, &with("amount", json!("6.00"))).await;
    assert_eq!(reused.refusal(), (422, "idempotency-key-reused"));
    let twice = world.order(merchant, PATH, &unique("key"), &right).await;
    assert_eq!(twice.refusal(), (409, "illegal-transition"), "the same reference");
    let mut by_store = with("reference", json!("STL-8"));
    by_store["receiving_account_id"].take();
    by_store["store_id"] = issued["store_ids"][0].clone();
    let key = unique("key");
    let named = world.order(merchant, PATH, &key, &by_store).await;
    assert_eq!((named.status, &named.json["receiving_account_id"]), (201, &issued["id"]), "{named:?}");
    // A second account serves the store: the name is not enough any more, and what was answered stays so.
    let one_more = json!({"currency": "USD", "store_ids": [issued["store_ids"][0]]});
    let one_more = world.public().post(&merchant.api_key, "/v1/receiving-accounts", None, &one_more).await;
    assert_eq!(one_more.status, 201, "{one_more:?}");
    let again = world.order(merchant, PATH, &key, &by_store).await;
    assert_eq!((again.text, again.replayed), (named.text, true));
    let several = world.order(merchant, PATH, &unique("key"), &by_store).await;
    assert_eq!(
        (several.refusal(), &several.json["errors"][0]["field"]),
        ((422, "invalid-request"), &json!("store_id"))
    );
    let odd = world.public().get(&merchant.api_key, "/v1/settlements?status=lost").await;
    assert_eq!(odd.refusal(), (422, "invalid-request"));
    sluice.verify().await;
}
