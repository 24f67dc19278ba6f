//! One bank answers after half a minute, beside one that is quick: the quick one's payouts don't notice (R31).
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::time::Duration;

use futures_util::future::join_all;
use tests::{BankApart, Merchant, SlowBank, Sluice, World, bank_url, with_banks_apart};
use tokio::time::{Instant, sleep};

/// Payouts that are measured, and how many at once.
const MEASURED: usize = 48;
const AT_ONCE: usize = 4;
/// Orders at the slow bank: more than may be under way there at once.
const QUEUED: usize = 40;
const UNDER_WAY: usize = 16;
const ANSWERS_AFTER: Duration = Duration::from_secs(30);

/// A second gateway whose dollars go through the slow bank and whose renminbi go through a quick one. Both are the sandbox
/// bank under names of their own, so that no other gateway's worker carries any of it; results come by query.
fn configuration(demo: &str, slow_url: &str) -> String {
    let quick = format!(
        "max_concurrent = {UNDER_WAY}\nrequest_timeout_ms = 800\nlease_ms = 2000\nsettle_ms = 3000\n\
         poll_ms = 100\npending_query_ms = 100\npending_query_max_ms = 1000"
    );
    let slow = format!(
        "max_concurrent = {UNDER_WAY}\nrequest_timeout_ms = 40000\nlease_ms = 90000\nsettle_ms = 140000\n\
         poll_ms = 100\npending_query_ms = 100\npending_query_max_ms = 1000"
    );
    let quick_url = bank_url(demo);
    let banks = [
        BankApart { id: "quick", url: &quick_url, routes: &["CNY"], settings: &quick },
        BankApart { id: "slow", url: slow_url, routes: &["USD"], settings: &slow },
    ];
    with_banks_apart(demo, &banks)
}

/// From the answer to the withdrawal until it is paid, each; sorted.
async fn paid_after(world: &World, merchant: &Merchant) -> Vec<Duration> {
    let one = async |_| {
        let order = world.withdraw(merchant, merchant.payee("CNY"), "1.00", "EUR", "CNY").await;
        assert_eq!(order.status, 201, "{order:?}");
        let begun = Instant::now();
        while world.withdrawal(merchant, order.text_of("id")).await.text_of("status") != "paid" {
            assert!(begun.elapsed() < ANSWERS_AFTER, "{order:?} waits as long as the slow bank");
            sleep(Duration::from_millis(10)).await;
        }
        begun.elapsed()
    };
    let mut took = Vec::new();
    for _ in 0..MEASURED / AT_ONCE {
        took.extend(join_all((0..AT_ONCE).map(&one)).await);
    }
    took.sort();
    took
}

async fn at_slow_bank(world: &World, status: &str) -> usize {
    let sql = "SELECT count(*) FROM payouts WHERE bank = 'slow' AND status = $1";
    let count: i64 = world.database().await.query_one(sql, &[&status]).await.unwrap().get(0);
    usize::try_from(count).unwrap()
}

#[tokio::test]
async fn r31_a_bank_that_answers_after_30_seconds_slows_no_other_bank_and_loses_nothing() {
    let (sluice, world) = Sluice::start().await;
    let demo = sluice.configuration();
    let slow = SlowBank::before(&bank_url(&demo), ANSWERS_AFTER).await;
    let second = sluice.second_with(&world, &configuration(&demo, &slow.url)).await;
    let (merchant, there) = (world.merchant(0), &second.world);
    world.pay_in(merchant, "1000.00", "USD").await;
    world.pay_in(merchant, "1000.00", "EUR").await;

    let alone = paid_after(there, merchant).await;
    let mut orders = Vec::new();
    for _ in 0..QUEUED {
        let order = there.withdraw(merchant, merchant.payee("USD"), "1.00", "USD", "USD").await;
        assert_eq!(
            (order.status, order.json["payouts"][0]["bank"].as_str()),
            (201, Some("slow")),
            "{order:?}"
        );
        orders.push(order.text_of("id").to_owned());
    }
    let begun = Instant::now();
    while slow.waiting() < UNDER_WAY {
        assert!(begun.elapsed() < Duration::from_secs(10), "{} under way", slow.waiting());
        sleep(Duration::from_millis(20)).await;
    }
    let beside = paid_after(there, merchant).await;
    assert_eq!(at_slow_bank(&world, "sent").await, UNDER_WAY, "all of its places are taken");
    assert_eq!(at_slow_bank(&world, "queued").await, QUEUED - UNDER_WAY, "the rest wait");
    let (median, p90) = (MEASURED / 2, MEASURED * 9 / 10);
    eprintln!(
        "paid after: alone {:?} (90 %: {:?}), beside a slow bank {:?} (90 %: {:?})",
        alone[median], alone[p90], beside[median], beside[p90]
    );
    // The machine is shared with other tests: its noise, and no part of half a minute.
    assert!(
        beside[median] <= alone[median].mul_f64(1.5) + Duration::from_millis(250),
        "{beside:?} {alone:?}"
    );

    slow.heal();
    for order in orders {
        let paid = there.wait_for(merchant, &order, "paid").await;
        assert_eq!(world.executions(&paid).await, 1);
    }
    assert_eq!(world.journal().await.len(), 2 * MEASURED + QUEUED);
    sluice.verify().await;
}
