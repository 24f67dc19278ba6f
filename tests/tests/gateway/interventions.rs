//! What operators do about a merchant's money: refusals (R45), charges (R46), stopped amounts (R32), limits (R30).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::json;
use tests::{Merchant, Sluice, World, today, unique};

async fn types(world: &World, merchant: &Merchant) -> Vec<String> {
    let listed = world.public().get(&merchant.api_key, "/v1/transactions?limit=200").await;
    let rows = listed.json["data"].as_array().unwrap();
    rows.iter()
        .map(|row| format!("{} {}", row["type"].as_str().unwrap(), row["amount"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn r45_a_withdrawal_that_looks_wrong_is_held_refused_and_booked_back() {
    let (sluice, world) = Sluice::start().await;
    let second = sluice.second(&world, "[payouts]\nhold_above_usd = \"50.00\"\n").await;
    let there = &second.world;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "500.00", "USD").await;
    let small = there.withdraw(merchant, merchant.payee("CNY"), "40.00", "USD", "CNY").await;
    assert_eq!(small.json["payouts"][0]["status"], "queued", "{small:?}");
    let large = there.withdraw(merchant, merchant.payee("CNY"), "60.00", "USD", "CNY").await;
    assert_eq!((large.status, &large.json["payouts"][0]["status"]), (201, &json!("held")), "{large:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "400.00");
    world.wait_for(merchant, small.text_of("id"), "paid").await;

    let operator = world.operator("operator", 0);
    let refuse = |id: &str| format!("/admin/v1/withdrawals/{id}/refuse");
    let why = json!({"reason": "the payee is not known to the merchant"});
    let sent = world.act(operator, &refuse(small.text_of("id")), &why).await;
    assert_eq!(sent.refusal(), (409, "illegal-transition"), "what was sent can't be refused");
    let key = unique("op");
    let path = refuse(large.text_of("id"));
    let refused = world.admin().post(&operator.token, &path, Some(&key), &why).await;
    assert_eq!((refused.status, refused.text_of("status")), (200, "refused"), "{refused:?}");
    let again = world.admin().post(&operator.token, &path, Some(&key), &why).await;
    assert_eq!((again.text, again.replayed), (refused.text.clone(), true));
    assert_eq!(world.act(operator, &path, &why).await.refusal(), (409, "illegal-transition"), "once");

    let told = world.withdrawal(merchant, large.text_of("id")).await;
    assert_eq!(told.json["failure"], json!({"code": "REFUSED", "reason": why["reason"]}));
    assert_eq!(told.json["payouts"][0]["status"], "failed");
    assert_eq!(world.balance(merchant, "USD", "available").await, "460.00", "fee and all");
    assert_eq!(world.balance(merchant, "USD", "in_transit").await, "0.00");
    assert_eq!(world.executions(&told).await, 0);
    // 60.00 less 0.3 % is 59.82, and the fee 0.18.
    assert_eq!(types(&world, merchant).await[..2], ["refund 0.18", "refund 59.82"]);
    let payout = told.json["payouts"][0]["id"].as_str().unwrap();
    let release = format!("/admin/v1/payouts/{payout}/release");
    assert_eq!(world.act(operator, &release, &why).await.refusal(), (409, "illegal-transition"));

    let looked_at = there.withdraw(merchant, merchant.payee("CNY"), "70.00", "USD", "CNY").await;
    let payout = looked_at.json["payouts"][0]["id"].as_str().unwrap();
    let released = world.act(operator, &format!("/admin/v1/payouts/{payout}/release"), &why).await;
    assert_eq!(released.status, 200, "{released:?}");
    let paid = world.wait_for(merchant, looked_at.text_of("id"), "paid").await;
    assert_eq!(world.executions(&paid).await, 1, "what looks right goes out, once");
    sluice.verify().await;
}

#[tokio::test]
async fn r46_a_charge_takes_two_persons_and_what_is_not_covered_is_owed() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "30.00", "USD").await;
    let path = format!("/admin/v1/merchants/{}/charge", merchant.id);
    let charge = json!({"amount": "45.00", "currency": "USD", "reason": "the bank's investigation 7"});
    let approved = world.by_two(&path, &charge).await;
    assert_eq!((approved.status, approved.text_of("status")), (200, "approved"), "{approved:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "15.00");
    assert_eq!(types(&world, merchant).await[..2], ["charge 15.00", "charge 30.00"]);
    let told = ["covered", "owed", "reason"].map(|member| approved.json["result"][member].as_str().unwrap());
    assert_eq!(told, ["30.00", "15.00", "the bank's investigation 7"]);
    // The merchant sees its id, and whoever looks for that finds who asked, who approved, and why.
    let id = approved.json["result"]["charge_id"].as_str().unwrap();
    let lines = world.public().get(&merchant.api_key, "/v1/transactions?type=charge").await;
    assert!(lines.json["data"].as_array().unwrap().iter().all(|line| line["source_id"] == id), "{lines:?}");
    let found = world.look(&format!("/admin/v1/search?q={id}")).await;
    assert_eq!(found.json["data"][0]["id"], approved.json["id"], "{found:?}");
    let approval = world.look(&format!("/admin/v1/approvals/{}", approved.text_of("id"))).await;
    let row = ["amount", "currency", "reason"].map(|member| approval.text_of(member));
    assert_eq!(row, ["45.00", "USD", "the bank's investigation 7"]);
    let trail = world.look(&format!("/admin/v1/audit?subject={}", merchant.id)).await;
    assert!(trail.json["data"][0]["after"].as_str().unwrap().contains(id), "{trail:?}");
    let sql = "SELECT data FROM outbox WHERE event_type = 'merchant.charged' AND subject = $1";
    let notice: String = world.database().await.query_one(sql, &[&id]).await.unwrap().get(0);
    assert!(notice.contains("the bank's investigation 7"), "{notice}");
    world.pay_in(merchant, "20.00", "USD").await;
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "0.00", "paid off first");
    assert_eq!(world.balance(merchant, "USD", "available").await, "5.00");

    let operator = world.operator("operator", 0);
    for wrong in [
        json!({"amount": "0.00", "currency": "USD", "reason": "x"}),
        json!({"amount": "1.00", "currency": "USD", "reason": ""}),
        json!({"amount": "1.001", "currency": "USD", "reason": "x"}),
    ] {
        assert_eq!(world.act(operator, &path, &wrong).await.refusal(), (422, "invalid-request"), "{wrong}");
    }
    let viewer = world.operator("viewer", 0);
    assert_eq!(world.act(viewer, &path, &charge).await.refusal(), (403, "forbidden"));
    sluice.verify().await;
}

#[tokio::test]
async fn r32_a_stopped_amount_can_not_leave_until_two_persons_or_its_end_let_it_go() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let operator = world.operator("operator", 0);
    let path = format!("/admin/v1/merchants/{}/amount-freezes", merchant.id);
    let stop = json!({"amount": "120.00", "currency": "USD", "reason": "court", "legal_reference": "case 7"});
    let stopped = world.act(operator, &path, &stop).await;
    assert_eq!((stopped.status, stopped.text_of("status")), (200, "frozen"), "{stopped:?}");
    assert_eq!(world.balance(merchant, "USD", "frozen").await, "100.00", "never more than there is");
    assert_eq!(world.balance(merchant, "USD", "available").await, "0.00");
    let refused = world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY").await;
    assert_eq!(refused.refusal(), (422, "insufficient-funds"));
    world.pay_in(merchant, "50.00", "USD").await;
    assert_eq!(world.balance(merchant, "USD", "frozen").await, "120.00", "what comes later is stopped too");
    assert_eq!(world.balance(merchant, "USD", "available").await, "30.00");
    let all =
        join_all((0..4).map(|_| world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY")));
    let accepted = all.await.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(accepted, 3, "30.00 are free");
    let charge = json!({"amount": "5.00", "currency": "USD", "reason": "x"});
    let charged = world.by_two(&format!("/admin/v1/merchants/{}/charge", merchant.id), &charge).await;
    assert_eq!(charged.status, 200);
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "5.00", "not out of what is stopped");

    let listed = world.look(&path).await;
    let id = listed.json["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(listed.json["data"][0]["legal_reference"], "case 7");
    let lifted =
        world.by_two(&format!("/admin/v1/amount-freezes/{id}/lift"), &json!({"reason": "over"})).await;
    assert_eq!(lifted.status, 200, "{lifted:?}");
    assert_eq!(world.balance(merchant, "USD", "frozen").await, "0.00");
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "0.00", "paid off before it can leave");
    assert_eq!(world.balance(merchant, "USD", "available").await, "115.00");
    let lines = world.public().get(&merchant.api_key, "/v1/transactions?type=receivable_repayment").await;
    let row = &lines.json["data"][0];
    assert_eq!((&row["amount"], &row["source_id"]), (&json!("5.00"), &json!(id)), "{lines:?}");

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let until = time::OffsetDateTime::from_unix_timestamp(i64::try_from(now).unwrap() + 10).unwrap();
    let until = until.format(&time::format_description::well_known::Rfc3339).unwrap();
    let stop = json!({"amount": "20.00", "currency": "USD", "reason": "a look", "until": until});
    let stopped = world.act(operator, &path, &stop).await;
    assert_eq!(stopped.status, 200, "{stopped:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "95.00");
    let lifted = async {
        while world.balance(merchant, "USD", "available").await != "115.00" {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), lifted).await.expect("lifted by itself");
    let trail = world.look(&format!("/admin/v1/audit?subject={}", merchant.id)).await;
    let end = &trail.json["data"][0];
    assert_eq!((&end["action"], &end["actor"]), (&json!("amount.unfreeze"), &json!("gateway")), "audited");
    let [before, after] = ["before", "after"].map(|state| end[state].as_str().unwrap_or_default());
    assert!(before.contains(stopped.text_of("id")) && before.contains("frozen"), "{end}");
    assert!(after.contains(stopped.text_of("id")) && after.contains("lifted"), "{end}");
    sluice.verify().await;
}

/// As its merchant sees it: what it is charged while it is frozen is owed, and paid off by the end of the freeze, which its statement names.
#[tokio::test]
async fn r8_r32_a_charge_leaves_a_frozen_merchant_s_balance_alone_until_the_freeze_ends() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let act = |what: &str| format!("/admin/v1/merchants/{}/{what}", merchant.id);
    let frozen = world.act(world.operator("operator", 0), &act("freeze"), &json!({"reason": "court"})).await;
    assert_eq!(frozen.status, 200, "{frozen:?}");
    let charge = json!({"amount": "5.00", "currency": "USD", "reason": "x"});
    assert_eq!(world.by_two(&act("charge"), &charge).await.status, 200);
    assert_eq!(world.balance(merchant, "USD", "available").await, "100.00", "it can't leave");
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "5.00");
    let ended = world.by_two(&act("unfreeze"), &json!({"reason": "over"})).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "95.00", "paid off before it can leave");
    assert_eq!(world.balance(merchant, "USD", "receivable").await, "0.00");
    let lines = world.public().get(&merchant.api_key, "/v1/transactions?type=receivable_repayment").await;
    let row = &lines.json["data"][0];
    assert_eq!((&row["amount"], &row["source_id"]), (&json!("5.00"), &json!(merchant.id)), "{lines:?}");
    sluice.verify().await;
}

const LIMITS: &str = "[limits]\nrules = [
  { name = \"once\", scope = \"payout\", most_usd = \"100.00\" },
  { name = \"day-usd-cny\", scope = \"day\", most_usd = \"150.00\", sell = \"USD\", buy = \"CNY\" },
  { name = \"unverified\", scope = \"before_verification\", most_usd = \"20.00\" },
]\n";

/// What is counted in a day is counted in one: the demo's begins eight hours before UTC's.
async fn start() -> (Sluice, World) {
    today(8).await;
    Sluice::start().await
}

#[tokio::test]
async fn r30_limits_hold_under_concurrency_and_say_what_is_left() {
    let (sluice, world) = start().await;
    let second = sluice.second(&world, LIMITS).await;
    let there = &second.world;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let order = |amount: &'static str| there.withdraw(merchant, merchant.payee("CNY"), amount, "USD", "CNY");
    let above = order("100.01").await;
    assert_eq!(above.refusal(), (422, "limit-exceeded"));
    assert!(above.text.contains("`once`: 100.00 USD, 0.00 used, 100.00 left"), "{above:?}");
    // Ten at once of 20.00: seven make 140.00, an eighth would make 160.00.
    let answers = join_all((0..10).map(|_| order("20.00"))).await;
    let accepted = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(accepted, 7, "{answers:?}");
    let refused = answers.iter().find(|answer| answer.status != 201).unwrap();
    assert_eq!(refused.refusal(), (422, "limit-exceeded"));
    assert!(refused.text.contains("`day-usd-cny`: 150.00 USD, 140.00 used, 10.00 left"), "{refused:?}");
    assert_eq!(order("10.00").await.status, 201, "what is left can be used to the last cent");
    assert_eq!(order("0.10").await.refusal(), (422, "limit-exceeded"));
    let other = there.withdraw(merchant, merchant.payee("USD"), "20.00", "USD", "USD").await;
    assert_eq!(other.status, 201, "another corridor: {other:?}");
    assert_eq!(world.balance(merchant, "USD", "available").await, "830.00", "refusals moved nothing");

    let key = unique("key");
    let body = json!({"payee_id": merchant.payee("CNY"), "sell_currency": "USD", "sell_amount": "30.00", "buy_currency": "CNY"});
    let first = there.order(merchant, "/v1/withdrawals", &key, &body).await;
    let again = there.order(merchant, "/v1/withdrawals", &key, &body).await;
    assert_eq!((again.refusal(), again.replayed), ((422, "limit-exceeded"), true), "its key replays it");
    assert_eq!(first.text, again.text);

    let unverified = world.merchant(1);
    world.pay_in(unverified, "100.00", "USD").await;
    let verification = format!("/admin/v1/merchants/{}/verification", unverified.id);
    let operator = world.operator("operator", 0);
    let set = |full: bool| json!({"full": full, "reason": "documents"});
    assert_eq!(there.act(operator, &verification, &set(false)).await.status, 200);
    let order =
        |amount: &'static str| there.withdraw(unverified, unverified.payee("CNY"), amount, "USD", "CNY");
    assert_eq!(order("15.00").await.status, 201);
    assert_eq!(order("5.01").await.refusal(), (422, "limit-exceeded"));
    assert_eq!(there.act(operator, &verification, &set(true)).await.status, 200);
    assert_eq!(order("5.01").await.status, 201, "fully verified");
    sluice.verify().await;
}

#[tokio::test]
async fn r30_what_is_refused_does_not_count() {
    let (sluice, world) = start().await;
    let second = sluice.second(&world, &format!("{LIMITS}[payouts]\nhold_above_usd = \"0.01\"\n")).await;
    let there = &second.world;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let order = |amount: &'static str| there.withdraw(merchant, merchant.payee("CNY"), amount, "USD", "CNY");
    let first = order("100.00").await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(order("60.00").await.refusal(), (422, "limit-exceeded"));
    let refuse = format!("/admin/v1/withdrawals/{}/refuse", first.text_of("id"));
    let refused = there.act(world.operator("operator", 0), &refuse, &json!({"reason": "wrong"})).await;
    assert_eq!(refused.status, 200, "{refused:?}");
    assert_eq!(order("60.00").await.status, 201);
    sluice.verify().await;
}
