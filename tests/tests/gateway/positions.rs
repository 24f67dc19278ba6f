//! R19: spread and lock premium are shown, booked apart and undone with the rest; positions and cover deals.

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, run, today, unique};

/// 0.1 % for everyone, nothing for those in `gold`; 0.02 % for locks of more than ten minutes.
const MARKUP: &str = "[exchange]\n\
    lock_premiums = [{ longer_than_seconds = 600, parts_per_million = 200 }]\n\
    [exchange.spreads]\nstandard = 1000\ngold = 0\n\
    [payouts]\nhold_above_usd = \"500.00\"\n";

async fn quote(world: &World, merchant: &Merchant, lock_seconds: u32) -> Answer {
    let body = json!({"sell_currency": "USD", "buy_currency": "CNY", "sell_amount": "1000.00",
        "lock_seconds": lock_seconds});
    let answer = world.public().post(&merchant.api_key, "/v1/quotes", None, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer
}

fn shown(answer: &Answer) -> [&str; 5] {
    ["net_amount", "rate", "spread", "lock_premium", "buy_amount"].map(|field| answer.text_of(field))
}

async fn by_two(world: &World, path: &str, body: &Value) -> Answer {
    let asked = world.act(world.operator("operator", 0), path, body).await;
    assert_eq!(asked.status, 202, "{path}: {asked:?}");
    let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    world.act(world.operator("approver", 0), &approve, &json!({"reason": "seen"})).await
}

/// The balances of one kind of the institution's accounts, over all shards, minor units.
async fn sum(world: &World, kind: &str, currency: &str) -> i64 {
    let listed = world.look(&format!("/admin/v1/accounts?kind={kind}&currency={currency}&limit=200")).await;
    let rows = listed.json["data"].as_array().unwrap();
    let minor = |row: &Value| row["balance"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    rows.iter().map(minor).sum()
}

fn pair(positions: &Answer) -> Vec<(&str, &str)> {
    let pairs = positions.json["pairs"].as_array().unwrap();
    pairs.iter().map(|row| (row["held"].as_str().unwrap(), row["short"].as_str().unwrap())).collect()
}

/// By hand: 997.00 at 7.1 is 7078.70; less 0.1 % that is 7071.6213, less 0.12 % 7070.20556.
#[tokio::test]
async fn r19_spread_and_premium_are_shown_booked_apart_and_undone() {
    let (sluice, world) = Sluice::start_with(MARKUP).await;
    // China's, all year round.
    let day = today(8).await.to_string();
    let merchant = world.merchant(0);
    world.pay_in(merchant, "5000.00", "USD").await;
    let open = quote(&world, merchant, 600).await;
    assert_eq!(shown(&open), ["997.00", "7.1", "7.08", "0.00", "7071.62"]);
    let long = quote(&world, merchant, 1_200).await;
    assert_eq!(shown(&long), ["997.00", "7.1", "7.08", "1.42", "7070.20"]);

    let body = json!({"payee_id": merchant.payee("CNY"), "quote_id": long.text_of("id")});
    let held = world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await;
    assert_eq!((held.status, shown(&held)), (201, shown(&long)), "what was shown is what is done: {held:?}");
    assert_eq!((sum(&world, "fees", "CNY").await, sum(&world, "fees", "USD").await), (850, 300));
    assert_eq!(pair(&world.look("/admin/v1/positions").await), [("997.00", "7078.70")]);
    let refuse = format!("/admin/v1/withdrawals/{}/refuse", held.text_of("id"));
    let refused = world.act(world.operator("operator", 0), &refuse, &json!({"reason": "stolen"})).await;
    assert_eq!(refused.status, 200, "{refused:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "5000.00");
    assert_eq!((sum(&world, "fees", "CNY").await, sum(&world, "fees", "USD").await), (0, 0));
    assert_eq!(pair(&world.look("/admin/v1/positions").await), [("0.00", "0.00")]);

    // 100.00 less 0.30 at 7.1 is 707.87; less 0.1 % that is 707.16213. Nothing is locked.
    let now = world.withdraw(merchant, merchant.payee("CNY"), "100.00", "USD", "CNY").await;
    assert_eq!(shown(&now), ["99.70", "7.1", "0.71", "0.00", "707.16"]);
    let paid = world.wait_for(merchant, now.text_of("id"), "paid").await;
    assert_eq!((shown(&paid), world.executions(&paid).await), (shown(&now), 1));
    assert_eq!(sum(&world, "fees", "CNY").await, 71);
    assert_eq!(pair(&world.look("/admin/v1/positions").await), [("99.70", "707.87")]);

    // Declared is what was exchanged for the payee.
    let config = sluice.dir().join("sluice.toml").display().to_string();
    let export = ["export", "bop", "--config", &config, "--date", &day, "--so-far"];
    let said = run(&export, sluice.dir()).await;
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success() && text.contains("CNY: sold 0.00, bought 707.16"), "{text}");
    sluice.verify().await;
}

#[tokio::test]
async fn r19_a_merchant_s_tier_takes_two_persons_and_keeps_open_quotes() {
    let (sluice, world) = Sluice::start_with(MARKUP).await;
    let (merchant, other) = (world.merchant(0), world.merchant(1));
    world.pay_in(merchant, "1000.00", "USD").await;
    let before = quote(&world, merchant, 600).await;
    let path = format!("/admin/v1/merchants/{}/tier", merchant.id);
    let unknown = json!({"tier": "platinum", "reason": "x"});
    let refused = world.act(world.operator("operator", 0), &path, &unknown).await;
    assert_eq!(refused.refusal(), (422, "invalid-request"));
    let viewer = world.operator("viewer", 0);
    let gold = json!({"tier": "gold", "reason": "contract 9"});
    assert_eq!(world.act(viewer, &path, &gold).await.refusal(), (403, "forbidden"));
    let done = by_two(&world, &path, &gold).await;
    assert_eq!((done.status, &done.json["result"]["tier"]), (200, &json!("gold")), "{done:?}");
    assert_eq!(shown(&quote(&world, merchant, 600).await), ["997.00", "7.1", "0.00", "0.00", "7078.70"]);
    assert_eq!(shown(&quote(&world, merchant, 601).await), ["997.00", "7.1", "0.00", "1.42", "7077.28"]);
    assert_eq!(quote(&world, other, 600).await.text_of("spread"), "7.08", "everyone else's");
    let body = json!({"payee_id": merchant.payee("CNY"), "quote_id": before.text_of("id")});
    let done = world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await;
    assert_eq!(shown(&done), shown(&before), "a quote keeps its price");
    let trail = world.look(&format!("/admin/v1/audit?subject={}", merchant.id)).await;
    assert_eq!(trail.json["data"][0]["action"], "merchant.tier", "{trail:?}");
    sluice.verify().await;
}

/// By hand: 1000.00 USD less 3.00 at 7.1 are 7078.70 CNY. A deal sells 900.00 USD for 6399.00 CNY: 97.00 USD are left, and
/// 679.70 CNY are still to be bought. 20,000 USD are above what one person may do.
#[tokio::test]
async fn r19_a_deal_with_a_bank_settles_the_position_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "3000.00", "USD").await;
    let open = quote(&world, merchant, 3_600).await;
    let exposure = world.look("/admin/v1/overview").await.json["exposure"].clone();
    let promised = json!([{"sell_currency": "USD", "buy_currency": "CNY", "quotes": 1, "net_amount": "997.00",
        "buy_amount": "7078.70"}]);
    assert_eq!(exposure, promised);
    let body = json!({"payee_id": merchant.payee("CNY"), "quote_id": open.text_of("id")});
    let ordered = world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await;
    world.wait_for(merchant, ordered.text_of("id"), "paid").await;
    let positions = world.look("/admin/v1/positions").await;
    assert_eq!(pair(&positions), [("997.00", "7078.70")]);
    assert_eq!(positions.json["open_quotes"], json!([]));
    let nostro = (sum(&world, "nostro", "USD").await, sum(&world, "nostro", "CNY").await);

    let operator = world.operator("operator", 0);
    let deal = json!({"bank": world.bank(), "bank_reference": "FX-1", "sell_currency": "USD", "sell_amount": "900.00",
        "buy_currency": "CNY", "buy_amount": "6399.00", "reason": "the day's cover"});
    let booked = world.act(operator, "/admin/v1/cover-deals", &deal).await;
    assert_eq!((booked.status, booked.text_of("status")), (200, "booked"), "{booked:?}");
    let twice = world.act(operator, "/admin/v1/cover-deals", &deal).await;
    assert_eq!(twice.refusal(), (409, "illegal-transition"), "a bank's reference is booked once");
    let positions = world.look("/admin/v1/positions").await;
    assert_eq!(pair(&positions), [("97.00", "679.70")]);
    assert_eq!(
        positions.json["currencies"],
        json!([{"currency": "CNY", "held": "-679.70"}, {"currency": "USD", "held": "97.00"}])
    );
    let after = (sum(&world, "nostro", "USD").await, sum(&world, "nostro", "CNY").await);
    assert_eq!((nostro.0 - after.0, after.1 - nostro.1), (90_000, 639_900), "it went through our accounts");

    let mut large = deal.clone();
    large["bank_reference"] = json!("FX-2");
    large["sell_amount"] = json!("20000.00");
    large["buy_amount"] = json!("142000.00");
    let done = by_two(&world, "/admin/v1/cover-deals", &large).await;
    assert_eq!((done.status, &done.json["result"]["status"]), (200, &json!("booked")), "{done:?}");
    assert_eq!(pair(&world.look("/admin/v1/positions").await), [("-19903.00", "-141320.30")]);
    let listed = world.look("/admin/v1/cover-deals").await;
    let references: Vec<_> =
        listed.json["data"].as_array().unwrap().iter().map(|row| &row["bank_reference"]).collect();
    assert_eq!(references, ["FX-2", "FX-1"]);

    // A dollar for five thousand million yuan: what is bought is booked, too.
    let mut mistyped = deal.clone();
    mistyped["bank_reference"] = json!("FX-9");
    mistyped["sell_amount"] = json!("1.00");
    mistyped["buy_amount"] = json!("5000000000.00");
    let asked = world.act(operator, "/admin/v1/cover-deals", &mistyped).await;
    assert_eq!(asked.status, 202, "R33: {asked:?}");
    let approval = world.look(&format!("/admin/v1/approvals/{}", asked.text_of("approval_id"))).await;
    assert_eq!([approval.text_of("amount"), approval.text_of("currency")], ["1.00", "USD"], "{approval:?}");
    assert_eq!(pair(&world.look("/admin/v1/positions").await), [("-19903.00", "-141320.30")]);

    for (field, wrong) in [
        ("bank", json!("nobody")),
        ("bank_reference", json!("")),
        ("buy_currency", json!("USD")),
        ("sell_amount", json!("0.00")),
        ("buy_amount", json!("1.001")),
        ("reason", json!("")),
    ] {
        let mut broken = deal.clone();
        broken["bank_reference"] = json!("FX-3");
        broken[field] = wrong;
        let refused = world.act(operator, "/admin/v1/cover-deals", &broken).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{field}");
        assert!(refused.text.contains(&format!("\"field\":\"{field}\"")), "{field}: {refused:?}");
    }
    sluice.verify().await;
}

/// `verify` compares positions by pair with the book.
#[tokio::test]
async fn r19_a_position_that_is_not_the_book_s_is_found() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let ordered = world.withdraw(merchant, merchant.payee("CNY"), "100.00", "USD", "CNY").await;
    world.wait_for(merchant, ordered.text_of("id"), "paid").await;
    sluice.verify().await;
    let (client, connection) =
        tokio_postgres::connect(world.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.execute("UPDATE pair_positions SET sold_minor = sold_minor + 1", &[]).await.unwrap();
    let config = sluice.dir().join("sluice.toml").display().to_string();
    let said = run(&["verify", "--config", &config], sluice.dir()).await;
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && text.contains("the exchange position in USD"), "{text}");
}
