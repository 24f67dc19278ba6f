//! What operators list: in the order and under the filters that they ask for, masked (R35), page by page.

use std::collections::BTreeMap;

use admin_api::{
    AccountRow, AccountSum, ApprovalDetail, ApprovalRow, AuditRow, EventRow, MerchantPayeeRow, MerchantRow,
    Page, PaymentRow, PayoutRow, QuoteRow, WithdrawalRow,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use tests::{Answer, Sluice, World, funds, unique};

fn read<T: DeserializeOwned>(answer: &Answer) -> T {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("the console's types")
}

/// All pages of a list, by two rows each, as what `of` makes of a row.
async fn all<T: DeserializeOwned>(
    world: &World,
    list: &str,
    query: &str,
    of: impl Fn(&T) -> String,
) -> Vec<String> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/admin/v1/{list}?limit=2&cursor={cursor}&{query}");
        let page: Page<T> = read(&world.look(&path).await);
        assert!(page.data.len() <= 2 && page.has_more == page.next_cursor.is_some(), "{path}");
        rows.extend(page.data.iter().map(&of));
        match page.next_cursor {
            Some(next) => cursor = next,
            None => return rows,
        }
    }
}

async fn refused(world: &World, list: &str, query: &str, field: &str) {
    let answer = world.look(&format!("/admin/v1/{list}?{query}")).await;
    assert_eq!(answer.refusal(), (422, "invalid-request"), "{list}?{query}");
    assert_eq!(answer.json["errors"][0]["field"], field, "{answer:?}");
}

/// By hand, at 7.1000 and a fee of 0.3 %: 10.00 − 0.03 = 9.97; × 7.1 = 70.787, so 70.78. 20.00 − 0.06 = 19.94; × 7.1 = 141.574,
/// so 141.57. 5.00 − 0.02 (0.015, rounded up) = 4.98.
#[tokio::test]
async fn r27_r35_payouts_are_listed_by_age_amount_bank_merchant_and_need() {
    let (sluice, world) = Sluice::start().await;
    let (one, two) = (world.merchant(0), world.merchant(1));
    let mut payouts = Vec::new();
    for (merchant, amount, buy) in [(one, "10.00", "CNY"), (one, "20.00", "CNY"), (two, "5.00", "USD")] {
        world.pay_in(merchant, "50.00", "USD").await;
        let order = world.withdraw(merchant, merchant.payee(buy), amount, "USD", buy).await;
        let paid = world.wait_for(merchant, order.text_of("id"), "paid").await;
        payouts.push(paid.json["payouts"][0]["id"].as_str().unwrap().to_owned());
    }
    let stuck = format!("UPDATE payouts SET needs_operator = true WHERE amount_minor = {}", 7078);
    world.database().await.batch_execute(&stuck).await.unwrap();
    let of = |places: &[usize]| places.iter().map(|place| payouts[*place].clone()).collect::<Vec<_>>();
    for (query, expected) in [
        ("", &[0, 1, 2][..]),
        ("sort=urgency", &[0, 1, 2]),
        ("sort=age", &[0, 1, 2]),
        ("sort=created_at", &[0, 1, 2]),
        ("sort=-created_at", &[2, 1, 0]),
        ("sort=amount", &[0, 1, 2]),
        ("sort=-amount", &[2, 1, 0]),
        ("sort=-amount&currency=CNY", &[1, 0]),
        ("needs_operator=true", &[0]),
        ("needs_operator=true&sort=-amount&status=paid", &[0]),
        ("needs_operator=true&currency=USD", &[]),
        ("needs_operator=false&sort=-created_at", &[2, 1]),
        (&format!("merchant_id={}", one.id), &[1, 0]),
        (&format!("merchant_id={}&sort=age", one.id), &[0, 1]),
        (&format!("merchant_id={}&sort=amount&currency=USD", two.id), &[2]),
        (&format!("bank={}&status=paid&currency=USD", world.bank()), &[2]),
        ("bank=nowhere", &[]),
        ("status=failed", &[]),
    ] {
        assert_eq!(
            all::<PayoutRow>(&world, "payouts", query, |row| row.id.clone()).await,
            of(expected),
            "{query}"
        );
    }
    let answer = world.look("/admin/v1/payouts?needs_operator=true").await;
    let page: Page<PayoutRow> = read(&answer);
    let [row] = page.data.as_slice() else { panic!("{answer:?}") };
    assert_eq!((row.amount.as_str(), row.currency.as_str(), row.needs_operator), ("70.78", "CNY", true));
    assert_eq!(row.merchant_id.as_deref(), Some(one.id.as_str()));
    let payee = row.payee.as_ref().expect("to whom");
    assert_eq!((payee.account_number.len(), payee.country.as_str()), (8, "CN"), "{payee:?}");
    assert!(payee.account_number.starts_with("****") && payee.holder_name.ends_with('*'), "{payee:?}");
    assert!(!answer.text.contains(&one.name), "{answer:?}");

    for (query, field) in [
        ("sort=bank", "sort"),
        ("sort=-age", "sort"),
        ("needs_operator=yes", "needs_operator"),
        ("merchant_id=mer_1", "merchant_id"),
        ("currency=usd", "currency"),
        ("status=lost", "status"),
        ("payee=x", "payee"),
        ("cursor=x", "cursor"),
        ("sort=amount&cursor=age~paid.1.CNY.1.po_1", "cursor"),
    ] {
        refused(&world, "payouts", query, field).await;
    }
    let first: Page<PayoutRow> = read(&world.look("/admin/v1/payouts?limit=1&sort=-amount").await);
    let cursor = first.next_cursor.unwrap();
    for other in ["amount", "age", "-created_at", "urgency"] {
        refused(&world, "payouts", &format!("sort={other}&cursor={cursor}"), "cursor").await;
    }
    refused(&world, "payouts", &format!("cursor={cursor}"), "cursor").await;
    sluice.verify().await;
}

#[tokio::test]
async fn r17_quotes_withdrawals_and_events_are_listed_in_both_directions() {
    let (sluice, world) = Sluice::start().await;
    let (one, two) = (world.merchant(0), world.merchant(1));
    let (mut quotes, mut orders) = (Vec::new(), Vec::new());
    for merchant in [one, two, one] {
        world.pay_in(merchant, "50.00", "USD").await;
        quotes.push(world.quote(merchant, "10.00", "USD", "CNY").await.text_of("id").to_owned());
        let order = world.withdraw(merchant, merchant.payee("CNY"), "5.00", "USD", "CNY").await;
        orders.push(world.wait_for(merchant, order.text_of("id"), "paid").await.text_of("id").to_owned());
    }
    let used = json!({"payee_id": one.payee("CNY"), "quote_id": quotes[0]});
    let order = world.order(one, "/v1/withdrawals", &unique("key"), &used).await;
    orders.push(world.wait_for(one, order.text_of("id"), "paid").await.text_of("id").to_owned());
    let over = format!("UPDATE quotes SET expires_at = now() WHERE merchant = '{}'", uuid_of(&two.id));
    world.database().await.batch_execute(&over).await.unwrap();
    let of =
        |ids: &[String], places: &[usize]| places.iter().map(|place| ids[*place].clone()).collect::<Vec<_>>();
    for (query, expected) in [
        (String::new(), &[2, 1, 0][..]),
        ("sort=created_at".to_owned(), &[0, 1, 2]),
        ("status=open".to_owned(), &[2]),
        ("status=used".to_owned(), &[0]),
        ("status=expired".to_owned(), &[1]),
        (format!("merchant_id={}", one.id), &[2, 0]),
        (format!("merchant_id={}&status=open&sort=created_at", two.id), &[]),
    ] {
        let seen = all::<QuoteRow>(&world, "quotes", &query, |row| row.id.clone()).await;
        assert_eq!(seen, of(&quotes, expected), "{query}");
    }
    let page: Page<QuoteRow> = read(&world.look("/admin/v1/quotes?status=used").await);
    let row = &page.data[0];
    assert_eq!((row.withdrawal_id.as_ref(), row.merchant_id.as_str()), (Some(&orders[3]), one.id.as_str()));
    assert_eq!((row.amount.as_str(), row.currency.as_str(), row.fee.as_str()), ("70.78", "CNY", "0.03"));
    for (query, expected) in
        [("sort=created_at", &[0, 1, 2, 3][..]), ("sort=-created_at&status=paid", &[3, 2, 1, 0])]
    {
        let seen = all::<WithdrawalRow>(&world, "withdrawals", query, |row| row.id.clone()).await;
        assert_eq!(seen, of(&orders, expected), "{query}");
    }
    let newest =
        all::<EventRow>(&world, "events", &format!("bank={}", world.bank()), |row| row.id.clone()).await;
    let mut oldest =
        all::<EventRow>(&world, "events", "sort=received_at&verdict=accepted", |row| row.id.clone()).await;
    oldest.reverse();
    assert!(newest.len() >= 3 && newest == oldest, "{newest:?} {oldest:?}");
    for (list, query, field) in [
        ("quotes", "status=closed", "status"),
        ("quotes", "sort=amount", "sort"),
        ("quotes", "merchant_id=qt_1", "merchant_id"),
        ("withdrawals", "sort=amount", "sort"),
        ("events", "verdict=lost", "verdict"),
        ("events", "sort=created_at", "sort"),
        ("events", "status=accepted", "status"),
    ] {
        refused(&world, list, query, field).await;
    }
    sluice.verify().await;
}

/// Its digits, as the database writes them.
fn uuid_of(id: &str) -> String {
    id.rsplit('_').next().unwrap().to_owned()
}

#[tokio::test]
async fn r33_r35_payments_merchants_approvals_and_the_trail_are_listed_and_shown() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    let (operator, approver) = (world.operator("operator", 0), world.operator("approver", 0));
    let mut payments = Vec::new();
    for (amount, currency) in [("20000.00", "USD"), ("3000", "JPY"), ("12.00", "USD")] {
        let body = funds(&unique("HB"), merchant.account(currency), amount, currency, "JANE DOE");
        let answer = world.event(&unique("evt"), &body).await;
        payments.push(answer.json["outcomes"][0]["payment_id"].as_str().unwrap().to_owned());
    }
    let of = |places: &[usize]| places.iter().map(|place| payments[*place].clone()).collect::<Vec<_>>();
    for (query, expected) in [
        ("", &[0, 1, 2][..]),
        ("sort=-received_at", &[2, 1, 0]),
        ("sort=amount", &[1, 2, 0]),
        ("sort=-amount&currency=USD", &[0, 2]),
        ("reason=remitter_not_platform&currency=JPY", &[1]),
        ("reason=unknown_account", &[]),
        ("bank=nowhere", &[]),
        ("status=credited", &[]),
    ] {
        let seen = all::<PaymentRow>(&world, "payments", query, |row| row.id.clone()).await;
        assert_eq!(seen, of(expected), "{query}");
    }
    for (list, query, field) in [
        ("payments", "sort=created_at", "sort"),
        ("payments", "status=credited&sort=-amount", "sort"),
        ("payments", "reason=lost", "reason"),
        ("merchants", "status=lost", "status"),
        ("approvals", "sort=expires_at", "sort"),
        ("audit", "sort=created_at", "sort"),
        ("audit", "person=x", "person"),
    ] {
        refused(&world, list, query, field).await;
    }

    let credit = format!("/admin/v1/payments/{}/credit", payments[0]);
    let asked = world.act(operator, &credit, &json!({"reason": "known"})).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let id = asked.text_of("approval_id").to_owned();
    for (query, found) in [
        ("status=pending", true),
        ("sort=created_at&action=payment.credit", true),
        (&format!("subject={}", payments[0]), true),
        (&format!("requested_by={}", approver.id), false),
        ("status=approved", false),
    ] {
        let seen = all::<ApprovalRow>(&world, "approvals", query, |row| row.id.clone()).await;
        assert_eq!(seen, if found { vec![id.clone()] } else { Vec::new() }, "{query}");
    }
    let path = format!("/admin/v1/approvals/{id}");
    for (who, may_approve, may_reject) in [(operator, false, false), (approver, true, true)] {
        let shown: ApprovalDetail = read(&world.admin().get(&who.token, &path).await);
        assert_eq!(
            (shown.approval.status.as_str(), shown.approval.subject.as_str()),
            ("pending", payments[0].as_str())
        );
        assert_eq!((shown.may_approve, shown.may_reject), (may_approve, may_reject), "{}", who.id);
        assert_eq!((shown.timeline.len(), shown.decided_person), (1, None), "{:?}", shown.timeline);
    }
    let approved = world.act(approver, &format!("{path}/approve"), &json!({"reason": "seen"})).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    let shown: ApprovalDetail = read(&world.admin().get(&approver.token, &path).await);
    assert_eq!(
        (shown.approval.status.as_str(), shown.may_approve, shown.may_reject),
        ("approved", false, false)
    );
    assert_eq!(shown.approval.decided_by.as_ref(), Some(&approver.id));
    for nobodys in ["apr_1", &payments[0], &id.replace("apr_0", "apr_1")] {
        let refused = world.look(&format!("/admin/v1/approvals/{nobodys}")).await;
        assert_eq!(refused.refusal(), (404, "not-found"), "{nobodys}");
    }
    let action = |row: &AuditRow| row.action.clone();
    let newest = all(&world, "audit", &format!("subject={}", payments[0]), action).await;
    assert_eq!(newest, ["payment.credit", "payment.credit.requested"]);
    let oldest = all(&world, "audit", &format!("actor={}&sort=at", operator.id), action).await;
    assert_eq!(oldest, ["payment.credit.requested"]);
    let merchants = all::<MerchantRow>(&world, "merchants", "status=active", |row| row.id.clone()).await;
    let mut newest = all::<MerchantRow>(&world, "merchants", "sort=-created_at", |row| row.id.clone()).await;
    newest.reverse();
    assert!(merchants.len() >= 2 && merchants == newest, "{merchants:?} {newest:?}");
    sluice.verify().await;
}

#[tokio::test]
async fn r35_a_merchants_payees_are_shown_masked_and_accounts_summed_over_shards() {
    let (sluice, world) = Sluice::start().await;
    let merchant = world.merchant(0);
    for merchant in [merchant, world.merchant(1)] {
        world.pay_in(merchant, "50.00", "USD").await;
        world.pay_in(merchant, "7000", "JPY").await;
    }
    let path = format!("merchants/{}/payees", merchant.id);
    let shown = all::<MerchantPayeeRow>(&world, &path, "", |row| row.payee.id.clone()).await;
    let own = world.public().get(&merchant.api_key, "/v1/payees").await;
    let answer = world.look(&format!("/admin/v1/{path}")).await;
    assert_eq!(answer.json["data"], own.json["data"], "as the merchant sees them");
    assert_eq!(shown.len(), merchant.payees.len());
    assert!(!answer.text.contains(&merchant.name), "{answer:?}");
    for nobodys in ["mer_1", &merchant.id.replace("mer_0", "mer_1")] {
        let refused = world.look(&format!("/admin/v1/merchants/{nobodys}/payees")).await;
        assert_eq!(refused.refusal(), (404, "not-found"), "{nobodys}");
    }

    let mut by_shard: BTreeMap<(String, String), i64> = BTreeMap::new();
    let minor = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let each: Page<AccountRow> = read(&world.look("/admin/v1/accounts?limit=200").await);
    assert!(!each.has_more);
    for row in &each.data {
        *by_shard.entry((row.name.clone(), row.currency.clone())).or_default() += minor(&row.balance);
    }
    let sums: Page<AccountSum> = read(&world.look("/admin/v1/ledger/accounts").await);
    let summed: BTreeMap<_, _> =
        sums.data.iter().map(|row| ((row.name.clone(), row.currency.clone()), minor(&row.balance))).collect();
    assert_eq!(summed, by_shard);
    let name = |row: &AccountSum| format!("{} {}", row.name, row.currency);
    let paged = all(&world, "ledger/accounts", "", name).await;
    assert_eq!(paged, sums.data.iter().map(name).collect::<Vec<_>>());
    let nostro = format!("nostro:{}", world.bank());
    let of =
        |currency: &str| sums.data.iter().find(|row| row.name == nostro && row.currency == currency).unwrap();
    assert_eq!((of("USD").balance.as_str(), of("JPY").balance.as_str()), ("100.00", "14000"));
    assert_eq!((of("USD").kind.as_str(), of("USD").owner_id.as_deref()), ("nostro", Some(world.bank())));
    let only: Page<AccountSum> =
        read(&world.look("/admin/v1/ledger/accounts?kind=nostro&currency=JPY").await);
    assert_eq!(only.data, [of("JPY").clone()]);
    for (query, field) in [("kind=gold", "kind"), ("currency=usd", "currency"), ("cursor=x", "cursor")] {
        refused(&world, "ledger/accounts", query, field).await;
    }
    sluice.verify().await;
}
