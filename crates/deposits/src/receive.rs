//! R5, R6: what becomes of money when it arrives. Pure: the caller claimed the keys, looked up the accounts and
//! locked the merchants.

use ledger::{MerchantRef, Movement};

use crate::claim::Claimed;
use crate::decide::decide;
use crate::matching::Matching;
use crate::payment::Payment;
use crate::receipt::{PaymentId, Receipt};
use crate::state::PaymentState;

/// A receipt and what its key came to.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// What the bank reported.
    pub receipt: &'a Receipt,
    /// The answer of [`claim`](crate::claim) to it.
    pub claimed: Claimed,
}

/// What became of one receipt.
#[derive(Debug)]
pub enum Received {
    /// A payment: to be inserted, and its movement to be posted with the payment's id as cause.
    Payment {
        /// The row to be; its status and reason are the bank's answer. Boxed, it is much the larger case.
        payment: Box<Payment>,
        /// What to post.
        movement: Movement,
    },
    /// Reported before: nothing to post.
    Duplicate(PaymentId),
}

/// Decides a slice of receipts; the answers lie in the same order.
pub fn receive(incoming: &[Incoming<'_>], matching: &Matching<'_>) -> Vec<Received> {
    incoming
        .iter()
        .map(|Incoming { receipt, claimed }| match *claimed {
            Claimed::Duplicate { payment } => Received::Duplicate(payment),
            Claimed::New { conflict } => receive_one(receipt, conflict, matching),
        })
        .collect()
}

fn receive_one(receipt: &Receipt, conflict: bool, matching: &Matching<'_>) -> Received {
    let account = matching.account(&receipt.bank, &receipt.account_index);
    let remitter = receipt.remitter_name.as_ref().map(|name| name.reveal().as_str());
    let reason = decide(&matching.facts(account, receipt.amount, conflict, remitter));
    let merchant = account.map(|account| account.merchant);
    let (bank, amount) = (receipt.bank.clone(), receipt.amount);
    let (status, movement) = match (reason, merchant) {
        (None, Some(id)) => {
            let merchant = MerchantRef { shard: id.shard(), id: id.uuid() };
            (PaymentState::Credited, Movement::PaymentCredited { bank, merchant, amount })
        }
        _ => {
            (PaymentState::InReview, Movement::PaymentToSuspense { bank, shard: receipt.id.shard(), amount })
        }
    };
    let payment = Payment {
        id: receipt.id,
        bank: receipt.bank.clone(),
        reference: receipt.reference.clone(),
        position: receipt.position,
        account_index: receipt.account_index,
        account: account.map(|account| account.id),
        merchant,
        amount,
        status,
        reason,
        conflict,
        reversed_minor: 0,
        details_sealed: receipt.details_sealed.clone(),
        uetr: receipt.uetr,
        value_date: receipt.value_date,
        event: receipt.event,
        received_at: matching.now,
        decided_at: (status == PaymentState::Credited).then_some(matching.now),
    };
    Received::Payment { payment: Box::new(payment), movement }
}

#[cfg(test)]
mod tests {
    use merchants::{MerchantId, MerchantState, ReceivingAccount};
    use money::{Currency, Money};
    use time::Duration;

    use super::*;
    use crate::decide::Reason;
    use crate::samples::{self, Known, NOW, REMITTER};

    /// What one receipt becomes, given the account and the merchant's state.
    fn outcome(
        change: impl FnOnce(&mut Receipt, &mut ReceivingAccount),
        state: MerchantState,
        conflict: bool,
    ) -> (Payment, Movement) {
        let merchant = samples::merchant();
        let (mut receipt, mut account) = (samples::receipt(), samples::account(merchant));
        change(&mut receipt, &mut account);
        let known = Known::of(&[(merchant, state)]).with(account);
        let incoming = Incoming { receipt: &receipt, claimed: Claimed::New { conflict } };
        match receive(&[incoming], &known.matching()).pop() {
            Some(Received::Payment { payment, movement }) => (*payment, movement),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn r6_a_platforms_money_is_credited_in_the_merchants_shard() {
        let (payment, movement) = outcome(|_, _| {}, MerchantState::Active, false);
        assert_eq!((payment.status, payment.reason), (PaymentState::Credited, None));
        assert_eq!(payment.decided_at, Some(NOW));
        let Movement::PaymentCredited { merchant, amount, .. } = movement else { panic!("{movement:?}") };
        assert_eq!(merchant, MerchantRef { shard: samples::shard(5), id: payment.merchant.unwrap().uuid() });
        assert_eq!(amount, samples::usd(2_500));
    }

    #[test]
    fn r5_r6_what_is_not_credited_lies_in_suspense_in_the_payments_shard() {
        type Change = fn(&mut Receipt, &mut ReceivingAccount);
        let table: [(&str, Change, Reason); 10] = [
            ("another number", |r, _| r.account_index = [8; 32], Reason::UnknownAccount),
            ("R1: the number at another bank", |r, _| r.bank = "other".into(), Reason::UnknownAccount),
            ("yen", |r, _| r.amount = Money::new(2_500, Currency::JPY).unwrap(), Reason::CurrencyMismatch),
            (
                "a merchant that is not locked",
                |_, a| a.merchant = MerchantId::new(samples::shard(5)),
                Reason::MerchantNotActive,
            ),
            ("no store", |_, a| a.stores.clear(), Reason::UnlinkedStore),
            (
                "ends now",
                |_, a| a.stores = vec![samples::store("amazon", NOW)],
                Reason::StoreAuthorizationLapsed,
            ),
            ("no remitter", |r, _| r.remitter_name = None, Reason::RemitterNotPlatform),
            (
                "somebody",
                |r, _| r.remitter_name = Some(privacy::Sensitive::new("SOMEBODY LTD".to_owned())),
                Reason::RemitterNotPlatform,
            ),
            (
                "another platform's store",
                |_, a| a.stores = vec![samples::store("ebay", NOW + Duration::DAY)],
                Reason::RemitterNotPlatform,
            ),
            (
                "the platform's own store has lapsed",
                |_, a| {
                    a.stores =
                        vec![samples::store("ebay", NOW + Duration::DAY), samples::store("amazon", NOW)]
                },
                Reason::RemitterNotPlatform,
            ),
        ];
        for (case, change, reason) in table {
            let (payment, movement) = outcome(change, MerchantState::Active, false);
            assert_eq!((payment.status, payment.reason), (PaymentState::InReview, Some(reason)), "{case}");
            assert_eq!(payment.decided_at, None, "{case}");
            assert_eq!(payment.merchant.is_some(), reason != Reason::UnknownAccount, "{case}");
            let Movement::PaymentToSuspense { shard, .. } = movement else { panic!("{case}: {movement:?}") };
            assert_eq!(shard, samples::shard(3), "{case}");
        }
    }

    #[test]
    fn r4_a_contradicting_report_goes_to_review() {
        let (payment, _) = outcome(|_, _| {}, MerchantState::Active, true);
        assert_eq!((payment.reason, payment.conflict), (Some(Reason::ReferenceConflict), true));
    }

    #[test]
    fn r32_who_may_not_receive_is_reviewed() {
        for state in [MerchantState::Pending, MerchantState::Closing, MerchantState::Closed] {
            let (payment, _) = outcome(|_, _| {}, state, false);
            assert_eq!(payment.reason, Some(Reason::MerchantNotActive), "{state:?}");
        }
        for state in [MerchantState::Active, MerchantState::Restricted, MerchantState::Frozen] {
            let (payment, _) = outcome(|_, _| {}, state, false);
            assert_eq!(payment.status, PaymentState::Credited, "{state:?}");
        }
    }

    #[test]
    fn r4_a_duplicate_posts_nothing() {
        let first = PaymentId::new(samples::shard(3));
        let receipt = samples::receipt();
        let incoming = Incoming { receipt: &receipt, claimed: Claimed::Duplicate { payment: first } };
        let received = receive(&[incoming], &Known::of(&[]).matching());
        assert!(matches!(received.as_slice(), [Received::Duplicate(id)] if *id == first));
    }

    #[test]
    fn r37_a_payment_does_not_print_its_remitter() {
        let text = format!("{:?} {:?}", samples::receipt(), outcome(|_, _| {}, MerchantState::Active, false));
        assert!(!text.contains(REMITTER), "{text}");
    }
}
