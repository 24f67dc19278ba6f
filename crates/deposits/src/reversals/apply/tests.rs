use money::Currency;

use super::*;
use crate::samples::{self, NOW};

/// A payment of 25.00 USD in `status`, of which so much was taken back already.
fn payment(status: PaymentState, reversed_minor: i64) -> Payment {
    let merchant = (status == PaymentState::Credited).then(samples::merchant);
    Payment { status, reversed_minor, merchant, ..samples::payment() }
}

fn reversal(minor: i64) -> Reversal {
    Reversal::new(&samples::reversal_report(minor), false, NOW)
}

#[test]
fn r8_every_state_of_the_payment() {
    use PaymentState::{Credited, InReview, Returned, Returning};
    let held = (ReversalState::Held, Some(HoldReason::Exceeds));
    let (waits, applied) = ((ReversalState::Waiting, None), (ReversalState::Applied, None));
    // status, taken back before, taken back now; what the reversal is then, and the payment
    let table = [
        (Credited, 0, 2_500, applied, Credited, 2_500),
        (Credited, 0, 1, applied, Credited, 1),
        (Credited, 2_000, 500, applied, Credited, 2_500),
        (Credited, 2_000, 501, held, Credited, 2_000),
        (Credited, 2_500, 1, held, Credited, 2_500),
        (InReview, 0, 2_500, applied, Returned, 2_500),
        (InReview, 0, 2_499, applied, InReview, 2_499),
        (InReview, 2_499, 1, applied, Returned, 2_500),
        (InReview, 2_499, 2, held, InReview, 2_499),
        (Returning, 0, 1, waits, Returning, 0),
        (Returning, 0, 9_999, waits, Returning, 0),
        (Returned, 0, 1, held, Returned, 0),
        (Returned, 2_500, 2_500, held, Returned, 2_500),
    ];
    for (status, before, now, expected, then, reversed) in table {
        let case = format!("{status}, {before} before, {now} now");
        let (mut payment, mut reversal) = (payment(status, before), reversal(now));
        let movement = reversal.apply(&mut payment, 1_000_000, NOW).unwrap();
        assert_eq!((reversal.state, reversal.hold), expected, "{case}");
        assert_eq!((payment.status, payment.reversed_minor), (then, reversed), "{case}");
        assert_eq!(movement.is_some(), expected == applied, "{case}");
        assert_eq!(reversal.payment, (expected == applied).then_some(payment.id), "{case}");
        assert_eq!(reversal.applied_at.is_some(), expected == applied, "{case}");
        assert_eq!(payment.decided_at.is_some(), status != then, "{case}");
    }
}

#[test]
fn r8_what_the_balance_does_not_cover_is_owed() {
    for (available, covered, owed) in
        [(9_999, 2_000, 0), (2_000, 2_000, 0), (1_999, 1_999, 1), (0, 0, 2_000), (-5, 0, 2_000)]
    {
        let (mut payment, mut reversal) = (payment(PaymentState::Credited, 0), reversal(2_000));
        let movement = reversal.apply(&mut payment, available, NOW).unwrap();
        let Some(Movement::PaymentReversed { bank, merchant, covered: c, owed: o }) = movement else {
            panic!("{movement:?}")
        };
        assert_eq!((c, o), (samples::usd(covered), samples::usd(owed)), "{available}");
        assert_eq!((reversal.covered_minor, reversal.owed_minor), (covered, owed), "{available}");
        assert_eq!((bank, merchant.id), (samples::bank(), payment.merchant.unwrap().uuid()));
    }
}

#[test]
fn r8_out_of_suspense_nobody_owes_anything() {
    let (mut payment, mut reversal) = (payment(PaymentState::InReview, 0), reversal(2_000));
    let movement = reversal.apply(&mut payment, 0, NOW).unwrap();
    let Some(Movement::SuspenseReversed { shard, amount, .. }) = movement else { panic!("{movement:?}") };
    assert_eq!((shard, amount), (samples::shard(3), samples::usd(2_000)));
    assert_eq!((reversal.covered_minor, reversal.owed_minor), (0, 0));
}

#[test]
fn r8_another_currency_is_held_whatever_the_payments_state() {
    for status in PaymentState::ALL {
        let mut report = samples::reversal_report(1);
        report.amount = Money::new(1, Currency::EUR).unwrap();
        let (mut payment, mut reversal) = (payment(status, 0), Reversal::new(&report, false, NOW));
        assert!(reversal.apply(&mut payment, 1_000_000, NOW).unwrap().is_none());
        assert_eq!(reversal.hold, Some(HoldReason::CurrencyDiffers), "{status}");
    }
}

#[test]
fn r8_what_is_not_waiting_takes_nothing_back() {
    let report = samples::reversal_report(1_000);
    let mut conflict = Reversal::new(&report, true, NOW);
    assert_eq!((conflict.state, conflict.hold), (ReversalState::Held, Some(HoldReason::ReferenceConflict)));
    let mut payment = payment(PaymentState::Credited, 0);
    assert!(conflict.apply(&mut payment, 1_000_000, NOW).unwrap().is_none());
    let mut applied = reversal(1_000);
    assert!(applied.apply(&mut payment, 1_000_000, NOW).unwrap().is_some());
    assert!(applied.apply(&mut payment, 1_000_000, NOW).unwrap().is_none(), "once");
    assert_eq!(payment.reversed_minor, 1_000);
    assert_eq!(applied.dismiss(), Err(ReversalState::Applied));
    assert_eq!(conflict.dismiss(), Ok(()));
    assert_eq!(conflict.hold, Some(HoldReason::ReferenceConflict), "why it was held is kept");
    assert_eq!(conflict.dismiss(), Err(ReversalState::Dismissed));
}

#[test]
fn r8_a_credited_payment_that_is_nobodys_is_refused_and_nothing_changes() {
    let mut nobodys = Payment { merchant: None, ..payment(PaymentState::Credited, 0) };
    let mut reversal = reversal(1_000);
    let refused = reversal.apply(&mut nobodys, 1_000_000, NOW).unwrap_err();
    assert_eq!((refused, reversal.state), (Refusal::MerchantUnknown, ReversalState::Waiting));
    assert_eq!(nobodys.reversed_minor, 0);
}

#[test]
fn r8_looking_for_the_payment() {
    let id = crate::PaymentId::new(samples::shard(3));
    let mut waiting = reversal(1);
    assert_eq!(waiting.look(Original::Unseen), None);
    assert_eq!(waiting.state, ReversalState::Waiting);
    assert_eq!(waiting.look(Original::One(id)), Some(id));
    assert_eq!(waiting.look(Original::Several), None);
    assert_eq!((waiting.state, waiting.hold), (ReversalState::Held, Some(HoldReason::SeveralPayments)));
    assert_eq!(waiting.look(Original::One(id)), None, "a held one takes no part any more");
}

#[test]
fn r8_a_person_books_a_held_one_on_the_payment_that_it_is_of() {
    use PaymentState::{Credited, InReview, Returned, Returning};
    // status, taken back before, taken back now; why not, or the payment's status then
    let table = [
        (Credited, 0, 2_500, Ok(Credited)),
        (Credited, 2_000, 500, Ok(Credited)),
        (Credited, 2_000, 501, Err(NotBooked::Exceeds)),
        (InReview, 0, 2_499, Ok(InReview)),
        (InReview, 2_499, 1, Ok(Returned)),
        (InReview, 2_499, 2, Err(NotBooked::Exceeds)),
        (Returning, 0, 1, Err(NotBooked::OnItsWay)),
        (Returned, 0, 1, Err(NotBooked::Exceeds)),
    ];
    for (status, before, now, expected) in table {
        let case = format!("{status}, {before} before, {now} now");
        let mut reversal = Reversal::new(&samples::reversal_report(now), true, NOW);
        let mut payment = payment(status, before);
        assert_eq!(reversal.bookable(&payment), expected.map(|_| ()), "{case}");
        let movement = reversal.book(&mut payment, 1_000_000, NOW).unwrap();
        assert_eq!(movement.is_some(), expected.is_ok(), "{case}");
        assert_eq!(payment.status, expected.unwrap_or(status), "{case}");
        let (state, hold, taken) = match expected {
            Ok(_) => (ReversalState::Applied, None, before + now),
            Err(_) => (ReversalState::Held, Some(HoldReason::ReferenceConflict), before),
        };
        assert_eq!((reversal.state, reversal.hold, payment.reversed_minor), (state, hold, taken), "{case}");
        assert_eq!(reversal.payment, expected.ok().map(|_| payment.id), "{case}");
    }
}

#[test]
fn r8_what_waits_or_is_held_is_booked_once_and_on_money_of_that_bank_and_currency() {
    let mut credited = payment(PaymentState::Credited, 0);
    let mut held = Reversal::new(&samples::reversal_report(1_000), true, NOW);
    let elsewhere = Payment { bank: "another".into(), ..payment(PaymentState::Credited, 0) };
    assert_eq!(held.bookable(&elsewhere), Err(NotBooked::OtherBank));
    let named = Reversal { account_index: Some([9; 32]), ..held.clone() };
    assert_eq!(named.bookable(&credited), Err(NotBooked::OtherAccount));
    let named = Reversal { account_index: Some(credited.account_index), ..named };
    assert_eq!(named.bookable(&credited), Ok(()));
    let euros = Money::new(2_500, Currency::EUR).unwrap();
    let foreign = Payment { amount: euros, ..payment(PaymentState::Credited, 0) };
    assert_eq!(held.bookable(&foreign), Err(NotBooked::OtherCurrency));
    let Some(Movement::PaymentReversed { covered, owed, .. }) = held.book(&mut credited, 300, NOW).unwrap()
    else {
        panic!("{held:?}")
    };
    assert_eq!((covered, owed), (samples::usd(300), samples::usd(700)), "what isn't there is owed");
    assert!(held.book(&mut credited, 1_000_000, NOW).unwrap().is_none(), "once");
    assert_eq!(held.bookable(&credited), Err(NotBooked::State(ReversalState::Applied)));
    assert_eq!(credited.reversed_minor, 1_000);
    let mut waiting = reversal(1_500);
    assert!(waiting.book(&mut credited, 1_000_000, NOW).unwrap().is_some(), "its own payment was never seen");
    assert_eq!((waiting.state, credited.reversed_minor), (ReversalState::Applied, 2_500));
    let mut aside = reversal(1);
    assert_eq!((aside.dismiss(), aside.hold), (Ok(()), Some(HoldReason::PaymentNotFound)));
    assert_eq!(aside.bookable(&credited), Err(NotBooked::State(ReversalState::Dismissed)));
}
