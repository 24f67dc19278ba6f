//! What the bank says that is not so: what is heard, what a query tells, and that it was executed once.

use bank::PayoutReport;

use super::*;

fn paid(heard: &gateway::Heard) -> &PayoutReport {
    match &heard.event {
        Event::PayoutPaid(report) => report,
        other => panic!("{other:?}"),
    }
}

async fn says_paid(rig: &Rig) {
    let told = rig.query("po_1").await;
    assert!(matches!(&told, QueryOutcome::Paid { amount, .. } if *amount == cny("700.00")), "{told:?}");
}

#[tokio::test]
async fn r29_0011_and_0014_report_another_amount_or_currency_and_the_query_is_right() {
    let usd = Money::parse("700.00", Currency::USD).expect("an amount");
    for (digits, said) in [("77770011", cny("700.01")), ("77770014", usd)] {
        let rig = Rig::new(FAST).await;
        bank_reference(rig.send(&order("po_1", digits)).await);
        let heard = rig.gateway.taken(1).await;
        assert_eq!(paid(&heard[0]).amount, said, "{digits}");
        says_paid(&rig).await;
        assert_eq!(rig.journal().await, once("po_1"));
    }
}

#[tokio::test]
async fn r29_0012_denies_what_it_paid() {
    let rig = Rig::new(FAST).await;
    bank_reference(rig.send(&order("po_1", "77770012")).await);
    let heard = rig.gateway.taken(2).await;
    assert_eq!(paid(&heard[0]).amount, cny("700.00"));
    let Event::PayoutFailed(denied) = &heard[1].event else { panic!("{heard:?}") };
    assert_eq!((denied.reference.as_str(), denied.reason.as_deref()), ("po_1", Some("MS03")));
    says_paid(&rig).await;
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn r1_0013_tells_of_a_payout_that_nobody_ordered() {
    let ours = "po_0190b3c1d2e47f00b8a1c2d3e4f50607";
    let rig = Rig::new(FAST).await;
    bank_reference(rig.send(&order(ours, "77770013")).await);
    let heard = rig.gateway.taken(2).await;
    assert_eq!(paid(&heard[0]).reference, "po_0190b3c1d2e47f00b8a1c2d3e4050607");
    assert_eq!(paid(&heard[1]).reference, ours);
    assert_eq!(rig.journal().await, once(ours), "the stranger is in no journal");
}

#[tokio::test]
async fn r29_0015_pays_after_it_said_failed() {
    let rig = Rig::new(STEADY).await;
    bank_reference(rig.send(&order("po_1", "77770015")).await);
    let heard = rig.gateway.taken(1).await;
    assert!(matches!(heard[0].event, Event::PayoutFailed(_)), "{heard:?}");
    assert_eq!(rig.query("po_1").await, QueryOutcome::Failed { reason: "AC01".into() });
    assert!(rig.journal().await.is_empty());
    let heard = rig.gateway.taken(2).await;
    assert_eq!(paid(&heard[1]).amount, cny("700.00"));
    says_paid(&rig).await;
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn r29_0016_reports_a_return_before_its_payment_and_both_again() {
    let rig = Rig::new(FAST).await;
    bank_reference(rig.send(&order("po_1", "77770016")).await);
    let heard = rig.gateway.taken(4).await;
    let said: Vec<_> = heard
        .iter()
        .map(|heard| match &heard.event {
            Event::PayoutPaid(report) => ("paid", report.amount),
            Event::PayoutReturned(report) => ("returned", report.amount),
            other => panic!("{other:?}"),
        })
        .collect();
    let (whole, short) = (cny("700.00"), cny("695.00"));
    assert_eq!(said, [("returned", short), ("paid", whole), ("paid", whole), ("returned", short)]);
    let mut ids: Vec<_> = heard.iter().map(|heard| &heard.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each under an id of its own");
    assert_eq!(rig.journal().await, once("po_1"));
}

#[tokio::test]
async fn r27_0017_knows_nothing_of_what_it_did_until_it_is_sent_again() {
    let rig = Rig::new(FAST).await;
    unknown(rig.send(&order("po_1", "77770017")).await);
    let executed = async {
        while rig.journal().await.is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), executed).await.expect("it is executed");
    assert_eq!(rig.query("po_1").await, QueryOutcome::NeverSeen);
    bank_reference(rig.send(&order("po_1", "77770017")).await);
    says_paid(&rig).await;
    assert_eq!(rig.journal().await, once("po_1"), "sent twice, executed once");
    assert!(rig.gateway.all().is_empty());
}

#[tokio::test]
async fn r2_a_liar_goes_on_where_it_was_after_a_restart() {
    for (digits, events) in [("77770012", 2), ("77770015", 2), ("77770016", 4)] {
        let rig = Rig::new(FAST).await;
        rig.gateway.refuse(true);
        bank_reference(rig.send(&order("po_1", digits)).await);
        rig.gateway.hears(1).await;
        let rig = rig.restart(FAST).await;
        rig.gateway.refuse(false);
        assert_eq!(rig.gateway.taken(events).await.len(), events, "{digits}");
        rig.knows_of_taken(events).await;
        let rig = rig.restart(FAST).await;
        sleep(FAST.execute_after * 3).await;
        assert_eq!(rig.gateway.taken(events).await.len(), events, "{digits}: nothing more to say");
        assert_eq!(rig.journal().await, once("po_1"));
    }
}
