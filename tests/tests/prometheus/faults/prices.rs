//! Rates that are missing, old or wild; promises and positions that are large; an error of the gateway's own; and books
//! that are not proved, or not right.

use serde_json::json;
use tests::{Answer, World, run, unique};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::Scene;
use crate::watch::Expected;

pub async fn prove(scene: &Scene) {
    tokio::join!(rates(scene), open_quotes(scene), async {
        position(scene).await;
        server_error(scene).await;
        books(scene).await;
    });
}

/// Euros in dollars by the sandbox bank, so old, to the gateway that expects them.
async fn publish(world: &World, bid: &str, ask: &str, ago: Duration) -> Answer {
    let as_of = (OffsetDateTime::now_utc() - ago).format(&Rfc3339).expect("a time");
    let rates = json!([{"base": "EUR", "quote": "USD", "bid": bid, "ask": ask}]);
    let body = json!({"type": "rates.published", "data": {"as_of": as_of, "rates": rates}}).to_string();
    world.event(&unique("rates"), body.as_bytes()).await
}

/// First nobody has said anything, then what was said grows old, then it jumps.
async fn rates(scene: &Scene) {
    let (watch, world) = (&scene.watch, &scene.beside.world);
    let pair = &[("pair", "EURUSD")];
    let none =
        Expected { name: "SluiceRateUnavailable", labels: pair, says: "EURUSD has had no usable rate" };
    let stale = Expected { name: "SluiceRateStale", labels: pair, says: "EURUSD is 11m " };
    let held = Expected { name: "SluiceRateHeld", labels: &[], says: "Rates held: 1." };
    watch.fires(none).await;
    watch.silent(stale).await;
    assert_eq!(publish(world, "1.0800", "1.0900", Duration::minutes(11)).await.outcome().0, "applied");
    watch.ends(none).await;
    watch.fires(stale).await;
    watch.silent(held).await;
    assert_eq!(publish(world, "1.0800", "1.0900", Duration::ZERO).await.outcome().0, "applied");
    watch.ends(stale).await;
    let jumped = publish(world, "1.9000", "1.9100", Duration::ZERO).await;
    assert_eq!(jumped.outcome(), ("ignored", "held_for_review"), "{jumped:?}");
    watch.fires(held).await;
    assert_eq!(publish(world, "1.0810", "1.0910", Duration::ZERO).await.outcome().0, "applied");
    watch.ends(held).await;
}

async fn open_quotes(scene: &Scene) {
    let expected = Expected {
        name: "SluiceOpenQuotesHigh",
        labels: &[("pair", "USDCNY")],
        says: "Quotes for 1.246M of what USDCNY sells",
    };
    let merchant = scene.world.merchant(0);
    let fault = async || {
        let quote = scene.world.quote(merchant, "1250000.00", "USD", "CNY").await;
        assert_eq!(quote.status, 201, "{quote:?}");
    };
    let heal = async || {
        // What only time would bring about.
        let sql = "UPDATE quotes SET expires_at = now() WHERE state = 'open'";
        scene.world.database().await.execute(sql, &[]).await.expect("over");
    };
    scene.watch.proves(expected, fault, heal).await;
}

/// A deal with a bank for far more than there is to cover, and its opposite.
async fn position(scene: &Scene) {
    let large = |currency: &'static str, says| Expected {
        name: "SluicePositionHigh",
        labels: if currency == "USD" { &[("currency", "USD")] } else { &[("currency", "CNY")] },
        says,
    };
    let (dollars, yuan) =
        (large("USD", "M USD (without its sign)"), large("CNY", "M CNY (without its sign)"));
    let deal = async |sell: (&str, &str), buy: (&str, &str)| {
        let body = json!({"bank": scene.world.bank(), "bank_reference": unique("FX"), "sell_currency": sell.0,
            "sell_amount": sell.1, "buy_currency": buy.0, "buy_amount": buy.1, "reason": "the day's cover"});
        scene.by_two("/admin/v1/cover-deals", &body, async || {}).await;
    };
    scene.watch.silent(dollars).await;
    deal(("USD", "2500000.00"), ("CNY", "17750000.00")).await;
    scene.watch.fires(dollars).await;
    scene.watch.fires(yuan).await;
    deal(("CNY", "17750000.00"), ("USD", "2500000.00")).await;
    scene.watch.ends(dollars).await;
    scene.watch.ends(yuan).await;
}

/// Somebody has broken the schema.
async fn server_error(scene: &Scene) {
    let expected = Expected {
        name: "SluiceServerErrors",
        labels: &[("route", "list_cover_deals")],
        says: "requests to list_cover_deals were answered 500",
    };
    let rename = async |from: &str, to: &str| {
        let sql = format!("ALTER TABLE {from} RENAME TO {to}");
        scene.world.database().await.batch_execute(&sql).await.expect("renamed");
    };
    let fault = async || {
        let answer = scene.world.look("/admin/v1/cover-deals").await;
        assert_eq!(answer.status, 500, "{answer:?}");
    };
    let heal = async || {
        rename("cover_deals_gone", "cover_deals").await;
        assert_eq!(scene.world.look("/admin/v1/cover-deals").await.status, 200);
    };
    scene.watch.silent(expected).await;
    rename("cover_deals", "cover_deals_gone").await;
    scene.watch.proves_repeated(expected, fault, heal).await;
}

/// Nobody has proved the books for hours; then a proof finds what somebody has changed by hand.
async fn books(scene: &Scene) {
    let overdue = Expected {
        name: "SluiceLedgerVerificationOverdue",
        labels: &[],
        says: "The last proof of the books that came to an end is 4h 0m ",
    };
    let failed = Expected {
        name: "SluiceLedgerVerificationFailed",
        labels: &[],
        says: "The last proof of the books found an invariant that doesn't hold.",
    };
    let database = scene.world.database().await;
    let change = async |sql: &str| assert!(database.execute(sql, &[]).await.expect("changed") > 0, "{sql}");
    scene.sluice.verify().await;
    let old =
        async || change("UPDATE verifications SET finished_at = finished_at - interval '4 hours'").await;
    scene.watch.proves(overdue, old, async || scene.sluice.verify().await).await;
    let wrong = async || {
        change("UPDATE pair_positions SET sold_minor = sold_minor + 1").await;
        let config = scene.sluice.dir().join("sluice.toml").display().to_string();
        let said = run(&["verify", "--config", &config], scene.sluice.dir()).await;
        assert!(!said.status.success(), "the books can't be right");
    };
    let right = async || {
        change("UPDATE pair_positions SET sold_minor = sold_minor - 1").await;
        scene.sluice.verify().await;
    };
    scene.watch.proves(failed, wrong, right).await;
}
