//! The real console in a real terminal, against a running gateway: typed into, and looked at.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod cost;
mod incident;
mod left;
mod once;
mod stale;
mod terminal;
mod tour;

use serde_json::json;
use tests::{Merchant, Operator, Sluice, World};

use self::terminal::{Tmux, console};

/// The size that everything must fit.
const SMALL: (u16, u16) = (80, 24);

/// The console of one operator at one gateway, with its own token.
fn command_of(sluice: &Sluice, world: &World, operator: &Operator) -> String {
    let token = sluice.dir().join(format!("{}.token", operator.id));
    std::fs::write(&token, &operator.token).expect("written");
    format!(
        "{} --admin-url {} --ca {} --token-file {}",
        console(),
        world.admin_url(),
        world.ca().display(),
        token.display()
    )
}

/// Withdrawals to a payee that the bank never gets, until each of them needs an operator; their payouts' ids.
async fn stuck(world: &World, merchant: &Merchant, amounts: &[&str]) -> Vec<String> {
    let payee = world.new_payee(merchant, "CNY", "622200000005").await;
    let mut ids = Vec::new();
    for amount in amounts {
        let order = world.withdraw(merchant, &payee, amount, "USD", "CNY").await;
        assert_eq!(order.status, 201, "{order:?}");
        ids.push(order.json["payouts"][0]["id"].as_str().unwrap().to_owned());
    }
    for id in &ids {
        let needs = |row: &serde_json::Value| row["id"] == id.as_str() && row["needs_operator"] == true;
        world.wait_for_row("/admin/v1/payouts?status=unknown", needs).await;
    }
    ids
}

/// By hand: 200.00 less 0.60 is 199.40, at 7.1000 that is 1415.74.
#[tokio::test]
async fn r33_the_stuck_payout_is_found_and_the_right_thing_done() {
    let (mut sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let ids = stuck(&world, merchant, &["100.00", "200.00", "300.00"]).await;
    let wanted = &ids[1];
    let operator = &world.operator("operator", 0).id;

    let command = format!("{} --dev --var {}", console(), sluice.dir().display());
    let Some(tmux) = Tmux::there() else { return };
    let terminal = tmux.open(&command, SMALL);
    terminal.see(&["DEVELOPMENT", operator, "LIVE", "READ-ONLY", "3 payout(s) stuck"]);
    terminal.press(&["Enter"]);
    terminal.see(&["2 Payouts", "filter: needs:operator", "!! unknown", "1415.74"]);
    terminal.press(&["/"]);
    terminal.write("unknown 1415.74");
    terminal.press(&["Enter"]);
    terminal.see(&["1/1", &wanted[wanted.len() - 8..]]);
    terminal.press(&["Enter"]);
    terminal.see(&[wanted, "STUCK.", "needs_operator"]);

    // Read-only: the action leads to arming, and to nothing else.
    terminal.press(&["a"]);
    terminal.see(&["READ-ONLY: first type"]);
    terminal.press(&["Enter"]);
    terminal.see(&[":arm 15"]);
    terminal.write("the merchant asks");
    terminal.press(&["Enter"]);
    terminal.see(&[" ARMED "]);
    terminal.choose("Ask the bank");
    terminal.see(&["Nothing is sent again", "Type 1415.74 to confirm", ">[ Cancel ]"]);
    terminal.answer(&["asked for by phone", "1415.74"]);
    terminal.see(&["done, now:"]);
    // What happened last stands last.
    terminal.press(&["Enter"]);
    terminal.find_below(&format!("payout.query by {operator}: asked for by phone"));
    terminal.press(&["g"]);

    let audit = world.look(&format!("/admin/v1/audit?subject={wanted}")).await;
    let entry = &audit.json["data"][0];
    assert_eq!(entry["action"], "payout.query", "{audit:?}");
    assert_eq!((&entry["actor"], &entry["reason"]), (&json!(operator), &json!("asked for by phone")));
    for other in [&ids[0], &ids[2]] {
        let audit = world.look(&format!("/admin/v1/audit?subject={other}")).await;
        assert_eq!(audit.json["data"], json!([]), "nothing was done to another one");
    }
    assert_eq!(world.journal().await, Vec::<String>::new(), "the bank executed nothing");

    // The gateway is killed and comes back; what was seen stays, with its age.
    let admin = world.admin_url().trim_start_matches("https://").to_owned();
    sluice.kill().await;
    terminal.see(&["OFFLINE", wanted]);
    terminal.grows_old("OFFLINE");
    terminal.see(&["OFFLINE", wanted]);
    sluice.launch_at(&admin).await;
    terminal.see(&["LIVE", wanted]);

    terminal.press(&["q"]);
    terminal.see(&["Esc goes back"]);
    terminal.back_to(&["filter: needs:operator", "1415.74"]);
    terminal.press(&["q"]);
    terminal.see(&["LEFT-WITH-0"]);
    terminal.is_given_back();
    sluice.verify().await;
}
