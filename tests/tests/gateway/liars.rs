//! A bank that lies, by the last eight digits of the payee's account number: what is true stands, the lie is kept and
//! told to operators, and money goes out once.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Answer, Merchant, Sluice, World, unique};
use tokio::time::{Instant, sleep};

/// What the bank said under which event of its own, and what it was answered: outcome and reason.
type Told = (&'static str, &'static str, &'static str);

struct Liar {
    digits: &'static str,
    /// The end of the withdrawal, and of its payout.
    ends: (&'static str, &'static str),
    told: &'static [Told],
    /// A line of evidence that holds the lie.
    evidence: &'static str,
}

/// By hand: 100.00 USD less 0.30 is 99.70, at 7.1000 that is 707.87 CNY; 5.00 less come back.
const LIARS: [Liar; 7] = [
    Liar {
        digits: "77770011",
        ends: ("paid", "paid"),
        told: &[("other-amount", "ignored", "contradiction")],
        evidence: "707.88 CNY paid",
    },
    Liar {
        digits: "77770012",
        ends: ("paid", "paid"),
        told: &[("paid", "applied", ""), ("denied", "ignored", "contradiction")],
        evidence: "707.87 CNY failed: MS03",
    },
    Liar {
        digits: "77770013",
        ends: ("paid", "paid"),
        told: &[("stranger", "ignored", "unknown_reference"), ("paid", "applied", "")],
        evidence: "707.87 CNY paid",
    },
    Liar {
        digits: "77770014",
        ends: ("paid", "paid"),
        told: &[("other-currency", "ignored", "contradiction")],
        evidence: "707.87 USD paid",
    },
    Liar {
        digits: "77770015",
        ends: ("payee_action_required", "disputed"),
        told: &[("failed", "applied", ""), ("paid", "applied", "disputed")],
        evidence: "707.87 CNY failed: AC01",
    },
    Liar {
        digits: "77770016",
        ends: ("returned", "returned"),
        told: &[
            ("returned", "applied", ""),
            ("paid", "duplicate", ""),
            ("paid-again", "duplicate", ""),
            ("returned-again", "duplicate", ""),
        ],
        evidence: "702.87 CNY returned: AC04",
    },
    Liar { digits: "77770017", ends: ("paid", "paid"), told: &[], evidence: "never seen" },
];

/// A withdrawal of 100.00 USD to a new payee with these last digits.
async fn to(world: &World, merchant: &Merchant, digits: &str, buy: &str) -> Answer {
    let payee = world.new_payee(merchant, buy, &format!("62220000{digits}")).await;
    let answer = world.withdraw(merchant, &payee, "100.00", "USD", buy).await;
    assert_eq!((answer.status, answer.text_of("status")), (201, "processing"), "{answer:?}");
    answer
}

/// The answers to what the bank said of this payout, as operators see them, once there are so many.
async fn answers(world: &World, bank_reference: &str, many: usize) -> Vec<(String, String, String)> {
    let begun = Instant::now();
    loop {
        let list = world.look("/admin/v1/events?limit=200").await;
        let rows = list.json["data"].as_array().expect("a list").iter();
        let own: Vec<(&str, &str)> = rows
            .filter_map(|row| {
                let said = row["event_id"].as_str()?.strip_prefix(bank_reference)?.strip_prefix('-')?;
                Some((said, row["id"].as_str()?))
            })
            .collect();
        if own.len() >= many {
            let mut told = Vec::new();
            for (said, id) in own {
                let detail = world.look(&format!("/admin/v1/events/{id}")).await;
                assert_eq!(detail.json["first"]["status"], 200, "{detail:?}");
                let outcome = &detail.json["first"]["answer"]["outcomes"][0];
                let text = |member: &str| outcome[member].as_str().unwrap_or_default().to_owned();
                told.push((said.to_owned(), text("outcome"), text("reason")));
            }
            return told;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{bank_reference}: {own:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn evidence(world: &World, payout: &str) -> Vec<String> {
    let id: uuid::Uuid = payout.strip_prefix("po_").expect("a payout").parse().expect("an id");
    let sql = "SELECT source || ': ' || text FROM payout_evidence WHERE payout = $1 ORDER BY id";
    let rows = world.database().await.query(sql, &[&id]).await.expect("evidence");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn needs_operator(world: &World, status: &str, payout: &Value) -> bool {
    let list = format!("/admin/v1/payouts?status={status}");
    world.wait_for_row(&list, |row| row["id"] == *payout).await["needs_operator"] == true
}

#[tokio::test]
async fn r29_i4_what_is_true_stands_and_every_lie_is_kept_told_and_paid_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let mut orders = Vec::new();
    for liar in &LIARS {
        orders.push(to(&world, merchant, liar.digits, "CNY").await);
    }
    for (liar, order) in LIARS.iter().zip(&orders) {
        let digits = liar.digits;
        let ended = world.wait_for(merchant, order.text_of("id"), liar.ends.0).await;
        let first = &ended.json["payouts"][0]["bank_reference"];
        let mut told = match first.as_str() {
            Some(bank_reference) => answers(&world, bank_reference, liar.told.len()).await,
            // The bank told its reference with the query alone.
            None => Vec::new(),
        };
        told.sort();
        let mut expected: Vec<_> =
            liar.told.iter().map(|(a, b, c)| (a.to_string(), b.to_string(), c.to_string())).collect();
        expected.sort();
        assert_eq!(told, expected, "{digits}");

        let ended = world.withdrawal(merchant, order.text_of("id")).await;
        let payouts = ended.json["payouts"].as_array().expect("payouts");
        assert_eq!(payouts.len(), 1, "{digits}: one attempt, one reference");
        let payout = &payouts[0];
        assert_eq!(
            (ended.text_of("status"), payout["status"].as_str()),
            (liar.ends.0, Some(liar.ends.1)),
            "{digits}"
        );
        assert_eq!(world.executions(&ended).await, 1, "{digits}");
        let kept = evidence(&world, payout["id"].as_str().expect("an id")).await;
        assert!(kept.iter().any(|line| line.contains(liar.evidence)), "{digits}: {kept:#?}");
        let called = needs_operator(&world, liar.ends.1, &payout["id"]).await;
        assert_eq!(called, liar.ends.1 == "disputed", "{digits}: the call ends with the result");
    }
    assert_eq!(
        world.metric("sluice_payout_contradictions_total").await,
        3.0,
        "77770011, 77770012 and 77770014"
    );
    assert_eq!(world.metric("sluice_payout_disputes_total").await, 1.0, "77770015");
    assert_eq!(world.metric("sluice_payout_unknown_references_total").await, 1.0, "77770013");
    assert_eq!(world.journal().await.len(), LIARS.len());
    assert_eq!(world.balance(merchant, "USD", "available").await, "300.00");
    assert_eq!(
        world.balance(merchant, "USD", "in_transit").await,
        "200.00",
        "77770015 and 77770016 wait for people"
    );

    // What is disputed is retried by nobody (R29); what came back can be sent again (R28).
    let body = json!({"payee_id": merchant.payee("CNY")});
    let path = |order: &Answer| format!("/v1/withdrawals/{}/payee", order.text_of("id"));
    let disputed = world.order(merchant, &path(&orders[4]), &unique("key"), &body).await;
    assert_eq!(disputed.refusal(), (409, "illegal-transition"));
    let again = world.order(merchant, &path(&orders[5]), &unique("key"), &body).await;
    assert_eq!((again.status, again.text_of("status")), (200, "processing"), "{again:?}");
    let paid = world.wait_for(merchant, orders[5].text_of("id"), "paid").await;
    assert_eq!(paid.json["payouts"][1]["amount_received"], "702.87", "what came back, no more");
    assert_eq!(world.executions(&paid).await, 2);
    sluice.verify().await;
}

/// The bank says that it paid what was given back to the merchant: after a failure, and after a return.
#[tokio::test]
async fn r29_paid_after_a_refund_is_disputed_once_and_nothing_is_booked() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let operator = world.operator("operator", 0);
    for (digits, status) in [("0001", "failed"), ("0003", "returned")] {
        let order = to(&world, merchant, digits, "USD").await;
        let ended = world.wait_for(merchant, order.text_of("id"), status).await;
        let refund = format!("/admin/v1/withdrawals/{}/refund", order.text_of("id"));
        let refunded = world.act(operator, &refund, &json!({"reason": "asked for"})).await;
        assert_eq!((refunded.status, refunded.text_of("status")), (200, "refunded"), "{refunded:?}");
        let (available, disputes) = (
            world.balance(merchant, "USD", "available").await,
            world.metric("sluice_payout_disputes_total").await,
        );
        let payout = &ended.json["payouts"][0];
        let paid = json!({"type": "payout.paid", "data": {"reference": payout["id"], "bank_reference": "B-9",
            "amount": "99.70", "currency": "USD"}});
        for (outcome, disputed) in [("applied", "disputed"), ("duplicate", "")] {
            let told = world.event(&unique("evt"), paid.to_string().as_bytes()).await;
            assert_eq!(told.outcome(), (outcome, disputed), "{digits}: {told:?}");
        }
        assert_eq!(world.metric("sluice_payout_disputes_total").await, disputes + 1.0, "{digits}: once");
        assert!(needs_operator(&world, "disputed", &payout["id"]).await, "{digits}");
        assert_eq!(world.balance(merchant, "USD", "available").await, available, "{digits}");
        assert_eq!(world.withdrawal(merchant, order.text_of("id")).await.text_of("status"), "refunded");
        let retry = format!("/admin/v1/payouts/{}/retry", payout["id"].as_str().expect("an id"));
        let refused = world.act(operator, &retry, &json!({"reason": "again"})).await;
        assert_eq!(refused.refusal(), (409, "illegal-transition"), "{digits}");
    }
    sluice.verify().await;
}

/// How many batches ended so.
async fn batches(world: &World, outcome: &str) -> f64 {
    let metrics = world.probe("/metrics").await;
    let wanted = format!("sluice_lane_batches_total{{outcome=\"{outcome}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&wanted)?.parse().ok()).unwrap_or_default()
}

/// What a batch writes last is kept from it until it has given up once; then it is decided anew.
#[tokio::test]
async fn r29_what_a_batch_that_is_tried_again_raises_is_counted_once() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "1000.00", "USD").await;
    let order = to(&world, merchant, "0001", "CNY").await;
    let failed = world.wait_for(merchant, order.text_of("id"), "payee_action_required").await;
    let payout = &failed.json["payouts"][0]["id"];
    let database = world.database().await;
    // By hand: 707.87 is what was sent.
    for (amount, told, metric) in [
        ("707.88", ("ignored", "contradiction"), "sluice_payout_contradictions_total"),
        ("707.87", ("applied", "disputed"), "sluice_payout_disputes_total"),
    ] {
        let event = json!({"type": "payout.paid", "data": {"reference": payout, "bank_reference": "B-1",
            "amount": amount, "currency": "CNY"}});
        let retried = batches(&world, "retried").await;
        database.batch_execute("BEGIN; LOCK TABLE payout_evidence IN EXCLUSIVE MODE").await.unwrap();
        let release = async {
            let begun = Instant::now();
            while batches(&world, "retried").await == retried {
                assert!(begun.elapsed() < Duration::from_secs(9), "no batch was tried again");
                sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(world.metric(metric).await, 0.0, "{metric}: nothing is true before its commit");
            database.batch_execute("ROLLBACK").await.unwrap();
        };
        let body = event.to_string();
        let event_id = unique("evt");
        let (answer, ()) = tokio::join!(world.event(&event_id, body.as_bytes()), release);
        assert_eq!(answer.outcome(), told, "{answer:?}");
        assert_eq!(world.metric(metric).await, 1.0, "{metric}: once");
    }
    sluice.verify().await;
}

#[tokio::test]
async fn a_self_check_alarms_nobody() {
    let (_sluice, world) = Sluice::start().await;
    let stranger = json!({"type": "payout.paid", "data": {"reference": "po_00000000000070008000000000000000",
        "bank_reference": "B-1", "amount": "1.00", "currency": "CNY"}});
    let body = stranger.to_string();
    let metric = "sluice_payout_unknown_references_total";
    let headers = world.headers(&unique("evt"), body.as_bytes());
    let checked = world.event_at_path("events?dry_run=true", &headers, body.as_bytes()).await;
    let told = &checked.json["would_answer"]["body"]["outcomes"][0]["reason"];
    assert_eq!((told, world.metric(metric).await), (&json!("unknown_reference"), 0.0), "{checked:?}");
    world.event(&unique("evt"), body.as_bytes()).await;
    assert_eq!(world.metric(metric).await, 1.0, "the real one is counted");
}
