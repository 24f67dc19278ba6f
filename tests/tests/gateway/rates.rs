//! R16, R18, R19: several banks' rates, one that jumps, what was the rate when, and prices through a third currency.

use hyper::Method;
use serde_json::{Value, json};
use tests::{Answer, Merchant, Second, Sluice, World, unique};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// What the sandbox bank of the demo may publish, as its configuration says it.
const OWN_PAIRS: &str = "\"GBPCNY\"]";

/// A second gateway to which a second bank publishes EURUSD, too: `hanseatic`, first in the order.
async fn gateway(sluice: &Sluice, world: &World, exchange: &str) -> Second {
    let text = sluice.configuration();
    assert!(text.contains(OWN_PAIRS), "{text}");
    let bank = format!(
        "\n[[banks]]\nid = \"hanseatic\"\nkeys = [{{ id = \"k\", secret = {:?} }}]\nrate_pairs = [\"EURUSD\"]\n",
        world.secret()
    );
    let text = text.replacen(OWN_PAIRS, "\"GBPCNY\", \"EURUSD\"]", 1);
    sluice.second_with(world, &format!("{text}{bank}{exchange}")).await
}

const ORDERED: &str = "\n[exchange]\n[[exchange.pairs]]\npair = \"EURUSD\"\nsources = [\"hanseatic\", \"sandbox\"]\n\
    max_age_seconds = 300\n";

fn text_of(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap()
}

/// Euros in dollars by a bank, `ago` old: what the bank is answered.
async fn publish(world: &World, bank: &str, bid: &str, ask: &str, ago: Duration) -> (String, String) {
    let as_of = text_of(OffsetDateTime::now_utc() - ago);
    let body = json!({"type": "rates.published", "data": {"as_of": as_of,
        "rates": [{"base": "EUR", "quote": "USD", "bid": bid, "ask": ask}]}})
    .to_string();
    let headers = world.headers(&unique("rates"), body.as_bytes());
    let path = format!("/v1/banks/{bank}/events");
    let answer = world.public().send(Method::POST, &path, &headers, body.into()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (outcome, reason) = answer.outcome();
    (outcome.to_owned(), reason.to_owned())
}

async fn now(world: &World, bank: &str, bid: &str, ask: &str) -> (String, String) {
    publish(world, bank, bid, ask, Duration::ZERO).await
}

fn told(outcome: &str, reason: &str) -> (String, String) {
    (outcome.to_owned(), reason.to_owned())
}

async fn quote(world: &World, merchant: &Merchant) -> Answer {
    world.quote(merchant, "100.00", "EUR", "USD").await
}

/// Dollars for a euro, or the refusal.
async fn price(world: &World, merchant: &Merchant) -> String {
    let quote = quote(world, merchant).await;
    if quote.status == 201 { quote.text_of("rate").to_owned() } else { format!("{:?}", quote.refusal()) }
}

const NONE: &str = "(503, \"rate-unavailable\")";

/// The row of a bank's EURUSD.
async fn seen(world: &World, bank: &str, at: Option<&str>) -> Value {
    let at = at.map(|at| format!("&at={at}")).unwrap_or_default();
    let answer = world.look(&format!("/admin/v1/rates?pair=EURUSD{at}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let rows = answer.json["data"].as_array().unwrap();
    rows.iter().find(|row| row["bank"] == bank).cloned().unwrap_or(Value::Null)
}

/// Its bid, what it is good for, and whether it makes the prices.
fn standing(row: &Value) -> (&str, &str, bool) {
    (row["bid"].as_str().unwrap(), row["status"].as_str().unwrap(), row["prices"].as_bool().unwrap())
}

async fn metric(world: &World, name: &str) -> String {
    for _ in 0..100 {
        let metrics = world.probe("/metrics").await;
        if let Some(line) = metrics.lines().find(|line| line.starts_with(name)) {
            return line.rsplit(' ').next().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("no {name}");
}

/// Waits until a metric says so: gauges are read every few seconds.
async fn wait_for_metric(world: &World, name: &str, value: &str) {
    for _ in 0..150 {
        if metric(world, name).await == value {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{name} does not become {value}: {}", metric(world, name).await);
}

#[tokio::test]
async fn r16_the_next_bank_steps_in_and_what_jumps_waits_for_a_person() {
    let (sluice, first) = Sluice::start().await;
    let second = gateway(&sluice, &first, ORDERED).await;
    let world = &second.world;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "EUR").await;
    assert_eq!(price(world, merchant).await, NONE, "nobody has said anything");

    // In the order of the configuration: the first bank's is too old, then new.
    assert_eq!(now(world, "sandbox", "1.0800", "1.0900").await, told("applied", ""));
    assert_eq!(price(world, merchant).await, "1.08");
    let old = Duration::minutes(6);
    assert_eq!(publish(world, "hanseatic", "1.0840", "1.0860", old).await, told("applied", ""));
    assert_eq!(price(world, merchant).await, "1.08");
    assert_eq!(standing(&seen(world, "hanseatic", None).await), ("1.084", "stale", false));
    assert_eq!(standing(&seen(world, "sandbox", None).await), ("1.08", "fresh", true));
    assert_eq!(now(world, "hanseatic", "1.0850", "1.0860").await, told("applied", ""));
    assert_eq!(now(world, "sandbox", "1.0801", "1.0901").await, told("applied", ""), "newer, but second");
    let open = quote(world, merchant).await;
    assert_eq!((open.status, open.text_of("rate"), open.text_of("buy_amount")), (201, "1.085", "108.17"));
    let before = text_of(OffsetDateTime::now_utc());

    // By hand: a tenth of 1.0850 is 0.1085, so that 1.1935 is near enough and 1.1936 is not.
    let held = told("ignored", "held_for_review");
    assert_eq!(now(world, "hanseatic", "1.1936", "1.1940").await, held);
    assert_eq!(price(world, merchant).await, "1.0801", "the next bank's, and no old price");
    let row = seen(world, "hanseatic", None).await;
    assert_eq!(standing(&row), ("1.085", "held", false));
    assert_eq!(row["held"]["bid"], "1.1936");
    assert_eq!(now(world, "sandbox", "1.3000", "1.3100").await, held);
    assert_eq!(price(world, merchant).await, NONE);
    let payee = merchant.payee("USD");
    let refused = world.withdraw(merchant, payee, "10.00", "EUR", "USD").await;
    assert_eq!(refused.refusal(), (503, "rate-unavailable"));
    let between = text_of(OffsetDateTime::now_utc());
    let overview = world.look("/admin/v1/overview").await;
    assert_eq!(overview.json["rates_held"], 2);
    let ages = overview.json["rates"].as_array().unwrap();
    let euro = ages.iter().find(|row| row["pair"] == "EURUSD").unwrap();
    assert!(euro["priced_by"].is_null() && euro["age_seconds"].as_f64().unwrap() < 60.0, "{euro}");
    wait_for_metric(world, "sluice_rates_held", "2").await;
    wait_for_metric(world, "sluice_rate_available{pair=\"EURUSD\"}", "0").await;

    // What was promised is kept meanwhile.
    let body = json!({"payee_id": payee, "quote_id": open.text_of("id")});
    let kept = world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await;
    assert_eq!((kept.status, kept.text_of("rate"), kept.text_of("buy_amount")), (201, "1.085", "108.17"));

    // A person decides.
    let (hanseatic, sandbox) = (held_id(world, "hanseatic").await, held_id(world, "sandbox").await);
    let accept = format!("/admin/v1/rates/{hanseatic}/accept");
    let why = json!({"reason": "the news of this morning"});
    let viewer = world.act(world.operator("viewer", 0), &accept, &why).await;
    assert_eq!(viewer.refusal(), (403, "forbidden"));
    let operator = world.operator("operator", 0);
    let silent = world.act(operator, &accept, &json!({"reason": " "})).await;
    assert_eq!(silent.refusal(), (422, "invalid-request"));
    let keyless = world.admin().post(&operator.token, &accept, None, &why).await;
    assert_eq!(keyless.refusal(), (400, "idempotency-key-missing"));
    let none = format!("/admin/v1/rates/{}/accept", hanseatic.replace(['1', '2', '3'], "4"));
    assert_eq!(world.act(operator, &none, &why).await.refusal(), (404, "not-found"));
    assert_eq!(price(world, merchant).await, NONE, "nothing of it changed anything");
    let key = unique("key");
    let done = world.admin().post(&operator.token, &accept, Some(&key), &why).await;
    assert_eq!((done.status, done.text_of("status"), done.text_of("bid")), (200, "accepted", "1.1936"));
    let again = world.admin().post(&operator.token, &accept, Some(&key), &why).await;
    assert_eq!((again.text.as_str(), again.replayed), (done.text.as_str(), true));
    assert_eq!(world.act(operator, &accept, &why).await.refusal(), (409, "illegal-transition"));
    assert_eq!(price(world, merchant).await, "1.1936");
    assert_eq!(
        now(world, "hanseatic", "1.2900", "1.3000").await,
        told("applied", ""),
        "near the accepted one"
    );

    let reject = format!("/admin/v1/rates/{sandbox}/reject");
    let done = world.act(operator, &reject, &json!({"reason": "a typing error"})).await;
    assert_eq!((done.status, done.text_of("status")), (200, "rejected"), "{done:?}");
    assert_eq!(standing(&seen(world, "sandbox", None).await), ("1.0801", "rejected", false));
    assert_eq!(now(world, "sandbox", "1.0900", "1.1000").await, told("applied", ""));
    assert_eq!(standing(&seen(world, "sandbox", None).await), ("1.09", "fresh", false));
    wait_for_metric(world, "sluice_rates_held", "0").await;
    wait_for_metric(world, "sluice_rate_available{pair=\"EURUSD\"}", "1").await;
    let age: f64 = metric(world, "sluice_rate_age_seconds{pair=\"EURUSD\"}").await.parse().unwrap();
    assert!((0.0..60.0).contains(&age), "{age}");

    // Who did what, and what was the rate then?
    for (id, action, before, after) in
        [(&hanseatic, "rate.accept", "held", "accepted"), (&sandbox, "rate.reject", "held", "rejected")]
    {
        let trail = world.look(&format!("/admin/v1/audit?subject={id}")).await;
        let [entry] = trail.json["data"].as_array().unwrap().as_slice() else { panic!("{trail:?}") };
        assert_eq!((entry["action"].as_str(), entry["actor"].as_str()), (Some(action), Some(&*operator.id)));
        let says = |side: &str, status: &str| {
            entry[side].as_str().unwrap().contains(&format!("\"status\":\"{status}\""))
        };
        assert!(says("before", before) && says("after", after), "{entry}");
    }
    assert_eq!(standing(&seen(world, "hanseatic", Some(&before)).await), ("1.085", "fresh", true));
    assert_eq!(standing(&seen(world, "sandbox", Some(&before)).await), ("1.0801", "fresh", false));
    assert_eq!(standing(&seen(world, "hanseatic", Some(&between)).await), ("1.085", "held", false));
    assert_eq!(seen(world, "hanseatic", Some(&between)).await["held"]["id"], hanseatic.as_str());
    assert!(seen(world, "hanseatic", Some("2026-01-01T00:00:00Z")).await.is_null());
    history(world).await;
    for (path, field) in [
        ("/admin/v1/rates?at=2999-01-01", "at"),
        ("/admin/v1/rates?at=soon", "at"),
        ("/admin/v1/rates?pair=EUR", "pair"),
        ("/admin/v1/rates/history", "pair"),
        ("/admin/v1/rates/history?pair=EURUSD&from=soon", "from"),
        ("/admin/v1/rates/history?pair=EURUSD&cursor=x", "cursor"),
    ] {
        let wrong = world.look(path).await;
        assert_eq!(
            (wrong.refusal(), &wrong.json["errors"][0]["field"]),
            ((422, "invalid-request"), &json!(field))
        );
    }
    let paid = world.wait_for(merchant, kept.text_of("id"), "paid").await;
    assert_eq!(paid.json["payouts"][0]["amount_received"], "108.17");
    assert_eq!(world.executions(&paid).await, 1);
    assert_eq!(world.balance(merchant, "EUR", "available").await, "900.00");
    sluice.verify().await;
}

/// Ahead of our clock, though not too far: newer than what the sandbox bank says by itself meanwhile. The third is crossed by its
/// ninth digit alone, which prices don't have.
#[tokio::test]
async fn r16_a_crossed_pair_is_passed_over_and_the_others_of_its_message_are_taken() {
    let (sluice, world) = Sluice::start().await;
    let rate =
        |base: &str, bid: &str, ask: &str| json!({"base": base, "quote": "CNY", "bid": bid, "ask": ask});
    let body = json!({"type": "rates.published", "data": {
        "as_of": text_of(OffsetDateTime::now_utc() + Duration::seconds(30)),
        "rates": [rate("USD", "7.13", "7.10"), rate("EUR", "8.2", "8.24"), rate("GBP", "9.40000009", "9.40000001")]}});
    let answer = world.event(&unique("rates"), body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let outcomes = answer.json["outcomes"].as_array().unwrap();
    let told: Vec<_> =
        outcomes.iter().map(|one| [&one["reference"], &one["outcome"], &one["reason"]]).collect();
    let passed_over = |pair: &str| [json!(pair), json!("ignored"), json!("crossed")];
    let expected =
        [passed_over("USDCNY"), [json!("EURCNY"), json!("applied"), Value::Null], passed_over("GBPCNY")];
    let expected: Vec<_> = expected.iter().map(|told| told.each_ref()).collect();
    assert_eq!(told, expected);
    sluice.verify().await;
}

/// The sandbox bank may publish neither HKDCNY nor CNYUSD.
#[tokio::test]
async fn r1_r16_a_pair_that_is_not_the_banks_takes_no_other_down() {
    let (sluice, world) = Sluice::start().await;
    let publish = async |pairs: &[(&str, &str)]| {
        let rates: Vec<Value> = pairs
            .iter()
            .map(|(base, quote)| json!({"base": base, "quote": quote, "bid": "7.1", "ask": "7.127211848"}))
            .collect();
        let as_of = text_of(OffsetDateTime::now_utc() + Duration::seconds(30));
        let body = json!({"type": "rates.published", "data": {"as_of": as_of, "rates": rates}});
        world.event(&unique("rates"), body.to_string().as_bytes()).await
    };
    let answer = publish(&[("HKD", "CNY"), ("USD", "CNY"), ("CNY", "USD")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let outcomes = answer.json["outcomes"].as_array().unwrap();
    let told: Vec<_> =
        outcomes.iter().map(|one| [&one["reference"], &one["outcome"], &one["reason"]]).collect();
    let passed_over = |pair: &str| [json!(pair), json!("ignored"), json!("unknown_pair")];
    let applied = [json!("USDCNY"), json!("applied"), Value::Null];
    let expected = [passed_over("HKDCNY"), applied, passed_over("CNYUSD")];
    assert_eq!(told, expected.iter().map(|told| told.each_ref()).collect::<Vec<_>>());
    let none = publish(&[("HKD", "CNY"), ("CNY", "USD")]).await;
    assert_eq!(none.refusal(), (422, "invalid-request"), "{none:?}");

    // R19, by hand: 1 ÷ 7.127211848 = 0.1403073207…; the ask itself is shown as it was published.
    let merchant = world.merchant(0);
    let quote = world.quote(merchant, "100.00", "CNY", "USD").await;
    assert_eq!((quote.status, quote.text_of("rate")), (201, "0.14030732"), "{quote:?}");
    let row = world.look("/admin/v1/rates?pair=USDCNY").await;
    assert_eq!(row.json["data"][0]["ask"], "7.127211848", "{row:?}");
    sluice.verify().await;
}

async fn held_id(world: &World, bank: &str) -> String {
    seen(world, bank, None).await["held"]["id"].as_str().expect("one that waits").to_owned()
}

/// All that was published, in pages of three, the last first.
async fn history(world: &World) {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/admin/v1/rates/history?pair=EURUSD&from=2026-01-01&limit=3{cursor}");
        let page = world.look(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        rows.extend(page.json["data"].as_array().unwrap().clone());
        if page.json["has_more"] == false {
            break;
        }
        cursor = format!("&cursor={}", page.text_of("next_cursor"));
    }
    let told: Vec<_> = rows
        .iter()
        .rev()
        .map(|row| {
            (row["bank"].as_str().unwrap(), row["bid"].as_str().unwrap(), row["status"].as_str().unwrap())
        })
        .collect();
    let expected = [
        ("sandbox", "1.08", "accepted"),
        ("hanseatic", "1.084", "accepted"),
        ("hanseatic", "1.085", "accepted"),
        ("sandbox", "1.0801", "accepted"),
        ("hanseatic", "1.1936", "accepted"),
        ("sandbox", "1.3", "rejected"),
        ("hanseatic", "1.29", "accepted"),
        ("sandbox", "1.09", "accepted"),
    ];
    assert_eq!(told, expected);
    assert!(rows.iter().all(|row| row["event_id"].as_str().unwrap().starts_with("evt_")), "{rows:?}");
}

/// The quiet sandbox bank says GBPCNY 9.4000/9.4500 and USDCNY 7.1000/7.1300. By hand: 1 ÷ 7.13 = 0.14025245; 9.4 of that
/// is 1.31837303, eight digits of it 1.318373; 99.70 × 1.318373 = 131.4417881.
#[tokio::test]
async fn r19_what_has_no_rate_of_its_own_is_exchanged_through_the_configured_currency() {
    let (sluice, first) = Sluice::start().await;
    let second = gateway(&sluice, &first, "\n[exchange]\ncross_through = \"CNY\"\n").await;
    let world = &second.world;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "GBP").await;
    let without = first.quote(merchant, "100.00", "GBP", "USD").await;
    assert_eq!(without.refusal(), (422, "unsupported-corridor"), "not where it isn't configured");

    let quote = world.quote(merchant, "100.00", "GBP", "USD").await;
    let shown = ["rate", "fee", "net_amount", "buy_amount"].map(|member| quote.text_of(member).to_owned());
    assert_eq!(shown, ["1.318373", "0.30", "99.70", "131.44"], "{quote:?}");
    let rates = world.look("/admin/v1/rates").await;
    let mut times: Vec<&str> = rates.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| ["GBP", "USD"].contains(&row["base"].as_str().unwrap()))
        .map(|row| row["as_of"].as_str().unwrap())
        .collect();
    times.sort_unstable();
    assert_eq!(times.len(), 2, "{rates:?}");
    assert_eq!(quote.text_of("rate_as_of"), times[0]);

    let body = json!({"payee_id": merchant.payee("USD"), "quote_id": quote.text_of("id")});
    let made = world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await;
    assert_eq!((made.status, made.text_of("rate")), (201, "1.318373"), "{made:?}");
    let paid = world.wait_for(merchant, made.text_of("id"), "paid").await;
    assert_eq!(paid.json["payouts"][0]["amount_received"], "131.44");
    assert_eq!(world.executions(&paid).await, 1);
    assert_eq!(world.balance(merchant, "GBP", "available").await, "900.00");
    let bop = world.withdraw(merchant, merchant.payee("USD"), "50.00", "GBP", "USD").await;
    assert_eq!(
        (bop.status, bop.text_of("buy_amount")),
        (201, "65.72"),
        "49.85 × 1.318373 = 65.7208…: {bop:?}"
    );

    // A pair of its own goes first as soon as it has a rate; when that jumps, the way through yuan is open again.
    assert_eq!(now(world, "hanseatic", "1.0850", "1.0860").await, told("applied", ""));
    world.pay_in(merchant, "1000.00", "EUR").await;
    assert_eq!(price(world, merchant).await, "1.085");
    assert_eq!(now(world, "hanseatic", "2.0000", "2.1000").await, told("ignored", "held_for_review"));
    assert_eq!(price(world, merchant).await, "1.15007", "8.2 × 0.14025245 = 1.15007009");
    sluice.verify().await;
}
