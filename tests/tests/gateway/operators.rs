//! What operators may do, what they may not, and what needs another person.

use serde_json::{Value, json};
use tests::{Merchant, Sluice, funds, unique};
use uuid::Uuid;

const AMAZON: &str = "AMAZON PAYMENTS INC";
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

#[tokio::test]
async fn r32_a_frozen_merchant_receives_but_does_not_withdraw_until_two_persons_unfreeze_it() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let (operator, ada, bruno) =
        (world.operator("operator", 0), world.operator("approver", 0), world.operator("approver", 1));
    let path = format!("/admin/v1/merchants/{}", merchant.id);
    let freeze = format!("{path}/freeze");
    let reason = json!({"reason": "court order", "legal_reference": "7 O 12/26"});
    let viewer = world.act(world.operator("viewer", 0), &freeze, &reason).await;
    assert_eq!(viewer.refusal(), (403, "forbidden"));
    let silent = world.act(operator, &freeze, &json!({"reason": "  "})).await;
    assert_eq!(silent.refusal(), (422, "invalid-request"));
    let frozen = world.act(operator, &freeze, &reason).await;
    assert_eq!((frozen.status, frozen.text_of("status")), (200, "frozen"), "{frozen:?}");
    // Another authority's order, shorter than the first: it stands beside it.
    let tax = json!({"reason": "tax", "legal_reference": "tax 3", "until": "2099-12-31T00:00:00Z"});
    let twice = world.act(operator, &freeze, &tax).await;
    assert_eq!((twice.status, twice.text_of("status")), (200, "frozen"), "{twice:?}");
    let shown = world.look(&path).await.json;
    assert_eq!((&shown["legal_reference"], &shown["frozen_until"]), (&json!("7 O 12/26"), &Value::Null));
    let both: Vec<_> = shown["freezes"].as_array().unwrap().iter().map(|f| &f["legal_reference"]).collect();
    assert_eq!(both, ["7 O 12/26", "tax 3"], "{shown}");

    let refused = world.withdraw(merchant, merchant.payee("CNY"), "1.00", "USD", "CNY").await;
    assert_eq!(refused.refusal(), (403, "merchant-frozen"));
    assert_eq!(world.pay_in(merchant, "50.00", "USD").await.outcome(), ("credited", ""));

    let unfreeze = format!("{path}/unfreeze");
    let asked = world.act(ada, &unfreeze, &json!({"reason": "order lifted"})).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    assert_eq!(world.act(operator, &approve, &json!({"reason": "ok"})).await.refusal(), (403, "forbidden"));
    assert_eq!(
        world.act(ada, &approve, &json!({"reason": "ok"})).await.refusal(),
        (403, "forbidden"),
        "four eyes"
    );
    assert_eq!(world.look(&path).await.text_of("status"), "frozen");
    let approved = world.act(bruno, &approve, &json!({"reason": "seen the order"})).await;
    assert_eq!((approved.status, approved.text_of("status")), (200, "approved"), "{approved:?}");
    assert_eq!(world.look(&path).await.text_of("status"), "active");
    let again = world.act(bruno, &approve, &json!({"reason": "again"})).await;
    assert_eq!(again.refusal(), (409, "illegal-transition"));

    assert_eq!(world.withdraw(merchant, merchant.payee("CNY"), "150.00", "USD", "CNY").await.status, 201);
    let audit = world.look(&format!("/admin/v1/audit?subject={}", merchant.id)).await;
    let actions: Vec<_> =
        audit.json["data"].as_array().unwrap().iter().map(|row| row["action"].clone()).collect();
    assert_eq!(
        actions,
        ["merchant.unfreeze", "merchant.unfreeze.requested", "merchant.freeze", "merchant.freeze"]
    );
    sluice.verify().await;
}

/// A freeze gives nobody what it would not get without one: an applicant's money, or that of somebody who leaves, stays in review.
#[tokio::test]
async fn r32_a_freeze_credits_nobody_whose_money_was_in_review() {
    let (sluice, world) = Sluice::start().await;
    let (merchant, other, operator) = (world.merchant(0), world.merchant(1), world.operator("operator", 0));
    let database = world.database().await;
    let becomes = async |merchant: &Merchant, state: &str| {
        let id: Uuid = merchant.id.trim_start_matches("mer_").parse().unwrap();
        let sql = "UPDATE merchants SET state = $2 WHERE id = $1";
        assert_eq!(database.execute(sql, &[&id, &state]).await.unwrap(), 1);
    };
    let path = format!("/admin/v1/merchants/{}", merchant.id);
    becomes(merchant, "pending").await;
    let waits = world.pay_in(merchant, "100.00", "USD").await;
    assert_eq!(waits.outcome(), ("in_review", "merchant_not_active"));
    let payment = format!("/admin/v1/payments/{}", waits.json["outcomes"][0]["payment_id"].as_str().unwrap());
    for before in ["pending", "closing"] {
        becomes(merchant, before).await;
        let frozen = world.act(operator, &format!("{path}/freeze"), &json!({"reason": "a look"})).await;
        assert_eq!((frozen.status, frozen.text_of("status")), (200, "frozen"), "{frozen:?}");
        let comes = world.pay_in(merchant, "1.00", "USD").await;
        assert_eq!(comes.outcome(), ("in_review", "merchant_not_active"), "{before}");
        let again =
            world.act(operator, &format!("{payment}/rematch"), &json!({"reason": "look again"})).await;
        assert_eq!((again.status, again.text_of("status")), (200, "in_review"), "{before}: {again:?}");
        // What the gateway matches by itself meanwhile: another one's payment, once its cause has gone.
        becomes(other, "pending").await;
        let sign = world.pay_in(other, "7.00", "USD").await;
        assert_eq!(sign.outcome(), ("in_review", "merchant_not_active"));
        let sign = sign.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
        becomes(other, "active").await;
        world.wait_for_row("/admin/v1/payments?status=credited", |row| row["id"] == sign.as_str()).await;
        assert_eq!(world.look(&payment).await.text_of("status"), "in_review", "{before}");
        assert_eq!(world.balance(merchant, "USD", "available").await, "0.00", "{before}");
        let unfrozen = world.by_two(&format!("{path}/unfreeze"), &json!({"reason": "seen"})).await;
        assert_eq!(
            (unfrozen.status, &unfrozen.json["result"]["status"]),
            (200, &json!(before)),
            "{unfrozen:?}"
        );
    }
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    becomes(merchant, "active").await;
    world.wait_for_row("/admin/v1/payments?status=credited", |row| row["amount"] == "100.00").await;
    sluice.verify().await;
}

#[tokio::test]
async fn r32_a_freeze_holds_queued_payouts_and_ends_by_itself() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let operator = world.operator("operator", 0);
    let freeze = format!("/admin/v1/merchants/{}/freeze", merchant.id);
    // The bank fails it at once, so that there is something to send again while the merchant is frozen.
    let payee = world.new_payee(merchant, "USD", "622200000001").await;
    let order = world.withdraw(merchant, &payee, "10.00", "USD", "USD").await;
    let failed = world.wait_for(merchant, order.text_of("id"), "failed").await;
    let until = time_in(10);
    let frozen = world.act(operator, &freeze, &json!({"reason": "a look", "until": until})).await;
    assert_eq!(frozen.status, 200, "{frozen:?}");
    let payout = failed.json["payouts"][0]["id"].as_str().unwrap();
    let retry = json!({"reason": "try again", "payee_id": merchant.payee("USD")});
    let retried = world.act(operator, &format!("/admin/v1/payouts/{payout}/retry"), &retry).await;
    assert_eq!(retried.status, 200, "{retried:?}");
    let held = world.withdrawal(merchant, order.text_of("id")).await;
    assert_eq!(held.json["payouts"][1]["status"], "held");
    let second = held.json["payouts"][1]["id"].as_str().unwrap().to_owned();
    let release =
        world.act(operator, &format!("/admin/v1/payouts/{second}/release"), &json!({"reason": "go"})).await;
    assert_eq!(release.refusal(), (409, "illegal-transition"), "only unfreezing releases it");
    let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 1, "lifted by itself, sent, once");
    let audit = world.look(&format!("/admin/v1/audit?subject={}", merchant.id)).await;
    assert_eq!(audit.json["data"][0]["actor"], "gateway", "audited");
    sluice.verify().await;
}

/// Somebody has spoilt the database for the end of one merchant's freeze.
#[tokio::test]
async fn r32_a_freeze_that_can_not_be_lifted_stands_in_no_other_one_s_way() {
    let (sluice, world) = Sluice::start().await;
    let (operator, until) = (world.operator("operator", 0), time_in(10));
    let (spoilt, other) = (world.merchant(0), world.merchant(1));
    let id: uuid::Uuid = spoilt.id.split('_').nth(1).and_then(|id| id.parse().ok()).expect("an id");
    let database = world.database().await;
    let change = async |sql: &str| database.batch_execute(sql).await.expect("changed");
    let refuse = format!(
        "ALTER TABLE merchant_freezes ADD CONSTRAINT spoilt CHECK (lifted_at IS NULL OR merchant <> '{id}')"
    );
    change(&refuse).await;
    for merchant in [spoilt, other] {
        let body = json!({"reason": "a look", "until": until});
        let frozen = world.act(operator, &format!("/admin/v1/merchants/{}/freeze", merchant.id), &body).await;
        assert_eq!(frozen.status, 200, "{frozen:?}");
    }
    let row = |merchant: &Merchant| format!("/admin/v1/merchants?query={}", merchant.id);
    world.wait_for_row(&row(other), |row| row["status"] == "active").await;
    world.wait_for_row(&row(spoilt), |row| row["status"] == "frozen").await;
    let skipped = "sluice_sweep_skipped_total{sweep=\"freezes\"}";
    let begun = std::time::Instant::now();
    while world.metric(skipped).await == 0.0 {
        assert!(begun.elapsed() < PATIENCE, "nobody hears of it");
        tokio::time::sleep(PATIENCE / 100).await;
    }

    change("ALTER TABLE merchant_freezes DROP CONSTRAINT spoilt").await;
    world.wait_for_row(&row(spoilt), |row| row["status"] == "active").await;
    sluice.verify().await;
}

/// So many seconds from now, as the contract writes times.
fn time_in(seconds: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let output = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{}", now + seconds), "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn r7_a_reviewed_payment_is_credited_or_returned_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let operator = world.operator("operator", 0);
    let send = async |amount: &str| {
        let event = json!({"type": "funds.received", "data": {"reference": unique("REF"),
            "account_number": "9990001", "amount": amount, "currency": "USD",
            "remitter": {"name": AMAZON, "account_number": "DE8937040044"}}});
        let answer = world.event(&unique("evt"), event.to_string().as_bytes()).await;
        assert_eq!(answer.outcome(), ("in_review", "unknown_account"));
        answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned()
    };
    let (credit, back) = (send("20.00").await, send("30.00").await);
    let list = world.look("/admin/v1/payments?status=in_review").await;
    assert!(!list.text.contains("9990001") && !list.text.contains("AMAZON"), "R35: masked: {}", list.text);

    let path = format!("/admin/v1/payments/{credit}/credit");
    let nobody = world.act(operator, &path, &json!({"reason": "known"})).await;
    assert_eq!(nobody.refusal(), (422, "invalid-request"), "whose is it?");
    let body = json!({"reason": "known by phone", "merchant_id": merchant.id});
    let credited = world.act(operator, &path, &body).await;
    assert_eq!((credited.status, credited.text_of("status")), (200, "credited"), "{credited:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "20.00");
    assert_eq!(world.act(operator, &path, &body).await.refusal(), (409, "illegal-transition"));

    let path = format!("/admin/v1/payments/{back}/return");
    let returning = world.act(operator, &path, &json!({"reason": "nobody's"})).await;
    assert_eq!((returning.status, returning.text_of("status")), (200, "returning"), "{returning:?}");
    let paid =
        world.wait_for_row("/admin/v1/payments?status=returned", |row| row["id"] == back.as_str()).await;
    assert_eq!(paid["amount"], "30.00");
    assert_eq!(world.journal().await.len(), 1, "the bank sent it back, once");
    let overview = world.look("/admin/v1/overview").await;
    assert_eq!(overview.json["suspense"], json!([]));
    sluice.verify().await;
}

#[tokio::test]
async fn r33_above_the_limit_another_person_decides_on_what_was_shown() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (operator, ada) = (world.operator("operator", 0), world.operator("approver", 0));
    let send = async |amount: &str| {
        let body = funds(&unique("REF"), merchant.account("USD"), amount, "USD", "SOMEBODY LTD");
        let answer = world.event(&unique("evt"), &body).await;
        answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned()
    };
    let (at_limit, above, moved) = (send("10000.00").await, send("10000.01").await, send("20000.00").await);
    let credit = |payment: &str| format!("/admin/v1/payments/{payment}/credit");
    let reason = json!({"reason": "contract seen"});
    assert_eq!(world.act(operator, &credit(&at_limit), &reason).await.status, 200, "up to the limit");
    let asked = world.act(operator, &credit(&above), &reason).await;
    assert_eq!(asked.status, 202);
    assert_eq!(world.balance(merchant, "USD", "available").await, "10000.00", "nothing moved yet");
    let pending = world.look("/admin/v1/approvals?status=pending").await;
    let row =
        ["subject", "amount", "currency"].map(|member| pending.json["data"][0][member].as_str().unwrap());
    assert_eq!(row, [above.as_str(), "10000.01", "USD"]);
    let approve = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    assert_eq!(world.act(ada, &approve, &reason).await.text_of("status"), "approved");
    assert_eq!(world.balance(merchant, "USD", "available").await, "20000.01");

    let asked = world.act(operator, &credit(&moved), &reason).await;
    let asked_again = world.act(operator, &format!("/admin/v1/payments/{moved}/return"), &reason).await;
    let first = format!("/admin/v1/approvals/{}/approve", asked.text_of("approval_id"));
    assert_eq!(world.act(ada, &first, &reason).await.text_of("status"), "approved");
    let second = format!("/admin/v1/approvals/{}/approve", asked_again.text_of("approval_id"));
    let void = world.act(ada, &second, &reason).await;
    assert_eq!(void.refusal(), (409, "illegal-transition"), "what was shown has changed");
    let shown = world.look("/admin/v1/approvals?status=void").await;
    assert_eq!(shown.json["data"].as_array().unwrap().len(), 1);
    let why = "contract seen (void: what was shown has changed: the approval is void)";
    assert_eq!(shown.json["data"][0]["decided_reason"], why);
    assert_eq!(world.balance(merchant, "USD", "available").await, "40000.01");

    let rejected = send("30000.00").await;
    let asked = world.act(operator, &credit(&rejected), &reason).await;
    let reject = format!("/admin/v1/approvals/{}/reject", asked.text_of("approval_id"));
    assert_eq!(world.act(ada, &reject, &reason).await.text_of("status"), "rejected");
    assert_eq!(world.balance(merchant, "USD", "available").await, "40000.01");
    assert_eq!(world.balance(merchant, "USD", "in_review").await, "30000.00");
    sluice.verify().await;
}

#[tokio::test]
async fn r7_notes_stay_with_a_payment_and_out_of_the_trail() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let body = funds(&unique("REF"), merchant.account("USD"), "12.00", "USD", "JANE DOE");
    let answer = world.event(&unique("evt"), &body).await;
    assert_eq!(answer.outcome(), ("in_review", "remitter_not_platform"));
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    let path = format!("/admin/v1/payments/{payment}/notes");
    let operator = world.operator("operator", 0);
    let words = json!({"reason": "called Jane Doe, she sends the invoice"});
    let key = unique("op");
    let noted = world.admin().post(&operator.token, &path, Some(&key), &words).await;
    assert_eq!((noted.status, noted.text_of("author")), (201, operator.id.as_str()), "{noted:?}");
    let again = world.admin().post(&operator.token, &path, Some(&key), &words).await;
    assert_eq!((again.text, again.replayed), (noted.text.clone(), true), "one key, one note");

    let shown = world.look(&format!("/admin/v1/payments/{payment}")).await;
    assert_eq!(shown.json["notes"].as_array().unwrap().len(), 1);
    assert_eq!(shown.json["notes"][0]["text"], words["reason"]);
    assert_eq!((shown.text_of("amount"), shown.text_of("reason")), ("12.00", "remitter_not_platform"));
    assert!(!shown.text_of("remitter").contains("JANE"), "masked: {shown:?}");
    let trail = world.look(&format!("/admin/v1/audit?subject={payment}")).await;
    assert_eq!(trail.json["data"][0]["action"], "payment.note");
    assert!(!trail.text.contains("Jane"), "{trail:?}");
    let overview = world.look("/admin/v1/overview").await;
    let line = &overview.json["review"][0];
    assert_eq!(
        (&line["count"], &line["amount"], &line["older_than_1_day"]),
        (&json!(1), &json!("12.00"), &json!(0))
    );

    let none = json!({"reason": " "});
    assert_eq!(world.act(operator, &path, &none).await.refusal(), (422, "invalid-request"));
    let viewer = world.operator("viewer", 0);
    assert_eq!(world.act(viewer, &path, &words).await.refusal(), (403, "forbidden"));
    let nobodys = format!("/admin/v1/payments/{}/notes", payment.replace("pay_0", "pay_1"));
    assert_eq!(world.act(operator, &nobodys, &words).await.refusal(), (404, "not-found"));
    sluice.verify().await;
}
