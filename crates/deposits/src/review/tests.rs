use merchants::ReceivingAccount;

use super::*;
use crate::samples::{self, Known, NOW, REMITTER};

/// One locked payment in `status`, reported for an unknown account.
fn locked(status: PaymentState) -> (PaymentId, Payments) {
    let payment = Payment { status, ..samples::payment() };
    (payment.id, Payments::from_locked(vec![payment]))
}

fn owned_by(payments: &mut Payments, id: PaymentId, merchant: MerchantId) {
    payments.rows.get_mut(&id).unwrap().payment.merchant = Some(merchant);
}

#[test]
fn r7_who_may_be_credited_by_an_operator() {
    let [own, other, closed, nobody] = [0; 4].map(|_| samples::merchant());
    let known = Known::of(&[
        (own, MerchantState::Pending),
        (other, MerchantState::Active),
        (closed, MerchantState::Closed),
    ]);
    // whose it is, whom the operator names, who gets it
    let table = [
        (Some(own), None, Ok(own)),
        (Some(own), Some(own), Ok(own)),
        (Some(own), Some(other), Err(Refusal::MerchantDiffers)),
        (None, Some(other), Ok(other)),
        (None, None, Err(Refusal::MerchantUnknown)),
        (None, Some(nobody), Err(Refusal::MerchantUnknown)),
        (None, Some(closed), Err(Refusal::MerchantClosed)),
        (Some(closed), None, Err(Refusal::MerchantClosed)),
    ];
    for (owner, named, expected) in table {
        let (id, mut payments) = locked(PaymentState::InReview);
        if let Some(owner) = owner {
            owned_by(&mut payments, id, owner);
        }
        let got = payments.credit(id, named, &known.matching());
        let case = format!("{owner:?}, named {named:?}");
        match (got, expected) {
            (Ok(Movement::ReviewCredit { shard, merchant, amount }), Ok(expected)) => {
                assert_eq!((shard, amount), (samples::shard(3), samples::usd(2_500)), "{case}");
                assert_eq!((merchant.shard, merchant.id), (expected.shard(), expected.uuid()), "{case}");
                let payment = payments.get(id).unwrap();
                assert_eq!((payment.status, payment.merchant), (PaymentState::Credited, Some(expected)));
            }
            (Err(got), Err(expected)) => {
                assert_eq!(got, expected, "{case}");
                assert!(!payments.rows.get(&id).unwrap().changed, "{case}");
            }
            (got, expected) => panic!("{case}: {got:?}, not {expected:?}"),
        }
    }
}

#[test]
fn r7_i6_every_operation_in_every_state() {
    let merchant = samples::merchant();
    let known = Known::of(&[(merchant, MerchantState::Active)]);
    for status in PaymentState::ALL {
        for event in [
            PaymentEvent::Credit,
            PaymentEvent::Return,
            PaymentEvent::ReturnPaid,
            PaymentEvent::ReturnFailed,
            PaymentEvent::ReturnCameBack,
        ] {
            let (id, mut payments) = locked(status);
            let got = match event {
                // With a reversal in hand only: tested with it.
                PaymentEvent::TakenBack => continue,
                PaymentEvent::Credit => payments.credit(id, Some(merchant), &known.matching()),
                PaymentEvent::Return => payments.start_return(id, NOW),
                PaymentEvent::ReturnPaid => payments.return_paid(id, NOW),
                PaymentEvent::ReturnFailed => payments.return_failed(id, NOW),
                PaymentEvent::ReturnCameBack => payments.return_came_back(id, samples::usd(2_500), NOW),
            };
            let payment = payments.get(id).unwrap();
            assert_eq!(payment.reason, Some(Reason::UnknownAccount), "the reason is kept");
            match status.after(event) {
                Some(next) => assert!(got.is_ok() && payment.status == next, "{status} {event:?}"),
                None => assert_eq!(got.unwrap_err(), Refusal::IllegalTransition(status)),
            }
        }
        let (_, mut payments) = locked(status);
        assert_eq!(
            payments.start_return(PaymentId::new(samples::shard(3)), NOW).unwrap_err(),
            Refusal::NotFound
        );
    }
}

#[test]
fn r29_what_went_back_beside_its_credit_is_left_no_more_until_it_comes_back() {
    let merchant = samples::merchant();
    for status in PaymentState::ALL {
        let (id, mut payments) = locked(status);
        owned_by(&mut payments, id, merchant);
        let other = payments.returned_beside_credit(id, samples::usd(2_499));
        assert_eq!(other.unwrap_err(), Refusal::IllegalTransition(status), "{status}: another amount");
        let got = payments.returned_beside_credit(id, samples::usd(2_500));
        let expected = if status == PaymentState::Credited { Ok(merchant) } else { Err(()) };
        assert_eq!(got.map_err(|_| ()), expected, "{status}");
        if expected.is_err() {
            continue;
        }
        let left = |payments: &Payments| payments.get(id).unwrap().open_amount();
        assert_eq!((left(&payments), payments.changed().count()), (samples::usd(0), 1));
        assert!(payments.returned_beside_credit(id, samples::usd(2_500)).is_err(), "once");
        assert_eq!(payments.came_back_to_credit(id, samples::usd(2_400)), Ok(merchant));
        assert_eq!(left(&payments), samples::usd(2_400));
        assert!(payments.came_back_to_credit(id, samples::usd(101)).is_err(), "more than was away");
        assert_eq!(payments.get(id).unwrap().status, PaymentState::Credited, "final");
    }
}

#[test]
fn r29_what_a_return_lost_on_its_way_back_is_left_no_more() {
    for (came, left) in [(2_500, Some(2_500)), (2_400, Some(2_400)), (1, Some(1)), (0, None), (2_501, None)] {
        let (id, mut payments) = locked(PaymentState::Returned);
        let got = payments.return_came_back(id, samples::usd(came), NOW);
        let payment = payments.get(id).unwrap();
        let Some(left) = left else {
            assert_eq!(got.unwrap_err(), Refusal::IllegalTransition(PaymentState::Returned), "{came}");
            assert_eq!((payment.status, payment.reversed_minor), (PaymentState::Returned, 0));
            continue;
        };
        let Ok(Movement::ReviewReturnFailed { amount, .. }) = got else { panic!("{got:?}") };
        assert_eq!((amount, payment.open_amount()), (samples::usd(left), samples::usd(left)));
        assert_eq!((payment.status, payment.decided_at), (PaymentState::InReview, Some(NOW)));
        // The next return is of what is left.
        let again = payments.start_return(id, NOW).unwrap();
        assert!(matches!(again, Movement::ReviewReturn { amount, .. } if amount == samples::usd(left)));
    }
}

#[test]
fn r7_two_decisions_in_one_batch_are_one() {
    let (id, mut payments) = locked(PaymentState::InReview);
    payments.start_return(id, NOW).unwrap();
    let second = payments.start_return(id, NOW).unwrap_err();
    assert_eq!(second, Refusal::IllegalTransition(PaymentState::Returning));
}

#[test]
fn r7_when_the_cause_disappears_it_is_credited_by_itself() {
    let merchant = samples::merchant();
    let account = samples::account(merchant);
    let mut none = OpenOrders::default();
    let mut known = Known::of(&[(merchant, MerchantState::Active)]);
    let (id, mut payments) = locked(PaymentState::InReview);
    let still = payments.rematch(id, Some(REMITTER), &known.matching(), &mut none).unwrap();
    assert!(matches!(still, Rematched::StillInReview(Reason::UnknownAccount)));
    assert!(!payments.rows.get(&id).unwrap().changed, "nothing to write");
    known = known.with(ReceivingAccount { stores: Vec::new(), ..account.clone() });
    let still = payments.rematch(id, Some(REMITTER), &known.matching(), &mut none).unwrap();
    assert!(matches!(still, Rematched::StillInReview(Reason::UnlinkedStore)));
    assert_eq!(payments.get(id).unwrap().merchant, Some(merchant));
    assert_eq!(payments.get(id).unwrap().decided_at, None, "its status has not changed");
    let store = account.stores[0].id;
    let (mut few, mut enough) = (samples::orders(&account, 2_499), samples::orders(&account, 2_500));
    known = known.with(account);
    for orders in [&mut none, &mut few] {
        let still = payments.rematch(id, Some(REMITTER), &known.matching(), orders).unwrap();
        assert!(matches!(still, Rematched::StillInReview(Reason::OrdersDoNotCover)));
    }
    assert!(few.cover(&[store], samples::usd(2_499), Uuid::now_v7()).is_some(), "all or nothing");
    let credited = payments.rematch(id, Some(REMITTER), &known.matching(), &mut enough).unwrap();
    let Rematched::Credited(movements) = credited else { panic!("{credited:?}") };
    let [Movement::ReviewCredit { .. }, Movement::EvidenceUsed { store: of, amount, .. }] =
        movements.as_slice()
    else {
        panic!("{movements:?}")
    };
    assert_eq!((*of, *amount), (store.uuid(), samples::usd(2_500)));
    let again = payments.rematch(id, Some(REMITTER), &known.matching(), &mut enough).unwrap_err();
    assert_eq!(again, Refusal::IllegalTransition(PaymentState::Credited));
}

#[test]
fn r8_only_what_the_bank_has_left_is_credited_or_sent_back_and_needs_orders() {
    let merchant = samples::merchant();
    let account = samples::account(merchant);
    let mut orders = samples::orders(&account, 1_500);
    let known = Known::of(&[(merchant, MerchantState::Active)]).with(account);
    let in_part = || {
        let (id, mut payments) = locked(PaymentState::InReview);
        let mut reversal = Reversal::new(&samples::reversal_report(1_000), false, NOW);
        payments.reverse(id, &mut reversal, 0, NOW).unwrap().unwrap();
        (id, payments)
    };
    let left = samples::usd(1_500);
    let (id, mut payments) = in_part();
    let credit = payments.credit(id, Some(merchant), &known.matching()).unwrap();
    assert!(matches!(credit, Movement::ReviewCredit { amount, .. } if amount == left), "{credit:?}");
    let (id, mut payments) = in_part();
    let start = payments.start_return(id, NOW).unwrap();
    assert!(matches!(start, Movement::ReviewReturn { amount, .. } if amount == left), "{start:?}");
    let failed = payments.return_failed(id, NOW).unwrap();
    assert!(matches!(failed, Movement::ReviewReturnFailed { amount, .. } if amount == left), "{failed:?}");
    payments.start_return(id, NOW).unwrap();
    let paid = payments.return_paid(id, NOW).unwrap();
    assert!(matches!(paid, Movement::PayoutPaid { amount, .. } if amount == left), "{paid:?}");
    let (id, mut payments) = in_part();
    let credited = payments.rematch(id, Some(REMITTER), &known.matching(), &mut orders).unwrap();
    let Rematched::Credited(movements) = credited else { panic!("{credited:?}") };
    assert!(matches!(movements[0], Movement::ReviewCredit { amount, .. } if amount == left));
    assert!(matches!(movements[1], Movement::EvidenceUsed { amount, .. } if amount == left));
}

#[test]
fn r4_r6_a_contradiction_or_a_wrong_sum_outlives_the_reason_that_came_before_it() {
    let merchant = samples::merchant();
    let account = samples::account(merchant);
    let mut orders = samples::orders(&account, 2_500);
    let known = Known::of(&[(merchant, MerchantState::Active)]).with(account);
    for (conflict, sum_mismatch, reason) in [
        (true, false, Reason::ReferenceConflict),
        (false, true, Reason::EntrySumMismatch),
        (true, true, Reason::ReferenceConflict),
    ] {
        let (id, mut payments) = locked(PaymentState::InReview);
        let payment = &mut payments.rows.get_mut(&id).unwrap().payment;
        (payment.conflict, payment.sum_mismatch) = (conflict, sum_mismatch);
        let still = payments.rematch(id, Some(REMITTER), &known.matching(), &mut orders).unwrap();
        assert!(matches!(still, Rematched::StillInReview(still) if still == reason), "{still:?}");
    }
}

#[test]
fn r7_a_payment_never_changes_hands_by_itself() {
    let merchant = samples::merchant();
    let account = samples::account(merchant);
    let mut orders = samples::orders(&account, 2_500);
    let known = Known::of(&[(merchant, MerchantState::Active)]).with(account);
    let (id, mut payments) = locked(PaymentState::InReview);
    owned_by(&mut payments, id, samples::merchant());
    assert_eq!(
        payments.rematch(id, Some(REMITTER), &known.matching(), &mut orders).unwrap_err(),
        Refusal::MerchantDiffers
    );
}
