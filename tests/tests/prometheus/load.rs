//! An ordinary busy day: every panel shows something, and nobody is called.

use std::time::Duration;

use serde_json::json;
use testkit::Receiver;
use tests::{Sluice, World, funds, unique};
use tokio::time::{Instant, sleep};

use crate::calendars;
use crate::dashboards::{self, questions, unanswered};
use crate::server::{Prometheus, program};
use crate::watch::{Expected, Watch};

/// Payments a second that the demo's bank makes by itself; its merchants withdraw a fifth as often.
const TRAFFIC: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_shows_something_under_load_and_nobody_is_called() {
    let Some(prometheus) = program("prometheus") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start().await;
    let ca = folder.path().join("receiver.pem");
    std::fs::write(&ca, &receiver.ca).expect("written");
    let calendars = calendars::far_ahead(folder.path());
    let (mut sluice, world) =
        Sluice::start_busy(TRAFFIC, &format!("{calendars}[notifications]\nca_file = {ca:?}\n")).await;
    let watch = Watch::new(Prometheus::start(&prometheus, &[world.metrics_address()]).await);
    let merchant = world.merchant(0);
    let hook = json!({"url": format!("{}/hook", receiver.base)});
    let made = world.public().post(&merchant.api_key, "/v1/webhooks", None, &hook).await;
    assert_eq!(made.status, 201, "{made:?}");
    world.pay_in(merchant, "1000.00", "USD").await;
    let payee = world.new_payee(merchant, "CNY", "622202020000002").await;

    let (faults, usual): (Vec<_>, Vec<_>) = questions().into_iter().partition(|one| one.after_a_fault());
    assert_eq!(faults.len(), dashboards::AFTER_A_FAULT.len(), "{faults:?}");
    let begun = Instant::now();
    let mut left = usual;
    while !left.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "panels that show nothing: {left:#?}");
        besides_traffic(&world, &payee).await;
        sleep(Duration::from_millis(500)).await;
        left = unanswered(&watch.prometheus, &left).await;
    }
    watch.all_is_well().await;

    // Nobody exports anything: each figure is missed by its name.
    let missing = Expected {
        name: "SluiceMetricsMissing",
        labels: &[("figure", "sluice_payouts")],
        says: "No gateway has exported sluice_payouts",
    };
    let gateway = world.metrics_address().to_owned();
    let down = Expected { name: "SluiceDown", labels: &[("instance", &gateway)], says: "has not answered" };
    sluice.kill().await;
    watch.fires(down).await;
    watch.fires(missing).await;
    let world = sluice.launch().await;
    watch.prometheus.watch(&[world.metrics_address()]);
    watch.ends(missing).await;
    watch.all_is_well().await;
    sluice.stop().await;
}

/// What a busy day has besides payments and withdrawals; the payee's bank pays, but never says so, and is asked.
async fn besides_traffic(world: &World, payee: &str) {
    let merchant = world.merchant(0);
    let quote = world.quote(merchant, "100.00", "USD", "CNY").await;
    assert_eq!(quote.status, 201, "{quote:?}");
    let order = world.withdraw(merchant, payee, "1.00", "USD", "CNY").await;
    assert_eq!(order.status, 201, "{order:?}");
    let strange = funds(&unique("odd"), merchant.account("USD"), "5.00", "USD", "SOMEBODY ELSE");
    assert_eq!(world.event(&unique("evt"), &strange).await.status, 200);
    // A bank is asked about a new account.
    world.new_payee(merchant, "CNY", "622202020007777").await;
}
