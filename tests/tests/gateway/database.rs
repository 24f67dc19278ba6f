//! What a gateway's database is given besides its tables, and a gateway that is there before it.

use std::time::Duration;

use tests::{Gate, Sluice, funds, unique};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn analyze_looks_at_little_of_every_table() {
    let (sluice, world) = Sluice::start().await;
    let sql =
        "SELECT count(*), count(*) FILTER (WHERE coalesce(a.attstattarget, -1) = -1) FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped";
    let row = world.database().await.query_one(sql, &[]).await.expect("columns");
    let (all, forgotten): (i64, i64) = (row.get(0), row.get(1));
    assert!(all > 500 && forgotten == 0, "{forgotten} of {all} columns have PostgreSQL's own sample");
    sluice.verify().await;
}

/// After a power cut the gateway is up before PostgreSQL has recovered.
#[tokio::test]
async fn i8_a_gateway_that_starts_before_its_database_waits_for_it() {
    let (sluice, world) = Sluice::start().await;
    let (gate, configuration) = Gate::before_database(&world, &sluice.configuration()).await;
    gate.shut();
    let early = sluice.another("early", &world, &configuration).await;
    let until = async |said: &str| {
        let begun = Instant::now();
        while !early.log().contains(said) {
            assert!(begun.elapsed() < PATIENCE, "never said {said}: {}", early.log());
            sleep(Duration::from_millis(50)).await;
        }
    };
    until("waiting for the database").await;
    assert!(!early.log().contains("\"serving\""), "{}", early.log());
    gate.open();
    until("\"serving\"").await;
    let funds =
        funds(&unique("early"), world.merchant(0).account("USD"), "5.00", "USD", "AMAZON PAYMENTS INC");
    assert_eq!(early.world.event(&unique("evt"), &funds).await.status, 200);
    sluice.verify().await;
}
