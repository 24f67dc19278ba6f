//! What went wrong on our side is found in the log by what the caller was told.

use serde_json::Value;
use tests::{Answer, Sluice, funds, unique};

/// The one line about this answer.
fn line_of(log: &str, answer: &Answer) -> Value {
    assert_eq!((answer.status, answer.code()), (500, "internal"), "{answer:?}");
    let id = answer.text_of("request_id");
    let about: Vec<&str> = log.lines().filter(|line| line.contains(id)).collect();
    assert_eq!(about.len(), 1, "{id}: {log}");
    serde_json::from_str::<Value>(about[0]).expect("a line of JSON")["fields"].take()
}

#[tokio::test]
async fn a_500_is_logged_once_with_the_id_that_its_caller_has_and_its_route() {
    let (sluice, world) = Sluice::start().await;
    let (database, merchant) = (world.database().await, world.merchant(0));
    let rename = async |from: &str, to: &str| {
        database.batch_execute(&format!("ALTER TABLE {from} RENAME TO {to}")).await.expect("renamed");
    };
    rename("payees", "gone").await;
    let read = world.public().get(&merchant.api_key, "/v1/payees").await;
    rename("gone", "payees").await;
    // In a lane: what arrived belongs to an account that can't be looked up.
    rename("receiving_accounts", "gone").await;
    let body = funds(&unique("REF"), merchant.account("USD"), "10.00", "USD", "AMAZON PAYMENTS INC");
    let event = unique("evt");
    let carried = world.event(&event, &body).await;
    rename("gone", "receiving_accounts").await;

    let log = sluice.log();
    for (answer, route, why) in
        [(&read, "list_payees", "payees"), (&carried, "bank_events", "receiving_accounts")]
    {
        let line = line_of(&log, answer);
        assert_eq!(
            (line["message"].as_str(), line["route"].as_str()),
            (Some("unexpected error"), Some(route))
        );
        assert!(line["error"].as_str().is_some_and(|error| error.contains(why)), "{line}");
        assert!(!answer.text.contains(why), "the caller learns nothing of it: {}", answer.text);
    }
    assert_eq!(world.event(&event, &body).await.status, 200, "the bank sends again");
    sluice.verify().await;
}
