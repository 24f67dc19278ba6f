//! What operators read: withdrawals of all merchants, what happened to one thing, and how it is found (R35: masked).

use admin_api::{
    MerchantDetail, Page, PaymentDetail, SearchHits, TimelineEntry, WithdrawalDetail, WithdrawalRow,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use tests::{Answer, Sluice, World, funds, unique};

/// An answer as the console reads it.
fn read<T: DeserializeOwned>(answer: &Answer) -> T {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("the console's types")
}

async fn ids(world: &World, query: &str) -> Vec<String> {
    let page: Page<WithdrawalRow> = read(&world.look(&format!("/admin/v1/withdrawals?{query}")).await);
    page.data.into_iter().map(|row| row.id).collect()
}

fn kinds(timeline: &[TimelineEntry]) -> Vec<&str> {
    timeline.iter().map(|entry| entry.kind.as_str()).collect()
}

/// What the book says was booked for this id, first to last.
fn booked(timeline: &[TimelineEntry], cause: &str) -> Vec<String> {
    let legs = timeline.iter().filter(|entry| entry.kind == "transfer" && entry.id == cause);
    legs.map(|entry| entry.text.clone()).collect()
}

/// The place of the first entry of this kind whose text has these words.
fn place(timeline: &[TimelineEntry], kind: &str, words: &str) -> usize {
    let found = timeline.iter().position(|entry| entry.kind == kind && entry.text.contains(words));
    found.unwrap_or_else(|| panic!("no {kind} with {words:?} in {timeline:#?}"))
}

/// By hand, at 7.1000 and a fee of 0.3 %: 100.00 − 0.30 = 99.70; × 7.1 = 707.87.
#[tokio::test]
async fn r28_r35_a_withdrawal_tells_its_whole_story_without_personal_data() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "500.00", "USD").await;
    let bad = world.new_payee(merchant, "CNY", "6222020200000001").await;
    let quote = world.quote(merchant, "100.00", "USD", "CNY").await;
    let reference = unique("INV");
    let body = json!({"payee_id": bad, "quote_id": quote.text_of("id"), "client_reference": reference});
    let order = world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await;
    assert_eq!(order.status, 201, "{order:?}");
    let id = order.text_of("id");
    let failed = world.wait_for(merchant, id, "payee_action_required").await;
    let first = failed.json["payouts"][0]["id"].as_str().unwrap().to_owned();
    let good = world.new_payee(merchant, "CNY", "6222020200009999").await;
    let retry = json!({"reason": "the merchant named another account", "payee_id": good});
    let operator = world.operator("operator", 0);
    let retried = world.act(operator, &format!("/admin/v1/payouts/{first}/retry"), &retry).await;
    assert_eq!(retried.status, 200, "{retried:?}");
    let paid = world.wait_for(merchant, id, "paid").await;
    assert_eq!(world.executions(&paid).await, 1);

    let path = format!("/admin/v1/withdrawals/{id}");
    let answer = world.look(&path).await;
    let shown: WithdrawalDetail = read(&answer);
    let row = &shown.withdrawal;
    assert_eq!((row.merchant_id.as_str(), row.status.as_str()), (merchant.id.as_str(), "paid"));
    assert_eq!((row.sell_amount.as_str(), row.fee.as_str()), ("100.00", "0.30"));
    assert_eq!((row.amount.as_str(), row.currency.as_str()), ("707.87", "CNY"));
    assert_eq!((row.payee.id.as_str(), row.payee.account_number.as_str()), (good.as_str(), "****9999"));
    assert_eq!(row.client_reference.as_deref(), Some(reference.as_str()));
    let attempts: Vec<&str> = row.payouts.iter().map(|payout| payout.status.as_str()).collect();
    assert_eq!(attempts, ["failed", "paid"]);
    for (name, value) in paid.json.as_object().unwrap() {
        assert_eq!(&answer.json[name], value, "{name}, as the merchant sees it");
    }

    let timeline = &shown.timeline;
    assert_eq!(kinds(timeline)[..3], ["submitted", "quote_used", "payout"], "{timeline:#?}");
    assert_eq!(timeline[0].text, "100.00 USD for 707.87 CNY");
    assert_eq!(timeline[1].id, quote.text_of("id"));
    let order = [
        place(timeline, "payout", "attempt 1: 707.87 CNY through sandbox"),
        place(timeline, "worker", "claimed for sending"),
        place(timeline, "audit", "the merchant named another account"),
        place(timeline, "payout", "attempt 2: 707.87 CNY"),
        place(timeline, "status", "paid"),
        place(timeline, "transfer", "payout_paid"),
    ];
    assert!(order.is_sorted() && order[5] == timeline.len() - 1, "{timeline:#?}");
    let sold = [
        format!("0.30 USD from merchant:{} to fees (fee)", merchant.id),
        format!("99.70 USD from merchant:{} to exchange (exchange_sold)", merchant.id),
        "707.87 CNY from exchange to payout_clearing:sandbox (exchange_bought)".to_owned(),
    ];
    assert_eq!(booked(timeline, id), sold);
    let second = &row.payouts[1].id;
    let sent = "707.87 CNY from payout_clearing:sandbox to nostro:sandbox (payout_paid)".to_owned();
    assert_eq!(booked(timeline, second), [sent]);
    let heard = &timeline[order[1]..order[2]];
    assert!(heard.iter().any(|line| line.id == first && line.text.contains("AC01")), "{heard:#?}");
    assert!(timeline[order[2]].text.contains(&operator.id), "{timeline:#?}");
    assert!(timeline.is_sorted_by_key(|entry| at(&entry.at)), "{timeline:#?}");

    let listed = world.look("/admin/v1/withdrawals").await;
    let found = world.look(&format!("/admin/v1/search?q={reference}")).await;
    for text in [&answer.text, &listed.text, &found.text] {
        for secret in ["6222020200000001", "6222020200009999", merchant.name.as_str()] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let viewer = world.operator("viewer", 0);
    assert_eq!(world.admin().get(&viewer.token, &path).await.status, 200, "viewers may read");
    assert_eq!(world.admin().get(&merchant.api_key, &path).await.refusal(), (401, "unauthenticated"));
    sluice.verify().await;
}

fn at(text: &str) -> time::OffsetDateTime {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).expect("a time")
}

#[tokio::test]
async fn r35_operators_list_everybodys_withdrawals_those_that_need_somebody_first() {
    let (sluice, world) = Sluice::start().await;
    let (one, two) = (world.merchant(0), world.merchant(1));
    for merchant in [one, two] {
        world.pay_in(merchant, "500.00", "USD").await;
    }
    let bad = world.new_payee(one, "CNY", "6222020200000001").await;
    let worse = world.new_payee(one, "USD", "622200000001").await;
    let mut orders = Vec::new();
    for (merchant, payee, buy, end) in [
        (one, one.payee("CNY"), "CNY", "paid"),
        (one, bad.as_str(), "CNY", "payee_action_required"),
        (two, two.payee("CNY"), "CNY", "paid"),
        (two, two.payee("USD"), "USD", "paid"),
        (one, worse.as_str(), "USD", "failed"),
    ] {
        let order = world.withdraw(merchant, payee, "10.00", "USD", buy).await;
        world.wait_for(merchant, order.text_of("id"), end).await;
        orders.push(order.text_of("id").to_owned());
    }
    let of = |places: &[usize]| places.iter().map(|place| orders[*place].clone()).collect::<Vec<_>>();
    let first = ids(&world, "").await;
    assert_eq!(first, of(&[1, 4, 3, 2, 0]));
    for (query, expected) in [
        ("status=paid".to_owned(), &[3, 2, 0][..]),
        ("status=failed&currency=USD".to_owned(), &[4]),
        ("status=refunded".to_owned(), &[]),
        ("currency=CNY".to_owned(), &[1, 2, 0]),
        (format!("merchant_id={}", two.id), &[3, 2]),
        (format!("merchant_id={}&status=paid&currency=CNY", one.id), &[0]),
        (format!("merchant_id={}&currency=JPY", one.id), &[]),
    ] {
        assert_eq!(ids(&world, &query).await, of(expected), "{query}");
    }

    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/admin/v1/withdrawals?limit=2&cursor={cursor}");
        let page: Page<WithdrawalRow> = read(&world.look(&path).await);
        assert!(page.data.len() <= 2 && page.has_more == page.next_cursor.is_some());
        paged.extend(page.data.into_iter().map(|row| row.id));
        match page.next_cursor {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert_eq!(paged, first, "no page loses or repeats one");

    for wrong in ["status=lost", "merchant_id=mer_1", "currency=usd", "cursor=x", "limit=0", "payee=x"] {
        let refused = world.look(&format!("/admin/v1/withdrawals?{wrong}")).await;
        let field = wrong.split('=').next().unwrap();
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{wrong}");
        assert_eq!(refused.json["errors"][0]["field"], field, "{refused:?}");
    }
    for nobodys in ["wd_1", &one.id, &orders[0].replace("wd_0", "wd_1")] {
        let refused = world.look(&format!("/admin/v1/withdrawals/{nobodys}")).await;
        assert_eq!(refused.refusal(), (404, "not-found"), "{nobodys}");
    }
    sluice.verify().await;
}

#[tokio::test]
async fn r7_r35_a_payment_tells_what_happened_to_it_and_a_merchant_what_it_has() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let body = funds(&unique("REF"), merchant.account("USD"), "12.00", "USD", "JANE DOE");
    let answer = world.event(&unique("evt"), &body).await;
    assert_eq!(answer.outcome(), ("in_review", "remitter_not_platform"));
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned();
    let operator = world.operator("operator", 0);
    let path = format!("/admin/v1/payments/{payment}");
    let note = json!({"reason": "Jane Doe is the owner's wife"});
    assert_eq!(world.act(operator, &format!("{path}/notes"), &note).await.status, 201);
    let merchants_path = format!("/admin/v1/merchants/{}", merchant.id);
    let usd = async || {
        let shown: MerchantDetail = read(&world.look(&merchants_path).await);
        assert_eq!((shown.merchant.tier.as_str(), shown.merchant.fully_verified), ("standard", true));
        shown.balances.into_iter().find(|row| row.currency == "USD").expect("dollars")
    };
    let before = usd().await;
    assert_eq!((before.available.as_str(), before.in_review.as_str()), ("0.00", "12.00"));
    let credit = json!({"reason": "papers seen"});
    assert_eq!(world.act(operator, &format!("{path}/credit"), &credit).await.status, 200);

    let answer = world.look(&path).await;
    let shown: PaymentDetail = read(&answer);
    let expected = ["event", "received", "transfer", "note", "audit", "status"];
    assert_eq!(kinds(&shown.timeline)[..6], expected, "{answer:?}");
    assert_eq!(shown.timeline[1].text, "12.00 USD, in_review: remitter_not_platform");
    assert_eq!(shown.timeline[4].text, format!("payment.credit by {}: papers seen", operator.id));
    assert_eq!((shown.timeline[5].text.as_str(), shown.notes.len()), ("credited", 1));
    let legs = booked(&shown.timeline, &shown.payment.id);
    assert_eq!(legs[0], "12.00 USD from nostro:sandbox to suspense (suspense)");
    let credited = match &legs[1..] {
        // Where the payment lies in its merchant's shard, nothing passes between shards.
        [one] => one.strip_prefix("12.00 USD from suspense to "),
        [out, back] => {
            assert_eq!(out, "12.00 USD from suspense to intershard (review_credit)");
            back.strip_prefix("12.00 USD from intershard to ")
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(credited, Some(&*format!("merchant:{} (review_credit)", merchant.id)), "{legs:?}");
    let timeline = answer.json["timeline"].to_string();
    assert!(!timeline.contains("Jane") && !timeline.contains("JANE"), "{timeline}");
    let event = &shown.timeline[0].id;
    assert_eq!(world.look(&format!("/admin/v1/events/{event}")).await.status, 200);

    let after = usd().await;
    assert_eq!((after.available.as_str(), after.in_review.as_str()), ("12.00", "0.00"));
    let own = world.public().get(&merchant.api_key, "/v1/balances").await;
    assert_eq!(world.look(&merchants_path).await.json["balances"], own.json["data"], "what it sees itself");
    sluice.verify().await;
}

/// By hand: 100.00 − 0.30 = 99.70, all of it given back. 30.00 came and went back.
#[tokio::test]
async fn i4_all_legs_of_what_failed_and_of_what_was_sent_back_are_told() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let operator = world.operator("operator", 0);
    world.pay_in(merchant, "100.00", "USD").await;
    let bad = world.new_payee(merchant, "USD", "622200000001").await;
    let order = world.withdraw(merchant, &bad, "100.00", "USD", "USD").await;
    let id = order.text_of("id");
    world.wait_for(merchant, id, "failed").await;
    let refund = format!("/admin/v1/withdrawals/{id}/refund");
    assert_eq!(world.act(operator, &refund, &json!({"reason": "asked for"})).await.status, 200);
    let shown: WithdrawalDetail = read(&world.look(&format!("/admin/v1/withdrawals/{id}")).await);
    let own = format!("merchant:{}", merchant.id);
    let expected = [
        format!("0.30 USD from {own} to fees (fee)"),
        format!("99.70 USD from {own} to payout_clearing:sandbox (withdrawal)"),
        format!("99.70 USD from payout_clearing:sandbox to {own} (refund)"),
        format!("0.30 USD from fees to {own} (fee_refund)"),
    ];
    assert_eq!(booked(&shown.timeline, id), expected, "{:#?}", shown.timeline);

    let event = json!({"type": "funds.received", "data": {"reference": unique("HB"), "account_number": merchant.account("USD"),
        "amount": "30.00", "currency": "USD", "value_date": "2026-11-23",
        "remitter": {"name": "JANE DOE", "account_number": "5500009999"}}});
    let answer = world.event(&unique("evt"), event.to_string().as_bytes()).await;
    let payment = answer.json["outcomes"][0]["payment_id"].as_str().unwrap();
    let path = format!("/admin/v1/payments/{payment}");
    let back = world.act(operator, &format!("{path}/return"), &json!({"reason": "not theirs"})).await;
    assert_eq!(back.status, 200, "{back:?}");
    world.wait_for_row("/admin/v1/payments?status=returned", |row| row["id"] == payment).await;
    let shown: PaymentDetail = read(&world.look(&path).await);
    let legs: Vec<&str> =
        shown.timeline.iter().filter(|one| one.kind == "transfer").map(|one| one.text.as_str()).collect();
    let expected = [
        "30.00 USD from nostro:sandbox to suspense (suspense)",
        "30.00 USD from suspense to payout_clearing:sandbox (review_return)",
        "30.00 USD from payout_clearing:sandbox to nostro:sandbox (payout_paid)",
    ];
    assert_eq!(legs, expected, "{:#?}", shown.timeline);
    sluice.verify().await;
}

/// How a metric's line with this status ends.
async fn of_status(world: &World, name: &str, status: &str) -> Option<f64> {
    let text = world.probe("/metrics").await;
    let begin = format!("{name}{{status=\"{status}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&begin)).map(|figure| figure.parse().unwrap())
}

/// Until the gauges, read each five seconds, say so.
async fn wait_for_count(world: &World, status: &str, count: f64) {
    for _ in 0..200 {
        if of_status(world, "sluice_withdrawals_waiting", status).await == Some(count) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{count} of {status} were not counted");
}

#[tokio::test]
async fn r28_what_stands_until_somebody_decides_is_on_the_first_screen_and_in_the_metrics() {
    let begun = std::time::Instant::now();
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let waiting = async || -> Vec<(String, i64)> {
        let answer = world.look("/admin/v1/overview").await;
        let overview: admin_api::Overview = read(&answer);
        let rows = overview.withdrawals_waiting;
        let most = begun.elapsed().as_secs_f64();
        assert!(rows.iter().all(|row| (0.0..=most).contains(&row.oldest_seconds)), "{rows:?}");
        rows.into_iter().map(|row| (row.status, row.count)).collect()
    };
    assert_eq!(waiting().await, []);
    for status in ["payee_action_required", "failed", "returned"] {
        wait_for_count(&world, status, 0.0).await;
        assert_eq!(of_status(&world, "sluice_withdrawal_waiting_oldest_seconds", status).await, Some(0.0));
    }

    world.pay_in(merchant, "500.00", "USD").await;
    let bad = world.new_payee(merchant, "CNY", "6222020200000001").await;
    let worse = world.new_payee(merchant, "USD", "622200000001").await;
    let mut failed = String::new();
    for (payee, buy, end) in [
        (&bad, "CNY", "payee_action_required"),
        (&bad, "CNY", "payee_action_required"),
        (&worse, "USD", "failed"),
    ] {
        let order = world.withdraw(merchant, payee, "10.00", "USD", buy).await;
        world.wait_for(merchant, order.text_of("id"), end).await;
        failed = order.text_of("id").to_owned();
    }
    let of = |status: &str, count| (status.to_owned(), count);
    assert_eq!(waiting().await, [of("failed", 1), of("payee_action_required", 2)]);
    wait_for_count(&world, "payee_action_required", 2.0).await;
    wait_for_count(&world, "failed", 1.0).await;
    let oldest = of_status(&world, "sluice_withdrawal_waiting_oldest_seconds", "failed").await.unwrap();
    assert!(oldest > 0.0 && oldest <= begun.elapsed().as_secs_f64(), "{oldest}");

    let refund = format!("/admin/v1/withdrawals/{failed}/refund");
    let done = world.act(world.operator("operator", 0), &refund, &json!({"reason": "asked for"})).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(waiting().await, [of("payee_action_required", 2)]);
    wait_for_count(&world, "failed", 0.0).await;
    assert_eq!(of_status(&world, "sluice_withdrawal_waiting_oldest_seconds", "failed").await, Some(0.0));
    sluice.verify().await;
}

#[tokio::test]
async fn r35_one_field_finds_ids_references_and_names() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let reported = unique("HB");
    let event = unique("evt");
    let body = funds(&reported, merchant.account("USD"), "20000.00", "USD", "JANE DOE");
    let answer = world.event(&event, &body).await;
    let (payment, event_id) =
        (answer.json["outcomes"][0]["payment_id"].as_str().unwrap(), answer.text_of("event_id"));
    let credit = format!("/admin/v1/payments/{payment}/credit");
    let asked = world.act(world.operator("operator", 0), &credit, &json!({"reason": "known"})).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    world.pay_in(merchant, "100.00", "USD").await;
    let quote = world.quote(merchant, "10.00", "USD", "CNY").await;
    let own = unique("INV");
    let body =
        json!({"payee_id": merchant.payee("CNY"), "quote_id": quote.text_of("id"), "client_reference": own});
    let order = world.order(merchant, "/v1/withdrawals", &unique("key"), &body).await;
    let order = world.wait_for(merchant, order.text_of("id"), "paid").await;
    let payout = order.json["payouts"][0]["id"].as_str().unwrap();

    let escaped = merchant.name.replace(' ', "+");
    for (sought, kind, id, words) in [
        (merchant.id.as_str(), "merchant", merchant.id.as_str(), "active"),
        (escaped.as_str(), "merchant", &merchant.id, "active"),
        (merchant.payee("CNY"), "payee", merchant.payee("CNY"), "verified"),
        (payment, "payment", payment, "20000.00 USD from sandbox, in_review"),
        (&reported, "payment", payment, "20000.00 USD"),
        (order.text_of("id"), "withdrawal", order.text_of("id"), "10.00 USD for 70.78 CNY, paid"),
        (&own, "withdrawal", order.text_of("id"), "paid"),
        (payout, "payout", payout, "70.78 CNY through sandbox, paid"),
        (quote.text_of("id"), "quote", quote.text_of("id"), "used"),
        (event_id, "event", event_id, &event),
        (asked.text_of("approval_id"), "approval", asked.text_of("approval_id"), "payment.credit"),
    ] {
        let answer = world.look(&format!("/admin/v1/search?q={sought}")).await;
        let found: SearchHits = read(&answer);
        assert_eq!(found.data.len(), 1, "{sought}: {answer:?}");
        assert_eq!((found.data[0].kind.as_str(), found.data[0].id.as_str()), (kind, id), "{sought}");
        assert!(found.data[0].title.contains(words), "{sought}: {answer:?}");
        assert!(!answer.text.contains(&merchant.name), "{answer:?}");
    }
    for nothing in ["nobody", "po_1", "wd_x", &payment.replace("pay_0", "pay_1"), &merchant.id[..12]] {
        let found: SearchHits = read(&world.look(&format!("/admin/v1/search?q={nothing}")).await);
        assert!(found.data.is_empty(), "{nothing}: {found:?}");
    }
    for wrong in ["", "?q=", "?q=+", "?q=%00", &format!("?q={}", "x".repeat(201))] {
        let refused = world.look(&format!("/admin/v1/search{wrong}")).await;
        assert_eq!(refused.refusal(), (422, "invalid-request"), "{wrong}");
    }
    sluice.verify().await;
}

/// By hand: 10.00 − 0.03 = 9.97; × 7.1 = 70.78 CNY.
#[tokio::test]
async fn a_timeline_of_too_much_says_that_something_is_left_out() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    world.pay_in(merchant, "100.00", "USD").await;
    let order = world.withdraw(merchant, merchant.payee("CNY"), "10.00", "USD", "CNY").await;
    let order = world.wait_for(merchant, order.text_of("id"), "paid").await;
    let (id, payout) = (order.text_of("id"), order.json["payouts"][0]["id"].as_str().unwrap());
    let path = format!("/admin/v1/withdrawals/{id}");
    let before: WithdrawalDetail = read(&world.look(&path).await);
    assert!(!before.timeline_truncated, "{before:?}");

    let asked = "INSERT INTO payout_evidence (shard, payout, id, at, source, text)
                 SELECT p.shard, p.id, gen_random_uuid(), p.created_at + (p.updated_at - p.created_at) * n / 601, 'query', 'once more'
                 FROM payouts p, generate_series(1, 600) AS n WHERE p.id = $1";
    let raw = uuid::Uuid::parse_str(payout.strip_prefix("po_").unwrap()).unwrap();
    assert_eq!(world.database().await.execute(asked, &[&raw]).await.unwrap(), 600);
    let after: WithdrawalDetail = read(&world.look(&path).await);
    assert!(after.timeline_truncated);
    assert_eq!(after.timeline.len(), before.timeline.len() + 600);
    // What was booked first and last is there.
    assert_eq!(booked(&after.timeline, id), booked(&before.timeline, id));
    assert_eq!(
        booked(&after.timeline, payout),
        ["70.78 CNY from payout_clearing:sandbox to nostro:sandbox (payout_paid)"]
    );
    sluice.verify().await;
}
