use PayoutState as P;
use Resolution as R;
use WithdrawalState as W;
use deposits::PaymentState as D;

use super::*;

/// Where another attempt may stand, by what it means for this one: over, certainly not at the bank, perhaps there.
const OVER: [P; 3] = [P::Paid, P::Failed, P::Returned];
const UNSENT: [P; 2] = [P::Queued, P::Held];
const PERHAPS_THERE: [P; 3] = [P::Sent, P::Unknown, P::Disputed];

#[test]
fn the_three_kinds_are_all_there_is() {
    let mut all = [&OVER[..], &UNSENT, &PERHAPS_THERE].concat();
    all.sort();
    let mut expected = P::ALL.to_vec();
    expected.sort();
    assert_eq!(all, expected);
}

/// The resolution, or the part of the refusal that names its cause.
type Expected = Result<Resolution, &'static str>;

fn is(got: Result<Resolution, No>, expected: Expected, what: &str) {
    match (got, expected) {
        (Ok(got), Ok(expected)) => assert_eq!(got, expected, "{what}"),
        (Err((problem, why)), Err(cause)) => {
            assert_eq!(problem, crate::problem::Problem::IllegalTransition, "{what}");
            assert!(why.contains(cause), "{what}: {why}");
        }
        (got, expected) => panic!("{what}: {got:?} instead of {expected:?}"),
    }
}

const OPEN: Expected = Err("another attempt of its withdrawal is open");
const OTHER_AMOUNT: Expected = Err("is being sent with another amount");

/// Executed after all: the withdrawal's status, then what follows when what there is to send is the payout's amount,
/// and when it is another.
const EXECUTED: [(W, Expected, Expected); 7] = [
    (W::Processing, Ok(R::AsReported), OTHER_AMOUNT),
    (W::Paid, Ok(R::PaidTwice), Ok(R::PaidTwice)),
    (W::PayeeActionRequired, Ok(R::FoundPaid), Ok(R::PaidTwice)),
    (W::Failed, Ok(R::FoundPaid), Ok(R::PaidTwice)),
    (W::Refused, Ok(R::PaidTwice), Ok(R::PaidTwice)),
    (W::Returned, Ok(R::FoundPaid), Ok(R::PaidTwice)),
    (W::Refunded, Ok(R::PaidTwice), Ok(R::PaidTwice)),
];

#[test]
fn r29_a_withdrawal_whose_disputed_payout_was_executed() {
    assert_eq!(EXECUTED.map(|(state, ..)| state), W::ALL);
    for (state, same, other) in EXECUTED {
        for (same_amount, expected) in [(true, same), (false, other)] {
            let what = |others: &[P]| format!("{state:?}, same amount: {same_amount}, beside {others:?}");
            let of = |others: &[P]| of_withdrawal(state, same_amount, Truth::Executed, others);
            is(of(&[]), expected, &what(&[]));
            for harmless in OVER.into_iter().chain(UNSENT) {
                is(of(&[harmless]), expected, &what(&[harmless]));
                for open in PERHAPS_THERE {
                    is(of(&[harmless, open]), OPEN, &what(&[harmless, open]));
                }
            }
        }
    }
}

#[test]
fn r29_a_withdrawal_whose_disputed_payout_was_never_executed() {
    for state in W::ALL {
        for same_amount in [true, false] {
            let of = |others: &[P]| of_withdrawal(state, same_amount, Truth::NeverExecuted, others);
            // Only what nothing else carries fails with it.
            let alone = if state == W::Processing { R::AsReported } else { R::Nothing };
            is(of(&[]), Ok(alone), "alone");
            for other in P::ALL {
                let expected = if OVER.contains(&other) { alone } else { R::Nothing };
                is(of(&[other]), Ok(expected), &format!("{state:?} beside {other}"));
            }
        }
    }
}

const TAKEN_BACK: Expected = Err("took part of the payment back");

/// The same for the return of a payment in review.
const RETURN_EXECUTED: [(D, Expected, Expected); 4] = [
    (D::InReview, Ok(R::ReturnFoundPaid), TAKEN_BACK),
    (D::Credited, Ok(R::ReturnPaidTwice), TAKEN_BACK),
    (D::Returning, Ok(R::AsReported), TAKEN_BACK),
    (D::Returned, Err("is returned meanwhile"), Err("is returned meanwhile")),
];

#[test]
fn r29_a_payment_whose_disputed_return_was_executed() {
    assert_eq!(RETURN_EXECUTED.map(|(status, ..)| status), D::ALL);
    for (status, same, other) in RETURN_EXECUTED {
        for (same_amount, expected) in [(true, same), (false, other)] {
            let of = |others: &[P]| of_return(status, same_amount, Truth::Executed, others);
            is(of(&[]), expected, status.as_str());
            for harmless in OVER.into_iter().chain(UNSENT) {
                is(of(&[harmless]), expected, &format!("{status} beside {harmless}"));
                for open in PERHAPS_THERE {
                    let refused = Err("another attempt to return the payment is open");
                    is(of(&[open, harmless]), refused, &format!("{status} beside {open} and {harmless}"));
                }
            }
        }
    }
}

#[test]
fn r29_a_payment_whose_disputed_return_was_never_executed() {
    for status in D::ALL {
        for same_amount in [true, false] {
            let of = |others: &[P]| of_return(status, same_amount, Truth::NeverExecuted, others);
            let alone = if status == D::Returning { R::AsReported } else { R::Nothing };
            is(of(&[]), Ok(alone), status.as_str());
            for other in P::ALL {
                let expected = if OVER.contains(&other) { alone } else { R::Nothing };
                is(of(&[other]), Ok(expected), &format!("{status} beside {other}"));
            }
        }
    }
}
