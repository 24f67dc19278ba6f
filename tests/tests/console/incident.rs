//! An incident from its first sign to its end, as two operators live through it at their terminals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{BankApart, Gate, Merchant, Second, Sluice, World, bank_url, with_banks_apart};

use super::command_of;
use super::terminal::{PATIENCE, Pane, Tmux};

/// The bank is given up quickly, and is found again as quickly.
const BANK: &str = "request_timeout_ms = 800\nlease_ms = 2000\nsettle_ms = 3000\npoll_ms = 100\n\
                    send_backoff_ms = 200\nsend_backoff_max_ms = 1000\nquery_backoff_ms = 200\nquery_backoff_max_ms = 1000\n\
                    pending_query_ms = 100\npending_query_max_ms = 500";

/// A merchant withdraws small amounts until told to stop; how many were accepted.
async fn traffic(world: World, merchant: Merchant, stop: Arc<AtomicBool>) -> usize {
    let mut accepted = 0;
    while !stop.load(Ordering::Relaxed) {
        let order = world.withdraw(&merchant, merchant.payee("CNY"), "5.00", "USD", "CNY").await;
        assert_eq!(order.status, 201, "{order:?}");
        accepted += 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    accepted
}

/// Several payouts wait to be sent.
async fn they_pile_up(world: &World) {
    let waiting = |overview: &Value| -> i64 {
        let rows = overview["payouts"].as_array().expect("queues").iter();
        rows.filter(|row| row["status"] == "queued").filter_map(|row| row["count"].as_i64()).sum()
    };
    let begun = Instant::now();
    loop {
        let overview = world.look("/admin/v1/overview").await;
        if waiting(&overview.json) > 1 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "they pile up: {overview:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn arm(pane: &Pane<'_>, why: &str) {
    pane.command(&format!("arm 30 {why}"));
    pane.see(&[" ARMED "]);
}

fn last_four(id: &str) -> &str {
    &id[id.len() - 4..]
}

/// A second gateway is the one that the incident is about: the way to its bank can be shut.
async fn started() -> (Sluice, World, Gate, Second) {
    let (sluice, world) = Sluice::start().await;
    let demo = sluice.configuration();
    let gate = Gate::before(&bank_url(&demo)).await;
    let apart = BankApart { id: "harbour", url: &gate.url, routes: &["CNY"], settings: BANK };
    let second = sluice.second_with(&world, &with_banks_apart(&demo, &[apart])).await;
    (sluice, world, gate, second)
}

/// By hand: 123.00 less 0.37 is 122.63, at 7.1000 that is 870.67; 77.00 less 0.24 is 76.76, that is 544.99.
#[tokio::test(flavor = "multi_thread")]
async fn r31_r32_r33_a_bank_is_away_a_merchant_is_frozen_and_all_of_it_ends_well() {
    let Some(tmux) = Tmux::there() else { return };
    let (sluice, world, gate, mut second) = started().await;
    let there = second.world.reconnected();
    let (merchant, other) = (world.merchant(0), world.merchant(1));
    world.pay_in(merchant, "1000.00", "USD").await;
    world.pay_in(other, "50000.00", "USD").await;
    let failing = there.new_payee(merchant, "CNY", "6222021234560001").await;
    let failed = there.withdraw(merchant, &failing, "77.00", "USD", "CNY").await;
    there.wait_for(merchant, failed.text_of("id"), "payee_action_required").await;

    let (one, two) = (world.operator("operator", 0), world.operator("approver", 0));
    let first = tmux.open(&command_of(&sluice, &there, one), (80, 49));
    first.see(&["DEVELOPMENT", &one.id, "LIVE", "READ-ONLY"]);

    // The bank goes away while merchants withdraw.
    let stop = Arc::new(AtomicBool::new(false));
    let running = tokio::spawn(traffic(there.reconnected(), other.clone(), stop.clone()));
    there.wait_for_row("/admin/v1/payouts?status=paid", |row| row["currency"] == "CNY").await;
    gate.shut();
    let order = there.withdraw(merchant, merchant.payee("CNY"), "123.00", "USD", "CNY").await;
    assert_eq!(order.status, 201, "{order:?}");
    first.see(&["YOU. Enter goes there", "bank harbour is down", "oldest unsent"]);
    first.press(&["2"]);
    first.see(&["2 Payouts", "queued"]);
    they_pile_up(&there).await;
    stop.store(true, Ordering::Relaxed);
    assert!(running.await.expect("traffic") > 1, "merchants went on");

    // The merchant of one of them is frozen, as a court wants it.
    arm(&first, "harbour is away");
    first.press(&["5"]);
    first.see(&["5 Merchants"]);
    first.press(&["/"]);
    first.write(&merchant.name);
    first.press(&["Enter"]);
    first.see(&["1/1", "active"]);
    first.press(&["Enter"]);
    first.see(&[&merchant.id]);
    first.choose("Freeze the merchant");
    first.see(&["Unfreezing needs a second person"]);
    first.answer(&["court 7/26", "2099-12-31T00:00:00Z", "the court asks", last_four(&merchant.id)]);
    first.see(&["done, now: frozen"]);
    let frozen = there.look(&format!("/admin/v1/merchants/{}", merchant.id)).await;
    assert_eq!(frozen.text_of("status"), "frozen", "{frozen:?}");
    assert_eq!(
        (frozen.text_of("legal_reference"), frozen.text_of("reason")),
        ("court 7/26", "the court asks")
    );
    assert_eq!(frozen.text_of("frozen_until"), "2099-12-31T00:00:00Z");
    let held = |row: &Value| row["amount"] == "870.67" && row["held_by"] == "freeze";
    there.wait_for_row("/admin/v1/payouts?status=held", held).await;
    first.press(&["Enter"]);
    first.find_below("legal_reference court 7/26");
    first.find_below("frozen_until 2099-12-31T00:00:00Z");
    first.press(&["g"]);

    // Enough: unfreezing takes a second person, at another terminal, with another token.
    first.choose("Unfreeze the merchant");
    first.answer(&["the court is content", last_four(&merchant.id)]);
    first.see(&["waits for a second person: apr_"]);
    first.press(&["Enter"]);
    let pending = there.look("/admin/v1/approvals?status=pending").await;
    let approval = pending.json["data"][0]["id"].as_str().expect("an approval").to_owned();
    let beside = tmux.split(&command_of(&sluice, &there, two));
    beside.see(&[&two.id, "LIVE", "READ-ONLY"]);
    arm(&beside, "second person");
    beside.press(&["9"]);
    beside.see(&["pending", "merchant.unfreeze", &one.id]);
    beside.press(&["Enter"]);
    beside.see(&[&approval]);
    beside.choose("Approve");
    beside.see(&["What was asked for is done at once"]);
    beside.answer(&["seen the letter", last_four(&approval)]);
    beside.see(&["done, now: approved"]);
    beside.press(&["Enter"]);
    let active = there.look(&format!("/admin/v1/merchants/{}", merchant.id)).await;
    assert_eq!(active.text_of("status"), "active", "{active:?}");
    let trail = there.look(&format!("/admin/v1/audit?subject={}", merchant.id)).await;
    let acts: Vec<(&Value, &Value)> = trail.json["data"]
        .as_array()
        .expect("a trail")
        .iter()
        .map(|row| (&row["actor"], &row["action"]))
        .collect();
    assert!(acts.contains(&(&json!(one.id), &json!("merchant.freeze"))), "{trail:?}");
    assert!(acts.iter().any(|(_, action)| **action == "merchant.unfreeze"), "{trail:?}");
    // The first one sees it without asking.
    first.see_that("the status active", |screen| {
        screen.lines().any(|line| line.contains(" status ") && line.trim_end().ends_with(" active"))
    });

    // The bank is back: what waited goes out by itself, and what had failed is sent again to another payee.
    gate.open();
    there.wait_for(merchant, order.text_of("id"), "paid").await;
    first.press(&["2"]);
    first.see(&["2 Payouts"]);
    // The other merchant's payouts fill more than a page.
    first.press(&["/"]);
    first.write(&format!("merchant:{} 544.99", merchant.id));
    first.press(&["Enter"]);
    first.see(&["1/1", "failed", "544.99"]);
    first.choose("Send again, other payee");
    // What is sent again its withdrawal says.
    first.see(&["Type 544.99 to confirm"]);
    first.answer(&[merchant.payee("CNY"), "the right account", "544.99"]);
    first.see(&["done, now:"]);
    first.press(&["Enter"]);
    first.see_that("the second attempt paid", |screen| {
        screen.lines().any(|line| line.contains("544.99") && line.contains("paid"))
    });
    let paid = there.wait_for(merchant, failed.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 1, "once, and at the right account");

    // The gateway stands still, then it is killed; what was seen stays, with its age. It comes back, and so does all.
    second.stand_still();
    first.grows_old("OFFLINE");
    second.kill().await;
    first.grows_old("OFFLINE");
    first.see(&["544.99"]);
    second.launch().await;
    first.see(&["LIVE", "544.99"]);
    beside.see(&["LIVE"]);

    for pane in [&first, &beside] {
        pane.quit();
    }
    let executed = world.journal().await;
    let mut once = executed.clone();
    once.sort();
    once.dedup();
    assert_eq!(executed.len(), once.len(), "nothing was executed twice");
    sluice.verify().await;
}
