//! Money that comes in wrongly, and events that are not what they should be.

use futures_util::future::join_all;
use serde_json::json;
use tests::{BankApart, funds, unique};

use super::Scene;
use crate::watch::Expected;

pub async fn prove(scene: &Scene) {
    tokio::join!(
        waits_in_review(scene),
        needs_a_person(scene),
        takes_back_too_much(scene),
        never_matched_again(scene),
        much_of_an_unknown_owner(scene),
        the_same_event_id(scene),
        forged_events(scene),
        forged_callers(scene),
    );
}

/// A payment of the bank's: its id.
async fn paid_in(
    scene: &Scene,
    account: &str,
    amount: &str,
    currency: &str,
    remitter: &str,
    reason: &str,
) -> String {
    let body = funds(&unique("REF"), account, amount, currency, remitter);
    let told = scene.world.event(&unique("evt"), &body).await;
    assert_eq!(told.outcome(), ("in_review", reason), "{told:?}");
    told.json["outcomes"][0]["payment_id"].as_str().expect("an id").to_owned()
}

async fn waits_in_review(scene: &Scene) {
    let old = Expected { name: "SluiceReviewOld", labels: &[], says: "payment in review is 1d 1h " };
    let account = scene.world.merchant(0).account("USD");
    let reason = "remitter_not_platform";
    let payment = paid_in(scene, account, "50.00", "USD", "SOMEBODY ELSE", reason).await;
    let fault = async || scene.ages("payments", "received_at", &payment, "25 hours").await;
    let heal = async || drop(scene.act(&format!("/admin/v1/payments/{payment}/return")).await);
    scene.watch.proves(old, fault, heal).await;
}

async fn needs_a_person(scene: &Scene) {
    let expected = Expected {
        name: "SluiceReviewNeedsPerson",
        labels: &[("reason", "currency_mismatch")],
        says: "in review for currency_mismatch, which only a person ends: 1.",
    };
    scene.watch.silent(expected).await;
    let account = scene.world.merchant(0).account("USD");
    let payment = paid_in(scene, account, "70.00", "EUR", "AMAZON PAYMENTS INC", "currency_mismatch").await;
    scene.watch.fires(expected).await;
    scene.act(&format!("/admin/v1/payments/{payment}/return")).await;
    scene.watch.ends(expected).await;
}

/// A bank takes back more than it had paid in.
async fn takes_back_too_much(scene: &Scene) {
    let says = "1 reversals wait for a person: the bank has the money";
    let expected = Expected { name: "SluiceReversalsHeld", labels: &[], says };
    scene.watch.silent(expected).await;
    let (world, account) = (&scene.world, scene.world.merchant(0).account("USD"));
    let reference = unique("REF");
    let paid =
        world.event(&unique("evt"), &funds(&reference, account, "80.00", "USD", "AMAZON PAYMENTS INC")).await;
    assert_eq!(paid.status, 200, "{paid:?}");
    let taken = json!({"type": "funds.returned", "data": {"reference": unique("RET"), "original_reference": reference,
        "account_number": account, "amount": "90.00", "currency": "USD", "reason": "AC04"}});
    let told = world.event(&unique("evt"), taken.to_string().as_bytes()).await;
    assert_eq!(told.outcome(), ("in_review", "exceeds"), "{told:?}");
    let held =
        world.admin().get(&world.operator("operator", 0).token, "/admin/v1/reversals?status=held").await;
    let reversal = held.json["data"][0]["id"].as_str().expect("an id").to_owned();
    scene.watch.fires(expected).await;
    scene.act(&format!("/admin/v1/reversals/{reversal}/dismiss")).await;
    scene.watch.ends(expected).await;
}

/// Somebody has spoilt what a payment's remitter is sealed in. It is found again in each round, its cause being gone, and
/// can't be matched.
async fn never_matched_again(scene: &Scene) {
    let expected = Expected {
        name: "SluiceSweepSkipped",
        labels: &[("sweep", "rematch")],
        says: "of the sweep rematch failed for good in an hour and were passed over.",
    };
    scene.watch.silent(expected).await;
    let (account, reason) = (scene.world.merchant(0).account("USD"), "remitter_not_platform");
    let payment = paid_in(scene, account, "60.00", "USD", "SOMEBODY ELSE", reason).await;
    let id: uuid::Uuid = payment.split('_').nth(1).and_then(|id| id.parse().ok()).expect("an id");
    let database = scene.world.database().await;
    let change = async |sql: &str| assert_eq!(database.execute(sql, &[&id]).await.expect("changed"), 1);
    change(
        "UPDATE payments SET reason = 'unknown_account', details_sealed = '\\x00' || details_sealed WHERE id = $1",
    )
    .await;
    scene.watch.fires(expected).await;
    change(
        "UPDATE payments SET reason = 'remitter_not_platform', details_sealed = substr(details_sealed, 2) WHERE id = $1",
    )
    .await;
    scene.act(&format!("/admin/v1/payments/{payment}/return")).await;
    scene.watch.ends(expected).await;
}

/// It goes back only when a second person has agreed, who lets others wait.
async fn much_of_an_unknown_owner(scene: &Scene) {
    let much = Expected {
        name: "SluiceSuspenseHigh",
        labels: &[("currency", "GBP")],
        says: "250k GBP have been in suspense",
    };
    let waiting =
        Expected { name: "SluiceApprovalsWaiting", labels: &[], says: "for 4 hours there was always one." };
    scene.watch.silent(much).await;
    let payment =
        paid_in(scene, "8335999999", "250000.00", "GBP", "AMAZON PAYMENTS INC", "unknown_account").await;
    scene.watch.fires(much).await;
    let path = format!("/admin/v1/payments/{payment}/return");
    let why = json!({"reason": "nobody's"});
    scene.by_two(&path, &why, async || scene.watch.fires(waiting).await).await;
    scene.watch.ends(much).await;
    scene.watch.ends(waiting).await;
}

async fn the_same_event_id(scene: &Scene) {
    let expected = Expected { name: "SluiceEventIdConflict", labels: &[], says: "were refused with 409" };
    let account = scene.world.merchant(0).account("EUR");
    let fault = async || {
        let event = unique("evt");
        let first = funds(&unique("REF"), account, "10.00", "EUR", "AMAZON PAYMENTS INC");
        let other = funds(&unique("REF"), account, "11.00", "EUR", "AMAZON PAYMENTS INC");
        assert_eq!(scene.world.event(&event, &first).await.status, 200);
        assert_eq!(scene.world.event(&event, &other).await.refusal(), (409, "event-id-reused"));
    };
    scene.watch.proves_repeated(expected, fault, async || {}).await;
}

async fn forged_events(scene: &Scene) {
    let expected = Expected {
        name: "SluiceSignatureFailures",
        labels: &[("bank", scene.world.bank()), ("reason", "bad_signature")],
        says: "events of sandbox in 15 minutes: bad_signature.",
    };
    let body = br#"{"type":"something.new","data":{}}"#;
    let forged = async |_| {
        let refused = scene.world.event_with(BankApart::SECRET, &unique("evt"), body).await;
        assert_eq!(refused.refusal(), (401, "bad-signature"));
    };
    let fault = async || drop(join_all((0..25).map(forged)).await);
    scene.watch.proves_repeated(expected, fault, async || {}).await;
}

async fn forged_callers(scene: &Scene) {
    let expected = Expected {
        name: "SluiceAuthenticationFailures",
        labels: &[("kind", "merchant")],
        says: "in 15 minutes, as merchant.",
    };
    let forged = async |_| {
        let refused = scene.world.public().get("sk_nobody", "/v1/balances").await;
        assert_eq!(refused.refusal(), (401, "unauthenticated"));
    };
    let fault = async || drop(join_all((0..80).map(forged)).await);
    scene.watch.proves_repeated(expected, fault, async || {}).await;
}
