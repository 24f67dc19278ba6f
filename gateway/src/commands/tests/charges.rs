//! R46: what a merchant is charged can be traced, by operators and by the merchant.

use ledger::{MerchantRef, StatementCursor, StatementFilter, StatementSpan, TransferKind};
use money::Currency;
use serde_json::json;

use super::world::{World, usd};
use crate::commands::{Action, NewCharge};

const USD: Currency = Currency::USD;

/// 45.00 of a balance of 30.00.
#[tokio::test]
async fn r46_a_charge_leads_to_its_reason_and_says_what_was_taken_and_what_is_owed() {
    let world = World::new().await;
    world.pay_in(usd(3_000)).await;
    let charge = NewCharge::new(world.merchant, 4_500, USD);
    let (id, merchant) = (charge.id, world.merchant);
    let (status, done) = world.by_two(Action::Charge(Box::new(charge))).await;
    assert_eq!((status, world.money(USD).await), (200, (0, 1_500)), "{done}");

    // "an order" is why the first person asked; the second one has "seen" it.
    let booked = json!({"charge_id": id.to_string(), "amount": "45.00", "currency": "USD", "covered": "30.00",
        "owed": "15.00", "reason": "an order"});
    let (action, reason, after) = world.last_entry(&merchant.to_string()).await;
    assert_eq!((action.as_str(), reason.as_str()), ("merchant.charge", "seen"));
    for (member, value) in booked.as_object().unwrap() {
        assert_eq!((&after[member], &done["result"][member]), (value, value), "{member}");
    }
    let (kind, told) = world.told(merchant).await.pop().unwrap();
    let mut expected = booked;
    expected["merchant_id"] = json!(merchant.to_string());
    assert_eq!((kind.as_str(), told), ("merchant.charged", expected));

    let owner = MerchantRef { shard: merchant.shard(), id: merchant.uuid() };
    let kinds = vec![TransferKind::Charge, TransferKind::ChargeOwed];
    let filter = StatementFilter { span: StatementSpan::ALL, kinds, currency: None };
    let conn = world.conn().await;
    let lines = ledger::statement(&conn, owner, &filter, StatementCursor::NEWEST, 10).await.unwrap().rows;
    assert!(lines.len() == 2 && lines.iter().all(|line| line.cause == id.uuid()), "{lines:?}");
    let approval = audit::approval_naming(&conn, "merchant.charge", &id.to_string()).await.unwrap();
    assert_eq!(
        approval.map(|found| (found.subject, found.reason)),
        Some((merchant.to_string(), "an order".into()))
    );
}

#[tokio::test]
async fn r46_each_charge_of_a_batch_says_its_own() {
    let world = World::new().await;
    world.pay_in(usd(3_000)).await;
    let charges = [2_000, 2_500].map(|minor| NewCharge::new(world.merchant, minor, USD));
    let mut approvals = Vec::new();
    for charge in &charges {
        approvals.push(super::world::approve(world.ask(Action::Charge(Box::new(charge.clone()))).await));
    }
    let done = world.batch(&approvals).await;
    for ((charge, parts), (status, told)) in
        charges.iter().zip([["20.00", "0.00"], ["10.00", "15.00"]]).zip(&done)
    {
        assert_eq!(*status, 200, "{told}");
        let said = ["charge_id", "covered", "owed"].map(|member| told["result"][member].as_str().unwrap());
        assert_eq!(said, [charge.id.to_string().as_str(), parts[0], parts[1]]);
    }
}
