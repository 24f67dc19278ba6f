//! What one bank claims blinds nobody: lists, balances and figures go on, however much it is.

use serde_json::{Value, json};
use tests::{Sluice, World, funds, unique};

/// The largest amount that is taken; ten of them are more than 64 bits hold.
const MOST: &str = "999999999999999999";
const TEN: &str = "9999999999999999990";

async fn claim(world: &World, account: &str) {
    let body = funds(&unique("REF"), account, MOST, "JPY", "NOBODY");
    assert_eq!(world.event(&unique("evt"), &body).await.outcome().0, "in_review");
}

/// The rows of a list that hold all of these members.
fn rows<'a>(list: &'a Value, members: &[(&str, &str)]) -> Vec<&'a Value> {
    let rows = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    rows.iter().filter(|row| members.iter().all(|(name, value)| row[name] == *value)).collect()
}

#[tokio::test]
async fn r5_a_banks_absurd_amounts_blind_neither_operators_nor_alerts_nor_the_merchant() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    for _ in 0..10 {
        claim(&world, "0000000000").await;
        claim(&world, merchant.account("JPY")).await;
    }
    let overview = world.look("/admin/v1/overview").await;
    assert_eq!(overview.status, 200, "{overview:?}");
    let of_nobody = rows(&overview.json["review"], &[("reason", "unknown_account"), ("currency", "JPY")]);
    assert_eq!((of_nobody.len(), &of_nobody[0]["amount"]), (1, &json!(TEN)), "{overview:?}");
    let suspense = rows(&overview.json["suspense"], &[("currency", "JPY")]);
    assert_eq!(suspense[0]["amount"], "19999999999999999980");
    let accounts = world.look("/admin/v1/ledger/accounts?kind=suspense&currency=JPY").await;
    assert_eq!(accounts.status, 200, "{accounts:?}");
    assert_eq!(accounts.json["data"][0]["balance"], "19999999999999999980");
    assert_eq!(world.balance(merchant, "JPY", "in_review").await, TEN);
    let shown = world.look(&format!("/admin/v1/merchants/{}", merchant.id)).await;
    assert_eq!(rows(&shown.json["balances"], &[("currency", "JPY")])[0]["in_review"], TEN, "{shown:?}");
    grown_to(&world, "sluice_suspense_amount", 1.9e19).await;
    sluice.verify().await;
}

/// Figures are read in groups; the last of them is how many event ids were used again.
#[tokio::test]
async fn figures_that_cannot_be_read_do_not_keep_others_back() {
    let (sluice, world) = Sluice::start().await;
    let spoil = "REVOKE SELECT ON reconciliation_lines FROM sluice_runtime";
    world.database().await.batch_execute(spoil).await.expect("revoked");
    let event = unique("evt");
    let of_type = |name: &str| format!(r#"{{"type":"{name}","data":{{}}}}"#);
    assert_eq!(world.event(&event, of_type("one").as_bytes()).await.status, 200);
    assert_eq!(world.event(&event, of_type("another").as_bytes()).await.refusal(), (409, "event-id-reused"));
    grown_to(&world, "sluice_event_id_conflicts", 1.0).await;
    let log = sluice.log();
    let warned =
        log.lines().any(|line| line.contains("could not be read") && line.contains("reconciliation"));
    assert!(warned, "{log}");
}

/// Waits until a figure is so large: they are read every five seconds.
async fn grown_to(world: &World, name: &str, least: f64) {
    for _ in 0..150 {
        if world.metric(name).await >= least {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("{name} is {}", world.metric(name).await);
}
