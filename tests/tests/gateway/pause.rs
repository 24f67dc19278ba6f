//! Payouts to a bank are stopped and go on by configuration and SIGHUP, in a gateway that runs.

use std::time::Duration;

use tests::{Answer, Second, Sluice, World, run};
use tokio::time::{Instant, sleep};

/// 100.00 USD for CNY, to the demo's payee.
async fn withdraw(world: &World) -> Answer {
    let merchant = world.merchant(0);
    let answer = world.withdraw(merchant, merchant.payee("CNY"), "100.00", "USD", "CNY").await;
    assert_eq!((answer.status, answer.text_of("status")), (201, "processing"), "{answer:?}");
    answer
}

/// Waits until the gauge says so.
async fn shows(second: &Second, paused: u8) {
    let (line, begun) = (format!("sluice_payouts_paused{{bank=\"sandbox\"}} {paused}\n"), Instant::now());
    while !second.world.probe("/metrics").await.contains(&line) {
        assert!(begun.elapsed() < Duration::from_secs(60), "never {line}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn r31_payouts_to_a_bank_stop_at_a_reload_and_go_on_at_the_next() {
    // The demo's own gateway has been told at its start; only the second one sends.
    let (sluice, world) = Sluice::start_with("[bank_defaults.payouts]\npaused = true\n").await;
    assert!(sluice.log().contains("payouts to this bank are paused"), "{}", sluice.log());
    let stopped = sluice.configuration();
    assert_eq!(stopped.matches("paused = true").count(), 1, "{stopped}");
    let going = stopped.replace("paused = true", "paused = false");
    let second = sluice.second_with(&world, &going).await;
    world.pay_in(world.merchant(0), "1000.00", "USD").await;
    let paid = withdraw(&second.world).await;
    world.wait_for(world.merchant(0), paid.text_of("id"), "paid").await;
    shows(&second, 0).await;

    let added = run(&["keys", "add", "keys.toml"], sluice.dir()).await;
    assert!(added.status.success(), "{added:?}");
    let said = second.reload(&stopped).await;
    assert!(said.contains("payouts to this bank are paused") && said.contains("sandbox"), "{said}");
    assert!(said.contains("banks[sandbox].payouts.paused") && !said.contains("applies these"), "{said}");
    let key = said.lines().find(|line| line.contains("the key file has another active key"));
    assert!(key.is_some_and(|line| line.contains("\"active\":2") && line.contains("restart")), "{said}");
    shows(&second, 1).await;
    let waiting = [withdraw(&second.world).await, withdraw(&world).await];
    // A worker that sends does so within a tenth of that.
    sleep(Duration::from_secs(2)).await;
    for order in &waiting {
        let now = world.withdrawal(world.merchant(0), order.text_of("id")).await;
        assert_eq!(
            (now.text_of("status"), now.json["payouts"][0]["status"].as_str()),
            ("processing", Some("queued"))
        );
    }
    assert_eq!(world.journal().await.len(), 1);

    let said = second.reload(&going).await;
    assert!(said.contains("payouts to this bank go on"), "{said}");
    for order in &waiting {
        let paid = world.wait_for(world.merchant(0), order.text_of("id"), "paid").await;
        assert_eq!(world.executions(&paid).await, 1);
    }
    shows(&second, 0).await;
    sluice.verify().await;
}
